//! What a producer says: one message, one vendor, one app, 1 to 1000 targets that share the content.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
    fmt,
    time::Duration,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{
    AppName, Badge, Click, Count, JobId, Kind, Lane, Notification, Reason, Timestamp, VendorName, cut_text,
    strict::{self, Object},
};

/// The largest body of a job, in bytes.
pub const MAX_JOB_BYTES: usize = 256 * 1024;
/// The most targets of a job.
pub const MAX_TARGETS: usize = 1000;
/// The longest life of a job from `created_at`.
const MAX_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How far a producer's clock may run ahead.
const CLOCK_AHEAD: Duration = Duration::from_secs(30);
/// The longest path in an error, in characters.
const MAX_FIELD: usize = 200;

/// One push job. Unknown fields are refused: a typo must not silently lose a sound.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "push-fleet job, version 1", extend("x-push-max-bytes" = MAX_JOB_BYTES))]
#[schemars(extend("if" = if_call(), "then" = then_collapse()))]
pub struct Job {
    /// Version of the contract: 1.
    #[serde(deserialize_with = "strict::whole")]
    #[schemars(range(min = 1, max = 1))]
    pub v: u8,
    /// The producer's id; with vendor and app it is the idempotency key.
    pub id: JobId,
    /// The configured app; must agree with the queue.
    pub app: AppName,
    /// The vendor; must agree with the queue.
    pub vendor: VendorName,
    /// The devices. A target is named by its position in this list.
    #[serde(deserialize_with = "strict::objects")]
    #[schemars(length(min = 1, max = 1000))]
    pub targets: Vec<Target>,
    /// What happened.
    #[serde(deserialize_with = "strict::word")]
    pub kind: Kind,
    /// What the phone shows.
    #[serde(default, deserialize_with = "strict::object", skip_serializing_if = "Option::is_none")]
    pub notification: Option<Notification>,
    /// JSON object for the app. It is passed on byte for byte, never cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Data>,
    /// Who wrote; fills an empty title.
    #[serde(default, deserialize_with = "strict::object", skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// When it happened. More than 30 s ahead of now is refused.
    pub created_at: Timestamp,
    /// After this the job is never sent. Absent: by kind; at most 7 days after `created_at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// A newer job with the same key supersedes this one while it waits. Required for `call.*`.
    #[serde(default, deserialize_with = "strict::object", skip_serializing_if = "Option::is_none")]
    pub collapse: Option<Collapse>,
    /// Per vendor, that vendor's own overrides; typed and checked by the vendor.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Options>,
    /// The producer's own short strings, echoed in receipts, never sent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16, "additionalProperties" = { "type": "string", "maxLength": 256 }))]
    pub labels: BTreeMap<String, String>,
    /// Shows without sound.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
    /// Uses the vendor's test mode.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
}

/// When [`then_collapse`] holds.
fn if_call() -> serde_json::Value {
    let calls: Vec<_> = Kind::ALL.iter().filter(|kind| kind.is_call()).collect();
    serde_json::json!({ "properties": { "kind": { "enum": calls } } })
}

/// A call has a collapse key: its id.
fn then_collapse() -> serde_json::Value {
    serde_json::json!({ "required": ["collapse"], "properties": { "collapse": { "type": "object" } } })
}

/// A vendor's overrides, opaque here.
pub type Options = serde_json::Map<String, serde_json::Value>;

/// One device.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The vendor's device token.
    #[schemars(length(min = 1, max = 1024))]
    pub token: String,
    /// A token type that the vendor declares; absent: the app's default.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The number at the icon of this device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub badge: Option<Badge>,
    /// The producer's own id of the device, echoed in receipts.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub reference: Option<String>,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").field("token", &"..").field("type", &self.kind).finish_non_exhaustive()
    }
}

/// Who wrote the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sender {
    /// The sender's id.
    pub id: String,
    /// The sender's name as people see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
}

