//! What a job becomes where Honor's message is not like ours: dropped, changed, refused.

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
        job.notify("sound", "ding").notify("channel", "chats").badge(json!({ "set": 3 }))
    };
    assert_eq!(fitted(&json!({}), &rich("chat.direct")), said(&["subtitle", "sound", "channel"], &[]));
    let no_class = json!({ "badge_class": "" });
    assert_eq!(fitted(&no_class, &rich("chat.direct")), said(&["subtitle", "sound", "channel", "badge"], &[]));
    assert_eq!(fitted(&json!({}), &rich("marketing")), said(&["subtitle", "image", "sound", "channel"], &[]));
    let data = job("chat.direct").data("{}").badge(json!({ "add": 1 })).options("honor", json!({ "group": "x" }));
    assert_eq!(fitted(&json!({}), &data), said(&["badge", "options.honor"], &[]));
    assert_eq!(fitted(&json!({}), &job("call.invite").title("t").body("b").notify("tag", "x")), said(&["tag"], &[]));
}

#[test]
fn silence_is_reported_where_it_cannot_be_had() {
    assert_eq!(fitted(&json!({}), &chat().silent()), said(&["silent"], &[]));
    assert_eq!(fitted(&json!({ "silent": "low" }), &chat().silent()), said(&[], &[]));
    assert_eq!(shown(app(&json!({ "silent": "low" })).as_ref(), &chat().silent())["importance"], "LOW");
    assert_eq!(fitted(&json!({}), &job("news").title("t").body("b").silent()), said(&[], &[]));
    assert_eq!(fitted(&json!({}), &job("chat.direct").data("{}").silent()), said(&[], &[]));
}

#[test]
fn a_degraded_message_is_text_only() {
    let picture = chat().notify("image", "https://example.com/a.png");
    assert_eq!(shown(app(&json!({})).as_ref(), &picture)["image"], "https://example.com/a.png");
    let degraded = shown(app(&json!({ "self_classification": false })).as_ref(), &picture);
    assert_eq!((&degraded["importance"], degraded.get("image")), (&json!("LOW"), None));
    assert_eq!(fitted(&json!({ "self_classification": false }), &picture), said(&["image"], &[]));
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
    for job in [chat().data(text), job("chat.direct").data(text)] {
        let sent = body(app(&json!({})).as_ref(), &job.build());
        let outer: Value = serde_json::from_str(sent["data"].as_str().unwrap()).unwrap();
        assert_eq!(outer, json!({ "ext": text }));
        assert!(sent["android"].get("data").is_none(), "once");
        assert_eq!(body(app(&json!({ "data_key": "" })).as_ref(), &job.build())["data"], text);
    }
}

#[test]
fn taps_become_click_actions() {
    let app = app(&json!({}));
    let click = |click: Value| shown(app.as_ref(), &chat().notify("click", click))["clickAction"].take();
    assert_eq!(shown(app.as_ref(), &chat())["clickAction"], json!({ "type": 3 }));
    assert_eq!(click(json!({ "action": "app" })), json!({ "type": 3 }));
    assert_eq!(click(json!({ "action": "activity", "activity": "a.B" })), json!({ "type": 1, "action": "a.B" }));
    let own = "intent://y#Intent;scheme=x;end";
    assert_eq!(click(json!({ "action": "intent", "intent": "x://y" })), json!({ "type": 1, "intent": own }));
    assert_eq!(click(json!({ "action": "url", "url": "https://a" })), json!({ "type": 2, "url": "https://a" }));
}

#[test]
fn badges_end_at_99_and_zero_clears() {
    let app = app(&json!({}));
    let badge = |badge: Value| shown(app.as_ref(), &chat().badge(badge))["badge"].take();
    let class = "com.example.chat.MainActivity";
    assert_eq!(badge(json!({ "set": 0 })), json!({ "setNum": 0, "badgeClass": class }));
    assert_eq!(badge(json!({ "set": 100 })), json!({ "setNum": 99, "badgeClass": class }));
    assert_eq!(badge(json!({ "add": 500 })), json!({ "addNum": 99, "badgeClass": class }));
    assert_eq!(fitted(&json!({}), &chat().badge(json!({ "add": 500 }))), said(&[], &["badge"]));
    let own = chat().badge(json!({ "add": 1 })).options("honor", json!({ "badge_class": "a.B" }));
    assert_eq!(shown(app.as_ref(), &own)["badge"]["badgeClass"], "a.B");
}

