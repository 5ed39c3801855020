//! `options.xiaomi`: what a producer may override for one job.

use std::collections::BTreeMap;

use push_contract::{Job, Refusal, typed};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{NAME, classes::Category, template};

/// `extra.*` that the worker sets itself.
const OURS: [&str; 13] = [
    "channel_id",
    "template_id",
    "template_param",
    "notify_effect",
    "intent_uri",
    "web_uri",
    "notify_foreground",
    "sound_uri",
    "jobkey",
    "only_send_once",
    "callback",
    "callback.param",
    "callback.type",
];
/// `extra.*` of Xiaomi's that are passed on as they are; all others are the app's own (section 4.1).
const XIAOMIS: [&str; 11] = [
    "channel_name",
    "channel_description",
    "ticker",
    "flow_control",
    "locale",
    "locale_not_in",
    "model",
    "model_not_in",
    "app_version",
    "app_version_not_in",
    "connpt",
];
/// The app's own pairs, and characters of their names and values.
const MOST_PAIRS: usize = 10;
pub(crate) const BELOW_CHARS: usize = 1024;

/// Xiaomi's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.xiaomi")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs a channel for it; DEFAULT is none.
    pub(crate) category: Option<Category>,
    /// Id of a channel of the app's settings: its category is the job's. Wins over `category`.
    pub(crate) channel_id: Option<String>,
    /// Template of the channel with its variables as they are to be shown; wins over the app's setting.
    pub(crate) template: Option<Template>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
    /// -1: sound, vibration and light; else the sum of 1 sound, 2 vibration, 4 light. Below Android 8 only.
    #[schemars(range(min = -1, max = 7))]
    pub(crate) notify_type: Option<i8>,
    /// False: not shown while the app is open.
    pub(crate) notify_foreground: Option<bool>,
    /// True: delivered only if the phone is online now.
    pub(crate) only_send_once: Option<bool>,
    /// Groups statistics; a phone shows only the first message of a job key. 1 to 20 of `0-9A-Za-z_-`, not `_` first.
    pub(crate) jobkey: Option<String>,
    /// Further `extra.*`, named without that: at most 10 of the app's own, and Xiaomi's filters (`model`, `app_version`
    /// and so on), `flow_control`, `ticker`, `channel_name` and `channel_description`.
    pub(crate) extra: BTreeMap<String, String>,
}

/// A template with values.
#[derive(Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    /// `template_id`.
    pub(crate) id: String,
    /// Every variable of the template.
    #[serde(default)]
    pub(crate) param: BTreeMap<String, String>,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        let rule =
            |holds: bool, key: &str, rule: &str| if holds { Ok(()) } else { Err(typed::bad_option(NAME, key, rule)) };
        let template = options.template.as_ref();
        rule(template.is_none_or(|own| !own.id.is_empty()), "template.id", "the id of an approved template")?;
        let few = template.is_none_or(|own| own.param.len() <= template::MOST_VARIABLES);
        rule(few, "template.param", "at most 9 variables")?;
        rule(options.notify_id.is_none_or(|id| i32::try_from(id).is_ok()), "notify_id", "0 to 2147483647")?;
        rule(options.notify_type.is_none_or(|bits| (-1..=7).contains(&bits)), "notify_type", "-1 to 7")?;
        let key = options.jobkey.as_deref();
        rule(key.is_none_or(is_job_key), "jobkey", "1 to 20 of 0-9 A-Z a-z _ -, not _ first")?;
        let names = || options.extra.keys().map(String::as_str);
        rule(!names().any(|name| OURS.contains(&name)), "extra", "has a field that the worker sets itself")?;
        let own = names().filter(|name| !XIAOMIS.contains(name)).count();
        rule(own <= MOST_PAIRS, "extra", "at most 10 pairs of the app's own")?;
        let short = |text: &str| text.chars().count() < BELOW_CHARS;
        let fits = options.extra.iter().all(|(name, value)| !name.is_empty() && short(name) && short(value));
        rule(fits, "extra", "names and values under 1024 characters")?;
        Ok(options)
    }

    /// Whether anything is said about how a notification shows.
    pub(crate) fn is_about_display(&self) -> bool {
        self.template.is_some()
            || self.notify_id.is_some()
            || self.notify_type.is_some()
            || self.notify_foreground.is_some()
            || self.jobkey.is_some()
    }
}

fn is_job_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=20).contains(&text.len()) && !text.starts_with('_') && text.bytes().all(plain)
}
