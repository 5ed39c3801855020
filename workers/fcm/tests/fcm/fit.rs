//! What the body says, and what is dropped or changed on the way (sections 4.2 and 5).

use push_contract::{Fitted, Outcome, Reason, Refusal, derived_id};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{app, call, call_to, chat, job, later, message, prepare, shown};

fn fitted(settings: &Value, job: &JobBuilder) -> Result<Fitted, Refusal> {
    Ok(prepare(app(settings).as_ref(), &job.build())?.1)
}

#[allow(clippy::unnecessary_wraps, reason = "compared with what may be refused")]
fn said(dropped: &[&str], changed: &[&str]) -> Result<Fitted, Refusal> {
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    Ok(Fitted { dropped: list(dropped), changed: list(changed) })
}

#[test]
fn what_has_no_place_is_reported() {
    let none = json!({});
    assert_eq!(fitted(&none, &chat()), said(&[], &[]));
    assert_eq!(fitted(&none, &chat().notify("subtitle", "x")), said(&["subtitle"], &[]));
    assert_eq!(fitted(&none, &chat().silent()), said(&["silent"], &[]));
    assert_eq!(fitted(&json!({ "silent_channel_id": "q" }), &chat().silent()), said(&[], &[]));
    assert_eq!(
        fitted(&json!({ "silent_channel_id": "q" }), &chat().silent().notify("channel", "c")),
        said(&[], &["channel"])
    );
    assert_eq!(fitted(&none, &chat().badge(json!({ "set": 0 }))), said(&["badge"], &[]), "it cannot clear");
    assert_eq!(fitted(&none, &chat().badge(json!({ "add": 2 }))), said(&[], &["badge"]), "one more, not two");
    assert_eq!(fitted(&none, &chat().badge(json!({ "add": 1 })).test()), said(&[], &[]));
    assert_eq!(fitted(&none, &job("call.invite").title("t").notify("tag", "x")), said(&["tag"], &[]));
    let cancel = job("call.cancel").title("t").notify("sound", "x");
    assert_eq!(fitted(&json!({ "as_data": [] }), &cancel), said(&["sound"], &[]));
    assert_eq!(fitted(&none, &cancel), said(&[], &[]), "the app gets it as data");
    let data = job("chat.direct").data("{}").badge(json!({ "set": 1 })).options("fcm", json!({ "channel_id": "c" }));
    assert_eq!(fitted(&none, &data), said(&["badge", "options.fcm"], &[]));
    assert_eq!(fitted(&json!({ "as_data": ["chat.direct"] }), &data), said(&["badge", "options.fcm"], &[]));
    let collapse = job("chat.direct").data("{}").collapse("k", None);
    assert_eq!(fitted(&json!({ "collapse_data": false }), &collapse), said(&["collapse"], &[]));
}

#[test]
fn either_text_is_enough_and_none_is_not() {
    let texts = |job: &JobBuilder| {
        let shown = shown(&json!({}), job);
        (shown.get("title").cloned(), shown.get("body").cloned())
    };
    assert_eq!(texts(&job("chat.direct").title("Alice")), (Some(json!("Alice")), None));
    assert_eq!(texts(&job("chat.direct").body("hi")), (None, Some(json!("hi"))));
    assert_eq!(texts(&job("chat.direct").body("hi").sender("u1", "Alice")), (Some(json!("Alice")), Some(json!("hi"))));
    let silent = job("chat.direct").notify("sound", "x").data("{}");
    assert_eq!(fitted(&json!({}), &silent).unwrap_err().reason, Reason::NoContent);
}

