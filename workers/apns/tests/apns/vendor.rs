//! The golden cases and the suite that every vendor passes.

use push_apns::Apns;
use push_contract::{Answer, Batch, Call};
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, answer, with_header},
    settings::overlaid,
};
use serde_json::{Value, json};

use crate::{answers::CODES, support::plain};

/// The settings of the golden cases.
pub(crate) fn settings() -> Value {
    overlaid(plain(), &json!({ "time_sensitive": true }))
}

/// Their folder.
pub(crate) const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn golden_cases() {
    Cases::new(&Apns, CASES, settings()).run();
}

#[test]
fn apns_keeps_the_contract() {
    let rights = json!({ "time_sensitive": true, "critical": true, "voip": "all" });
    let certificate =
        "-----BEGIN CERTIFICATE-----\nmade-up\n-----END CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\nmade-up\n";
    conformance::run(
        &Apns,
        Sample {
            variants: vec![
                ("no right", json!({ "time_sensitive": false, "critical": false })),
                ("certificate", json!({ "auth": "certificate", "key": null, "certificate": certificate })),
                ("extension", json!({ "mutable_content": true })),
                ("another sound", json!({ "default_sound": "x" })),
                ("sandbox host", json!({ "production_url": "https://elsewhere.example" })),
            ],
            required: vec!["key", "key_id", "team_id", "bundle_id"],
            wrong: vec![("environment", json!("test")), ("data_key", json!("aps")), ("voip", json!("some"))],
            hosts: vec!["production_url", "sandbox_url"],
            masked: vec!["authorization"],
            token: |_, n| format!("{:064x}", n + 1),
            muted: |class| class.name == "passive",
            check: within_limits,
            codes: CODES.iter().map(|(code, action, reason, _)| (*code, *action, *reason)).collect(),
            odd,
            status_tells: true,
            ..Sample::new(overlaid(plain(), &rights), taken, coded)
        },
    );
}

fn taken(_asked: &Asked<'_>) -> Answer {
    with_header(answer(200, ""), "apns-id", "3F2504E0-4F89-41D3-9A0C-0305E82C3301")
}

fn coded(_asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let status = CODES.iter().find(|row| row.0 == code)?.3;
    Some(answer(status, json!({ "reason": code, "timestamp": 1_699_990_000_123_u64 }).to_string()))
}

fn odd(_asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    vec![
        ("an id and a page", with_header(answer(200, "<html>"), "apns-id", "x")),
        ("a reason in a list", answer(400, r#"["BadDeviceToken"]"#)),
        ("a reason with more beside it", answer(410, r#"{"reason":"Unregistered","timestamp":1,"more":{}}"#)),
    ]
}

/// Sections 1, 4.1 and 4.2.
fn within_limits(call: &Call, _batch: &Batch) -> Result<(), String> {
    let header =
        |name: &str| call.request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let voip = header("apns-push-type") == "voip";
    let size = call.request.body().len();
    if size > if voip { 5120 } else { 4096 } {
        return Err(format!("{size} bytes"));
    }
    if header("apns-collapse-id").len() > 64 || header("apns-id").len() != 36 {
        return Err("an id is too long or no UUID".to_owned());
    }
    if header("apns-topic").ends_with(".voip") != voip || !header("apns-topic").starts_with("com.example.chat") {
        return Err(format!("topic {}", header("apns-topic")));
    }
    let background = header("apns-push-type") == "background";
    let priority = header("apns-priority");
    if background && priority != "5" || voip && priority != "10" || !["10", "5", "1"].contains(&priority) {
        return Err(format!("priority {priority}"));
    }
    match header("apns-expiration").parse::<u64>() {
        Ok(0 | 1_700_000_000..) => Ok(()),
        // The suite also asks at the beginning of time.
        Ok(moment) if moment <= 30 * 24 * 3600 => Ok(()),
        other => Err(format!("expiration {other:?}")),
    }
}
