//! The sheet's sample requests (section 4.5), compared after the vendor's own defaults are filled in.

use std::time::Duration;

use push_contract::Job;
use push_testkit::jobs::CREATED_AT;
use serde_json::{Value, json};

use crate::support::{APP_ID, app, call, credential, job, later};

/// Fills in what the vendor takes for granted: `targetUserType` 0.
fn normal(mut body: Value) -> Value {
    body["android"].as_object_mut().unwrap().entry("targetUserType").or_insert(json!(0));
    body
}

fn sent(job: &Job) -> Value {
    let app = app(&json!({ "data_key": "" }));
    normal(serde_json::from_slice(call(app.as_ref(), job, Duration::ZERO).request.body()).unwrap())
}

const CHAT: &str = r##"{"data":"{\"conv\":\"u_1001\"}",
 "android":{"ttl":"86400s","biTag":"job-7f3a","targetUserType":0,
  "notification":{"title":"Li Lei","body":"See you at eight","importance":"NORMAL","tag":"u_1001",
   "clickAction":{"type":1,"intent":"intent://com.example.chat/open?conv=u_1001#Intent;scheme=examplechat;launchFlags=0x4000000;end"},
   "badge":{"addNum":1,"badgeClass":"com.example.chat.MainActivity"}}},
 "token":["TOKEN1","TOKEN2"]}"##;

const INTENT: &str = "intent://com.example.chat/open?conv=u_1001#Intent;scheme=examplechat;launchFlags=0x4000000;end";

#[test]
fn a_chat() {
    let job = job("chat.direct").id("job-7f3a").tokens(["TOKEN1", "TOKEN2"]).badge(json!({ "add": 1 }));
    let job = job.title("Li Lei").body("See you at eight").notify("tag", "u_1001").data(r#"{"conv":"u_1001"}"#);
    let job = job.notify("click", json!({ "action": "intent", "intent": INTENT })).build();
    assert_eq!(sent(&job), normal(serde_json::from_str(CHAT).unwrap()));
}

#[test]
fn b_call_invitation() {
    let job = job("call.invite").id("job-7f3a").tokens(["TOKEN1", "TOKEN2"]).badge(json!({ "add": 1 }));
    let job = job.title("Li Lei").body("See you at eight").data(r#"{"conv":"u_1001"}"#);
    let job = job.notify("click", json!({ "action": "intent", "intent": INTENT })).collapse("call-9", None);
    let sent = sent(&job.build());
    let mut wanted = normal(serde_json::from_str(CHAT).unwrap());
    wanted["android"]["ttl"] = "60s".into();
    let id = &sent["android"]["notification"]["notifyId"];
    assert!(id.as_u64().is_some_and(|id| i32::try_from(id).is_ok()), "{id}");
    wanted["android"]["notification"]["notifyId"] = id.clone();
    wanted["android"]["notification"].as_object_mut().unwrap().remove("tag");
    assert_eq!(sent, wanted);
}

#[test]
fn c_data_message() {
    let job = job("chat.direct").id("job-91").tokens(["TOKEN1"]).data(r#"{"cmd":"sync"}"#).expires_at(later(3600));
    let wanted = r#"{"data":"{\"cmd\":\"sync\"}","android":{"ttl":"3600s","biTag":"job-91"},"token":["TOKEN1"]}"#;
    assert_eq!(sent(&job.build()), normal(serde_json::from_str(wanted).unwrap()));
}

#[test]
fn d_marketing() {
    let url = json!({ "action": "url", "url": "https://www.example.com/offer" });
    let job = job("marketing").id("camp-12").tokens(["TOKEN1"]).title("Weekend offer").body("Two for one");
    let job = job.notify("click", url).expires_at(later(21600)).build();
    let mut sent = sent(&job);
    // Beyond the sample: an id, so that the same message twice is shown once.
    assert!(sent["android"]["notification"].as_object_mut().unwrap().remove("notifyId").is_some());
    let wanted = r#"{"android":{"ttl":"21600s","biTag":"camp-12","notification":{"title":"Weekend offer","body":"Two for one",
      "importance":"LOW","clickAction":{"type":2,"url":"https://www.example.com/offer"}}},"token":["TOKEN1"]}"#;
    assert_eq!(sent, normal(serde_json::from_str(wanted).unwrap()));
}

#[test]
fn the_request_is_a_post_with_a_bearer_token_and_the_time_in_milliseconds() {
    let job = job("chat.direct").title("Li Lei").body("hi").build();
    let sent = call(app(&json!({})).as_ref(), &job, Duration::from_millis(123));
    assert!(sent.commits);
    assert_eq!((sent.api, sent.request.method().as_str()), ("send", "POST"));
    let address = format!("https://push-api.cloud.honor.com/api/v1/{APP_ID}/sendMessage");
    assert_eq!(sent.request.uri(), address.as_str());
    let headers = sent.request.headers();
    assert_eq!(headers["content-type"], "application/json; charset=UTF-8");
    assert_eq!(headers["authorization"], "Bearer token-of-the-test");
    assert_eq!(headers["timestamp"], (CREATED_AT.as_millis() + 123).to_string().as_str());
    let old = app(&json!({ "send_url": "https://push-api.cloud.hihonor.com/" }));
    let address = format!("https://push-api.cloud.hihonor.com/api/v1/{APP_ID}/sendMessage");
    assert_eq!(call(old.as_ref(), &job, Duration::ZERO).request.uri(), address.as_str());
}

#[test]
fn nothing_secret_is_in_debug() {
    let app = app(&json!({}));
    let job = job("chat.direct").title("Li Lei").body("hi").build();
    let shown = format!("{:?}", call(app.as_ref(), &job, Duration::ZERO));
    assert!(!shown.contains("token-of-the-test") && !shown.contains("Li Lei"), "{shown}");
    assert!(credential().to_string().contains("a+b/c"), "the secret is there");
    let shown = format!("{:?}", app.authentication("", later(0)));
    assert!(!shown.contains("a%2Bb") && !shown.contains("a+b"), "{shown}");
}
