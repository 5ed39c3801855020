//! The golden cases and the suite that every vendor passes.

use push_contract::{Answer, Batch, Call};
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, answer, with_header},
};
use push_vivo::Vivo;
use serde_json::{Value, json};

use crate::{answers::CODES, support::credential};

#[test]
fn golden_cases() {
    Cases::new(&Vivo, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"), credential()).run();
}

#[test]
fn vivo_keeps_the_contract() {
    conformance::run(
        &Vivo,
        Sample {
            variants: vec![
                ("the right to subscriptions", json!({ "subscription": true })),
                ("no package, single sends", json!({ "package": "", "batch": 1 })),
                ("small lists, receipts", json!({ "batch": 2, "callback_id": "100123" })),
                ("single sends, a callback", json!({ "batch": 1, "callback_url": "https://cb.example.com/vivo" })),
                ("texts as they are, counted in units", json!({ "clean_texts": false, "cjk_counts_twice": false })),
            ],
            required: vec!["app_id", "app_key", "app_secret"],
            wrong: vec![
                ("app_id", json!("app")),
                ("api_url", json!("ftp://push.example")),
                ("on_missing_right", json!("ignore")),
                ("special_categories", json!({ "IM": 0 })),
                ("kinds", json!({ "social.request": "CHAT" })),
                ("data_key", json!("")),
                ("send_online", json!(["call"])),
                ("cjk_counts_twice", json!("columns")),
                ("clean_texts", json!("always")),
                ("ttl_max_seconds", json!(60)),
                ("callback_url", json!("cb.example.com")),
                ("rate_per_second", json!(0)),
                ("batch", json!(1001)),
                ("results", json!({ "0": "10050" })),
            ],
            hosts: vec!["api_url"],
            token: |_, n| format!("v2-CRmk{n}x"),
            muted: |class| class.detail["classification"] == 0,
            check: within_limits,
            codes: CODES.to_vec(),
            odd,
            ..Sample::new(credential(), taken, coded)
        },
    );
}

fn taken(asked: &Asked<'_>) -> Answer {
    let body = match asked.call.api {
        "auth" => json!({ "result": 0, "desc": "请求成功", "authToken": "24ojds98fu3jqrioeu982134jieds9fq43u09uaf" }),
        "list" => json!({ "result": 0, "desc": "请求成功" }),
        _ => json!({ "result": 0, "desc": "请求成功", "taskId": "498476987389849600" }),
    };
    answer(200, body.to_string())
}

fn coded(asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let api = asked.call.api;
    if let Some(status) = code.strip_prefix("status_") {
        let user = json!({ "status": status.parse::<i64>().unwrap(), "userid": asked.batch.tokens().next() });
        let (name, users) = match api {
            "send" => ("invalidUser", user),
            "list" => ("invalidUsers", json!([user])),
            _ => return None,
        };
        return Some(answer(200, json!({ "result": 0, "desc": "", name: users }).to_string()));
    }
    let here = match code {
        "0" => return (api == "send" || api == "list").then(|| taken(asked)),
        // Of auth calls alone; auth calls have these and no other.
        "10093" => api == "auth",
        "10200" | "10201" | "10202" | "10203" | "10204" | "10205" | "10206" | "10207" => true,
        _ if api == "auth" => false,
        "10252" => api == "save",
        // A list is not buried by one id, and a text is cleaned and sent once more: see `answers`.
        "10302" => api == "send",
        "10085" | "10104" => asked.call.memo.is_some(),
        _ => true,
    };
    let body = json!({ "result": code.parse::<i64>().unwrap(), "desc": "text" }).to_string();
    here.then(|| with_header(answer(200, body), "retry-after", "7"))
}

fn odd(asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    let with = |name: &str, users: Value| {
        answer(200, json!({ "result": 0, "desc": "", "taskId": 7, name: users }).to_string())
    };
    let tokens: Vec<&str> = asked.batch.tokens().chain(asked.batch.tokens()).collect();
    let twice: Vec<Value> = tokens.iter().map(|token| json!({ "status": "1", "userid": token })).collect();
    vec![
        ("a stranger", with("invalidUsers", json!([{ "status": 1, "userid": "never sent" }]))),
        ("a stranger alone", with("invalidUser", json!({ "status": 1, "userid": "never sent" }))),
        ("an unlisted status", with("invalidUsers", json!([{ "status": 9, "userid": tokens[0] }]))),
        ("nobody", with("invalidUsers", json!([{ "status": 1 }]))),
        ("every token twice", with("invalidUsers", twice.into())),
    ]
}

/// Section 4: what must be there, and how long it may be.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    let body: Value = serde_json::from_slice(call.request.body()).map_err(|error| error.to_string())?;
    let id = body["requestId"].as_str().unwrap_or_default();
    if call.api != "auth" && !(1..=64).contains(&id.len()) {
        return Err(format!("requestId {id}"));
    }
    let shortest = match call.api {
        "auth" => return Ok(()),
        "list" => {
            let ids = body["regIds"].as_array().map_or(0, Vec::len);
            let fits = ids == batch.targets() && (2..=1000).contains(&ids) && body["taskId"].is_string();
            return if fits { Ok(()) } else { Err(format!("{ids} regIds")) };
        }
        "save" => 900,
        _ => 60,
    };
    let life = body["timeToLive"].as_u64().unwrap_or_default();
    let units: usize = body["clientCustomMap"].as_object().into_iter().flatten().fold(0, |sum, (key, value)| {
        sum + key.len() + value.as_str().map_or(10_000, |value| value.encode_utf16().count())
    });
    let blank = |field: &str| body[field].as_str().is_none_or(|text| text.trim().is_empty());
    match () {
        () if !(shortest..=86_400).contains(&life) => Err(format!("timeToLive {life}")),
        () if units > 1024 => Err(format!("clientCustomMap has {units}")),
        () if blank("title") || blank("content") => Err("an empty text".to_owned()),
        () if body["regId"].is_string() != (call.api == "send") => Err("regId".to_owned()),
        () if !body["appId"].is_u64() || !body["notifyId"].is_u64() => Err("an id is no number".to_owned()),
        () => Ok(()),
    }
}
