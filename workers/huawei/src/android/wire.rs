//! The body's types, field by field as Huawei names them (sections 4.1 to 4.5). What is absent takes the vendor's default.

use std::borrow::Cow;

use serde::Serialize;

use crate::options::{Importance, Urgency};

/// The body. `validate_only` is left out: false is its default.
#[derive(Debug, Serialize)]
pub(crate) struct Body<'a> {
    pub(crate) message: Message<'a>,
}

/// `message` (section 4.2). Title and body stand in `android` alone: a second copy would count towards the 4096 bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) data: Option<Cow<'a, str>>,
    pub(crate) android: Android<'a>,
    pub(crate) token: Vec<&'a str>,
}

/// `message.android` (section 4.3).
#[derive(Debug, Serialize)]
pub(crate) struct Android<'a> {
    pub(crate) collapse_key: i8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) urgency: Option<Urgency>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<&'a str>,
    pub(crate) ttl: String,
    pub(crate) bi_tag: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receipt_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) target_user_type: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notification: Option<Shown<'a>>,
}

/// `message.android.notification` (section 4.4).
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'a> {
    pub(crate) title: Cow<'a, str>,
    pub(crate) body: Cow<'a, str>,
    pub(crate) click_action: ClickAction<'a>,
    pub(crate) importance: Importance,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channel_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) default_sound: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sound: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notify_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) badge: Option<BadgeField<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) foreground_show: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile_id: Option<&'a str>,
}

/// `click_action` (section 4.5).
#[derive(Debug, Default, Serialize)]
pub(crate) struct ClickAction<'a> {
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<&'a str>,
}

/// `badge` (section 4.4). `set_num` 0 clears, so a zero is never left out.
#[derive(Debug, Serialize)]
pub(crate) struct BadgeField<'a> {
    #[serde(flatten)]
    pub(crate) number: Number,
    pub(crate) class: &'a str,
}

/// `set_num` or `add_num`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Number {
    SetNum(u32),
    AddNum(u32),
}
