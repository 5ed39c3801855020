//! The body of a send to HarmonyOS NEXT, field by field (sheet, section 12.3). A field that is not here is unknown.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::strict::Maybe;

/// The whole body. What the payload may hold depends on the header; the tokens stay raw for the size of the rest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Send {
    pub(super) payload: Box<RawValue>,
    pub(super) target: Target,
    #[serde(default, rename = "pushOptions")]
    pub(super) options: PushOptions,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Target {
    pub(super) token: Box<RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct PushOptions {
    pub(super) test_message: Maybe<bool>,
    pub(super) ttl: Maybe<i64>,
    pub(super) bi_tag: Maybe<String>,
    pub(super) receipt_id: Maybe<String>,
    pub(super) collapse_key: Maybe<i64>,
    pub(super) background_mode: Maybe<i64>,
}

/// The payload, as the header `push-type` names it (section 12.2).
#[derive(Debug)]
pub(super) enum Payload {
    Alert(Alert),
    Form(Form),
    Voice(Voice),
    Background(Extra),
    LiveView(LiveView),
    Call(Extra),
}

/// `push-type` 0.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alert {
    pub(super) notification: Notification,
}

/// `push-type` 2.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Voice {
    pub(super) notification: Notification,
    pub(super) extra_data: String,
}

/// `push-type` 6 and 10.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Extra {
    pub(super) extra_data: String,
    #[serde(default)]
    pub(super) proxy_data: Maybe<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Notification {
    pub(super) category: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) click_action: ClickAction,
    #[serde(default)]
    pub(super) image: Maybe<String>,
    #[serde(default)]
    pub(super) style: Maybe<i64>,
    #[serde(default)]
    pub(super) big_title: Maybe<String>,
    #[serde(default)]
    pub(super) big_body: Maybe<String>,
    #[serde(default)]
    pub(super) inbox_content: Maybe<Vec<String>>,
    #[serde(default)]
    pub(super) notify_id: Maybe<i64>,
    #[serde(default)]
    pub(super) app_message_id: Maybe<String>,
    #[serde(default)]
    pub(super) profile_id: Maybe<String>,
    #[serde(default)]
    pub(super) badge: Maybe<Badge>,
    #[serde(default)]
    pub(super) sound: Maybe<String>,
    #[serde(default)]
    pub(super) sound_duration: Maybe<i64>,
    #[serde(default, rename = "foregroundShow")]
    pub(super) _foreground_show: Maybe<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ClickAction {
    pub(super) action_type: i64,
    #[serde(default)]
    pub(super) action: Maybe<String>,
    #[serde(default)]
    pub(super) uri: Maybe<String>,
    #[serde(default)]
    pub(super) data: Maybe<Map<String, Value>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Badge {
    pub(super) add_num: Maybe<i64>,
    pub(super) set_num: Maybe<i64>,
}

/// `push-type` 1.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Form {
    #[serde(rename = "formId")]
    pub(super) _form_id: i64,
    pub(super) version: i64,
    pub(super) module_name: String,
    pub(super) form_name: String,
    pub(super) ability_name: String,
    pub(super) form_data: Map<String, Value>,
    #[serde(default)]
    pub(super) images: Maybe<Vec<Image>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Image {
    pub(super) key_name: String,
    pub(super) url: String,
    #[serde(default)]
    pub(super) require: Maybe<i64>,
}

/// `push-type` 7. Of `activityData` the sheet says only that it is large.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct LiveView {
    #[serde(rename = "activityId")]
    pub(super) _activity_id: i64,
    pub(super) operation: i64,
    pub(super) event: String,
    #[serde(default)]
    pub(super) status: Maybe<String>,
    pub(super) version: i64,
    #[serde(default, rename = "activityData")]
    pub(super) _activity_data: Maybe<Map<String, Value>>,
}

impl Payload {
    /// What is shown as a notification.
    pub(super) fn notification(&self) -> Option<&Notification> {
        match self {
            Self::Alert(alert) => Some(&alert.notification),
            Self::Voice(voice) => Some(&voice.notification),
            Self::Form(_) | Self::Background(_) | Self::LiveView(_) | Self::Call(_) => None,
        }
    }

    /// The text for the app alone.
    pub(super) fn extra(&self) -> Option<&str> {
        match self {
            Self::Voice(voice) => Some(&voice.extra_data),
            Self::Background(extra) | Self::Call(extra) => Some(&extra.extra_data),
            Self::Alert(_) | Self::Form(_) | Self::LiveView(_) => None,
        }
    }

    /// The value of the header.
    pub(super) const fn push_type(&self) -> u8 {
        match self {
            Self::Alert(_) => 0,
            Self::Form(_) => 1,
            Self::Voice(_) => 2,
            Self::Background(_) => 6,
            Self::LiveView(_) => 7,
            Self::Call(_) => 10,
        }
    }
}
