//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Count, Kind, Secret, SettingsError, Timestamp,
    typed::{self, digits},
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{
    classes::{self, CATEGORIES},
    codes::Meaning,
    options::NotifyType,
};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["app_secret"];

/// Section 9: a callback's address.
const CALLBACK_UNITS: usize = 128;
const HOUR_MS: i64 = 3_600_000;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(deserialize_with = "number")]
    pub(crate) app_id: u64,
    pub(crate) app_key: String,
    pub(crate) app_secret: Option<Secret>,
    pub(crate) api_url: String,
    pub(crate) renew_after_seconds: u64,
    pub(crate) under_review: bool,
    pub(crate) subscription: bool,
    pub(crate) subscription_without: Without,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) special_categories: BTreeMap<String, u8>,
    pub(crate) kinds: BTreeMap<Kind, String>,
    pub(crate) data_key: String,
    pub(crate) package: String,
    pub(crate) notify_type: NotifyType,
    pub(crate) notify_type_operational: NotifyType,
    pub(crate) send_online: Vec<Kind>,
    pub(crate) foreground: Foreground,
    pub(crate) title_limit: usize,
    pub(crate) body_limit: usize,
    count: Counted,
    pub(crate) clean_texts: Clean,
    pub(crate) clean_prefix: String,
    pub(crate) ttl_max_seconds: u64,
    pub(crate) callback_id: String,
    pub(crate) callback_url: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
    zone_hours: i8,
    quota_reset_hour: u8,
    sending_starts_hour: u8,
    pub(crate) total_exceeded: Total,
    pub(crate) results: BTreeMap<String, Meaning>,
}

/// What a SUBSCRIPTION is without the right to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Without {
    News,
    Content,
}

/// What becomes of a job that the app has no right to send as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingRight {
    Degrade,
    Refuse,
}

/// `foregroundShow`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Foreground {
    Default,
    Show,
    Hide,
}

/// What a text limit counts (section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Counted {
    Columns,
    Units,
}

/// When texts are cleaned (section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Clean {
    Off,
    Retry,
    Always,
}

/// Whose total result 10070 means (section 7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Total {
    Operational,
    Own,
}

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let rule = |holds: bool, key: &str, value: &dyn ToString, rule: &str| {
            if holds { Ok(()) } else { Err(SettingsError::new(key, value.to_string(), rule)) }
        };
        rule(self.app_id > 0, "app_id", &self.app_id, "the number of the push application")?;
        rule(!self.app_key.trim().is_empty(), "app_key", &self.app_key, "the key of the push application")?;
        let life = &self.renew_after_seconds;
        rule((60..=82_800).contains(life), "renew_after_seconds", life, "60 to 82800: a token lives 24 hours")?;
        for (name, class) in &self.special_categories {
            let known = CATEGORIES.iter().any(|(known, _)| known == name);
            let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            rule(named && !known && *class <= 1, "special_categories", name, "a new name in upper case, with 0 or 1")?;
        }
        for category in self.kinds.values() {
            let known = classes::classification(self, category).is_some();
            rule(known, "kinds", category, "a category of vivo's ten or of special_categories")?;
        }
        rule(!self.data_key.is_empty(), "data_key", &"", "vivo takes data under a key only")?;
        // Room for an ellipsis, which counts two.
        rule(self.title_limit >= 2, "title_limit", &self.title_limit, "at least 2: vivo refuses empty texts")?;
        rule(self.body_limit >= 2, "body_limit", &self.body_limit, "at least 2: vivo refuses empty texts")?;
        let ttl = &self.ttl_max_seconds;
        rule((900..=604_800).contains(ttl), "ttl_max_seconds", ttl, "900 to 604800: a list needs 900")?;
        let url = &self.callback_url;
        let fits = url.is_empty() || (url.starts_with("http") && url.encode_utf16().count() <= CALLBACK_UNITS);
        rule(fits, "callback_url", url, "an http or https address of at most 128 characters")?;
        let one = url.is_empty() || self.callback_id.is_empty();
        rule(one, "callback_url", url, "leave it empty where callback_id is set")?;
        let rate = &self.rate_per_second;
        rule(*rate > 0, "rate_per_second", rate, "at least 1: the number of valid users gives the figure")?;
        rule((1..=1000).contains(&self.batch), "batch", &self.batch, "1 to 1000 devices a list")?;
        rule((-12..=14).contains(&self.zone_hours), "zone_hours", &self.zone_hours, "-12 to 14 hours from UTC")?;
        let hours = [("quota_reset_hour", self.quota_reset_hour), ("sending_starts_hour", self.sending_starts_hour)];
        for (key, hour) in hours {
            rule(hour < 24, key, &hour, "an hour of the day, 0 to 23")?;
        }
        for code in self.results.keys() {
            let known = code != "0" && code.parse::<u32>().is_ok();
            rule(known, "results", code, "a result that refuses, such as \"10043\"")?;
        }
        Ok(())
    }

    /// What the text limits count.
    pub(crate) const fn count(&self) -> Count {
        match self.count {
            Counted::Columns => Count::Columns,
            Counted::Units => Count::Utf16,
        }
    }

    /// When a spent total reopens.
    pub(crate) fn quota_reset(&self, now: Timestamp) -> Timestamp {
        self.next(self.quota_reset_hour, now)
    }

    /// When operational messages may be sent again.
    pub(crate) fn sending_starts(&self, now: Timestamp) -> Timestamp {
        self.next(self.sending_starts_hour, now)
    }

    fn next(&self, hour: u8, now: Timestamp) -> Timestamp {
        let shift = i64::from(hour) * HOUR_MS - i64::from(self.zone_hours) * HOUR_MS;
        let days = (now.as_millis() - shift).div_euclid(24 * HOUR_MS) + 1;
        Timestamp::from_millis(days * 24 * HOUR_MS + shift)
    }
}

/// A number that is a name. Empty: 0.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match digits(from)? {
        text if text.is_empty() => Ok(0),
        text => text.parse().map_err(|_| serde::de::Error::custom("not a number, expected a whole number")),
    }
}
