//! The seam between a vendor's rules and everything else: a vendor gets a request and says what it makes of it.
//!
//! Rules know no socket, no fault and no log. That leaves room for vendors on TLS or HTTP/2, and lets tests ask
//! thousands of questions without a port.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::Serialize;
use serde_json::Value;

use crate::desk::Desk;
use crate::line::Line;

/// One HTTP request, as it reached the vendor.
#[derive(Debug, Clone)]
pub struct Ask {
    /// `GET`, `POST`, ...
    pub method: Method,
    /// The path below the vendor's own prefix, with its leading slash: `/parcel/one` arrives as `/one`.
    pub path: String,
    /// All headers, names in lower case.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Ask {
    /// A header's text; absent if it is missing, repeated or not ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        if values.next().is_some() { None } else { first.to_str().ok() }
    }

    /// The token of `Authorization: Bearer <token>`; the scheme is compared as the sheets write it.
    pub fn bearer(&self) -> Option<&str> {
        self.header("authorization")?.strip_prefix("Bearer ").filter(|token| !token.is_empty())
    }

    /// Whether the body is declared as `media`, with no parameter but an optional `charset=utf-8`.
    pub fn is(&self, media: &str) -> bool {
        let Some(value) = self.header("content-type") else { return false };
        let mut parts = value.split(';').map(str::trim);
        parts.next().is_some_and(|first| first.eq_ignore_ascii_case(media))
            && parts.all(|parameter| parameter.eq_ignore_ascii_case("charset=utf-8"))
    }
}

/// One HTTP answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers beside length and date.
    pub headers: Vec<(String, String)>,
    /// The body, empty where the vendor sends none.
    pub body: Bytes,
}

impl Answer {
    /// An answer with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json;charset=UTF-8".to_owned())];
        Self { status, headers, body: Bytes::from(body.to_string()) }
    }

    /// An answer without a body.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Bytes::new() }
    }

    /// The same answer with one more header.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

/// What a call does at the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Issues a credential.
    Auth,
    /// Prepares something; the vendor delivers nothing after it.
    Prepare,
    /// The vendor may deliver after it.
    Commit,
}

/// What a message asked for, for the seen log. Never its texts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Facts {
    /// Seconds that the vendor may keep the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl_seconds: Option<u64>,
    /// The vendor's class or category as asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// Badge set to this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge: Option<i64>,
    /// Badge raised by this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub badge_add: Option<i64>,
    /// What replaces an earlier message: tag, notify id or collapse key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub collapse: Option<String>,
    /// Length of the title in characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title_chars: Option<usize>,
    /// The app's own text, as 16 hex digits of its SHA-256: whether it arrived unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ext_digest: Option<String>,
    /// A data message: nothing is shown.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub data_only: bool,
    /// Asked to make no sound.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub silent: bool,
    /// The vendor's test mode or dry run.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub test: bool,
}

/// One target of a call: a token, and the job that the message names.
#[derive(Debug, Clone)]
pub struct Aim {
    /// The device token as sent.
    pub token: String,
    /// The job id read from the message's own data; empty if it names none.
    pub job: String,
    /// The message names two different jobs.
    pub mismatch: bool,
    /// What the message asked for.
    pub facts: Arc<Facts>,
}

/// What the vendor says about one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The vendor's code as text.
    pub code: String,
    /// Whether the vendor took the push.
    pub accepted: bool,
    /// Why, in words for a developer.
    pub why: Option<String>,
}

impl Word {
    /// The vendor took it.
    pub fn taken(code: impl Into<String>) -> Self {
        Self { code: code.into(), accepted: true, why: None }
    }

    /// The vendor did not take it.
    pub fn refused(code: impl Into<String>, why: impl Into<String>) -> Self {
        Self { code: code.into(), accepted: false, why: Some(why.into()) }
    }
}

/// What became of a call as a whole: the answer to give and what it means for the targets.
#[derive(Debug, Clone)]
pub struct Ruling {
    /// The answer the sheet prescribes.
    pub answer: Answer,
    /// One word for all targets, or one word each in the order of [`Opened::aims`].
    pub words: Words,
    /// Accepted, but shown as this lesser class because a right is missing.
    pub degraded_to: Option<&'static str>,
}

impl Ruling {
    /// The call as a whole was refused.
    pub fn refused(answer: Answer, code: impl Into<String>, why: impl Into<String>) -> Self {
        Self { answer, words: Words::All(Word::refused(code, why)), degraded_to: None }
    }

    /// A call without targets went well.
    pub fn done(answer: Answer, code: impl Into<String>) -> Self {
        Self { answer, words: Words::All(Word::taken(code)), degraded_to: None }
    }
}

/// The words of a [`Ruling`].
#[derive(Debug, Clone)]
pub enum Words {
    /// The same for every target.
    All(Word),
    /// One each, in order.
    Each(Vec<Word>),
}

impl Words {
    /// The word about target `n`.
    pub fn about(&self, n: usize) -> Option<&Word> {
        match self {
            Self::All(word) => Some(word),
            Self::Each(words) => words.get(n),
        }
    }
}

/// The judgement of a call, given the time in milliseconds since 1970.
pub type Judge = Box<dyn FnOnce(u64) -> Ruling + Send>;

/// A call that was read but not judged: enough to choose a fault by, and the judgement itself.
///
/// Judging has effects (a token is issued, a rate is used up), so a call that a fault turns away is never judged.
pub struct Opened {
    /// The app, as far as the request tells.
    pub app: Option<String>,
    /// Which of the vendor's calls: one of [`Simulator::apis`], or `none` for a wrong address.
    pub api: &'static str,
    /// What the call does.
    pub effect: Effect,
    /// Its targets, as far as the body could be read.
    pub aims: Vec<Aim>,
    /// The judgement.
    pub judge: Judge,
}

/// One vendor, as strict as its sheet. A further vendor is one implementation in a folder of its own.
pub trait Simulator: Send + Sync {
    /// The first part of every path, the `vendor` of every log line.
    fn name(&self) -> &'static str;

    /// How the paths at the vendor's own host begin, where clients of the vendor take a host but no path: such paths are
    /// its own here too, without its name before them.
    fn own_root(&self) -> Option<&'static str> {
        None
    }

    /// The calls it has; faults name them.
    fn apis(&self) -> &'static [&'static str];

    /// Credentials, suspension and rates of its apps.
    fn desk(&self) -> &Desk;

    /// Registers an app or replaces its registration.
    ///
    /// # Errors
    /// What is wrong with the registration, in words.
    fn register(&self, app: &str, settings: Value) -> Result<(), String>;

    /// Reads a request. Nothing changes until [`Opened::judge`] is called.
    fn open(self: Arc<Self>, ask: Ask) -> Opened;

    /// As [`Simulator::open`], for a vendor that also asks how the request came.
    fn open_on(self: Arc<Self>, ask: Ask, _line: &Arc<Line>) -> Opened {
        self.open(ask)
    }

    /// The answer with which the vendor refuses a whole call by `code`.
    ///
    /// # Errors
    /// The code cannot be one of this vendor's.
    fn refuse(&self, api: &str, code: &str) -> Result<Answer, String>;

    /// Forgets what it has seen (not the apps).
    fn reset(&self) {
        self.desk().reset();
    }
}
