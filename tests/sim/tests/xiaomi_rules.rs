//! Xiaomi: the rules of its sheet, asked without a socket.
#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use http::Method;
use push_sim::vendors::Xiaomi;
use push_sim::{Ruling, Simulator, Words};
use serde_json::{Value, json};
use support::{NOW, ask, first, json_of, patch, request};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded;charset=UTF-8");
const SECRET: &str = "a9Xk+3/Zt0yQm1sV7b2c4Q==";
const KEY: (&str, &str) = ("authorization", "key=a9Xk+3/Zt0yQm1sV7b2c4Q==");
const ONE: &str = "/v3/message/regid";
const MULTI: &str = "/v2/multi_messages/regids";

/// The chat message of section 4.1 (a), as an element of section 4.2 has it.
fn chat() -> Value {
    json!({"title":"Alice","description":"See you at eight","payload":"{\"ext\":\"{\\\"job\\\":\\\"j1\\\"}\"}",
      "notify_type":-1,"notify_id":88,"pass_through":0,"restricted_package_name":"com.example.chat",
      "time_to_live":86400000,"extra":{"channel_id":"138001","template_id":"T100023",
        "template_param":"{\"sender\":\"Alice\",\"text\":\"See you at eight\"}","notify_effect":"2",
        "intent_uri":"intent:#Intent;component=com.example.chat/.PushActivity;S.cid=c_1001;end",
        "callback":"https://push.example.com/receipt/xiaomi","callback.param":"j1","callback.type":"1267"}})
}

/// The marketing message of section 4.1 (d).
fn marketing() -> Value {
    json!({"title":"Weekend offer","description":"20% off until Sunday","notify_type":-1,"notify_id":20261120,
      "pass_through":0,"restricted_package_name":"com.example.chat","time_to_live":43200000,
      "extra":{"channel_id":"138010","notify_effect":"3","web_uri":"https://www.example.com/sale",
        "jobkey":"sale20261120"}})
}

fn encoded(fields: &[(String, String)]) -> Vec<u8> {
    let escaped = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let pairs: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    pairs.join("&").into_bytes()
}

/// A message as the form of a single call.
fn form(ids: &str, message: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut fields = vec![("registration_id".to_owned(), ids.to_owned())];
    for (name, value) in message.as_object().unwrap() {
        match value.as_object() {
            Some(extra) => fields.extend(extra.iter().map(|(name, value)| (format!("extra.{name}"), text(value)))),
            None => fields.push((name.clone(), text(value))),
        }
    }
    fields
}

fn app(more: &Value) -> Arc<Xiaomi> {
    let xiaomi = Arc::new(Xiaomi::default());
    let mut app = json!({"app_secret": SECRET, "packages": ["com.example.chat", "com.example.lite"], "channels": {
        "138001": {"class": "private", "templates": {"T100023": ["sender", "text"]}},
        "138002": {"class": "private"},
        "138010": {"class": "public"},
        "138011": {"class": "subscription"}}});
    app.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    xiaomi.register("chat", app).unwrap();
    xiaomi
}

fn send(xiaomi: &Arc<Xiaomi>, ids: &str, message: &Value) -> Ruling {
    ask(xiaomi, ONE, &[FORM, KEY], &encoded(&form(ids, message)), NOW)
}

fn multi(xiaomi: &Arc<Xiaomi>, messages: &Value) -> Ruling {
    let fields = [("messages".to_owned(), messages.to_string()), ("time_to_send".to_owned(), "0".to_owned())];
    ask(xiaomi, MULTI, &[FORM, KEY], &encoded(&fields), NOW)
}

fn codes(ruling: &Ruling) -> Vec<&str> {
    match &ruling.words {
        Words::All(word) => vec![&word.code],
        Words::Each(words) => words.iter().map(|word| word.code.as_str()).collect(),
    }
}

