//! What a producer hears back.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{AppName, JobId, Kind, Lane, Reason, Timestamp, VendorName};

/// The terminal result of one target. New outcomes may come; readers must ignore what they do not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The vendor took the push.
    Accepted,
    /// The token is dead. Delete it, unless the result is `suspect`.
    InvalidToken,
    /// Refused for good.
    Rejected,
    /// The vendor lacks what would carry the meaning of the job.
    Unsupported,
    /// This job's class, channel or rights are wrong.
    Misconfigured,
    /// Its time was over before it was sent.
    Expired,
    /// A newer job took its place.
    Superseded,
    /// The class's quota of the day is spent.
    QuotaExhausted,
    /// The device has had its share for today.
    DeviceCapped,
    /// All attempts used up.
    Failed,
    /// Sent, answer lost, not repeated.
    Unknown,
    /// Dropped by an operator.
    Discarded,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 12] = [
        Self::Accepted,
        Self::InvalidToken,
        Self::Rejected,
        Self::Unsupported,
        Self::Misconfigured,
        Self::Expired,
        Self::Superseded,
        Self::QuotaExhausted,
        Self::DeviceCapped,
        Self::Failed,
        Self::Unknown,
        Self::Discarded,
    ];

    /// The outcome as in receipts and labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::InvalidToken => "invalid_token",
            Self::Rejected => "rejected",
            Self::Unsupported => "unsupported",
            Self::Misconfigured => "misconfigured",
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::QuotaExhausted => "quota_exhausted",
            Self::DeviceCapped => "device_capped",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Discarded => "discarded",
        }
    }

    /// The letter that stands for the outcome in a record of the store.
    #[must_use]
    pub const fn letter(self) -> char {
        match self {
            Self::Accepted => 'A',
            Self::InvalidToken => 'I',
            Self::Rejected => 'R',
            Self::Unsupported => 'P',
            Self::Misconfigured => 'M',
            Self::Expired => 'E',
            Self::Superseded => 'S',
            Self::QuotaExhausted => 'Q',
            Self::DeviceCapped => 'C',
            Self::Failed => 'F',
            Self::Unknown => 'U',
            Self::Discarded => 'O',
        }
    }
}

/// What became of some targets of one job. Receipts travel as JSON arrays; readers must ignore unknown fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(title = "push-fleet receipt, version 1")]
pub struct Receipt {
    /// `id.generation.part`. The same id always carries the same content; a receipt may arrive more than once.
    pub receipt_id: String,
    /// The job's id.
    pub id: JobId,
    /// The job's app.
    pub app: AppName,
    /// The job's vendor.
    pub vendor: VendorName,
    /// The queue's lane.
    pub lane: Lane,
    /// The job's kind.
    pub kind: Kind,
    /// What this receipt tells if it carries no results.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notice: Option<Notice>,
    /// The vendor's category that was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The category that the kind deserves and the app has no right to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degraded_from: Option<String>,
    /// Which copy of the message settled these targets.
    pub generation: u32,
    /// How many attempts were counted before this copy.
    pub attempt: u32,
    /// When what happened.
    #[serde(flatten)]
    pub story: Story,
    /// The worker that settled it.
    pub replica: String,
    /// This part, from 0.
    pub part: u32,
    /// How many parts this generation's receipt has.
    pub parts: u32,
    /// The producer's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// The targets that ended, by position.
    pub results: Vec<TargetResult>,
}

/// What a receipt without results tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// The producer published this id again; the first one settled it.
    DuplicateOf,
    /// The job lies in parking where an operator sees it. Not terminal.
    Parked,
}

/// The times of one copy, and what it waited for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Story {
    /// `created_at` of the job.
    pub created: Timestamp,
    /// When the worker got this copy.
    pub received: Timestamp,
    /// When rate and quota let it through.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admitted: Option<Timestamp>,
    /// When the first bytes went out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
    /// When the last outcome was known.
    pub settled: Timestamp,
    /// Milliseconds waited for the rate limit.
    pub rate_wait_ms: u64,
    /// Milliseconds waited for a quota.
    pub quota_wait_ms: u64,
    /// Milliseconds waited for a block of the app.
    pub block_wait_ms: u64,
}

/// The terminal result of one target.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TargetResult {
    /// Position in the producer's list.
    pub n: u32,
    /// The token.
    pub token: String,
    /// The producer's own id of the device.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// The vendor's own code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_code: Option<String>,
    /// The vendor's id of the push.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor_id: Option<String>,
    /// Since when the token is dead, where the vendor says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invalid_since: Option<Timestamp>,
    /// Too many tokens died at once: do not delete it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspect: bool,
    /// An earlier call about this target had no answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub doubt: bool,
    /// Fields of the job that the vendor has no place for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dropped: Vec<String>,
    /// Fields that were sent otherwise than written, such as a title that was cut.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<String>,
}

impl std::fmt::Debug for TargetResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TargetResult")
            .field("n", &self.n)
            .field("outcome", &self.outcome)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}
