//! The golden cases and the suite that every vendor passes.

use push_contract::{Answer, Batch, Call};
use push_huawei::Huawei;
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, answer, with_header},
};
use serde_json::{Value, json};

use crate::{answers::CODES, service_account::key_file};

#[test]
fn golden_cases() {
    let settings = json!({
        "client_id": "101234567", "client_secret": "a+b/c=d&e f", "badge_class": "com.example.chat.MainActivity",
        "categories": ["IM", "VOIP", "ACCOUNT", "EXPRESS", "SUBSCRIPTION"],
    });
    Cases::new(&Huawei, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"), settings).run();
}

#[test]
fn huawei_keeps_the_contract() {
    let settings = json!({
        "client_id": "101234567", "client_secret": "s3cret+of/the=app", "high_priority": true,
        "categories": ["IM", "VOIP", "SUBSCRIPTION", "WORK", "ACCOUNT", "EXPRESS", "FINANCE", "DEVICE_REMINDER", "MAIL"],
    });
    let signed = json!({ "auth": "service_account", "service_account": key_file().to_string(), "url_version": "v2" });
    conformance::run(
        &Huawei,
        Sample {
            variants: vec![
                ("the right to chat alone", json!({ "categories": ["IM"], "high_priority": false })),
                ("no right at all", json!({ "categories": [], "high_priority": false })),
                ("service account, v2", signed),
                ("badges, small batches", json!({ "badge_class": "com.example.chat.MainActivity", "batch": 2 })),
            ],
            required: vec!["client_id", "client_secret"],
            wrong: vec![
                ("auth", json!("key")),
                ("client_id", json!("app")),
                ("project_id", json!("p-1")),
                ("url_version", json!("v3")),
                ("auth_url", json!("https://auth.example?x=1")),
                ("send_url", json!("ftp://push.example")),
                ("categories", json!(["IMM"])),
                ("on_missing_right", json!("ignore")),
                ("title_limit", json!(0)),
                ("body_limit", json!(-1)),
                ("rate_per_second", json!(0)),
                ("batch", json!(1001)),
            ],
            hosts: vec!["auth_url", "send_url"],
            masked: vec!["authorization"],
            muted: |class| class.name == "MARKETING",
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
        _ => json!({ "code": "80000000", "msg": "Success", "requestId": "157278422841836431010901" }),
    };
    answer(200, body.to_string())
}

fn coded(asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let body = json!({ "code": code, "msg": "text", "requestId": "" }).to_string();
    (asked.call.api == "send").then(|| with_header(answer(400, body), "retry-after", "7"))
}

fn odd(asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    let inner = [
        ("a list of strangers", json!({ "success": 1, "failure": 1, "illegal_tokens": ["never sent"] })),
        ("an empty list", json!({ "success": 1, "failure": 0, "illegal_tokens": [] })),
        ("more failures than names", json!({ "success": 0, "failure": 9, "illegalTokens": { "noRight": [] } })),
        ("every token twice", {
            let tokens: Vec<&str> = asked.batch.tokens().chain(asked.batch.tokens()).collect();
            json!({ "success": 0, "failure": 2, "illegalTokens": tokens })
        }),
    ];
    inner.map(|(name, inner)| (name, answer(200, partial(&inner)))).into()
}

fn partial(inner: &Value) -> String {
    json!({ "code": "80100000", "msg": inner.to_string(), "requestId": "157" }).to_string()
}

/// Section 1: 1 to 1000 tokens, 4096 bytes beside them; section 4: what must be there.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    if call.api == "auth" {
        return Ok(());
    }
    let body: Value = serde_json::from_slice(call.request.body()).map_err(|error| error.to_string())?;
    let message = &body["message"];
    let tokens = message["token"].as_array().ok_or("no list of tokens")?;
    let bare = call.request.body().len() - message["token"].to_string().len();
    if tokens.len() != batch.targets() || tokens.len() > 1000 || bare > 4096 {
        return Err(format!("{} tokens, {bare} bytes without them", tokens.len()));
    }
    let ttl = message["android"]["ttl"].as_str().and_then(|ttl| ttl.strip_suffix('s')?.parse::<u32>().ok());
    if !ttl.is_some_and(|ttl| (1..=1_296_000).contains(&ttl)) {
        return Err(format!("ttl is {}", message["android"]["ttl"]));
    }
    let shown = &message["android"]["notification"];
    let whole = shown.is_null() || ["title", "body", "click_action"].iter().all(|field| shown.get(*field).is_some());
    if whole { Ok(()) } else { Err("a notification needs title, body and click_action".to_owned()) }
}
