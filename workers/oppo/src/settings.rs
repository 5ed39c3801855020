//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Day, Kind, Secret, SettingsError,
    kit::{
        classes::MissingRight,
        names::named,
        settings::{callback, kinds, rate, rule, secret, within},
    },
    typed,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{classes::Category, template::Template};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["master_secret"];
/// The longest `call_back_url` (section 4.1).
const MAX_CALLBACK_URL: usize = 200;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) app_key: String,
    pub(crate) master_secret: Option<Secret>,
    pub(crate) cn_url: String,
    pub(crate) intl_url: String,
    pub(crate) categories: Vec<Category>,
    pub(crate) strong_reminder: Vec<Kind>,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) channel_id: String,
    pub(crate) channels: BTreeMap<String, String>,
    pub(crate) silent_channel_id: String,
    pub(crate) templates: BTreeMap<String, Template>,
    pub(crate) template_texts: bool,
    pub(crate) data_key: String,
    pub(crate) badge: bool,
    pub(crate) image: bool,
    pub(crate) callback_url: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
    pub(crate) day: Day,
}

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let read: Self = typed::settings(value, SECRETS)?;
        let is_category = |key: &str| named::<Category>(key).is_some();
        rule(!read.app_key.is_empty(), "app_key", "", "must be there: the AppKey of the app at OPPO's push platform")?;
        secret(read.master_secret.as_ref(), "master_secret", "the MasterSecret")?;
        callback("callback_url", &read.callback_url, MAX_CALLBACK_URL)?;
        rate(read.rate_per_second, "user per second; OPPO allows every app 5000")?;
        within("batch", read.batch, 1..=1000, "messages or registration ids a call")?;
        kinds("channels", read.channels.keys(), is_category)?;
        kinds("templates", read.templates.keys(), is_category)?;
        read.templates.iter().try_for_each(|(key, template)| template.check(&format!("templates.{key}")))?;
        Ok(read)
    }
}
