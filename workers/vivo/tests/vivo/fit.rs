//! What a job becomes where vivo's message is not like ours: dropped, changed, refused.

use std::time::Duration;

use push_contract::{Fitted, Outcome, Reason, Refusal};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{app, body, call, chat, job, json_of, later, prepare};

fn fitted(settings: &Value, job: &JobBuilder) -> Result<Fitted, Refusal> {
    prepare(app(settings).as_ref(), &job.build()).map(|(_, fitted)| fitted)
}

fn said(dropped: &[&str], changed: &[&str]) -> Result<Fitted, Refusal> {
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Ok(Fitted { dropped: list(dropped), changed: list(changed) })
}

/// One field of what is sent.
fn sent(settings: &Value, job: &JobBuilder, field: &str) -> Value {
    body(app(settings).as_ref(), job)[field].take()
}

#[test]
fn what_has_no_place_is_reported() {
    assert_eq!(fitted(&json!({}), &chat()), said(&[], &[]));
    let rich = chat().notify("subtitle", "s").notify("image", "https://example.com/a.png").notify("sound", "ding");
    let rich = rich.notify("channel", "chats").badge(json!({ "set": 3 }));
    assert_eq!(fitted(&json!({}), &rich), said(&["subtitle", "image", "sound", "channel", "badge"], &[]));
    let call = job("call.invite").title("t").body("b").notify("tag", "x").badge(json!({ "add": 2 }));
    assert_eq!(fitted(&json!({}), &call), said(&["tag"], &["badge"]));
}

#[test]
fn texts_are_cut_as_vivo_counts() {
    let columns = |text: &str| sent(&json!({}), &chat().title(text), "title").as_str().unwrap().to_owned();
    for fits in ["x".repeat(40), "名".repeat(20), "👋".repeat(20), "é".repeat(40), "“”".repeat(10)] {
        assert_eq!(columns(&fits), fits);
    }
    assert_eq!(columns(&"x".repeat(41)), format!("{}…", "x".repeat(38)));
    assert_eq!(columns(&"名".repeat(21)), format!("{}…", "名".repeat(19)));
    assert_eq!(columns(&"，".repeat(21)), format!("{}…", "，".repeat(19)));
    let units = json!({ "cjk_counts_twice": false });
    assert_eq!(sent(&units, &chat().title(&"名".repeat(40)), "title"), "名".repeat(40));
    assert_eq!(sent(&units, &chat().title(&"名".repeat(41)), "title"), format!("{}…", "名".repeat(39)));
    assert_eq!(fitted(&json!({}), &chat().body(&"x".repeat(101))), said(&[], &["body"]));
}

#[test]
fn the_missing_text_repeats_the_other_and_white_space_is_missing() {
    let texts = |job: &JobBuilder| {
        let sent = body(app(&json!({})).as_ref(), job);
        (sent["title"].as_str().unwrap().to_owned(), sent["content"].as_str().unwrap().to_owned())
    };
    let pair = |title: &str, body: &str| (title.to_owned(), body.to_owned());
    let bare = job("chat.direct");
    for (job, wanted, changed) in [
        (bare.clone().title("Li Lei"), pair("Li Lei", "Li Lei"), &["body"][..]),
        (bare.clone().body("hi"), pair("hi", "hi"), &["title"]),
        (bare.clone().title("  ").body("hi"), pair("hi", "hi"), &["title"]),
        (bare.clone().title("Li Lei").body("\n"), pair("Li Lei", "Li Lei"), &["body"]),
        (bare.clone().body("hi").sender("u1", "Li Lei"), pair("Li Lei", "hi"), &[]),
        (bare.clone().title(" ").body("hi").sender("u1", ""), pair("hi", "hi"), &["title"]),
    ] {
        assert_eq!(texts(&job), wanted);
        assert_eq!(fitted(&json!({}), &job), said(&[], changed));
    }
    let refusal = fitted(&json!({}), &bare.title(" ").notify("image", "https://example.com/a.png").data("{}"));
    assert_eq!(refusal.unwrap_err().reason, Reason::NoContent);
}