/// Newer jobs with the same token and key supersede this one while it waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Collapse {
    /// The key: a conversation, a call's id.
    #[schemars(length(min = 1, max = 128))]
    pub key: String,
    /// Order within the key; absent: `created_at` decides, then the id.
    #[serde(default, deserialize_with = "strict::whole_or_null", skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 9_007_199_254_740_991_u64))]
    pub seq: Option<u64>,
}

/// A JSON object as its own text, so that nothing in it changes on the way (numbers over 2^53 included).
#[derive(Clone, Serialize, Deserialize)]
#[serde(try_from = "Box<RawValue>")]
pub struct Data(Box<RawValue>);

impl Data {
    /// The text of the object.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl TryFrom<Box<RawValue>> for Data {
    type Error = &'static str;
    fn try_from(text: Box<RawValue>) -> Result<Self, Self::Error> {
        if text.get().starts_with('{') { Ok(Self(text)) } else { Err("must be a JSON object") }
    }
}

impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Data({} bytes)", self.as_str().len())
    }
}

impl JsonSchema for Data {
    fn schema_name() -> Cow<'static, str> {
        "Data".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object" })
    }
}

/// Why a body is not a job.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {rule}")]
pub struct JobError {
    /// Where in the body, as a path such as `targets[3].token`; `.` is the body itself.
    pub field: String,
    /// What must hold there. Never quotes the producer's content.
    pub rule: String,
}

impl JobError {
    fn new(field: impl Into<String>, rule: impl Into<String>) -> Self {
        // A path holds the producer's own keys, and it goes into a header: one of 150 KB would break the connection.
        let field = cut_text(&field.into(), MAX_FIELD, Count::Chars).text.into_owned();
        Self { field, rule: rule.into() }
    }
}

impl Job {
    /// Reads a job and checks every rule that the JSON Schema states.
    ///
    /// # Errors
    /// [`JobError`] names the field and the rule; it does not quote values.
    pub fn from_slice(body: &[u8]) -> Result<Self, JobError> {
        if body.len() > MAX_JOB_BYTES {
            return Err(JobError::new(".", format!("{} bytes, at most {MAX_JOB_BYTES}", body.len())));
        }
        let mut reader = serde_json::Deserializer::from_slice(body);
        let Object(job) = serde_path_to_error::deserialize::<_, Object<Self>>(&mut reader)
            .map_err(|error| JobError::new(error.path().to_string(), hide_content(&error.inner().to_string())))?;
        reader.end().map_err(|_| JobError::new(".", "one JSON object and nothing after it"))?;
        job.check_shape()?;
        Ok(job)
    }

    /// The rules of the schema that the types alone do not carry.
    fn check_shape(&self) -> Result<(), JobError> {
        let long = |text: &str, max: usize| text.chars().count() > max;
        if self.v != 1 {
            return Err(JobError::new("v", "must be 1"));
        }
        if !(1..=MAX_TARGETS).contains(&self.targets.len()) {
            return Err(JobError::new(
                "targets",
                format!("{} targets, must be 1 to {MAX_TARGETS}", self.targets.len()),
            ));
        }
        for (n, target) in self.targets.iter().enumerate() {
            if target.token.is_empty() || long(&target.token, 1024) {
                return Err(JobError::new(format!("targets[{n}].token"), "must have 1 to 1024 characters"));
            }
            if target.reference.as_deref().is_some_and(|text| long(text, 128)) {
                return Err(JobError::new(format!("targets[{n}].ref"), "at most 128 characters"));
            }
            match target.badge {
                Some(Badge::Add(0)) => {
                    return Err(JobError::new(format!("targets[{n}].badge.add"), "must be 1 to 99999"));
                }
                Some(Badge::Set(number) | Badge::Add(number)) if number > 99999 => {
                    return Err(JobError::new(format!("targets[{n}].badge"), "at most 99999"));
                }
                _ => {}
            }
        }
        if let Some(collapse) = &self.collapse {
            if collapse.key.is_empty() || long(&collapse.key, 128) {
                return Err(JobError::new("collapse.key", "must have 1 to 128 characters"));
            }
            if collapse.seq.is_some_and(|seq| seq > 9_007_199_254_740_991) {
                return Err(JobError::new("collapse.seq", "at most 2^53 - 1"));
            }
        } else if self.kind.is_call() {
            return Err(JobError::new("collapse", "required for call.*: the call's id"));
        }
        if self.labels.len() > 16 || self.labels.values().any(|text| long(text, 256)) {
            return Err(JobError::new("labels", "at most 16, of at most 256 characters each"));
        }
        let notification = self.notification.as_ref();
        if notification.and_then(|n| n.image.as_deref()).is_some_and(|url| !url.starts_with("https://")) {
            return Err(JobError::new("notification.image", "must be an https address"));
        }
        if let Some(Click::Url { url }) = notification.and_then(|n| n.click.as_ref())
            && !url.starts_with("https://")
        {
            return Err(JobError::new("notification.click.url", "must be an https address"));
        }
        Ok(())
    }

