//! The sheet's sample requests (section 4.3), byte for byte but for the job's id, which every message has.

use serde_json::json;

use crate::support::{app, call, chat, job, later};

#[test]
fn a_chat_message() {
    let job =
        chat().notify("image", "https://cdn.example.com/a.png").notify("channel", "chat").notify("tag", "conv-42");
    let job = job.notify("click", json!({ "action": "activity", "activity": "OPEN_CHAT" })).badge(json!({ "set": 7 }));
    let job = job.data(r#"{"conv":"42","msg":"9876543210"}"#);
    let options = json!({ "analytics_label": "chat", "visibility": "PRIVATE" });
    let call = call(app(&json!({})).as_ref(), &job.options("fcm", options));
    let wanted = r#"{"message":{"token":"bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1","data":{"ext":"{\"conv\":\"42\",\"msg\":\"9876543210\"}","push_id":"job-1"},"android":{"priority":"HIGH","ttl":"86400s","notification":{"title":"Alice","body":"Lunch at one?","image":"https://cdn.example.com/a.png","channel_id":"chat","tag":"conv-42","click_action":"OPEN_CHAT","sound":"default","notification_count":7,"visibility":"PRIVATE"},"fcm_options":{"analytics_label":"chat"}}}}"#;
    assert_eq!(std::str::from_utf8(call.request.body()).unwrap(), wanted);
    assert_eq!((call.request.method().as_str(), call.commits), ("POST", true));
    assert_eq!(call.request.uri(), "https://fcm.googleapis.com/v1/projects/demo-project/messages:send");
    assert_eq!(call.request.headers()["authorization"], "Bearer token-of-the-test");
    assert_eq!(call.request.headers()["content-type"], "application/json");
}

#[test]
fn b_call_invitation() {
    let settings = json!({ "data_key": "", "invite_now": true, "collapse_data": false });
    let data = r#"{"type":"call","ext":"{\"call\":\"c-1\",\"from\":\"Alice\"}"}"#;
    let job = job("call.invite").data(data).options("fcm", json!({ "direct_boot_ok": true }));
    let call = call(app(&settings).as_ref(), &job);
    let wanted = r#"{"message":{"token":"bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1","data":{"ext":"{\"call\":\"c-1\",\"from\":\"Alice\"}","type":"call","push_id":"job-1"},"android":{"priority":"HIGH","ttl":"0s","direct_boot_ok":true}}}"#;
    assert_eq!(call.request.body().as_ref(), wanted.as_bytes(), "but for the order of data");
}

#[test]
fn c_data_message() {
    let settings = json!({ "data_key": "" });
    let job =
        job("subscription.update").data(r#"{"type":"sync","seq":101}"#).collapse("sync", None).expires_at(later(3600));
    let call = call(app(&settings).as_ref(), &job);
    let wanted = r#"{"message":{"token":"bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1","data":{"seq":"101","type":"sync","push_id":"job-1"},"android":{"priority":"NORMAL","ttl":"3600s","collapse_key":"sync"}}}"#;
    assert_eq!(call.request.body().as_ref(), wanted.as_bytes(), "but for the order of data; every value is a text");
}

#[test]
fn d_marketing() {
    let settings = json!({ "default_sound": "" });
    let job = job("marketing").title("Weekend sale").body("Up to 30% off").notify("channel", "promo");
    let job = job.notify("tag", "camp-2026-11").data(r#"{"url":"https://example.com/sale"}"#).expires_at(later(28_800));
    let call = call(app(&settings).as_ref(), &job.options("fcm", json!({ "analytics_label": "camp-2026-11" })));
    let wanted = r#"{"message":{"token":"bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1","data":{"ext":"{\"url\":\"https://example.com/sale\"}","push_id":"job-1"},"android":{"priority":"NORMAL","ttl":"28800s","notification":{"title":"Weekend sale","body":"Up to 30% off","channel_id":"promo","tag":"camp-2026-11"},"fcm_options":{"analytics_label":"camp-2026-11"}}}}"#;
    assert_eq!(std::str::from_utf8(call.request.body()).unwrap(), wanted);
}
