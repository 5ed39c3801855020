//! Settings of one app. `defaults.toml` is their documentation.

use std::collections::BTreeMap;

use push_contract::{
    Count, Counted, Kind, Rate, Secret, SettingsError, Timestamp,
    typed::{self, digits},
};
use serde::Deserialize;
use serde_json::Value;

use crate::classes::Category;

/// Settings that hold a secret.
pub(crate) const SECRETS: &[&str] = &["app_secret"];
const HOUR_MS: i64 = 3_600_000;

/// One app's settings, as in `defaults.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(deserialize_with = "digits")]
    pub(crate) app_id: String,
    app_secret: Option<Secret>,
    pub(crate) package_names: Vec<String>,
    region: Region,
    pub(crate) cn_url: String,
    pub(crate) intl_url: String,
    pub(crate) private: bool,
    pub(crate) on_missing_right: MissingRight,
    pub(crate) kinds: BTreeMap<String, Category>,
    pub(crate) news_app: bool,
    pub(crate) vip: bool,
    pub(crate) data_key: String,
    pub(crate) data_limit: usize,
    pub(crate) data_messages: DataMessages,
    pub(crate) transparent_limit: usize,
    count: Unit,
    pub(crate) long_body: LongBody,
    pub(crate) expand_limit: usize,
    pub(crate) image: Image,
    pub(crate) bar: Bar,
    pub(crate) alert_public: bool,
    pub(crate) online_only: Vec<Kind>,
    pub(crate) callback_url: String,
    pub(crate) callback_type: u8,
    pub(crate) task_from: usize,
    rate_per_second: u32,
    rate_counts: RateCounts,
    pub(crate) batch: usize,
    zone_hours: i8,
    quota_reset_hour: u8,
    pub(crate) folded: Folded,
}

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($word:ident),* })*) => {
        $($(#[$doc])* #[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(crate) enum $name { $($word),* })*
    };
}

words! {
    /// Which of Meizu's services.
    Region { Cn, Intl }
    /// What becomes of a job that the app has no right to send as it is.
    MissingRight { Degrade, Refuse }
    /// What becomes of a job without notification.
    DataMessages { Refuse, Transparent }
    /// What text limits count.
    Unit { Chars, Units }
    /// What becomes of the rest of a long body.
    LongBody { Cut, Expand }
    /// What becomes of a picture.
    Image { Drop, Upload }
    /// `noticeBarType`.
    Bar { Standard, Native }
    /// What the rate counts.
    RateCounts { Targets, Calls }
    /// What code 520 means.
    Folded { Capped, Accepted }
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
        let number = (1..=20).contains(&self.app_id.len()) && self.app_id.bytes().all(|byte| byte.is_ascii_digit());
        rule(number, "app_id", &self.app_id, "the number of the application, 1 to 20 digits")?;
        let secret = self.secret().is_some();
        rule(secret, "app_secret", &"(none)", "needed to sign: set app_secret_file or the environment variable")?;
        let names = &self.package_names;
        let named = |name: &String| !name.is_empty() && !name.contains(|c: char| c == ',' || c.is_whitespace());
        let known = names.len() <= 50 && names.iter().all(named);
        rule(known, "package_names", &names.join(","), "at most 50 names, without commas and blanks")?;
        let stranger = self.kinds.keys().find(|key| Kind::ALL.iter().all(|kind| kind.as_str() != *key));
        rule(stranger.is_none(), "kinds", &stranger.map_or("", String::as_str), "a kind of job, such as \"news\"")?;
        rule(!self.data_key.is_empty(), "data_key", &"", "Meizu takes data under a key only")?;
        rule(self.data_limit > 0, "data_limit", &0, "at least 1 byte")?;
        rule((1..=3800).contains(&self.transparent_limit), "transparent_limit", &self.transparent_limit, "1 to 3800")?;
        rule(self.expand_limit > 0, "expand_limit", &0, "at least 1 character; long_body = \"cut\" sends none")?;
        let callback = &self.callback_url;
        let fits = callback.is_empty() || (callback.starts_with("http") && callback.len() <= 128);
        rule(fits, "callback_url", callback, "a web address of at most 128 bytes, as registered in the console")?;
        rule((1..=3).contains(&self.callback_type), "callback_type", &self.callback_type, "1, 2 or 3")?;
        rule(self.rate_per_second > 0, "rate_per_second", &0, "at least 1; Meizu allows every app 200")?;
        rule((1..=100).contains(&self.batch), "batch", &self.batch, "1 to 100 pushIds a call")?;
        rule((-12..=14).contains(&self.zone_hours), "zone_hours", &self.zone_hours, "-12 to 14 hours from UTC")?;
        rule(self.quota_reset_hour < 24, "quota_reset_hour", &self.quota_reset_hour, "an hour of the day, 0 to 23")
    }

    /// What the settings allow and an operator will probably regret.
    pub(crate) fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.package_names.join(",").len() > 50 {
            warnings.push("package_names: over 50 characters together, and Meizu may count those".to_owned());
        }
        if !self.vip && self.image == Image::Upload {
            warnings.push("image = \"upload\" is for VIP apps: without vip pictures are dropped".to_owned());
        }
        warnings
    }

    /// The secret that signs requests; without the line break that an editor may have left at its end.
    pub(crate) fn secret(&self) -> Option<&str> {
        self.app_secret.as_ref().map(|secret| secret.reveal().trim()).filter(|secret| !secret.is_empty())
    }

    /// The host of the app's region, and the setting that names it.
    pub(crate) fn host(&self) -> (&'static str, &str) {
        match self.region {
            Region::Cn => ("cn_url", &self.cn_url),
            Region::Intl => ("intl_url", &self.intl_url),
        }
    }

    pub(crate) const fn count(&self) -> Count {
        match self.count {
            Unit::Chars => Count::Chars,
            Unit::Units => Count::Utf16,
        }
    }

    pub(crate) const fn rate(&self) -> Rate {
        let counted = match self.rate_counts {
            RateCounts::Targets => Counted::Targets,
            RateCounts::Calls => Counted::Calls,
        };
        Rate { per_second: self.rate_per_second, counted }
    }

    /// When a spent quota reopens.
    pub(crate) fn quota_reset(&self, now: Timestamp) -> Timestamp {
        let shift = (i64::from(self.quota_reset_hour) - i64::from(self.zone_hours)) * HOUR_MS;
        let days = (now.as_millis() - shift).div_euclid(24 * HOUR_MS) + 1;
        Timestamp::from_millis(days * 24 * HOUR_MS + shift)
    }
}
