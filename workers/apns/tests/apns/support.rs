//! One app, and what a job becomes in it.

use std::{sync::Arc, time::Duration};

use http::HeaderMap;
use push_apns::Apns;
use push_contract::{
    Action, Answer, App, Authentication, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, Secret, SettingsError,
    Timestamp, Token, Vendor, Verdict,
};
use push_testkit::jobs::{CREATED_AT, JobBuilder};
use serde_json::{Value, json};

/// The throw-away key of section 3.4.
pub(crate) const KEY: &str = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgx5WUPjkP8wrxVYna
PVB5kYuWQiDLZhncN4k1Qh7BlfShRANCAASdSRt4NinMQZfYGK4oIDzt664h83V8
0cUwBwERyaEUJmeSS2amWGpigj0fpu4zTZIK2YjMTgirI0sMVYn++a3b
-----END PRIVATE KEY-----
";

/// The token of sample (a).
pub(crate) const DEVICE: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";

/// Settings without any right.
pub(crate) fn plain() -> Value {
    json!({ "key": KEY, "key_id": "ABC123DEFG", "team_id": "DEF123GHIJ", "bundle_id": "com.example.chat" })
}

/// The app's settings: `more` over a key over the defaults.
pub(crate) fn settings(more: &Value) -> Value {
    let base = push_testkit::settings::with_defaults(&Apns, &plain());
    push_testkit::settings::overlaid(base.unwrap(), more)
}

pub(crate) fn open(more: &Value) -> Result<Box<dyn App>, SettingsError> {
    Apns.open("chat", &settings(more))
}

/// An app with every right.
pub(crate) fn app(more: &Value) -> Box<dyn App> {
    let rights = json!({ "time_sensitive": true, "critical": true });
    open(&push_testkit::settings::overlaid(rights, more)).unwrap()
}

pub(crate) fn job(kind: &str) -> JobBuilder {
    push_testkit::jobs::job(kind).vendor("apns").tokens([DEVICE])
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

/// The body of that call.
pub(crate) fn body(app: &dyn App, job: &JobBuilder) -> Value {
    serde_json::from_slice(call(app, job).request.body()).unwrap()
}

pub(crate) fn header(call: &Call, name: &str) -> Option<String> {
    call.request.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
}

pub(crate) fn answer(status: u16, body: &str) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: body.to_owned().into(), at: CREATED_AT }
}

/// The verdict on a chat message to a token of this type.
pub(crate) fn verdict_on(token_type: &str, answer: &Answer) -> Verdict {
    let app = app(&json!({ "voip": "all" }));
    let job = chat().token_type(token_type).build();
    let (class, _) = prepare(app.as_ref(), &job).unwrap();
    match app.decode(&batch(&job, class, 0), None, Some(&token()), answer) {
        Next::Done(mut verdicts) if verdicts.len() == 1 => verdicts.remove(0),
        other => panic!("one verdict and no more: {other:?}"),
    }
}

pub(crate) fn verdict(answer: &Answer) -> Verdict {
    verdict_on("alert", answer)
}

pub(crate) fn slow(seconds: u64) -> Action {
    Action::SlowDown { until: Some(later(seconds)) }
}

pub(crate) fn provider_token(app: &dyn App, now: Timestamp) -> Token {
    match app.authentication("", now) {
        Authentication::Token(token) => token,
        other => panic!("a token: {other:?}"),
    }
}

pub(crate) fn later(seconds: u64) -> Timestamp {
    CREATED_AT.plus(Duration::from_secs(seconds))
}
