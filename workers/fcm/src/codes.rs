//! Codes of answers (section 8): of `FcmError`, of `ErrorInfo`, and Google's own statuses.

use push_contract::{
    Action, Reason, Verdict,
    kit::codes::{Codes, Meaning},
};

/// Payload or token; the answer's details say which.
pub(crate) const INVALID: &str = "INVALID_ARGUMENT";
/// The rate of the project.
pub(crate) const PROJECT_RATE: &str = "RATE_LIMIT_EXCEEDED";

#[rustfmt::skip]
const TABLE: Codes<Meaning> = Codes(&[
    (&[INVALID], Meaning::BAD_REQUEST),
    (&["UNREGISTERED"], Meaning::gone(Reason::TokenUnregistered)),
    // Of another project. A wrong key file makes every token answer so: the worker's guard marks many at once suspect.
    (&["SENDER_ID_MISMATCH"], Meaning::gone(Reason::TokenWrongApp)),
    // A rate; the answer's details may say whose.
    (&["QUOTA_EXCEEDED", "RESOURCE_EXHAUSTED"], Meaning::BUSY),
    (&[PROJECT_RATE], Meaning::SLOW),
    (&["UNAVAILABLE", "INTERNAL", "UNSPECIFIED_ERROR"], Meaning::UNAVAILABLE),
    // A front end gave up waiting; what stands behind it may have taken the message.
    (&["DEADLINE_EXCEEDED"], Meaning::LOST),
    // Firebase's own key for Apple or web push: Android goes on, and a new token of Google's would not help.
    (&["THIRD_PARTY_AUTH_ERROR", "APNS_AUTH_ERROR"],
        Meaning::new(Action::ClassMisconfigured, Reason::CredentialRefused)),
    (&["UNAUTHENTICATED", "ACCESS_TOKEN_EXPIRED", "CREDENTIALS_MISSING"], Meaning::STALE),
    (&["PERMISSION_DENIED", "IAM_PERMISSION_DENIED", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"], Meaning::APP_RIGHT),
    // The last is a wrong project: only UNREGISTERED is a dead token.
    (&["SERVICE_DISABLED", "CONSUMER_INVALID", "NOT_FOUND"], Meaning::APP),
    // Of the token endpoint (section 3.3); a send never says them.
    (&["invalid_request", "invalid_grant", "invalid_scope", "invalid_client", "unauthorized_client"],
        Meaning::CREDENTIAL),
]);

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

/// Whether the code stands in the table.
pub(crate) fn is_listed(code: &str) -> bool {
    TABLE.find(code).is_some()
}

/// What a code means; an unlisted one is judged by its HTTP status.
pub(crate) fn verdict(code: &str, status: u16) -> Verdict {
    let refused = (400..500).contains(&status);
    let meaning = match TABLE.find(code) {
        // "Unspecified" in an answer of the 400s: trying again does not help.
        Some(Meaning::UNAVAILABLE) if refused => Meaning::BAD_REQUEST,
        Some(meaning) => meaning,
        // Whose rate it is nobody says: as with QUOTA_EXCEEDED, one device must not stop the app.
        None if status == 429 => Meaning { reason: Reason::UnlistedCode, ..Meaning::BUSY },
        None if refused => Meaning::refused(Reason::UnlistedCode),
        None => Meaning::UNLISTED,
    };
    meaning.verdict().code(code)
}
