//! Jobs for tests, as a producer would write them.
//!
//! ```
//! use push_testkit::jobs::job;
//!
//! let job = job("chat.direct").targets(10).title("Li Lei").body("See you at eight").data(r#"{"room": 7}"#).build();
//! assert_eq!(job.targets.len(), 10);
//! assert_eq!(job.data.unwrap().as_str(), r#"{"room": 7}"#);
//! ```

use push_contract::{Job, Timestamp};
use serde_json::{Map, Value, json};

/// When built jobs were created unless they say otherwise: 2026-11-21T08:00:00Z.
pub const CREATED_AT: Timestamp = Timestamp::from_millis(1_795_248_000_000);

/// A job being written. It starts with one target (`T0`), the app `chat`, the vendor `parcel`, the id `job-1` and
/// [`CREATED_AT`]; `call.*` kinds have the collapse key `call-1`.
#[derive(Debug, Clone)]
pub struct JobBuilder {
    job: Value,
    data: Option<String>,
}

/// Starts a job of this kind, such as `chat.direct`. The kind is not checked before [`JobBuilder::build`], so that wrong
/// jobs can be written too.
#[must_use]
pub fn job(kind: &str) -> JobBuilder {
    let mut job = json!({
        "v": 1, "id": "job-1", "app": "chat", "vendor": "parcel", "kind": kind,
        "targets": [{ "token": "T0" }], "created_at": CREATED_AT,
    });
    if kind.starts_with("call.") {
        job["collapse"] = json!({ "key": "call-1" });
    }
    JobBuilder { job, data: None }
}

impl JobBuilder {
    /// The producer's id.
    #[must_use]
    pub fn id(self, id: &str) -> Self {
        self.set("id", id)
    }

    /// The configured app.
    #[must_use]
    pub fn app(self, app: &str) -> Self {
        self.set("app", app)
    }

    /// The vendor.
    #[must_use]
    pub fn vendor(self, vendor: &str) -> Self {
        self.set("vendor", vendor)
    }

    /// So many targets, with the tokens `T0`, `T1` and so on.
    #[must_use]
    pub fn targets(self, count: usize) -> Self {
        self.tokens((0..count).map(|n| format!("T{n}")))
    }

    /// Targets with these tokens; types, badges and refs set before are gone.
    #[must_use]
    pub fn tokens(self, tokens: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let targets: Vec<Value> = tokens.into_iter().map(|token| json!({ "token": token.into() })).collect();
        self.set("targets", targets)
    }

    /// The token type of every target there is.
    #[must_use]
    pub fn token_type(self, name: &str) -> Self {
        self.each_target("type", name)
    }

    /// The badge of every target there is: `{"set": 3}` or `{"add": 1}`.
    #[must_use]
    pub fn badge(self, badge: impl Into<Value>) -> Self {
        self.each_target("badge", badge)
    }

    /// The title.
    #[must_use]
    pub fn title(self, text: &str) -> Self {
        self.notify("title", text)
    }

    /// The body.
    #[must_use]
    pub fn body(self, text: &str) -> Self {
        self.notify("body", text)
    }

    /// A field of the notification, such as `click`.
    #[must_use]
    pub fn notify(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.job["notification"][field] = value.into();
        self
    }

    /// The app's data, passed on as this very text.
    #[must_use]
    pub fn data(mut self, text: &str) -> Self {
        self.data = Some(text.to_owned());
        self
    }

    /// Who wrote.
    #[must_use]
    pub fn sender(self, id: &str, nickname: &str) -> Self {
        self.set("sender", json!({ "id": id, "nickname": nickname }))
    }

    /// When it happened.
    #[must_use]
    pub fn created_at(self, at: Timestamp) -> Self {
        self.set("created_at", at.to_string())
    }

    /// When its time is over.
    #[must_use]
    pub fn expires_at(self, at: Timestamp) -> Self {
        self.set("expires_at", at.to_string())
    }

    /// The collapse key and, if given, the order within it.
    #[must_use]
    pub fn collapse(self, key: &str, seq: Option<u64>) -> Self {
        let mut collapse = Map::from_iter([("key".to_owned(), Value::from(key))]);
        collapse.extend(seq.map(|seq| ("seq".to_owned(), Value::from(seq))));
        self.set("collapse", collapse)
    }

    /// A vendor's overrides.
    #[must_use]
    pub fn options(mut self, vendor: &str, options: impl Into<Value>) -> Self {
        self.job["options"][vendor] = options.into();
        self
    }

    /// One of the producer's own strings.
    #[must_use]
    pub fn label(mut self, name: &str, text: &str) -> Self {
        self.job["labels"][name] = text.into();
        self
    }

    /// Shows without sound.
    #[must_use]
    pub fn silent(self) -> Self {
        self.set("silent", true)
    }

    /// Uses the vendor's test mode.
    #[must_use]
    pub fn test(self) -> Self {
        self.set("test", true)
    }

    /// Any field of the job, also one that the contract does not know.
    #[must_use]
    pub fn set(mut self, field: &str, value: impl Into<Value>) -> Self {
        self.job[field] = value.into();
        self
    }

    /// The message as a producer publishes it; `data` is spliced in byte for byte.
    #[must_use]
    pub fn text(&self) -> String {
        let text = self.job.to_string();
        match (&self.data, text.strip_suffix('}')) {
            (Some(data), Some(open)) => format!("{open},\"data\":{data}}}"),
            _ => text,
        }
    }

    /// The message as JSON. Its `data` went through a parser: use [`JobBuilder::text`] where its bytes matter.
    ///
    /// # Panics
    /// When the data is no JSON.
    #[must_use]
    pub fn value(&self) -> Value {
        serde_json::from_str(&self.text()).unwrap_or_else(|error| panic!("the data of the job is no JSON: {error}"))
    }

    /// The job as the worker reads it.
    ///
    /// # Panics
    /// When it breaks the contract; the message names field and rule.
    #[must_use]
    pub fn build(&self) -> Job {
        Job::from_slice(self.text().as_bytes()).unwrap_or_else(|error| panic!("the built job is wrong: {error}"))
    }

    fn each_target(mut self, field: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        for target in self.job["targets"].as_array_mut().into_iter().flatten() {
            target[field] = value.clone();
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use push_contract::Kind;

    use super::*;

    #[test]
    fn every_kind_builds() {
        assert_eq!(CREATED_AT.to_string(), "2026-11-21T08:00:00Z");
        for kind in Kind::ALL {
            assert_eq!(job(kind.as_str()).body("hi").build().kind, *kind);
        }
    }
}
