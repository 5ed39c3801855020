//! The golden cases and the suite that every vendor passes.

use push_contract::{Answer, Batch, Call};
use push_oppo::Oppo;
use push_testkit::{
    cases::Cases,
    conformance::{self, Asked, Sample, answer, with_header},
    form,
};
use serde_json::{Map, Value, json};

use crate::{
    answers::CODES,
    support::{field, rights},
};

#[test]
fn golden_cases() {
    Cases::new(&Oppo, concat!(env!("CARGO_MANIFEST_DIR"), "/cases"), rights()).run();
}

#[test]
fn oppo_keeps_the_contract() {
    conformance::run(
        &Oppo,
        Sample {
            variants: vec![
                ("the right to chat alone", json!({ "categories": ["IM"], "strong_reminder": [] })),
                ("no right at all", json!({ "categories": [], "templates": { "IM": null } })),
                ("one call each", json!({ "batch": 1, "badge": true, "silent_channel_id": "quiet" })),
                ("small batches", json!({ "batch": 7 })),
                ("templates alone", json!({ "template_texts": false })),
                ("callbacks", json!({ "callback_url": "https://a.example/x", "image": true, "channel_id": "" })),
            ],
            required: vec!["app_key", "master_secret"],
            wrong: vec![
                ("cn_url", json!("ftp://push.example")),
                ("intl_url", json!("https://push.example?x=1")),
                ("categories", json!(["IMM"])),
                ("strong_reminder", json!(["calls"])),
                ("on_missing_right", json!("ignore")),
                ("channels", json!("chat")),
                ("image", json!("large")),
                ("callback_url", json!("oppo.example")),
                ("callback_url", json!(format!("https://a.example/{}", "x".repeat(200)))),
                ("rate_per_second", json!(0)),
                ("batch", json!(0)),
                ("batch", json!(1001)),
            ],
            hosts: vec!["cn_url", "intl_url"],
            token: |_, n| format!("OPPO_CN_{n:032x}"),
            check: within_limits,
            codes: CODES.to_vec(),
            odd,
            ..Sample::new(rights(), taken, coded)
        },
    );
}

fn ids(asked: &Asked<'_>) -> Vec<String> {
    asked.batch.tokens().map(str::to_owned).collect()
}

fn elements(asked: &Asked<'_>, first: &Value) -> Value {
    let element = |(n, id): (usize, &String)| {
        let mut element = json!({ "messageId": format!("APP-1-1-{n}"), "registrationId": id });
        if n == 0 && !first.is_null() {
            element["errorCode"] = first.clone();
        }
        element
    };
    ids(asked).iter().enumerate().map(element).collect()
}

fn said(code: i64, data: &Value) -> Answer {
    answer(200, json!({ "code": code, "message": "text", "data": data }).to_string())
}

fn taken(asked: &Asked<'_>) -> Answer {
    let data = match asked.call.api {
        "auth" => json!({ "auth_token": "58ad47319e8d725350a5afd5", "create_time": 1_795_248_000_000_u64 }),
        "unicast" => json!({ "messageId": "APP-1-1-aaa" }),
        "unicast_batch" => elements(asked, &Value::Null),
        "save" => json!({ "message_id": "58ad47319e8d725350a5afd5" }),
        _ => json!({ "message_id": "58ad47319e8d725350a5afd5", "task_id": "5b1f" }),
    };
    said(0, &data)
}

fn coded(asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let number: i64 = code.parse().ok()?;
    let about_an_id = code.starts_with("1000") || code == "32";
    let verdict_of_auth = ["14", "15", "16", "17", "18", "19", "26", "27", "28", "30", "-1"];
    let answer = match (asked.call.api, code) {
        ("auth", _) => verdict_of_auth.contains(&code).then(|| said(number, &Value::Null))?,
        (_, "0") => taken(asked),
        // Both lead to further calls there; the answers test looks at them.
        ("save", _) if about_an_id => return None,
        ("broadcast", "31") => return None,
        ("unicast_batch", _) if about_an_id => said(0, &elements(asked, &json!(code))),
        ("broadcast", _) if about_an_id => {
            let mut data = Map::from_iter([("task_id".to_owned(), json!("5b1f"))]);
            data.insert(code.to_owned(), json!([ids(asked).first()?]));
            said(0, &Value::Object(data))
        }
        _ => said(number, &Value::Null),
    };
    Some(with_header(answer, "retry-after", "7"))
}

