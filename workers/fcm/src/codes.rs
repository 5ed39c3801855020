//! Codes of answers (section 8): of `FcmError`, of `ErrorInfo`, and Google's own statuses.

use push_contract::{Action, Reason, Verdict};

/// Payload or token; the answer's details say which.
pub(crate) const INVALID: &str = "INVALID_ARGUMENT";
/// The rate of the project.
pub(crate) const PROJECT_RATE: &str = "RATE_LIMIT_EXCEEDED";

const GONE: Action = Action::DeviceGone { invalid_since: None };
const SLOW: Action = Action::SlowDown { until: None };
const BUSY: Action = Action::DeviceBusy { until: None };

type Row = (&'static str, Action, Reason);

const ROWS: [Row; 26] = [
    (INVALID, Action::Refused, Reason::BadRequest),
    ("UNREGISTERED", GONE, Reason::TokenUnregistered),
    // Of another project. A wrong key file makes every token answer so: the worker's guard marks many at once suspect.
    ("SENDER_ID_MISMATCH", GONE, Reason::TokenWrongApp),
    // A rate; the answer's details may say whose.
    ("QUOTA_EXCEEDED", BUSY, Reason::RateLimited),
    ("UNAVAILABLE", Action::Unavailable, Reason::Unavailable),
    ("INTERNAL", Action::Unavailable, Reason::Unavailable),
    // Firebase's own key for Apple or web push: Android goes on, and a new token of Google's would not help.
    ("THIRD_PARTY_AUTH_ERROR", Action::ClassMisconfigured, Reason::CredentialRefused),
    ("APNS_AUTH_ERROR", Action::ClassMisconfigured, Reason::CredentialRefused),
    ("UNSPECIFIED_ERROR", Action::Unavailable, Reason::Unavailable),
    // ErrorInfo.
    ("ACCESS_TOKEN_EXPIRED", Action::CredentialStale, Reason::CredentialStale),
    ("CREDENTIALS_MISSING", Action::CredentialStale, Reason::CredentialStale),
    ("SERVICE_DISABLED", Action::AppMisconfigured, Reason::Misconfigured),
    ("CONSUMER_INVALID", Action::AppMisconfigured, Reason::Misconfigured),
    ("IAM_PERMISSION_DENIED", Action::AppMisconfigured, Reason::NoRight),
    ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", Action::AppMisconfigured, Reason::NoRight),
    (PROJECT_RATE, SLOW, Reason::RateLimited),
    // Statuses.
    ("UNAUTHENTICATED", Action::CredentialStale, Reason::CredentialStale),
    ("PERMISSION_DENIED", Action::AppMisconfigured, Reason::NoRight),
    // A wrong project. Only UNREGISTERED is a dead token.
    ("NOT_FOUND", Action::AppMisconfigured, Reason::Misconfigured),
    ("RESOURCE_EXHAUSTED", BUSY, Reason::RateLimited),
    // A front end gave up waiting; what stands behind it may have taken the message.
    ("DEADLINE_EXCEEDED", Action::Unknown, Reason::AnswerLost),
    // Of the token endpoint (section 3.3); a send never says them.
    ("invalid_request", Action::AppMisconfigured, Reason::CredentialRefused),
    ("invalid_grant", Action::AppMisconfigured, Reason::CredentialRefused),
    ("invalid_scope", Action::AppMisconfigured, Reason::CredentialRefused),
    ("invalid_client", Action::AppMisconfigured, Reason::CredentialRefused),
    ("unauthorized_client", Action::AppMisconfigured, Reason::CredentialRefused),
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

/// Whether the code stands in the table.
pub(crate) fn is_listed(code: &str) -> bool {
    NAMES.contains(&code)
}

/// What a code means; an unlisted one is judged by its HTTP status.
pub(crate) fn verdict(code: &str, status: u16) -> Verdict {
    let (action, reason) = match ROWS.iter().find(|row| row.0 == code) {
        // "Unspecified" in an answer of the 400s: trying again does not help.
        Some((_, Action::Unavailable, _)) if (400..500).contains(&status) => (Action::Refused, Reason::BadRequest),
        Some((_, action, reason)) => (*action, *reason),
        None if status == 429 => (SLOW, Reason::UnlistedCode),
        None if (400..500).contains(&status) => (Action::Refused, Reason::UnlistedCode),
        None => (Action::Unavailable, Reason::UnlistedCode),
    };
    Verdict::new(action, reason).code(code)
}
