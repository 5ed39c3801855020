//! The golden cases and the suite that every vendor passes.

use push_contract::{Answer, Batch, Call};
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, answer, with_header},
};
use push_xiaomi::Xiaomi;
use serde_json::{Map, Value, json};

use crate::{
    answers::{codes, refusal},
    support::{fields, rights},
};

#[test]
fn golden_cases() {
    Cases::new(&Xiaomi, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"), rights()).run();
}

#[test]
fn xiaomi_keeps_the_contract() {
    let without = |names: &[&str]| -> Value {
        let gone: Map<String, Value> = names.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
        json!({ "channels": gone })
    };
    let all = rights()["channels"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    conformance::run(
        &Xiaomi,
        Sample {
            variants: vec![
                (
                    "the right to chat alone",
                    without(&all[..].iter().copied().filter(|n| *n != "IM").collect::<Vec<_>>()),
                ),
                ("no right at all", without(&all)),
                ("transparent messages", json!({ "pass_through": true })),
                ("one call each", json!({ "batch": 1, "gather_jobs": 1 })),
                ("outside China", json!({ "region": "eu", "batch": 7, "gather_jobs": 3 })),
                ("templates alone", json!({ "template_texts": false, "app_name": "C" })),
                ("callbacks", json!({ "callback_url": "https://a.example/x", "api_version": "v2" })),
            ],
            required: vec!["app_secret"],
            wrong: vec![
                ("packages", json!([])),
                ("packages", json!("com.example.chat")),
                ("region", json!("us")),
                ("cn_url", json!("ftp://push.example")),
                ("sg_url", json!("https://push.example?x=1")),
                ("api_version", json!("v5")),
                ("channels", json!("chat")),
                ("on_missing_right", json!("ignore")),
                ("template_texts", json!("yes")),
                ("template_fallback", json!("☺")),
                ("pass_through", json!(1)),
                ("callback_url", json!(format!("https://a.example/{}", "x".repeat(128)))),
                ("rate_per_second", json!(0)),
                ("batch", json!(1001)),
                ("gather_jobs", json!(1001)),
            ],
            hosts: vec!["cn_url", "ru_url", "in_url", "eu_url", "sg_url"],
            token: |_, n| format!("reg{n:04}Zz0w7o2sHqY"),
            check: within_limits,
            codes: codes(),
            odd,
            ..Sample::new(rights(), taken, coded)
        },
    );
}

fn said(data: &Value) -> Answer {
    let mut whole = json!({ "id": "scm51336519827468580b1", "day_quota": "2000000", "day_acked": "15032" });
    whole.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    let body = json!({ "result": "ok", "trace_id": "Xdm01", "code": 0, "data": whole, "info": "Received" });
    answer(200, body.to_string())
}

fn taken(_asked: &Asked<'_>) -> Answer {
    said(&json!({}))
}

fn coded(asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let first = asked.batch.tokens().next()?;
    let answer = match code {
        "0" => taken(asked),
        "bad_regids" => said(&json!({ "bad_regids": first })),
        "channel_exceed_quota" => said(&json!({ "channel_exceed_quota": "138001:1 no_channel:1 138010:1" })),
        _ => answer(200, refusal(code.parse().ok()?, "No valid targets!")),
    };
    Some(with_header(answer, "retry-after", "7"))
}

fn odd(asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    let all: Vec<&str> = asked.batch.tokens().collect();
    vec![
        ("an unlisted code", answer(200, refusal(66_001, "?"))),
        ("every id is bad", said(&json!({ "bad_regids": all.join(",") }))),
        ("strangers are bad", said(&json!({ "badRegIds": "X,Y" }))),
        ("too many over the total", said(&json!({ "channel_exceed_quota": "138001:99 138001:98 no_channel:99" }))),
        ("no data", answer(200, r#"{"code":0}"#)),
    ]
}

/// Sections 1, 4.1 and 4.2, read from the sheet and not from the encoder.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    let mut form = fields(call);
    if call.api == "multi" {
        let messages: Vec<Value> = serde_json::from_str(&form["messages"]).map_err(|error| error.to_string())?;
        if messages.len() != batch.targets() || messages.len() > 1000 || call.request.body().len() > 1_000_000 {
            return Err(format!("{} messages", messages.len()));
        }
        return messages.iter().try_for_each(|element| message(&element["message"]));
    }
    let ids = form.remove("registration_id").unwrap_or_default();
    if ids.split(',').count() != batch.targets() || batch.targets() > 1000 {
        return Err(format!("{} ids", ids.split(',').count()));
    }
    let (mut flat, mut extra) = (Map::new(), Map::new());
    for (name, text) in form {
        match name.strip_prefix("extra.") {
            Some(name) => extra.insert(name.to_owned(), text.into()),
            None => flat.insert(name, text.into()),
        };
    }
    flat.insert("extra".to_owned(), extra.into());
    message(&Value::Object(flat))
}

fn message(message: &Value) -> Result<(), String> {
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let shows = text(&message["pass_through"]).as_deref() == Some("0");
    let bare = message["extra"].get("template_id").is_some();
    for (name, below) in [("title", 50), ("description", 128), ("payload", 4096)] {
        match text(&message[name]) {
            None if name == "payload" && shows => {}
            None if name != "payload" && (!shows || bare) => {}
            None => return Err(format!("{name} is required")),
            Some(text) if text.trim().is_empty() => return Err(format!("{name} is blank")),
            Some(text) if text.chars().count() >= below => return Err(format!("{name} is too long")),
            Some(_) => {}
        }
    }
    let extra = message["extra"].as_object().ok_or("extra is no object")?;
    if extra.values().any(|value| !value.is_string()) {
        return Err("a value of extra is no text".to_owned());
    }
    if shows != extra.contains_key("notify_effect") {
        return Err("notify_effect".to_owned());
    }
    let ttl = text(&message["time_to_live"]).and_then(|ttl| ttl.parse::<u64>().ok());
    let kept = ttl.is_some_and(|ttl| (1..=864_000_000).contains(&ttl));
    let once = extra.get("only_send_once") == Some(&json!("1"));
    if kept == once { Err(format!("time_to_live {ttl:?}, only_send_once {once}")) } else { Ok(()) }
}
