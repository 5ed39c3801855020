//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Kind, Secret, SettingsError,
    kit::{
        classes::MissingRight,
        names::named,
        settings::{callback, kinds, rate, rule, secret, within},
    },
    typed,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{classes::Category, registration::Region, template::Template};

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["master_secret"];
/// The longest `call_back_url` (section 4.1).
const MAX_CALLBACK_URL: usize = 200;
/// The longest `show_ttl` that every class has (section 4.1).
const MAX_SHOW_SECONDS: u32 = 43_200;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) app_key: String,
    pub(crate) master_secret: Option<Secret>,
    pub(crate) region: Region,
    pub(crate) cn_url: String,
    pub(crate) intl_url: String,
    pub(crate) foreign_ids: ForeignIds,
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
    pub(crate) image: Image,
    pub(crate) call_show_seconds: u32,
    pub(crate) callback_url: String,
    pub(crate) rate_per_second: u32,
    pub(crate) batch: usize,
    pub(crate) broadcast: Broadcast,
    pub(crate) quota_reset_hour: u8,
}

/// What becomes of a registration id of the other region.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ForeignIds {
    Route,
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

impl Settings {
    /// Reads and checks the settings of one app.
    pub(crate) fn read(value: &Value) -> Result<Self, SettingsError> {
        let settings: Self = typed::settings(value, SECRETS)?;
        settings.check()?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), SettingsError> {
        let is_category = |key: &str| named::<Category>(key).is_some();
        rule(!self.app_key.is_empty(), "app_key", "", "must be there: the AppKey of the app at OPPO's push platform")?;
        secret(self.master_secret.as_ref(), "master_secret", "the MasterSecret")?;
        callback("callback_url", &self.callback_url, MAX_CALLBACK_URL)?;
        rate(self.rate_per_second, "user per second; OPPO allows every app 5000")?;
        within("batch", self.batch, 1..=1000, "messages or registration ids a call")?;
        within("quota_reset_hour", self.quota_reset_hour, 0..=23, "an hour of the day in China")?;
        within("call_show_seconds", self.call_show_seconds, 0..=MAX_SHOW_SECONDS, "seconds")?;
        kinds("channels", self.channels.keys(), is_category)?;
        kinds("templates", self.templates.keys(), is_category)?;
        self.templates.iter().try_for_each(|(key, template)| template.check(&format!("templates.{key}")))
    }

    /// What the settings allow and an operator will probably regret.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let lacks = |table: &dyn Fn(&str) -> bool, kind: Kind| {
            !table(kind.as_str()) && !table(&crate::classes::deserved(kind).name())
        };
        if self.channel_id.is_empty()
            && Kind::ALL.iter().any(|kind| lacks(&|key| self.channels.contains_key(key), *kind))
        {
            let text = "channel_id is empty: on Android 8 and later messages without a channel show in OPPO's own default \
                        channel; name one that the app creates";
            warnings.push(text.to_owned());
        }
        let chat = [Kind::ChatDirect, Kind::ChatGroup, Kind::ChatMention, Kind::CallInvite, Kind::CallMissed];
        let bare = chat.into_iter().find(|kind| lacks(&|key| self.templates.contains_key(key), *kind));
        if let Some(kind) = bare.filter(|_| self.send_category && self.categories.contains(&Category::Im)) {
            warnings.push(format!("templates has none for {kind} or IM: OPPO refuses IM without a template (54)"));
        }
        warnings
    }
}
