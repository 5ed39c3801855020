//! The fields as vivo names them (sections 4.1 and 4.2). What is absent takes the vendor's default.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

use crate::options::{AuditReview, NotifyType, TimedDisplay};

/// The body of `/message/send` and, without `regId` and `profileId`, of `/message/saveListPayload`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Message<'a> {
    pub(crate) app_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reg_id: Option<&'a str>,
    pub(crate) notify_type: NotifyType,
    pub(crate) title: Cow<'a, str>,
    pub(crate) content: Cow<'a, str>,
    pub(crate) time_to_live: u64,
    pub(crate) skip_type: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) skip_content: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) network_type: Option<u8>,
    pub(crate) classification: u8,
    pub(crate) category: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_custom_map: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) extra: Option<Extra<'a>>,
    pub(crate) request_id: String,
    pub(crate) push_mode: u8,
    pub(crate) notify_id: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) foreground_show: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) profile_id: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) send_online: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) add_badge: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audit_review: Option<Vec<AuditReview>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timed_display: Option<TimedDisplay>,
}

/// `extra`: where delivery receipts go (section 9).
#[derive(Debug, Serialize)]
pub(crate) struct Extra<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) callback: Option<&'a str>,
    #[serde(rename = "callback.id", skip_serializing_if = "Option::is_none")]
    pub(crate) callback_id: Option<&'a str>,
    #[serde(rename = "callback.param")]
    pub(crate) param: &'a str,
}

/// The body of `/message/pushToList`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct List<'a> {
    pub(crate) app_id: u64,
    pub(crate) task_id: &'a str,
    pub(crate) reg_ids: Vec<&'a str>,
    pub(crate) request_id: String,
}
