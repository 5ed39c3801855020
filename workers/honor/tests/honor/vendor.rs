//! The golden cases and the suite that every vendor passes.

use push_contract::{Answer, Batch, Call};
use push_honor::Honor;
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, answer, with_header},
};
use serde_json::{Value, json};

use crate::{answers::CODES, support::credential};

#[test]
fn golden_cases() {
    Cases::new(&Honor, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"), credential()).run();
}

#[test]
fn honor_keeps_the_contract() {
    let settings = json!({ "app_id": "104400000", "client_id": "101234567", "client_secret": "s3cret+of/the=app",
                           "self_classification": true });
    conformance::run(
        &Honor,
        Sample {
            variants: vec![
                ("no right", json!({ "self_classification": false })),
                ("badges, small batches", json!({ "badge_class": "com.example.chat.MainActivity", "batch": 2 })),
                ("silent as low", json!({ "silent": "low" })),
            ],
            required: vec!["app_id", "client_id", "client_secret"],
            wrong: vec![
                ("app_id", json!("app")),
                ("client_id", json!("104400000")),
                ("auth_url", json!("https://auth.example?x=1")),
                ("send_url", json!("ftp://push.example")),
                ("self_classification", json!("yes")),
                ("on_missing_right", json!("ignore")),
                ("silent", json!(true)),
                ("title_limit", json!(0)),
                ("body_limit", json!(-1)),
                ("max_bytes", json!(0)),
                ("rate_per_second", json!(0)),
                ("tokens_per_second", json!(0)),
                ("rate_counts", json!("bytes")),
                ("batch", json!(1001)),
                ("codes", json!({ "200": "unavailable" })),
            ],
            hosts: vec!["auth_url", "send_url"],
            masked: vec!["authorization", "timestamp"],
            muted: |class| class.name == "LOW",
            check: within_limits,
            codes: CODES.to_vec(),
            odd,
            ..Sample::new(settings, taken, coded)
        },
    );
}

fn taken(asked: &Asked<'_>) -> Answer {
    let body = match asked.call.api {
        "auth" => json!({ "access_token": "t0ken-of-the-suite", "expires_in": 3600, "token_type": "Bearer" }),
        _ => json!({ "code": 200, "message": "success", "data": {
            "sendResult": true, "requestId": "165", "failTokens": [], "expireTokens": [] } }),
    };
    answer(200, body.to_string())
}

fn coded(asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let body = match code.parse::<u64>() {
        Ok(number) => json!({ "code": number, "message": "text", "data": null }),
        Err(_) => json!({ "code": 200, "message": "text", "data": { "sendResult": false, "failTokens": null } }),
    };
    (asked.call.api == "send").then(|| with_header(answer(200, body.to_string()), "retry-after", "7"))
}

fn odd(asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    let tokens: Vec<&str> = asked.batch.tokens().chain(asked.batch.tokens()).collect();
    let data = [
        ("a list of strangers", json!({ "sendResult": true, "failTokens": ["never sent"] })),
        ("every token twice", json!({ "sendResult": false, "expireTokens": tokens, "failTokens": tokens })),
        ("no data", Value::Null),
    ];
    data.map(|(name, data)| (name, answer(200, json!({ "code": "80100000", "msg": 1, "data": data }).to_string())))
        .into()
}

/// Section 1: 1 to 1000 tokens, 4096 bytes beside them; section 4: what must be there.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    if call.api == "auth" {
        return Ok(());
    }
    let time = call.request.headers().get("timestamp").and_then(|time| time.to_str().ok()?.parse::<i64>().ok());
    if time.is_none() {
        return Err("no timestamp".to_owned());
    }
    let body: Value = serde_json::from_slice(call.request.body()).map_err(|error| error.to_string())?;
    let tokens = body["token"].as_array().ok_or("no list of tokens")?;
    let bare = call.request.body().len() - body["token"].to_string().len();
    if tokens.len() != batch.targets() || tokens.len() > 1000 || bare > 4096 {
        return Err(format!("{} tokens, {bare} bytes without them", tokens.len()));
    }
    let ttl = body["android"]["ttl"].as_str().and_then(|ttl| ttl.strip_suffix('s')?.parse::<u32>().ok());
    if !ttl.is_some_and(|ttl| (1..=1_296_000).contains(&ttl)) {
        return Err(format!("ttl is {}", body["android"]["ttl"]));
    }
    let shown = &body["android"]["notification"];
    let needed = ["title", "body", "clickAction", "importance"];
    let is_whole = shown.is_null() || needed.iter().all(|field| shown.get(*field).is_some());
    if is_whole { Ok(()) } else { Err(format!("a notification needs {needed:?}")) }
}
