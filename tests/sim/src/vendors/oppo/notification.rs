//! `notification`, field by field (section 4.1). A field that is not here is unknown to the vendor.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answers::ILLEGAL;
use super::apps::SERVICE;
use crate::fortune::FORBIDDEN_WORDS;
use crate::named_job::{NamedJob, digest, ext_of};
use crate::simulator::Facts;
use crate::strict::{self, Maybe};
use crate::vendors::Refusal;

/// `message` of a unicast, and each element of a batch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Message {
    pub(super) target_type: i64,
    pub(super) target_value: String,
    #[serde(default, rename = "verify_registration_id")]
    pub(super) _verify: Maybe<bool>,
    pub(super) notification: Notification,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Notification {
    pub(super) app_message_id: Maybe<String>,
    pub(super) style: Maybe<i64>,
    pub(super) title: Maybe<String>,
    pub(super) sub_title: Maybe<String>,
    pub(super) content: Maybe<String>,
    pub(super) click_action_type: Maybe<i64>,
    pub(super) click_action_activity: Maybe<String>,
    pub(super) click_action_url: Maybe<String>,
    pub(super) action_parameters: Maybe<String>,
    pub(super) show_time_type: Maybe<i64>,
    pub(super) show_start_time: Maybe<i64>,
    pub(super) show_end_time: Maybe<i64>,
    pub(super) off_line: Maybe<bool>,
    pub(super) off_line_ttl: Maybe<i64>,
    pub(super) show_ttl: Maybe<i64>,
    #[serde(rename = "time_zone")]
    pub(super) _time_zone: Maybe<String>,
    pub(super) network_type: Maybe<i64>,
    pub(super) call_back_url: Maybe<String>,
    pub(super) call_back_parameter: Maybe<String>,
    pub(super) channel_id: Maybe<String>,
    pub(super) notify_id: Maybe<i64>,
    pub(super) category: Maybe<String>,
    pub(super) notify_level: Maybe<i64>,
    pub(super) private_msg_template_id: Maybe<String>,
    pub(super) private_title_parameters: Maybe<BTreeMap<String, String>>,
    pub(super) private_content_parameters: Maybe<BTreeMap<String, String>>,
    pub(super) badge_operation_type: Maybe<i64>,
    pub(super) badge_message_count: Maybe<i64>,
    #[serde(rename = "small_picture_id")]
    pub(super) _small_picture_id: Maybe<String>,
    pub(super) big_picture_id: Maybe<String>,
    pub(super) small_picture_url: Maybe<String>,
    pub(super) big_picture_url: Maybe<String>,
    pub(super) push_time_type: Maybe<i64>,
    pub(super) push_start_time: Maybe<i64>,
    pub(super) fix_speed: Maybe<bool>,
    pub(super) fix_speed_rate: Maybe<i64>,
    #[serde(rename = "auditResponse")]
    pub(super) _audit_response: Maybe<Map<String, Value>>,
}

const NUMBERS: [&str; 15] = [
    "style",
    "click_action_type",
    "show_time_type",
    "show_start_time",
    "show_end_time",
    "off_line_ttl",
    "show_ttl",
    "network_type",
    "notify_id",
    "notify_level",
    "badge_operation_type",
    "badge_message_count",
    "push_time_type",
    "push_start_time",
    "fix_speed_rate",
];

impl Notification {
    /// Reads the flat form of a saved content (section 4.3): booleans as `true` and `false`, objects as JSON text.
    pub(super) fn of_form<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let wrong = |name: &str| Refusal::new(ILLEGAL, format!("{name}: wrong type"));
        let mut object = Map::new();
        for (name, text) in fields {
            let value = match name {
                "off_line" | "fix_speed" => json!(text.parse::<bool>().map_err(|_| wrong(name))?),
                "private_title_parameters" | "private_content_parameters" | "auditResponse" => {
                    serde_json::from_str(text).map_err(|_| wrong(name))?
                }
                _ if NUMBERS.contains(&name) => json!(text.parse::<i64>().map_err(|_| wrong(name))?),
                _ => json!(text),
            };
            object.insert(name.to_owned(), value);
        }
        strict::read(Value::Object(object).to_string().as_bytes()).map_err(|why| Refusal::new(ILLEGAL, why))
    }

    /// Whether it counts as communication & service; without a category it does not.
    pub(super) fn is_service(&self) -> bool {
        self.category.as_deref().is_some_and(|category| SERVICE.contains(&category))
    }

    pub(super) fn has_forbidden_words(&self) -> bool {
        [&self.title, &self.content].iter().any(|text| text.as_ref().is_some_and(|text| text.contains(FORBIDDEN_WORDS)))
    }

    /// OPPO has no field for a job; the callback's parameter is the sender's own name for a message.
    pub(super) fn job(&self) -> NamedJob {
        let ext = self.action_parameters.as_deref().and_then(ext_of);
        NamedJob::of(ext.as_deref(), self.call_back_parameter.as_deref())
    }

    pub(super) fn facts(&self) -> Facts {
        let badge = |kind| (self.badge_operation_type.0 == Some(kind)).then(|| self.badge_message_count.unwrap_or(1));
        Facts {
            ttl_seconds: Some(if self.off_line.unwrap_or(true) {
                self.off_line_ttl.map_or(3600, |seconds| seconds.clamp(0, 864_000).unsigned_abs())
            } else {
                0
            }),
            class: self.category.0.clone(),
            badge: badge(0),
            badge_add: badge(1),
            collapse: self.notify_id.map(|id| id.to_string()),
            title_chars: self.title.as_ref().map(|title| title.chars().count()),
            ext_digest: self.action_parameters.as_deref().and_then(ext_of).as_deref().map(digest),
            ..Facts::default()
        }
    }
}
