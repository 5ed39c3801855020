//! What becomes of a job's fields (sections 4.1 and 5).

use std::time::Duration;

use push_contract::{Outcome, Reason};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{app, call, chat, fitted, job, later, message, message_of, prepare};

fn said(dropped: &[&str], changed: &[&str]) -> (Vec<String>, Vec<String>) {
    let owned = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    (owned(dropped), owned(changed))
}

fn texts(settings: &Value, job: &JobBuilder) -> (String, String) {
    let bar = message(settings, job)["noticeBarInfo"].take();
    (bar["title"].as_str().unwrap().to_owned(), bar["content"].as_str().unwrap().to_owned())
}

#[test]
fn texts_are_cut_in_characters() {
    let job = |title: &str, body: &str| job("chat.direct").title(title).body(body);
    let exact = job(&"标".repeat(32), &"文".repeat(100));
    assert_eq!(fitted(&json!({}), &exact), said(&[], &[]));
    let long = job(&"标".repeat(33), &"文".repeat(101));
    assert_eq!(texts(&json!({}), &long), (format!("{}…", "标".repeat(31)), format!("{}…", "文".repeat(99))));
    assert_eq!(fitted(&json!({}), &long), said(&[], &["title", "body"]));
    // An emoji is one character.
    let emoji = job(&"👋".repeat(32), "b");
    assert_eq!(fitted(&json!({}), &emoji), said(&[], &[]));
    let family = "👨‍👩‍👧‍👦";
    assert_eq!(texts(&json!({}), &job(&family.repeat(5), "b")).0, format!("{}…", family.repeat(4)));
}

#[test]
fn a_missing_text_repeats_the_other() {
    let only_body = job("chat.direct").body("hi");
    assert_eq!(texts(&json!({}), &only_body), ("hi".to_owned(), "hi".to_owned()));
    assert_eq!(fitted(&json!({}), &only_body), said(&[], &["title"]));
    assert_eq!(fitted(&json!({}), &job("chat.direct").title("hi").body("")), said(&[], &["body"]));
    let from_sender = job("chat.direct").body("hi").sender("u1", "Han Meimei");
    assert_eq!(texts(&json!({}), &from_sender).0, "Han Meimei");
    assert_eq!(fitted(&json!({}), &from_sender), said(&[], &[]));
    let refusal = prepare(app(&json!({})).as_ref(), &job("chat.direct").title("").body("").build()).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::NoContent));
}

#[test]
fn a_long_body_goes_where_the_user_unfolds_it() {
    let job = chat().body(&"字".repeat(130));
    assert_eq!(message(&json!({}), &job).get("noticeExpandInfo"), None);
    let expand = json!({ "long_body": 120 });
    let wanted = json!({ "noticeExpandType": 1, "noticeExpandContent": format!("{}…", "字".repeat(119)) });
    assert_eq!(message(&expand, &job)["noticeExpandInfo"], wanted);
    assert_eq!(message(&expand, &chat()).get("noticeExpandInfo"), None, "a short one has nothing to unfold");
}

