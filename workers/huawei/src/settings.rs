//! Settings of one app. `defaults.toml` is their documentation.

use push_contract::{
    Secret, SettingsError,
    typed::{self, digits},
};
use serde::Deserialize;
use serde_json::Value;

use crate::classes::Category;

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["client_secret", "service_account"];

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) auth: Auth,
    #[serde(deserialize_with = "digits")]
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) service_account: Option<Secret>,
    #[serde(deserialize_with = "digits")]
    pub(crate) project_id: String,
    pub(crate) auth_url: String,
    pub(crate) send_url: String,
    pub(crate) url_version: UrlVersion,
    pub(crate) categories: Vec<Category>,
    pub(crate) high_priority: bool,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) data_key: String,
    pub(crate) badge_class: String,
    pub(crate) title_limit: usize,
    pub(crate) body_limit: usize,
    #[serde(deserialize_with = "digits")]
    pub(crate) receipt_id: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
}

/// How calls are authorised (sections 3.1 and 3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Auth {
    Oauth,
    ServiceAccount,
}

/// Which send address (section 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum UrlVersion {
    V1,
    V2,
}

/// What becomes of a job that the app has no right to send as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingRight {
    Degrade,
    Refuse,
}

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let wrong = |key: &str, value: &dyn ToString, rule: &str| Err(SettingsError::new(key, value.to_string(), rule));
        let client_id_needed = self.auth == Auth::Oauth || self.url_version == UrlVersion::V1;
        if client_id_needed && !is_number(&self.client_id) {
            return wrong("client_id", &self.client_id, "1 to 64 digits: the app's OAuth 2.0 client ID");
        }
        if !self.project_id.is_empty() && !is_number(&self.project_id) {
            return wrong("project_id", &self.project_id, "1 to 64 digits: project settings show it");
        }
        for (key, limit) in [("title_limit", self.title_limit), ("body_limit", self.body_limit)] {
            if limit == 0 {
                return wrong(key, &limit, "at least 1 character: Huawei refuses empty texts");
            }
        }
        if self.rate_per_second == 0 {
            return wrong("rate_per_second", &0, "at least 1 device per second: AppGallery Connect shows the figure");
        }
        if !(1..=1000).contains(&self.batch) {
            return wrong("batch", &self.batch, "1 to 1000 tokens a call");
        }
        Ok(())
    }
}

fn is_number(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}
