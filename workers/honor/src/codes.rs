//! Codes of the send interface and HTTP statuses, which share one table (section 8).

use push_contract::{Action, Reason, Verdict};
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

const ROWS: [(&str, Meaning); 21] = [
    ("200", Meaning::Accepted),
    ("400", Meaning::BadRequest),
    ("401", Meaning::CredentialStale),
    ("403", Meaning::CredentialStale), // the token is not this app's: refreshed once, then the app is misconfigured
    ("404", Meaning::AppMisconfigured), // address or app id
    ("413", Meaning::TooLarge),
    ("429", Meaning::SlowDown),
    ("500", Meaning::Unavailable),
    ("502", Meaning::Unavailable),
    ("503", Meaning::SlowDown),
    ("504", Meaning::Lost),
    ("80000000", Meaning::Accepted), // from here on Huawei's numbering, unconfirmed
    ("80100000", Meaning::Partial),
    ("80200001", Meaning::CredentialStale),
    ("80200003", Meaning::CredentialStale),
    ("80300002", Meaning::NoRight),
    ("80300007", Meaning::InvalidTokens),
    ("80300008", Meaning::TooLarge),
    ("80300010", Meaning::BadRequest), // token count
    ("81000001", Meaning::Unavailable),
    (SEND_RESULT_FALSE, Meaning::Unavailable),
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

/// What a code means by the settings, else by the table. `None`: it stands in neither.
pub(crate) fn listed(settings: &Settings, code: &str) -> Option<Meaning> {
    let row = || ROWS.iter().find(|row| row.0 == code).map(|row| row.1);
    settings.codes.get(code).copied().or_else(row)
}

/// What a code means that is not listed: by its range, else tried again. Never a dead token.
pub(crate) fn by_range(code: &str) -> Meaning {
    match code.get(..3).filter(|_| code.len() == 8) {
        Some("801") => Meaning::BadRequest,
        Some("802") => Meaning::CredentialStale,
        _ => Meaning::Unavailable,
    }
}

impl Meaning {
    /// What follows for a target of which the answer says nothing else.
    pub(crate) const fn verdict(self) -> Verdict {
        let (action, reason) = match self {
            Self::Accepted | Self::Partial => (Action::Accepted, Reason::Ok),
            Self::BadRequest => (Action::Refused, Reason::BadRequest),
            Self::TooLarge => (Action::Refused, Reason::PayloadTooLarge),
            Self::ContentForbidden => (Action::Refused, Reason::ContentForbidden),
            Self::CredentialStale => (Action::CredentialStale, Reason::CredentialStale),
            Self::AppMisconfigured => (Action::AppMisconfigured, Reason::Misconfigured),
            Self::ClassMisconfigured => (Action::ClassMisconfigured, Reason::Misconfigured),
            Self::NoRight => (Action::AppMisconfigured, Reason::NoRight),
            Self::InvalidTokens => (Action::DeviceGone { invalid_since: None }, Reason::TokenRefused),
            Self::DeviceCapped => (Action::DeviceCapped, Reason::DeviceCapped),
            Self::QuotaSpent => (Action::QuotaSpent { until: None }, Reason::QuotaSpent),
            Self::SlowDown => (Action::SlowDown { until: None }, Reason::RateLimited),
            Self::Unavailable => (Action::Unavailable, Reason::Unavailable),
            Self::Lost => (Action::Unknown, Reason::AnswerLost),
        };
        Verdict::new(action, reason)
    }
}
