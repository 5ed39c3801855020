//! `options.fcm`: what a producer may override for one job.

use push_contract::{Job, Refusal, Timestamp, typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{NAME, classes::Priority};

/// Google's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.fcm")]
pub(crate) struct Options {
    /// Instead of what the kind deserves. A group that the user muted is NORMAL.
    pub(crate) priority: Option<Priority>,
    /// Notification channel of the app; wins over everything else, also over silence.
    pub(crate) channel_id: Option<String>,
    /// Collapse key of the message, in place of the job's. Google ignores it for what is shown.
    pub(crate) collapse_key: Option<String>,
    /// Label for Google's statistics.
    #[schemars(regex(pattern = r"^[a-zA-Z0-9\-_.~%]{1,50}$"))]
    pub(crate) analytics_label: Option<String>,
    /// Delivers before the phone was unlocked for the first time.
    pub(crate) direct_boot_ok: Option<bool>,
    /// Delivers on constrained networks.
    pub(crate) bandwidth_constrained_ok: Option<bool>,
    /// Delivers on restricted satellite networks.
    pub(crate) restricted_satellite_ok: Option<bool>,
    /// How the notification looks.
    pub(crate) notification: Look,
}

/// Fields of Google's `android.notification` that the job has none for, passed on as they are.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Look {
    /// Name of a drawable.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) icon: Option<String>,
    /// `#rrggbb`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) color: Option<String>,
    /// Read aloud by screen readers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ticker: Option<String>,
    /// Stays when it is tapped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sticky: Option<bool>,
    /// When it happened: RFC 3339, UTC with Z.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) event_time: Option<String>,
    /// Not on paired devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) local_only: Option<bool>,
    /// Before Android 8.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = PRIORITIES))]
    pub(crate) notification_priority: Option<String>,
    /// What a locked screen shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = VISIBILITIES))]
    pub(crate) visibility: Option<String>,
    /// Whether Google Play services may show it in the app's stead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = PROXIES))]
    pub(crate) proxy: Option<String>,
    /// The phone's own pattern.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default_vibrate_timings: Option<bool>,
    /// Off and on in turn, such as `["0.1s", "0.2s"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) vibrate_timings: Option<Vec<String>>,
    /// The phone's own light.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default_light_settings: Option<bool>,
    /// The light of the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) light_settings: Option<Light>,
    /// Resource with the title, which the app has in the user's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title_loc_key: Option<String>,
    /// What fills its places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title_loc_args: Option<Vec<String>>,
    /// Resource with the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_loc_key: Option<String>,
    /// What fills its places.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body_loc_args: Option<Vec<String>>,
}

/// `light_settings`.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Light {
    color: Color,
    /// Such as `0.5s`.
    light_on_duration: String,
    /// Such as `0.5s`.
    light_off_duration: String,
}

/// Shares of 0 to 1.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Color {
    red: f64,
    green: f64,
    blue: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpha: Option<f64>,
}

const PRIORITIES: [&str; 5] = ["PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX"];
const VISIBILITIES: [&str; 3] = ["PRIVATE", "PUBLIC", "SECRET"];
const PROXIES: [&str; 3] = ["ALLOW", "DENY", "IF_PRIORITY_LOWERED"];

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        let label = options.analytics_label.as_deref();
        let fits = label.is_none_or(|label| {
            (1..=50).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~%".contains(&b))
        });
        let wrong = (!fits).then_some(("analytics_label", "1 to 50 of [a-zA-Z0-9-_.~%]"));
        match wrong.or_else(|| options.notification.wrong()) {
            Some((key, rule)) => Err(typed::bad_option(NAME, key, rule)),
            None => Ok(options),
        }
    }
}

impl Look {
    /// What Google would refuse.
    fn wrong(&self) -> Option<(&'static str, &'static str)> {
        let listed = |text: &Option<String>, list: &[&str]| text.as_deref().is_none_or(|text| list.contains(&text));
        let color =
            |text: &str| text.len() == 7 && text.starts_with('#') && text[1..].bytes().all(|b| b.is_ascii_hexdigit());
        let moment = |text: &str| text.ends_with('Z') && Timestamp::parse(text).is_some();
        let steps = self.vibrate_timings.as_deref().unwrap_or_default();
        let light = self.light_settings.as_ref().is_none_or(|light| {
            let Color { red, green, blue, alpha } = light.color;
            let shares = [red, green, blue, alpha.unwrap_or(1.0)];
            let spans = is_duration(&light.light_on_duration) && is_duration(&light.light_off_duration);
            spans && shares.iter().all(|share| (0.0..=1.0).contains(share))
        });
        let keyed = |args: &Option<Vec<String>>, key: &Option<String>| args.is_none() || key.is_some();
        let rules = [
            (self.color.as_deref().is_none_or(color), "notification.color", "#rrggbb"),
            (self.event_time.as_deref().is_none_or(moment), "notification.event_time", "RFC 3339, UTC with Z"),
            (listed(&self.notification_priority, &PRIORITIES), "notification.notification_priority", "a listed one"),
            (listed(&self.visibility, &VISIBILITIES), "notification.visibility", "PRIVATE, PUBLIC or SECRET"),
            (listed(&self.proxy, &PROXIES), "notification.proxy", "ALLOW, DENY or IF_PRIORITY_LOWERED"),
            (steps.iter().all(|step| is_duration(step)), "notification.vibrate_timings", "durations such as 0.1s"),
            (light, "notification.light_settings", "colors of 0 to 1, durations such as 0.5s"),
            (keyed(&self.title_loc_args, &self.title_loc_key), "notification.title_loc_args", "needs title_loc_key"),
            (keyed(&self.body_loc_args, &self.body_loc_key), "notification.body_loc_args", "needs body_loc_key"),
        ];
        rules.into_iter().find(|(holds, ..)| !holds).map(|(_, key, rule)| (key, rule))
    }
}

/// Digits, up to 9 decimals, `s`.
fn is_duration(text: &str) -> bool {
    let Some(number) = text.strip_suffix('s') else { return false };
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(whole) && digits(decimals)
}
