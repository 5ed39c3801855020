//! What lies in parking, and why.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// Why a message was parked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParkReason {
    /// The body is no job.
    Unreadable,
    /// The body is over 256 KiB.
    TooLarge,
    /// The job names another vendor than its queue.
    WrongVendor,
    /// The job names another app than its queue.
    WrongApp,
    /// The headers of a copy do not fit its job.
    BadHeaders,
    /// A copy written by a newer worker.
    NewerVersion,
    /// Handling it panicked.
    Panic,
    /// The broker delivered it 20 times without an acknowledgement.
    DeliveryLimit,
    /// The vendor refuses the job's class, channel or template, and the settings say that such jobs wait here.
    ClassMisconfigured,
}

impl ParkReason {
    /// Every reason.
    pub const ALL: [ParkReason; 9] = [
        Self::Unreadable,
        Self::TooLarge,
        Self::WrongVendor,
        Self::WrongApp,
        Self::BadHeaders,
        Self::NewerVersion,
        Self::Panic,
        Self::DeliveryLimit,
        Self::ClassMisconfigured,
    ];

    /// The reason as in the header and in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::TooLarge => "too_large",
            Self::WrongVendor => "wrong_vendor",
            Self::WrongApp => "wrong_app",
            Self::BadHeaders => "bad_headers",
            Self::NewerVersion => "newer_version",
            Self::Panic => "panic",
            Self::DeliveryLimit => "delivery_limit",
            Self::ClassMisconfigured => "class_misconfigured",
        }
    }
}

/// The headers of a message in `push.parked.<vendor>`. The body is the producer's, unchanged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "push-fleet parked job headers, version 1")]
pub struct ParkedJob {
    /// Why it was parked.
    #[serde(rename = "x-push-park-reason")]
    pub reason: ParkReason,
    /// The field that is wrong, without its value.
    #[serde(rename = "x-push-park-field", default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The rule that it breaks.
    #[serde(rename = "x-push-park-rule", default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// When it was parked.
    #[serde(rename = "x-push-parked-at")]
    pub parked_at: Timestamp,
    /// The routing key to replay it with.
    #[serde(rename = "x-push-park-key")]
    pub routing_key: String,
}
