//! Settings of one app. `defaults.toml` is their documentation.

use push_contract::{
    Secret, SettingsError,
    kit::{
        classes::MissingRight,
        settings::{rate, rule, within},
    },
    typed,
};
use serde::Deserialize;
use serde_json::Value;

/// Settings that may be read from a file of their own. The authorities are no secret, but a text of many lines.
pub(crate) const SECRETS: &[&str] = &["key", "certificate", "authorities"];

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) auth: Auth,
    pub(crate) key: Option<Secret>,
    pub(crate) certificate: Option<Secret>,
    pub(crate) authorities: Option<Secret>,
    pub(crate) key_id: String,
    pub(crate) team_id: String,
    pub(crate) bundle_id: String,
    pub(crate) environment: Environment,
    pub(crate) production_url: String,
    pub(crate) sandbox_url: String,
    pub(crate) token_type: TokenType,
    pub(crate) check_tokens: bool,
    pub(crate) time_sensitive: bool,
    pub(crate) critical: bool,
    pub(crate) voip: Voip,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) data_key: String,
    pub(crate) image_key: String,
    pub(crate) click_key: String,
    pub(crate) channel_is: ChannelIs,
    pub(crate) default_sound: String,
    pub(crate) mutable_content: bool,
    pub(crate) marketing_priority: u8,
    pub(crate) rate_per_second: u32,
    pub(crate) connections: usize,
    pub(crate) streams: usize,
    pub(crate) ping_s: u64,
    pub(crate) update_pause_s: u64,
}

/// How calls are authorised (section 3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Auth {
    Token,
    Certificate,
}

/// Which of Apple's two worlds (section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Environment {
    Production,
    Sandbox,
}

/// Which token a target has (section 4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenType {
    Alert,
    Voip,
}

impl TokenType {
    /// Its name in jobs.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Voip => "voip",
        }
    }
}

/// What may be sent as a VoIP push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Voip {
    Calls,
    All,
    None,
}

/// What stands for a notification channel, which Apple does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelIs {
    Dropped,
    Category,
    ThreadId,
}

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let is_topic = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
        rule(is_topic(&self.bundle_id), "bundle_id", &self.bundle_id, "the app's bundle ID, such as com.example.chat")?;
        if self.auth == Auth::Token {
            for (key, id) in [("key_id", &self.key_id), ("team_id", &self.team_id)] {
                let fits = id.len() == 10 && id.bytes().all(|b| b.is_ascii_alphanumeric());
                rule(fits, key, id, "10 letters and digits, as the developer account shows it")?;
            }
        }
        let keys = [("data_key", &self.data_key), ("image_key", &self.image_key), ("click_key", &self.click_key)];
        for (n, (key, name)) in keys.iter().enumerate() {
            let taken = keys.iter().take(n).any(|(_, other)| !name.is_empty() && other == name);
            rule(!taken && *name != "aps", key, name, "a name of its own: aps is Apple's, the others have theirs")?;
        }
        rule(!self.data_key.is_empty(), "data_key", "", "a name: data stands beside aps, never in it")?;
        let known = [1, 5, 10].contains(&self.marketing_priority);
        rule(known, "marketing_priority", self.marketing_priority, "1, 5 or 10")?;
        rate(self.rate_per_second, "call a second")?;
        within("connections", self.connections, 1..=64, "connections")?;
        within("streams", self.streams, 1..=10_000, "calls at once on a connection")?;
        within("ping_s", self.ping_s, 1..=3600, "seconds")?;
        within("update_pause_s", self.update_pause_s, 1..=3600, "seconds")
    }
}
