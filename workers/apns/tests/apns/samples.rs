//! The sheet's sample requests (section 4.4).

use push_contract::{Call, Timestamp};
use serde_json::{Value, json};

use crate::support::{app, call, chat, header, job, later};

/// The headers of a sample without id and authorization.
fn heads(call: &Call) -> [Option<String>; 5] {
    ["apns-topic", "apns-push-type", "apns-priority", "apns-expiration", "apns-collapse-id"]
        .map(|name| header(call, name))
}

fn expected(heads: [&str; 5]) -> [Option<String>; 5] {
    heads.map(|text| Some(text.to_owned()).filter(|text| !text.is_empty()))
}

fn sent(call: &Call) -> Value {
    serde_json::from_slice(call.request.body()).unwrap()
}

#[test]
fn a_chat_message() {
    let job = chat().notify("subtitle", "Project X").notify("image", "https://cdn.example.com/a.png");
    let job = job.notify("tag", "m-9876543210").badge(json!({ "set": 7 })).data(r#"{"conv":"42","msg":"9876543210"}"#);
    let job = job.options("apns", json!({ "thread_id": "conv-42", "category": "CHAT_MESSAGE" }));
    let call = call(app(&json!({})).as_ref(), &job);
    let over = later(24 * 3600).as_secs().to_string();
    assert_eq!(heads(&call), expected(["com.example.chat", "alert", "10", &over, "m-9876543210"]));
    let wanted = r#"{"aps":{"alert":{"title":"Alice","subtitle":"Project X","body":"Lunch at one?"},"badge":7,"sound":"default","thread-id":"conv-42","category":"CHAT_MESSAGE","mutable-content":1,"interruption-level":"active"},"ext":"{\"conv\":\"42\",\"msg\":\"9876543210\"}","image":"https://cdn.example.com/a.png"}"#;
    assert_eq!(std::str::from_utf8(call.request.body()).unwrap(), wanted, "byte for byte");
    assert_eq!(call.request.method(), "POST");
    let uri = "https://api.push.apple.com/3/device/00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
    assert_eq!(call.request.uri(), uri);
    assert_eq!(header(&call, "authorization").as_deref(), Some("bearer token-of-the-test"));
    assert!(call.commits);
}

#[test]
fn b_call_invitation_by_voip_push() {
    let token = "740f4707bebcf74f9b7c25d48e3358945f6aa01da5ddb387462c7eaf61bb78ad";
    let job =
        job("call.invite").tokens([token]).token_type("voip").data(r#"{"call":"c-1","from":"Alice","video":true}"#);
    let call = call(app(&json!({})).as_ref(), &job);
    assert_eq!(heads(&call), expected(["com.example.chat.voip", "voip", "10", "0", ""]));
    let wanted = r#"{"aps":{},"ext":"{\"call\":\"c-1\",\"from\":\"Alice\",\"video\":true}"}"#;
    assert_eq!(call.request.body().as_ref(), wanted.as_bytes());
}

#[test]
fn b2_call_invitation_as_an_alert() {
    let job = job("call.invite").title("Alice").body("Video call").notify("sound", "ring30.caf");
    let job = job.collapse("call-c-1", None).data(r#"{"call":"c-1"}"#).expires_at(later(30));
    let job = job.options("apns", json!({ "relevance_score": 1.0, "category": "CALL_INVITE" }));
    let call = call(app(&json!({})).as_ref(), &job);
    let over = later(30).as_secs().to_string();
    assert_eq!(heads(&call), expected(["com.example.chat", "alert", "10", &over, "call-c-1"]));
    let wanted = json!({"aps":{"alert":{"title":"Alice","body":"Video call"},"sound":"ring30.caf",
        "interruption-level":"time-sensitive","relevance-score":1.0,"category":"CALL_INVITE"},"ext":"{\"call\":\"c-1\"}"});
    assert_eq!(sent(&call), wanted);
}

#[test]
fn c_data_message() {
    let job = job("chat.direct").data(r#"{"op":"sync","seq":101}"#);
    let call = call(app(&json!({})).as_ref(), &job);
    let over = later(24 * 3600).as_secs().to_string();
    assert_eq!(heads(&call), expected(["com.example.chat", "background", "5", &over, ""]));
    let wanted = r#"{"aps":{"content-available":1},"ext":"{\"op\":\"sync\",\"seq\":101}"}"#;
    assert_eq!(call.request.body().as_ref(), wanted.as_bytes());
}

#[test]
fn d_marketing() {
    let job = job("marketing").title("Weekend sale").body("Up to 30% off").collapse("camp-2026-11", None);
    let job = job.data(r#"{"url":"https://example.com/sale"}"#).expires_at(later(3 * 24 * 3600));
    let over = later(3 * 24 * 3600).as_secs().to_string();
    let wanted = json!({"aps":{"alert":{"title":"Weekend sale","body":"Up to 30% off"},"interruption-level":"passive",
        "relevance-score":0.1,"thread-id":"promo"},"ext":"{\"url\":\"https://example.com/sale\"}"});
    let options = json!({ "relevance_score": 0.1, "thread_id": "promo" });
    for (priority, more) in [("5", json!({})), ("1", json!({ "priority": 1 }))] {
        let job = job.clone().options("apns", push_testkit::settings::overlaid(options.clone(), &more));
        let call = call(app(&json!({})).as_ref(), &job);
        assert_eq!(heads(&call), expected(["com.example.chat", "alert", priority, &over, "camp-2026-11"]));
        assert_eq!(sent(&call), wanted);
    }
}

#[test]
fn the_sandbox_is_another_host_with_the_same_path() {
    let app = app(&json!({ "environment": "sandbox" }));
    let call = call(app.as_ref(), &chat());
    assert_eq!(call.request.uri().host(), Some("api.sandbox.push.apple.com"));
    let app = crate::support::app(&json!({ "production_url": "https://127.0.0.1:9/apns/" }));
    let call = crate::support::call(app.as_ref(), &chat().tokens(["00FC"]));
    assert_eq!(call.request.uri(), "https://127.0.0.1:9/apns/3/device/00fc");
}

#[test]
fn nothing_secret_is_in_debug() {
    let app = app(&json!({}));
    let call = call(app.as_ref(), &chat());
    let shown =
        format!("{call:?} {:?} {:?}", call.request.headers(), app.authentication("", Timestamp::from_millis(0)));
    assert!(!shown.contains("token-of-the-test") && !shown.contains("Alice") && !shown.contains("eyJ"), "{shown}");
    let shown = format!("{:?}", app.connection());
    assert!(!shown.contains("PRIVATE"), "{shown}");
}
