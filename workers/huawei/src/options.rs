//! `options.huawei`: what a producer may override for one job.

use push_contract::{Job, Refusal, typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{NAME, classes::Category, settings::Platform};

/// Huawei's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.huawei")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs the right to it. MISS_CALL and CUSTOMER_SERVICE
    /// are HarmonyOS NEXT's, SYSTEM_REMINDER is Android's: on the other platform the kind decides.
    pub(crate) category: Option<Category>,
    /// Android. NORMAL: with sound. LOW: without. A marketing message stays silent in any case.
    pub(crate) importance: Option<Importance>,
    /// Android. HIGH wakes the app; needs the high-priority right.
    pub(crate) urgency: Option<Urgency>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
    /// Android. Notification channel of the app; wins over `notification.channel`.
    pub(crate) channel_id: Option<String>,
    /// Android. Full name of the launcher activity that a badge needs; wins over the app's setting.
    pub(crate) badge_class: Option<String>,
    /// Android. Notifications of one group collapse into a line with a count.
    pub(crate) group: Option<String>,
    /// False: not shown while the app is open.
    pub(crate) foreground_show: Option<bool>,
    /// Account on the device that the notification is for.
    #[schemars(length(max = 64))]
    pub(crate) profile_id: Option<String>,
    /// While the phone is offline: -1 keeps every message, 0 the newest of the app, 1 to 100 the newest of that group.
    #[schemars(range(min = -1, max = 100))]
    pub(crate) collapse_key: Option<i8>,
    /// HarmonyOS NEXT: how long the sound plays.
    #[schemars(range(min = 1, max = 60))]
    pub(crate) sound_seconds: Option<u8>,
    /// HarmonyOS NEXT: wakes the app, which shows its call page; title and body are not sent. Absent: call invitations
    /// without a notification.
    pub(crate) in_app_call: Option<bool>,
    /// HarmonyOS NEXT: the payload of a form update (`formId`, `version`, `formData`, ...), sent instead of everything else.
    pub(crate) form: Option<Map<String, Value>>,
    /// HarmonyOS NEXT: the payload of a live view (`activityId`, `operation`, `event`, ...), sent instead of everything else.
    pub(crate) live_view: Option<Map<String, Value>>,
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
        match options.wrong() {
            Some((key, rule)) => Err(typed::bad_option(NAME, key, rule)),
            None => Ok(options),
        }
    }

    /// The first key that breaks a rule of the vendor.
    fn wrong(&self) -> Option<(&'static str, &'static str)> {
        let rules = [
            (self.notify_id.is_none_or(|id| i32::try_from(id).is_ok()), "notify_id", "0 to 2147483647"),
            (self.profile_id.as_ref().is_none_or(|id| id.chars().count() <= 64), "profile_id", "at most 64 characters"),
            (self.collapse_key.is_none_or(|key| (-1..=100).contains(&key)), "collapse_key", "-1 to 100"),
            (self.sound_seconds.is_none_or(|n| (1..=60).contains(&n)), "sound_seconds", "1 to 60"),
            (self.form.as_ref().is_none_or(is_form), "form", FORM_RULE),
            (self.live_view.as_ref().is_none_or(is_live_view), "live_view", LIVE_VIEW_RULE),
            (self.form.is_none() || self.live_view.is_none(), "form", "not beside live_view"),
        ];
        rules.into_iter().find_map(|(holds, key, rule)| (!holds).then_some((key, rule)))
    }

    /// What a live view is about.
    pub(crate) fn live_event(&self) -> Option<&str> {
        self.live_view.as_ref()?.get("event")?.as_str()
    }
}

const FORM_RULE: &str =
    "needs the whole numbers formId and version; nothing in formData is null, images holds one at most";

fn is_form(form: &Map<String, Value>) -> bool {
    let whole = ["formId", "version"].iter().all(|key| form.get(*key).is_some_and(Value::is_i64));
    let data = form.get("formData").and_then(Value::as_object);
    let images = form.get("images").and_then(Value::as_array);
    whole && data.is_none_or(|data| data.values().all(|v| !v.is_null())) && images.is_none_or(|list| list.len() <= 1)
}

const LIVE_VIEW_RULE: &str =
    "needs event, version and operation (0 to 2); begins (0) with a status, and for FLIGHT, TAXI and TRAIN alone";

fn is_live_view(view: &Map<String, Value>) -> bool {
    let event = view.get("event").and_then(Value::as_str).unwrap_or_default();
    let may = match view.get("operation").and_then(Value::as_i64) {
        Some(0) => ["FLIGHT", "TAXI", "TRAIN"].contains(&event) && view.contains_key("status"),
        operation => matches!(operation, Some(1 | 2)),
    };
    may && !event.is_empty() && view.get("version").is_some_and(Value::is_i64)
}

/// How a notification shows, on either platform.
const DISPLAY: [&str; 8] =
    ["importance", "notify_id", "channel_id", "badge_class", "group", "foreground_show", "profile_id", "sound_seconds"];
const ANDROID_ONLY: [&str; 5] = ["importance", "urgency", "channel_id", "badge_class", "group"];
const NEXT_ONLY: [&str; 4] = ["sound_seconds", "in_app_call", "form", "live_view"];

/// Whether anything is said about how a notification shows.
pub(crate) fn are_about_display(job: &Job) -> bool {
    name_any(job, &DISPLAY)
}

/// Whether something is said that the platform has no place for.
pub(crate) fn are_beyond(job: &Job, options: &Options, platform: Platform) -> bool {
    let of_the_other = match platform {
        Platform::Android => name_any(job, &NEXT_ONLY),
        Platform::Next => name_any(job, &ANDROID_ONLY),
    };
    of_the_other || options.category.is_some_and(|category| !category.is_of(platform))
}

fn name_any(job: &Job, keys: &[&str]) -> bool {
    job.options.get(NAME).is_some_and(|given| keys.iter().any(|key| given.contains_key(*key)))
}
