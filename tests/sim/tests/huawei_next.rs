//! Huawei's rules for HarmonyOS NEXT, one wrong thing at a time (sheet `huawei.md`, section 12).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use push_sim::vendors::Huawei;
use push_sim::{Ruling, Simulator};
use serde_json::{Value, json};
use support::{NOW, ask, first, json_of, patch, request};

const JSON: (&str, &str) = ("content-type", "application/json");
const KEY: &str = include_str!("data/throwaway.pem");
const ADDRESS: &str = "/v3/3158882000052863/messages:send";

/// The samples of section 12.3: `push-type` and body.
fn samples() -> Vec<(&'static str, Value)> {
    vec![
        ("0", chat()),
        ("2", voice()),
        (
            "10",
            json!({"payload":{"extraData":"{\"call\":\"c1\"}"},"target":{"token":["TOKEN1"]},"pushOptions":{"ttl":30,"biTag":"call-1"}}),
        ),
        ("6", json!({"payload":{"extraData":"{\"cmd\":\"sync\"}"},"target":{"token":["TOKEN1"]}})),
        ("1", form()),
        ("7", live_view()),
    ]
}

fn chat() -> Value {
    json!({"payload":{"notification":{"category":"IM","title":"Li Lei","body":"See you at eight","notifyId":230_041,
      "appMessageId":"msg-88f1","clickAction":{"actionType":0,"data":{"conv":"u_1001"}},"badge":{"addNum":1}}},
      "target":{"token":["TOKEN1"]},"pushOptions":{"ttl":86400,"biTag":"job-7f3a"}})
}

fn voice() -> Value {
    let mut voice = chat();
    patch(&mut voice, "/payload/notification/category", json!("PLAY_VOICE"));
    patch(&mut voice, "/payload/extraData", json!("8.00"));
    voice
}

fn form() -> Value {
    json!({"payload":{"formId":423_434_262,"version":3,"moduleName":"entry","formName":"widget","abilityName":"EntryFormAbility",
      "formData":{"unread":"3"},"images":[{"keyName":"face","url":"https://img.example.com/1.png","require":1}]},
      "target":{"token":["TOKEN1"]}})
}

fn live_view() -> Value {
    json!({"payload":{"activityId":7,"operation":0,"event":"TAXI","status":"waiting","version":1,"activityData":{"x":1}},
      "target":{"token":["TOKEN1"]}})
}

struct App {
    huawei: Arc<Huawei>,
    bearer: String,
}

impl App {
    /// With every right.
    fn open() -> Self {
        Self::with(&json!({"next_granted": ["IM", "PLAY_VOICE"], "in_app_call": true, "live_views": ["TAXI"]}))
    }

    fn with(extra: &Value) -> Self {
        let huawei = Arc::new(Huawei::default());
        let file =
            json!({"project_id": "3158882000052863", "key_id": "k1", "sub_account": "109999999", "private_key": KEY});
        let mut app = json!({"client_id": "1", "client_secret": "s", "service_account": file.to_string()});
        app.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        huawei.register("chat", app).unwrap();
        Self { huawei, bearer: format!("Bearer {}", jwt(3600)) }
    }

    fn send(&self, push_type: &str, body: &Value) -> Ruling {
        let headers = [JSON, ("authorization", self.bearer.as_str()), ("push-type", push_type)];
        ask(&self.huawei, ADDRESS, &headers, body.to_string().as_bytes(), NOW)
    }
}

fn jwt(life: u64) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let at = NOW / 1000;
    let aud = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
    let claims = json!({"aud": aud, "iss": "109999999", "exp": at + life, "iat": at});
    let message = format!("{}.{}", part(&json!({"kid": "k1", "typ": "JWT", "alg": "PS256"})), part(&claims));
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).unwrap();
    format!("{message}.{}", crypto::sign(message.as_bytes(), &key, Algorithm::PS256).unwrap())
}

#[test]
fn the_samples_of_the_sheet_are_taken() {
    let app = App::open();
    for (push_type, sample) in samples() {
        let ruling = app.send(push_type, &sample);
        assert!(first(&ruling).accepted, "{push_type} {sample}: {:?}", first(&ruling));
        assert_eq!((ruling.degraded_to, json_of(&ruling.answer)["code"].clone()), (None, json!("80000000")));
    }
}

