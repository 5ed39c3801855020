//! Every golden request, put to the simulator without a socket: encoder and simulator were written apart from each
//! other, from the same sheet.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use push_sim::{Ask, Simulator, vendors};
use push_testkit::{form, jobs::CREATED_AT};
use serde_json::{Value, json};

use crate::support::{APP_KEY, MASTER_SECRET};

/// Cases whose request OPPO refuses for what stands in it, with its code.
const REFUSED: [(&str, &str); 1] = [("template_is_missing", "54")];

fn sim() -> Arc<vendors::Oppo> {
    let sim = Arc::new(vendors::Oppo::default());
    let template = |title: &str, content: &str| json!({ "title": [title], "content": [content] });
    let app = json!({
        "app_key": APP_KEY, "master_secret": MASTER_SECRET, "strong_reminder": true, "pictures": true,
        "granted": ["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION"],
        "templates": { "TPL0001": template("sender", "text"), "TPL0002": template("caller", "kind") },
    });
    sim.register("chat", app).unwrap();
    sim.desk().issue("chat", "token-of-the-case", u64::MAX);
    sim
}

fn requests(case: &Path) -> Vec<String> {
    let names = std::iter::once("request.http".to_owned()).chain((2..).map(|n| format!("request-{n}.http")));
    names.map_while(|name| fs::read_to_string(case.join(name)).ok()).collect()
}

/// The request of a file; a saved content has the id that the simulator gave it.
fn ask(text: &str, saved: Option<&str>) -> Ask {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let uri: http::Uri = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let body = body.strip_suffix('\n').unwrap();
    let named = form::fields(body).find(|(name, _)| name == "message_id").map(|(_, id)| id);
    let body = match (named, saved) {
        (Some(named), Some(saved)) => body.replace(&format!("message_id={named}"), &format!("message_id={saved}")),
        _ => body.to_owned(),
    };
    Ask { method: Method::POST, path: uri.path().to_owned(), headers, body: body.into_bytes().into() }
}

fn wanted(case: &str, token: &str) -> &'static str {
    match REFUSED.iter().find(|(name, _)| *name == case) {
        Some((_, code)) => code,
        None if token.starts_with("dead-") => "10001",
        None if token.starts_with("malformed-") => "10000",
        None => "0",
    }
}

#[test]
fn the_simulator_takes_every_golden_request_but_what_its_name_foretells() {
    let cases = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
    let mut folders: Vec<PathBuf> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut asked = 0;
    for folder in folders {
        let case = folder.file_name().unwrap().to_string_lossy().into_owned();
        let sim = sim();
        let mut saved: Option<String> = None;
        for text in requests(&folder) {
            let opened = Arc::clone(&sim).open(ask(&text, saved.as_deref()));
            let (aims, api) = (opened.aims.clone(), opened.api);
            let ruling = (opened.judge)(u64::try_from(CREATED_AT.as_millis()).unwrap());
            if aims.is_empty() {
                let word = ruling.words.about(0).unwrap();
                assert!(word.accepted, "{case}: {api}: {word:?}");
            }
            for (n, aim) in aims.iter().enumerate() {
                let word = ruling.words.about(n).unwrap();
                assert_eq!(word.code, wanted(&case, &aim.token), "{case}: {api} to {}: {word:?}", aim.token);
            }
            let answer: Value = serde_json::from_slice(&ruling.answer.body).unwrap();
            if api == "save" {
                saved = answer["data"]["message_id"].as_str().map(str::to_owned);
            }
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked} requests");
}
