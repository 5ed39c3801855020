//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Counted, Day, Rate, Secret, SettingsError,
    kit::{
        classes::MissingRight,
        settings::{callback, kinds, number, rate, rule, secret, within},
    },
    typed::{self, address, digits},
};
use serde::Deserialize;
use serde_json::Value;

use crate::classes::Category;

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["app_secret"];
/// Section 4.1: how long an address for receipts may be.
const CALLBACK_BYTES: usize = 128;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(deserialize_with = "digits")]
    pub(crate) app_id: String,
    app_secret: Option<Secret>,
    pub(crate) package_names: Vec<String>,
    region: Region,
    cn_url: String,
    intl_url: String,
    pub(crate) private: bool,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) kinds: BTreeMap<String, Category>,
    pub(crate) vip: bool,
    pub(crate) data_key: String,
    pub(crate) data_limit: usize,
    pub(crate) data_messages: DataMessages,
    pub(crate) transparent_limit: usize,
    pub(crate) long_body: usize,
    pub(crate) image: Image,
    pub(crate) alert_public: bool,
    pub(crate) callback_url: String,
    pub(crate) task_from: usize,
    rate_per_second: u32,
    rate_counts: RateCounts,
    pub(crate) batch: usize,
    pub(crate) day: Day,
}

/// Which of Meizu's services.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Region {
    Cn,
    Intl,
}

/// What becomes of a job without notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DataMessages {
    Refuse,
    Transparent,
}

/// What becomes of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Image {
    Drop,
    Upload,
}

/// What the rate counts.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum RateCounts {
    Targets,
    Calls,
}

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        number("app_id", &self.app_id, "the number of the application")?;
        secret(self.app_secret.as_ref(), "app_secret", "the AppSecret, which signs")?;
        let names = &self.package_names;
        let named = |name: &String| !name.is_empty() && !name.contains(|c: char| c == ',' || c.is_whitespace());
        let known = names.len() <= 50 && names.iter().all(named);
        rule(known, "package_names", names.join(","), "at most 50 names, without commas and blanks")?;
        // Both are checked, so that a change of the region meets no surprise.
        address("cn_url", &self.cn_url, "")?;
        address("intl_url", &self.intl_url, "")?;
        kinds("kinds", self.kinds.keys(), |_| false)?;
        rule(!self.data_key.is_empty(), "data_key", "", "Meizu takes data under a key only")?;
        rule(self.data_limit > 0, "data_limit", 0, "at least 1 byte")?;
        within("transparent_limit", self.transparent_limit, 1..=3800, "bytes")?;
        let longer = self.long_body == 0 || self.long_body > 100;
        rule(longer, "long_body", self.long_body, "more than the body's 100 characters; 0: none")?;
        callback("callback_url", &self.callback_url, CALLBACK_BYTES)?;
        rate(self.rate_per_second, "a second; Meizu allows every app 200")?;
        within("batch", self.batch, 1..=100, "pushIds a call")
    }

    /// The secret that signs requests; without the line break that an editor may have left at its end.
    pub(crate) fn secret(&self) -> &str {
        self.app_secret.as_ref().map_or("", |secret| secret.reveal().trim())
    }

    /// The host of the app's region.
    pub(crate) fn host(&self) -> &str {
        match self.region {
            Region::Cn => &self.cn_url,
            Region::Intl => &self.intl_url,
        }
    }

    pub(crate) const fn rate(&self) -> Rate {
        let counted = match self.rate_counts {
            RateCounts::Targets => Counted::Targets,
            RateCounts::Calls => Counted::Calls,
        };
        Rate { per_second: self.rate_per_second, counted }
    }
}
