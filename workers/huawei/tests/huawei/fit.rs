//! What a job becomes where Huawei's message is not like ours: dropped, changed, refused.

use std::time::Duration;

use push_contract::{Fitted, Outcome, Reason, Refusal};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{app, body, call, job, later, prepare, shown};

fn fitted(settings: &Value, job: &JobBuilder) -> Result<Fitted, Refusal> {
    prepare(app(settings).as_ref(), &job.build()).map(|(_, fitted)| fitted)
}

fn said(dropped: &[&str], changed: &[&str]) -> Result<Fitted, Refusal> {
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Ok(Fitted { dropped: list(dropped), changed: list(changed) })
}

fn chat() -> JobBuilder {
    job("chat.direct").title("Li Lei").body("See you at eight")
}

#[test]
fn a_plain_message_is_untouched() {
    assert_eq!(fitted(&json!({}), &chat()), said(&[], &[]));
}

#[test]
fn what_has_no_place_is_reported() {
    let rich = |kind: &str| {
        let job = job(kind).title("t").body("b").notify("subtitle", "s").notify("image", "https://example.com/a.png");
        job.notify("sound", "ding").badge(json!({ "set": 3 }))
    };
    assert_eq!(fitted(&json!({}), &rich("chat.direct")), said(&["subtitle"], &[]));
    assert_eq!(fitted(&json!({ "badge_class": "" }), &rich("chat.direct")), said(&["subtitle", "badge"], &[]));
    assert_eq!(fitted(&json!({}), &rich("marketing")), said(&["subtitle", "image", "sound"], &[]));
    let data = job("chat.direct").data("{}").badge(json!({ "add": 1 }));
    let data = data.options("huawei", json!({ "badge_class": "x" }));
    assert_eq!(fitted(&json!({}), &data), said(&["badge", "options.huawei"], &[]));
    assert_eq!(fitted(&json!({}), &job("call.invite").title("t").body("b").notify("tag", "x")), said(&["tag"], &[]));
}

#[test]
fn texts_are_cut_and_the_missing_one_repeats_the_other() {
    let app = app(&json!({}));
    let long = job("chat.direct").title(&"名".repeat(41)).body(&"x".repeat(257));
    assert_eq!(fitted(&json!({}), &long), said(&[], &["title", "body"]));
    let sent = shown(app.as_ref(), &long);
    assert_eq!(sent["title"], format!("{}…", "名".repeat(39)));
    assert_eq!(sent["body"].as_str().unwrap().chars().count(), 256);

    let only_title = job("chat.direct").title("Li Lei");
    assert_eq!(fitted(&json!({}), &only_title), said(&[], &["body"]));
    assert_eq!(shown(app.as_ref(), &only_title)["body"], "Li Lei");
    let only_body = job("chat.direct").body("hi");
    assert_eq!(fitted(&json!({}), &only_body), said(&[], &["title"]));
    assert_eq!(shown(app.as_ref(), &only_body)["title"], "hi");
    let from_sender = job("chat.direct").body("hi").sender("u1", "Li Lei");
    assert_eq!(fitted(&json!({}), &from_sender), said(&[], &[]));
    assert_eq!(shown(app.as_ref(), &from_sender)["title"], "Li Lei");
}

#[test]
fn a_notification_without_text_is_refused() {
    let refusal = fitted(&json!({}), &job("chat.direct").notify("image", "https://example.com/a.png").data("{}"));
    assert_eq!(refusal.unwrap_err().reason, Reason::NoContent);
}

#[test]
fn data_travels_byte_for_byte() {
    let text = r#"{ "n": 123456789012345678901234567890, "t": "\u00e9 \" \\ 见" }"#;
    let job = chat().data(text).build();
    let sent = body(app(&json!({})).as_ref(), &job)["message"]["data"].take();
    let outer: Value = serde_json::from_str(sent.as_str().unwrap()).unwrap();
    assert_eq!(outer, json!({ "ext": text }));
    let sent = body(app(&json!({ "data_key": "" })).as_ref(), &job)["message"]["data"].take();
    assert_eq!(sent, text);
}

#[test]
fn taps_become_click_actions() {
    let app = app(&json!({}));
    let click = |click: Value| shown(app.as_ref(), &chat().notify("click", click))["click_action"].take();
    assert_eq!(shown(app.as_ref(), &chat())["click_action"], json!({ "type": 3 }));
    assert_eq!(click(json!({ "action": "app" })), json!({ "type": 3 }));
    assert_eq!(click(json!({ "action": "activity", "activity": "a.B" })), json!({ "type": 1, "action": "a.B" }));
    let own = "intent://y#Intent;scheme=x;end";
    assert_eq!(click(json!({ "action": "intent", "intent": "x://y" })), json!({ "type": 1, "intent": own }));
    assert_eq!(click(json!({ "action": "url", "url": "https://a" })), json!({ "type": 2, "url": "https://a" }));
}