    /// The rules that no schema can state: times against each other and against now, and that there is content.
    /// A job that breaks one is settled as `rejected`; it is readable, so its producer is told.
    #[must_use]
    pub fn fault(&self, now: Timestamp) -> Option<Reason> {
        if self.created_at > now.plus(CLOCK_AHEAD) {
            return Some(Reason::CreatedInFuture);
        }
        if self.expires_at.is_some_and(|at| at > self.created_at.plus(MAX_LIFE)) {
            return Some(Reason::ExpiresTooLate);
        }
        let text = self.title().is_some() || self.body().is_some();
        (!text && self.data.is_none()).then_some(Reason::NoContent)
    }

    /// When the job's time is over.
    #[must_use]
    pub fn expiry(&self) -> Timestamp {
        self.expires_at.unwrap_or_else(|| self.created_at.plus(self.kind.default_life()))
    }

    /// The lane that the kind belongs to.
    #[must_use]
    pub fn lane(&self) -> Lane {
        self.kind.lane()
    }

    /// The title to show: the notification's, else the sender's nickname, else the sender's id. `None` without a
    /// notification.
    #[must_use]
    pub fn title(&self) -> Option<&str> {
        let own = self.notification.as_ref()?.title.as_deref();
        let nickname = self.sender.as_ref().and_then(|sender| sender.nickname.as_deref());
        let id = self.sender.as_ref().map(|sender| sender.id.as_str());
        [own, nickname, id].into_iter().flatten().find(|text| !text.is_empty())
    }

    /// The text to show, if there is one.
    #[must_use]
    pub fn body(&self) -> Option<&str> {
        self.notification.as_ref()?.body.as_deref().filter(|text| !text.is_empty())
    }

    /// The positions whose token stands earlier in the list already. They are rejected: the vendor would deliver twice.
    /// Targets that name no type have `default_type`.
    #[must_use]
    pub fn repeated_tokens(&self, default_type: &str) -> Vec<usize> {
        let mut seen = HashSet::with_capacity(self.targets.len());
        let name = |n: usize| (self.targets[n].kind.as_deref().unwrap_or(default_type), &self.targets[n].token);
        (0..self.targets.len()).filter(|n| !seen.insert(name(*n))).collect()
    }
}

/// serde quotes the offending value; a log must not. The value may hold serde's own words, so only the last of them count.
fn hide_content(message: &str) -> String {
    let message = without_position(message);
    match message.split_once(": ") {
        Some(("invalid type" | "invalid value", rest)) => {
            let wanted = rest.rsplit_once(", expected ").map_or("another type", |(_, wanted)| wanted);
            format!("expected {wanted}")
        }
        _ if message.starts_with("unknown variant") => match message.rsplit_once(", expected ") {
            Some((_, wanted)) => format!("expected {wanted}"),
            None => "not in the list".to_owned(),
        },
        _ if message.starts_with("unknown field") => "unknown field".to_owned(),
        _ => message.to_owned(),
    }
}

