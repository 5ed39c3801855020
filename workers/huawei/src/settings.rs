//! Settings of one app. `defaults.toml` is their documentation.

use push_contract::{
    Secret, SettingsError, Target,
    kit::{
        classes::MissingRight,
        settings::{number, rate, rule, within},
    },
    typed::{self, digits},
};
use serde::Deserialize;
use serde_json::Value;

use crate::classes::Category;

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["client_secret", "service_account"];

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) token_type: Platform,
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
    pub(crate) next_categories: Vec<Category>,
    pub(crate) next_in_app_call: bool,
    pub(crate) next_live_views: Vec<String>,
    pub(crate) next_instant_background: bool,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) data_key: String,
    pub(crate) next_click_key: String,
    pub(crate) next_proxy_data: bool,
    pub(crate) badge_class: String,
    pub(crate) title_limit: usize,
    pub(crate) body_limit: usize,
    #[serde(deserialize_with = "digits")]
    pub(crate) receipt_id: String,
    #[serde(deserialize_with = "digits")]
    pub(crate) next_receipt_id: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
}

/// What a token is of, by the names of token types: two services that know nothing of each other's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Platform {
    /// EMUI, and HarmonyOS 2 to 4: v1 and v2.
    Android,
    /// HarmonyOS 5 and later: v3.
    Next,
}

impl Platform {
    pub(crate) const ALL: [Self; 2] = [Self::Android, Self::Next];

    /// The token type.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Android => "android",
            Self::Next => "next",
        }
    }

    /// The setting that names the rights.
    pub(crate) const fn categories_key(self) -> &'static str {
        match self {
            Self::Android => "categories",
            Self::Next => "next_categories",
        }
    }
}

/// How calls for Android are authorised (sections 3.1 and 3.2).
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

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    /// The platform of a target.
    pub(crate) fn platform(&self, target: &Target) -> Platform {
        let named = target.kind.as_deref().and_then(|kind| Platform::ALL.into_iter().find(|p| p.as_str() == kind));
        named.unwrap_or(self.token_type)
    }

    /// The rights on a platform.
    pub(crate) fn categories_of(&self, platform: Platform) -> &[Category] {
        match platform {
            Platform::Android => &self.categories,
            Platform::Next => &self.next_categories,
        }
    }

    /// Whether the app sends to Android phones: one for HarmonyOS NEXT alone names no client.
    pub(crate) fn has_android(&self) -> bool {
        let is_client_needed = self.auth == Auth::Oauth || self.url_version == UrlVersion::V1;
        self.token_type == Platform::Android || !is_client_needed || !self.client_id.is_empty()
    }

    fn check(&self) -> Result<(), SettingsError> {
        if self.has_android() && (self.auth == Auth::Oauth || self.url_version == UrlVersion::V1) {
            number("client_id", &self.client_id, "the app's OAuth 2.0 client ID")?;
        }
        if !self.project_id.is_empty() {
            number("project_id", &self.project_id, "project settings show it")?;
        }
        for platform in Platform::ALL {
            let strange = self.categories_of(platform).iter().find(|category| !category.is_of(platform));
            let name = strange.map_or("", |category| category.as_str());
            rule(strange.is_none(), platform.categories_key(), name, "a category of the other platform")?;
        }
        // Huawei refuses empty texts.
        within("title_limit", self.title_limit, 1..=4096, "characters")?;
        within("body_limit", self.body_limit, 1..=4096, "characters")?;
        rate(self.rate_per_second, "device a second: AppGallery Connect shows the figure")?;
        within("batch", self.batch, 1..=1000, "tokens a call")
    }
}
