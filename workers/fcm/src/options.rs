//! `options.fcm`: what a producer may override for one job.

use push_contract::{Job, Refusal, typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{NAME, classes::Priority};

/// Google's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.fcm")]
pub(crate) struct Options {
    /// Instead of what the kind deserves. A group that the user muted is NORMAL.
    pub(crate) priority: Option<Priority>,
    /// Notification channel of the app; wins over everything else, also over silence.
    pub(crate) channel_id: Option<String>,
    /// What a locked screen shows.
    pub(crate) visibility: Option<Visibility>,
    /// Label for Google's statistics; at most 100 different ones a day.
    #[schemars(regex(pattern = r"^[a-zA-Z0-9\-_.~%]{1,50}$"))]
    pub(crate) analytics_label: Option<String>,
    /// Delivers before the phone was unlocked for the first time.
    pub(crate) direct_boot_ok: Option<bool>,
}

/// `android.notification.visibility`.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Visibility {
    /// That there is something, but not what.
    Private,
    /// Everything.
    Public,
    /// Nothing.
    Secret,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        let is_label = |label: &str| {
            let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
            (1..=50).contains(&label.len()) && label.bytes().all(known)
        };
        if options.analytics_label.as_deref().is_none_or(is_label) {
            Ok(options)
        } else {
            Err(typed::bad_option(NAME, "analytics_label", "1 to 50 of [a-zA-Z0-9-_.~%]"))
        }
    }
}
