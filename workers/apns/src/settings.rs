//! Settings of one app. `defaults.toml` is their documentation.

use push_contract::{
    Secret, SettingsError, Target,
    kit::{
        classes::MissingRight,
        names::named,
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
    pub(crate) default_sound: String,
    pub(crate) mutable_content: bool,
    pub(crate) rate_per_second: u32,
    pub(crate) connections: usize,
    pub(crate) streams: usize,
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

/// What may be sent as a VoIP push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Voip {
    Calls,
    All,
    None,
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
        let free = !["", "aps", "image", "click"].contains(&self.data_key.as_str());
        rule(free, "data_key", &self.data_key, "a name of its own: data stands beside aps, image and click")?;
        rate(self.rate_per_second, "call a second")?;
        within("connections", self.connections, 1..=64, "connections")?;
        within("streams", self.streams, 1..=10_000, "calls at once on a connection")
    }

    /// The type of a target's token.
    pub(crate) fn type_of(&self, target: &Target) -> TokenType {
        target.kind.as_deref().and_then(named).unwrap_or(self.token_type)
    }
}
