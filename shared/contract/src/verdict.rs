//! What one call said about one target.

use serde::Serialize;

use crate::{Reason, Timestamp};

/// What a call said about one target. It is never an `Err`: an error is our own failure, a verdict is the vendor's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// What follows from it.
    #[serde(flatten)]
    pub action: Action,
    /// Why, from the closed list.
    pub reason: Reason,
    /// The vendor's own code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The vendor's id of the push or of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
}

/// What follows from a verdict. The pipeline matches it exhaustively in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// The vendor took the push.
    Accepted,
    /// Refused for good: the same request will be refused again.
    Refused,
    /// The token is dead; the producer should delete it.
    DeviceGone {
        /// Since when, where the vendor says so.
        invalid_since: Option<Timestamp>,
    },
    /// Too fast. Not accepted, no attempt.
    SlowDown {
        /// Not before; absent: the pipeline decides.
        until: Option<Timestamp>,
    },
    /// The class's quota is spent. Not accepted, no attempt.
    QuotaSpent {
        /// When it reopens; absent: the vendor's next day.
        until: Option<Timestamp>,
    },
    /// This device has had its share. Terminal for this target.
    DeviceCapped,
    /// This device had too much for the moment. It alone is tried again later: counts as an attempt, and says nothing
    /// about the app.
    DeviceBusy {
        /// Not before; absent: the pipeline decides.
        until: Option<Timestamp>,
    },
    /// The credential of the call is stale. Not accepted, no attempt: refreshed once and sent again.
    CredentialStale,
    /// The app as a whole may not send: its credential, project or rights are wrong. The app is blocked.
    AppMisconfigured,
    /// This job's class, channel or right is wrong; other classes of the app are not touched.
    ClassMisconfigured,
    /// The vendor could not take it now and surely did not. Counts as an attempt.
    Unavailable,
    /// Sent, and nobody knows.
    Unknown,
}

impl Action {
    /// A short name for labels and tests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::DeviceGone { .. } => "device_gone",
            Self::SlowDown { .. } => "slow_down",
            Self::QuotaSpent { .. } => "quota_spent",
            Self::DeviceCapped => "device_capped",
            Self::DeviceBusy { .. } => "device_busy",
            Self::CredentialStale => "credential_stale",
            Self::AppMisconfigured => "app_misconfigured",
            Self::ClassMisconfigured => "class_misconfigured",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
        }
    }
}

impl Verdict {
    /// A verdict without code and id.
    #[must_use]
    pub const fn new(action: Action, reason: Reason) -> Self {
        Self { action, reason, code: None, vendor_id: None }
    }

    /// Accepted.
    #[must_use]
    pub const fn accepted() -> Self {
        Self::new(Action::Accepted, Reason::Ok)
    }

    /// With the vendor's code.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// With the vendor's id; an empty one is none.
    #[must_use]
    pub fn vendor_id(mut self, id: impl Into<String>) -> Self {
        self.vendor_id = Some(id.into()).filter(|id| !id.is_empty());
        self
    }
}