#[test]
fn a_later_notification_replaces_by_tag_or_collapse_key_and_a_repeat_replaces_itself() {
    let app = app(&json!({}));
    let names = |job: &JobBuilder| {
        let sent = shown(app.as_ref(), job);
        (sent.get("tag").cloned(), sent.get("notifyId").and_then(Value::as_u64))
    };
    let plain = names(&chat());
    assert!(plain.0.is_none() && plain.1.is_some_and(|id| i32::try_from(id).is_ok()));
    assert_eq!(plain, names(&chat().targets(5)));
    assert_eq!(plain, names(&chat().notify("tag", "")));
    assert_ne!(plain, names(&chat().id("job-2")));
    let collapsed = names(&chat().collapse("conv-1", None));
    assert_eq!(collapsed, names(&chat().id("job-2").collapse("conv-1", Some(2))));
    assert_ne!(collapsed, plain);
    assert_eq!(names(&chat().notify("tag", "conv-1").collapse("conv-1", None)), (Some(json!("conv-1")), None));
    assert_eq!(names(&chat().options("honor", json!({ "notify_id": 0 }))).1, Some(0));
    let call = |kind: &str, id: &str| names(&job(kind).id(id).title("t").body("b").notify("tag", id));
    assert_eq!(call("call.invite", "i"), call("call.cancel", "c"));
}

#[test]
fn ttl_is_what_is_left() {
    let ttl = |after: u64, expires: u64| {
        let call =
            call(app(&json!({})).as_ref(), &chat().expires_at(later(expires)).build(), Duration::from_secs(after));
        let body: Value = serde_json::from_slice(call.request.body()).unwrap();
        body["android"]["ttl"].as_str().unwrap().to_owned()
    };
    assert_eq!(ttl(0, 600), "600s");
    assert_eq!(ttl(590, 600), "10s");
    assert_eq!(ttl(600, 600), "1s");
    assert_eq!(ttl(0, 7 * 86400), "604800s");
}

#[test]
fn options_and_test_messages() {
    let app = app(&json!({}));
    assert_eq!(body(app.as_ref(), &chat().test().build())["android"]["targetUserType"], 1);
    assert!(body(app.as_ref(), &chat().build())["android"].get("targetUserType").is_none());
    let own = json!({ "group": "g", "big_text": true, "when": "2026-11-21T10:00:00.5+02:00", "buttons": [
        { "name": "Open", "action_type": 0 },
        { "name": "Reply", "action_type": 1, "intent_type": 1, "intent": "a.REPLY", "data": "x" } ] });
    let sent = shown(app.as_ref(), &chat().options("honor", own));
    assert_eq!((&sent["group"], &sent["style"]), (&json!("g"), &json!(1)));
    assert_eq!((&sent["bigTitle"], &sent["bigBody"]), (&sent["title"], &sent["body"]));
    assert_eq!(sent["when"], "2026-11-21T08:00:00.5Z");
    let buttons = json!([{ "name": "Open", "actionType": 0 },
                         { "name": "Reply", "actionType": 1, "intentType": 1, "intent": "a.REPLY", "data": "x" }]);
    assert_eq!(sent["buttons"], buttons);
}

#[test]
fn the_body_without_tokens_ends_at_4096_bytes() {
    let app = app(&json!({}));
    let with = |n: usize| chat().targets(1000).data(&format!(r#"{{"x":"{}"}}"#, "见".repeat(n)));
    let (mut fits, mut fails) = (0, 2000);
    while fails - fits > 1 {
        let n = usize::midpoint(fits, fails);
        if prepare(app.as_ref(), &with(n).build()).is_ok() { fits = n } else { fails = n }
    }
    let sent = body(app.as_ref(), &with(fits).build());
    let mut bare = sent.clone();
    bare["token"] = json!([]);
    let size = bare.to_string().len();
    // The size is judged with the longest ttl; a day's is two digits shorter, and one letter is three bytes.
    assert!((4096 - 2 - 2..=4096).contains(&size), "{size}");
    assert_eq!(sent["token"].as_array().unwrap().len(), 1000);
    let refusal = prepare(app.as_ref(), &with(fails).build()).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::PayloadTooLarge));
    assert!(refusal.rule.contains("at most 4096"), "{}", refusal.rule);
    assert!(prepare(super::support::app(&json!({ "max_bytes": 8192 })).as_ref(), &with(fails).build()).is_ok());
}
