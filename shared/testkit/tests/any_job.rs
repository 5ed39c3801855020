//! Parcel meets any job and any answer without a panic.

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;
use push_contract::{Answer, App, Authentication, Batch, Job, Kind, Next, Push, Secret, Timestamp, Token, Vendor};
use push_testkit::{
    jobs::{CREATED_AT, JobBuilder, job},
    parcel::Parcel,
    settings,
};
use serde_json::{Value, json};

fn open(calls: &str) -> Box<dyn App> {
    let settings = json!({ "app_id": "a", "app_secret": "s3cret", "calls": calls, "rights": ["alerts"] });
    Parcel.open("chat", &settings::with_defaults(&Parcel, &settings).unwrap()).unwrap()
}

fn token() -> Token {
    let expires_at = CREATED_AT.plus(std::time::Duration::from_secs(60));
    Token { value: Secret::new("t"), expires_at, renew_before: std::time::Duration::ZERO }
}

/// One batch with the whole job; the types and badges of its targets are the same.
fn batch(app: &dyn App, job: Job) -> Option<Batch> {
    let class = app.classify(&job).ok()?;
    app.fit(&job, &class).ok()?;
    let positions = (0..job.targets.len().min(app.call_limits().targets)).collect();
    let expiry = job.expiry();
    Some(Batch { pushes: vec![Push { job: Arc::new(job), class: Arc::new(class), positions, expiry }] })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![any::<String>(), "\\PC{0,300}", "[👨‍👩‍👧‍👦é見 ]{0,200}", Just(String::new())]
}

fn badge() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        (0..=99_999_u32).prop_map(|n| json!({ "set": n })),
        (1..=99_999_u32).prop_map(|n| json!({ "add": n })),
    ]
}

prop_compose! {
    fn notification()(
        title in proptest::option::of(text()),
        body in proptest::option::of(text()),
        tag in proptest::option::of(text()),
        channel in proptest::option::of(text()),
        click in prop_oneof![
            Just(Value::Null),
            Just(json!({ "action": "app" })),
            text().prop_map(|text| json!({ "action": "intent", "intent": text })),
            text().prop_map(|text| json!({ "action": "activity", "activity": text })),
            text().prop_map(|text| json!({ "action": "url", "url": format!("https://{text}") })),
        ],
    ) -> Value {
        let mut fields = json!({ "title": title, "body": body, "tag": tag, "channel": channel, "click": click });
        if let Some(fields) = fields.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        fields
    }
}

prop_compose! {
    fn any_job()(
        kind in proptest::sample::select(Kind::ALL),
        id in "[A-Za-z0-9._:-]{1,64}",
        tokens in proptest::collection::vec("\\PC{1,40}", 1..20),
        token_type in prop_oneof![Just("plain"), Just("sealed"), Just("other")],
        badge in badge(),
        notification in proptest::option::of(notification()),
        data in proptest::option::of(text()),
        nickname in proptest::option::of(text()),
        key in "\\PC{1,128}",
        created in 0..4_000_000_000_000_i64,
        class in proptest::option::of(prop_oneof![Just("news"), Just("call"), Just("none")]),
        flags in any::<(bool, bool)>(),
    ) -> JobBuilder {
        let mut built = job(kind.as_str()).id(&id).tokens(tokens).token_type(token_type).collapse(&key, None);
        built = built.created_at(Timestamp::from_millis(created)).set("silent", flags.0).set("test", flags.1);
        if !badge.is_null() {
            built = built.badge(badge);
        }
        if let Some(notification) = notification {
            built = built.set("notification", notification);
        }
        if let Some(text) = data {
            built = built.data(&json!({ "x": text }).to_string());
        }
        if let Some(nickname) = nickname {
            built = built.sender("u1", &nickname);
        }
        if let Some(class) = class {
            built = built.options("parcel", json!({ "class": class }));
        }
        built
    }
}

fn any_answer() -> impl Strategy<Value = Answer> {
    let body = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        "\\PC{0,80}".prop_map(String::into_bytes),
        (any::<i64>(), text(), any::<i64>()).prop_map(|(code, text, time)| {
            json!({ "code": code, "id": text, "task": text, "since": time, "until": time }).to_string().into_bytes()
        }),
        (0..3_i64, text(), proptest::sample::select(vec![0, 1001, 1005, 5003, 7777])).prop_map(
            |(head, token, code)| {
                let entries = json!([{ "token": token, "id": "job-1.0", "code": code }, token, code, null]);
                json!({ "code": head, "bad": entries, "results": entries, "task": token }).to_string().into_bytes()
            }
        ),
    ];
    (proptest::sample::select(vec![200_u16, 204, 301, 401, 429, 500, 503]), body, proptest::option::of("[ -~]{0,20}"))
        .prop_map(|(status, body, retry)| {
            let mut headers = HeaderMap::new();
            if let Some(value) = retry.and_then(|text| HeaderValue::from_str(&text).ok()) {
                headers.insert("retry-after", value);
            }
            Answer { status, headers, body: Bytes::from(body), at: CREATED_AT }
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_job_is_refused_or_encoded(built in any_job(), calls in prop_oneof![Just("gather"), Just("list"), Just("single")]) {
        let app = open(calls);
        let Ok(job) = Job::from_slice(built.text().as_bytes()) else { return Ok(()) };
        if let Some(batch) = batch(app.as_ref(), job) {
            let call = app.encode(&batch, Some(&token()), CREATED_AT);
            prop_assert!(call.is_ok(), "what fits is encoded: {:?}", call.err());
            if let Ok(Value::Object(mut message)) = serde_json::from_slice(call.unwrap().request.body()) {
                message.remove("token");
                prop_assert!(Value::Object(message).to_string().len() <= 4096, "what fits is within the limit");
            }
            prop_assert!(app.encode(&batch, None, CREATED_AT).is_err(), "never without a token");
        }
    }

    #[test]
    fn any_answer_gives_one_verdict_per_target(
        answer in any_answer(),
        calls in prop_oneof![Just("gather"), Just("list"), Just("single")],
        memo in proptest::option::of(Just("task-1")),
        targets in 1..5_usize,
    ) {
        let app = open(calls);
        let batch = batch(app.as_ref(), job("chat.direct").targets(targets).body("hi").build()).unwrap();
        let memo = memo.filter(|_| calls == "list" && targets > 1);
        if let Next::Done(verdicts) = app.decode(&batch, memo, Some(&token()), &answer) {
            prop_assert_eq!(verdicts.len(), batch.targets());
        }
        let Authentication::Endpoint(call) = app.authentication("", CREATED_AT) else { unreachable!() };
        prop_assert!(!call.commits);
        let _ = app.read_credential(&answer);
    }
}
