//! The sheet's sample requests (section 4.3), compared after the vendor's own defaults are filled in.

use std::time::Duration;

use push_contract::{Next, Reason};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{answer, app, body, call, decoded, job, json_of, later, prepare, settings};

/// What vivo takes for granted is left out here: any network. An id of the notification stands in every message of
/// ours, and a request's id is our own: they are taken from what was sent.
fn sample(text: &str, sent: &Value) -> Value {
    let mut sample: Value = serde_json::from_str(text).unwrap();
    let fields = sample.as_object_mut().unwrap();
    fields.remove("networkType");
    for id in ["notifyId", "requestId"] {
        fields.insert(id.to_owned(), sent[id].clone());
    }
    sample
}

fn activity(job: JobBuilder, name: &str) -> JobBuilder {
    job.notify("click", json!({ "action": "activity", "activity": format!("com.example.chat.{name}") }))
}

#[test]
fn a_chat_message() {
    let wanted = r##"{"appId":10004,"regId":"v2-CRmkXXXXXXXX","notifyType":4,"title":"李雷","content":"在吗?晚上一起吃饭",
        "timeToLive":86400,"skipType":4,
        "skipContent":"intent:#Intent;component=com.example.chat/com.example.chat.PushOpenActivity;end",
        "networkType":-1,"category":"IM","classification":1,
        "clientCustomMap":{"ext":"{\"cid\":\"u1001\",\"mid\":\"m77\"}"},
        "extra":{"callback.id":"100123","callback.param":"job-8f3a"},
        "requestId":"8f3a0e5c7b4d4f0f9d1c5f1c0b7a2e11","pushMode":0,"foregroundShow":false,"addBadge":true}"##;
    let app = app(&json!({ "callback_id": "100123" }));
    let job = job("chat.direct").id("job-8f3a").tokens(["v2-CRmkXXXXXXXX"]).badge(json!({ "add": 1 }));
    let job = activity(job.title("李雷").body("在吗?晚上一起吃饭"), "PushOpenActivity");
    let job = job.data(r#"{"cid":"u1001","mid":"m77"}"#).options("vivo", json!({ "foreground_show": false }));
    let sent = body(app.as_ref(), &job);
    assert_eq!(sent, sample(wanted, &sent));
    assert_eq!(sent["requestId"], "job-8f3a.0");
}

#[test]
fn b_call_invitation() {
    let wanted = r##"{"appId":10004,"regId":"v2-CRmkXXXXXXXX","notifyType":4,"title":"李雷","content":"邀请你进行视频通话",
        "timeToLive":60,"sendOnline":true,"skipType":4,
        "skipContent":"intent:#Intent;component=com.example.chat/com.example.chat.CallActivity;end",
        "category":"IM","classification":1,"notifyId":48211,
        "clientCustomMap":{"ext":"{\"room\":\"r9\"}"},"requestId":"call-r9-u1002-1","pushMode":0,"foregroundShow":false}"##;
    let app = app(&json!({}));
    let job = job("call.invite").tokens(["v2-CRmkXXXXXXXX"]).title("李雷").body("邀请你进行视频通话");
    let job =
        activity(job, "CallActivity").data(r#"{"room":"r9"}"#).options("vivo", json!({ "foreground_show": false }));
    let sent = body(app.as_ref(), &job);
    assert_eq!(sent, sample(wanted, &sent));
}

#[test]
fn c_data_message() {
    let job = job("chat.direct").data("{}").build();
    let refusal = prepare(app(&json!({})).as_ref(), &job).unwrap_err();
    assert_eq!((refusal.outcome.as_str(), refusal.reason), ("unsupported", Reason::NotPossible));
}

#[test]
fn d_marketing_to_many() {
    let save = r#"{"appId":10004,"notifyType":1,"title":"周末活动","content":"本周六新功能体验开启,点击查看详情",
        "timeToLive":21600,"skipType":2,"skipContent":"https://www.example.com/act/12","networkType":-1,
        "category":"MARKETING","classification":0,"requestId":"mkt-20261120-0001","pushMode":0}"#;
    let list = r#"{"appId":10004,"taskId":"498476987389849601","regIds":["v2-a...","v2-b..."],"requestId":"mkt-20261120-0001-c1"}"#;
    let app = app(&json!({}));
    let url = json!({ "action": "url", "url": "https://www.example.com/act/12" });
    let job =
        job("marketing").tokens(["v2-a...", "v2-b..."]).title("周末活动").body("本周六新功能体验开启,点击查看详情");
    let job = job.notify("click", url).expires_at(later(21_600)).build();
    let saved = call(app.as_ref(), &job, Duration::ZERO);
    assert_eq!((saved.api, saved.commits), ("save", false));
    assert_eq!(saved.request.uri(), "https://api-push.vivo.com.cn/message/saveListPayload");
    let sent = json_of(&saved);
    assert_eq!(sent, sample(save, &sent));
    let answer = answer(200, r#"{"result":0,"desc":"请求成功","taskId":"498476987389849601"}"#);
    let Next::Call(pushed) = decoded(app.as_ref(), &job, None, &answer) else { panic!("a second call") };
    assert_eq!(pushed.request.uri(), "https://api-push.vivo.com.cn/message/pushToList");
    let mut wanted: Value = serde_json::from_str(list).unwrap();
    wanted["requestId"] = json_of(&pushed)["requestId"].clone();
    assert_eq!(json_of(&pushed), wanted);
    assert_ne!(sent["requestId"], wanted["requestId"]);
}

#[test]
fn the_request_is_a_post_with_the_token_to_the_addressed_host() {
    let job = job("chat.direct").title("Li Lei").body("hi there").build();
    let call = call(app(&json!({ "api_url": "http://127.0.0.1:9/vivo/" })).as_ref(), &job, Duration::ZERO);
    assert!(call.commits && call.api == "send");
    assert_eq!(
        (call.request.method().as_str(), call.request.uri().to_string().as_str()),
        ("POST", "http://127.0.0.1:9/vivo/message/send")
    );
    assert_eq!(call.request.headers()["authtoken"], "token-of-the-test");
    assert_eq!(call.request.headers()["content-type"], "application/json;charset=UTF-8");
}

#[test]
fn nothing_secret_is_in_debug() {
    let app = app(&json!({}));
    let job = job("chat.direct").title("Li Lei").body("hi").build();
    let shown = format!("{:?} {:?}", call(app.as_ref(), &job, Duration::ZERO), app.authentication("", later(0)));
    assert!(
        !shown.contains("token-of-the-test") && !shown.contains("Li Lei") && !shown.contains("8fd0d4bb"),
        "{shown}"
    );
    assert!(settings(&json!({})).to_string().contains("8fd0d4bb"), "the secret is there");
}
