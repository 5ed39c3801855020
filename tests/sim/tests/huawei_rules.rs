//! Huawei's rules for messages and tokens, one wrong thing at a time (sheet `huawei.md`, sections 4 to 8).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use push_sim::vendors::Huawei;
use push_sim::{Ruling, Simulator};
use serde_json::{Value, json};
use support::{NOW, ask, first, json_of, patch, request};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json;charset=UTF-8");

/// The chat message of section 4.6 (a).
fn chat() -> Value {
    json!({"validate_only":false,"message":{
      "notification":{"title":"Li Lei","body":"See you at eight"},
      "data":"{\"conv\":\"u_1001\",\"type\":1}",
      "android":{"category":"IM","ttl":"86400s","collapse_key":-1,"bi_tag":"job-7f3a",
        "notification":{"title":"Li Lei","body":"See you at eight","importance":"NORMAL","tag":"u_1001",
          "click_action":{"type":1,"intent":"intent://com.example.chat/open?conv=u_1001#Intent;scheme=examplechat;launchFlags=0x4000000;end"},
          "badge":{"add_num":1,"class":"com.example.chat.MainActivity"}}},
      "token":["TOKEN1","TOKEN2"]}})
}

struct Chat {
    huawei: Arc<Huawei>,
    bearer: String,
}

impl Chat {
    fn open() -> Self {
        Self::with(&json!({"granted": ["IM", "VOIP"]}))
    }

    fn with(extra: &Value) -> Self {
        let huawei = Arc::new(Huawei::default());
        let mut app = json!({"client_id": "101234567", "client_secret": "a+b/c=d&e f", "project_id": "388421841"});
        app.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        huawei.register("chat", app).unwrap();
        let body = b"grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3Dd%26e+f";
        let issued = ask(&huawei, "/oauth2/v3/token", &[FORM], body, NOW);
        let token = json_of(&issued.answer)["access_token"].as_str().unwrap().to_owned();
        Self { huawei, bearer: format!("Bearer {token}") }
    }

    fn send(&self, body: &Value) -> Ruling {
        self.send_raw(body.to_string().as_bytes())
    }

    fn send_raw(&self, body: &[u8]) -> Ruling {
        ask(&self.huawei, "/v1/101234567/messages:send", &[JSON, ("authorization", &self.bearer)], body, NOW)
    }
}

#[test]
fn the_samples_of_the_sheet_are_taken() {
    let chat_app = Chat::open();
    let mut call = chat();
    patch(&mut call, "/message/android/category", json!("VOIP"));
    patch(&mut call, "/message/android/ttl", json!("60s"));
    patch(&mut call, "/message/android/notification/notify_id", json!(230_041));
    let data = json!({"message":{"data":"{\"cmd\":\"sync\"}",
        "android":{"ttl":"3600s","urgency":"NORMAL","bi_tag":"job-91"},"token":["TOKEN1"]}});
    let marketing = json!({"message":{"android":{"category":"MARKETING","ttl":"21600s","bi_tag":"camp-12",
        "notification":{"title":"Weekend offer","body":"Two for one","importance":"LOW",
          "click_action":{"type":2,"url":"https://www.example.com/offer"}}},
        "token":["TOKEN1"]}});
    for sample in [chat(), call, data, marketing] {
        let ruling = chat_app.send(&sample);
        assert!(first(&ruling).accepted, "{sample}: {:?}", first(&ruling));
        assert_eq!(ruling.degraded_to, None);
        let answer = json_of(&ruling.answer);
        assert_eq!(
            (ruling.answer.status, &answer["code"], &answer["msg"]),
            (200, &json!("80000000"), &json!("Success"))
        );
        assert!(answer["requestId"].is_string());
    }
}

