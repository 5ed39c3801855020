//! `messageJson`, field by field (section 4.1). A field that is not here is unknown to the vendor; flags are ints.

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::fortune::FORBIDDEN_WORDS;
use crate::named_job::{NamedJob, digest, ext_of};
use crate::simulator::Facts;
use crate::strict::Maybe;

/// A notification.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Message {
    pub(super) notice_bar_info: Bar,
    pub(super) notice_expand_info: Maybe<Expand>,
    pub(super) click_type_info: Maybe<Click>,
    pub(super) push_time_info: Maybe<Time>,
    pub(super) advance_info: Maybe<Advance>,
    pub(super) vip_info: Maybe<Vip>,
    pub(super) extra: Maybe<Extra>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Bar {
    pub(super) notice_msg_type: Maybe<i64>,
    pub(super) notice_bar_type: Maybe<i64>,
    pub(super) title: Maybe<String>,
    pub(super) content: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Expand {
    pub(super) notice_expand_type: Maybe<i64>,
    pub(super) notice_expand_content: Maybe<String>,
    pub(super) notice_expand_img_url: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Click {
    pub(super) click_type: Maybe<i64>,
    pub(super) activity: Maybe<String>,
    pub(super) url: Maybe<String>,
    pub(super) parameters: Maybe<Box<RawValue>>,
    pub(super) custom_attribute: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Time {
    pub(super) off_line: Maybe<i64>,
    pub(super) valid_time: Maybe<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Advance {
    pub(super) suspend: Maybe<i64>,
    pub(super) clear_notice_bar: Maybe<i64>,
    pub(super) fix_display: Maybe<i64>,
    pub(super) fix_start_display_time: Maybe<String>,
    pub(super) fix_end_display_time: Maybe<String>,
    pub(super) notification_type: Maybe<Alert>,
    pub(super) notify_key: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Alert {
    pub(super) vibrate: Maybe<i64>,
    pub(super) lights: Maybe<i64>,
    pub(super) sound: Maybe<i64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Vip {
    pub(super) subtitle: Maybe<String>,
    pub(super) pull_down_top: Maybe<i64>,
    pub(super) time_top: Maybe<i64>,
    pub(super) not_group: Maybe<i64>,
    pub(super) title_color: Maybe<String>,
    pub(super) background_img_url: Maybe<String>,
    pub(super) small_icon_url: Maybe<String>,
    pub(super) big_icon_url: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Extra {
    pub(super) callback: Maybe<String>,
    #[serde(rename = "callback.param")]
    pub(super) param: Maybe<String>,
    #[serde(rename = "callback.type")]
    pub(super) kind: Maybe<Value>,
}

/// A transparent message (sample c).
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Transparent {
    pub(super) title: Maybe<String>,
    pub(super) content: Maybe<String>,
    pub(super) push_time_info: Maybe<Time>,
    pub(super) extra: Maybe<Extra>,
}

/// What a call carries.
#[derive(Debug)]
pub(super) enum Content {
    Shown(Box<Message>),
    Transparent(Transparent),
}

impl Content {
    /// Whether it counts towards a device's public messages.
    pub(super) fn is_public(&self) -> bool {
        matches!(self, Self::Shown(message) if message.notice_bar_info.notice_msg_type.unwrap_or(0) == 0)
    }

    pub(super) fn has_forbidden_words(&self) -> bool {
        let texts = match self {
            Self::Shown(message) => [&message.notice_bar_info.title, &message.notice_bar_info.content],
            Self::Transparent(message) => [&message.title, &message.content],
        };
        texts.iter().any(|text| text.as_ref().is_some_and(|text| text.contains(FORBIDDEN_WORDS)))
    }

    /// The app's own text.
    fn ext(&self) -> Option<String> {
        match self {
            Self::Shown(message) => ext_of(message.click_type_info.as_ref()?.parameters.as_ref()?.get()),
            Self::Transparent(message) => ext_of(message.content.as_deref()?),
        }
    }

    /// Meizu has no field for a job; the receipt's parameter is the sender's own name for a message.
    pub(super) fn job(&self) -> NamedJob {
        let extra = match self {
            Self::Shown(message) => &message.extra,
            Self::Transparent(message) => &message.extra,
        };
        let param = extra.as_ref().and_then(|extra| extra.param.as_deref());
        NamedJob::of(self.ext().as_deref(), param)
    }

    pub(super) fn facts(&self) -> Facts {
        let ext_digest = self.ext().as_deref().map(digest);
        let (time, shown) = match self {
            Self::Shown(message) => (message.push_time_info.as_ref(), Some(message)),
            Self::Transparent(message) => (message.push_time_info.as_ref(), None),
        };
        let stored = time.and_then(|time| time.off_line.0).unwrap_or(1) == 1;
        let hours = time.and_then(|time| time.valid_time.0).unwrap_or(24);
        let ttl_seconds = Some(if stored { hours.unsigned_abs().saturating_mul(3600) } else { 0 });
        let Some(message) = shown else {
            return Facts { ttl_seconds, ext_digest, data_only: true, ..Facts::default() };
        };
        let advance = message.advance_info.as_ref();
        let alert = advance.and_then(|advance| advance.notification_type.as_ref());
        Facts {
            ttl_seconds,
            class: Some(if self.is_public() { "public" } else { "private" }.to_owned()),
            collapse: advance.and_then(|advance| advance.notify_key.0.clone()),
            title_chars: message.notice_bar_info.title.as_ref().map(|title| title.chars().count()),
            ext_digest,
            silent: alert.is_some_and(|alert| alert.sound.0 == Some(0)),
            ..Facts::default()
        }
    }
}
