//! One app, and what a job becomes in it.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use push_contract::{
    Answer, App, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, Secret, SettingsError, Timestamp, Token, Vendor,
    Verdict,
};
use push_huawei::Huawei;
use push_testkit::jobs::{CREATED_AT, JobBuilder};
use serde_json::{Value, json};

/// The app's settings: `more` over a client credential over the defaults.
pub(crate) fn settings(more: &Value) -> Value {
    let base = push_testkit::settings::with_defaults(
        &Huawei,
        &json!({ "client_id": "101234567", "client_secret": "a+b/c=d&e f", "badge_class": "com.example.chat.MainActivity" }),
    );
    push_testkit::settings::overlaid(base.unwrap(), more)
}

pub(crate) fn open(more: &Value) -> Result<Box<dyn App>, SettingsError> {
    Huawei.open("chat", &settings(more))
}

/// An app with every right.
pub(crate) fn app(more: &Value) -> Box<dyn App> {
    let rights = json!({ "high_priority": true, "categories": [
        "IM", "VOIP", "SUBSCRIPTION", "TRAVEL", "HEALTH", "WORK", "ACCOUNT", "EXPRESS", "FINANCE", "DEVICE_REMINDER",
        "MAIL"] });
    open(&push_testkit::settings::overlaid(rights, more)).unwrap()
}

/// Settings of an app for HarmonyOS NEXT with every right, for [`app`].
pub(crate) fn on_next() -> Value {
    json!({
        "token_type": "next", "service_account": crate::service_account::key_file().to_string(),
        "next_in_app_call": true, "next_categories": [
            "IM", "VOIP", "MISS_CALL", "SUBSCRIPTION", "TRAVEL", "HEALTH", "WORK", "ACCOUNT", "EXPRESS", "FINANCE",
            "DEVICE_REMINDER", "MAIL"],
    })
}

pub(crate) fn job(kind: &str) -> JobBuilder {
    push_testkit::jobs::job(kind).vendor("huawei")
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

/// `message.android.notification` of that body.
pub(crate) fn shown(app: &dyn App, job: &JobBuilder) -> Value {
    body(app, &job.build())["message"]["android"]["notification"].take()
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_owned().into(), at: CREATED_AT }
}

/// The verdicts on a job with so many targets, `T0` and on.
pub(crate) fn verdicts(targets: usize, answer: &Answer) -> Vec<Verdict> {
    let app = app(&json!({}));
    let job = job("chat.direct").targets(targets).title("Li Lei").body("hi").build();
    let (class, _) = prepare(app.as_ref(), &job).unwrap();
    match app.decode(&batch(&job, class), None, Some(&token()), answer) {
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
