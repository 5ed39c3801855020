//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{Count, Secret, SettingsError, Timestamp, typed};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    classes::{Category, Level},
    template::{self, Channel},
};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["app_secret"];
/// The longest `extra.callback` in bytes (section 9).
const MAX_CALLBACK_URL: usize = 128;
/// The bits of `extra.callback.type` (section 9).
const RECEIPTS: u32 = 1 + 2 + 16 + 32 + 64 + 128 + 1024;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) app_secret: Option<Secret>,
    pub(crate) packages: Vec<String>,
    region: Region,
    cn_url: String,
    ru_url: String,
    in_url: String,
    eu_url: String,
    sg_url: String,
    pub(crate) api_version: Version,
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) template_texts: bool,
    pub(crate) clean_template_values: bool,
    pub(crate) template_fallback: String,
    pub(crate) data_key: String,
    pub(crate) pass_through: bool,
    pub(crate) app_name: String,
    count: Counted,
    pub(crate) subtitle: Subtitle,
    pub(crate) activity: Activity,
    pub(crate) data_in_intent: bool,
    pub(crate) jobkey: bool,
    pub(crate) callback_url: String,
    pub(crate) callback_types: u32,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
    gather: bool,
    pub(crate) gather_jobs: usize,
    pub(crate) gather_max_bytes: usize,
    quota_reset_hour: u8,
}

/// Where the phones are (section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Region {
    Cn,
    Ru,
    In,
    Eu,
    Sg,
}

/// Version of the interface that sends one message (section 4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Version {
    V2,
    V3,
    V4,
}

/// What becomes of a job that the app has no right to send as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingRight {
    Degrade,
    Refuse,
}

/// What a text limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Counted {
    Chars,
    Utf16,
}

/// What becomes of a subtitle (section 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Subtitle {
    Drop,
    Prepend,
}

/// What an activity of a job names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Activity {
    Auto,
    Class,
    Action,
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
        let names = self.packages.join(",");
        let named = !self.packages.is_empty() && self.packages.iter().all(|name| is_package(name));
        rule(named, "packages", &names, "the package names of the app, such as [\"com.example.chat\"]")?;
        let one = self.packages.len() == 1 || self.api_version != Version::V2;
        rule(one, "api_version", &"v2", "v3 or v4: v2 takes one package name")?;
        let here = self.region == Region::Cn || self.api_version != Version::V4;
        rule(here, "api_version", &"v4", "v2 or v3: v4 is for region = \"cn\" alone")?;
        self.check_channels()?;
        let (fallback, cleaned) = (&self.template_fallback, template::clean(&self.template_fallback, true));
        rule(
            cleaned.as_deref() == Some(fallback),
            "template_fallback",
            fallback,
            "1 to 128 characters, no symbols, no blanks around them",
        )?;
        let url = &self.callback_url;
        let web = url.is_empty() || url.starts_with("https://") || url.starts_with("http://");
        let fits = web && url.len() <= MAX_CALLBACK_URL;
        rule(fits, "callback_url", url, "http:// or https://, at most 128 bytes; empty: no callbacks")?;
        let sum = self.callback_types;
        rule(sum > 0 && sum & !RECEIPTS == 0, "callback_types", &sum, "a sum of 1, 2, 16, 32, 64, 128 and 1024")?;
        rule(self.rate_per_second > 0, "rate_per_second", &0, "at least 1 call per second; every app has 500")?;
        rule((1..=1000).contains(&self.batch), "batch", &self.batch, "1 to 1000 registration ids a call")?;
        rule((1..=1000).contains(&self.gather_jobs), "gather_jobs", &self.gather_jobs, "1 to 1000 jobs a call")?;
        rule(self.gather_max_bytes > 0, "gather_max_bytes", &0, "at least 1 byte")?;
        let hour = self.quota_reset_hour;
        rule(hour < 24, "quota_reset_hour", &hour, "0 to 23, an hour of the day in China")
    }

    fn check_channels(&self) -> Result<(), SettingsError> {
        let mut levels: BTreeMap<&str, Level> = BTreeMap::new();
        for (key, channel) in &self.channels {
            let path = format!("channels.{key}");
            let Some(category) = Category::of_key(key) else {
                let rule = "no kind (such as call.invite) and no category with a channel (such as IM)";
                return Err(SettingsError::new(path, "(not shown)", rule));
            };
            channel.check(&path)?;
            let level = *levels.entry(&channel.id).or_insert(category.level());
            if level != category.level() {
                let rule = "a channel has one class: this id also stands under another";
                return Err(SettingsError::new(format!("{path}.id"), &channel.id, rule));
            }
        }
        Ok(())
    }

    /// The secret, if there is one.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.app_secret.as_ref().filter(|secret| !secret.reveal().is_empty())
    }

    /// The host of the app's region and the setting that names it, then the others.
    pub(crate) fn hosts(&self) -> [(&'static str, &str); 5] {
        let mut hosts = [
            ("cn_url", self.cn_url.as_str()),
            ("ru_url", &self.ru_url),
            ("in_url", &self.in_url),
            ("eu_url", &self.eu_url),
            ("sg_url", &self.sg_url),
        ];
        hosts.rotate_left(self.region as usize);
        hosts
    }

    /// What the limits of texts count.
    pub(crate) const fn count(&self) -> Count {
        match self.count {
            Counted::Chars => Count::Chars,
            Counted::Utf16 => Count::Utf16,
        }
    }

    /// Whether jobs share calls: that interface takes one package name.
    pub(crate) fn gathers(&self) -> bool {
        self.gather && self.packages.len() == 1
    }

    /// When a spent total opens again.
    pub(crate) fn quota_reset(&self, now: Timestamp) -> Timestamp {
        const HOUR: i64 = 3_600_000;
        const DAY: i64 = 24 * HOUR;
        let shift = (8 - i64::from(self.quota_reset_hour)) * HOUR;
        let opens = (now.as_millis().saturating_add(shift).div_euclid(DAY) + 1) * DAY - shift;
        Timestamp::from_millis(opens)
    }

    /// What the settings allow and an operator will probably regret.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.channels.contains_key(Category::Public.as_str()) {
            let text = "channels has no PUBLIC: messages whose category has no channel go out in none, 1 per device and \
                        day, or are refused (27001)";
            warnings.push(text.to_owned());
        }
        let private = |key: &str| Category::of_key(key).is_some_and(|category| category.level() == Level::Private);
        for (key, channel) in &self.channels {
            if private(key) && channel.template_id.is_none() {
                let text = format!("channels.{key} has no template_id: private messages need one from 2026-12-31");
                warnings.push(text);
            }
        }
        warnings
    }
}

fn is_package(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.' || byte == b'_')
}
