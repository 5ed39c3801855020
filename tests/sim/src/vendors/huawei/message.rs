//! The body of a send, field by field (sections 4.1 to 4.5). A field that is not here is unknown to the vendor.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::strict::Maybe;

/// Section 4.1.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Send {
    pub(super) validate_only: Maybe<bool>,
    pub(super) message: Maybe<Message>,
    pub(super) review: Maybe<Vec<Review>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    pub(super) reviewer: String,
    #[serde(rename = "type")]
    pub(super) kind: i64,
    #[serde(rename = "result")]
    pub(super) _result: Map<String, Value>,
}

/// Section 4.2. The tokens stay raw: their length is taken off the size of the body. `topic` and `condition` may be null:
/// the sheet asks for one of three and does not say how the others are absent, and a client that is not ours (pyhcm)
/// writes null.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Message {
    pub(super) data: Maybe<String>,
    pub(super) notification: Maybe<Basic>,
    pub(super) android: Maybe<Android>,
    pub(super) token: Maybe<Box<RawValue>>,
    pub(super) topic: Option<String>,
    pub(super) condition: Option<String>,
}

/// `message.notification`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Basic {
    pub(super) title: Maybe<String>,
    pub(super) body: Maybe<String>,
    pub(super) image: Maybe<String>,
}

/// Section 4.3.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Android {
    pub(super) collapse_key: Maybe<i64>,
    pub(super) urgency: Maybe<String>,
    pub(super) category: Maybe<String>,
    pub(super) ttl: Maybe<String>,
    pub(super) bi_tag: Maybe<String>,
    #[serde(rename = "receipt_id")]
    pub(super) _receipt_id: Maybe<String>,
    pub(super) data: Maybe<String>,
    pub(super) notification: Maybe<Notification>,
    pub(super) target_user_type: Maybe<i64>,
    pub(super) fast_app_target: Maybe<i64>,
}

/// Section 4.4.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Notification {
    pub(super) title: Maybe<String>,
    pub(super) body: Maybe<String>,
    pub(super) click_action: Maybe<ClickAction>,
    pub(super) importance: Maybe<String>,
    pub(super) channel_id: Maybe<String>,
    pub(super) image: Maybe<String>,
    pub(super) icon: Maybe<String>,
    pub(super) color: Maybe<String>,
    pub(super) sound: Maybe<String>,
    #[serde(rename = "default_sound")]
    pub(super) _default_sound: Maybe<bool>,
    pub(super) tag: Maybe<String>,
    pub(super) notify_id: Maybe<i64>,
    #[serde(rename = "group")]
    pub(super) _group: Maybe<String>,
    pub(super) style: Maybe<i64>,
    pub(super) big_title: Maybe<String>,
    pub(super) big_body: Maybe<String>,
    pub(super) inbox_content: Maybe<Vec<String>>,
    pub(super) badge: Maybe<Badge>,
    #[serde(rename = "foreground_show")]
    pub(super) _foreground_show: Maybe<bool>,
    pub(super) visibility: Maybe<String>,
    pub(super) when: Maybe<String>,
    #[serde(rename = "notify_summary")]
    pub(super) _notify_summary: Maybe<String>,
    #[serde(rename = "ticker")]
    pub(super) _ticker: Maybe<String>,
    pub(super) profile_id: Maybe<String>,
    pub(super) buttons: Maybe<Vec<Button>>,
    #[serde(rename = "title_loc_key")]
    pub(super) _title_loc_key: Maybe<String>,
    #[serde(rename = "title_loc_args")]
    pub(super) _title_loc_args: Maybe<Vec<String>>,
    #[serde(rename = "body_loc_key")]
    pub(super) _body_loc_key: Maybe<String>,
    #[serde(rename = "body_loc_args")]
    pub(super) _body_loc_args: Maybe<Vec<String>>,
    #[serde(rename = "multi_lang_key")]
    pub(super) _multi_lang_key: Maybe<Map<String, Value>>,
    #[serde(rename = "use_default_vibrate")]
    pub(super) _use_default_vibrate: Maybe<bool>,
    #[serde(rename = "use_default_light")]
    pub(super) _use_default_light: Maybe<bool>,
    pub(super) vibrate_config: Maybe<Vec<String>>,
    #[serde(rename = "light_settings")]
    pub(super) _light_settings: Maybe<Map<String, Value>>,
}

/// Section 4.5.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ClickAction {
    #[serde(rename = "type")]
    pub(super) kind: i64,
    #[serde(default)]
    pub(super) intent: Maybe<String>,
    #[serde(default)]
    pub(super) action: Maybe<String>,
    #[serde(default)]
    pub(super) url: Maybe<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Badge {
    pub(super) add_num: Maybe<i64>,
    pub(super) set_num: Maybe<i64>,
    pub(super) class: Maybe<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Button {
    pub(super) name: String,
    pub(super) action_type: i64,
    #[serde(default)]
    pub(super) intent_type: Maybe<i64>,
    #[serde(default)]
    pub(super) intent: Maybe<String>,
    #[serde(default)]
    pub(super) data: Maybe<String>,
}

impl Message {
    /// `android`, if given.
    pub(super) fn android(&self) -> Option<&Android> {
        self.android.as_ref()
    }

    /// `android.notification`, if given.
    pub(super) fn shown(&self) -> Option<&Notification> {
        self.android()?.notification.as_ref()
    }

    /// Neither notification object: a data (transparent) message.
    pub(super) fn is_data(&self) -> bool {
        self.notification.is_none() && self.shown().is_none()
    }

    /// The custom payload: `android.data` overrides `message.data`.
    pub(super) fn payload(&self) -> Option<&str> {
        self.android().and_then(|android| android.data.as_deref()).or(self.data.as_deref())
    }

    /// The title that the phone shows: the inner one overrides.
    pub(super) fn title(&self) -> Option<&str> {
        let outer = self.notification.as_ref().and_then(|basic| basic.title.as_deref());
        self.shown().and_then(|shown| shown.title.as_deref()).or(outer)
    }

    /// The text that the phone shows.
    pub(super) fn body(&self) -> Option<&str> {
        let outer = self.notification.as_ref().and_then(|basic| basic.body.as_deref());
        self.shown().and_then(|shown| shown.body.as_deref()).or(outer)
    }
}
