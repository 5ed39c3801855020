//! HarmonyOS NEXT: the sheet's samples (section 12.3), classes and what a job becomes.

use std::time::Duration;

use push_contract::{Class, Kind, Reason, Refusal};
use push_testkit::{jobs::JobBuilder, settings::overlaid};
use serde_json::{Value, json};

use crate::support::{app, batch, call, job, later, on_next, prepare, token};

fn chat() -> JobBuilder {
    job("chat.direct").title("Li Lei").body("See you at eight")
}

/// `push-type` and body.
fn sent(more: &Value, job: &JobBuilder) -> (String, Value) {
    let call = call(app(&overlaid(on_next(), more)).as_ref(), &job.build(), Duration::ZERO);
    let push_type = call.request.headers()["push-type"].to_str().unwrap().to_owned();
    (push_type, serde_json::from_slice(call.request.body()).unwrap())
}

fn shown(job: &JobBuilder) -> Value {
    sent(&json!({}), job).1["payload"]["notification"].take()
}

fn class(more: &Value, job: &JobBuilder) -> Result<Class, Refusal> {
    app(&overlaid(on_next(), more)).classify(&job.build())
}

#[test]
fn the_samples_of_the_sheet() {
    let whole = json!({ "data_key": "" });
    let one = |kind: &str, id: &str| job(kind).id(id).tokens(["TOKEN1"]);
    let (push_type, mut body) = sent(
        &json!({}),
        &one("chat.direct", "job-7f3a").title("Li Lei").body("See you at eight").badge(json!({ "add": 1 })),
    );
    let shown = &mut body["payload"]["notification"];
    // Ids of ours stand for the sample's.
    assert!(shown["notifyId"].as_u64().is_some_and(|id| i32::try_from(id).is_ok()));
    shown["notifyId"] = 230_041.into();
    assert!(shown["appMessageId"].as_str().is_some_and(|id| id.len() == 16));
    shown["appMessageId"] = "msg-88f1".into();
    shown["clickAction"]["data"] = json!({ "conv": "u_1001" });
    let sample = r#"{"payload":{"notification":{"category":"IM","title":"Li Lei","body":"See you at eight","notifyId":230041,"appMessageId":"msg-88f1","clickAction":{"actionType":0,"data":{"conv":"u_1001"}},"badge":{"addNum":1}}},"target":{"token":["TOKEN1"]},"pushOptions":{"ttl":86400,"biTag":"job-7f3a"}}"#;
    assert_eq!((push_type.as_str(), body), ("0", serde_json::from_str(sample).unwrap()));

    let call = one("call.invite", "call-1").data(r#"{"call":"c1"}"#).expires_at(later(30));
    let sample = r#"{"payload":{"extraData":"{\"call\":\"c1\"}"},"target":{"token":["TOKEN1"]},"pushOptions":{"ttl":30,"biTag":"call-1"}}"#;
    assert_eq!(sent(&whole, &call), ("10".to_owned(), serde_json::from_str(sample).unwrap()));

    let (push_type, body) = sent(&whole, &one("chat.direct", "job-91").data(r#"{"cmd":"sync"}"#));
    assert_eq!((push_type.as_str(), &body["payload"]), ("6", &json!({ "extraData": r#"{"cmd":"sync"}"# })));

    let (push_type, body) = sent(&json!({}), &one("call.invite", "call-1").title("Li Lei").body("calls"));
    assert_eq!((push_type.as_str(), &body["payload"]["notification"]["category"]), ("0", &json!("VOIP")));
    assert_eq!(body["pushOptions"]["ttl"], 60);
    let (push_type, body) = sent(&json!({}), &one("marketing", "camp-12").title("Weekend offer").body("Two for one"));
    assert_eq!((push_type.as_str(), &body["payload"]["notification"]["category"]), ("0", &json!("MARKETING")));
}

#[test]
fn every_kind_has_its_category_with_the_right_and_marketing_without() {
    for kind in Kind::ALL {
        let job = job(kind.as_str()).title("t").body("b");
        let android = app(&json!({})).classify(&job.build()).unwrap().name;
        let wanted = if *kind == Kind::CallMissed { "MISS_CALL" } else { android.as_str() };
        let own = class(&json!({}), &job).unwrap();
        assert_eq!((own.name.as_str(), own.degraded_from), (wanted, None), "{kind}");
        assert_eq!(own.repeatable, kind.repeatable());
        let poor = class(&json!({ "next_categories": [] }), &job).unwrap();
        let from = (wanted != "MARKETING").then_some(wanted);
        assert_eq!((poor.name.as_str(), poor.degraded_from.as_deref()), ("MARKETING", from), "{kind}");
    }
    let account = json!({ "next_categories": ["ACCOUNT"] });
    assert_eq!(class(&account, &job("payment.update").title("t").body("b")).unwrap().name, "ACCOUNT");
}

#[test]
fn rights_of_push_types_degrade_or_refuse() {
    let names = |more: Value, job: &JobBuilder| {
        let class = class(&more, job).unwrap();
        (class.name, class.degraded_from)
    };
    let call = job("call.invite").data("{}");
    assert_eq!(names(json!({}), &call), ("IN_APP_CALL".to_owned(), None));
    assert_eq!(names(json!({}), &job("call.cancel").data("{}")), ("DATA".to_owned(), None), "no page to show");
    let none = json!({ "next_in_app_call": false, "next_categories": ["EXPRESS"] });
    assert_eq!(names(none.clone(), &call), ("DATA".to_owned(), Some("IN_APP_CALL".to_owned())));
    let strict = overlaid(none, &json!({ "on_missing_right": "refuse" }));
    for job in [&call, &chat()] {
        assert_eq!(class(&strict, job).unwrap_err().reason, Reason::NoRight);
    }
}

#[test]
fn a_refused_class_is_sent_in_the_lesser_one() {
    let app = app(&on_next());
    let lesser = |job: &JobBuilder| {
        let job = job.build();
        let class = app.lesser(&job, &app.classify(&job).unwrap()).unwrap();
        let call = app.encode(&batch(&job, class.clone()), Some(&token()), later(0)).unwrap();
        let body: Value = serde_json::from_slice(call.request.body()).unwrap();
        (class.name, call.request.headers()["push-type"].clone(), body["payload"]["notification"]["category"].clone())
    };
    assert_eq!(lesser(&job("call.invite").data("{}")), ("DATA".to_owned(), "6".parse().unwrap(), Value::Null));
    assert_eq!(lesser(&chat()), ("MARKETING".to_owned(), "0".parse().unwrap(), "MARKETING".into()));
}

#[test]
fn a_later_notification_replaces_and_a_repeat_is_shown_once() {
    let ids = |job: &JobBuilder| {
        let shown = shown(job);
        (shown["notifyId"].as_u64().unwrap(), shown["appMessageId"].as_str().unwrap().to_owned())
    };
    let first = ids(&chat().notify("tag", "u_1"));
    assert_eq!(first, ids(&chat().notify("tag", "u_1").targets(3)), "a repeat has the same ids");
    let later = ids(&chat().id("job-2").notify("tag", "u_1"));
    assert_eq!(first.0, later.0, "the same tag replaces");
    assert_ne!(first.1, later.1, "and is no repeat");
    assert_eq!(ids(&chat().collapse("u_1", None)).0, first.0);
    assert_ne!(ids(&chat()).0, ids(&chat().id("job-2")).0);
    let call = |kind: &str, id: &str| ids(&job(kind).id(id).title("t").body("b").notify("tag", id));
    assert_eq!(call("call.invite", "i").0, call("call.cancel", "c").0);
}

#[test]
fn taps_open_pages_of_the_app() {
    let click = |click: Value| shown(&chat().notify("click", click))["clickAction"].take();
    assert_eq!(shown(&chat())["clickAction"], json!({ "actionType": 0 }));
    assert_eq!(click(json!({ "action": "app" })), json!({ "actionType": 0 }));
    assert_eq!(click(json!({ "action": "activity", "activity": "a.B" })), json!({ "actionType": 1, "action": "a.B" }));
    assert_eq!(click(json!({ "action": "intent", "intent": "x://y" })), json!({ "actionType": 1, "uri": "x://y" }));
    let handed = |address: &str| json!({ "actionType": 0, "data": { "click": address } });
    assert_eq!(click(json!({ "action": "url", "url": "https://a" })), handed("https://a"));
    assert_eq!(
        click(json!({ "action": "intent", "intent": "intent://a#Intent;end" })),
        handed("intent://a#Intent;end")
    );
    let beside = shown(&chat().data(r#"{"n":1.0}"#).notify("click", json!({ "action": "url", "url": "https://a" })));
    assert_eq!(beside["clickAction"]["data"], json!({ "ext": r#"{"n":1.0}"#, "click": "https://a" }));
}

#[test]
fn data_travels_byte_for_byte() {
    let text = r#"{ "n": 123456789012345678901234567890, "t": "\u00e9 \" \\ 见" }"#;
    for job in [chat().data(text), job("chat.direct").data(text)] {
        let app = app(&overlaid(on_next(), &json!({ "data_key": "" })));
        let call = call(app.as_ref(), &job.build(), Duration::ZERO);
        let body = String::from_utf8(call.request.body().to_vec()).unwrap();
        let whole = serde_json::to_string(text).unwrap();
        assert!(
            body.contains(&format!(r#""data":{text}"#)) || body.contains(&format!(r#""extraData":{whole}"#)),
            "{body}"
        );
    }
}

#[test]
fn a_test_message_draws_on_its_own_counter() {
    let own = class(&json!({}), &chat().test()).unwrap();
    assert_eq!(own.quota.as_deref(), Some("test_next"));
}

#[test]
fn the_body_without_tokens_ends_at_4096_bytes() {
    let app = app(&on_next());
    let with = |n: usize| chat().targets(1000).data(&format!(r#"{{"x":"{}"}}"#, "x".repeat(n))).build();
    let most = (0..4096).rev().find(|n| prepare(app.as_ref(), &with(*n)).is_ok()).unwrap();
    let mut body: Value =
        serde_json::from_slice(call(app.as_ref(), &with(most), Duration::ZERO).request.body()).unwrap();
    body["target"]["token"] = json!([]);
    // The size is judged with the longest ttl; a day's is two digits shorter.
    assert_eq!(body.to_string().len(), 4096 - 2);
    assert_eq!(prepare(app.as_ref(), &with(most + 1)).unwrap_err().reason, Reason::PayloadTooLarge);
}