#[test]
fn one_wrong_thing_is_refused_by_its_code() {
    let n = "/message/android/notification";
    let cases: Vec<(String, Value, &str)> = [
        ("/extra", json!(1), "80100003"),
        ("/validate_only", json!("false"), "80100003"),
        ("/review", json!([{"reviewer": "me", "type": 0, "result": {}}]), "80100001"),
        ("/message", Value::Null, "80300010"),
        ("/message", json!([]), "80300010"),
        ("/message/extra", json!(1), "80100003"),
        ("/message/token", Value::Null, "80300010"),
        ("/message/token", json!([]), "80300010"),
        ("/message/token", json!("TOKEN1"), "80300010"),
        ("/message/token", json!([1]), "80300010"),
        ("/message/token", json!(vec!["T"; 1001]), "80300010"),
        ("/message/topic", json!("news"), "80100003"),
        ("/message/data", json!({"a": 1}), "80100003"),
        ("/message/data", json!("not an object"), "80100001"),
        ("/message/data", json!("[1]"), "80100001"),
        ("/message/notification/subtitle", json!("s"), "80100003"),
        ("/message/notification/image", json!("http://x/y.png"), "80100001"),
        ("/message/android/extra", json!(1), "80100003"),
        ("/message/android", json!([-1]), "80100003"),
        ("/message/android/notification/click_action", json!([3]), "80100003"),
        ("/message/android/collapse_key", json!(101), "80100013"),
        ("/message/android/collapse_key", json!(-2), "80100013"),
        ("/message/android/collapse_key", json!("1"), "80100003"),
        ("/message/android/urgency", json!("high"), "80100001"),
        ("/message/android/urgency", json!("HIGH"), "80300011"),
        ("/message/android/category", json!("im"), "80100001"),
        ("/message/android/category", json!("MISS_CALL"), "80100001"),
        ("/message/android/category", json!("PLAY_VOICE"), "80100001"),
        ("/message/android/ttl", json!("24h0m0s"), "80100001"),
        ("/message/android/ttl", json!(3600), "80100003"),
        ("/message/android/ttl", json!("1296001s"), "80100001"),
        ("/message/android/ttl", json!("0s"), "80100004"),
        ("/message/android/bi_tag", json!("x".repeat(65)), "80100001"),
        ("/message/android/target_user_type", json!(2), "80100001"),
        ("/message/android/fast_app_target", json!(0), "80100001"),
        ("/message/android/notification", Value::Null, "80100003"),
    ]
    .into_iter()
    .map(|(pointer, value, code)| (pointer.to_owned(), value, code))
    .chain(
        [
            ("/extra", json!(1), "80100003"),
            ("/click_action", Value::Null, "80100003"),
            ("/click_action", json!({}), "80100003"),
            ("/click_action", json!({"type": 4}), "80100001"),
            ("/click_action", json!({"type": "3"}), "80100003"),
            ("/click_action", json!({"type": 3, "rich": 1}), "80100003"),
            ("/click_action", json!({"type": 3, "url": "https://a"}), "80100001"),
            ("/click_action", json!({"type": 1}), "80100001"),
            ("/click_action", json!({"type": 1, "intent": "app://x"}), "80100001"),
            ("/click_action", json!({"type": 1, "intent": "intent://a#Intent;end", "action": "a"}), "80100001"),
            ("/click_action", json!({"type": 2}), "80100001"),
            ("/click_action", json!({"type": 2, "url": "http://a"}), "80100001"),
            ("/importance", json!("HIGH"), "80100001"),
            ("/visibility", json!("SHOWN"), "80100001"),
            ("/channel_id", json!(7), "80100003"),
            ("/image", json!("http://a/b.png"), "80100001"),
            ("/icon", json!("icon"), "80100001"),
            ("/color", json!("#12345"), "80100001"),
            ("/sound", json!("ding.mp3"), "80100001"),
            ("/default_sound", json!("true"), "80100003"),
            ("/notify_id", json!(-2), "80100001"),
            ("/notify_id", json!(2_147_483_648_u64), "80100001"),
            ("/style", json!(2), "80100001"),
            ("/style", json!(1), "80100001"),
            ("/style", json!(3), "80100001"),
            ("/badge", json!({"add_num": 1}), "80100001"),
            ("/badge/add_num", json!(0), "80100001"),
            ("/badge/set_num", json!(100), "80100001"),
            ("/badge/num", json!(1), "80100003"),
            ("/when", json!("2014-10-02 15:01:23"), "80100001"),
            ("/profile_id", json!("x".repeat(65)), "80100001"),
            ("/buttons", json!([{"name": "x", "action_type": 5}]), "80100001"),
            ("/buttons", json!([{"name": "x", "action_type": 1}]), "80100001"),
            ("/buttons", json!(vec![json!({"name": "x", "action_type": 0}); 4]), "80100001"),
            ("/vibrate_config", json!(vec!["1"; 11]), "80100001"),
            ("/body", json!("with FORBIDDEN-WORDS"), "80100016"),
            ("/body", json!("x".repeat(4096)), "80300008"),
        ]
        .into_iter()
        .map(|(pointer, value, code)| (format!("{n}{pointer}"), value, code)),
    )
    .collect();
    let app = Chat::open();
    for (pointer, value, code) in cases {
        let mut body = chat();
        patch(&mut body, &pointer, value.clone());
        let ruling = app.send(&body);
        let word = first(&ruling);
        let shown = value.to_string().chars().take(80).collect::<String>();
        assert_eq!((word.code.as_str(), word.accepted), (code, false), "{pointer} = {shown}: {:?}", word.why);
        assert_eq!(json_of(&ruling.answer)["code"], json!(code), "a string, as told to the log");
        assert!(word.why.is_some());
    }
}

