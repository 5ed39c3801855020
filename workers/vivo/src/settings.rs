//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Day, Kind, Secret, SettingsError,
    kit::{
        classes::MissingRight,
        settings::{callback, rate, rule, secret, within},
    },
    typed::{self, digits},
};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::{
    classes::{self, CATEGORIES},
    codes,
};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["app_secret"];

/// Section 9: a callback's address.
const CALLBACK_UNITS: usize = 128;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(deserialize_with = "number")]
    pub(crate) app_id: u64,
    pub(crate) app_key: String,
    pub(crate) app_secret: Option<Secret>,
    pub(crate) api_url: String,
    pub(crate) under_review: bool,
    pub(crate) subscription: bool,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) special_categories: BTreeMap<String, u8>,
    pub(crate) kinds: BTreeMap<Kind, String>,
    pub(crate) data_key: String,
    pub(crate) package: String,
    pub(crate) send_online: Vec<Kind>,
    pub(crate) cjk_counts_twice: bool,
    pub(crate) clean_texts: bool,
    pub(crate) ttl_max_seconds: u64,
    pub(crate) callback_id: String,
    pub(crate) callback_url: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
    pub(crate) day: Day,
    pub(crate) results: BTreeMap<String, String>,
}

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        rule(self.app_id > 0, "app_id", self.app_id, "the number of the push application")?;
        rule(!self.app_key.trim().is_empty(), "app_key", &self.app_key, "the key of the push application")?;
        secret(self.app_secret.as_ref(), "app_secret", "the AppSecret, which signs")?;
        for (name, class) in &self.special_categories {
            let known = CATEGORIES.iter().any(|(known, _)| known == name);
            let named = !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
            rule(named && !known && *class <= 1, "special_categories", name, "a new name in upper case, with 0 or 1")?;
        }
        for category in self.kinds.values() {
            let known = classes::classification(self, category).is_some();
            rule(known, "kinds", category, "a category of vivo's ten or of special_categories")?;
        }
        rule(!self.data_key.is_empty(), "data_key", "", "vivo takes data under a key only")?;
        within("ttl_max_seconds", self.ttl_max_seconds, 900..=604_800, "seconds: a list needs 900")?;
        callback("callback_url", &self.callback_url, CALLBACK_UNITS)?;
        let one = self.callback_url.is_empty() || self.callback_id.is_empty();
        rule(one, "callback_url", &self.callback_url, "leave it empty where callback_id is set")?;
        rate(self.rate_per_second, "device a second: the number of valid users gives the figure")?;
        within("batch", self.batch, 1..=1000, "devices a list")?;
        for (code, same) in &self.results {
            let known = code != codes::SUCCESS && code.parse::<u32>().is_ok() && codes::is_refusal(same);
            rule(known, "results", code, "a result that refuses, and another that is listed, such as \"10050\"")?;
        }
        Ok(())
    }

    /// The secret that signs calls for a token.
    pub(crate) fn secret(&self) -> &str {
        self.app_secret.as_ref().map_or("", Secret::reveal)
    }
}

/// A number that is a name. Empty: 0.
fn number<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    match digits(from)? {
        text if text.is_empty() => Ok(0),
        text => text.parse().map_err(|_| serde::de::Error::custom("not a number, expected a whole number")),
    }
}