#[test]
fn data_travels_byte_for_byte_and_names_the_job() {
    let text = r#"{ "n": 123456789012345678901234567890, "t": "\u00e9 \" \\ 见" }"#;
    let data = |settings: Value, job: &JobBuilder| message(app(&settings).as_ref(), job)["data"].take();
    assert_eq!(data(json!({}), &chat().data(text)), json!({ "ext": text, "push_id": "job-1" }));
    assert_eq!(data(json!({ "data_key": "d" }), &chat().data(text)), json!({ "d": text, "push_id": "job-1" }));
    assert_eq!(data(json!({}), &chat()), json!({ "push_id": "job-1" }));
    // Members of their own: texts as texts, the rest as it is written.
    let own = json!({ "data_key": "" });
    let spread = r#"{"a":"\u00e9","b":1.0,"c":{"x": [1]},"d":true,"e":null}"#;
    assert_eq!(
        data(own.clone(), &chat().data(spread)),
        json!({ "a": "é", "b": "1.0", "c": "{\"x\": [1]}", "d": "true", "e": "null", "push_id": "job-1" })
    );
    for key in ["from", "message_type", "google.x", "gcm", "collapse_key", "title", "click", "push_id", ""] {
        let job = chat().data(&json!({ key: "x" }).to_string());
        let refusal = fitted(&own, &job).unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::BadRequest, "data"), "{key}");
    }
}

#[test]
fn taps_go_to_an_activity_or_to_the_app() {
    let call = |click: Value| message(app(&json!({})).as_ref(), &chat().notify("click", click));
    let activity = call(json!({ "action": "activity", "activity": "OPEN_CHAT" }));
    assert_eq!(activity["android"]["notification"]["click_action"], "OPEN_CHAT");
    assert_eq!(activity["data"].get("click"), None);
    for click in
        [json!({ "action": "url", "url": "https://example.com" }), json!({ "action": "intent", "intent": "x://y" })]
    {
        let sent = call(click.clone());
        let text = sent["data"]["click"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), click);
        assert_eq!(sent["android"]["notification"].get("click_action"), None);
    }
    assert_eq!(call(json!({ "action": "app" }))["data"].get("click"), None);
}

#[test]
fn channels_sound_and_silence() {
    let channels = json!({ "channel_id": "all", "channels": { "call.invite": "calls" }, "silent_channel_id": "quiet", "as_data": [] });
    let channel = |job: &JobBuilder| shown(&channels, job).get("channel_id").cloned();
    assert_eq!(channel(&chat()), Some(json!("all")));
    assert_eq!(channel(&job("call.invite").title("t")), Some(json!("calls")));
    assert_eq!(channel(&chat().notify("channel", "own")), Some(json!("own")));
    assert_eq!(channel(&chat().notify("channel", "own").silent()), Some(json!("quiet")));
    assert_eq!(channel(&job("call.cancel").title("t")), Some(json!("quiet")), "a cancelled call does not ring again");
    let option = chat().notify("channel", "own").silent().options("fcm", json!({ "channel_id": "best" }));
    assert_eq!((channel(&option), fitted(&channels, &option)), (Some(json!("best")), said(&[], &[])));

    let sound = |settings: Value, job: &JobBuilder| shown(&settings, job).get("sound").cloned();
    assert_eq!(sound(json!({}), &chat()), Some(json!("default")));
    assert_eq!(sound(json!({}), &chat().notify("sound", "ding")), Some(json!("ding")));
    assert_eq!(sound(json!({ "default_sound": "" }), &chat()), None);
    assert_eq!(sound(json!({}), &chat().notify("sound", "ding").silent()), None);
    let cancel = shown(&json!({ "as_data": [] }), &job("call.cancel").title("t"));
    assert_eq!((cancel["title"].as_str(), cancel.get("sound")), (Some("t"), None));
}

#[test]
fn what_is_shown_is_replaced_by_its_tag() {
    let tag = |job: &JobBuilder| shown(&json!({ "as_data": [] }), job)["tag"].clone();
    assert_eq!(tag(&chat().notify("tag", "room-7").collapse("k", None)), "room-7");
    assert_eq!(tag(&chat().collapse("k", None)), "k");
    let call = json!("call-1");
    for kind in ["call.invite", "call.cancel", "call.missed"] {
        assert_eq!(tag(&job(kind).title("t").notify("tag", "x")), call, "calls are named by their id alone");
    }
    // Without either it replaces itself when it is sent twice.
    let targets = json!([{ "token": "a" }, { "token": "b" }]);
    let two = chat().set("targets", targets).build();
    for n in 0..2 {
        let call = call_to(app(&json!({})).as_ref(), &two, n, later(0)).unwrap();
        let sent: Value = serde_json::from_slice(call.request.body()).unwrap();
        assert_eq!(sent["message"]["android"]["notification"]["tag"], format!("{:016x}", derived_id(&two.id, n)));
    }
    let data = |settings: Value| {
        let job = job("chat.direct").data("{}").collapse("k", None);
        message(app(&settings).as_ref(), &job)["android"].get("collapse_key").cloned()
    };
    assert_eq!((data(json!({})), data(json!({ "collapse_data": false }))), (Some(json!("k")), None));
}

