//! One app, and what a job becomes in it.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use push_contract::{
    Answer, App, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, Secret, SettingsError, Timestamp, Token, Vendor,
    Verdict,
};
use push_honor::Honor;
use push_testkit::{
    jobs::{CREATED_AT, JobBuilder},
    settings::{overlaid, with_defaults},
};
use serde_json::{Value, json};

pub(crate) const APP_ID: &str = "104400000";
pub(crate) const CLIENT_ID: &str = "101234567";
pub(crate) const CLIENT_SECRET: &str = "a+b/c=d&e f";

/// What the golden cases and the tests here are run with, over the defaults: an app with the right.
pub(crate) fn credential() -> Value {
    json!({ "app_id": APP_ID, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "self_classification": true,
            "badge_class": "com.example.chat.MainActivity" })
}

pub(crate) fn open(more: &Value) -> Result<Box<dyn App>, SettingsError> {
    Honor.open("chat", &overlaid(with_defaults(&Honor, &credential()).unwrap(), more))
}

pub(crate) fn app(more: &Value) -> Box<dyn App> {
    open(more).unwrap()
}

pub(crate) fn job(kind: &str) -> JobBuilder {
    push_testkit::jobs::job(kind).vendor("honor")
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
    let push = Push {
        job: Arc::new(job.clone()),
        class: Arc::new(class),
        positions: (0..job.targets.len()).collect(),
        expiry: job.expiry(),
    };
    Batch { pushes: vec![push] }
}

/// What the worker does before it sends.
pub(crate) fn prepare(app: &dyn App, job: &Job) -> Result<(Class, Fitted), Refusal> {
    let class = app.classify(job)?;
    let fitted = app.fit(job, &class)?;
    Ok((class, fitted))
}

/// The call for a job that can be sent, `after` its creation.
pub(crate) fn call(app: &dyn App, job: &Job, after: Duration) -> Call {
    let (class, _) = prepare(app, job).unwrap();
    app.encode(&batch(job, class), Some(&token()), CREATED_AT.plus(after)).unwrap()
}

/// The body that a job is sent with.
pub(crate) fn body(app: &dyn App, job: &Job) -> Value {
    serde_json::from_slice(call(app, job, Duration::ZERO).request.body()).unwrap()
}

/// `android.notification` of that body.
pub(crate) fn shown(app: &dyn App, job: &JobBuilder) -> Value {
    body(app, &job.build())["android"]["notification"].take()
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_owned().into(), at: CREATED_AT }
}

/// What follows for a job with so many targets, `T0` and on.
pub(crate) fn next(settings: &Value, targets: usize, answer: &Answer) -> Next {
    let app = app(settings);
    let job = job("chat.direct").targets(targets).title("Li Lei").body("hi").build();
    let (class, _) = prepare(app.as_ref(), &job).unwrap();
    app.decode(&batch(&job, class), None, Some(&token()), answer)
}

/// The verdicts of an answer that ends the dispatch.
pub(crate) fn verdicts(targets: usize, answer: &Answer) -> Vec<Verdict> {
    match next(&json!({}), targets, answer) {
        Next::Done(verdicts) => {
            assert_eq!(verdicts.len(), targets);
            verdicts
        }
        other => panic!("the dispatch goes on: {other:?}"),
    }
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    CREATED_AT.plus(Duration::from_secs(seconds))
}
