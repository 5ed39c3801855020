//! `options.oppo`: what a producer may override for one job.

use push_contract::{Job, Refusal, typed};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{NAME, classes::Category, settings, template::Template};

/// OPPO's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.oppo")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs the right to a communication & service one.
    pub(crate) category: Option<Category>,
    /// 1: drawer. 2: also lock screen. 16: also banner, vibration and sound; needs the strong-reminder right. Only for
    /// communication & service.
    #[schemars(with = "Option<u8>", extend("enum" = [1, 2, 16, null]))]
    pub(crate) notify_level: Option<Level>,
    /// Notification channel of the app; wins over `notification.channel`.
    pub(crate) channel_id: Option<String>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
    /// Seconds until the notification leaves the drawer: at most 86400, for content & marketing 43200.
    #[schemars(range(max = 86_400))]
    pub(crate) show_ttl: Option<u32>,
    /// Approved template with its variables as they are to be shown; wins over the app's setting.
    pub(crate) template: Option<Template>,
    /// Id of a small picture that was uploaded.
    pub(crate) small_picture_id: Option<String>,
    /// Id of a big picture that was uploaded. The job is broadcast, since no other form has big pictures.
    pub(crate) big_picture_id: Option<String>,
}

/// `notify_level`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(into = "u8")]
pub(crate) enum Level {
    /// Drawer.
    Drawer,
    /// Drawer and lock screen.
    LockScreen,
    /// Drawer, lock screen, banner, vibration and sound.
    Strong,
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        match level {
            Level::Drawer => 1,
            Level::LockScreen => 2,
            Level::Strong => 16,
        }
    }
}

impl<'de> Deserialize<'de> for Level {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match u8::deserialize(from)? {
            1 => Ok(Self::Drawer),
            2 => Ok(Self::LockScreen),
            16 => Ok(Self::Strong),
            other => Err(de::Error::invalid_value(de::Unexpected::Unsigned(other.into()), &"1, 2 or 16")),
        }
    }
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        let refuse = |key: &str, rule: &str| typed::bad_option(NAME, key, rule);
        if options.notify_id.is_some_and(|id| i32::try_from(id).is_err()) {
            return Err(refuse("notify_id", "0 to 2147483647"));
        }
        if options.show_ttl.is_some_and(|seconds| seconds > settings::MAX_SHOW_SECONDS) {
            return Err(refuse("show_ttl", "0 to 86400 seconds"));
        }
        if options.template.as_ref().is_some_and(|template| template.id.is_empty()) {
            return Err(refuse("template.id", "the id of an approved template"));
        }
        Ok(options)
    }
}
