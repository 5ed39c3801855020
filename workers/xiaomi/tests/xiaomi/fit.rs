//! What a job becomes where Xiaomi's message is not like ours: dropped, changed, refused.

use std::time::Duration;

use push_contract::{Fitted, Outcome, Reason, Refusal};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{app, call, chat, field, fields, job, later, prepare, sent};

fn fitted(settings: &Value, job: &JobBuilder) -> Result<Fitted, Refusal> {
    prepare(app(settings).as_ref(), &job.build()).map(|(_, fitted)| fitted)
}

fn said(dropped: &[&str], changed: &[&str]) -> Result<Fitted, Refusal> {
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Ok(Fitted { dropped: list(dropped), changed: list(changed) })
}

/// A field of the form, empty where there is none.
fn of(settings: &Value, job: &JobBuilder, name: &str) -> String {
    field(app(settings).as_ref(), job, name).unwrap_or_default()
}

#[test]
fn what_has_no_place_is_reported() {
    assert_eq!(fitted(&json!({}), &chat()), said(&[], &[]));
    let rich = chat().notify("subtitle", "In the group").notify("image", "https://a.example/p.png");
    let rich = rich.notify("channel", "messages").badge(json!({ "set": 3 })).test().silent();
    let dropped = ["test", "badge", "channel", "subtitle", "image"];
    assert_eq!(fitted(&json!({}), &rich), said(&dropped, &["silent"]));
    let call = job("call.invite").title("t").body("b").notify("tag", "x");
    assert_eq!(fitted(&json!({}), &call), said(&["tag"], &[]));
    let data = chat().set("notification", Value::Null).data("{}");
    let mut data = data.build();
    data.notification = None;
    let transparent = app(&json!({ "pass_through": true }));
    assert_eq!(prepare(transparent.as_ref(), &data).unwrap().1, Fitted::default());
}

#[test]
fn a_data_message_is_unsupported_unless_it_is_asked_for() {
    let data = job("chat.direct").data(r#"{"cmd":"sync"}"#);
    let refusal = fitted(&json!({}), &data).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Unsupported, Reason::NotPossible));
    let on = json!({ "pass_through": true });
    assert_eq!(of(&on, &data, "payload"), r#"{"ext":"{\"cmd\":\"sync\"}"}"#);
}

#[test]
fn texts_are_cut_below_the_limit_and_never_blank() {
    let long = chat().title(&"名".repeat(50)).body(&"字".repeat(128));
    assert_eq!(fitted(&json!({}), &long), said(&[], &["title", "body"]));
    assert_eq!(of(&json!({}), &long, "title"), format!("{}…", "名".repeat(48)));
    assert_eq!(of(&json!({}), &long, "description"), format!("{}…", "字".repeat(126)));
    let fits = chat().title(&"名".repeat(49)).body(&"字".repeat(127));
    assert_eq!(fitted(&json!({}), &fits), said(&[], &[]));
    // An emoji is one character.
    let emoji = job("news").title(&"👋".repeat(40)).body("b");
    assert_eq!(fitted(&json!({}), &emoji), said(&[], &[]));

    let texts = |settings: &Value, job: &JobBuilder| (of(settings, job, "title"), of(settings, job, "description"));
    let pair = |title: &str, body: &str| (title.to_owned(), body.to_owned());
    let body = job("chat.direct").body("hi");
    assert_eq!(texts(&json!({}), &body), pair("hi", "hi"));
    assert_eq!(texts(&json!({ "app_name": "Chat" }), &body), pair("Chat", "hi"));
    assert_eq!(fitted(&json!({ "app_name": "Chat" }), &body), said(&[], &["title"]));
    let title = job("chat.direct").title("Li Lei").body(" \n");
    assert_eq!(texts(&json!({}), &title), pair("Li Lei", "Li Lei"));
    assert_eq!(fitted(&json!({}), &title), said(&[], &["body"]));
    let blank = job("chat.direct").title("\t").body("hi");
    assert_eq!(texts(&json!({}), &blank), pair("hi", "hi"));
    assert_eq!(fitted(&json!({}), &blank), said(&[], &["title"]));
    let sender = job("chat.direct").body("hi").sender("u1", "Li Lei");
    assert_eq!(texts(&json!({}), &sender), pair("Li Lei", "hi"));
    assert_eq!(fitted(&json!({}), &sender), said(&[], &[]));
    let nothing = job("chat.direct").notify("sound", "x").data("{}");
    assert_eq!(fitted(&json!({ "app_name": "Chat" }), &nothing).unwrap_err().reason, Reason::NoContent);
}