#[test]
fn the_samples_are_taken() {
    let xiaomi = app(&json!({"template_needed": true, "transparent": true}));
    let data = json!({"restricted_package_name": "com.example.chat", "pass_through": 1, "time_to_live": 600000,
      "payload": "{\"op\":\"sync\",\"v\":12}", "extra": {"channel_id": "138001"}});
    for (ids, message) in [("REG_A", chat()), ("REG_A", data), ("REG_A,REG_B,REG_C", marketing())] {
        let ruling = send(&xiaomi, ids, &message);
        assert!(codes(&ruling).iter().all(|code| *code == "0"), "{:?}", first(&ruling));
        assert_eq!(codes(&ruling).len(), ids.split(',').count());
        let answer = json_of(&ruling.answer);
        assert_eq!((&answer["code"], &answer["result"]), (&json!(0), &json!("ok")));
        assert!(answer["data"]["id"].is_string() && answer["trace_id"].is_string());
    }
    let both = json!([{"target": "REG_A", "message": chat()}, {"target": "REG_B", "message": marketing()}]);
    assert_eq!(codes(&multi(&xiaomi, &both)), ["0", "0"]);
    // The vector of section 3.
    let body = b"registration_id=reg%2BA%2F1%3D%3D&description=%E6%99%9A%E4%B8%8A%E4%B8%80%E8%B5%B7%E5%90%83%E9%A5%AD%E5%90%97%3F+100%25&payload=%7B%22cid%22%3A%22c_1001%22%2C%22mid%22%3A%2288%22%2C%22t%22%3A%22msg%22%7D&title=A&restricted_package_name=com.example.chat&extra.notify_effect=1";
    let opened = Arc::clone(&xiaomi).open(request(ONE, &[FORM, KEY], body));
    assert_eq!(opened.aims[0].token, "reg+A/1==");
    assert_eq!(first(&(opened.judge)(NOW)).code, "0");
}

#[test]
fn the_secret_goes_verbatim_after_a_lower_case_key() {
    let xiaomi = app(&json!({}));
    let body = encoded(&form("REG_A", &chat()));
    let stripped = format!("key={}", SECRET.trim_end_matches('='));
    for header in ["key=other", "Key=a9Xk+3/Zt0yQm1sV7b2c4Q==", "key= a9Xk+3/Zt0yQm1sV7b2c4Q==", SECRET, &stripped] {
        let ruling = ask(&xiaomi, ONE, &[FORM, ("authorization", header)], &body, NOW);
        assert_eq!((ruling.answer.status, codes(&ruling)), (200, vec!["21301"]), "{header}");
        assert_eq!(json_of(&ruling.answer)["reason"], "Invalid application secret.");
    }
    let without = ask(&xiaomi, ONE, &[FORM], &body, NOW);
    assert_eq!((without.answer.status, codes(&without)), (401, vec!["http-401"]));
    xiaomi.desk().suspend("chat", true);
    let blacklisted = send(&xiaomi, "REG_A", &chat());
    assert!(json_of(&blacklisted.answer)["reason"].as_str().unwrap().contains("in the blacklist"));
    assert_eq!(codes(&blacklisted), ["10031"]);
}

#[test]
fn addresses_methods_and_forms() {
    let xiaomi = app(&json!({}));
    let body = encoded(&form("REG_A", &chat()));
    for path in ["/v2/message/regid", ONE, "/v4/message/regid"] {
        assert_eq!(codes(&ask(&xiaomi, path, &[FORM, KEY], &body, NOW)), ["0"], "{path}");
    }
    let overseas = app(&json!({"overseas": true}));
    assert_eq!(codes(&ask(&overseas, "/v4/message/regid", &[FORM, KEY], &body, NOW)), ["10020"]);
    assert_eq!(ask(&xiaomi, "/v3/message/alias", &[FORM, KEY], &body, NOW).answer.status, 404);
    let mut get = request(ONE, &[FORM, KEY], &body);
    get.method = Method::GET;
    assert_eq!(codes(&(Arc::clone(&xiaomi).open(get).judge)(NOW)), ["10021"]);
    let json = ("content-type", "application/json");
    assert_eq!(codes(&ask(&xiaomi, ONE, &[json, KEY], &body, NOW)), ["10007"]);
    for wrong in ["registration_id=a+b/c==", "registration_id=A&registration_id=B", "registration_id=%E6"] {
        assert_eq!(codes(&ask(&xiaomi, ONE, &[FORM, KEY], wrong.as_bytes(), NOW)), ["10017"], "{wrong}");
    }
    let mut bare = form("REG_A", &chat());
    bare.push(("channel_id".to_owned(), "138001".to_owned()));
    assert_eq!(codes(&ask(&xiaomi, ONE, &[FORM, KEY], &encoded(&bare), NOW)), ["10017"]);
    let missing = encoded(&form("REG_A", &chat())[1..]);
    assert_eq!(codes(&ask(&xiaomi, ONE, &[FORM, KEY], &missing, NOW)), ["10016"]);
    let many = vec!["R"; 1001].join(",");
    assert_eq!(codes(&send(&xiaomi, &many, &chat())), ["10017"]);
    assert_eq!(codes(&send(&xiaomi, "A,,B", &chat())), ["10017"]);
}

