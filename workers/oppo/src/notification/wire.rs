//! `notification`, field by field as OPPO names it: snake_case throughout (section 4.1). What is absent takes the
//! vendor's default.

use std::borrow::Cow;

use serde::Serialize;

use crate::{options::Level, template::Filled};

/// `notification`.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'a> {
    pub(crate) app_message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) style: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sub_title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<Cow<'a, str>>,
    #[serde(flatten)]
    pub(crate) click: Click<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) action_parameters: Option<Cow<'a, str>>,
    pub(crate) off_line: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) off_line_ttl: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) show_ttl: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call_back_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call_back_parameter: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) channel_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notify_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notify_level: Option<Level>,
    #[serde(flatten)]
    pub(crate) template: Option<Filled<'a>>,
    #[serde(flatten)]
    pub(crate) badge: Option<BadgeField>,
    #[serde(flatten)]
    pub(crate) picture: Picture<'a>,
}

/// `click_action_type` and what it needs.
#[derive(Debug, Serialize)]
pub(crate) struct Click<'a> {
    #[serde(rename = "click_action_type")]
    pub(crate) kind: u8,
    #[serde(rename = "click_action_activity", skip_serializing_if = "Option::is_none")]
    pub(crate) activity: Option<&'a str>,
    #[serde(rename = "click_action_url", skip_serializing_if = "Option::is_none")]
    pub(crate) url: Option<&'a str>,
}

/// Type 0 sets (0 clears), type 1 adds.
#[derive(Debug, Serialize)]
pub(crate) struct BadgeField {
    #[serde(rename = "badge_operation_type")]
    pub(crate) kind: u8,
    #[serde(rename = "badge_message_count")]
    pub(crate) count: u32,
}

/// Pictures, by the id of an upload or by address.
#[derive(Debug, Serialize)]
pub(crate) struct Picture<'a> {
    #[serde(rename = "small_picture_id", skip_serializing_if = "Option::is_none")]
    pub(crate) small_id: Option<&'a str>,
    #[serde(rename = "big_picture_id", skip_serializing_if = "Option::is_none")]
    pub(crate) big_id: Option<&'a str>,
    #[serde(rename = "small_picture_url", skip_serializing_if = "Option::is_none")]
    pub(crate) small_url: Option<&'a str>,
    #[serde(rename = "big_picture_url", skip_serializing_if = "Option::is_none")]
    pub(crate) big_url: Option<&'a str>,
}