#[test]
fn data_travels_byte_for_byte() {
    let text = r#"{ "n": 123456789012345678901234567890, "t": "\u00e9 \" \\ 见" }"#;
    assert_eq!(sent(&json!({}), &chat().data(text), "clientCustomMap"), json!({ "ext": text }));
    assert_eq!(sent(&json!({ "data_key": "d" }), &chat().data(text), "clientCustomMap"), json!({ "d": text }));
    let with = |n: usize| chat().data(&format!(r#"{{"x":"{}"}}"#, "见".repeat(n)));
    // `ext` and `{"x":""}`.
    assert_eq!(fitted(&json!({}), &with(1024 - 3 - 8)), said(&[], &[]));
    let refusal = fitted(&json!({}), &with(1024 - 3 - 8 + 1)).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::PayloadTooLarge));
}

#[test]
fn taps_open_what_they_can() {
    let app = app(&json!({}));
    let skip = |click: Value| {
        let sent = body(app.as_ref(), &chat().notify("click", click));
        (sent["skipType"].as_u64().unwrap(), sent["skipContent"].as_str().unwrap_or_default().to_owned())
    };
    let opened = |kind: u64, target: &str| (kind, target.to_owned());
    assert_eq!(skip(json!({ "action": "app" })), opened(1, ""));
    assert_eq!(
        skip(json!({ "action": "activity", "activity": "a.B" })),
        opened(4, "intent:#Intent;component=com.example.chat/a.B;end")
    );
    assert_eq!(skip(json!({ "action": "intent", "intent": "x://y" })), opened(4, "x://y"));
    assert_eq!(skip(json!({ "action": "url", "url": "https://a" })), opened(2, "https://a"));
    let gone = |settings: Value, click: Value| {
        let job = chat().notify("click", click);
        assert_eq!(fitted(&settings, &job), said(&["click"], &[]));
        assert_eq!(sent(&settings, &job, "skipType"), 1);
    };
    gone(json!({ "package": "" }), json!({ "action": "activity", "activity": "a.B" }));
    gone(json!({}), json!({ "action": "intent", "intent": " " }));
    gone(json!({}), json!({ "action": "intent", "intent": "x".repeat(1025) }));
    gone(json!({}), json!({ "action": "url", "url": format!("https://{}", "x".repeat(993)) }));
}

#[test]
fn sound_badge_and_foreground() {
    let loud = |job: &JobBuilder| sent(&json!({}), job, "notifyType");
    assert_eq!(loud(&chat()), 4);
    assert_eq!(loud(&chat().silent()), 1);
    assert_eq!(loud(&job("call.cancel").title("t").body("b")), 1);
    assert_eq!(loud(&job("marketing").title("t").body("b")), 1);
    assert_eq!(loud(&chat().silent().options("vivo", json!({ "notify_type": 3 }))), 3);
    assert_eq!(sent(&json!({}), &chat().badge(json!({ "add": 1 })), "addBadge"), true);
    assert_eq!(sent(&json!({}), &chat().badge(json!({ "set": 1 })), "addBadge"), Value::Null);
    assert_eq!(sent(&json!({}), &chat(), "foregroundShow"), Value::Null);
    let hidden = chat().options("vivo", json!({ "foreground_show": false }));
    assert_eq!(sent(&json!({}), &hidden, "foregroundShow"), false);
}

#[test]
fn a_later_notification_replaces_by_tag_or_collapse_key_and_a_repeat_replaces_itself() {
    let id = |job: &JobBuilder| sent(&json!({}), job, "notifyId").as_i64().filter(|id| (1..=0x7FFF_FFFF).contains(id));
    let plain = id(&chat()).unwrap();
    assert_eq!(Some(plain), id(&chat().targets(5)), "the same for a list");
    assert_ne!(Some(plain), id(&chat().id("job-2")));
    let tagged = id(&chat().notify("tag", "conv-1"));
    assert_eq!(tagged, id(&chat().id("job-2").notify("tag", "conv-1").collapse("other", None)));
    let collapsed = id(&chat().collapse("conv-2", None));
    assert_eq!(collapsed, id(&chat().id("job-2").collapse("conv-2", Some(2))));
    assert!(collapsed.is_some() && collapsed != tagged);
    let call = |kind: &str, id_of_job: &str| id(&job(kind).id(id_of_job).title("t").body("b").notify("tag", id_of_job));
    assert_eq!(call("call.invite", "i"), call("call.missed", "m"));
}

