//! A message, field by field (sections 4.1 and 4.2). A field that is not here is unknown to the vendor.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::answers::ILLEGAL;
use super::apps::Class;
use crate::fortune::FORBIDDEN_WORDS;
use crate::named_job::{NamedJob, digest, ext_of};
use crate::simulator::Facts;
use crate::strict::{self, Maybe};
use crate::vendors::Refusal;

/// Fields that are numbers; a form has them as text.
const NUMBERS: [&str; 4] = ["pass_through", "notify_type", "notify_id", "time_to_live"];
/// What stands before the fields of `extra` in a form.
const EXTRA: &str = "extra.";

/// One message.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Message {
    pub(super) title: Maybe<String>,
    pub(super) description: Maybe<String>,
    pub(super) payload: Maybe<String>,
    pub(super) pass_through: Maybe<i64>,
    pub(super) notify_type: Maybe<i64>,
    pub(super) notify_id: Maybe<i64>,
    pub(super) time_to_live: Maybe<i64>,
    pub(super) restricted_package_name: Maybe<String>,
    pub(super) extra: BTreeMap<String, String>,
}

/// An element of `messages`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Element {
    pub(super) target: String,
    pub(super) message: Message,
}

impl Message {
    /// Reads the fields of a form.
    pub(super) fn of_form<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, Refusal> {
        let (mut message, mut extra) = (Map::new(), Map::new());
        for (name, text) in fields {
            if let Some(name) = name.strip_prefix(EXTRA) {
                extra.insert(name.to_owned(), text.into());
            } else if NUMBERS.contains(&name) {
                let number: i64 = text.parse().map_err(|_| Refusal::new(ILLEGAL, format!("{name}: a number")))?;
                message.insert(name.to_owned(), number.into());
            } else if name == "extra" {
                return Err(Refusal::new(ILLEGAL, "extra: a form writes extra.<name>"));
            } else {
                message.insert(name.to_owned(), text.into());
            }
        }
        message.insert("extra".to_owned(), extra.into());
        strict::read(Value::Object(message).to_string().as_bytes()).map_err(|why| Refusal::new(ILLEGAL, why))
    }

    /// Whether nothing is shown.
    pub(super) fn is_transparent(&self) -> bool {
        self.pass_through.0 == Some(1)
    }

    pub(super) fn extra(&self, name: &str) -> Option<&str> {
        self.extra.get(name).map(String::as_str)
    }

    /// The channel's id, which says the class.
    pub(super) fn channel(&self) -> Option<&str> {
        self.extra("channel_id")
    }

    pub(super) fn has_forbidden_words(&self) -> bool {
        let texts = [self.title.as_deref(), self.description.as_deref(), self.extra("template_param")];
        texts.into_iter().flatten().any(|text| text.contains(FORBIDDEN_WORDS))
    }

    /// The app's own text, wrapped or bare.
    fn ext(&self) -> Option<String> {
        let payload = self.payload.as_deref()?;
        Some(ext_of(payload).unwrap_or_else(|| payload.to_owned()))
    }

    /// The job that the message names: in its payload, else as what a receipt echoes.
    pub(super) fn job(&self) -> NamedJob {
        NamedJob::of(self.ext().as_deref(), self.extra("callback.param"))
    }

    pub(super) fn facts(&self, class: Option<Class>) -> Facts {
        let online_only = self.extra("only_send_once") == Some("1");
        let ttl_ms = self.time_to_live.0.and_then(|ms| u64::try_from(ms).ok());
        Facts {
            ttl_seconds: if online_only { Some(0) } else { ttl_ms.map(|ms| ms / 1000) },
            class: class.map(|class| class.as_str().to_owned()),
            collapse: self.notify_id.0.map(|id| id.to_string()),
            title_chars: self.title.as_deref().map(|title| title.chars().count()),
            ext_digest: self.ext().map(|ext| digest(&ext)),
            data_only: self.is_transparent(),
            // Bit 1 is sound, -1 is everything.
            silent: self.notify_type.0.is_some_and(|bits| bits >= 0 && bits & 1 == 0),
            ..Facts::default()
        }
    }
}
