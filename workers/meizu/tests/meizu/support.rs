//! One app, and what a job becomes in it.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use push_contract::{
    Answer, App, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, SettingsError, Timestamp, Vendor, Verdict,
};
use push_meizu::Meizu;
use push_testkit::{
    form,
    jobs::{CREATED_AT, JobBuilder},
    settings::{overlaid, with_defaults},
};
use serde_json::{Value, json};

/// The app and the secret of the sheet's second vector.
pub(crate) const APP_ID: &str = "123456";
pub(crate) const APP_SECRET: &str = "meizu-demo-secret";

/// What an app must have.
pub(crate) fn credential() -> Value {
    json!({ "app_id": APP_ID, "app_secret": APP_SECRET })
}

pub(crate) fn open(more: &Value) -> Result<Box<dyn App>, SettingsError> {
    Meizu.open("chat", &overlaid(with_defaults(&Meizu, &credential()).unwrap(), more))
}

pub(crate) fn app(more: &Value) -> Box<dyn App> {
    open(more).unwrap()
}

pub(crate) fn job(kind: &str) -> JobBuilder {
    push_testkit::jobs::job(kind).vendor("meizu")
}

pub(crate) fn chat() -> JobBuilder {
    job("chat.direct").title("Li Lei").body("See you at eight")
}

/// What the worker does before it sends.
pub(crate) fn prepare(app: &dyn App, job: &Job) -> Result<(Class, Fitted), Refusal> {
    let class = app.classify(job)?;
    let fitted = app.fit(job, &class)?;
    Ok((class, fitted))
}

/// What was dropped and what was changed.
pub(crate) fn fitted(settings: &Value, job: &JobBuilder) -> (Vec<String>, Vec<String>) {
    let fitted = prepare(app(settings).as_ref(), &job.build()).unwrap().1;
    (fitted.dropped, fitted.changed)
}

/// All targets of a job in one call.
pub(crate) fn batch(app: &dyn App, job: &Job) -> Batch {
    let push = Push {
        job: Arc::new(job.clone()),
        class: Arc::new(prepare(app, job).unwrap().0),
        positions: (0..job.targets.len()).collect(),
        expiry: job.expiry(),
    };
    Batch { pushes: vec![push] }
}

/// The first call for a job that can be sent, `after` its creation.
pub(crate) fn call(app: &dyn App, job: &Job, after: Duration) -> Call {
    app.encode(&batch(app, job), None, CREATED_AT.plus(after)).unwrap()
}

/// A field of a call's form.
pub(crate) fn field(call: &Call, wanted: &str) -> Option<String> {
    let body = str::from_utf8(call.request.body()).unwrap();
    form::fields(body).find(|(name, _)| name == wanted).map(|(_, value)| value)
}

/// `messageJson` of a call.
pub(crate) fn message_of(call: &Call) -> Value {
    serde_json::from_str(&field(call, "messageJson").unwrap()).unwrap()
}

/// `messageJson` of the call that a job is sent with.
pub(crate) fn message(settings: &Value, job: &JobBuilder) -> Value {
    message_of(&call(app(settings).as_ref(), &job.build(), Duration::ZERO))
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_owned().into(), at: CREATED_AT }
}

/// The answer of a processed call with this map.
pub(crate) fn processed(value: &Value) -> Answer {
    let body = json!({ "code": "200", "message": "", "value": value, "redirect": "", "msgId": "m1" });
    answer(200, &body.to_string())
}

/// The answer of a call that was refused as a whole.
pub(crate) fn refused(code: &str) -> Answer {
    answer(200, &json!({ "code": code, "message": "text", "value": "", "redirect": "" }).to_string())
}

/// What follows from the answer to a news message to `T0` and on.
pub(crate) fn next(settings: &Value, targets: usize, answer: &Answer) -> Next {
    let app = app(settings);
    let batch = batch(app.as_ref(), &job("news").targets(targets).title("t").body("b").build());
    app.decode(&batch, None, None, answer)
}

/// The verdicts of a dispatch that ends with this answer.
pub(crate) fn verdicts(settings: &Value, targets: usize, answer: &Answer) -> Vec<Verdict> {
    match next(settings, targets, answer) {
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
