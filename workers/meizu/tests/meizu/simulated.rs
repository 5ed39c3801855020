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
use serde_json::{Value, json};

use crate::support::{APP_ID, APP_SECRET};

/// Where a redirect of a case leads is the same service.
const PATH: &str = "/garcia/api/server/push/";

fn sim(case: &str) -> Arc<vendors::Meizu> {
    let sim = Arc::new(vendors::Meizu::default());
    let vip = !case.ends_with("not_vip") && ["vip", "picture"].iter().any(|word| case.contains(word));
    let app = json!({
        "app_id": APP_ID, "app_secret": APP_SECRET,
        "vip": vip,
        "callbacks": ["https://push.example.com/r/meizu"],
        "packages": ["com.example.chat", "com.example.lite"],
        "transparent": case == "data_message",
    });
    sim.register("chat", app).unwrap();
    sim
}

fn files(case: &Path, word: &str) -> Vec<String> {
    let names = std::iter::once(format!("{word}.http")).chain((2..).map(|n| format!("{word}-{n}.http")));
    names.map_while(|name| fs::read_to_string(case.join(name)).ok()).collect()
}

fn ask(text: &str) -> Ask {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let uri: http::Uri = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    assert!(uri.path().starts_with(PATH), "{uri}");
    let mut headers = HeaderMap::new();
    for (name, value) in lines.map(|line| line.split_once(": ").unwrap()) {
        headers.append(HeaderName::try_from(name).unwrap(), HeaderValue::from_str(value).unwrap());
    }
    let body = body.strip_suffix('\n').unwrap().to_owned();
    Ask { method: Method::POST, path: uri.path().to_owned(), headers, body: body.into_bytes().into() }
}

#[test]
fn the_simulator_takes_every_golden_request() {
    let cases = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases"));
    let mut folders: Vec<PathBuf> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    let mut asked = 0;
    for folder in folders {
        let case = folder.file_name().unwrap().to_string_lossy().into_owned();
        let sim = sim(&case);
        let answers = files(&folder, "response");
        for (n, text) in files(&folder, "request").iter().enumerate() {
            let opened = Arc::clone(&sim).open(ask(text));
            let (aims, api) = (opened.aims.clone(), opened.api);
            let ruling = (opened.judge)(u64::try_from(CREATED_AT.as_millis()).unwrap());
            // An app without the right is the one case that its request alone explains.
            let wanted = if case == "transparent_messages_spent" { "110053" } else { "200" };
            for about in 0..aims.len().max(1) {
                let word = ruling.words.about(about).unwrap();
                assert_eq!(word.code, wanted, "{case}: {api}: {word:?}");
            }
            if aims.is_empty() && !["picture_refused", "task_not_made"].contains(&case.as_str()) {
                let said: Value = serde_json::from_slice(&ruling.answer.body).unwrap();
                let golden = answers[n].split_once("\n\n").unwrap().1;
                assert_eq!(said, serde_json::from_str::<Value>(golden).unwrap(), "{case}: what later calls stand on");
            }
            asked += 1;
        }
    }
    assert!(asked > 45, "{asked} requests");
}

#[test]
fn what_a_name_foretells_is_told_of_each_target() {
    let sim = sim("");
    let app = crate::support::app(&json!({}));
    let tokens = ["ok-1", "dead-1", "malformed-1", "capped-1", "off-1", "folded-1", "busy-1-1"];
    let said = |kind: &str| {
        let job = crate::support::job(kind).title("t").body("b").tokens(tokens).data(r#"{"job":"job-1"}"#).build();
        let batch = crate::support::batch(app.as_ref(), &job);
        let call = app.encode(&batch, None, CREATED_AT).unwrap();
        let (parts, body) = call.request.into_parts();
        let ask = Ask { method: parts.method, path: parts.uri.path().to_owned(), headers: parts.headers, body };
        let opened = Arc::clone(&sim).open(ask);
        assert!(opened.aims.iter().all(|aim| aim.job == "job-1" && !aim.mismatch));
        let heard = (opened.judge)(u64::try_from(CREATED_AT.as_millis()).unwrap()).answer;
        let heard = crate::support::answer(heard.status, str::from_utf8(&heard.body).unwrap());
        match app.decode(&batch, None, None, &heard) {
            push_contract::Next::Done(verdicts) => {
                verdicts.iter().map(|verdict| verdict.reason.as_str()).collect::<Vec<_>>()
            }
            other => panic!("{other:?}"),
        }
    };
    let public = [
        "ok",
        "token_unregistered",
        "token_malformed",
        "device_capped",
        "token_switched_off",
        "device_capped",
        "unavailable",
    ];
    assert_eq!(said("news"), public);
    let private = ["ok", "token_unregistered", "token_malformed", "ok", "token_switched_off", "device_capped", "ok"];
    assert_eq!(said("chat.direct"), private, "private messages have no cap, and the device is not busy any more");
}