/// The message without ` at line 1 column 2` at its end.
fn without_position(message: &str) -> &str {
    match message.rsplit_once(" at line ") {
        Some((before, place)) if place.bytes().all(|byte| byte.is_ascii_digit() || b" column".contains(&byte)) => {
            before
        }
        _ => message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(change: impl FnOnce(&mut serde_json::Value)) -> Vec<u8> {
        let mut job = serde_json::json!({
            "v": 1, "id": "j1", "app": "chat", "vendor": "parcel", "kind": "chat.direct",
            "targets": [{"token": "T1"}], "notification": {"body": "hi"}, "sender": {"id": "u1", "nickname": "Li Lei"},
            "created_at": "2026-11-21T08:00:00Z"
        });
        change(&mut job);
        serde_json::to_vec(&job).unwrap()
    }

    #[test]
    fn errors_name_field_and_rule_and_hide_the_value() {
        let error = Job::from_slice(&body(|job| job["targets"][0]["token"] = 7_654_321.into())).unwrap_err();
        assert_eq!(error.to_string(), "targets[0].token: expected a string");
        let error = Job::from_slice(&body(|job| job["soud"] = "x".into())).unwrap_err();
        assert_eq!(error.field, "soud");
        for hidden in ["secret", "a, expected secret", "a, expected secret at line 1 column 2", "secret: b, expected c"]
        {
            for field in ["kind", "targets", "v", "created_at", "labels", "data"] {
                let error = Job::from_slice(&body(|job| job[field] = hidden.into())).unwrap_err();
                assert!(error.field == field && !error.to_string().contains("secret"), "{error}");
            }
        }
    }

    #[test]
    fn a_path_in_an_error_is_short_whatever_the_keys() {
        let long = "k".repeat(150_000);
        let error = Job::from_slice(&body(|job| job[&long] = 1.into())).unwrap_err();
        assert!(error.field.starts_with("kkk") && error.field.chars().count() == MAX_FIELD, "{}", error.field.len());
    }

    #[test]
    fn an_empty_title_becomes_the_nickname_then_the_id() {
        let job = Job::from_slice(&body(|_| ())).unwrap();
        assert_eq!(job.title(), Some("Li Lei"));
        let job = Job::from_slice(&body(|job| job["sender"]["nickname"] = "".into())).unwrap();
        assert_eq!(job.title(), Some("u1"));
    }

    #[test]
    fn data_is_kept_byte_for_byte() {
        let text = r#"{ "n": 123456789012345678901234567890, "f": 1.0 }"#;
        let body = String::from_utf8(body(|job| job["data"] = "DATA".into())).unwrap().replace("\"DATA\"", text);
        assert_eq!(Job::from_slice(body.as_bytes()).unwrap().data.unwrap().as_str(), text);
    }

    #[test]
    fn times_and_content_are_checked_against_now() {
        let at = |text| Timestamp::parse(text).unwrap();
        let job = Job::from_slice(&body(|_| ())).unwrap();
        assert_eq!(job.fault(at("2026-11-21T07:59:31Z")), None);
        assert_eq!(job.fault(at("2026-11-21T07:59:29Z")), Some(Reason::CreatedInFuture));
        let job = Job::from_slice(&body(|job| job["notification"] = serde_json::json!({}))).unwrap();
        assert_eq!(job.title(), Some("Li Lei"), "a sender alone is content");
        let job = Job::from_slice(&body(|job| {
            job.as_object_mut().unwrap().remove("notification");
        }))
        .unwrap();
        assert_eq!(job.fault(at("2026-11-21T08:00:00Z")), Some(Reason::NoContent));
    }
}
