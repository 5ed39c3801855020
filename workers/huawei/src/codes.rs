//! Business codes of the send interface (sections 8 and 12.4) and reasons of refused tokens (section 12.4).

use push_contract::{
    Action, Reason, Verdict,
    kit::codes::{Codes, Meaning},
};

use crate::settings::Platform;

/// Some tokens were refused; `msg` lists them.
pub(crate) const PARTIAL: &str = "80100000";
/// Every token was refused; `msg` may list them by reason.
pub(crate) const ALL_INVALID: &str = "80300007";
/// A test message has too many tokens: 10 are allowed on HarmonyOS NEXT, where other calls may have 1000.
pub(crate) const TEST_TOKENS: &str = "80300030";

/// The reason of a token in a plain list, as v1 and v2 write it: "must not be used again" (section 4.7).
pub(crate) const NO_REASON: &str = "illegal_tokens";

/// Part B's codes stand here too: the envelope is the same.
const TABLE: Codes<Meaning> = Codes(&[
    (&["80000000"], Meaning::ACCEPTED),
    // Common service error; Huawei's own token request failed; internal error.
    (&["80000001", "80600003", "81000001"], Meaning::UNAVAILABLE),
    // When its list cannot be read: some were sent, but which?
    (&[PARTIAL], Meaning::UNREADABLE),
    // Parameters; (old) one token for a system message; structure; collapse_key; not the audited body.
    (&["80100001", "80100002", "80100003", "80100013", "80100018"], Meaning::BAD_REQUEST),
    // v3: recall; picture not audited; token counts; tokens of several apps; recall.
    (&["80100020", "80100022", "80300010", TEST_TOKENS, "80300017", "80300028", "80300032"], Meaning::BAD_REQUEST),
    (&["80100004"], Meaning::refused(Reason::Expired)), // expire time earlier than now
    (&["80100016"], Meaning::CONTENT),
    // Over 100 topic tasks at once; v3: test message rate.
    (&["80100017", "80300029"], Meaning::SLOW),
    // Auth error, access token expired, signed token expired: refreshed once, then misconfigured.
    (&["80200001", "80200003", "80200005"], Meaning::STALE),
    // Punished (unconfirmed); receipt address or its certificate; v3: disabled by a penalty.
    (&["80200006", "80300013", "80300037"], Meaning::APP),
    (&["80300002"], Meaning::APP_RIGHT), // push not enabled; token and credential of two apps
    (&[ALL_INVALID], Meaning::gone(Reason::TokenRefused)),
    (&["80300008"], Meaning::TOO_LARGE),
    (&["80300011"], Meaning::CLASS_RIGHT), // no right to urgency HIGH
    (&["80300036"], Meaning::CREDENTIAL),  // signed token lives over one day
]);

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

/// What a code means; an unlisted one is judged by its range.
pub(crate) fn verdict(code: &str, platform: Platform) -> Verdict {
    let unlisted = |action| Meaning::new(action, Reason::UnlistedCode);
    let meaning = match TABLE.find(code) {
        Some(_) if code == ALL_INVALID => return token_verdict(code, NO_REASON, platform),
        Some(meaning) => meaning,
        // 82000001 to 82000013: topics and groups, which are never used here.
        None if code.starts_with("820000") => Meaning::BAD_REQUEST,
        None if code.starts_with("801") => unlisted(Action::Refused),
        None if code.starts_with("802") => unlisted(Action::CredentialStale),
        // "Misconfigured, do not delete tokens." The job's class alone: one odd job must not block the app.
        None if code.starts_with("803") => unlisted(Action::ClassMisconfigured),
        None => Meaning::UNLISTED,
    };
    meaning.verdict().code(code)
}

/// What the reason of a refused token means (section 12.4). Keys come with blanks around them at times.
///
/// Without one an Android token is dead; on HarmonyOS NEXT much else is answered with the same code, so it may live.
pub(crate) fn token_verdict(code: &str, reason: &str, platform: Platform) -> Verdict {
    let meaning = match reason.trim() {
        "tokenFormatError" => Meaning::gone(Reason::TokenMalformed),
        NO_REASON if platform == Platform::Android => Meaning::gone(Reason::TokenRefused),
        "tokenPlatformNotSupport" => Meaning::gone(Reason::TokenRefused),
        "noRight" => Meaning::gone(Reason::TokenWrongApp),
        "noPushTypeRight" | "noRightToSendThisLiveNotificationEvent" => Meaning::CLASS_RIGHT,
        "disableSendHuaweiMsgBecauseOfPenalty" | "appinfoError" => Meaning::APP,
        "atomicUnableSendUnsubscribedMsg" | "differentImgVerifyPolicy" | "notSupportPlayVoice" => Meaning::BAD_REQUEST,
        // Dropped, but the token may live.
        "countryNotSupport" | NO_REASON => Meaning::refused(Reason::TokenRefused),
        _ => Meaning::refused(Reason::UnlistedCode),
    };
    meaning.verdict().code(code)
}