/// A pointer, what stands there instead, the code.
type Row = (&'static str, Value, &'static str);

fn rows() -> Vec<Row> {
    let many: Value = (0..11).map(|n| (format!("own{n}"), json!("x"))).collect::<serde_json::Map<_, _>>().into();
    let param = |text: &str| json!({"sender": "Alice", "text": text}).to_string();
    vec![
        ("/title", json!("x".repeat(49)), "0"),
        ("/title", json!("x".repeat(50)), "22100"),
        ("/title", json!(" "), "22100"),
        ("/description", json!("名".repeat(127)), "0"),
        ("/description", json!("名".repeat(128)), "22100"),
        ("/title", Value::Null, "0"),
        ("/titel", json!("x"), "10017"),
        ("/payload", json!("x".repeat(4095)), "0"),
        ("/payload", json!("x".repeat(4096)), "65009"),
        ("/payload", json!(""), "10017"),
        ("/restricted_package_name", Value::Null, "22022"),
        ("/restricted_package_name", json!("com.other"), "22022"),
        ("/pass_through", json!(2), "10017"),
        ("/pass_through", json!(1), "10005"),
        ("/notify_type", json!(8), "10017"),
        ("/notify_type", json!(-2), "10017"),
        ("/notify_id", json!(2_147_483_648_i64), "22103"),
        ("/notify_id", json!(-1), "22103"),
        ("/time_to_live", json!(864_000_000), "0"),
        ("/time_to_live", json!(864_000_001), "10017"),
        ("/time_to_live", json!(0), "10017"),
        ("/extra/channel_id", json!("7"), "27001"),
        ("/extra/channel_id", json!("138002"), "27001"),
        ("/extra/channel_id", Value::Null, "27001"),
        ("/extra/template_id", json!("T9"), "27001"),
        ("/extra/template_id", Value::Null, "27001"),
        ("/extra/template_param", Value::Null, "27001"),
        ("/extra/template_param", json!("{"), "10017"),
        ("/extra/template_param", json!("{\"sender\":\"Alice\"}"), "10017"),
        ("/extra/template_param", json!("{\"sender\":\"Alice\",\"text\":7}"), "10017"),
        ("/extra/template_param", json!(param(&"名".repeat(128))), "0"),
        ("/extra/template_param", json!(param(&"名".repeat(129))), "10017"),
        ("/extra/template_param", json!(param(" ")), "10017"),
        ("/extra/template_param", json!(param("ok 👍")), "10017"),
        ("/extra/template_param", json!(param("1\u{fe0f}")), "10017"),
        ("/extra/notify_effect", Value::Null, "22100"),
        ("/extra/notify_effect", json!("4"), "10017"),
        ("/extra/notify_effect", json!("1"), "10017"),
        ("/extra/intent_uri", Value::Null, "10017"),
        ("/extra/intent_uri", json!(format!("x:{}", "y".repeat(1022))), "10017"),
        ("/extra/web_uri", json!("https://a.example"), "10017"),
        ("/extra/sound_uri", json!("android.resource://com.example.chat/raw/ding"), "0"),
        ("/extra/sound_uri", json!("android.resource://com.example.chat/raw/ding.mp3"), "10017"),
        ("/extra/sound_uri", json!("ding"), "10017"),
        ("/extra/jobkey", json!("x".repeat(20)), "0"),
        ("/extra/jobkey", json!("x".repeat(21)), "10017"),
        ("/extra/jobkey", json!("_x"), "10017"),
        ("/extra/only_send_once", json!("0"), "10017"),
        ("/extra/notify_foreground", json!("true"), "10017"),
        ("/extra/flow_control", json!("999"), "10017"),
        ("/extra/connpt", json!("5g"), "10017"),
        ("/extra/callback", json!("push.example.com"), "10025"),
        ("/extra/callback", json!(format!("https://a.example/{}", "x".repeat(111))), "65037"),
        ("/extra/callback.param", json!("x".repeat(65)), "65036"),
        ("/extra/callback.type", json!("246"), "10017"),
        ("/extra", many, "65014"),
        ("/extra/own", json!("x".repeat(1024)), "65015"),
    ]
}