#[test]
fn each_target_has_its_badge_and_its_field() {
    let targets = json!([{ "token": "a", "badge": { "set": 7 } }, { "token": "b", "badge": { "add": 3 } }, { "token": "c" },
                         { "token": "d", "badge": { "set": 0 }, "type": "fid" }]);
    let job = chat().set("targets", targets).build();
    let sent = |settings: Value, n: usize| {
        let call = call_to(app(&settings).as_ref(), &job, n, later(0)).unwrap();
        serde_json::from_slice::<Value>(call.request.body()).unwrap()["message"].take()
    };
    let count = |n| sent(json!({}), n)["android"]["notification"].get("notification_count").cloned();
    assert_eq!((count(0), count(1), count(2), count(3)), (Some(json!(7)), Some(json!(0)), None, None));
    let field = |settings: Value, n| {
        let sent = sent(settings, n);
        (sent.get("token").cloned(), sent.get("fid").cloned())
    };
    assert_eq!(field(json!({}), 3), (Some(json!("d")), None), "`token` takes both");
    assert_eq!(field(json!({ "use_fid": true }), 3), (None, Some(json!("d"))));
    assert_eq!(field(json!({ "use_fid": true }), 2), (Some(json!("c")), None));
    assert_eq!(field(json!({ "use_fid": true, "token_type": "fid" }), 2), (None, Some(json!("c"))));
}

#[test]
fn a_call_and_its_cancellation_go_as_data_unless_it_is_said() {
    for (kind, as_data) in [("call.invite", true), ("call.cancel", true), ("call.missed", false)] {
        let sent = message(app(&json!({})).as_ref(), &job(kind).title("Alice").body("Video call"));
        assert_eq!(sent["android"].get("notification").is_none(), as_data, "{kind}");
        let entries = (sent["data"]["title"].as_str(), sent["data"]["tag"].as_str());
        let wanted = if as_data { (Some("Alice"), Some("call-1")) } else { (None, None) };
        assert_eq!(entries, wanted, "{kind}");
    }
}

