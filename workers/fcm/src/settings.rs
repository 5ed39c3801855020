//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{Kind, Secret, SettingsError, typed};
use serde::Deserialize;
use serde_json::Value;

/// Settings that may be read from a file of their own. The authorities are no secret, but a text of many lines.
pub(crate) const SECRETS: &[&str] = &["service_account", "authorities"];

/// Entries of `data` that carry a notification (`as_data`).
pub(crate) const FIELDS: [&str; 9] =
    ["title", "body", "subtitle", "image", "sound", "channel", "tag", "badge", "silent"];

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) service_account: Option<Secret>,
    pub(crate) authorities: Option<Secret>,
    #[serde(deserialize_with = "typed::digits")]
    pub(crate) project_id: String,
    pub(crate) scope: String,
    pub(crate) send_url: String,
    pub(crate) token_url: String,
    pub(crate) token_type: TokenType,
    pub(crate) use_fid: bool,
    pub(crate) package_name: String,
    pub(crate) data_key: String,
    pub(crate) id_key: String,
    pub(crate) click_key: String,
    pub(crate) subtitle_is: SubtitleIs,
    pub(crate) as_data: Vec<Kind>,
    pub(crate) data_priority: DataPriority,
    pub(crate) collapse_data: bool,
    pub(crate) channel_id: String,
    pub(crate) channels: BTreeMap<Kind, String>,
    pub(crate) silent_channel_id: String,
    pub(crate) default_sound: String,
    pub(crate) invite_now: bool,
    pub(crate) analytics: Analytics,
    pub(crate) max_bytes: usize,
    pub(crate) rate_per_second: u32,
    pub(crate) connections: usize,
    pub(crate) streams: usize,
    pub(crate) ping_s: u64,
    pub(crate) quota_wait_s: u64,
    pub(crate) device_wait_s: u64,
    pub(crate) undecided_tokens: usize,
    pub(crate) undecided_window_s: u64,
}

/// What names a device (section 4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenType {
    Token,
    Fid,
}

impl TokenType {
    /// Its name in jobs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Fid => "fid",
        }
    }
}

/// What a subtitle becomes, for which Google has no field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SubtitleIs {
    Dropped,
    Data,
    Body,
}

/// Priority of jobs without a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DataPriority {
    Kind,
    Normal,
}

/// What messages are counted under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Analytics {
    None,
    Kind,
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
        let project = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:".contains(&byte);
        let is_project = self.project_id.bytes().all(project);
        rule(is_project, "project_id", &self.project_id, "the project's id or number, or nothing")?;
        rule(!self.scope.is_empty(), "scope", &"", "a scope: Google grants no token without one")?;
        let keys = [("data_key", &self.data_key), ("id_key", &self.id_key), ("click_key", &self.click_key)];
        for (n, (key, name)) in keys.iter().enumerate() {
            let taken = keys.iter().take(n).any(|(_, other)| !name.is_empty() && other == name);
            let own = !is_reserved(name) && !FIELDS.contains(&name.as_str());
            rule(own && !taken, key, name, "a name of its own: Google, the notification or another key has this one")?;
        }
        let bytes = (1000..=4096).contains(&self.max_bytes);
        rule(bytes, "max_bytes", &self.max_bytes, "1000 to 4096: Google takes no more")?;
        rule(self.rate_per_second > 0, "rate_per_second", &0, "at least 1 message a second")?;
        rule((1..=64).contains(&self.connections), "connections", &self.connections, "1 to 64")?;
        rule((1..=10_000).contains(&self.streams), "streams", &self.streams, "1 to 10000")?;
        rule((1..=3600).contains(&self.ping_s), "ping_s", &self.ping_s, "1 to 3600 seconds")?;
        // Google: never before 10 s.
        for (key, wait) in [("quota_wait_s", self.quota_wait_s), ("device_wait_s", self.device_wait_s)] {
            rule((10..=3600).contains(&wait), key, &wait, "10 to 3600 seconds")?;
        }
        let tokens = (1..=1000).contains(&self.undecided_tokens);
        rule(tokens, "undecided_tokens", &self.undecided_tokens, "1 to 1000")?;
        let window = (1..=3600).contains(&self.undecided_window_s);
        rule(window, "undecided_window_s", &self.undecided_window_s, "1 to 3600 seconds")
    }
}

/// Keys of `data` that Google keeps for itself (section 4.2): the wider set, as sources differ. It is allowed to name an
/// entry `collapse_key`, but the message's own takes its place.
pub(crate) fn is_reserved(key: &str) -> bool {
    matches!(key, "from" | "message_type" | "collapse_key") || key.starts_with("google") || key.starts_with("gcm")
}
