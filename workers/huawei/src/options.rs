//! `options.huawei`: what a producer may override for one job.

use push_contract::{Job, Refusal, typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{NAME, classes::Category};

/// Huawei's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.huawei")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs the right to it.
    pub(crate) category: Option<Category>,
    /// NORMAL: with sound. LOW: without. A marketing message stays silent in any case.
    pub(crate) importance: Option<Importance>,
    /// HIGH wakes the app; needs the high-priority right.
    pub(crate) urgency: Option<Urgency>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
    /// Notification channel of the app; wins over `notification.channel`.
    pub(crate) channel_id: Option<String>,
    /// Full name of the launcher activity that a badge needs; wins over the app's setting.
    pub(crate) badge_class: Option<String>,
    /// Notifications of one group collapse into a line with a count.
    pub(crate) group: Option<String>,
    /// False: not shown while the app is open.
    pub(crate) foreground_show: Option<bool>,
}

/// How loud a notification is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Importance {
    /// Sound and vibration.
    Normal,
    /// Silent.
    Low,
}

/// How fast a message is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Urgency {
    /// May wait for the phone.
    Normal,
    /// Wakes the app's process.
    High,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        if options.notify_id.is_some_and(|id| i32::try_from(id).is_err()) {
            return Err(typed::bad_option(NAME, "notify_id", "0 to 2147483647"));
        }
        Ok(options)
    }

    /// Whether anything is said about how a notification shows.
    pub(crate) fn is_about_display(&self) -> bool {
        let Self { category, urgency, .. } = *self;
        *self != Self { category, urgency, ..Self::default() }
    }
}
