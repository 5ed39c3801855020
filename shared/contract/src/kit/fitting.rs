//! Fitting a notification: what is cut, dropped and changed, and what names it on the phone.

use std::borrow::Cow;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::{Badge, Count, Fitted, Job, Reason, Refusal, cut_text, typed::filled};

impl Fitted {
    /// A field that the vendor has no place for, if there is one. It is named once, however often it is dropped.
    pub fn drop_if(&mut self, gone: bool, field: &str) {
        note(&mut self.dropped, gone, field);
    }

    /// A field that is sent otherwise than written, if it is. It is named once, however often it changes.
    pub fn change_if(&mut self, other: bool, field: &str) {
        note(&mut self.changed, other, field);
    }

    /// The text as far as it fits.
    pub fn cut<'a>(&mut self, text: &'a str, limit: usize, count: Count, field: &str) -> Cow<'a, str> {
        let cut = cut_text(text, limit, count);
        self.change_if(cut.was_cut, field);
        cut.text
    }

    /// Title and body for vendors that require both: the one that is missing repeats the other. `limits` are theirs.
    ///
    /// # Errors
    /// When there is neither.
    pub fn texts<'a>(&mut self, job: &'a Job, limits: [usize; 2], count: Count) -> Result<[Cow<'a, str>; 2], Refusal> {
        let some = job.some_text()?;
        let mut fit = |text: Option<&'a str>, limit: usize, field: &str| {
            let cut = cut_text(text.unwrap_or(some), limit, count);
            self.change_if(cut.was_cut || text.is_none(), field);
            cut.text
        };
        Ok([fit(job.title(), limits[0], "title"), fit(job.body(), limits[1], "body")])
    }
}

impl Job {
    /// The title, else the body.
    ///
    /// # Errors
    /// When there is neither.
    pub fn some_text(&self) -> Result<&str, Refusal> {
        self.title().or_else(|| self.body()).ok_or_else(|| {
            let rule = "needs a title or a body; leave it out for a data message";
            Refusal::rejected(Reason::NoContent, "notification", rule)
        })
    }

    /// The data as the text of a JSON object: under `key`, or as it stands where the key is empty.
    #[must_use]
    pub fn data_under(&self, key: &str) -> Option<Cow<'_, str>> {
        let text = self.data.as_ref()?.as_str();
        Some(match filled(key) {
            Some(key) => serde_json::json!({ key: text }).to_string().into(),
            None => text.into(),
        })
    }

    /// What makes a later notification replace this one: the tag, else the collapse key. Calls are named by their key
    /// alone: what cancels must hit what invites.
    #[must_use]
    pub fn replaced_by(&self) -> Option<&str> {
        self.tag().or_else(|| self.collapse.as_ref().map(|collapse| collapse.key.as_str()))
    }

    /// The tag, as far as it counts: calls have none.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        let tag = self.notification.as_ref()?.tag.as_deref()?;
        filled(tag).filter(|_| !self.kind.is_call())
    }

    /// Whether any target has a badge of this sort.
    pub fn any_badge(&self, sort: impl Fn(Badge) -> bool) -> bool {
        self.targets.iter().filter_map(|target| target.badge).any(sort)
    }

    /// The badge with the greatest number among those of the targets: the one that takes most room.
    #[must_use]
    pub fn greatest_badge(&self) -> Option<Badge> {
        let number = |badge: &Badge| match badge {
            Badge::Set(n) | Badge::Add(n) => *n,
        };
        self.targets.iter().filter_map(|target| target.badge).max_by_key(number)
    }
}

/// An address as an intent URI, for vendors that take no other: an own scheme goes inside. An intent URI stays as it is.
#[must_use]
pub fn intent_uri(address: &str) -> Cow<'_, str> {
    match address.split_once("://") {
        Some((scheme, rest)) if scheme != "intent" => format!("intent://{rest}#Intent;scheme={scheme};end").into(),
        _ => address.into(),
    }
}

fn note(fields: &mut Vec<String>, told: bool, field: &str) {
    if told && !fields.iter().any(|known| known == field) {
        fields.push(field.to_owned());
    }
}

/// 31 bits of a name, for vendors whose ids of notifications are ints of the phone's.
#[must_use]
pub fn int_id(name: &str) -> u32 {
    Sha256::digest(name).iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte)) >> 1
}

/// A whole number, also as a text.
#[must_use]
pub fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A text that is not empty, or a number as text: ids come as both.
#[must_use]
pub fn id_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => filled(text).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(kind: &str, notification: &Value) -> Job {
        let job = json!({
            "v": 1, "id": "j", "app": "a", "vendor": "parcel", "kind": kind, "collapse": { "key": "k" },
            "targets": [{ "token": "t", "badge": { "add": 3 } }, { "token": "u", "badge": { "set": 2 } }],
            "created_at": "2026-11-21T08:00:00Z", "notification": notification, "data": { "a": 1 },
        });
        Job::from_slice(job.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_missing_text_repeats_the_other_and_long_ones_are_cut() {
        let mut fitted = Fitted::default();
        let news = job("news", &json!({ "body": "abcdef" }));
        assert_eq!(fitted.texts(&news, [4, 6], Count::Chars), Ok(["abc…".into(), "abcdef".into()]));
        assert_eq!(fitted.changed, ["title"]);
        assert_eq!(fitted.cut("abc", 2, Count::Chars, "subtitle"), "a…");
        fitted.drop_if(true, "sound");
        fitted.drop_if(true, "sound");
        fitted.change_if(false, "badge");
        fitted.change_if(true, "subtitle");
        assert_eq!((fitted.changed.len(), fitted.dropped), (2, vec!["sound".to_owned()]));
    }

    #[test]
    fn a_call_is_named_by_its_key_alone() {
        let tagged = json!({ "title": "t", "tag": "g" });
        assert_eq!(job("news", &tagged).replaced_by(), Some("g"));
        assert_eq!(job("call.invite", &tagged).replaced_by(), Some("k"));
        assert_eq!(job("news", &json!({ "title": "t", "tag": "" })).replaced_by(), Some("k"));
        assert!(int_id("k") <= i32::MAX.unsigned_abs() && int_id("k") != int_id("g"));
    }

    #[test]
    fn data_stands_under_its_key_as_text() {
        let job = job("news", &json!({ "title": "t" }));
        assert_eq!(job.data_under("ext").unwrap(), r#"{"ext":"{\"a\":1}"}"#);
        assert_eq!(job.data_under("").unwrap(), r#"{"a":1}"#);
        assert_eq!(job.greatest_badge(), Some(Badge::Add(3)));
        assert!(job.any_badge(|badge| badge == Badge::Set(2)) && !job.any_badge(|badge| badge == Badge::Set(3)));
    }

    #[test]
    fn numbers_come_as_texts_too() {
        for (value, number, text) in [
            (json!(7), Some(7), Some("7")),
            (json!(" 7 "), Some(7), Some(" 7 ")),
            (json!("x"), None, Some("x")),
            (json!(""), None, None),
            (json!(null), None, None),
        ] {
            assert_eq!((integer(&value), id_text(&value).as_deref()), (number, text), "{value}");
        }
    }

    #[test]
    fn an_own_scheme_goes_into_an_intent_uri() {
        let whole = "intent://chat/open?conv=1#Intent;scheme=examplechat;end";
        assert_eq!(intent_uri("examplechat://chat/open?conv=1"), whole);
        for as_it_is in [whole, "intent:#Intent;component=a/.B;end"] {
            assert_eq!(intent_uri(as_it_is), as_it_is);
        }
    }
}
