//! The sheet's sample requests (section 4.6), compared after the vendor's own defaults are filled in.

use std::time::Duration;

use push_contract::Job;
use serde_json::{Value, json};

use crate::support::{app, call, job, later, settings};

/// Fills in what the vendor takes for granted: `validate_only` false, `collapse_key` -1, urgency and importance NORMAL;
/// `message.notification` is what `android.notification` falls back to.
fn normal(mut body: Value) -> Value {
    let fill = |at: &mut Value, key: &str, value: Value| {
        at.as_object_mut().unwrap().entry(key).or_insert(value);
    };
    fill(&mut body, "validate_only", false.into());
    let shared = body["message"].as_object_mut().unwrap().remove("notification");
    let android = &mut body["message"]["android"];
    fill(android, "collapse_key", (-1).into());
    fill(android, "urgency", "NORMAL".into());
    if android.get("notification").is_some() {
        for (key, value) in shared.iter().flat_map(|shared| shared.as_object().unwrap()) {
            fill(&mut android["notification"], key, value.clone());
        }
        fill(&mut android["notification"], "importance", "NORMAL".into());
    }
    body
}

fn sent(job: &Job) -> Value {
    let app = app(&json!({ "data_key": "" }));
    normal(serde_json::from_slice(call(app.as_ref(), job, Duration::ZERO).request.body()).unwrap())
}

const CHAT: &str = r##"{"validate_only":false,"message":{
  "notification":{"title":"Li Lei","body":"See you at eight"},
  "data":"{\"conv\":\"u_1001\",\"type\":1}",
  "android":{"category":"IM","ttl":"86400s","collapse_key":-1,"bi_tag":"job-7f3a",
    "notification":{"title":"Li Lei","body":"See you at eight","importance":"NORMAL","tag":"u_1001",
      "click_action":{"type":1,"intent":"intent://com.example.chat/open?conv=u_1001#Intent;scheme=examplechat;launchFlags=0x4000000;end"},
      "badge":{"add_num":1,"class":"com.example.chat.MainActivity"}}},
  "token":["TOKEN1","TOKEN2"]}}"##;

const INTENT: &str = "intent://com.example.chat/open?conv=u_1001#Intent;scheme=examplechat;launchFlags=0x4000000;end";

#[test]
fn a_chat_message() {
    let job = job("chat.direct").id("job-7f3a").tokens(["TOKEN1", "TOKEN2"]).badge(json!({ "add": 1 }));
    let job =
        job.title("Li Lei").body("See you at eight").notify("tag", "u_1001").data(r#"{"conv":"u_1001","type":1}"#);
    let job = job.notify("click", json!({ "action": "intent", "intent": INTENT })).build();
    assert_eq!(sent(&job), normal(serde_json::from_str(CHAT).unwrap()));
}

#[test]
fn b_call_invitation() {
    let job = job("call.invite").id("job-7f3a").tokens(["TOKEN1", "TOKEN2"]).badge(json!({ "add": 1 }));
    let job = job.title("Li Lei").body("See you at eight").data(r#"{"conv":"u_1001","type":1}"#);
    let job = job.notify("click", json!({ "action": "intent", "intent": INTENT })).collapse("call-9", None);
    let sent = sent(&job.build());
    let mut wanted = normal(serde_json::from_str(CHAT).unwrap());
    let android = &mut wanted["message"]["android"];
    android["category"] = "VOIP".into();
    android["ttl"] = "60s".into();
    android["urgency"] = "HIGH".into();
    let id = &sent["message"]["android"]["notification"]["notify_id"];
    assert!(id.as_u64().is_some_and(|id| i32::try_from(id).is_ok()), "{id}");
    android["notification"]["notify_id"] = id.clone();
    android["notification"].as_object_mut().unwrap().remove("tag");
    assert_eq!(sent, wanted);
}

#[test]
fn c_data_message() {
    let job = job("chat.direct").id("job-91").tokens(["TOKEN1"]).data(r#"{"cmd":"sync"}"#).expires_at(later(3600));
    let wanted = r#"{"message":{"data":"{\"cmd\":\"sync\"}","android":{"ttl":"3600s","urgency":"NORMAL","bi_tag":"job-91"},"token":["TOKEN1"]}}"#;
    assert_eq!(sent(&job.build()), normal(serde_json::from_str(wanted).unwrap()));
}

#[test]
fn d_marketing() {
    let url = json!({ "action": "url", "url": "https://www.example.com/offer" });
    let job = job("marketing").id("camp-12").tokens(["TOKEN1"]).title("Weekend offer").body("Two for one");
    let job = job.notify("click", url).expires_at(later(21600)).build();
    let mut sent = sent(&job);
    // Beyond the sample: an id, so that the same message twice is shown once.
    assert!(sent["message"]["android"]["notification"].as_object_mut().unwrap().remove("notify_id").is_some());
    let wanted = r#"{"message":{"android":{"category":"MARKETING","ttl":"21600s","bi_tag":"camp-12",
      "notification":{"title":"Weekend offer","body":"Two for one","importance":"LOW","click_action":{"type":2,"url":"https://www.example.com/offer"}}},
      "token":["TOKEN1"]}}"#;
    assert_eq!(sent, normal(serde_json::from_str(wanted).unwrap()));
}

#[test]
fn the_request_is_a_post_with_a_bearer_token_to_the_addressed_interface() {
    let job = job("chat.direct").title("Li Lei").body("hi").build();
    let v1 = call(app(&json!({})).as_ref(), &job, Duration::ZERO);
    assert!(v1.commits);
    assert_eq!(v1.request.method(), "POST");
    assert_eq!(v1.request.uri(), "https://push-api.cloud.huawei.com/v1/101234567/messages:send");
    assert_eq!(v1.request.headers()["content-type"], "application/json;charset=UTF-8");
    assert_eq!(v1.request.headers()["authorization"], "Bearer token-of-the-test");
    let v2 = json!({ "project_id": 3_158_882, "send_url": "http://127.0.0.1:9/" });
    let v2 = call(app(&v2).as_ref(), &job, Duration::ZERO);
    assert_eq!(v2.request.uri(), "http://127.0.0.1:9/v2/3158882/messages:send");
}

#[test]
fn nothing_secret_is_in_debug() {
    let app = app(&json!({}));
    let job = job("chat.direct").title("Li Lei").body("hi").build();
    let shown = format!("{:?}", call(app.as_ref(), &job, Duration::ZERO));
    assert!(!shown.contains("token-of-the-test") && !shown.contains("Li Lei"), "{shown}");
    assert!(settings(&json!({})).to_string().contains("a+b/c"), "the secret is there");
    let shown = format!("{:?}", app.authentication("", later(0)));
    assert!(!shown.contains("a%2Bb") && !shown.contains("a+b"), "{shown}");
}
