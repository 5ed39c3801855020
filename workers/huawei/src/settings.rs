//! Settings of one app. `defaults.toml` is their documentation.

use http::Uri;
use push_contract::{Secret, SettingsError};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
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
        let settings: Self = parse(value).map_err(|(key, rule)| {
            let shown = value.get(&key).filter(|_| !SECRETS.contains(&key.as_str()));
            let shown = shown.map_or_else(|| "(not shown)".to_owned(), Value::to_string);
            SettingsError::new(key, shown, rule)
        })?;
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

/// An absolute address, `path` appended.
pub(crate) fn address(key: &str, base: &str, path: &str) -> Result<Uri, SettingsError> {
    format!("{}{path}", base.trim_end_matches('/'))
        .parse::<Uri>()
        .ok()
        .filter(|uri| matches!(uri.scheme_str(), Some("https" | "http")) && uri.query().is_none())
        .ok_or_else(|| SettingsError::new(key, base, "an absolute address such as https://host, without a query"))
}

/// Reads a typed value and says which key breaks which rule, without quoting what stands there.
pub(crate) fn parse<T: DeserializeOwned>(value: &Value) -> Result<T, (String, String)> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let text = error.inner().to_string();
        if let Some(missing) = text.strip_prefix("missing field `") {
            return (missing.trim_end_matches('`').to_owned(), "must be there".to_owned());
        }
        let rule = match text.split_once(", expected ") {
            Some((start, wanted)) if start.starts_with("unknown field") => format!("unknown; there are {wanted}"),
            Some((_, wanted)) => format!("must be {wanted}"),
            None => "wrong type or value".to_owned(),
        };
        (error.path().to_string(), rule)
    })
}

fn is_number(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}

/// Numbers that are names: an environment variable or a TOML file may well give them without quotes.
fn digits<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a text of digits")]
    enum Digits {
        Text(String),
        Number(u64),
    }
    Ok(match Digits::deserialize(from)? {
        Digits::Text(text) => text,
        Digits::Number(number) => number.to_string(),
    })
}
