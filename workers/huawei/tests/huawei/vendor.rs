//! The golden cases and the suite that every vendor passes.

use push_contract::{Answer, Batch, Call};
use push_huawei::Huawei;
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, answer, with_header},
    settings::overlaid,
};
use serde_json::{Value, json};

use crate::{
    answers::{CODES, next_codes},
    service_account::key_file,
};

#[test]
fn golden_cases() {
    Cases::new(&Huawei, CASES, settings()).run();
}

/// The folder of the golden cases.
pub(crate) const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

/// Their settings.
pub(crate) fn settings() -> Value {
    json!({
        "client_id": "101234567", "client_secret": "a+b/c=d&e f", "badge_class": "com.example.chat.MainActivity",
        "categories": ["IM", "VOIP", "ACCOUNT", "EXPRESS", "SUBSCRIPTION"],
        "service_account": key_file().to_string(), "next_categories": ["IM", "VOIP", "MISS_CALL", "EXPRESS"],
    })
}

/// An app with every right on both platforms.
fn full() -> Value {
    let categories = ["IM", "VOIP", "SUBSCRIPTION", "WORK", "ACCOUNT", "EXPRESS", "FINANCE", "DEVICE_REMINDER", "MAIL"];
    let on_next: Vec<&str> = categories.into_iter().chain(["MISS_CALL"]).collect();
    json!({
        "client_id": "101234567", "client_secret": "s3cret+of/the=app", "high_priority": true,
        "categories": categories, "service_account": key_file().to_string(), "next_categories": on_next,
    })
}

fn sample(settings: Value) -> Sample {
    Sample {
        wrong: vec![
            ("token_type", json!("ios")),
            ("client_id", json!("app")),
            ("client_secret", json!(["x1y2z3"])),
            ("project_id", json!("p-1")),
            ("auth_url", json!("https://auth.example?x=1")),
            ("send_url", json!("ftp://push.example")),
            ("categories", json!(["MISS_CALL"])),
            ("next_categories", json!(["IMM"])),
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
        odd,
        ..Sample::new(settings, taken, coded)
    }
}

#[test]
fn huawei_keeps_the_contract_on_android() {
    conformance::run(
        &Huawei,
        Sample {
            variants: vec![
                (
                    "the right to chat alone",
                    json!({ "categories": ["IM"], "next_categories": ["IM"], "high_priority": false }),
                ),
                ("no right at all", json!({ "categories": [], "next_categories": [], "high_priority": false })),
                ("service account, v2", json!({ "client_secret": null, "client_id": "", "project_id": "3158882" })),
                ("badges, small batches", json!({ "badge_class": "com.example.chat.MainActivity", "batch": 2 })),
            ],
            required: vec!["client_id"],
            codes: CODES.to_vec(),
            ..sample(full())
        },
    );
}

#[test]
fn huawei_keeps_the_contract_on_harmonyos_next() {
    let settings = overlaid(full(), &json!({ "token_type": "next", "next_in_app_call": true }));
    conformance::run(
        &Huawei,
        Sample {
            variants: vec![
                ("the right to chat alone", json!({ "next_categories": ["IM"], "next_in_app_call": false })),
                ("no right at all", json!({ "next_categories": [], "next_in_app_call": false })),
                ("one credential", json!({ "client_secret": null })),
                ("small batches", json!({ "batch": 2 })),
            ],
            required: vec!["service_account"],
            renamed: vec![("call.missed", "MISS_CALL")],
            codes: next_codes(),
            ..sample(settings)
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
    asked.call.api.starts_with("send").then(|| with_header(answer(400, body), "retry-after", "7"))
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

/// Sections 1 and 12.1: 1 to 1000 tokens, 4096 bytes beside them; sections 4 and 12.3: what must be there.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    let body: Value = match call.api {
        "auth" => return Ok(()),
        _ => serde_json::from_slice(call.request.body()).map_err(|error| error.to_string())?,
    };
    let is_next = call.api == "send_next";
    let tokens = &body[if is_next { "target" } else { "message" }]["token"];
    let bare = call.request.body().len() - tokens.to_string().len();
    let count = tokens.as_array().ok_or("no list of tokens")?.len();
    if count != batch.targets() || count > 1000 || bare > 4096 {
        return Err(format!("{count} tokens, {bare} bytes without them"));
    }
    let (ttl, shown, needed): (_, _, &[&str]) = if is_next {
        let needed = &["category", "title", "body", "clickAction"];
        (body["pushOptions"]["ttl"].as_u64(), &body["payload"]["notification"], needed)
    } else {
        let android = &body["message"]["android"];
        let ttl = android["ttl"].as_str().and_then(|ttl| ttl.strip_suffix('s')?.parse().ok());
        (ttl, &android["notification"], &["title", "body", "click_action"])
    };
    if !ttl.is_some_and(|ttl| (1..=1_296_000).contains(&ttl)) {
        return Err(format!("ttl is {ttl:?}"));
    }
    let push_type = call.request.headers().get("push-type").map(|value| value.to_str().unwrap_or_default());
    let wanted = is_next.then_some(if shown.is_null() { "6" } else { "0" });
    let whole = shown.is_null() || needed.iter().all(|field| shown.get(*field).is_some());
    match (whole, push_type == wanted) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("a notification needs {needed:?}")),
        (_, false) => Err(format!("push-type is {push_type:?}")),
    }
}