#[test]
fn every_field_is_held_to_its_rule_in_both_forms() {
    let xiaomi = app(&json!({"channel_needed": true, "template_needed": true}));
    for (pointer, value, code) in rows() {
        let mut message = chat();
        if pointer == "/extra" {
            let extra = message["extra"].as_object_mut().unwrap();
            extra.extend(value.as_object().unwrap().clone());
        } else {
            patch(&mut message, pointer, value.clone());
        }
        let one = send(&xiaomi, "REG_A", &message);
        assert_eq!(codes(&one), [code], "{pointer} {value}: {:?}", first(&one));
        let two = multi(&xiaomi, &json!([{"target": "REG_A", "message": message}]));
        assert_eq!(codes(&two), [code], "{pointer} {value}: {:?}", first(&two));
    }
    let both = json!("com.example.chat,com.example.lite");
    let mut message = chat();
    patch(&mut message, "/restricted_package_name", both);
    assert_eq!(codes(&send(&xiaomi, "REG_A", &message)), ["0"]);
    assert_eq!(codes(&multi(&xiaomi, &json!([{"target": "REG_A", "message": message}]))), ["22022"]);
    for (pointer, value) in [("/time_to_live", json!(86_400_001)), ("/extra/web_uri", json!("intent:x"))] {
        let mut message = marketing();
        patch(&mut message, pointer, value);
        assert_eq!(codes(&send(&xiaomi, "REG_A", &message)), ["10017"], "{pointer}");
    }
}

#[test]
fn types_differ_between_form_and_json() {
    let xiaomi = app(&json!({}));
    for (pointer, value) in
        [("/notify_id", json!("88")), ("/title", json!(7)), ("/payload", json!({})), ("/extra/notify_effect", json!(1))]
    {
        let mut message = chat();
        patch(&mut message, pointer, value);
        assert_eq!(codes(&multi(&xiaomi, &json!([{"target": "A", "message": message}]))), ["10017"], "{pointer}");
    }
    let mut text = form("REG_A", &chat());
    text.iter_mut().find(|field| field.0 == "notify_id").unwrap().1 = "x".to_owned();
    assert_eq!(codes(&ask(&xiaomi, ONE, &[FORM, KEY], &encoded(&text), NOW)), ["10017"]);
    for wrong in [json!([]), json!({}), json!([{"message": chat()}]), json!([{"target": "A,B", "message": chat()}])] {
        assert_eq!(codes(&multi(&xiaomi, &wrong)), ["10017"]);
    }
    let prefixed = json!([{"target": "A", "message": {"title": "x", "extra.channel_id": "138001"}}]);
    assert_eq!(codes(&multi(&xiaomi, &prefixed)), ["10017"]);
    let long = json!([{"target": "A", "message": {"title": "x".repeat(400_000)}}]);
    assert_eq!(codes(&multi(&xiaomi, &long)), ["10018"]);
}

#[test]
fn bad_ids_are_named_unless_all_are_bad() {
    let xiaomi = app(&json!({}));
    let named = |ruling: &Ruling| {
        let data = json_of(&ruling.answer)["data"].as_object().unwrap().clone();
        let bad = data.iter().find(|(name, _)| name.replace('_', "").eq_ignore_ascii_case("badregids"));
        bad.map(|(_, ids)| ids.as_str().unwrap().to_owned())
    };
    let some = send(&xiaomi, "REG_A,dead-B,malformed-C", &chat());
    assert_eq!(
        (codes(&some), named(&some).as_deref()),
        (vec!["0", "bad_regids", "bad_regids"], Some("dead-B,malformed-C"))
    );
    assert_eq!(named(&send(&xiaomi, "REG_A", &chat())), None);
    let none = send(&xiaomi, "dead-A,dead-B", &chat());
    assert_eq!(codes(&none), ["20301"]);
    assert_eq!(json_of(&none.answer)["reason"], "No valid targets!");
    let two = json!([{"target": "REG_A", "message": chat()}, {"target": "dead-B", "message": chat()}]);
    let gathered = multi(&xiaomi, &two);
    assert_eq!((codes(&gathered), named(&gathered).as_deref()), (vec!["0", "bad_regids"], Some("dead-B")));
    let mute = multi(&app(&json!({"multi_names_bad": false})), &two);
    assert_eq!((codes(&mute), named(&mute)), (vec!["0", "bad_regids"], None));
}

