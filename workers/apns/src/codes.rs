//! Reasons of refusals (section 8).

use push_contract::{Action, Reason, Verdict};

/// Too many new provider tokens: a pause, with the token that there is.
pub(crate) const TOKEN_UPDATES: &str = "TooManyProviderTokenUpdates";

const GONE: Action = Action::DeviceGone { invalid_since: None };
const SLOW: Action = Action::SlowDown { until: None };

type Row = (&'static str, Action, Reason);

const ROWS: [Row; 42] = [
    // Malformed, or of the other environment: there it may live.
    ("BadDeviceToken", GONE, Reason::TokenRefused),
    // Of another app or another type of token: it lives. The wrong type must not look like a dead token.
    ("DeviceTokenNotForTopic", Action::Refused, Reason::TokenWrongApp),
    ("BadCollapseId", Action::Refused, Reason::BadRequest),
    ("BadExpirationDate", Action::Refused, Reason::BadRequest),
    ("BadMessageId", Action::Refused, Reason::BadRequest),
    ("BadPriority", Action::Refused, Reason::BadRequest),
    ("InvalidPushType", Action::Refused, Reason::BadRequest),
    ("DuplicateHeaders", Action::Refused, Reason::BadRequest),
    ("PayloadEmpty", Action::Refused, Reason::BadRequest),
    ("MissingDeviceToken", Action::Refused, Reason::BadRequest),
    ("BadTopic", Action::AppMisconfigured, Reason::Misconfigured),
    ("MissingTopic", Action::AppMisconfigured, Reason::Misconfigured),
    ("TopicDisallowed", Action::AppMisconfigured, Reason::NoRight),
    ("IdleTimeout", Action::Unavailable, Reason::Unavailable),
    ("ExpiredProviderToken", Action::CredentialStale, Reason::CredentialStale),
    ("InvalidProviderToken", Action::AppMisconfigured, Reason::CredentialRefused),
    ("MissingProviderToken", Action::AppMisconfigured, Reason::CredentialRefused),
    // The connection is bound to another key: once more, then misconfigured.
    ("UnrelatedKeyIdInToken", Action::CredentialStale, Reason::CredentialStale),
    ("BadEnvironmentKeyIdInToken", Action::AppMisconfigured, Reason::Misconfigured), // documented
    ("BadEnvironmentKeyInToken", Action::AppMisconfigured, Reason::Misconfigured),   // seen on the wire
    ("BadCertificate", Action::AppMisconfigured, Reason::CredentialRefused),
    ("BadCertificateEnvironment", Action::AppMisconfigured, Reason::Misconfigured),
    ("Forbidden", Action::AppMisconfigured, Reason::NoRight),
    ("BadPath", Action::Refused, Reason::BadRequest),
    ("MethodNotAllowed", Action::Refused, Reason::BadRequest),
    ("Unregistered", GONE, Reason::TokenUnregistered),
    ("ExpiredToken", GONE, Reason::TokenUnregistered),
    ("PayloadTooLarge", Action::Refused, Reason::PayloadTooLarge),
    // Too many for this one device, and no word of the day: later, and nobody else waits.
    ("TooManyRequests", Action::DeviceBusy { until: None }, Reason::RateLimited),
    (TOKEN_UPDATES, SLOW, Reason::RateLimited),
    ("InternalServerError", Action::Unavailable, Reason::Unavailable),
    ("ServiceUnavailable", Action::Unavailable, Reason::Unavailable),
    ("Shutdown", Action::Unavailable, Reason::Unavailable),
    // Of broadcasts and channels, which are never used here.
    ("FeatureNotEnabled", Action::Refused, Reason::BadRequest),
    ("MissingChannelId", Action::Refused, Reason::BadRequest),
    ("BadChannelId", Action::Refused, Reason::BadRequest),
    ("ChannelNotRegistered", Action::Refused, Reason::BadRequest),
    ("BadRequestParams", Action::Refused, Reason::BadRequest),
    ("BadRequestPayload", Action::Refused, Reason::BadRequest),
    ("MissingPushType", Action::Refused, Reason::BadRequest),
    ("CannotCreateChannelConfig", Action::Refused, Reason::BadRequest),
    ("TopicMismatch", Action::Refused, Reason::BadRequest),
];

/// Every listed reason, for metric labels.
pub(crate) const NAMES: &[&str] = &{
    let mut names = [""; ROWS.len()];
    let mut n = 0;
    while n < ROWS.len() {
        names[n] = ROWS[n].0;
        n += 1;
    }
    names
};

/// What a reason means; an unlisted one is judged by its status.
pub(crate) fn verdict(code: &str, status: u16) -> Verdict {
    let (action, reason) = match ROWS.iter().find(|row| row.0 == code) {
        Some((_, action, reason)) => (*action, *reason),
        None if status == 429 => (SLOW, Reason::UnlistedCode),
        None if (400..500).contains(&status) => (Action::Refused, Reason::UnlistedCode),
        None => (Action::Unavailable, Reason::UnlistedCode),
    };
    Verdict::new(action, reason).code(code)
}