#[test]
fn sound_and_silence() {
    let app = app(&json!({}));
    let ding = shown(app.as_ref(), &chat().notify("sound", "ding"));
    assert_eq!((&ding["sound"], &ding["default_sound"]), (&json!("/raw/ding"), &json!(false)));
    assert_eq!(ding["importance"], "NORMAL");
    let silent = shown(app.as_ref(), &chat().notify("sound", "ding").silent());
    assert_eq!((&silent["importance"], silent.get("sound")), (&json!("LOW"), None));
    let cancel = shown(app.as_ref(), &job("call.cancel").title("t").body("b"));
    assert_eq!(cancel["importance"], "LOW");
}

#[test]
fn badges_end_at_99_and_zero_clears() {
    let app = app(&json!({}));
    let badge = |badge: Value| shown(app.as_ref(), &chat().badge(badge))["badge"].take();
    let class = "com.example.chat.MainActivity";
    assert_eq!(badge(json!({ "set": 0 })), json!({ "set_num": 0, "class": class }));
    assert_eq!(badge(json!({ "set": 100 })), json!({ "set_num": 99, "class": class }));
    assert_eq!(badge(json!({ "add": 500 })), json!({ "add_num": 99, "class": class }));
    assert_eq!(fitted(&json!({}), &chat().badge(json!({ "add": 500 }))), said(&[], &["badge"]));
    let own = chat().badge(json!({ "add": 1 })).options("huawei", json!({ "badge_class": "a.B" }));
    assert_eq!(shown(app.as_ref(), &own)["badge"]["class"], "a.B");
}

#[test]
fn a_later_notification_replaces_by_tag_or_collapse_key_and_a_repeat_replaces_itself() {
    let app = app(&json!({}));
    let names = |job: &JobBuilder| {
        let sent = shown(app.as_ref(), job);
        (sent.get("tag").cloned(), sent.get("notify_id").and_then(Value::as_u64))
    };
    let plain = names(&chat());
    assert!(plain.0.is_none() && plain.1.is_some_and(|id| i32::try_from(id).is_ok()));
    assert_eq!(plain, names(&chat().targets(5)));
    assert_ne!(plain, names(&chat().id("job-2")));
    let collapsed = names(&chat().collapse("conv-1", None));
    assert_eq!(collapsed, names(&chat().id("job-2").collapse("conv-1", Some(2))));
    assert_ne!(collapsed, plain);
    assert_eq!(names(&chat().notify("tag", "conv-1").collapse("conv-1", None)), (Some(json!("conv-1")), None));
    let call = |kind: &str, id: &str| names(&job(kind).id(id).title("t").body("b").notify("tag", id));
    assert_eq!(call("call.invite", "i"), call("call.cancel", "c"));
}

#[test]
fn ttl_is_what_is_left() {
    let ttl = |after: u64, expires: u64| {
        let call =
            call(app(&json!({})).as_ref(), &chat().expires_at(later(expires)).build(), Duration::from_secs(after));
        let body: Value = serde_json::from_slice(call.request.body()).unwrap();
        body["message"]["android"]["ttl"].as_str().unwrap().to_owned()
    };
    assert_eq!(ttl(0, 600), "600s");
    assert_eq!(ttl(590, 600), "10s");
    assert_eq!(ttl(600, 600), "1s");
    assert_eq!(ttl(0, 7 * 86400), "604800s");
}

#[test]
fn test_messages_receipts_and_channels() {
    let app = app(&json!({ "receipt_id": "R1" }));
    let sent = body(app.as_ref(), &chat().test().notify("channel", "chats").build());
    let android = &sent["message"]["android"];
    assert_eq!((&android["target_user_type"], &android["receipt_id"]), (&json!(1), &json!("R1")));
    assert_eq!(android["notification"]["channel_id"], "chats");
}

#[test]
fn the_body_without_tokens_ends_at_4096_bytes() {
    let app = app(&json!({}));
    let with = |n: usize| chat().targets(1000).data(&format!(r#"{{"x":"{}"}}"#, "见".repeat(n)));
    let (mut fits, mut fails) = (0, 2000);
    while fails - fits > 1 {
        let n = (fits + fails) / 2;
        if prepare(app.as_ref(), &with(n).build()).is_ok() { fits = n } else { fails = n }
    }
    let sent = body(app.as_ref(), &with(fits).build());
    let mut bare = sent.clone();
    bare["message"]["token"] = json!([]);
    let size = bare.to_string().len();
    // The size is judged with the longest ttl; a day's is two digits shorter, and one letter is three bytes.
    assert!((4096 - 2 - 2..=4096).contains(&size), "{size}");
    assert_eq!(sent["message"]["token"].as_array().unwrap().len(), 1000);
    let refusal = prepare(app.as_ref(), &with(fails).build()).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::PayloadTooLarge));
    assert!(refusal.rule.contains("at most 4096"), "{}", refusal.rule);
}
