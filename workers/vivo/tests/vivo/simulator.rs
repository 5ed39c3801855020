//! The golden requests put to the simulator's rules: encoder and simulator were written apart, each from the sheet.

use std::{fs, path::PathBuf, sync::Arc};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use push_sim::{Ask, Ruling, Simulator, vendors};
use push_testkit::jobs::CREATED_AT;
use serde_json::{Value, json};

use crate::support::credential;

/// Results that tell of the app's state, the hour or the vendor's mood, not of the request.
const MOODS: [&str; 9] = ["10000", "10045", "10070", "10071", "10072", "10073", "10093", "10203", "10252"];
/// Cases whose answer is odd on purpose, or about a device that the simulator does not know as such.
const ODD: [&str; 8] = [
    "answer_about_a_stranger",
    "list_refused_for_an_id",
    "not_a_test_device",
    "test_list",
    "text_refused_twice",
    "token_dead_beside_result_0",
    "token_dead_under_review",
    "unlisted_result",
];

#[test]
fn the_simulator_takes_what_the_cases_send() {
    let mut calls = 0;
    for folder in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/cases")).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        let sim = simulator(&name);
        let mut task = None;
        for n in 1.. {
            let file = |word: &str| match n {
                1 => folder.join(format!("{word}.http")),
                _ => folder.join(format!("{word}-{n}.http")),
            };
            if !file("request").exists() {
                break;
            }
            let ruling = put(&sim, &file("request"), task.as_ref());
            let said: Value = serde_json::from_slice(&ruling.answer.body).unwrap();
            task = said.get("taskId").cloned();
            let wanted = answered(&file("response"));
            let agree = match said["result"].as_i64().unwrap() {
                // The simulator finds nothing wrong: neither does the case, but for what no request shows.
                0 => wanted.as_ref().is_none_or(|wanted| wanted == "0" || MOODS.contains(&wanted.as_str())),
                found => wanted.as_deref() == Some(found.to_string().as_str()),
            };
            let odd = ODD.contains(&name.as_str()) && said["result"] == 0;
            assert!(agree || odd, "{name}, call {n}: {said} for {wanted:?}: {:?}", ruling.words.about(0));
            if name == "list_some_dead" && n == 2 {
                let golden: Value = serde_json::from_str(&body(&file("response"))).unwrap();
                assert_eq!(said["invalidUsers"], golden["invalidUsers"]);
            }
            calls += 1;
        }
    }
    assert!(calls > 40, "{calls} calls");
}

/// A simulator with the app of the cases, whose token is the cases'.
fn simulator(case: &str) -> Arc<vendors::Vivo> {
    let sim = Arc::new(vendors::Vivo::default());
    let mut app = credential();
    app.as_object_mut().unwrap().remove("package");
    app["text_rules"] = json!(case.starts_with("text_"));
    app["count_units"] = json!(case.ends_with("_in_units"));
    sim.register("chat", app).unwrap();
    sim.desk().issue("chat", "token-of-the-case", u64::MAX);
    sim
}

/// Puts a request file to the simulator; the task of a saved payload is the simulator's own.
fn put(sim: &Arc<vendors::Vivo>, file: &PathBuf, task: Option<&Value>) -> Ruling {
    let text = fs::read_to_string(file).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let address = lines.next().unwrap().strip_prefix("POST https://api-push.vivo.com.cn").unwrap();
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(": ").unwrap();
        headers.insert(HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap());
    }
    let mut body = body.to_owned();
    if let (true, Some(task)) = (address.ends_with("pushToList"), task) {
        let mut list: Value = serde_json::from_str(&body).unwrap();
        list["taskId"] = task.clone();
        body = list.to_string();
    }
    let ask = Ask { method: Method::POST, path: address.to_owned(), headers, body: body.into() };
    (Arc::clone(sim).open(ask).judge)(u64::try_from(CREATED_AT.as_millis()).unwrap())
}

fn body(file: &PathBuf) -> String {
    let text = fs::read_to_string(file).unwrap();
    text.split_once("\n\n").map(|(_, body)| body.to_owned()).unwrap_or_default()
}

/// The result of a response file; none where it has none.
fn answered(file: &PathBuf) -> Option<String> {
    let said: Value = serde_json::from_str(&body(file)).ok()?;
    Some(said.get("result")?.to_string().trim_matches('"').to_owned())
}
