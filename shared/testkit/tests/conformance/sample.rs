//! What the suite is told about Parcel, from its sheet. Also the example of how a vendor fills a sample.

use std::collections::BTreeMap;

use push_contract::{Answer, Batch, Call, Reason};
use push_testkit::{
    conformance::{Asked, Sample, answer, with_header},
    form,
};
use serde_json::{Value, json};

/// A sample with every right and every way of sending.
pub(crate) fn sample() -> Sample {
    let settings = json!({
        "app_id": "app-1", "app_secret": "s3cret-of-the-app", "calls": "list", "rights": ["calls", "alerts"],
    });
    Sample {
        variants: vec![
            ("no rights", json!({ "rights": [] })),
            ("gather", json!({ "calls": "gather" })),
            ("single", json!({ "calls": "single" })),
            ("sealed by default", json!({ "token_type": "sealed", "list_targets": 2 })),
        ],
        required: vec!["app_id", "app_secret"],
        wrong: vec![
            ("send_url", json!("parcel.example")),
            ("send_url", json!("ftp://parcel.example")),
            ("auth_url", json!("https://parcel.example?x=1")),
            ("calls", json!("batch")),
            ("list_targets", json!(1)),
            ("list_targets", json!(1001)),
            ("rights", json!(["call"])),
            ("token_type", json!("other")),
            ("rate_per_second", json!(0)),
            ("rate_per_second", json!("2000")),
        ],
        hosts: vec!["auth_url", "send_url"],
        token,
        check: within_limits,
        codes: CODES.to_vec(),
        odd,
        ..Sample::new(settings, taken, coded)
    }
}

/// Tokens that tell [`message`] what their type was; the sheet only has the `S`.
fn token(token_type: &str, n: usize) -> String {
    match token_type {
        "sealed" => format!("S{n}."),
        "plain" => format!("P{n}."),
        _ => format!("T{n}."),
    }
}

/// The sheet's table, written down a second time.
const CODES: [(&str, &str, Reason); 20] = [
    ("0", "accepted", Reason::Ok),
    ("1001", "device_gone", Reason::TokenUnregistered),
    ("1002", "device_gone", Reason::TokenMalformed),
    ("1003", "refused", Reason::TokenType),
    ("1004", "device_capped", Reason::DeviceCapped),
    ("1005", "unavailable", Reason::Unavailable),
    ("1006", "device_busy", Reason::RateLimited),
    ("2001", "refused", Reason::BadRequest),
    ("2002", "refused", Reason::PayloadTooLarge),
    ("2003", "refused", Reason::ContentForbidden),
    ("3001", "singly", Reason::SendSingly),
    ("3002", "refused", Reason::TokenWrongApp),
    ("4011", "app_misconfigured", Reason::CredentialRefused),
    ("4012", "app_misconfigured", Reason::CredentialRefused),
    ("4013", "credential_stale", Reason::CredentialStale),
    ("4014", "app_misconfigured", Reason::Misconfigured),
    ("5001", "slow_down", Reason::RateLimited),
    ("5002", "class_misconfigured", Reason::NoRight),
    ("5003", "quota_spent", Reason::QuotaSpent),
    ("9001", "unavailable", Reason::Unavailable),
];

fn taken(asked: &Asked<'_>) -> Answer {
    answer(
        200,
        match asked.call.api {
            "auth" => json!({ "token": "t0ken-of-the-suite", "expires_in": 3600 }),
            "save" => json!({ "code": 0, "task": "task-1" }),
            "many" => results(asked.batch, 0),
            _ => json!({ "code": 0, "id": "p-1", "bad": [] }),
        }
        .to_string(),
    )
}

/// `many`: the first message gets the code.
fn results(batch: &Batch, code: u32) -> Value {
    let ids = batch.pushes.iter().flat_map(|push| push.positions.iter().map(|n| format!("{}.{n}", push.job.id)));
    let results: Vec<Value> =
        ids.enumerate().map(|(n, id)| json!({ "id": id, "code": if n == 0 { code } else { 0 } })).collect();
    json!({ "code": 0, "results": results })
}

fn coded(asked: &Asked<'_>, code: &str) -> Option<Answer> {
    let number: u32 = code.parse().ok()?;
    let about_a_target = code.starts_with('1') || (code == "3002" && asked.call.api == "many");
    let body = match (asked.call.api, code) {
        ("auth", "4011") => return Some(answer(401, json!({ "code": number }).to_string())),
        ("auth", _) => return None,
        ("save", "0" | "3001" | "3002") | ("one" | "many", "3001") => return None,
        ("save", _) if about_a_target => return None,
        ("list", _) if about_a_target => {
            let token = asked.batch.tokens().next()?;
            json!({ "code": 0, "id": "p-1", "bad": [{ "token": token, "code": number, "since": 1_795_000_000_000_u64 }] })
        }
        ("many", _) if about_a_target => results(asked.batch, number),
        _ if code == "0" => return Some(taken(asked)),
        _ => json!({ "code": number, "until": 1_795_280_400_000_u64 }),
    };
    Some(with_header(answer(200, body.to_string()), "retry-after", "7"))
}