#[test]
fn totals_are_of_a_class_and_a_day() {
    let xiaomi = app(&json!({"public_quota": 3, "default_quota": 1}));
    assert_eq!(codes(&send(&xiaomi, "A,B", &marketing())), ["0", "0"]);
    let spent = send(&xiaomi, "A,B", &marketing());
    assert_eq!((codes(&spent), &json_of(&spent.answer)["code"]), (vec!["200001"], &json!(200_001)));
    let last = send(&xiaomi, "dead-A,B", &marketing());
    assert_eq!(codes(&last), ["bad_regids", "0"]);
    let data = json_of(&last.answer)["data"].clone();
    assert_eq!((&data["day_quota"], &data["day_acked"]), (&json!("3"), &json!("3")));
    assert_eq!(codes(&send(&xiaomi, "A", &chat())), ["0"], "private messages have no total");
    let mut bare = marketing();
    patch(&mut bare, "/extra/channel_id", Value::Null);
    let element = |message: &Value| json!({"target": "A", "message": message});
    let all = json!([element(&marketing()), element(&bare), element(&bare), element(&chat()), element(&marketing())]);
    let gathered = multi(&xiaomi, &all);
    let exceeded = "channel_exceed_quota";
    assert_eq!(codes(&gathered), [exceeded, "0", exceeded, "0", exceeded]);
    assert_eq!(json_of(&gathered.answer)["data"][exceeded], "138010:2 no_channel:1");
    xiaomi.reset();
    assert_eq!(codes(&send(&xiaomi, "A", &marketing())), ["0"]);
}

#[test]
fn a_rate_counts_calls() {
    let xiaomi = app(&json!({"rate_per_second": 2}));
    for _ in 0..2 {
        assert_eq!(codes(&send(&xiaomi, "A,B,C", &marketing())), ["0", "0", "0"]);
    }
    assert_eq!(codes(&send(&xiaomi, "A", &marketing())), ["200002"]);
}

#[test]
fn forbidden_words_wait_for_a_review() {
    let xiaomi = app(&json!({}));
    for pointer in ["/title", "/description"] {
        let mut message = chat();
        patch(&mut message, pointer, json!("FORBIDDEN-WORDS"));
        assert_eq!(codes(&send(&xiaomi, "A", &message)), ["26006"]);
    }
}

#[test]
fn a_message_tells_its_job_and_what_it_asked_for() {
    let xiaomi = app(&json!({}));
    let aim = |message: &Value| {
        let body = encoded(&form("REG_A", message));
        Arc::clone(&xiaomi).open(request(ONE, &[FORM, KEY], &body)).aims.remove(0)
    };
    let told = aim(&chat());
    assert_eq!((told.job.as_str(), told.mismatch), ("j1", false));
    let facts = (told.facts.class.as_deref(), told.facts.ttl_seconds, told.facts.collapse.as_deref());
    assert_eq!(facts, (Some("private"), Some(86_400), Some("88")));
    assert!(!told.facts.silent && !told.facts.data_only && told.facts.ext_digest.is_some());
    let mut other = chat();
    patch(&mut other, "/extra/callback.param", json!("j2"));
    assert!(aim(&other).mismatch);
    patch(&mut other, "/payload", Value::Null);
    patch(&mut other, "/notify_type", json!(4));
    patch(&mut other, "/extra/only_send_once", json!("1"));
    let told = aim(&other);
    assert_eq!((told.job.as_str(), told.facts.silent, told.facts.ttl_seconds), ("j2", true, Some(0)));
    assert_eq!(aim(&marketing()).job, "");
}

#[test]
fn refusals_by_code_and_registrations() {
    let xiaomi = app(&json!({}));
    assert_eq!(json_of(&xiaomi.refuse("send", "20301").unwrap())["code"], 20301);
    assert!(xiaomi.refuse("send", "NotRegistered").is_err());
    let register = |app: &str, settings: Value| xiaomi.register(app, settings).unwrap_err();
    assert!(register("shop", json!({"app_secret": SECRET, "packages": ["a"]})).contains("another app"));
    assert!(register("shop", json!({"app_secret": "s", "packages": []})).contains("packages"));
    let default = json!({"app_secret": "s", "packages": ["a"], "channels": {"1": {"class": "default"}}});
    assert!(register("shop", default).contains("default"));
    assert!(register("shop", json!({"app_secret": "s", "packages": ["a"], "right": 1})).contains("right"));
}
