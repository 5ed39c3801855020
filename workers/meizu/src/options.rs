//! `options.meizu`: what a producer may override for one job.

use push_contract::{
    Job, Refusal,
    typed::{self, bad_option},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{NAME, classes::Category, notify_key::is_key};

/// Meizu's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.meizu")]
pub(crate) struct Options {
    /// Class instead of the one that the kind deserves.
    pub(crate) category: Option<Category>,
    /// Whether it pops up.
    pub(crate) suspend: Option<bool>,
    /// Whether the user can clear it.
    pub(crate) clearable: Option<bool>,
    /// Whether it vibrates. This and the two next win over `silent`.
    pub(crate) vibrate: Option<bool>,
    /// Whether it lights up.
    pub(crate) lights: Option<bool>,
    /// Whether it rings.
    pub(crate) sound: Option<bool>,
    /// The same key replaces: up to 8 of `0-9 a-z A-Z _ -`.
    #[schemars(regex(pattern = "^[0-9A-Za-z_-]{1,8}$"))]
    pub(crate) notify_key: Option<String>,
    /// True: for phones that are connected now; nothing is stored.
    pub(crate) online_only: Option<bool>,
    /// Shown from when to when, each as `yyyy-MM-dd HH:mm:ss`.
    pub(crate) display: Option<[String; 2]>,
    /// Looks that a VIP app may have.
    pub(crate) vip: Option<Vip>,
}

/// `vipInfo` but for the subtitle, which is the notification's. Pictures are addresses of Meizu's own upload.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default, rename_all(serialize = "camelCase"))]
pub(crate) struct Vip {
    /// Pinned now; excludes `time_top`.
    pull_down_top: Option<bool>,
    /// Pinned for so many seconds, 1800 to 7200.
    #[schemars(range(min = 1800, max = 7200))]
    time_top: Option<u32>,
    /// A group of its own.
    not_group: Option<bool>,
    /// Excludes `background_img_url`.
    title_color: Option<TitleColor>,
    /// 352x91 pixels, 200 KB. Excludes `title_color`, `big_icon_url` and the notification's picture.
    pub(crate) background_img_url: Option<String>,
    /// 18x18 pixels, 100 KB.
    small_icon_url: Option<String>,
    /// 42x42 pixels, 100 KB.
    big_icon_url: Option<String>,
}

/// The two colours that there are.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
enum TitleColor {
    #[serde(rename = "#206CFF")]
    Blue,
    #[serde(rename = "#E42D22")]
    Red,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        let rule = |holds: bool, key: &str, rule: &str| if holds { Ok(()) } else { Err(bad_option(NAME, key, rule)) };
        rule(options.notify_key.as_deref().is_none_or(is_key), "notify_key", "1 to 8 of 0-9 a-z A-Z _ -")?;
        let timed = |[from, to]: &[String; 2]| is_time(from) && is_time(to) && from < to;
        rule(options.display.as_ref().is_none_or(timed), "display", "two times as yyyy-MM-dd HH:mm:ss, in order")?;
        let Some(vip) = &options.vip else { return Ok(options) };
        rule(vip.time_top.is_none_or(|time| (1800..=7200).contains(&time)), "vip.time_top", "1800 to 7200 seconds")?;
        let pinned_once = vip.pull_down_top != Some(true) || vip.time_top.is_none();
        rule(pinned_once, "vip.pull_down_top", "not beside time_top")?;
        let alone = vip.background_img_url.is_none() || (vip.title_color.is_none() && vip.big_icon_url.is_none());
        rule(alone, "vip.background_img_url", "not beside title_color or big_icon_url")?;
        Ok(options)
    }

    /// Whether anything is said about how a notification shows.
    pub(crate) fn is_about_display(&self) -> bool {
        let Self { category, online_only, .. } = *self;
        *self != Self { category, online_only, ..Self::default() }
    }
}

fn is_time(text: &str) -> bool {
    let shape: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00 00:00:00"
}
