//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Kind, Secret, SettingsError,
    kit::settings::{rate, rule, within},
    typed,
};
use serde::Deserialize;
use serde_json::Value;

use crate::message::is_taken;

/// Settings that may be read from a file of their own. The authorities are no secret, but a text of many lines.
pub(crate) const SECRETS: &[&str] = &["service_account", "authorities"];

/// What names a device (section 4.2.1): a registration token or a Firebase installation ID.
pub(crate) const TOKEN_TYPES: &[&str] = &["token", FID];
pub(crate) const FID: &str = "fid";

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) service_account: Option<Secret>,
    pub(crate) authorities: Option<Secret>,
    #[serde(deserialize_with = "typed::digits")]
    pub(crate) project_id: String,
    pub(crate) send_url: String,
    pub(crate) token_url: String,
    pub(crate) token_type: String,
    pub(crate) use_fid: bool,
    pub(crate) package_name: String,
    pub(crate) data_key: String,
    pub(crate) as_data: Vec<Kind>,
    pub(crate) collapse_data: bool,
    pub(crate) channel_id: String,
    pub(crate) channels: BTreeMap<Kind, String>,
    pub(crate) silent_channel_id: String,
    pub(crate) default_sound: String,
    pub(crate) invite_now: bool,
    pub(crate) max_bytes: usize,
    pub(crate) rate_per_second: u32,
    pub(crate) connections: usize,
    pub(crate) streams: usize,
}

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let Self { project_id, token_type, data_key, .. } = self;
        let named = project_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte));
        rule(named, "project_id", project_id, "the project's id or number, or nothing")?;
        rule(TOKEN_TYPES.contains(&token_type.as_str()), "token_type", token_type, "token or fid")?;
        rule(!is_taken(data_key), "data_key", data_key, "a name that neither Google nor this service uses")?;
        within("max_bytes", self.max_bytes, 1000..=4096, "bytes: Google takes no more")?;
        rate(self.rate_per_second, "message a second")?;
        within("connections", self.connections, 1..=64, "connections")?;
        within("streams", self.streams, 1..=10_000, "calls at once")
    }
}
