//! Settings of one app. `defaults.toml` is their documentation.

use push_contract::{
    Day, Secret, SettingsError, Target,
    kit::{
        classes::MissingRight,
        names::name_of,
        settings::{rate, rule, within},
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
    #[serde(deserialize_with = "digits")]
    pub(crate) client_id: String,
    pub(crate) client_secret: Option<Secret>,
    pub(crate) service_account: Option<Secret>,
    #[serde(deserialize_with = "digits")]
    pub(crate) project_id: String,
    pub(crate) auth_url: String,
    pub(crate) send_url: String,
    pub(crate) categories: Vec<Category>,
    pub(crate) high_priority: bool,
    pub(crate) next_categories: Vec<Category>,
    pub(crate) next_in_app_call: bool,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) data_key: String,
    pub(crate) badge_class: String,
    pub(crate) title_limit: usize,
    pub(crate) body_limit: usize,
    #[serde(deserialize_with = "digits")]
    pub(crate) receipt_id: String,
    #[serde(deserialize_with = "digits")]
    pub(crate) next_receipt_id: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
    pub(crate) day: Day,
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

    /// The part of the service that its tokens belong to.
    pub(crate) const fn realm(self) -> &'static str {
        match self {
            Self::Android => "",
            Self::Next => Self::Next.as_str(),
        }
    }

    /// The platform of a realm.
    pub(crate) fn of_realm(realm: &str) -> Self {
        if realm == Self::Next.realm() { Self::Next } else { Self::Android }
    }

    /// Test messages are the one thing with a quota: 500 per app and day (section 1), 1000 per project and day (12.1).
    pub(crate) const fn test_quota(self) -> &'static str {
        match self {
            Self::Android => "test",
            Self::Next => "test_next",
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
    pub(crate) const fn categories_of(&self, platform: Platform) -> &Vec<Category> {
        match platform {
            Platform::Android => &self.categories,
            Platform::Next => &self.next_categories,
        }
    }

    fn check(&self) -> Result<(), SettingsError> {
        let strange = self.categories.iter().find(|category| !category.is_of(Platform::Android));
        rule(strange.is_none(), "categories", name_of(&strange), "a category of HarmonyOS NEXT alone")?;
        // Huawei refuses empty texts.
        within("title_limit", self.title_limit, 1..=4096, "characters")?;
        within("body_limit", self.body_limit, 1..=4096, "characters")?;
        rate(self.rate_per_second, "device a second: AppGallery Connect shows the figure")?;
        within("batch", self.batch, 1..=1000, "tokens a call")
    }
}
