//! What the suite must be told about a vendor: settings to open it with, and how it answers.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use push_contract::{Answer, Batch, Call, Class, Reason};
use serde_json::Value;

use crate::jobs::CREATED_AT;

/// What a vendor tells the suite, from its sheet. Start with [`Sample::new`], then set what is particular.
pub struct Sample {
    /// Settings over the vendor's defaults, with made-up secrets, and every right that an app can have.
    pub settings: Value,
    /// Named changes to the settings. Each is put through everything, so name here the app without rights and every
    /// way of sending; `null` takes a key away.
    pub variants: Vec<(&'static str, Value)>,
    /// Keys of the settings that must be there, secrets included.
    pub required: Vec<&'static str>,
    /// Keys with a value that must be refused.
    pub wrong: Vec<(&'static str, Value)>,
    /// Keys that hold the address of a host. The suite overrides each and looks where the calls go.
    pub hosts: Vec<&'static str>,
    /// Kinds whose class is not the table's, with that class: for an app whose type of token has another one.
    pub renamed: Vec<(&'static str, &'static str)>,
    /// A token of a type, never the same for two numbers.
    pub token: fn(token_type: &str, n: usize) -> String,
    /// Request headers that differ from run to run, in lower case.
    pub masked: Vec<&'static str>,
    /// The key under which the app's data arrives, as one text.
    pub ext: &'static str,
    /// Whether this class makes no sound anyway, so that `silent` of a job changes nothing in it.
    pub muted: fn(&Class) -> bool,
    /// The sheet's limits on a call: its sizes, its fields. The suite asks it about every call that it sees.
    pub check: fn(&Call, &Batch) -> Result<(), String>,
    /// The answer of a vendor that takes everything (for the token endpoint: that grants a token).
    pub taken: fn(&Asked<'_>) -> Answer,
    /// The sheet's table of codes, written down a second time: code, action (as in `Action::as_str`, or `singly`),
    /// reason.
    pub codes: Vec<(&'static str, &'static str, Reason)>,
    /// The answer to this call that carries this code, for the first target at least; `None` where the call cannot
    /// give it. At the token endpoint `app_misconfigured` and `unavailable` can be said.
    pub answer: fn(&Asked<'_>, code: &str) -> Option<Answer>,
    /// Answers that are odd in this vendor's own way: a result too few, too many, for a stranger.
    pub odd: fn(&Asked<'_>) -> Vec<(&'static str, Answer)>,
    /// Whether the HTTP status alone says that a push was taken, whatever the body.
    pub status_tells: bool,
}

/// A call that waits for an answer.
pub struct Asked<'a> {
    /// What is being sent. At the token endpoint: what will be.
    pub batch: &'a Batch,
    /// The call.
    pub call: &'a Call,
}

impl Sample {
    /// A sample with nothing particular: no variants, no required keys, no hosts, tokens `T0`, `T1`, data under `ext`.
    #[must_use]
    pub fn new(
        settings: Value,
        taken: fn(&Asked<'_>) -> Answer,
        answer: fn(&Asked<'_>, &str) -> Option<Answer>,
    ) -> Self {
        Self {
            settings,
            variants: Vec::new(),
            required: Vec::new(),
            wrong: Vec::new(),
            hosts: Vec::new(),
            renamed: Vec::new(),
            token: |_, n| format!("T{n}"),
            masked: Vec::new(),
            ext: "ext",
            muted: |_| false,
            check: |_, _| Ok(()),
            taken,
            codes: Vec::new(),
            answer,
            odd: |_| Vec::new(),
            status_tells: false,
        }
    }
}

/// An answer with a body, read at [`CREATED_AT`].
#[must_use]
pub fn answer(status: u16, body: impl Into<String>) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: Bytes::from(body.into()), at: CREATED_AT }
}

/// The answer with a header.
#[must_use]
pub fn with_header(mut answer: Answer, name: &'static str, value: &'static str) -> Answer {
    answer.headers.insert(name, HeaderValue::from_static(value));
    answer
}