#[test]
fn a_data_message_is_unsupported_unless_the_app_may_send_transparent_ones() {
    let data = job("chat.direct").data("{}");
    let refusal = prepare(app(&json!({})).as_ref(), &data.build()).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Unsupported, Reason::NotPossible));
    let transparent = json!({ "data_messages": "transparent", "transparent_limit": 30 });
    let (class, _) = prepare(app(&transparent).as_ref(), &data.build()).unwrap();
    assert_eq!((class.name.as_str(), class.quota.as_deref()), ("transparent", Some("transparent")));
    let long = job("chat.direct").data(&format!(r#"{{"x":"{}"}}"#, "x".repeat(20)));
    let refusal = prepare(app(&transparent).as_ref(), &long.build()).unwrap_err();
    assert_eq!(refusal.reason, Reason::PayloadTooLarge);
    let badge = data.badge(json!({ "set": 1 }));
    assert_eq!(fitted(&json!({ "data_messages": "transparent" }), &badge), said(&["badge"], &[]));
}

#[test]
fn data_is_one_text_under_one_key_and_ends_at_the_limit() {
    let text = r#"{ "n": 12345678901234567890123, "f": 1.0, "n": 1 }"#;
    let parameters =
        message(&json!({ "data_key": "payload" }), &chat().data(text))["clickTypeInfo"]["parameters"].take();
    assert_eq!(parameters, json!({ "payload": text }));
    let with = |n: usize| chat().data(&format!("{{\"x\":\"{}\"}}", "x".repeat(n))).build();
    let app = app(&json!({ "data_limit": 100 }));
    // {"ext":"{\"x\":\"...\"}"} is 22 bytes and the text.
    assert!(prepare(app.as_ref(), &with(78)).is_ok());
    let refusal = prepare(app.as_ref(), &with(79)).unwrap_err();
    assert_eq!(
        (refusal.outcome, refusal.reason, refusal.field.as_str()),
        (Outcome::Rejected, Reason::PayloadTooLarge, "data")
    );
}

#[test]
fn clicks() {
    let click = |click: Value| message(&json!({}), &chat().notify("click", click))["clickTypeInfo"].take();
    assert_eq!(message(&json!({}), &chat())["clickTypeInfo"], json!({ "clickType": 0 }));
    assert_eq!(click(json!({ "action": "app" })), json!({ "clickType": 0 }));
    let activity = |name: &str| json!({ "action": "activity", "activity": name });
    assert_eq!(click(activity("a.B")), json!({ "clickType": 1, "activity": "a.B" }));
    let intent = |intent: &str| json!({ "action": "intent", "intent": intent });
    assert_eq!(click(intent("x://y")), json!({ "clickType": 2, "url": "x://y" }));
    assert_eq!(click(json!({ "action": "url", "url": "https://a" })), json!({ "clickType": 2, "url": "https://a" }));
    let long = |bytes: usize| format!("x:{}", "y".repeat(bytes - 2));
    assert_eq!(click(intent(&long(1000)))["clickType"], 2);
    let addresses = [intent(&long(1001)), intent("no scheme")];
    let names = ["OPEN", "", ".Chat", "com.a.", ".", "com.a/.Chat", "com.a/com.a.Chat"].map(activity);
    for wrong in addresses.into_iter().chain(names) {
        assert_eq!(click(wrong.clone()), json!({ "clickType": 0 }), "{wrong}");
        assert_eq!(fitted(&json!({}), &chat().notify("click", wrong)), said(&["click"], &[]));
    }
}

#[test]
fn what_meizu_lacks_is_reported() {
    let job = chat().test().badge(json!({ "set": 3 })).notify("subtitle", "s").notify("sound", "ding");
    let job = job.notify("channel", "chats").notify("image", "https://a.example/p.png");
    let dropped = ["badge", "test", "image", "sound", "channel", "subtitle"];
    assert_eq!(fitted(&json!({}), &job), said(&dropped, &[]));
    let vip = json!({ "vip": true, "image": "upload" });
    assert_eq!(fitted(&vip, &job), said(&["badge", "test", "sound", "channel"], &[]));
    let call = job_with_tag("call.invite");
    assert_eq!(fitted(&json!({}), &call), said(&["tag"], &[]));
}

fn job_with_tag(kind: &str) -> JobBuilder {
    job(kind).title("t").body("b").notify("tag", "room-7")
}

#[test]
fn a_vip_app_has_a_subtitle() {
    let vip = json!({ "vip": true });
    let job = chat().notify("subtitle", "十六个字符的副标题再加上一个字就多");
    assert_eq!(message(&vip, &job)["vipInfo"], json!({ "subtitle": "十六个字符的副标题再加上一个字…" }));
    assert_eq!(fitted(&vip, &job), said(&[], &["subtitle"]));
    assert_eq!(message(&vip, &chat()).get("vipInfo"), None, "nothing to say: no block");
}

#[test]
fn wrong_options_are_refused_by_name() {
    for (options, field) in [(json!({ "category": "secret" }), "category"), (json!({ "sound": true }), "sound")] {
        let refusal = app(&json!({})).classify(&chat().options("meizu", options).build()).unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::BadOption, &*format!("options.meizu.{field}")));
    }
}

