//! The sheet's sample messages (section 4.3), compared after the vendor's own defaults are filled in.

use std::time::Duration;

use push_contract::{Authentication, Next, Reason};
use push_testkit::jobs::{CREATED_AT, JobBuilder};
use serde_json::{Value, json};

use crate::support::{answer, app, call, chat, field, job, later, message, next};

const ACTIVITY: &str = "com.example.chat.PushOpenActivity";

/// Fills in what the vendor takes for granted; leaves out what only makes a repeat replace itself.
fn normal(mut message: Value) -> Value {
    let defaults = [
        ("/noticeBarInfo", json!({ "noticeBarType": 0 })),
        ("/pushTimeInfo", json!({ "offLine": 1 })),
        ("/advanceInfo", json!({ "suspend": 1, "clearNoticeBar": 1, "notificationType": {} })),
        ("/advanceInfo/notificationType", json!({ "vibrate": 1, "lights": 1, "sound": 1 })),
    ];
    for (place, defaults) in defaults {
        let block = message.pointer_mut(place).unwrap().as_object_mut().unwrap();
        for (name, value) in defaults.as_object().unwrap() {
            block.entry(name).or_insert(value.clone());
        }
    }
    message
}

fn sent(settings: &Value, job: &JobBuilder) -> Value {
    normal(message(settings, job))
}