#[test]
fn one_wrong_thing_is_refused_by_its_code() {
    let n = "/payload/notification";
    let shown: Vec<(String, Value, &str)> = [
        ("/extra", json!(1)),
        ("/category", Value::Null),
        ("/category", json!("im")),
        ("/category", json!("SYSTEM_REMINDER")),
        ("/title", Value::Null),
        ("/title", json!("")),
        ("/body", json!(7)),
        ("/clickAction", Value::Null),
        ("/clickAction", json!({})),
        ("/clickAction", json!({"actionType": "0"})),
        ("/clickAction", json!({"actionType": 1})),
        ("/clickAction", json!({"actionType": 3})),
        ("/clickAction", json!({"actionType": 0, "uri": "a://b"})),
        ("/clickAction", json!({"actionType": 1, "uri": "no uri"})),
        ("/clickAction", json!({"actionType": 0, "data": "{}"})),
        ("/clickAction", json!({"actionType": 0, "url": "https://a"})),
        ("/image", json!("http://a/b.png")),
        ("/style", json!(2)),
        ("/style", json!(1)),
        ("/style", json!(3)),
        ("/inboxContent", json!("x")),
        ("/notifyId", json!(2_147_483_648_u64)),
        ("/notifyId", json!("1")),
        ("/appMessageId", json!("")),
        ("/appMessageId", json!("a:b")),
        ("/appMessageId", json!("x".repeat(65))),
        ("/profileId", json!("x".repeat(65))),
        ("/badge", json!({"addNum": 0})),
        ("/badge", json!({"setNum": 100})),
        ("/badge", json!({"class": "a.B"})),
        ("/sound", json!("/raw/ding")),
        ("/soundDuration", json!(61)),
        ("/foregroundShow", json!("true")),
        ("/importance", json!("LOW")),
        ("/channelId", json!("x")),
    ]
    .into_iter()
    .map(|(field, value)| (format!("{n}{field}"), value, "80100003"))
    .collect();
    let whole = [
        ("/extra", json!(1), "80100003"),
        ("/payload", Value::Null, "80100003"),
        ("/payload", json!({}), "80100003"),
        ("/payload/extraData", json!("x"), "80100003"),
        ("/target", Value::Null, "80300010"),
        ("/target/token", Value::Null, "80300010"),
        ("/target/token", json!([]), "80300010"),
        ("/target/token", json!("TOKEN1"), "80300010"),
        ("/target/token", json!(vec!["T"; 1001]), "80300010"),
        ("/target/topic", json!("x"), "80100003"),
        ("/pushOptions/extra", json!(1), "80100003"),
        ("/pushOptions", json!([false]), "80100003"),
        ("/pushOptions/ttl", json!("86400"), "80100003"),
        ("/pushOptions/ttl", json!(1_296_001), "80100001"),
        ("/pushOptions/ttl", json!(-1), "80100001"),
        ("/pushOptions/ttl", json!(0), "80100004"),
        ("/pushOptions/biTag", json!("x".repeat(65)), "80100001"),
        ("/pushOptions/receiptId", json!(""), "80100001"),
        ("/pushOptions/collapseKey", json!(101), "80100013"),
        ("/pushOptions/backgroundMode", json!(0), "80100001"),
        ("/pushOptions/testMessage", json!(1), "80100003"),
        ("/payload/notification/body", json!("with FORBIDDEN-WORDS"), "80100016"),
        ("/payload/notification/body", json!("x".repeat(4096)), "80300008"),
    ];
    let app = App::open();
    let whole = whole.into_iter().map(|(pointer, value, code)| (pointer.to_owned(), value, code));
    for (pointer, value, code) in shown.into_iter().chain(whole) {
        let mut body = chat();
        patch(&mut body, &pointer, value.clone());
        let ruling = app.send("0", &body);
        let (word, shown) = (first(&ruling), value.to_string().chars().take(80).collect::<String>());
        assert_eq!((word.code.as_str(), word.accepted), (code, false), "{pointer} = {shown}: {:?}", word.why);
        assert_eq!(json_of(&ruling.answer)["code"], json!(code));
    }
}

