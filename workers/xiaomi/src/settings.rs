//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Day, Secret, SettingsError,
    kit::{
        classes::MissingRight,
        settings::{callback, kinds, rate, rule, within},
    },
    typed,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    classes::Category,
    template::{self, Channel},
};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["app_secret"];
/// The longest `extra.callback` (section 9).
const MAX_CALLBACK_URL: usize = 128;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
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
    pub(crate) api_version: String,
    pub(crate) channels: BTreeMap<String, Channel>,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) template_texts: bool,
    pub(crate) template_fallback: String,
    pub(crate) data_key: String,
    pub(crate) pass_through: bool,
    pub(crate) app_name: String,
    pub(crate) callback_url: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
    gather_jobs: usize,
    pub(crate) gather_max_bytes: usize,
    pub(crate) day: Day,
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

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._".contains(&byte);
        let named = |name: &String| !name.is_empty() && name.bytes().all(plain);
        let known = !self.packages.is_empty() && self.packages.iter().all(named);
        let text = "the package names of the app, such as [\"com.example.chat\"]";
        rule(known, "packages", self.packages.join(","), text)?;
        let version = ["v2", "v3", "v4"].contains(&self.api_version.as_str());
        rule(version, "api_version", &self.api_version, "v2, v3 or v4")?;
        let alone = self.api_version != "v2" || self.packages.len() == 1;
        rule(alone, "api_version", &self.api_version, "v2 takes one package: set v3, or one name in packages")?;
        let served = self.api_version != "v4" || self.region == Region::Cn;
        rule(served, "api_version", &self.api_version, "v4 serves mainland China alone: set v3, or region to cn")?;
        kinds("channels", self.channels.keys(), |key| Category::of_key(key).is_some())?;
        self.channels.iter().try_for_each(|(key, channel)| channel.check(&format!("channels.{key}")))?;
        let (fallback, cleaned) = (&self.template_fallback, template::clean(&self.template_fallback));
        let text = "1 to 128 characters, no symbols, no blanks around them";
        rule(cleaned.as_deref() == Some(fallback), "template_fallback", fallback, text)?;
        callback("callback_url", &self.callback_url, MAX_CALLBACK_URL)?;
        rate(self.rate_per_second, "call a second; every app has 500")?;
        within("batch", self.batch, 1..=1000, "registration ids a call")?;
        within("gather_jobs", self.gather_jobs, 1..=1000, "jobs a call; 1: each has its own")?;
        rule(self.gather_max_bytes > 0, "gather_max_bytes", 0, "at least 1 byte")
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

    /// How many jobs share a call: that interface takes one package name.
    pub(crate) fn jobs_per_call(&self) -> usize {
        if self.packages.len() == 1 { self.gather_jobs } else { 1 }
    }
}
