//! One app, and what a job becomes in it.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use push_contract::{
    Answer, App, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, Secret, SettingsError, Timestamp, Token, Vendor,
    Verdict,
};
use push_testkit::{
    jobs::{CREATED_AT, JobBuilder},
    settings::{overlaid, with_defaults},
};
use push_vivo::Vivo;
use serde_json::{Value, json};

/// The credential of the sheet's vector.
pub(crate) fn credential() -> Value {
    json!({
        "app_id": 10004, "app_key": "25509283-3767-4b9e-83fe-b6e55ac6243e",
        "app_secret": "8fd0d4bb-5e2f-4b0c-9d6a-0c7d1f2e3a4b", "package": "com.example.chat",
    })
}

/// The app's settings: `more` over the credential over the defaults.
pub(crate) fn settings(more: &Value) -> Value {
    overlaid(with_defaults(&Vivo, &credential()).unwrap(), more)
}

pub(crate) fn open(more: &Value) -> Result<Box<dyn App>, SettingsError> {
    Vivo.open("chat", &settings(more))
}

pub(crate) fn app(more: &Value) -> Box<dyn App> {
    open(more).unwrap()
}

pub(crate) fn job(kind: &str) -> JobBuilder {
    push_testkit::jobs::job(kind).vendor("vivo")
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

/// All targets of a job in one call.
pub(crate) fn batch(job: &Job, class: Class) -> Batch {
    let positions = (0..job.targets.len()).collect();
    Batch { pushes: vec![Push { job: Arc::new(job.clone()), class: Arc::new(class), positions, expiry: job.expiry() }] }
}

/// What the worker does before it sends.
pub(crate) fn prepare(app: &dyn App, job: &Job) -> Result<(Class, Fitted), Refusal> {
    let class = app.classify(job)?;
    let fitted = app.fit(job, &class)?;
    Ok((class, fitted))
}

/// The first call for a job that can be sent, `after` its creation.
pub(crate) fn call(app: &dyn App, job: &Job, after: Duration) -> Call {
    let (class, _) = prepare(app, job).unwrap();
    app.encode(&batch(job, class), Some(&token()), CREATED_AT.plus(after)).unwrap()
}

pub(crate) fn json_of(call: &Call) -> Value {
    serde_json::from_slice(call.request.body()).unwrap()
}

/// The body that a job is sent or saved with.
pub(crate) fn body(app: &dyn App, job: &JobBuilder) -> Value {
    json_of(&call(app, &job.build(), Duration::ZERO))
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_owned().into(), at: CREATED_AT }
}

/// What follows from the answer to the first call, or with a task to the list.
pub(crate) fn decoded(app: &dyn App, job: &Job, task: Option<&str>, answer: &Answer) -> Next {
    let (class, _) = prepare(app, job).unwrap();
    let memo = task.map(|task| format!("task {task}"));
    app.decode(&batch(job, class), memo.as_deref(), Some(&token()), answer)
}

/// The verdicts where the dispatch is over.
pub(crate) fn verdicts(app: &dyn App, job: &Job, task: Option<&str>, answer: &Answer) -> Vec<Verdict> {
    match decoded(app, job, task, answer) {
        Next::Done(verdicts) => {
            assert_eq!(verdicts.len(), job.targets.len());
            verdicts
        }
        other => panic!("the dispatch goes on: {other:?}"),
    }
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    CREATED_AT.plus(Duration::from_secs(seconds))
}
