//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Kind, Secret, SettingsError,
    typed::{self, digits},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{codes::Meaning, options::Importance};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["client_secret"];

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(deserialize_with = "digits")]
    pub(crate) app_id: String,
    #[serde(deserialize_with = "digits")]
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) auth_url: String,
    pub(crate) send_url: String,
    pub(crate) self_classification: bool,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) importance: BTreeMap<String, Importance>,
    pub(crate) data_key: String,
    pub(crate) badge_class: String,
    pub(crate) silent: Silent,
    pub(crate) title_limit: usize,
    pub(crate) body_limit: usize,
    pub(crate) max_bytes: usize,
    pub(crate) rate_per_second: u32,
    pub(crate) rate_counts: RateCounts,
    pub(crate) batch: usize,
    pub(crate) codes: BTreeMap<String, Meaning>,
}

/// What becomes of a job that the app has no right to send as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingRight {
    Degrade,
    Refuse,
}

/// What `silent` of a job does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Silent {
    Drop,
    Low,
}

/// What the rate counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RateCounts {
    Devices,
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
        let rule = |holds: bool, key: &str, value: &dyn ToString, rule: &str| {
            if holds { Ok(()) } else { Err(SettingsError::new(key, value.to_string(), rule)) }
        };
        rule(is_number(&self.app_id), "app_id", &self.app_id, "1 to 64 digits: the App ID")?;
        rule(is_number(&self.client_id), "client_id", &self.client_id, "1 to 64 digits: the Client ID")?;
        let differs = self.client_id != self.app_id;
        rule(differs, "client_id", &self.client_id, "the Client ID, which is another number than the App ID")?;
        let room = "at least 1 character: a notification needs its texts";
        rule(self.title_limit > 0, "title_limit", &self.title_limit, room)?;
        rule(self.body_limit > 0, "body_limit", &self.body_limit, room)?;
        rule(self.max_bytes >= 1024, "max_bytes", &self.max_bytes, "at least 1024 bytes")?;
        rule(self.rate_per_second > 0, "rate_per_second", &self.rate_per_second, "at least 1 in a second")?;
        rule((1..=1000).contains(&self.batch), "batch", &self.batch, "1 to 1000 tokens a call")?;
        for kind in self.importance.keys() {
            let known = Kind::ALL.iter().any(|known| known.as_str() == kind);
            rule(known, "importance", kind, "a kind of job, such as social.interaction")?;
        }
        for code in self.codes.keys() {
            let refuses = code != "200" && code.parse::<u64>().is_ok();
            rule(refuses, "codes", code, "a number other than 200, such as 80300007")?;
        }
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}