#[test]
fn a_chat_message() {
    let job = job("chat.direct").id("job-8f3a").title("张三").body("晚上一起吃饭吗?").data(r#"{"cid":"c1"}"#);
    let job = job.notify("tag", "c1").notify("click", json!({ "action": "activity", "activity": ACTIVITY }));
    let wanted = json!({
      "noticeBarInfo": { "noticeMsgType": 1, "noticeBarType": 0, "title": "张三", "content": "晚上一起吃饭吗?" },
      "clickTypeInfo": { "clickType": 1, "activity": ACTIVITY, "parameters": { "ext": "{\"cid\":\"c1\"}" } },
      "pushTimeInfo": { "offLine": 1, "validTime": 24 },
      "advanceInfo": { "suspend": 1, "clearNoticeBar": 1, "notificationType": { "vibrate": 1, "lights": 1, "sound": 1 },
        "notifyKey": "c1" },
      "extra": { "callback": "https://push.example.com/r/meizu", "callback.param": "job-8f3a", "callback.type": "3" } });
    assert_eq!(sent(&json!({ "callback_url": "https://push.example.com/r/meizu" }), &job), wanted);
}

#[test]
fn b_call_invitation() {
    let job =
        job("call.invite").title("张三").body("邀请你进行视频通话").data(r#"{"room":"r9"}"#).collapse("callr9", None);
    let activity = "com.example.chat.CallActivity";
    let job = job.notify("click", json!({ "action": "activity", "activity": activity }));
    let wanted = json!({
      "noticeBarInfo": { "noticeMsgType": 1, "noticeBarType": 0, "title": "张三", "content": "邀请你进行视频通话" },
      "clickTypeInfo": { "clickType": 1, "activity": activity, "parameters": { "ext": "{\"room\":\"r9\"}" } },
      "pushTimeInfo": { "offLine": 0 },
      "advanceInfo": { "suspend": 1, "notifyKey": "callr9" } });
    assert_eq!(sent(&json!({}), &job), normal(wanted));
}

#[test]
fn c_data_message() {
    let settings = json!({ "data_messages": "transparent" });
    let job = job("chat.direct").data(r#"{"op":"sync"}"#).expires_at(later(3600)).build();
    let call = call(app(&settings).as_ref(), &job, Duration::ZERO);
    assert_eq!(call.request.uri().path(), "/garcia/api/server/push/unvarnished/pushByPushId");
    let sent: Value = serde_json::from_str(&field(&call, "messageJson").unwrap()).unwrap();
    // Beyond the sample: the app finds its data under the same key as everywhere, and no title, which nobody sees.
    let content = r#"{"ext":"{\"op\":\"sync\"}"}"#;
    assert_eq!(sent, json!({ "content": content, "pushTimeInfo": { "offLine": 1, "validTime": 1 } }));
}

#[test]
fn d_marketing() {
    let job = job("marketing").title("周末活动").body("新功能体验开启,点击查看详情").expires_at(later(21600));
    let job = job.notify("click", json!({ "action": "url", "url": "https://www.example.com/act/12" }));
    let mut sent = sent(&json!({}), &job);
    // Beyond the sample: a key, so that the same message twice is shown once.
    assert!(sent["advanceInfo"].as_object_mut().unwrap().remove("notifyKey").is_some());
    let wanted = json!({
      "noticeBarInfo": { "noticeMsgType": 0, "noticeBarType": 0, "title": "周末活动", "content": "新功能体验开启,点击查看详情" },
      "clickTypeInfo": { "clickType": 2, "url": "https://www.example.com/act/12" },
      "pushTimeInfo": { "offLine": 1, "validTime": 6 },
      "advanceInfo": { "suspend": 0, "notificationType": { "vibrate": 0, "lights": 0, "sound": 0 } } });
    assert_eq!(sent, normal(wanted));
}

#[test]
fn the_request_is_a_signed_form_to_the_regions_host() {
    let job = chat().tokens(["ID1", "ID2"]).build();
    let call_of = |settings: &Value| call(app(settings).as_ref(), &job, Duration::ZERO);
    let call = call_of(&json!({}));
    assert!(call.commits && call.memo.is_none());
    assert_eq!(call.request.method(), "POST");
    let path = "/garcia/api/server/push/varnished/pushByPushId";
    assert_eq!(call.request.uri(), format!("https://server-api-push.meizu.com{path}").as_str());
    assert_eq!(call.request.headers()["content-type"], "application/x-www-form-urlencoded;charset=UTF-8");
    let body = str::from_utf8(call.request.body()).unwrap();
    assert!(body.starts_with("appId=123456&") && body.contains("&pushIds=ID1%2CID2&sign="), "{body}");
    assert_eq!(field(&call, "sign").unwrap().len(), 32);
    let abroad = call_of(&json!({ "region": "intl", "package_names": ["a.b", "a.c"] }));
    assert_eq!(abroad.request.uri(), format!("https://server-api-push.in.meizu.com{path}").as_str());
    assert_eq!(field(&abroad, "restrictedPackageNames").as_deref(), Some("a.b,a.c"));
    assert_ne!(field(&abroad, "sign"), field(&call, "sign"), "it is part of the signature");
}

#[test]
fn nothing_is_fetched_and_nothing_secret_is_shown() {
    let app = app(&json!({}));
    assert!(matches!(app.authentication("", CREATED_AT), Authentication::InRequest));
    assert!(app.read_credential(&answer(200, r#"{"code":"200"}"#)).is_err());
    let call = call(app.as_ref(), &chat().build(), Duration::ZERO);
    let sign = field(&call, "sign").unwrap();
    let shown = format!("{call:?}");
    assert!(!shown.contains(&sign) && !shown.contains("Li Lei"), "{shown}");
    assert!(!str::from_utf8(call.request.body()).unwrap().contains("meizu-demo-secret"));
}

#[test]
fn the_sheets_answers_are_read() {
    let done = |text: &str| match next(&json!({}), 4, &answer(200, text)) {
        Next::Done(verdicts) => verdicts,
        other => panic!("{other:?}"),
    };
    let id = "c2ee5c3bf00448cfbceb7fdf68c3c8eb";
    let full = done(&format!(r#"{{"code":"200","message":"","value":{{}},"redirect":"","msgId":"{id}"}}"#));
    assert!(full.iter().all(|verdict| verdict.reason == Reason::Ok && verdict.vendor_id.as_deref() == Some(id)));
    let partial = done(&format!(
        r#"{{"code":"200","message":"","redirect":"","msgId":"{id}","value":{{"110002":["T0"],"110003":["T1"],"110011":["T2"]}}}}"#
    ));
    let reasons: Vec<Reason> = partial.iter().map(|verdict| verdict.reason).collect();
    assert_eq!(reasons, [Reason::TokenUnregistered, Reason::TokenMalformed, Reason::DeviceCapped, Reason::Ok]);
    let failed = done(r#"{"code":"110010","message":"应用请求频率超过限制","value":"","redirect":""}"#);
    assert!(failed.iter().all(|verdict| verdict.reason == Reason::RateLimited && verdict.vendor_id.is_none()));
}
