//! The golden cases and the suite that every vendor passes.

use push_contract::{Answer, Batch, Call, Reason};
use push_meizu::Meizu;
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, with_header},
};
use serde_json::{Value, json};

use crate::{
    answers::{HEADS, TARGETS},
    support::{answer, credential, field, processed, refused},
};

#[test]
fn golden_cases() {
    Cases::new(&Meizu, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"), credential()).run();
}

#[test]
fn meizu_keeps_the_contract() {
    // 110010 stands in both tables; the answers test looks at its other meaning.
    let heads = HEADS.iter().filter(|(code, ..)| TARGETS.iter().all(|(target, ..)| target != code));
    conformance::run(
        &Meizu,
        Sample {
            variants: vec![
                ("public messages alone", json!({ "private": false, "alert_public": true })),
                ("VIP, pictures", json!({ "vip": true, "image": "upload", "long_body": 1000 })),
                ("tasks", json!({ "task_from": 1, "batch": 7 })),
                (
                    "transparent messages",
                    json!({ "data_messages": "transparent", "callback_url": "https://a.example/r" }),
                ),
                (
                    "overseas",
                    json!({ "region": "intl", "package_names": ["com.example.chat"], "rate_counts": "calls" }),
                ),
            ],
            required: vec!["app_id", "app_secret"],
            wrong: vec![
                ("region", json!("us")),
                ("cn_url", json!("ftp://push.example")),
                ("intl_url", json!("https://push.example?x=1")),
                ("kinds", json!("private")),
                ("on_missing_right", json!("ignore")),
                ("data_messages", json!("send")),
                ("data_key", json!("")),
                ("rate_per_second", json!(0)),
                ("rate_counts", json!("bytes")),
                ("batch", json!(101)),
                ("long_body", json!(100)),
            ],
            hosts: vec!["cn_url", "intl_url"],
            check: within_limits,
            codes: heads.chain(&TARGETS).copied().collect::<Vec<(&str, &str, Reason)>>(),
            odd,
            ..Sample::new(credential(), taken, coded)
        },
    );
}

fn taken(asked: &Asked<'_>) -> Answer {
    match asked.call.api {
        "upload" => processed(&json!({ "imgUrl": "https://image.res.meizu.com/p.png" })),
        "task_id" => processed(&json!({ "taskId": 20457, "pushType": 0, "appId": 100_999 })),
        _ => processed(&json!({})),
    }
}

fn coded(asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let in_map = TARGETS.iter().any(|(target, ..)| *target == code);
    let answer = match (asked.call.api, code) {
        (_, "200") => taken(asked),
        // Neither names a target.
        ("upload" | "task_id", _) if in_map => return None,
        _ if in_map => processed(&json!({ code: [asked.batch.tokens().next()?] })),
        _ => refused(code),
    };
    Some(with_header(answer, "retry-after", "7"))
}

fn odd(asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    let all: Vec<&str> = asked.batch.tokens().collect();
    vec![
        ("an unlisted code", refused("777")),
        ("every target under two codes", processed(&json!({ "110002": all, "110011": all }))),
        ("a stranger", processed(&json!({ "110002": ["X"] }))),
        ("a list that is a text", processed(&json!({ "110002": "T0,T1" }))),
        ("a redirect", answer(200, r#"{"code":"300","redirect":"http://127.0.0.1:40001/x"}"#)),
        ("a redirect to nowhere", answer(200, r#"{"code":"300","redirect":7}"#)),
    ]
}

/// Sections 1 and 4.1, read from the sheet and not from the encoder.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    if let Some(ids) = field(call, "pushIds") {
        let count = ids.split(',').count();
        if count != batch.targets() || count > 100 {
            return Err(format!("{count} ids"));
        }
    }
    let Some(text) = field(call, "messageJson") else { return Ok(()) };
    let message: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
    let time = &message["pushTimeInfo"];
    let hours = time["validTime"].as_u64();
    if (time["offLine"] == 1) != hours.is_some_and(|hours| (1..=72).contains(&hours)) {
        return Err(format!("the time is {time}"));
    }
    if call.api == "transparent" {
        let bytes = message["content"].as_str().unwrap_or_default().len();
        return if (1..=2000).contains(&bytes) { Ok(()) } else { Err(format!("content has {bytes} bytes")) };
    }
    for (place, limit) in [("/noticeBarInfo/title", 32), ("/noticeBarInfo/content", 100), ("/advanceInfo/notifyKey", 8)]
    {
        let length = message.pointer(place).and_then(Value::as_str).map_or(0, |text| text.chars().count());
        if !(1..=limit).contains(&length) {
            return Err(format!("{place} has {length} characters"));
        }
    }
    Ok(())
}