#[test]
fn request_ids_follow_from_job_and_positions() {
    let id = |job: &JobBuilder| sent(&json!({}), job, "requestId").as_str().unwrap().to_owned();
    assert_eq!(id(&chat()), "job-1.0");
    assert_eq!(id(&chat().id(&"j".repeat(62))), format!("{}.0", "j".repeat(62)));
    let hashed = id(&chat().id(&"j".repeat(64)));
    assert!(hashed.len() == 16 && hashed != id(&chat().id(&"k".repeat(64))), "{hashed}");
    let lists: Vec<String> = (2..30).map(|n| id(&chat().targets(n))).collect();
    assert!(lists.iter().all(|id| id.starts_with("job-1.s") && id.len() <= 64));
    assert_eq!(lists.iter().collect::<std::collections::HashSet<_>>().len(), lists.len());
}

#[test]
fn life_is_what_is_left_within_vivos_range() {
    let life = |settings: &Value, targets: usize, after: u64, expires: u64| {
        let job = chat().targets(targets).expires_at(later(expires)).build();
        json_of(&call(app(settings).as_ref(), &job, Duration::from_secs(after)))["timeToLive"].as_u64().unwrap()
    };
    assert_eq!(life(&json!({}), 1, 0, 600), 600);
    assert_eq!(life(&json!({}), 1, 590, 600), 60);
    assert_eq!(life(&json!({}), 2, 0, 600), 900);
    assert_eq!(life(&json!({}), 1, 0, 7 * 86_400), 86_400);
    assert_eq!(life(&json!({ "ttl_max_seconds": 604_800 }), 2, 0, 7 * 86_400), 604_800);
}

#[test]
fn a_call_is_delivered_at_once_or_not_at_all() {
    let online = |settings: &Value, job: &JobBuilder| sent(settings, job, "sendOnline") == true;
    let call = |kind: &str| job(kind).title("t").body("b");
    assert!(online(&json!({}), &call("call.invite")) && !online(&json!({}), &call("call.missed")));
    assert!(!online(&json!({ "send_online": [] }), &call("call.invite")));
}

#[test]
fn receipts_go_where_the_settings_say() {
    let extra = |settings: &Value, job: &JobBuilder| sent(settings, job, "extra");
    assert_eq!(extra(&json!({}), &chat()), Value::Null);
    let id = json!({ "callback_id": "100123" });
    let wanted = json!({ "callback.id": "100123", "callback.param": "job-1" });
    assert_eq!(extra(&id, &chat()), wanted);
    assert_eq!(extra(&id, &chat().targets(2)), wanted);
    let url = json!({ "callback_url": "https://cb.example.com/vivo" });
    assert_eq!(extra(&url, &chat())["callback"], "https://cb.example.com/vivo");
    assert_eq!(extra(&url, &chat().targets(2)), Value::Null, "single pushes only");
    assert_eq!(extra(&url, &chat().test()), Value::Null, "real messages only");
}

#[test]
fn wrong_options_are_named() {
    let field = |options: Value| match fitted(&json!({}), &chat().targets(2).options("vivo", options)) {
        Err(refusal) => (refusal.reason, refusal.field),
        Ok(fitted) => panic!("{fitted:?}"),
    };
    for (options, name) in [
        (json!({ "notify_type": 5 }), "notify_type"),
        (json!({ "notify_type": "ring" }), "notify_type"),
        (json!({ "foreground_show": 1 }), "foreground_show"),
        (json!({ "channel": "x" }), "channel"),
    ] {
        let (reason, found) = field(options);
        assert_eq!(reason, Reason::BadOption);
        assert!(found.starts_with("options.vivo"), "{found} for {name}");
    }
}