fn alert(settings: &Value, job: &JobBuilder) -> [u64; 4] {
    let advance = message(settings, job)["advanceInfo"].take();
    let kinds = &advance["notificationType"];
    [&advance["suspend"], &kinds["vibrate"], &kinds["lights"], &kinds["sound"]].map(|flag| flag.as_u64().unwrap())
}

#[test]
fn who_rings_and_who_does_not() {
    let (loud, quiet) = ([1; 4], [0; 4]);
    let of = |kind: &str| job(kind).title("t").body("b");
    assert_eq!(alert(&json!({}), &of("chat.direct")), loud);
    assert_eq!(alert(&json!({}), &of("chat.direct").silent()), quiet);
    assert_eq!(alert(&json!({}), &of("call.invite")), loud);
    assert_eq!(alert(&json!({}), &of("call.cancel")), quiet);
    assert_eq!(alert(&json!({}), &of("news")), quiet);
    assert_eq!(alert(&json!({ "alert_public": true }), &of("news")), loud);
    assert_eq!(alert(&json!({ "private": false }), &of("chat.direct")), loud, "public for want of a right");
}

#[test]
fn a_later_notification_replaces_by_key_and_a_repeat_replaces_itself() {
    let key = |job: &JobBuilder| message(&json!({}), job)["advanceInfo"]["notifyKey"].as_str().unwrap().to_owned();
    let plain = key(&chat());
    assert!(plain.len() == 8 && plain.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{plain}");
    assert_eq!(plain, key(&chat().targets(5)));
    assert_ne!(plain, key(&chat().id("job-2")));
    assert_eq!(key(&chat().notify("tag", "room-7").collapse("c", None)), "room-7", "what fits is taken as it is");
    let long = key(&chat().collapse("conversation-1001", None));
    assert_eq!(long, key(&chat().id("job-2").collapse("conversation-1001", Some(2))));
    assert!(long.len() == 8 && long != plain);
    assert_ne!(long, key(&chat().collapse("conversation-1002", None)));
    let call = |kind: &str, id: &str| key(&job_with_tag(kind).id(id));
    assert_eq!(call("call.invite", "i"), call("call.cancel", "c"));
}

#[test]
fn a_life_is_in_whole_hours() {
    let time = |kind: &str, after: u64, expires: u64| {
        let job = job(kind).title("t").body("b").expires_at(later(expires)).build();
        message_of(&call(app(&json!({})).as_ref(), &job, Duration::from_secs(after)))["pushTimeInfo"].take()
    };
    let stored = |hours: u64| json!({ "offLine": 1, "validTime": hours });
    let table = [(60, 1), (3600, 1), (3601, 2), (24 * 3600, 24), (72 * 3600, 72), (7 * 86400, 72)];
    for (expires, hours) in table {
        assert_eq!(time("chat.direct", 0, expires), stored(hours), "{expires}");
    }
    assert_eq!(time("chat.direct", 86390, 86400), stored(1));
    assert_eq!(time("chat.direct", 90000, 86400), stored(1));
    for kind in ["call.invite", "call.cancel", "call.missed", "account.security"] {
        assert_eq!(time(kind, 0, 3599), json!({ "offLine": 0 }), "{kind}");
        assert_eq!(time(kind, 0, 3600), stored(1), "{kind}");
    }
}

#[test]
fn receipts_are_asked_for_only_where_an_address_is_set() {
    assert_eq!(message(&json!({}), &chat()).get("extra"), None);
    let asked = message(&json!({ "callback_url": "https://a.example/r" }), &chat());
    let wanted = json!({ "callback": "https://a.example/r", "callback.param": "job-1", "callback.type": "3" });
    assert_eq!(asked["extra"], wanted);
}