#[test]
fn null_stands_for_nothing() {
    let app = Chat::open();
    let body = chat().to_string().replace(r#""collapse_key":-1"#, r#""collapse_key":null"#);
    assert_eq!(first(&app.send_raw(body.as_bytes())).code, "80100003");
    let body = chat().to_string().replace(r#""token":["#, r#""topic":null,"condition":null,"token":["#);
    assert!(first(&app.send_raw(body.as_bytes())).accepted, "the two targets that are not meant");
    for nonsense in ["", "[]", "{", "null"] {
        assert!(!first(&app.send_raw(nonsense.as_bytes())).accepted, "{nonsense}");
    }
}

#[test]
fn texts_must_stand_in_one_of_two_places() {
    let app = Chat::open();
    let mut body = chat();
    patch(&mut body, "/message/notification", Value::Null);
    assert!(first(&app.send(&body)).accepted);
    patch(&mut body, "/message/android/notification/title", Value::Null);
    assert_eq!(first(&app.send(&body)).code, "80100001");
    patch(&mut body, "/message/notification/title", json!("Li Lei"));
    assert!(first(&app.send(&body)).accepted);
}

#[test]
fn tokens_do_not_count_into_the_size() {
    let app = Chat::open();
    let mut body = chat();
    patch(&mut body, "/message/token", json!(vec!["x".repeat(200); 1000]));
    let without = body.to_string().len() - 1000 * 203 + 1;
    patch(&mut body, "/message/data", json!(format!("{{\"pad\":\"{}\"}}", "x".repeat(4096))));
    assert_eq!(first(&app.send(&body)).code, "80300008");
    let old = chat()["message"]["data"].to_string().len();
    let frame = json!("{\"pad\":\"\"}").to_string().len();
    let room = 4096 - (without - old + frame);
    patch(&mut body, "/message/data", json!(format!("{{\"pad\":\"{}\"}}", "x".repeat(room))));
    assert!(first(&app.send(&body)).accepted, "exactly 4096");
    patch(&mut body, "/message/data", json!(format!("{{\"pad\":\"{}\"}}", "x".repeat(room + 1))));
    assert_eq!(first(&app.send(&body)).code, "80300008");
}

#[test]
fn illegal_tokens_are_named_in_a_text_that_is_json() {
    let app = Chat::open();
    let mut body = chat();
    patch(&mut body, "/message/token", json!(["T1", "dead-1", "T1", "malformed-1", "dead-1"]));
    let ruling = app.send(&body);
    let answer = json_of(&ruling.answer);
    assert_eq!((ruling.answer.status, &answer["code"]), (200, &json!("80100000")));
    let msg: Value = serde_json::from_str(answer["msg"].as_str().unwrap()).unwrap();
    assert_eq!(msg, json!({"success": 2, "failure": 3, "illegal_tokens": ["dead-1", "malformed-1"]}));
    let taken: Vec<bool> = (0..5).map(|n| ruling.words.about(n).unwrap().accepted).collect();
    assert_eq!(taken, [true, false, true, false, false], "duplicates are delivered twice");
    patch(&mut body, "/message/token", json!(["dead-1", "dead-2"]));
    let answer = json_of(&app.send(&body).answer);
    assert_eq!((&answer["code"], &answer["msg"]), (&json!("80300007"), &json!("All the tokens are invalid")));
}

#[test]
fn a_class_without_its_right_is_degraded_and_taken() {
    let app = Chat::open();
    let cases =
        [(json!("IM"), None), (json!("ACCOUNT"), Some("MARKETING")), (Value::Null, None), (json!("MARKETING"), None)];
    for (category, degraded_to) in cases {
        let mut body = chat();
        patch(&mut body, "/message/android/category", category.clone());
        let ruling = app.send(&body);
        assert!(first(&ruling).accepted);
        assert_eq!(ruling.degraded_to, degraded_to, "{category}");
    }
}

#[test]
fn a_dry_run_checks_and_takes_nothing() {
    let app = Chat::open();
    let mut body = chat();
    patch(&mut body, "/validate_only", json!(true));
    let ruling = app.send(&body);
    assert_eq!((first(&ruling).code.as_str(), first(&ruling).accepted), ("80000000", false));
    patch(&mut body, "/message/android/ttl", json!("x"));
    assert_eq!(first(&app.send(&body)).code, "80100001");
}

#[test]
fn rights_suspension_and_flow_control() {
    let app = Chat::with(&json!({"high_priority": true, "rate_per_second": 3}));
    let mut body = chat();
    patch(&mut body, "/message/android/urgency", json!("HIGH"));
    assert!(first(&app.send(&body)).accepted);
    let ruling = app.send(&body);
    assert_eq!((ruling.answer.status, first(&ruling).code.as_str()), (503, "http-503"));
    app.huawei.desk().suspend("chat", true);
    assert_eq!(first(&app.send(&body)).code, "80300002");
}

#[test]
fn the_job_is_read_from_the_message() {
    let app = Chat::open();
    let mut body = chat();
    let aims = |body: &Value| {
        let ask = request("/v1/101234567/messages:send", &[JSON], body.to_string().as_bytes());
        Arc::clone(&app.huawei).open(ask).aims
    };
    assert_eq!(aims(&body)[0].job, "job-7f3a");
    patch(&mut body, "/message/data", json!(r#"{"ext":"{\"job\":\"j2\"}"}"#));
    let mixed = aims(&body);
    assert_eq!((mixed[1].job.as_str(), mixed[1].mismatch, mixed[1].token.as_str()), ("j2", true, "TOKEN2"));
    patch(&mut body, "/message/android/bi_tag", json!("j2"));
    assert!(!aims(&body)[0].mismatch);
    let facts = aims(&body)[0].facts.clone();
    assert_eq!((facts.ttl_seconds, facts.class.as_deref(), facts.badge_add), (Some(86_400), Some("IM"), Some(1)));
    assert_eq!((facts.collapse.as_deref(), facts.title_chars, facts.data_only), (Some("u_1001"), Some(6), false));
    patch(&mut body, "/message/extra", json!(1));
    assert_eq!(aims(&body)[1].token, "TOKEN2", "a wrong body's tokens are logged too");
}