fn odd(asked: &Asked<'_>) -> Vec<(&'static str, Answer)> {
    let mut answers = vec![("an unlisted code", json!({ "code": 7777 })), ("a target's code", json!({ "code": 1001 }))];
    match asked.call.api {
        "many" => answers.extend([
            ("no results", json!({ "code": 0, "results": [] })),
            ("results for strangers", json!({ "code": 0, "results": [{ "id": "job-x.7", "code": 1001 }] })),
            ("a result twice", {
                let mut twice = results(asked.batch, 1001);
                let first = twice["results"][0].clone();
                if let Some(results) = twice["results"].as_array_mut() {
                    results.push(first);
                }
                twice
            }),
        ]),
        "list" => answers.extend([
            ("no bad", json!({ "code": 0, "id": "p-1" })),
            ("a stranger is bad", json!({ "code": 0, "id": "p-1", "bad": [{ "token": "X", "code": 1001 }] })),
            ("nobody is bad", json!({ "code": 0, "id": "p-1", "bad": [{ "code": 1001 }] })),
            ("an unlisted code", json!({ "code": 0, "bad": [{ "token": asked.batch.tokens().next(), "code": 7777 }] })),
        ]),
        _ => {}
    }
    answers.into_iter().map(|(name, body)| (name, answer(200, body.to_string()))).collect()
}

/// The sheet's limits, read from the sheet and not from the encoder.
fn within_limits(call: &Call, batch: &Batch) -> Result<(), String> {
    let body = str::from_utf8(call.request.body()).map_err(|error| error.to_string())?;
    let json = |text: &str| serde_json::from_str::<Value>(text).map_err(|error| error.to_string());
    match call.api {
        "save" | "one" => message(&json(body)?, call.api == "one"),
        "many" => {
            let fields: BTreeMap<String, String> = form::fields(body).collect();
            let messages = json(fields.get("messages").ok_or("no field messages")?)?;
            let messages = messages.as_array().ok_or("messages is no array")?;
            if messages.len() != batch.targets() || messages.len() > 100 {
                return Err(format!("{} messages", messages.len()));
            }
            messages.iter().try_for_each(|one| message(one, true))
        }
        "list" => {
            let tokens = json(body)?["tokens"].as_array().map_or(0, Vec::len);
            if (2..=1000).contains(&tokens) { Ok(()) } else { Err(format!("{tokens} tokens")) }
        }
        _ => Ok(()),
    }
}

fn message(message: &Value, has_token: bool) -> Result<(), String> {
    let fields = message.as_object().ok_or("no object")?;
    let units = |text: &str| text.encode_utf16().count();
    for (name, value) in fields {
        let fits = match (name.as_str(), value) {
            ("id", Value::String(text)) => (1..=80).contains(&text.len()),
            ("title", Value::String(text)) => units(text) <= 20,
            ("body", Value::String(text)) => units(text) <= 100,
            ("ext", Value::String(_)) | ("silent" | "sealed", Value::Bool(_)) => true,
            ("class", Value::String(text)) => ["talk", "call", "alert", "news", "promo"].contains(&text.as_str()),
            ("ttl", Value::Number(seconds)) => seconds.as_u64().is_some_and(|n| (1..=604_800).contains(&n)),
            ("badge", Value::Number(number)) => number.as_u64().is_some_and(|n| n <= 99),
            ("click", Value::String(text)) => text == "app" || text.starts_with("url:https://"),
            ("tag", Value::String(text)) => text.len() <= 64,
            ("token", Value::String(_)) => has_token,
            _ => false,
        };
        if !fits {
            return Err(format!("the sheet has no {name} like this"));
        }
    }
    let sealed = fields.get("sealed") == Some(&json!(true));
    let token = fields.get("token").and_then(Value::as_str).unwrap_or_default();
    if (token.starts_with('S') && !sealed) || (token.starts_with('P') && sealed) {
        return Err("sealed does not fit the token".to_owned());
    }
    let mut bare = fields.clone();
    bare.remove("token");
    let bytes = Value::Object(bare).to_string().len();
    if bytes > 4096 { Err(format!("{bytes} bytes")) } else { Ok(()) }
}
