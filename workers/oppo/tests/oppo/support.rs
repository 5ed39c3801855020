//! One app, and what a job becomes in it.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use push_contract::{
    Answer, App, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, Secret, SettingsError, Timestamp, Token, Vendor,
    Verdict,
};
use push_oppo::Oppo;
use push_testkit::{
    form,
    jobs::{CREATED_AT, JobBuilder},
    settings::{overlaid, with_defaults},
};
use serde_json::{Value, json};

/// The AppKey and MasterSecret of the sheet's vector.
pub(crate) const APP_KEY: &str = "b5ce3b6a4c1d4f2e9a7d0c8f1e2d3c4b";
pub(crate) const MASTER_SECRET: &str = "0a1b2c3d4e5f60718293a4b5c6d7e8f9";
pub(crate) const ID: &str = "OPPO_CN_b6bbd94b59cdb5df8391642c1509b7fe";

/// The app of the golden cases: every right, and a template for chat.
pub(crate) fn rights() -> Value {
    json!({
        "app_key": APP_KEY, "master_secret": MASTER_SECRET, "strong_reminder": ["call.invite"], "channel_id": "chat_msg",
        "categories": ["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION"],
        "templates": { "IM": { "id": "TPL0001", "title": { "sender": "{title}" }, "content": { "text": "{body}" } } },
    })
}

/// An app with nothing but its credential and `more`.
pub(crate) fn open(more: &Value) -> Result<Box<dyn App>, SettingsError> {
    let base = json!({ "app_key": APP_KEY, "master_secret": MASTER_SECRET });
    Oppo.open("chat", &overlaid(with_defaults(&Oppo, &base).unwrap(), more))
}

/// An app with every right.
pub(crate) fn app(more: &Value) -> Box<dyn App> {
    open(&overlaid(rights(), more)).unwrap()
}

pub(crate) fn job(kind: &str) -> JobBuilder {
    push_testkit::jobs::job(kind).vendor("oppo")
}

pub(crate) fn chat() -> JobBuilder {
    job("chat.direct").title("Li Lei").body("See you at eight")
}

pub(crate) fn token() -> Token {
    Token {
        value: Secret::new("token-of-the-test"),
        expires_at: CREATED_AT.plus(Duration::from_secs(3600)),
        renew_before: Duration::from_secs(300),
    }
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

/// The first call for a job that can be sent, `after` its creation.
pub(crate) fn call(app: &dyn App, job: &Job, after: Duration) -> Call {
    app.encode(&batch(app, std::slice::from_ref(job)), Some(&token()), CREATED_AT.plus(after)).unwrap()
}

/// A field of a call's form.
pub(crate) fn field(call: &Call, wanted: &str) -> Option<String> {
    let body = str::from_utf8(call.request.body()).unwrap();
    form::fields(body).find(|(name, _)| name == wanted).map(|(_, value)| value)
}

/// `message` of the unicast that a job is sent with.
pub(crate) fn message(app: &dyn App, job: &Job) -> Value {
    let call = call(app, job, Duration::ZERO);
    assert_eq!(call.api, "unicast");
    serde_json::from_str(&field(&call, "message").unwrap()).unwrap()
}

/// Its `notification`.
pub(crate) fn shown(app: &dyn App, job: &JobBuilder) -> Value {
    message(app, &job.build())["notification"].take()
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

/// The verdict on a chat message to one phone.
pub(crate) fn one(answer: &Answer) -> Verdict {
    let app = app(&json!({}));
    let batch = batch(app.as_ref(), &[chat().build()]);
    let mut verdicts = done(app.decode(&batch, None, Some(&token()), answer));
    assert_eq!(verdicts.len(), 1);
    verdicts.remove(0)
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    CREATED_AT.plus(Duration::from_secs(seconds))
}
