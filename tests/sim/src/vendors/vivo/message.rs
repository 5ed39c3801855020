//! A message's fields (section 4.1), as `send` and `saveListPayload` take them. A field that is not here is unknown.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::answers as code;
use crate::named_job::{NamedJob, digest, without_position};
use crate::simulator::Facts;
use crate::strict::{self, Maybe};
use crate::vendors::Refusal;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Message {
    pub(super) app_id: Maybe<u64>,
    pub(super) reg_id: Maybe<String>,
    pub(super) alias: Maybe<String>,
    pub(super) notify_type: Maybe<i64>,
    pub(super) title: Maybe<String>,
    pub(super) content: Maybe<String>,
    pub(super) time_to_live: Maybe<i64>,
    pub(super) skip_type: Maybe<i64>,
    pub(super) skip_content: Maybe<String>,
    pub(super) network_type: Maybe<i64>,
    pub(super) classification: Maybe<i64>,
    pub(super) category: Maybe<String>,
    pub(super) client_custom_map: Maybe<BTreeMap<String, String>>,
    pub(super) extra: Maybe<Extra>,
    pub(super) request_id: Maybe<String>,
    pub(super) push_mode: Maybe<i64>,
    pub(super) notify_id: Maybe<i64>,
    #[serde(rename = "foregroundShow")]
    pub(super) _foreground_show: Maybe<bool>,
    pub(super) profile_id: Maybe<String>,
    #[serde(rename = "sendOnline")]
    pub(super) _send_online: Maybe<bool>,
    pub(super) add_badge: Maybe<bool>,
    #[serde(rename = "auditReview")]
    pub(super) _audit_review: Maybe<Vec<Review>>,
    pub(super) timed_display: Maybe<TimedDisplay>,
    #[serde(rename = "marketing")]
    pub(super) _marketing: Maybe<Map<String, Value>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Extra {
    pub(super) callback: Maybe<String>,
    #[serde(rename = "callback.id")]
    pub(super) callback_id: Maybe<String>,
    #[serde(rename = "callback.param")]
    pub(super) param: Maybe<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Review {
    #[serde(rename = "reviewer")]
    _reviewer: String,
    #[serde(rename = "type")]
    _kind: i64,
    #[serde(rename = "result")]
    _result: Map<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct TimedDisplay {
    pub(super) show_start_time: i64,
    pub(super) show_end_time: i64,
    #[serde(rename = "overtimeDisplay")]
    _overtime_display: bool,
}

/// The result for a field of the wrong type; what has no number of its own cannot be read at all.
const TYPES: [(&str, &str); 17] = [
    ("regId", code::ILLEGAL),
    ("notifyType", code::NOTIFY_TYPE),
    ("title", code::TITLE_EMPTY),
    ("content", code::CONTENT_EMPTY),
    ("timeToLive", code::LIFE),
    ("skipType", code::SKIP_TYPE),
    ("skipContent", code::PAGE_EMPTY),
    ("networkType", code::NETWORK),
    ("classification", code::CLASSIFICATION),
    ("category", code::CATEGORY),
    ("clientCustomMap", code::MAP),
    ("extra", code::CALLBACK),
    // "A number is accepted by luck only": here there is no luck.
    ("requestId", code::ID_EMPTY),
    ("regIds", code::NO_LIST),
    ("aliases", code::NO_LIST),
    ("taskId", code::TASK),
    ("appId", code::OTHER_APP),
];

/// Reads a body, or says which result it gets.
pub(super) fn read<T: serde::de::DeserializeOwned>(is_json: bool, body: &[u8]) -> Result<T, Refusal> {
    if !is_json {
        return Err(Refusal::new(code::UNREADABLE, "Content-Type must be application/json;charset=UTF-8"));
    }
    strict::read(body).map_err(|why| {
        let field = why.split([':', '.', '[']).next().unwrap_or_default();
        let found = TYPES.iter().find(|(name, _)| *name == field && !why.contains("unknown field"));
        Refusal::new(found.map_or(code::UNREADABLE, |(_, code)| *code), why)
    })
}

impl Message {
    /// System (1), as far as category or classification say so; without either a message is operational.
    pub(super) fn is_system(&self) -> bool {
        let class = self.category.as_deref().and_then(super::rules::classification).or(self.classification.0);
        class == Some(1)
    }

    /// `pushMode` 1.
    pub(super) fn is_test(&self) -> bool {
        self.push_mode.0 == Some(1)
    }

    /// The app's own text.
    fn ext(&self) -> Option<&str> {
        self.client_custom_map.as_ref()?.get("ext").map(String::as_str)
    }

    /// The job it names: in its `ext`, or in the id of the request that delivers it.
    pub(super) fn job(&self, request_id: Option<&str>) -> NamedJob {
        NamedJob::of(self.ext(), request_id.and_then(without_position))
    }

    pub(super) fn facts(&self) -> Facts {
        Facts {
            ttl_seconds: self.time_to_live.and_then(|life| u64::try_from(life).ok()),
            class: self.category.0.clone(),
            badge: None,
            badge_add: self.add_badge.filter(|add| *add).map(|_| 1),
            collapse: self.notify_id.map(|id| id.to_string()),
            title_chars: self.title.as_ref().map(|title| title.chars().count()),
            ext_digest: self.ext().map(digest),
            data_only: false,
            silent: self.notify_type.0 == Some(1),
            test: self.is_test(),
        }
    }
}
