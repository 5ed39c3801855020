//! `options.oppo`: what a producer may override for one job.

use push_contract::{Job, Refusal, typed};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{NAME, classes::Category, template::Template};

/// OPPO's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.oppo")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs the right to a communication & service one.
    pub(crate) category: Option<Category>,
    /// 1: drawer. 2: also lock screen. 16: also banner, vibration and sound; needs the strong-reminder right. Only for
    /// communication & service.
    #[schemars(extend("enum" = [1, 2, 16, null]))]
    pub(crate) notify_level: Option<u8>,
    /// Notification channel of the app; wins over `notification.channel`.
    pub(crate) channel_id: Option<String>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
    /// Approved template with its variables as they are to be shown; wins over the app's setting.
    pub(crate) template: Option<Template>,
}

/// `notify_level`: drawer and lock screen.
pub(crate) const LOCK_SCREEN: u8 = 2;
/// `notify_level`: drawer, lock screen, banner, vibration and sound.
pub(crate) const STRONG: u8 = 16;

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        let refuse = |key: &str, rule: &str| typed::bad_option(NAME, key, rule);
        if options.notify_id.is_some_and(|id| i32::try_from(id).is_err()) {
            return Err(refuse("notify_id", "0 to 2147483647"));
        }
        if options.notify_level.is_some_and(|level| ![1, LOCK_SCREEN, STRONG].contains(&level)) {
            return Err(refuse("notify_level", "1, 2 or 16"));
        }
        if options.template.as_ref().is_some_and(|template| template.id.is_empty()) {
            return Err(refuse("template.id", "the id of an approved template"));
        }
        Ok(options)
    }
}