#[test]
fn data_travels_byte_for_byte_below_4096_characters() {
    let text = r#"{ "n": 123456789012345678901234567890, "t": "\u00e9 \" \\ 见" }"#;
    let wrapped = of(&json!({}), &chat().data(text), "payload");
    assert_eq!(serde_json::from_str::<Value>(&wrapped).unwrap(), json!({ "ext": text }));
    let bare = json!({ "data_key": "" });
    assert_eq!(of(&bare, &chat().data(text), "payload"), text);
    let with = |n: usize| chat().data(&format!(r#"{{"x":"{}"}}"#, "见".repeat(n)));
    assert!(fitted(&bare, &with(4087)).is_ok());
    let refusal = fitted(&bare, &with(4088)).unwrap_err();
    assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::PayloadTooLarge, "data"));
    assert_eq!(of(&json!({}), &chat(), "payload"), "");
}

#[test]
fn taps_become_effects() {
    let click = |settings: &Value, click: Value| {
        let mut form = sent(app(settings).as_ref(), &chat().notify("click", click).data(r#"{"a":"é b"}"#));
        let mut take = |name: &str| form.remove(name).unwrap_or_default();
        (take("extra.notify_effect"), take("extra.intent_uri"), take("extra.web_uri"))
    };
    let tapped = |effect: &str, intent: &str, web: &str| (effect.to_owned(), intent.to_owned(), web.to_owned());
    let activity = |name: &str| json!({ "action": "activity", "activity": name });
    let opens = |class: &str, extra: &str| {
        let uri = format!("intent:#Intent;component=com.example.chat/{class};launchFlags=0x14000000;{extra}end");
        tapped("2", &uri, "")
    };
    let plain = json!({});
    assert_eq!(click(&plain, Value::Null), tapped("1", "", ""));
    assert_eq!(click(&plain, json!({ "action": "app" })), tapped("1", "", ""));
    let data = "S.ext=%7B%22a%22%3A%22%C3%A9%20b%22%7D;";
    assert_eq!(click(&plain, activity("com.a.Chat")), opens("com.a.Chat", data));
    assert_eq!(click(&plain, activity(".Chat")), opens(".Chat", data));
    assert_eq!(click(&json!({ "data_key": "" }), activity(".Chat")), opens(".Chat", ""));
    let long = chat().notify("click", activity(".Chat")).data(&format!(r#"{{"a":"{}"}}"#, "x".repeat(1000)));
    assert_eq!(of(&plain, &long, "extra.intent_uri"), opens(".Chat", "").1);
    assert_eq!(click(&plain, json!({ "action": "intent", "intent": "x://y" })), tapped("2", "x://y", ""));
    let url = |text: &str| json!({ "action": "url", "url": text });
    assert_eq!(click(&plain, url("https://a")), tapped("3", "", "https://a"));
    let intent = |text: &str| json!({ "action": "intent", "intent": text });
    let long = format!("https://a/{}", "x".repeat(1024));
    for wrong in [
        url(&long),
        intent(&long),
        intent("com.example.OPEN"),
        intent(""),
        activity("a;end"),
        activity("com.b/.Chat"),
        activity(""),
    ] {
        assert_eq!(click(&plain, wrong.clone()), tapped("1", "", ""));
        assert_eq!(fitted(&plain, &chat().notify("click", wrong)), said(&["click"], &[]));
    }
}

#[test]
fn sounds_are_resources_where_the_class_makes_a_sound() {
    let uri = |name: &str| of(&json!({}), &chat().notify("sound", name), "extra.sound_uri");
    for name in ["ding", "ding.mp3", "/raw/ding.ogg"] {
        assert_eq!(uri(name), "android.resource://com.example.chat/raw/ding");
    }
    let news = job("news").title("t").body("b").notify("sound", "ding");
    assert_eq!(fitted(&json!({}), &news), said(&["sound"], &[]));
    assert_eq!(fitted(&json!({}), &chat().notify("sound", ".mp3")), said(&["sound"], &[]));
    let silent = chat().notify("sound", "ding").silent();
    assert_eq!(
        (of(&json!({}), &silent, "extra.sound_uri"), of(&json!({}), &silent, "notify_type")),
        (String::new(), "4".to_owned())
    );
    assert_eq!(of(&json!({}), &job("call.cancel").title("t").body("b"), "notify_type"), "4");
    assert_eq!(of(&json!({}), &chat(), "notify_type"), "-1");
}

#[test]
fn templates_are_filled_with_what_xiaomi_takes() {
    let settings = json!({ "channels": { "IM": { "id": "1", "template_id": "T1", "template_param": {
        "sender": null, "text": "{body}", "who": "{title}", "where": "{data.place}", "n": "{data.n} ({data.room})",
    } } } });
    let param = |settings: &Value, job: &JobBuilder| {
        serde_json::from_str::<Value>(&of(settings, job, "extra.template_param")).unwrap()
    };
    let job_ = chat().data(r#"{"n":1.50,"room":"r","place":"East"}"#);
    let wanted = json!({ "text": "See you at eight", "who": "Li Lei", "where": "East", "n": "1.5 (r)" });
    assert_eq!(param(&settings, &job_), wanted);
    assert_eq!(fitted(&settings, &job_), said(&[], &[]));
    // Never left out, never empty.
    let poor = param(&settings, &chat());
    assert_eq!(poor, json!({ "text": "See you at eight", "who": "Li Lei", "where": "新消息", "n": "()" }));
    assert_eq!(fitted(&settings, &chat()), said(&[], &["data"]));

    let plain = json!({});
    let text = |body: &str| param(&plain, &chat().body(body))["text"].as_str().unwrap().to_owned();
    for (body, wanted) in [
        ("👍", "新消息"),
        ("👍🏽 ok 👨‍👩‍👧", "ok"),
        ("1️⃣ go ☎️", "1 go"),
        ("© 2026 ™ ° → 100€ + ♪", "2026   → 100€ +"),
        ("🇨🇳 中文，标点。«é» e\u{301}", "中文，标点。«é» e\u{301}"),
        ("\u{1FAE8}\u{E0FFF}x", "x"),
        ("हिन्दी العربية עברית ไทย", "हिन्दी العربية עברית ไทย"),
        ("  x  ", "x"),
    ] {
        assert_eq!(text(body), wanted, "{body}");
        let changed: &[&str] = if body == wanted { &[] } else { &["body"] };
        assert_eq!(fitted(&plain, &chat().body(body)), said(&[], changed), "{body}");
        assert_eq!(of(&plain, &chat().body(body), "description"), body);
    }
    // The whole body, not what is left of it in the description.
    assert_eq!(text(&"字".repeat(128)), "字".repeat(128));
    assert_eq!(text(&"字".repeat(129)), format!("{}…", "字".repeat(127)));
    assert_eq!(of(&json!({ "template_texts": false }), &chat(), "title"), "");
    assert_eq!(of(&json!({ "template_texts": false }), &job("news").title("t").body("b"), "title"), "t");
}

#[test]
fn a_later_notification_replaces_by_tag_or_collapse_key() {
    let id = |job: &JobBuilder| of(&json!({}), job, "notify_id").parse::<i32>().unwrap();
    assert!(id(&chat()) > 0);
    let tagged = id(&chat().notify("tag", "room-7"));
    assert_eq!(tagged, id(&chat().id("job-2").notify("tag", "room-7").collapse("other", None)));
    assert_eq!(id(&chat().collapse("c", None)), id(&chat().id("job-2").collapse("c", Some(2))));
    assert_ne!(id(&chat().collapse("c", None)), id(&chat().collapse("d", None)));
    let call = |kind: &str, tag: &str| id(&job(kind).id(tag).title("t").body("b").notify("tag", tag));
    assert_eq!(call("call.invite", "i"), call("call.cancel", "c"));
}

#[test]
fn ttl_is_what_is_left_in_milliseconds() {
    let ttl = |kind: &str, seconds: u64, after: Duration| {
        let job = job(kind).title("t").body("b").expires_at(later(seconds)).build();
        let mut form = fields(&call(app(&json!({})).as_ref(), &[job], after));
        (form.remove("time_to_live").unwrap_or_default(), form.contains_key("extra.only_send_once"))
    };
    let day = 86_400;
    let zero = Duration::ZERO;
    assert_eq!(ttl("chat.direct", 60, Duration::from_millis(500)), ("59500".to_owned(), false));
    assert_eq!(ttl("chat.direct", 7 * day, zero), ("604800000".to_owned(), false));
    assert_eq!(ttl("subscription.update", 7 * day, zero), ("604800000".to_owned(), false));
    assert_eq!(ttl("news", 7 * day, zero), ("86400000".to_owned(), false));
    assert_eq!(ttl("news", 60, Duration::from_secs(60)), (String::new(), true));
}

#[test]
fn gathered_jobs_that_are_too_long_are_halved() {
    let app = app(&json!({ "gather_max_bytes": 3000 }));
    let one = |n: usize| chat().id(&format!("job-{n}")).data(&format!(r#"{{"x":"{}"}}"#, "x".repeat(1000))).build();
    let all = crate::support::batch(app.as_ref(), &[one(1), one(2), one(3)]);
    let refusal = app.encode(&all, None, later(0)).unwrap_err();
    assert_eq!(refusal.reason, Reason::PayloadTooLarge);
    assert!(app.encode(&crate::support::batch(app.as_ref(), &[one(1)]), None, later(0)).is_ok());
}