#[test]
fn a_kind_may_go_as_data() {
    let settings = json!({ "as_data": ["call.invite"], "channels": { "call.invite": "calls" } });
    let job = job("call.invite").title("Alice").body("Video call").notify("subtitle", "s").notify("sound", "ring");
    let job = job.notify("image", "https://example.com/a.png").badge(json!({ "add": 2 })).silent();
    let job = job.notify("click", json!({ "action": "activity", "activity": "CALL" })).data(r#"{"call":"c-1"}"#);
    let sent = message(app(&settings).as_ref(), &job);
    let wanted = json!({
        "push_id": "job-1", "ext": "{\"call\":\"c-1\"}", "title": "Alice", "body": "Video call", "subtitle": "s", "sound": "ring",
        "image": "https://example.com/a.png", "channel": "calls", "tag": "call-1", "silent": "true",
        "badge": "{\"add\":2}", "click": "{\"action\":\"activity\",\"activity\":\"CALL\"}",
    });
    assert_eq!(sent["data"], wanted);
    assert_eq!(sent["android"], json!({ "priority": "HIGH", "ttl": "60s", "collapse_key": "call-1" }));
    assert_eq!(fitted(&settings, &job), said(&[], &[]), "the app gets everything");
    let long = job.body(&"见".repeat(3000)).options("fcm", json!({ "channel_id": "own" }));
    assert_eq!(fitted(&settings, &long), said(&[], &["body"]));
    // A badge of one target shortens the texts of all, so that what fits can be sent to each.
    let targets = json!([{ "token": "a" }, { "token": "b", "badge": { "set": 99_999 } }]);
    let two = long.set("targets", targets).build();
    let app = app(&settings);
    let [one, other] = [0, 1].map(|n| {
        let call = call_to(app.as_ref(), &two, n, later(0)).unwrap();
        serde_json::from_slice::<Value>(call.request.body()).unwrap()["message"]["data"].take()
    });
    assert_eq!((&one["body"], &one["channel"]), (&other["body"], &json!("own")));
}

#[test]
fn lives_end_at_28_days_and_a_call_may_ring_now_or_never() {
    let ttl = |settings: Value, job: &JobBuilder, now| {
        let call = call_to(app(&settings).as_ref(), &job.build(), 0, now).unwrap();
        serde_json::from_slice::<Value>(call.request.body()).unwrap()["message"]["android"]["ttl"].take()
    };
    let week = chat().expires_at(later(7 * 86_400));
    assert_eq!(ttl(json!({}), &week, later(0)), "604800s");
    assert_eq!(ttl(json!({}), &week, later(604_790)), "10s");
    assert_eq!(ttl(json!({}), &week, later(700_000)), "0s");
    assert_eq!(ttl(json!({}), &week, push_contract::Timestamp::from_millis(0)), "2419200s");
    let now = json!({ "invite_now": true });
    assert_eq!(ttl(now.clone(), &job("call.invite").title("t"), later(0)), "0s");
    assert_eq!(ttl(now, &job("call.cancel").title("t"), later(0)), "60s");
}

#[test]
fn the_rest_of_the_options_is_passed_on() {
    let options = json!({ "direct_boot_ok": true, "visibility": "SECRET", "analytics_label": "l" });
    let android = message(app(&json!({ "package_name": "p.q" })).as_ref(), &chat().options("fcm", options));
    let android = &android["android"];
    assert_eq!((&android["restricted_package_name"], &android["direct_boot_ok"]), (&json!("p.q"), &json!(true)));
    assert_eq!(android["notification"]["visibility"], "SECRET");
    assert_eq!(android["fcm_options"], json!({ "analytics_label": "l" }));
    let unseen = job("chat.direct").data("{}").options("fcm", json!({ "visibility": "PUBLIC" }));
    assert_eq!(fitted(&json!({}), &unseen), said(&["options.fcm"], &[]));
}

#[test]
fn texts_are_cut_to_the_bytes_that_fit() {
    let app = app(&json!({}));
    let long = chat().body(&"见字如面".repeat(1000)).data(r#"{"conv":1}"#).badge(json!({ "set": 7 }));
    assert_eq!(fitted(&json!({}), &long), said(&[], &["body"]));
    let sent = message(app.as_ref(), &long)["android"]["notification"].take();
    assert!(sent["body"].as_str().unwrap().ends_with('…') && sent["title"] == "Alice");
    assert!((3700..4000).contains(&sent["body"].as_str().unwrap().len()));

    let all = "\"\u{0}👨‍👩‍👧‍👦".repeat(400);
    let two = job("chat.direct").title(&all).body(&all);
    assert_eq!(fitted(&json!({}), &two), said(&[], &["body", "title"]));

    // Every target gets the same text, however long its badge is.
    let targets = json!([{ "token": "a", "badge": { "set": 99_999 } }, { "token": "b" }]);
    let two = long.set("targets", targets).build();
    let text = |n: usize| {
        let call = call_to(app.as_ref(), &two, n, later(0)).unwrap();
        serde_json::from_slice::<Value>(call.request.body()).unwrap()["message"]["android"]["notification"]["body"]
            .take()
    };
    assert_eq!(text(0), text(1));
}

#[test]
fn data_is_never_cut() {
    let app = app(&json!({}));
    let with = |n: usize| job("chat.direct").data(&format!(r#"{{"x":"{}"}}"#, "x".repeat(n)));
    // `ext` and `{"x":""}`, `push_id` and `job-1`.
    let most = 4000 - 3 - 8 - 7 - 5;
    assert!(call(app.as_ref(), &with(most)).request.body().len() > 4000);
    let refusal = prepare(app.as_ref(), &with(most + 1).build()).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::PayloadTooLarge));
    assert!(refusal.rule.contains("at most 4000"), "{}", refusal.rule);
}