#[test]
fn each_push_type_has_its_own_rules() {
    let app = App::open();
    for (push_type, pointer, value, code) in [
        ("2", "/payload/notification/category", json!("IM"), "80100003"),
        ("2", "/payload/extraData", Value::Null, "80100003"),
        ("10", "/payload/extraData", Value::Null, "80100003"),
        ("10", "/payload/proxyData", json!("ENABLE"), "80100003"),
        ("10", "/pushOptions/collapseKey", json!(1), "80100013"),
        ("6", "/payload/extraData", json!({}), "80100003"),
        ("6", "/payload/proxyData", json!("YES"), "80100003"),
        ("6", "/pushOptions/collapseKey", json!(0), "80100013"),
        ("6", "/pushOptions/backgroundMode", json!(2), "80100001"),
        ("1", "/target/token", json!(["A", "B"]), "80300010"),
        ("1", "/payload/formId", json!("1"), "80100003"),
        ("1", "/payload/version", Value::Null, "80100003"),
        ("1", "/payload/moduleName", json!(""), "80100003"),
        ("1", "/payload/formData", json!({"a": null}), "80100003"),
        ("1", "/payload/images", json!([1]), "80100003"),
        ("7", "/payload/operation", json!(3), "80100003"),
        ("7", "/payload/event", json!("DELIVERY"), "80100003"),
        ("7", "/payload/status", Value::Null, "80100003"),
        ("7", "/payload/version", json!("1"), "80100003"),
    ] {
        let mut body = samples().into_iter().find(|(own, _)| *own == push_type).unwrap().1;
        if value.is_object() && push_type == "1" {
            // `null` takes a field away in a patch: here it is meant.
            body["payload"]["formData"] = value;
        } else {
            patch(&mut body, pointer, value);
        }
        let ruling = app.send(push_type, &body);
        assert_eq!(first(&ruling).code, code, "{push_type} {pointer}: {:?}", first(&ruling).why);
    }
    let two =
        json!([{"keyName": "a", "url": "https://a", "require": 1}, {"keyName": "b", "url": "https://b", "require": 1}]);
    let mut body = form();
    patch(&mut body, "/payload/images", two);
    assert_eq!(first(&app.send("1", &body)).code, "80100003");
    for wrong in ["", "3", "alert", "00"] {
        assert_eq!(first(&app.send(wrong, &chat())).code, "80100003", "push-type {wrong:?}");
    }
    let headers = [JSON, ("authorization", app.bearer.as_str())];
    let ruling = ask(&app.huawei, ADDRESS, &headers, chat().to_string().as_bytes(), NOW);
    assert_eq!(first(&ruling).code, "80100003", "without the header");
}

#[test]
fn missing_rights_are_reasons_or_degrade() {
    let app = App::with(&json!({}));
    let ruling = app.send("0", &chat());
    assert_eq!((first(&ruling).accepted, ruling.degraded_to), (true, Some("MARKETING")));
    let mut instant = samples().remove(3).1;
    patch(&mut instant, "/pushOptions/backgroundMode", json!(1));
    for (push_type, body, reason) in [
        ("10", samples().remove(2).1, "noPushTypeRight"),
        ("2", voice(), "noPushTypeRight"),
        ("6", instant, "noPushTypeRight"),
        ("7", live_view(), "noRightToSendThisLiveNotificationEvent"),
        ("0", without_extra(voice()), "notSupportPlayVoice"),
    ] {
        let answer = json_of(&app.send(push_type, &body).answer);
        assert_eq!(answer["code"], "80300007", "{push_type}");
        let detail: Value = serde_json::from_str(answer["msg"].as_str().unwrap()).unwrap();
        assert_eq!(detail, json!({"failure": 1, "illegalTokens": {format!(" {reason}"): ["TOKEN1"]}}), "{push_type}");
    }
}

fn without_extra(mut body: Value) -> Value {
    patch(&mut body, "/payload/extraData", Value::Null);
    body
}

#[test]
fn illegal_tokens_are_named_by_reason() {
    let app = App::open();
    let mut body = chat();
    let tokens =
        json!(["T1", "dead-1", "malformed-1", "reason-countryNotSupport-1", "android-1", "dead-1", "reason-x-1"]);
    patch(&mut body, "/target/token", tokens);
    let ruling = app.send("0", &body);
    let answer = json_of(&ruling.answer);
    assert_eq!((ruling.answer.status, &answer["code"]), (200, &json!("80100000")));
    let msg: Value = serde_json::from_str(answer["msg"].as_str().unwrap()).unwrap();
    let illegal = json!({" noRight": ["dead-1", "android-1"], " tokenFormatError": ["malformed-1"],
        " countryNotSupport": ["reason-countryNotSupport-1"]});
    assert_eq!(msg, json!({"success": 2, "failure": 5, "illegalTokens": illegal}));
    let taken: Vec<bool> = (0..7).map(|n| ruling.words.about(n).unwrap().accepted).collect();
    assert_eq!(taken, [true, false, false, false, false, false, true]);
}

