//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Day, Kind, Secret, SettingsError,
    kit::{
        classes::MissingRight,
        settings::{number, rate, rule, within},
    },
    typed::{self, digits},
};
use serde::Deserialize;
use serde_json::Value;

use crate::{codes::Meaning, options::Importance};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["client_secret"];

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
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
    pub(crate) tokens_per_second: u32,
    pub(crate) batch: usize,
    pub(crate) day: Day,
    pub(crate) codes: BTreeMap<String, Meaning>,
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
        number("app_id", &self.app_id, "the App ID")?;
        number("client_id", &self.client_id, "the Client ID")?;
        let differs = self.client_id != self.app_id;
        rule(differs, "client_id", &self.client_id, "the Client ID, which is another number than the App ID")?;
        for (key, limit) in [("title_limit", self.title_limit), ("body_limit", self.body_limit)] {
            rule(limit > 0, key, limit, "at least 1 character: a notification needs its texts")?;
        }
        rule(self.max_bytes >= 1024, "max_bytes", self.max_bytes, "at least 1024 bytes")?;
        rate(self.rate_per_second, "in a second")?;
        within("tokens_per_second", self.tokens_per_second, 1..=1000, "token calls a second")?;
        within("batch", self.batch, 1..=1000, "tokens a call")?;
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
