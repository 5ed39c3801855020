//! The golden requests put to the simulator's rules: encoder and simulator were written apart, each from the sheet.

use std::{fs, path::Path, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use push_contract::Authentication;
use push_sim::{Ask, Ruling, Simulator, vendors};
use push_testkit::{jobs::CREATED_AT, settings::overlaid};
use serde_json::{Value, json};

use crate::{
    service_account::key_file,
    support::{batch, job, open, prepare},
    vendor,
};

/// A bearer that the simulator takes for a service account's.
const SIGNED: &str = "signed.of.case";

/// Every case whose vendor refuses what can be seen in the request or in the app's rights; with the code of the simulator.
/// In all other cases the simulator takes the call, whatever the case's vendor said: about devices, rates, credentials.
const REFUSED: [(&str, &str); 2] =
    [("next_content_forbidden", "80100016"), ("next_test_message_to_eleven", "80300030")];

#[test]
fn the_simulator_takes_what_the_cases_send() {
    let (mut android, mut next) = (0, 0);
    for folder in fs::read_dir(vendor::CASES).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap();
        let request = folder.join("request.http");
        if !request.exists() {
            continue;
        }
        let text = fs::read_to_string(request).unwrap();
        let is_next = text.contains("push-type: ");
        let ruling = put(&simulator(&folder), &text);
        let word = ruling.words.about(0).unwrap();
        let refused = REFUSED.iter().find(|(case, _)| *case == name).map(|(_, code)| *code);
        match refused {
            Some(code) => assert_eq!((word.accepted, word.code.as_str()), (false, code), "{name}: {:?}", word.why),
            None => {
                assert!(word.accepted, "{name}: {} {:?}", word.code, word.why);
            }
        }
        assert_eq!(ruling.degraded_to, None, "{name}: nothing claims a class that the app has no right to");
        if is_next { next += 1 } else { android += 1 }
    }
    assert!(android >= 25 && next >= 25, "{android} and {next} calls");
}

#[test]
fn a_partial_answer_of_the_simulator_reads_as_the_golden_one() {
    let text = fs::read_to_string(Path::new(vendor::CASES).join("next_some_tokens_by_reason/request.http")).unwrap();
    let named = [("TOKEN1", "malformed-1"), ("TOKEN2", "reason-countryNotSupport-2"), ("TOKEN3", "dead-3")];
    let text = named.iter().fold(text, |text, (token, fate)| text.replace(token, fate));
    let ruling = put(&simulator(Path::new(vendor::CASES)), &text);
    let told: Value = serde_json::from_slice(&ruling.answer.body).unwrap();
    assert_eq!(told["code"], "80100000");
    let inner: Value = serde_json::from_str(told["msg"].as_str().unwrap()).unwrap();
    let reasons = json!({
        " tokenFormatError": ["malformed-1"], " countryNotSupport": ["reason-countryNotSupport-2"], " noRight": ["dead-3"],
    });
    assert_eq!(inner, json!({ "success": 1, "failure": 3, "illegalTokens": reasons }));
}

#[test]
fn the_demos_apps_are_taken_with_tokens_that_they_sign() {
    let plans: toml::Table = include_str!("../../stack.toml").parse().unwrap();
    let sim = Arc::new(vendors::Huawei::default());
    for (name, plan) in plans {
        let plan = serde_json::to_value(plan).unwrap();
        sim.register(&name, overlaid(plan["register"].clone(), &plan["secrets"])).unwrap();
        let settings =
            serde_json::from_str(&plan["settings"].to_string().replace("{sim}", "http://127.0.0.1:9")).unwrap();
        let app = open(&overlaid(json!({ "client_id": "", "badge_class": "" }), &overlaid(settings, &plan["secrets"])));
        let app = app.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(app.warnings(), Vec::<String>::new(), "{name}");
        let Authentication::Token(token) = app.authentication("next", CREATED_AT) else { panic!("{name}: no account") };
        let job = job("chat.direct").title("Li Lei").body("hi").token_type("next").build();
        let (class, _) = prepare(app.as_ref(), &job).unwrap();
        let call = app.encode(&batch(&job, class), Some(&token), CREATED_AT).unwrap();
        let (head, body) = call.request.into_parts();
        let path = head.uri.path().strip_prefix("/huawei").unwrap().to_owned();
        let ask = Ask { method: head.method, path, headers: head.headers, body };
        let ruling = (Arc::clone(&sim).open(ask).judge)(u64::try_from(CREATED_AT.as_millis()).unwrap());
        let word = ruling.words.about(0).unwrap();
        assert!(word.accepted && ruling.degraded_to.is_none(), "{name}: {} {:?}", word.code, word.why);
    }
}

/// A simulator with the app of a case, and its tokens.
fn simulator(folder: &Path) -> Arc<vendors::Huawei> {
    let over = fs::read_to_string(folder.join("settings.json")).unwrap_or_else(|_| "{}".to_owned());
    let settings = overlaid(vendor::settings(), &serde_json::from_str(&over).unwrap());
    let setting = |key: &str| settings.get(key).cloned();
    let sim = Arc::new(vendors::Huawei::default());
    let app = json!({
        "client_id": settings["client_id"], "client_secret": settings["client_secret"],
        "service_account": key_file().to_string(), "granted": settings["categories"],
        "high_priority": setting("high_priority").unwrap_or(false.into()),
        "next_granted": setting("next_categories").unwrap_or(json!([])),
        "in_app_call": setting("next_in_app_call").unwrap_or(false.into()),
    });
    sim.register("chat", app).unwrap();
    sim.desk().issue("chat", "token-of-the-case", u64::MAX);
    sim.desk().issue("chat", SIGNED, u64::MAX);
    sim
}

fn put(sim: &Arc<vendors::Huawei>, text: &str) -> Ruling {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let address: http::Uri = lines.next().unwrap().strip_prefix("POST ").unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    if address.path().starts_with("/v3/") {
        headers.insert("authorization", format!("Bearer {SIGNED}").parse().unwrap());
    }
    // The file's last line break is not part of the body.
    let body = body.strip_suffix('\n').unwrap_or(body).to_owned();
    let ask = Ask { method: Method::POST, path: address.path().to_owned(), headers, body: body.into() };
    (Arc::clone(sim).open(ask).judge)(u64::try_from(CREATED_AT.as_millis()).unwrap())
}
