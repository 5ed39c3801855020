//! Business codes of the send interface (sections 8 and 12.4) and reasons of refused tokens (section 12.4).

use push_contract::{Action, Reason, Verdict};

/// Everything was taken.
pub(crate) const SUCCESS: &str = "80000000";
/// Some tokens were refused; `msg` lists them.
pub(crate) const PARTIAL: &str = "80100000";
/// Every token was refused; `msg` may list them by reason.
pub(crate) const ALL_INVALID: &str = "80300007";

/// The reason of a token in a plain list, as v1 and v2 write it: "must not be used again" (section 4.7).
pub(crate) const NO_REASON: &str = "illegal_tokens";

const GONE: Action = Action::DeviceGone { invalid_since: None };
const SLOW: Action = Action::SlowDown { until: None };

type Row = (&'static str, Action, Reason);

/// Code, verdict. Part B's codes stand here too where a send can meet them: the envelope is the same.
const ROWS: [Row; 30] = [
    (SUCCESS, Action::Accepted, Reason::Ok),
    ("80000001", Action::Unavailable, Reason::Unavailable), // common service error
    (PARTIAL, Action::Unknown, Reason::AnswerUnreadable),   // when its list cannot be read: some were sent, but which?
    ("80100001", Action::Refused, Reason::BadRequest),      // parameter error
    ("80100002", Action::Refused, Reason::BadRequest),      // (old) exactly one token for a system message
    ("80100003", Action::Refused, Reason::BadRequest),      // message structure wrong
    ("80100004", Action::Refused, Reason::Expired),         // expire time earlier than now
    ("80100013", Action::Refused, Reason::BadRequest),      // collapse_key invalid
    ("80100016", Action::Refused, Reason::ContentForbidden), // sensitive content
    ("80100017", SLOW, Reason::RateLimited),                // over 100 topic tasks at once
    ("80100018", Action::Refused, Reason::BadRequest),      // body does not match the audited body
    ("80100022", Action::Refused, Reason::BadRequest),      // v3: picture not audited
    ("80200001", Action::CredentialStale, Reason::CredentialStale), // auth error: refreshed once, then misconfigured
    ("80200003", Action::CredentialStale, Reason::CredentialStale), // access token expired
    ("80200005", Action::CredentialStale, Reason::CredentialStale), // signed token expired
    ("80200006", Action::AppMisconfigured, Reason::Misconfigured), // app punished (unconfirmed)
    ("80300002", Action::AppMisconfigured, Reason::NoRight), // push not enabled; token and credential of two apps
    (ALL_INVALID, GONE, Reason::TokenRefused),              // all tokens invalid
    ("80300008", Action::Refused, Reason::PayloadTooLarge), // over 4096 bytes without tokens
    ("80300010", Action::Refused, Reason::BadRequest),      // 0 or over 1000 tokens
    ("80300011", Action::ClassMisconfigured, Reason::NoRight), // no right to urgency HIGH
    ("80300013", Action::AppMisconfigured, Reason::Misconfigured), // receipt address or its certificate
    ("80300017", Action::Refused, Reason::BadRequest),      // v3: tokens of several apps
    ("80300028", Action::Refused, Reason::BadRequest),      // v3: token and client ID of different apps
    ("80300029", SLOW, Reason::RateLimited),                // v3: test message rate
    ("80300030", Action::Refused, Reason::BadRequest),      // v3: over 10 tokens in a test message
    ("80300036", Action::AppMisconfigured, Reason::CredentialRefused), // signed token lives over one day
    ("80300037", Action::AppMisconfigured, Reason::Misconfigured), // v3: disabled by a penalty
    ("80600003", Action::Unavailable, Reason::Unavailable), // Huawei's own token request failed
    ("81000001", Action::Unavailable, Reason::Unavailable), // internal error
];

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &{
    let mut names = [""; ROWS.len()];
    let mut n = 0;
    while n < ROWS.len() {
        names[n] = ROWS[n].0;
        n += 1;
    }
    names
};

/// What a code means; an unlisted one is judged by its range.
pub(crate) fn verdict(code: &str) -> Verdict {
    let (action, reason) = match ROWS.iter().find(|row| row.0 == code) {
        Some((_, action, reason)) => (*action, *reason),
        // 82000001 to 82000013: topics and groups, which are never used here.
        None if code.starts_with("820000") => (Action::Refused, Reason::BadRequest),
        None if code.starts_with("801") => (Action::Refused, Reason::UnlistedCode),
        None if code.starts_with("802") => (Action::CredentialStale, Reason::UnlistedCode),
        // "Misconfigured, do not delete tokens." The job's class alone: one odd job must not block the app.
        None if code.starts_with("803") => (Action::ClassMisconfigured, Reason::UnlistedCode),
        None => (Action::Unavailable, Reason::UnlistedCode),
    };
    Verdict::new(action, reason).code(code)
}

/// What the reason of a refused token means (section 12.4). Keys come with blanks around them at times.
pub(crate) fn token_verdict(code: &str, reason: &str) -> Verdict {
    let (action, reason) = match reason.trim() {
        "tokenFormatError" => (GONE, Reason::TokenMalformed),
        NO_REASON | "tokenPlatformNotSupport" => (GONE, Reason::TokenRefused),
        "noRight" => (GONE, Reason::TokenWrongApp),
        "noPushTypeRight" | "noRightToSendThisLiveNotificationEvent" => (Action::ClassMisconfigured, Reason::NoRight),
        "disableSendHuaweiMsgBecauseOfPenalty" | "appinfoError" => (Action::AppMisconfigured, Reason::Misconfigured),
        "atomicUnableSendUnsubscribedMsg" | "differentImgVerifyPolicy" | "notSupportPlayVoice" => {
            (Action::Refused, Reason::BadRequest)
        }
        // countryNotSupport and what is not known: dropped, but the token may live.
        _ => (Action::Refused, Reason::TokenRefused),
    };
    Verdict::new(action, reason).code(code)
}
