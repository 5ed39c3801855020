//! One app, and what a job becomes in it.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use push_contract::{
    Action, Answer, App, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, Secret, SettingsError, Timestamp, Token,
    Vendor, Verdict,
};
use push_fcm::Fcm;
use push_testkit::jobs::{CREATED_AT, JobBuilder};
use serde_json::{Value, json};

/// The token of the sheet's samples.
pub(crate) const DEVICE: &str = "bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1";

/// The key file of the vector (section 3.4): a throw-away key.
pub(crate) fn key_file() -> Value {
    json!({
        "type": "service_account", "project_id": "demo-project",
        "private_key_id": "0123456789abcdef0123456789abcdef01234567", "private_key": include_str!("vector.pem"),
        "client_email": "push@demo-project.iam.gserviceaccount.com", "client_id": "123456789012345678901",
        "token_uri": "https://oauth2.googleapis.com/token",
    })
}

/// Settings with what must be set.
pub(crate) fn plain() -> Value {
    json!({ "service_account": key_file().to_string() })
}

/// The app's settings: `more` over a key over the defaults.
pub(crate) fn settings(more: &Value) -> Value {
    let base = push_testkit::settings::with_defaults(&Fcm, &plain());
    push_testkit::settings::overlaid(base.unwrap(), more)
}

pub(crate) fn open(more: &Value) -> Result<Box<dyn App>, SettingsError> {
    Fcm.open("chat", &settings(more))
}

pub(crate) fn app(more: &Value) -> Box<dyn App> {
    open(more).unwrap()
}

pub(crate) fn job(kind: &str) -> JobBuilder {
    push_testkit::jobs::job(kind).vendor("fcm").tokens([DEVICE])
}

pub(crate) fn chat() -> JobBuilder {
    job("chat.direct").title("Alice").body("Lunch at one?")
}

pub(crate) fn token() -> Token {
    Token {
        value: Secret::new("token-of-the-test"),
        expires_at: CREATED_AT.plus(Duration::from_secs(3600)),
        renew_before: Duration::from_secs(300),
    }
}

/// One target of a job in a call.
pub(crate) fn batch(job: &Job, class: Class, position: usize) -> Batch {
    let (job, class, expiry) = (Arc::new(job.clone()), Arc::new(class), job.expiry());
    Batch { pushes: vec![Push { job, class, positions: vec![position], expiry }] }
}

/// What the worker does before it sends.
pub(crate) fn prepare(app: &dyn App, job: &Job) -> Result<(Class, Fitted), Refusal> {
    let class = app.classify(job)?;
    let fitted = app.fit(job, &class)?;
    Ok((class, fitted))
}

/// The call for one target.
pub(crate) fn call_to(app: &dyn App, job: &Job, position: usize, now: Timestamp) -> Result<Call, Refusal> {
    let (class, _) = prepare(app, job)?;
    app.encode(&batch(job, class, position), Some(&token()), now)
}

/// The call for the first target, at the job's creation.
pub(crate) fn call(app: &dyn App, job: &JobBuilder) -> Call {
    call_to(app, &job.build(), 0, CREATED_AT).unwrap()
}

/// `message` of that call.
pub(crate) fn message(app: &dyn App, job: &JobBuilder) -> Value {
    serde_json::from_slice::<Value>(call(app, job).request.body()).unwrap()["message"].take()
}

/// `message.android.notification` of that call, under these settings.
pub(crate) fn shown(settings: &Value, job: &JobBuilder) -> Value {
    message(app(settings).as_ref(), job)["android"]["notification"].take()
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_owned().into(), at: CREATED_AT }
}

/// What the app makes of an answer to a chat message to this token.
pub(crate) fn verdict_of(app: &dyn App, token: &str, answer: &Answer) -> Verdict {
    let job = chat().tokens([token]).build();
    let (class, _) = prepare(app, &job).unwrap();
    match app.decode(&batch(&job, class, 0), None, None, answer) {
        Next::Done(mut verdicts) if verdicts.len() == 1 => verdicts.remove(0),
        other => panic!("one verdict and no more: {other:?}"),
    }
}

pub(crate) fn verdict(answer: &Answer) -> Verdict {
    verdict_of(app(&json!({})).as_ref(), DEVICE, answer)
}

pub(crate) fn slow(seconds: u64) -> Action {
    Action::SlowDown { until: Some(later(seconds)) }
}

pub(crate) fn busy(seconds: u64) -> Action {
    Action::DeviceBusy { until: Some(later(seconds)) }
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    CREATED_AT.plus(Duration::from_secs(seconds))
}
