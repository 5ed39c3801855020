//! The golden cases and the suite that every vendor passes.

use push_contract::{Answer, Batch, Call};
use push_fcm::Fcm;
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, answer},
};
use serde_json::{Value, json};

use crate::{
    answers::{self, CODES, Place},
    support::plain,
};

/// The folder of the golden cases.
pub(crate) const CASES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");

#[test]
fn golden_cases() {
    Cases::new(&Fcm, CASES, plain()).run();
}

#[test]
fn fcm_keeps_the_contract() {
    let calls = json!(["chat.direct", "call.invite"]);
    conformance::run(
        &Fcm,
        Sample {
            variants: vec![
                ("as data", json!({ "as_data": calls })),
                (
                    "channels",
                    json!({ "channel_id": "c", "silent_channel_id": "q", "package_name": "com.example.chat" }),
                ),
                ("poor", json!({ "default_sound": "", "collapse_data": false, "as_data": [] })),
                ("now or never", json!({ "invite_now": true })),
                ("fid", json!({ "use_fid": true, "token_type": "fid", "max_bytes": 4096 })),
            ],
            required: vec!["service_account"],
            wrong: vec![("token_type", json!("topic")), ("data_key", json!("from")), ("max_bytes", json!(0))],
            hosts: vec!["send_url", "token_url"],
            masked: vec!["authorization"],
            check: within_limits,
            codes: CODES.iter().map(|(code, action, reason, ..)| (*code, *action, *reason)).collect(),
            odd,
            ..Sample::new(plain(), taken, coded)
        },
    );
}

fn taken(asked: &Asked<'_>) -> Answer {
    let body = match asked.call.api {
        "token" => json!({ "access_token": "ya29.c.of-the-suite", "expires_in": 3599, "token_type": "Bearer" }),
        _ => json!({ "name": "projects/demo-project/messages/0:1500415314455276%31bd1c9631bd1c96" }),
    };
    answer(200, body.to_string())
}

fn coded(asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let place = CODES.iter().find(|row| row.0 == code)?.4;
    let here = (place == Place::TokenEndpoint) == (asked.call.api == "token");
    here.then(|| answers::coded(code)).flatten()
}

fn odd(_asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    let details =
        json!([7, null, {"@type": 1}, {"@type": "FcmError"}, {"@type": "x.QuotaFailure", "violations": [[]]}]);
    vec![
        ("a name and an error", answer(200, r#"{"name":"x","error":{"code":404}}"#)),
        ("details of every sort", answer(400, json!({ "error": { "details": details } }).to_string())),
        ("an error of the token endpoint", answer(400, r#"{"error":"invalid_grant"}"#)),
        ("an ID token", answer(200, r#"{"id_token":"a.b.c"}"#)),
    ]
}

/// Sections 1 and 4.2.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    if call.api == "token" {
        return Ok(());
    }
    let body: Value = serde_json::from_slice(call.request.body()).map_err(|error| error.to_string())?;
    let message = &body["message"];
    let fields = message.as_object().ok_or("no message")?;
    if fields.keys().any(|field| !["token", "fid", "data", "android"].contains(&field.as_str())) {
        return Err(format!("{:?}", fields.keys().collect::<Vec<_>>()));
    }
    let targets: Vec<_> = ["token", "fid"].iter().filter_map(|field| message.get(*field)?.as_str()).collect();
    if targets.as_slice() != batch.tokens().collect::<Vec<_>>() {
        return Err("not the one target".to_owned());
    }
    let mut bytes = 0;
    for (key, value) in message["data"].as_object().into_iter().flatten() {
        let text = value.as_str().ok_or("data that is no text")?;
        bytes += key.len() + text.len();
        let reserved = ["from", "message_type", "google", "gcm"].iter().any(|start| key.starts_with(start));
        if reserved || key.is_empty() {
            return Err(format!("the key {key} is Google's"));
        }
    }
    let shown = message["android"]["notification"].as_object();
    bytes += shown.into_iter().flatten().filter_map(|(_, value)| value.as_str()).map(str::len).sum::<usize>();
    let ttl = message["android"]["ttl"].as_str().and_then(|ttl| ttl.strip_suffix('s')?.parse::<u32>().ok());
    if ttl.is_none_or(|ttl| ttl > 2_419_200) || bytes > 4096 {
        return Err(format!("{bytes} bytes, ttl {ttl:?}"));
    }
    let priority = message["android"]["priority"].as_str();
    if matches!(priority, Some("HIGH" | "NORMAL")) { Ok(()) } else { Err(format!("priority {priority:?}")) }
}
