//! Every golden request, put to the simulator without a socket: encoder and simulator were written apart from each
//! other, from the same sheet.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use push_sim::{Ask, Simulator, vendors};
use push_testkit::jobs::CREATED_AT;
use serde_json::json;

use crate::support::{SECRET, answer, app};

/// Cases whose request Xiaomi refuses for what stands in it, with its code.
const REFUSED: [(&str, &str); 4] = [
    ("channel_not_reviewed", "27001"),
    ("gathered_jobs_refused_as_a_whole", "26006"),
    ("no_valid_target", "20301"),
    ("no_valid_targets_in_a_list", "20301"),
];

fn sim() -> Arc<vendors::Xiaomi> {
    let sim = Arc::new(vendors::Xiaomi::default());
    let private = |templates: serde_json::Value| json!({ "class": "private", "templates": templates });
    let plain = || private(json!({}));
    let app = json!({
        "app_secret": SECRET, "packages": ["com.example.chat"], "transparent": true, "public_quota": 700, "channels": {
            "138001": private(json!({ "T100023": ["sender", "text"] })),
            "138002": private(json!({ "T100024": ["caller"] })),
            "138003": plain(), "138004": plain(), "138006": plain(), "138007": plain(), "138008": plain(),
            "138005": private(json!({ "T100030": ["what"] })), "138009": plain(),
            "138010": { "class": "public" }, "138011": { "class": "subscription" },
        },
    });
    sim.register("chat", app).unwrap();
    sim
}

fn requests(case: &Path) -> Vec<String> {
    let names = std::iter::once("request.http".to_owned()).chain((2..).map(|n| format!("request-{n}.http")));
    names.map_while(|name| fs::read_to_string(case.join(name)).ok()).collect()
}

fn ask(text: &str) -> Ask {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let uri: http::Uri = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let body = body.strip_suffix('\n').unwrap().to_owned();
    Ask { method: Method::POST, path: uri.path().to_owned(), headers, body: body.into_bytes().into() }
}

fn wanted(case: &str, token: &str) -> &'static str {
    match REFUSED.iter().find(|(name, _)| *name == case) {
        Some((_, code)) => code,
        None if token.starts_with("dead-") || token.starts_with("malformed-") => "bad_regids",
        None => "0",
    }
}

#[test]
fn the_simulator_tells_the_total_once_a_second() {
    let sim = sim();
    let query = || {
        let request = app(&json!({})).quota_query().unwrap().request;
        let (head, body) = request.into_parts();
        let ask = Ask { method: head.method, path: head.uri.path().to_owned(), headers: head.headers, body };
        let opened = Arc::clone(&sim).open(ask);
        assert_eq!((opened.app.as_deref(), opened.api), (Some("chat"), "quota"));
        opened.judge
    };
    let read = |ruling: push_sim::Ruling| {
        app(&json!({})).read_quotas(&answer(200, str::from_utf8(&ruling.answer.body).unwrap()))
    };
    assert_eq!(read(query()(5000)), [("public", 700)]);
    assert!(read(query()(5999)).is_empty());
    assert_eq!(read(query()(6000)), [("public", 700)]);
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
        for text in requests(&folder) {
            let opened = Arc::clone(&sim).open(ask(&text));
            let aims = opened.aims.clone();
            assert!(opened.app.as_deref() == Some("chat") && !aims.is_empty(), "{case}");
            let ruling = (opened.judge)(u64::try_from(CREATED_AT.as_millis()).unwrap());
            for (n, aim) in aims.iter().enumerate() {
                let word = ruling.words.about(n).unwrap();
                assert_eq!(word.code, wanted(&case, &aim.token), "{case}: to {}: {word:?}", aim.token);
            }
            asked += 1;
        }
    }
    assert!(asked > 30, "{asked} requests");
}