fn odd(asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    let mut answers = vec![("an unlisted code", said(777, &Value::Null)), ("a server error", said(500, &Value::Null))];
    let all = ids(asked);
    answers.extend(match asked.call.api {
        "unicast_batch" => vec![
            ("no elements", said(0, &json!([]))),
            ("a stranger", said(0, &json!([{ "registrationId": "X", "errorCode": 10000 }]))),
            ("every element twice", {
                let one = elements(asked, &json!("10001"));
                let twice: Vec<Value> = [one.as_array().unwrap().clone(), one.as_array().unwrap().clone()].concat();
                said(0, &Value::from(twice))
            }),
            ("no ids, too many", said(0, &Value::from(vec![json!({ "errorCode": 0 }); all.len() + 2]))),
        ],
        "broadcast" => vec![
            ("every id under two codes", said(0, &json!({ "10000": all, "10001": all }))),
            ("strangers", said(0, &json!({ "10000": ["X"] }))),
            ("a list that is a text", said(0, &json!({ "10000": "X;Y" }))),
        ],
        "save" => vec![("saved before, under this id", said(32, &json!({ "message_id": "58ad" })))],
        _ => Vec::new(),
    });
    answers
}

/// Section 1 and the table of section 4.1, read from the sheet and not from the encoder.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    let body = str::from_utf8(call.request.body()).map_err(|error| error.to_string())?;
    let json =
        |text: Option<String>| serde_json::from_str::<Value>(&text.unwrap_or_default()).map_err(|e| e.to_string());
    match call.api {
        "unicast" => notification(&json(field(call, "message"))?["notification"]),
        "unicast_batch" => {
            let messages = json(field(call, "messages"))?;
            let messages = messages.as_array().ok_or("messages is no array")?;
            if messages.len() != batch.targets() || messages.len() > 1000 {
                return Err(format!("{} messages", messages.len()));
            }
            messages.iter().try_for_each(|message| notification(&message["notification"]))
        }
        "save" => {
            let text = |name: &str| field(call, name).map_or(Value::Null, Value::from);
            let flat: Map<String, Value> = form::fields(body).map(|(name, _)| (name.clone(), text(&name))).collect();
            notification(&Value::Object(flat))
        }
        "broadcast" => {
            let ids = field(call, "target_value").unwrap_or_default();
            let count = ids.split(';').count();
            if count == batch.targets() && count <= 1000 { Ok(()) } else { Err(format!("{count} ids")) }
        }
        _ => Ok(()),
    }
}

fn notification(shown: &Value) -> Result<(), String> {
    let text = |name: &str| match &shown[name] {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let most = |name: &str, limit: usize| {
        let length = text(name).map_or(0, |text| text.chars().count());
        if length <= limit { Ok(()) } else { Err(format!("{name} has {length} characters")) }
    };
    let content = if text("style").as_deref() == Some("2") { 128 } else { 50 };
    for (name, limit) in [
        ("title", 50),
        ("sub_title", 10),
        ("content", content),
        ("click_action_activity", 500),
        ("click_action_url", 2000),
        ("action_parameters", 4000),
        ("call_back_url", 200),
        ("call_back_parameter", 100),
    ] {
        most(name, limit)?;
    }
    let ttl = text("off_line_ttl").and_then(|ttl| ttl.parse::<u64>().ok());
    let kept = text("off_line").as_deref() == Some("true");
    if kept != ttl.is_some_and(|ttl| (1..=864_000).contains(&ttl)) {
        return Err(format!("off_line {kept} with off_line_ttl {ttl:?}"));
    }
    let bare = text("private_msg_template_id").is_some();
    let named = text("app_message_id").is_some() && (bare || (text("title").is_some() && text("content").is_some()));
    if named { Ok(()) } else { Err("app_message_id, title and content are required".to_owned()) }
}
