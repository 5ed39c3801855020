//! `options.vivo`: what a producer may override for one job.

use push_contract::{
    Job, Refusal,
    typed::{self, bad_option},
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use crate::NAME;

/// Section 4.1: `profileId` is at most this long.
const PROFILE_UNITS: usize = 64;

/// vivo's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.vivo")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves: one of vivo's ten, or one that the app's settings name.
    pub(crate) category: Option<String>,
    /// How it alerts: 1 not, 2 ring, 3 vibrate, 4 both. Wins over `silent`.
    #[schemars(with = "Option<u8>", range(min = 1, max = 4))]
    pub(crate) notify_type: Option<NotifyType>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(min = 1, max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
    /// True: delivered at once or not at all; nothing is stored for a phone that is not connected.
    pub(crate) send_online: Option<bool>,
    /// False: not shown while the app is open.
    pub(crate) foreground_show: Option<bool>,
    /// Delivered over Wi-Fi only.
    pub(crate) wifi_only: bool,
    /// The login user that the device's SDK knows; for jobs with one target.
    #[schemars(length(max = 64))]
    pub(crate) profile_id: Option<String>,
    /// Results of a third party's content review.
    pub(crate) audit_review: Option<Vec<AuditReview>>,
    /// When the phone shows it. vivo's pages do not say more about its parts.
    pub(crate) timed_display: Option<TimedDisplay>,
}

/// One entry of `auditReview`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditReview {
    reviewer: String,
    #[serde(rename = "type")]
    kind: i64,
    result: Map<String, Value>,
}

/// `timedDisplay`; times in milliseconds since 1970.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all(serialize = "camelCase"))]
pub(crate) struct TimedDisplay {
    show_start_time: i64,
    show_end_time: i64,
    overtime_display: bool,
}

/// `notifyType` (section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotifyType {
    Silent = 1,
    Ring = 2,
    Vibrate = 3,
    Both = 4,
}

impl<'de> Deserialize<'de> for NotifyType {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u8::deserialize(from)? {
            1 => Ok(Self::Silent),
            2 => Ok(Self::Ring),
            3 => Ok(Self::Vibrate),
            4 => Ok(Self::Both),
            _ => Err(serde::de::Error::custom("not known, expected 1, 2, 3 or 4")),
        }
    }
}

impl Serialize for NotifyType {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_u8(*self as u8)
    }
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        let refuse = |key, rule: &str| bad_option(NAME, key, rule);
        if options.notify_id.is_some_and(|id| id == 0 || i32::try_from(id).is_err()) {
            return Err(refuse("notify_id", "1 to 2147483647"));
        }
        if let Some(profile) = &options.profile_id {
            if profile.is_empty() || profile.encode_utf16().count() > PROFILE_UNITS {
                return Err(refuse("profile_id", "1 to 64 characters"));
            }
            if job.targets.len() > 1 {
                return Err(refuse("profile_id", "a list has none: one target a job"));
            }
        }
        Ok(options)
    }
}
