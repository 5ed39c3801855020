//! What a job becomes where OPPO's message is not like ours: dropped, changed, refused.

use std::time::Duration;

use push_contract::{Fitted, Outcome, Reason, Refusal};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{ID, app, call, chat, field, job, later, message, prepare, shown};

fn fitted(settings: &Value, job: &JobBuilder) -> Result<Fitted, Refusal> {
    prepare(app(settings).as_ref(), &job.build()).map(|(_, fitted)| fitted)
}

fn said(dropped: &[&str], changed: &[&str]) -> Result<Fitted, Refusal> {
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Ok(Fitted { dropped: list(dropped), changed: list(changed) })
}

#[test]
fn what_has_no_place_is_reported() {
    assert_eq!(fitted(&json!({}), &chat()), said(&[], &[]));
    let rich = chat().notify("subtitle", "In the group").notify("image", "https://a.example/p.png");
    let rich = rich.notify("sound", "ding").badge(json!({ "set": 3 })).test().silent();
    assert_eq!(fitted(&json!({}), &rich), said(&["sound", "test", "image", "silent", "badge"], &["subtitle"]));
    let with = json!({ "badge": true, "image": true, "silent_channel_id": "quiet" });
    assert_eq!(fitted(&with, &rich), said(&["sound", "test"], &["subtitle"]));
    let call = job("call.invite").title("t").body("b").notify("tag", "x");
    assert_eq!(fitted(&json!({}), &call), said(&["tag"], &[]));
}

