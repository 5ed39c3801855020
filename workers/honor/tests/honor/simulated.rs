//! Every golden request, put to the simulator's rules without a socket: encoder and simulator were written apart from each
//! other, from the same sheet.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use push_sim::{Ask, Simulator, vendors};
use push_testkit::jobs::CREATED_AT;
use serde_json::{Value, json};

use crate::support::{APP_ID, CLIENT_ID, CLIENT_SECRET};

/// Cases that Honor refuses for what stands in the request, with its code.
const REFUSED: [(&str, &str); 1] = [("content_refused", "80100016")];

fn sim() -> Arc<vendors::Honor> {
    let sim = Arc::new(vendors::Honor::default());
    let app = json!({ "app_id": APP_ID, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
                      "self_classification": true });
    sim.register("chat", app).unwrap();
    sim.desk().issue("chat", "token-of-the-case", u64::MAX);
    sim
}

/// The request of a file.
fn ask(text: &str) -> Ask {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let uri: Uri = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let body = body.strip_suffix('\n').unwrap().to_owned();
    Ask { method: Method::POST, path: uri.path().to_owned(), headers, body: body.into_bytes().into() }
}

fn is_dead(token: &str) -> bool {
    token.starts_with("dead-") || token.starts_with("malformed-")
}

/// The lists that an answer names, in any order.
fn lists(answer: &Value) -> [Vec<&str>; 2] {
    ["failTokens", "expireTokens"].map(|name| {
        let list = answer["data"][name].as_array();
        let mut tokens: Vec<&str> = list.into_iter().flatten().filter_map(Value::as_str).collect();
        tokens.sort_unstable();
        tokens
    })
}

#[test]
fn the_simulator_takes_every_golden_request_but_what_its_name_foretells() {
    let cases = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
    let mut folders: Vec<PathBuf> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut asked = 0;
    for folder in folders {
        let case = folder.file_name().unwrap().to_string_lossy().into_owned();
        let Ok(text) = fs::read_to_string(folder.join("request.http")) else { continue };
        asked += 1;
        let opened = sim().open(ask(&text));
        let (api, aims) = (opened.api, opened.aims.clone());
        let ruling = (opened.judge)(u64::try_from(CREATED_AT.as_millis()).unwrap());
        if let Some((_, code)) = REFUSED.iter().find(|(name, _)| *name == case) {
            assert_eq!(ruling.words.about(0).unwrap().code, *code, "{case}");
            continue;
        }
        if api == "token" {
            assert!(ruling.words.about(0).unwrap().accepted, "{case}: {:?}", ruling.words.about(0));
            continue;
        }
        assert_eq!(api, "send", "{case}");
        assert!(!aims.is_empty(), "{case} has no target");
        for (n, aim) in aims.iter().enumerate() {
            let word = ruling.words.about(n).unwrap();
            let takes = !is_dead(&aim.token) && !aim.token.starts_with("busy-");
            assert_eq!(word.accepted, takes, "{case}: {}: {word:?}", aim.token);
            assert!(!aim.mismatch, "{case}");
        }
        if case.starts_with("some_tokens") {
            let golden = fs::read_to_string(folder.join("response.http")).unwrap();
            let golden: Value = serde_json::from_str(golden.split_once("\n\n").unwrap().1).unwrap();
            let answer: Value = serde_json::from_slice(&ruling.answer.body).unwrap();
            assert_eq!((&answer["code"], lists(&answer)), (&golden["code"], lists(&golden)), "{case}");
        }
    }
    assert!(asked > 30, "{asked} requests");
}
