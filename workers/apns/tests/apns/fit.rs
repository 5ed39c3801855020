//! What the body says, and what is dropped or changed on the way (sections 4.3 and 5).

use push_contract::{Fitted, Outcome, Reason, Refusal};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use crate::support::{app, body, call, call_to, chat, job, later, prepare};

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
    let rich = chat().notify("image", "https://example.com/a.png").notify("channel", "c");
    let rich = rich.notify("click", json!({ "action": "url", "url": "https://example.com" }));
    let rich = rich.badge(json!({ "add": 1 })).test();
    assert_eq!(fitted(&json!({}), &chat()), said(&[], &[]));
    assert_eq!(fitted(&json!({}), &rich), said(&["channel", "badge", "test"], &[]));
    assert_eq!(fitted(&json!({ "environment": "sandbox" }), &rich), said(&["channel", "badge"], &[]));
    let data = job("chat.direct").data("{}").badge(json!({ "set": 1 })).options("apns", json!({ "priority": 10 }));
    assert_eq!(fitted(&json!({}), &data), said(&["badge", "options.apns"], &[]));
    assert_eq!(fitted(&json!({}), &job("call.invite").title("t").notify("tag", "x")), said(&["tag"], &[]));
    assert_eq!(fitted(&json!({}), &job("marketing").title("t").notify("sound", "x")), said(&["sound"], &[]));
}

#[test]
fn either_text_is_enough_and_none_is_not() {
    let app = app(&json!({}));
    assert_eq!(body(app.as_ref(), &job("chat.direct").title("Alice"))["aps"]["alert"], json!({ "title": "Alice" }));
    assert_eq!(body(app.as_ref(), &job("chat.direct").body("hi"))["aps"]["alert"], json!({ "body": "hi" }));
    let sender = job("chat.direct").body("hi").sender("u1", "Alice");
    assert_eq!(body(app.as_ref(), &sender)["aps"]["alert"], json!({ "title": "Alice", "body": "hi" }));
    let silent = job("chat.direct").notify("sound", "x").data("{}");
    assert_eq!(fitted(&json!({}), &silent).unwrap_err().reason, Reason::NoContent);
}

#[test]
fn data_travels_byte_for_byte() {
    let text = r#"{ "n": 123456789012345678901234567890, "t": "\u00e9 \" \\ 见" }"#;
    assert_eq!(body(app(&json!({})).as_ref(), &chat().data(text))["ext"], text);
    assert_eq!(body(app(&json!({ "data_key": "d" })).as_ref(), &chat().data(text))["d"], text);
}

#[test]
fn pictures_taps_and_options() {
    let app = |settings: Value| crate::support::app(&settings);
    let picture = chat().notify("image", "https://example.com/a.png");
    let sent = body(app(json!({})).as_ref(), &picture);
    assert_eq!((&sent["image"], &sent["aps"]["mutable-content"]), (&json!("https://example.com/a.png"), &json!(1)));
    assert_eq!(body(app(json!({ "mutable_content": true })).as_ref(), &chat())["aps"]["mutable-content"], 1);
    let no = chat().options("apns", json!({ "mutable_content": false }));
    assert_eq!(body(app(json!({ "mutable_content": true })).as_ref(), &no)["aps"].get("mutable-content"), None);

    for click in [
        json!({ "action": "url", "url": "https://example.com" }),
        json!({ "action": "activity", "activity": "a.B" }),
        json!({ "action": "intent", "intent": "x://y" }),
    ] {
        assert_eq!(body(app(json!({})).as_ref(), &chat().notify("click", click.clone()))["click"], click);
    }
    assert_eq!(body(app(json!({})).as_ref(), &chat().notify("click", json!({ "action": "app" }))).get("click"), None);

    let own = chat().options("apns", json!({ "category": "own", "thread_id": "t", "target_content_id": "w" }));
    let sent = body(app(json!({})).as_ref(), &own)["aps"].take();
    assert_eq!((&sent["category"], &sent["thread-id"]), (&json!("own"), &json!("t")));
    assert_eq!(sent["target-content-id"], "w");
}

