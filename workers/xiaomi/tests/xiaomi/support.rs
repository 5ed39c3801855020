//! One app, and what a job becomes in it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use http::HeaderMap;
use push_contract::{
    Answer, App, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, SettingsError, Timestamp, Vendor, Verdict,
};
use push_testkit::{
    form,
    jobs::{CREATED_AT, JobBuilder},
    settings::{overlaid, with_defaults},
};
use push_xiaomi::Xiaomi;
use serde_json::{Value, json};

/// A secret as Xiaomi issues them, with what must not be stripped.
pub(crate) const SECRET: &str = "a9Xk+3/Zt0yQm1sV7b2c4Q==";

/// The app of the golden cases: a channel for everything, templates for chat and calls.
pub(crate) fn rights() -> Value {
    json!({
        "app_secret": SECRET, "packages": ["com.example.chat"], "channels": {
            "IM": {
                "id": "138001", "template_id": "T100023", "template_param": { "sender": "{title}", "text": "{body}" },
            },
            "CALL": { "id": "138002", "template_id": "T100024", "template_param": { "caller": "{title}" } },
            "FRIEND_REQUEST": { "id": "138003" },
            "ACCOUNT": { "id": "138004" },
            "ORDER": { "id": "138005" },
            "ASSETS": { "id": "138006" },
            "SCHEDULE": { "id": "138007" },
            "DEVICE": { "id": "138008" },
            "MAIL": { "id": "138009" },
            "PUBLIC": { "id": "138010" },
            "SUBSCRIPTION": { "id": "138011" },
        },
    })
}

/// An app with nothing but its credential and `more`.
pub(crate) fn open(more: &Value) -> Result<Box<dyn App>, SettingsError> {
    let base = json!({ "app_secret": SECRET, "packages": ["com.example.chat"] });
    Xiaomi.open("chat", &overlaid(with_defaults(&Xiaomi, &base).unwrap(), more))
}

/// An app with every right.
pub(crate) fn app(more: &Value) -> Box<dyn App> {
    open(&overlaid(rights(), more)).unwrap()
}

pub(crate) fn job(kind: &str) -> JobBuilder {
    push_testkit::jobs::job(kind).vendor("xiaomi")
}

pub(crate) fn chat() -> JobBuilder {
    job("chat.direct").title("Li Lei").body("See you at eight")
}

/// All targets of each job in one call.
pub(crate) fn batch(app: &dyn App, jobs: &[Job]) -> Batch {
    let push = |job: &Job| Push {
        job: Arc::new(job.clone()),
        class: Arc::new(prepare(app, job).unwrap().0),
        positions: (0..job.targets.len()).collect(),
        expiry: job.expiry(),
    };
    Batch { pushes: jobs.iter().map(push).collect() }
}

/// What the worker does before it sends.
pub(crate) fn prepare(app: &dyn App, job: &Job) -> Result<(Class, Fitted), Refusal> {
    let class = app.classify(job)?;
    let fitted = app.fit(job, &class)?;
    Ok((class, fitted))
}

/// The first call for jobs that can be sent, `after` their creation.
pub(crate) fn call(app: &dyn App, jobs: &[Job], after: Duration) -> Call {
    app.encode(&batch(app, jobs), None, CREATED_AT.plus(after)).unwrap()
}

/// The form of a call.
pub(crate) fn fields(call: &Call) -> BTreeMap<String, String> {
    form::fields(str::from_utf8(call.request.body()).unwrap()).collect()
}

/// The form that a job is sent with.
pub(crate) fn sent(app: &dyn App, job: &JobBuilder) -> BTreeMap<String, String> {
    let call = call(app, &[job.build()], Duration::ZERO);
    assert_eq!(call.api, "send");
    fields(&call)
}

/// One field of it.
pub(crate) fn field(app: &dyn App, job: &JobBuilder, name: &str) -> Option<String> {
    sent(app, job).remove(name)
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_owned().into(), at: CREATED_AT }
}

/// The verdicts of a dispatch that ends with this answer.
pub(crate) fn done(next: Next) -> Vec<Verdict> {
    match next {
        Next::Done(verdicts) => verdicts,
        other => panic!("the dispatch goes on: {other:?}"),
    }
}

/// What an answer to a chat message to one phone leads to.
pub(crate) fn next(answer: &Answer) -> Next {
    let app = app(&json!({}));
    let batch = batch(app.as_ref(), &[chat().build()]);
    app.decode(&batch, None, None, answer)
}

/// The verdict on a chat message to one phone.
pub(crate) fn one(answer: &Answer) -> Verdict {
    match next(answer) {
        Next::Whole(verdict) | Next::Split(verdict) => verdict,
        other => done(other).remove(0),
    }
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    CREATED_AT.plus(Duration::from_secs(seconds))
}
