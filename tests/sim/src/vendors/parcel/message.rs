//! A message and what must hold of it ("A message" of the sheet).

use serde::Deserialize;
use serde_json::Value;

use super::answers::{FORBIDDEN, TOO_LARGE, WRONG};
use crate::fortune::FORBIDDEN_WORDS;
use crate::named_job::{NamedJob, digest, without_position};
use crate::simulator::Facts;
use crate::strict::Maybe;
use crate::vendors::Refusal;

const MAX_BYTES: usize = 4096;
const CLASSES: [&str; 5] = ["talk", "call", "alert", "news", "promo"];
/// A message with this title cannot be sent to a list.
pub(super) const SINGLY: &str = "SINGLY";

/// One message, with its token where the call has one per message.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Message {
    pub(super) id: Maybe<String>,
    pub(super) title: Maybe<String>,
    pub(super) body: Maybe<String>,
    pub(super) ext: Maybe<String>,
    pub(super) class: Maybe<String>,
    pub(super) ttl: Maybe<u64>,
    pub(super) badge: Maybe<i64>,
    pub(super) click: Maybe<String>,
    pub(super) tag: Maybe<String>,
    pub(super) silent: Maybe<bool>,
    pub(super) sealed: Maybe<bool>,
    pub(super) token: Maybe<String>,
}

impl Message {
    /// Every rule that needs no knowledge of the app. `raw` is the message as sent.
    pub(super) fn check(&self, raw: &[u8], with_token: bool) -> Result<(), Refusal> {
        if is_too_large(raw) {
            return Err(Refusal::new(TOO_LARGE, "a message must be at most 4096 bytes without its token"));
        }
        let length = |text: &Maybe<String>| text.as_ref().map_or(0, |text| text.encode_utf16().count());
        require(self.id.is_some() && (1..=80).contains(&length(&self.id)), "id: required, 1 to 80")?;
        require(length(&self.title) <= 20, "title: at most 20 UTF-16 units")?;
        require(length(&self.body) <= 100, "body: at most 100 UTF-16 units")?;
        let holds_something = [&self.title, &self.body, &self.ext].iter().any(|text| length(text) > 0);
        require(holds_something, "nothing to deliver: title, body and ext are all missing")?;
        require(self.class.as_deref().is_some_and(|class| CLASSES.contains(&class)), "class: required, one of five")?;
        require(self.ttl.is_some_and(|ttl| (1..=604_800).contains(&ttl)), "ttl: required, 1 to 604800")?;
        require(self.badge.is_none_or(|badge| (0..=99).contains(&badge)), "badge: 0 to 99")?;
        let click =
            |click: &str| click == "app" || click.strip_prefix("url:https://").is_some_and(|rest| !rest.is_empty());
        require(self.click.as_deref().is_none_or(click), "click: app, or url:https://...")?;
        require(length(&self.tag) <= 64, "tag: at most 64")?;
        require(self.token.is_some() == with_token, "token: in many and one, and only there")?;
        let positioned = self.id.as_deref().is_some_and(|id| without_position(id).is_some());
        require(!with_token || positioned, "id: a push's is <job id>.<position>")?;
        if [&self.title, &self.body].iter().any(|text| text.as_ref().is_some_and(|text| text.contains(FORBIDDEN_WORDS)))
        {
            return Err(Refusal::new(FORBIDDEN, "forbidden words in title or body"));
        }
        Ok(())
    }

    /// The class, once checked.
    pub(super) fn class(&self) -> &str {
        self.class.as_deref().unwrap_or_default()
    }

    /// The job it names. A saved message carries the job's id alone, any other `<job id>.<position>`.
    pub(super) fn job(&self) -> NamedJob {
        let id = self.id.as_deref();
        let field = if self.token.is_some() { id.and_then(without_position).or(id) } else { id };
        NamedJob::of(self.ext.as_deref(), field)
    }

    pub(super) fn facts(&self) -> Facts {
        Facts {
            ttl_seconds: self.ttl.0,
            class: self.class.0.clone(),
            badge: self.badge.0,
            badge_add: None,
            collapse: self.tag.0.clone(),
            ext_digest: self.ext.as_deref().map(digest),
            title_chars: self.title.as_ref().map(|title| title.chars().count()),
            data_only: self.title.is_none() && self.body.is_none(),
            silent: self.silent.unwrap_or(false),
            test: false,
        }
    }
}

/// More than 4096 bytes as compact JSON without `token`. Compact is never longer than sent, so most need no second look.
fn is_too_large(raw: &[u8]) -> bool {
    if raw.len() <= MAX_BYTES {
        return false;
    }
    let Ok(Value::Object(mut message)) = serde_json::from_slice(raw) else { return false };
    message.remove("token");
    Value::Object(message).to_string().len() > MAX_BYTES
}

fn require(holds: bool, why: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(WRONG, why)) }
}