#[test]
fn sound_and_silence() {
    let sound = |settings: Value, job: &JobBuilder| body(app(&settings).as_ref(), job)["aps"].get("sound").cloned();
    assert_eq!(sound(json!({}), &chat()), Some(json!("default")));
    assert_eq!(sound(json!({}), &chat().notify("sound", "ding.caf")), Some(json!("ding.caf")));
    assert_eq!(sound(json!({ "default_sound": "" }), &chat()), None);
    assert_eq!(sound(json!({}), &chat().notify("sound", "ding.caf").silent()), None);
    assert_eq!(sound(json!({}), &job("call.cancel").title("t")), None, "a cancelled call does not ring again");
    assert_eq!(sound(json!({}), &job("news").title("t")), None, "passive");
    let critical = chat().options("apns", json!({ "interruption_level": "critical" }));
    let wanted = json!({ "critical": 1, "name": "default" });
    assert_eq!(sound(json!({}), &critical), Some(wanted));
    assert_eq!(sound(json!({ "default_sound": "" }), &critical).unwrap()["name"], "default");
    assert_eq!(sound(json!({ "critical": false }), &critical), Some(json!("default")), "degraded");
}

#[test]
fn each_target_has_its_badge() {
    let targets = json!([{ "token": "00", "badge": { "set": 0 } }, { "token": "01", "badge": { "set": 99_999 } }, { "token": "02" }]);
    let job = chat().set("targets", targets).build();
    let app = app(&json!({}));
    let badge = |n: usize| {
        let call = call_to(app.as_ref(), &job, n, later(0)).unwrap();
        serde_json::from_slice::<Value>(call.request.body()).unwrap()["aps"].get("badge").cloned()
    };
    assert_eq!((badge(0), badge(1), badge(2)), (Some(json!(0)), Some(json!(99_999)), None));
}

#[test]
fn texts_are_cut_to_the_body_that_fits() {
    let app = app(&json!({}));
    let long = chat().body(&"见字如面".repeat(1000)).data(r#"{"conv":1}"#).badge(json!({ "set": 7 }));
    assert_eq!(fitted(&json!({}), &long), said(&[], &["body"]));
    let sent = call(app.as_ref(), &long);
    assert!((4090..=4096).contains(&sent.request.body().len()), "{}", sent.request.body().len());
    let sent: Value = serde_json::from_slice(sent.request.body()).unwrap();
    assert!(sent["aps"]["alert"]["body"].as_str().unwrap().ends_with('…') && sent["aps"]["alert"]["title"] == "Alice");

    let all = "\"\u{0}👨‍👩‍👧‍👦".repeat(400);
    let three = job("chat.direct").title(&all).body(&all).notify("subtitle", all.as_str());
    assert_eq!(fitted(&json!({}), &three), said(&[], &["body", "subtitle", "title"]));
    assert!(call(app.as_ref(), &three).request.body().len() <= 4096);

    // Every target gets the same text, however long its badge is.
    let targets = json!([{ "token": "00", "badge": { "set": 99_999 } }, { "token": "01" }]);
    let two = long.set("targets", targets).build();
    let text = |n: usize| {
        let call = call_to(app.as_ref(), &two, n, later(0)).unwrap();
        serde_json::from_slice::<Value>(call.request.body()).unwrap()["aps"]["alert"].take()
    };
    assert_eq!(text(0), text(1));
}

#[test]
fn data_is_never_cut() {
    let app = app(&json!({}));
    let with = |n: usize| chat().data(&format!(r#"{{"x":"{}"}}"#, "x".repeat(n)));
    let (mut fits, mut fails) = (0, 5000);
    while fails - fits > 1 {
        let n = (fits + fails) / 2;
        if prepare(app.as_ref(), &with(n).build()).is_ok() { fits = n } else { fails = n }
    }
    assert_eq!(call(app.as_ref(), &with(fits)).request.body().len(), 4096);
    let refusal = prepare(app.as_ref(), &with(fails).build()).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::PayloadTooLarge));
    assert!(refusal.rule.contains("at most 4096"), "{}", refusal.rule);
    // A VoIP push has a kilobyte more; a job for both types must fit both.
    let voip = job("call.invite").data(&format!(r#"{{"x":"{}"}}"#, "x".repeat(5000))).token_type("voip");
    assert!(prepare(app.as_ref(), &voip.build()).is_ok());
    let both = voip.set("targets", json!([{ "token": "00", "type": "voip" }, { "token": "01" }]));
    assert_eq!(prepare(app.as_ref(), &both.build()).unwrap_err().reason, Reason::PayloadTooLarge);
}
