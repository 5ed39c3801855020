//! Codes of the send interface and HTTP statuses, which share one table (section 8).

use push_contract::{
    Reason, Verdict,
    kit::codes::{self, Codes},
};
use serde::Deserialize;

use crate::settings::Settings;

/// Not a code of Honor's: `sendResult` was false beside a code that says success (section 4.6).
pub(crate) const SEND_RESULT_FALSE: &str = "send_result_false";

/// What a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Meaning {
    Accepted,
    /// The tokens of the lists failed, all others were sent.
    Partial,
    BadRequest,
    TooLarge,
    ContentForbidden,
    CredentialStale,
    AppMisconfigured,
    ClassMisconfigured,
    NoRight,
    /// All tokens, or those of the lists.
    InvalidTokens,
    DeviceCapped,
    QuotaSpent,
    SlowDown,
    Unavailable,
    /// A proxy gave up waiting; what stands behind it may have taken the call.
    #[serde(skip)]
    Lost,
}

const TABLE: Codes<Meaning> = Codes(&[
    (&["200"], Meaning::Accepted),
    (&["400"], Meaning::BadRequest),
    // 403: the token is not this app's: refreshed once, then the app is misconfigured.
    (&["401", "403"], Meaning::CredentialStale),
    (&["404"], Meaning::AppMisconfigured), // address or app id
    (&["413"], Meaning::TooLarge),
    (&["429", "503"], Meaning::SlowDown),
    (&["500", "502", SEND_RESULT_FALSE], Meaning::Unavailable),
    (&["504"], Meaning::Lost),
    // From here on Huawei's numbering, unconfirmed.
    (&["80000000"], Meaning::Accepted),
    (&["80100000"], Meaning::Partial),
    (&["80200001", "80200003"], Meaning::CredentialStale),
    (&["80300002"], Meaning::NoRight),
    (&["80300007"], Meaning::InvalidTokens),
    (&["80300008"], Meaning::TooLarge),
    (&["80300010"], Meaning::BadRequest), // token count
    (&["81000001"], Meaning::Unavailable),
]);

/// Every listed code, for metric labels.
pub(crate) const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

/// What a code means by the settings, else by the table. `None`: it stands in neither.
pub(crate) fn listed(settings: &Settings, code: &str) -> Option<Meaning> {
    settings.codes.get(code).copied().or_else(|| TABLE.find(code))
}

/// What a code means that is not listed, but whose range is (section 8).
pub(crate) fn by_range(code: &str) -> Option<Meaning> {
    match code.get(..3).filter(|_| code.len() == 8)? {
        "801" => Some(Meaning::BadRequest),
        "802" => Some(Meaning::CredentialStale),
        _ => None,
    }
}

impl Meaning {
    /// What follows for a target of which the answer says nothing else.
    pub(crate) const fn verdict(self) -> Verdict {
        match self {
            Self::Accepted | Self::Partial => codes::Meaning::ACCEPTED,
            Self::BadRequest => codes::Meaning::BAD_REQUEST,
            Self::TooLarge => codes::Meaning::TOO_LARGE,
            Self::ContentForbidden => codes::Meaning::CONTENT,
            Self::CredentialStale => codes::Meaning::STALE,
            Self::AppMisconfigured => codes::Meaning::APP,
            Self::ClassMisconfigured => codes::Meaning::CLASS,
            Self::NoRight => codes::Meaning::APP_RIGHT,
            Self::InvalidTokens => codes::Meaning::gone(Reason::TokenRefused),
            Self::DeviceCapped => codes::Meaning::CAPPED,
            Self::QuotaSpent => codes::Meaning::SPENT,
            Self::SlowDown => codes::Meaning::SLOW,
            Self::Unavailable => codes::Meaning::UNAVAILABLE,
            Self::Lost => codes::Meaning::LOST,
        }
        .verdict()
    }
}