#[test]
fn a_data_message_is_unsupported() {
    let refusal = fitted(&json!({}), &job("chat.direct").data(r#"{"cmd":"sync"}"#)).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Unsupported, Reason::NotPossible));
}

#[test]
fn texts_are_cut_to_the_style_and_the_missing_one_repeats_the_other() {
    let app = app(&json!({}));
    let body = |count: usize| shown(app.as_ref(), &chat().body(&"名".repeat(count)));
    assert_eq!((body(50).get("style"), body(51)["style"].clone()), (None, json!(2)));
    assert_eq!(body(128)["content"], "名".repeat(128));
    assert_eq!(body(129)["content"], format!("{}…", "名".repeat(127)));
    let long = chat().title(&"x".repeat(51)).body(&"y".repeat(129)).notify("subtitle", &*"z".repeat(11));
    assert_eq!(fitted(&json!({}), &long), said(&[], &["title", "body", "subtitle"]));
    let sent = shown(app.as_ref(), &long);
    assert_eq!(
        (sent["title"].clone(), sent["sub_title"].clone()),
        (json!(format!("{}…", "x".repeat(49))), json!("zzzzzzzzz…"))
    );

    let only_title = job("chat.direct").title("Li Lei");
    assert_eq!(fitted(&json!({}), &only_title), said(&[], &["body"]));
    assert_eq!(shown(app.as_ref(), &only_title)["content"], "Li Lei");
    let from_sender = job("chat.direct").body("hi").sender("u1", "Li Lei");
    assert_eq!(fitted(&json!({}), &from_sender), said(&[], &[]));
    let bare = job("chat.direct").notify("sound", "x").data("{}");
    assert_eq!(fitted(&json!({}), &bare).unwrap_err().reason, Reason::NoContent);
}

#[test]
fn data_travels_byte_for_byte_up_to_4000_characters() {
    let text = r#"{ "n": 123456789012345678901234567890, "t": "\u00e9 \" \\ 见" }"#;
    let sent = shown(app(&json!({})).as_ref(), &chat().data(text))["action_parameters"].take();
    assert_eq!(serde_json::from_str::<Value>(sent.as_str().unwrap()).unwrap(), json!({ "ext": text }));
    let bare = json!({ "data_key": "" });
    assert_eq!(shown(app(&bare).as_ref(), &chat().data(text))["action_parameters"], text);
    let with = |n: usize| chat().data(&format!(r#"{{"x":"{}"}}"#, "见".repeat(n)));
    assert!(fitted(&bare, &with(3992)).is_ok());
    let refusal = fitted(&bare, &with(3993)).unwrap_err();
    assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::PayloadTooLarge, "data"));
}

#[test]
fn taps_become_click_actions() {
    let click = |settings: Value, click: Value| {
        let sent = shown(app(&settings).as_ref(), &chat().notify("click", click));
        let text = |name: &str| sent.get(name).and_then(Value::as_str).map(str::to_owned);
        (sent["click_action_type"].as_u64().unwrap(), text("click_action_activity"), text("click_action_url"))
    };
    let activity = |name: &str| json!({ "action": "activity", "activity": name });
    let named = |kind, name: &str| (kind, Some(name.to_owned()), None);
    assert_eq!(click(json!({}), Value::Null), (0, None, None));
    assert_eq!(click(json!({}), json!({ "action": "app" })), (0, None, None));
    assert_eq!(click(json!({}), activity("com.a.Chat")), named(4, "com.a.Chat"));
    assert_eq!(click(json!({}), activity("com.a.OPEN_CHAT")), named(1, "com.a.OPEN_CHAT"));
    let intent = json!({ "action": "intent", "intent": "x://y" });
    assert_eq!(click(json!({}), intent), (5, None, Some("x://y".to_owned())));
    let url = |text: &str| json!({ "action": "url", "url": text });
    assert_eq!(click(json!({}), url("https://a")), (2, None, Some("https://a".to_owned())));
    let long = chat().notify("click", url(&format!("https://a/{}", "x".repeat(2000))));
    assert_eq!(fitted(&json!({}), &long), said(&["click"], &[]));
    assert_eq!(shown(app(&json!({})).as_ref(), &long)["click_action_type"], 0);
}

#[test]
fn channels_are_found_from_the_most_particular_on() {
    let settings = json!({ "channels": { "chat.mention": "mentions", "IM": "im" }, "silent_channel_id": "quiet" });
    let channel = |job: &JobBuilder| shown(app(&settings).as_ref(), job)["channel_id"].take();
    let of = |kind: &str| job(kind).title("t").body("b");
    assert_eq!(channel(&of("order.update")), "chat_msg");
    assert_eq!(channel(&of("chat.direct")), "im");
    assert_eq!(channel(&of("chat.mention")), "mentions");
    assert_eq!(channel(&of("chat.direct").notify("channel", "own")), "own");
    assert_eq!(channel(&of("chat.direct").silent()), "quiet");
    assert_eq!(channel(&of("call.cancel")), "quiet");
    let both = of("chat.direct").notify("channel", "own").silent();
    assert_eq!((channel(&both), fitted(&settings, &both)), (json!("quiet"), said(&[], &["channel"])));
    let chosen = of("chat.direct").notify("channel", "own").options("oppo", json!({ "channel_id": "mine" }));
    assert_eq!((channel(&chosen), fitted(&settings, &chosen)), (json!("mine"), said(&[], &[])));
    assert_eq!(channel(&chosen.silent()), "quiet");
    let none = shown(app(&json!({ "channel_id": "" })).as_ref(), &chat());
    assert!(none.get("channel_id").is_none());
}

#[test]
fn templates_are_filled_from_the_job() {
    let settings = json!({ "templates": {
        "chat.direct": { "id": "T1", "title": { "who": "{title}" }, "content": { "text": "{body} ({data.n}, {data.room})" } },
        "ORDER": { "id": "T2" },
        "TODO": { "id": "T3", "content": { "x": "{data.x}" } },
    } });
    let app = app(&settings);
    let sent = shown(app.as_ref(), &chat().data(r#"{"n":1.50,"room":"east"}"#));
    assert_eq!(sent["private_msg_template_id"], "T1");
    assert_eq!(sent["private_title_parameters"], json!({ "who": "Li Lei" }));
    assert_eq!(sent["private_content_parameters"], json!({ "text": "See you at eight (1.5, east)" }));
    let sent = shown(app.as_ref(), &job("order.update").title("t").body("b"));
    assert_eq!(sent["private_msg_template_id"], "T2");
    assert!(sent.get("private_title_parameters").is_none() && sent.get("private_content_parameters").is_none());
    let refusal = fitted(&settings, &job("mail.new").title("t").body("b")).unwrap_err();
    assert!(refusal.reason == Reason::BadRequest && refusal.rule.contains("T3"), "{refusal}");
    let marketing = shown(app.as_ref(), &job("marketing").title("t").body("b"));
    assert!(marketing.get("private_msg_template_id").is_none() && marketing.get("notify_level").is_none());
}

#[test]
fn badges_are_off_until_they_are_on() {
    let badge = |settings: Value, badge: Value| {
        let sent = shown(app(&settings).as_ref(), &chat().badge(badge));
        let number = |name: &str| sent.get(name).and_then(Value::as_u64);
        (number("badge_operation_type"), number("badge_message_count"))
    };
    let on = json!({ "badge": true });
    assert_eq!(badge(json!({}), json!({ "set": 1 })), (None, None));
    assert_eq!(badge(on.clone(), json!({ "set": 0 })), (Some(0), Some(0)));
    assert_eq!(badge(on.clone(), json!({ "set": 500 })), (Some(0), Some(500)));
    assert_eq!(badge(on.clone(), json!({ "add": 3 })), (Some(1), Some(1)));
    assert_eq!(fitted(&on, &chat().badge(json!({ "add": 3 }))), said(&[], &["badge"]));
}

#[test]
fn a_later_notification_replaces_by_tag_or_collapse_key() {
    let app = app(&json!({}));
    let id = |job: &JobBuilder| shown(app.as_ref(), job).get("notify_id").and_then(Value::as_u64);
    assert_eq!(id(&chat()), None);
    let tagged = id(&chat().notify("tag", "room-7"));
    assert!(tagged.is_some_and(|id| i32::try_from(id).is_ok()));
    assert_eq!(tagged, id(&chat().id("job-2").notify("tag", "room-7").collapse("other", None)));
    assert_eq!(id(&chat().collapse("c", None)), id(&chat().id("job-2").collapse("c", Some(2))));
    let call = |kind: &str, tag: &str| id(&job(kind).id(tag).title("t").body("b").notify("tag", tag));
    assert_eq!(call("call.invite", "i"), call("call.cancel", "c"));
}

#[test]
fn ttl_is_what_is_left_and_none_is_not_kept() {
    let ttl = |after: u64, expires: u64| {
        let call =
            call(app(&json!({})).as_ref(), &chat().expires_at(later(expires)).build(), Duration::from_secs(after));
        let message: Value = serde_json::from_str(&field(&call, "message").unwrap()).unwrap();
        (message["notification"]["off_line"] == true, message["notification"]["off_line_ttl"].as_u64())
    };
    assert_eq!(ttl(0, 600), (true, Some(600)));
    assert_eq!(ttl(590, 600), (true, Some(10)));
    assert_eq!(ttl(600, 600), (false, None));
    assert_eq!(ttl(0, 7 * 86400), (true, Some(604_800)));
    assert_eq!(shown(app(&json!({})).as_ref(), &job("call.invite").body("b"))["show_ttl"], 60);
}

#[test]
fn a_picture_is_a_small_one_by_its_address() {
    let shown = shown(app(&json!({ "image": true })).as_ref(), &chat().notify("image", "https://a"));
    assert_eq!(shown["small_picture_url"], "https://a");
}

#[test]
fn a_realm_is_what_an_id_names() {
    let app = app(&json!({}));
    let job = chat().tokens([ID, "OPPO_IN_b6bbd94b59cdb5df8391642c1509b7fe", "T1"]).build();
    assert_eq!(job.targets.iter().map(|target| app.realm(target)).collect::<Vec<_>>(), ["cn", "intl", "cn"]);
    assert_eq!(message(app.as_ref(), &chat().tokens(["T1"]).build())["target_value"], "T1");
}