#[test]
fn only_a_jwt_of_the_project_opens_it() {
    let app = App::open();
    let send = |address: &str, bearer: &str| {
        let headers = [JSON, ("authorization", bearer), ("push-type", "0")];
        first(&ask(&app.huawei, address, &headers, chat().to_string().as_bytes(), NOW)).code.clone()
    };
    assert_eq!(send(ADDRESS, &app.bearer), "80000000");
    app.huawei.desk().issue("chat", "access-token", u64::MAX);
    assert_eq!(send(ADDRESS, "Bearer access-token"), "80200001", "v3 takes no access token");
    assert_eq!(send("/v2/3158882000052863/messages:send", "Bearer access-token"), "80300010", "v2 does");
    assert_eq!(send("/v3/1/messages:send", &app.bearer), "80200001");
    assert_eq!(send(ADDRESS, "access"), "80200001");
    assert_eq!(send(ADDRESS, &format!("Bearer {}", jwt(86_401))), "80300036");
    app.huawei.desk().expire("chat");
    assert_eq!(send(ADDRESS, &app.bearer), "80200005");
    app.huawei.desk().suspend("chat", true);
    assert_eq!(send(ADDRESS, &format!("Bearer {}", jwt(3000))), "80300002");
}

#[test]
fn tests_are_few_and_flow_is_controlled() {
    let app = App::with(&json!({"next_granted": ["IM"], "rate_per_second": 12}));
    let mut body = chat();
    patch(&mut body, "/pushOptions/testMessage", json!(true));
    patch(&mut body, "/target/token", json!(vec!["T"; 11]));
    assert_eq!(first(&app.send("0", &body)).code, "80300030");
    patch(&mut body, "/target/token", json!(vec!["T"; 10]));
    assert!(first(&app.send("0", &body)).accepted);
    let ruling = app.send("0", &body);
    assert_eq!((ruling.answer.status, first(&ruling).code.as_str()), (503, "http-503"));
}

#[test]
fn the_job_is_read_from_the_message() {
    let app = App::open();
    let aims = |push_type: &str, body: &Value| {
        let ask = request(ADDRESS, &[JSON, ("push-type", push_type)], body.to_string().as_bytes());
        Arc::clone(&app.huawei).open(ask).aims
    };
    let mut body = chat();
    assert_eq!(aims("0", &body)[0].job, "job-7f3a");
    patch(&mut body, "/payload/notification/clickAction/data", json!({"ext": r#"{"job":"j2"}"#}));
    assert_eq!((aims("0", &body)[0].job.as_str(), aims("0", &body)[0].mismatch), ("j2", true));
    patch(&mut body, "/pushOptions/biTag", json!("j2"));
    let aim = aims("0", &body).remove(0);
    let facts = aim.facts;
    assert!(!aim.mismatch && facts.ext_digest.is_some());
    assert_eq!((facts.ttl_seconds, facts.class.as_deref(), facts.badge_add), (Some(86_400), Some("IM"), Some(1)));
    assert_eq!((facts.collapse.as_deref(), facts.title_chars, facts.data_only), (Some("230041"), Some(6), false));
    let data = json!({"payload": {"extraData": r#"{"ext":"{\"job\":\"j3\"}"}"#}, "target": {"token": ["T"]}});
    let aim = aims("6", &data).remove(0);
    assert_eq!((aim.job.as_str(), aim.facts.class.as_deref(), aim.facts.data_only), ("j3", Some("push-type 6"), true));
    patch(&mut body, "/payload/extra", json!(1));
    assert_eq!(aims("0", &body)[0].token, "TOKEN1", "a wrong body's tokens are logged too");
}

#[test]
fn a_token_of_one_world_is_illegal_in_the_other() {
    let app = App::open();
    let body = br#"{"message":{"data":"x","token":["next-1"]}}"#;
    app.huawei.desk().issue("chat", "access-token", u64::MAX);
    let headers = [JSON, ("authorization", "Bearer access-token")];
    assert_eq!(first(&ask(&app.huawei, "/v1/1/messages:send", &headers, body, NOW)).code, "80300007");
}
