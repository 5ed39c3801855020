//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{Kind, Secret, SettingsError, typed};
use serde::Deserialize;
use serde_json::Value;

use crate::{classes::Category, registration::Region, template::Template};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["master_secret"];
/// The longest `call_back_url` (section 4.1).
const MAX_CALLBACK_URL: usize = 200;
/// The most messages or registration ids of a call (section 1).
const MAX_BATCH: usize = 1000;
/// The longest `show_ttl` of an invitation (section 4.1).
pub(crate) const MAX_SHOW_SECONDS: u32 = 86_400;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) app_key: String,
    pub(crate) master_secret: Option<Secret>,
    pub(crate) region: Region,
    pub(crate) cn_url: String,
    pub(crate) intl_url: String,
    pub(crate) foreign_ids: ForeignIds,
    pub(crate) check_shape: bool,
    pub(crate) verify_registration_id: bool,
    pub(crate) categories: Vec<Category>,
    pub(crate) strong_reminder: bool,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) send_category: bool,
    pub(crate) channel_id: String,
    pub(crate) channels: BTreeMap<String, String>,
    pub(crate) silent_channel_id: String,
    pub(crate) templates: BTreeMap<String, Template>,
    pub(crate) template_texts: bool,
    pub(crate) data_key: String,
    pub(crate) activity: Activity,
    pub(crate) badge: bool,
    pub(crate) badge_steps: bool,
    pub(crate) image: Image,
    pub(crate) call_show_seconds: u32,
    pub(crate) callback_url: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
    pub(crate) gather: bool,
    pub(crate) broadcast: Broadcast,
    pub(crate) duplicate: Duplicate,
    pub(crate) quota_reset_hour: u8,
}

/// What becomes of a registration id of the other region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ForeignIds {
    Refuse,
    Send,
}

/// What becomes of a job that the app has no right to send as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MissingRight {
    Degrade,
    Refuse,
}

/// What an activity of a job names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Activity {
    Auto,
    Class,
    Action,
}

/// How a picture's address is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Image {
    Drop,
    Small,
    Big,
}

/// Which jobs with several targets are broadcast (section 4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Broadcast {
    Marketing,
    Always,
    Never,
}

/// What code 32 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Duplicate {
    Accepted,
    Refused,
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
        if self.app_key.is_empty() {
            return wrong("app_key", &"", "must be there: the AppKey of the app at OPPO's push platform");
        }
        if self.secret().is_none() {
            let rule = "needed: set master_secret_file or the environment variable";
            return wrong("master_secret", &"(none)", rule);
        }
        let callback = self.callback_url.as_str();
        let is_address = callback.starts_with("https://") || callback.starts_with("http://");
        if !callback.is_empty() && (!is_address || callback.chars().count() > MAX_CALLBACK_URL) {
            return wrong(
                "callback_url",
                &callback,
                "http:// or https://, at most 200 characters; empty: no callbacks",
            );
        }
        if self.rate_per_second == 0 {
            return wrong("rate_per_second", &0, "at least 1 user per second; OPPO allows every app 5000");
        }
        if !(1..=MAX_BATCH).contains(&self.batch) {
            return wrong("batch", &self.batch, "1 to 1000 messages or registration ids a call");
        }
        if self.quota_reset_hour > 23 {
            return wrong("quota_reset_hour", &self.quota_reset_hour, "0 to 23, an hour of the day in China");
        }
        if self.call_show_seconds > MAX_SHOW_SECONDS {
            return wrong("call_show_seconds", &self.call_show_seconds, "0 to 86400 seconds");
        }
        for (table, keys) in
            [("channels", self.channels.keys().collect::<Vec<_>>()), ("templates", self.templates.keys().collect())]
        {
            if let Some(key) = keys.into_iter().find(|key| !is_kind_or_category(key)) {
                let rule = "no kind (such as call.invite) and no category (such as IM)";
                return wrong(&format!("{table}.{key}"), &"(not shown)", rule);
            }
        }
        self.templates.iter().try_for_each(|(key, template)| template.check(&format!("templates.{key}")))
    }

    /// The secret that signs requests for tokens.
    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.master_secret.as_ref().filter(|secret| !secret.reveal().is_empty())
    }

    /// The host of the app's region, and the setting that names it.
    pub(crate) fn host(&self) -> (&'static str, &str) {
        match self.region {
            Region::Cn => ("cn_url", &self.cn_url),
            Region::Intl => ("intl_url", &self.intl_url),
        }
    }

    /// What the settings allow and an operator will probably regret.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let uncovered = |kind: &&Kind| {
            let category = crate::classes::deserved(**kind).as_str();
            !self.channels.contains_key(kind.as_str()) && !self.channels.contains_key(category)
        };
        if self.channel_id.is_empty() && Kind::ALL.iter().any(|kind| uncovered(&kind)) {
            let text = "channel_id is empty: on Android 8 and later messages without a channel show in OPPO's own default \
                        channel; name one that the app creates";
            warnings.push(text.to_owned());
        }
        let chat = Category::Im.as_str();
        let bare = [Kind::ChatDirect, Kind::ChatGroup, Kind::ChatMention, Kind::CallInvite, Kind::CallMissed]
            .into_iter()
            .find(|kind| !self.templates.contains_key(kind.as_str()) && !self.templates.contains_key(chat));
        if let Some(kind) = bare.filter(|_| self.send_category && self.categories.contains(&Category::Im)) {
            let text = format!("templates has none for {kind} or IM: OPPO refuses IM without a template (54)");
            warnings.push(text);
        }
        warnings
    }
}

fn is_kind_or_category(key: &str) -> bool {
    Kind::ALL.iter().any(|kind| kind.as_str() == key) || Category::of(key).is_some()
}
