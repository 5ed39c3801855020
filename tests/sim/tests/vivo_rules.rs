//! vivo's rules, one wrong thing at a time (sheet `vivo.md`).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use push_sim::vendors::Vivo;
use push_sim::{Ruling, Simulator};
use serde_json::{Value, json};
use support::{NOW, ask, first, json_of, patch, request};

const JSON: (&str, &str) = ("content-type", "application/json;charset=UTF-8");
const KEY: &str = "25509283-3767-4b9e-83fe-b6e55ac6243e";
/// `NOW` is 8 o'clock in China.
const HOUR: u64 = 3_600_000;

struct App {
    vivo: Arc<Vivo>,
    token: String,
}

fn registration() -> Value {
    json!({"app_id": 10004, "app_key": KEY, "app_secret": "8fd0d4bb-5e2f-4b0c-9d6a-0c7d1f2e3a4b"})
}

/// The body of an auth call with the signature of `text`.
fn auth_body(text: &str, time: u64) -> Value {
    use md5::{Digest, Md5};
    json!({"appId": 10004, "appKey": KEY, "timestamp": time, "sign": format!("{:x}", Md5::digest(text))})
}

fn right_auth(time: u64) -> Value {
    auth_body(&format!("10004{KEY}{time}8fd0d4bb-5e2f-4b0c-9d6a-0c7d1f2e3a4b"), time)
}

impl App {
    fn open() -> Self {
        Self::with(registration())
    }

    fn with(settings: Value) -> Self {
        let vivo = Arc::new(Vivo::default());
        vivo.register("chat", settings).unwrap();
        let ruling = ask(&vivo, "/message/auth", &[JSON], right_auth(NOW).to_string().as_bytes(), NOW);
        let token = json_of(&ruling.answer)["authToken"].as_str().unwrap().to_owned();
        Self { vivo, token }
    }

    fn at(&self, path: &str, body: &Value, now: u64) -> Ruling {
        let path = format!("/message/{path}");
        ask(&self.vivo, &path, &[JSON, ("authtoken", &self.token)], body.to_string().as_bytes(), now)
    }

    fn send(&self, body: &Value) -> Ruling {
        self.at("send", body, NOW)
    }

    /// Saves a payload; gives its task.
    fn save(&self, body: &Value) -> Value {
        let ruling = self.at("saveListPayload", body, NOW);
        assert!(first(&ruling).accepted, "{:?}", first(&ruling));
        json_of(&ruling.answer)["taskId"].clone()
    }
}

/// Sample (a) of section 4.3.
fn message() -> Value {
    json!({"appId": 10004, "regId": "v2-CRmkXXXXXXXX", "notifyType": 4, "title": "李雷", "content": "在吗?晚上一起吃饭",
        "timeToLive": 86400, "skipType": 4,
        "skipContent": "intent:#Intent;component=com.example.chat/com.example.chat.PushOpenActivity;end",
        "networkType": -1, "category": "IM", "classification": 1,
        "clientCustomMap": {"ext": "{\"job\":\"job-8f3a\"}"},
        "extra": {"callback.id": "100123", "callback.param": "job-8f3a"},
        "requestId": "job-8f3a.0", "pushMode": 0, "foregroundShow": false, "addBadge": true})
}

fn payload() -> Value {
    let mut payload = message();
    patch(&mut payload, "/regId", Value::Null);
    payload
}

fn list(task: &Value, tokens: &[&str]) -> Value {
    json!({"appId": 10004, "taskId": task, "regIds": tokens, "requestId": "job-8f3a.7"})
}

#[test]
fn one_wrong_thing_is_refused_by_its_result() {
    let none = || Value::Null;
    let cases = [
        ("/colour", json!("red"), "http-400"),
        ("/appId", json!(10005), "10094"),
        ("/appId", json!("10004"), "10094"),
        ("/notifyType", none(), "10054"),
        ("/notifyType", json!(0), "10054"),
        ("/notifyType", json!("4"), "10054"),
        ("/title", none(), "10055"),
        ("/title", json!("  "), "10055"),
        ("/title", json!("名".repeat(21)), "10056"),
        ("/title", json!("x".repeat(41)), "10056"),
        ("/content", json!(""), "10057"),
        ("/content", json!("，".repeat(51)), "10058"),
        ("/content", json!("👋".repeat(51)), "10058"),
        ("/content", json!("FORBIDDEN-WORDS"), "10101"),
        ("/timeToLive", json!(59), "10059"),
        ("/timeToLive", json!(86_401), "10059"),
        ("/timeToLive", json!("60"), "10059"),
        ("/skipType", none(), "10060"),
        ("/skipType", json!(5), "10060"),
        ("/skipContent", none(), "10068"),
        ("/skipContent", json!("x".repeat(1025)), "10069"),
        ("/networkType", json!(0), "10065"),
        ("/classification", json!(2), "11000"),
        ("/classification", json!(0), "10097"),
        ("/category", json!("im"), "10096"),
        ("/category", json!("CHAT"), "10096"),
        ("/category", json!("SUBSCRIPTION"), "10096"),
        ("/clientCustomMap", json!("ext"), "10067"),
        ("/clientCustomMap/n", json!(1), "10067"),
        ("/clientCustomMap/ext", json!("x".repeat(1022)), "10067"),
        ("/clientCustomMap", (0..11).map(|n| (n.to_string(), json!(""))).collect(), "10066"),
        ("/extra/callback.param", json!("x".repeat(65)), "10306"),
        ("/extra/callback", json!("x".repeat(129)), "10305"),
        ("/extra/callback", json!("https://cb"), "10305"),
        ("/extra/more", json!("x"), "http-400"),
        ("/requestId", none(), "10352"),
        ("/requestId", json!(""), "10352"),
        ("/requestId", json!(7), "10352"),
        ("/requestId", json!("x".repeat(65)), "10353"),
        ("/pushMode", json!(2), "http-400"),
        ("/notifyId", json!(0), "http-400"),
        ("/notifyId", json!(2_147_483_648_u32), "http-400"),
        ("/addBadge", json!(1), "http-400"),
        ("/sendOnline", json!("true"), "http-400"),
        ("/profileId", json!("x".repeat(65)), "http-400"),
        ("/auditReview", json!([{"reviewer": "x", "type": "1", "result": {}}]), "http-400"),
        ("/timedDisplay", json!({"showStartTime": 2, "showEndTime": 1, "overtimeDisplay": true}), "http-400"),
    ];
    let app = App::open();
    for (pointer, value, code) in cases {
        for path in ["send", "saveListPayload"] {
            let mut body = if path == "send" { message() } else { payload() };
            patch(&mut body, pointer, value.clone());
            let ruling = app.at(path, &body, NOW);
            let word = first(&ruling);
            assert_eq!((word.code.as_str(), word.accepted), (code, false), "{pointer} = {value}: {:?}", word.why);
            let said = (ruling.answer.status, json_of(&ruling.answer)["result"].to_string());
            let wanted = if code == "http-400" { (400, "null".to_owned()) } else { (200, code.to_owned()) };
            assert_eq!(said, wanted, "{pointer}");
        }
    }
    for (pointer, value, code) in [
        ("/regId", none(), "10050"),
        ("/regId", json!(""), "10050"),
        ("/regId", json!(1), "10302"),
        ("/regId", json!("dead-1"), "status_2"),
        ("/regId", json!("malformed-1"), "status_1"),
    ] {
        let mut body = message();
        patch(&mut body, pointer, value);
        assert_eq!(first(&App::open().send(&body)).code, code);
    }
    for (pointer, value, code) in [
        ("/regId", json!("v2-a"), "http-400"),
        ("/profileId", json!("u1"), "http-400"),
        ("/timeToLive", json!(899), "10059"),
        ("/extra", json!({"callback": "https://cb"}), "10305"),
    ] {
        let mut body = payload();
        patch(&mut body, pointer, value);
        assert_eq!(first(&app.at("saveListPayload", &body, NOW)).code, code, "{pointer}");
    }
}

#[test]
fn what_is_right_is_taken() {
    let cases = [
        ("/title", json!("名".repeat(20))),
        ("/title", json!("x".repeat(40))),
        ("/content", json!("é".repeat(100))),
        ("/timeToLive", json!(60)),
        ("/timeToLive", Value::Null),
        ("/appId", Value::Null),
        ("/classification", Value::Null),
        ("/clientCustomMap/ext", json!("x".repeat(1021))),
        ("/extra", json!({"callback": "https://cb.example.com", "callback.param": "p"})),
        ("/notifyId", json!(i32::MAX)),
        ("/profileId", json!("u1001")),
        ("/timedDisplay", json!({"showStartTime": 1, "showEndTime": 2, "overtimeDisplay": true})),
        ("/regId", json!("15513410784181118114099")),
    ];
    for (pointer, value) in cases {
        let mut body = message();
        patch(&mut body, pointer, value);
        let ruling = App::open().send(&body);
        assert!(first(&ruling).accepted, "{pointer}: {:?}", first(&ruling));
        assert!(json_of(&ruling.answer)["taskId"].is_string());
    }
    for (kind, target) in [(1, Value::Null), (2, json!("https://example.com")), (3, json!("x"))] {
        let mut body = message();
        patch(&mut body, "/skipType", json!(kind));
        patch(&mut body, "/skipContent", target);
        assert!(first(&App::open().send(&body)).accepted, "skipType {kind}");
    }
    let codes = [(2, "10061", "10062", 1001), (3, "10063", "10064", 1025)];
    for (kind, empty, long, units) in codes {
        for (target, code) in [(String::new(), empty), (format!("https://{}", "x".repeat(units - 8)), long)] {
            let mut body = message();
            patch(&mut body, "/skipType", json!(kind));
            patch(&mut body, "/skipContent", json!(target));
            assert_eq!(first(&App::open().send(&body)).code, code);
        }
    }
}

#[test]
fn lists_name_who_was_not_taken() {
    let app = App::open();
    let task = app.save(&payload());
    let ruling = app.at("pushToList", &list(&task, &["v2-a", "dead-1", "malformed-1"]), NOW);
    let answer = json_of(&ruling.answer);
    assert_eq!(answer["result"], 0);
    assert_eq!(
        answer["invalidUsers"],
        json!([{"status": 2, "userid": "dead-1"}, {"status": 1, "userid": "malformed-1"}])
    );
    let accepted: Vec<bool> = (0..3).map(|n| ruling.words.about(n).unwrap().accepted).collect();
    assert_eq!(accepted, [true, false, false]);

    let thousand: Vec<String> = (0..1001).map(|n| format!("v2-{n}")).collect();
    let thousand: Vec<&str> = thousand.iter().map(String::as_str).collect();
    let mut again = list(&task, &thousand[..1000]);
    patch(&mut again, "/requestId", json!("job-8f3a.8"));
    let ruling = app.at("pushToList", &again, NOW);
    assert!(first(&ruling).accepted && json_of(&ruling.answer).get("invalidUsers").is_none());
    for (body, code) in [
        (list(&task, &["v2-a"]), "10153"),
        (list(&task, &thousand), "10153"),
        (list(&task, &["v2-a", "v2-a"]), "10153"),
        (list(&json!("1"), &["v2-a", "v2-b"]), "10151"),
        (list(&json!(""), &["v2-a", "v2-b"]), "10151"),
        (list(&json!(7), &["v2-a", "v2-b"]), "10151"),
        (json!({"taskId": task, "requestId": "x"}), "10150"),
        (json!({"taskId": task, "regIds": "v2-a", "requestId": "x"}), "10150"),
        (json!({"taskId": task, "regIds": ["v2-a", "v2-b"]}), "10352"),
        (json!({"taskId": task, "regIds": ["v2-a", "v2-b"], "requestId": "x", "title": "t"}), "http-400"),
        (json!({"appId": 1, "taskId": task, "regIds": ["v2-a", "v2-b"], "requestId": "x"}), "10094"),
    ] {
        assert_eq!(first(&app.at("pushToList", &body, NOW)).code, code, "{body}");
    }
}

#[test]
fn a_request_id_is_of_one_text_and_one_device() {
    let app = App::open();
    assert!(first(&app.send(&message())).accepted);
    assert!(first(&app.send(&message())).accepted, "a repeat of the same");
    for (pointer, value) in [("/regId", json!("v2-other")), ("/content", json!("别的话"))] {
        let mut body = message();
        patch(&mut body, pointer, value);
        assert_eq!(first(&app.send(&body)).code, "10352");
    }
}

#[test]
fn tokens_end_and_belong_to_an_app() {
    let app = App::open();
    assert_eq!(first(&app.at("send", &message(), NOW + 24 * HOUR)).code, "10000");
    let stranger = App { vivo: app.vivo.clone(), token: "never issued".to_owned() };
    assert_eq!(first(&stranger.send(&message())).code, "10000");
    let bare = ask(&app.vivo, "/message/send", &[JSON], message().to_string().as_bytes(), NOW);
    assert_eq!(first(&bare).code, "10000");
    let plain = [("content-type", "text/plain"), ("authtoken", app.token.as_str())];
    assert_eq!(ask(&app.vivo, "/message/send", &plain, b"{}", NOW).answer.status, 400);
    // A new token leaves the old one good.
    ask(&app.vivo, "/message/auth", &[JSON], right_auth(NOW).to_string().as_bytes(), NOW);
    assert!(first(&app.send(&message())).accepted);
    app.vivo.desk().suspend("chat", true);
    assert_eq!(first(&app.send(&message())).code, "10043");
    app.vivo.desk().suspend("chat", false);
    app.vivo.desk().expire("chat");
    assert_eq!(first(&app.send(&message())).code, "10000");
    assert_eq!(ask(&app.vivo, "/message/all", &[JSON], b"{}", NOW).answer.status, 404);
    let mut get = request("/message/send", &[JSON], b"");
    get.method = http::Method::GET;
    assert_eq!((Arc::clone(&app.vivo).open(get).judge)(NOW).answer.status, 405);
}

#[test]
fn auth_calls_are_signed_and_limited() {
    let vivo = App::open().vivo;
    let said = |body: &Value| {
        let ruling = ask(&vivo, "/message/auth", &[JSON], body.to_string().as_bytes(), NOW);
        assert_eq!(ruling.answer.status, 200);
        first(&ruling).code.clone()
    };
    for (pointer, value, code) in [
        ("/appId", Value::Null, "10200"),
        ("/appKey", Value::Null, "10201"),
        ("/appId", json!(1), "10202"),
        ("/appKey", json!("x"), "10202"),
        ("/sign", json!("x"), "10203"),
        ("/timestamp", json!(NOW / 1000), "10204"),
        ("/timestamp", json!(NOW - 600_001), "10204"),
        ("/timestamp", json!(NOW - 1), "10203"),
        ("/timestamp", json!(NOW.to_string()), "10207"),
        ("/appId", json!("10004"), "10207"),
    ] {
        let mut body = right_auth(NOW);
        patch(&mut body, pointer, value);
        assert_eq!(said(&body), code, "{pointer}");
    }
    let upper = right_auth(NOW)["sign"].as_str().unwrap().to_uppercase();
    let mut body = right_auth(NOW);
    patch(&mut body, "/sign", json!(upper));
    assert_eq!(said(&body), "10203", "lower-case hex");
    // One was granted when the app was opened.
    (0..9).for_each(|_| assert_eq!(said(&right_auth(NOW)), "0"));
    assert_eq!(said(&right_auth(NOW)), "10093");
}

#[test]
fn standing_rights_hours_and_texts() {
    let with = |field: &str, value: Value| {
        let mut settings = registration();
        patch(&mut settings, field, value);
        App::with(settings)
    };
    let but = |changes: &[(&str, Value)]| {
        let mut body = message();
        changes.iter().for_each(|(pointer, value)| patch(&mut body, pointer, value.clone()));
        body
    };
    let test = || ("/pushMode", json!(1));
    let review = with("/under_review", json!(true));
    assert_eq!(first(&review.send(&message())).code, "10045");
    assert!(first(&review.send(&but(&[test()]))).accepted);

    let tests = with("/test_devices", json!(["v2-test"]));
    let ruling = tests.send(&but(&[test()]));
    let answer = json_of(&ruling.answer);
    assert_eq!((&answer["result"], &answer["invalidUser"]["status"]), (&json!(10302), &json!(4)));
    assert!(first(&tests.send(&but(&[test(), ("/regId", json!("v2-test")), ("/requestId", json!("x"))]))).accepted);

    let subscribed = with("/subscription", json!(true));
    assert!(first(&subscribed.send(&but(&[("/category", json!("SUBSCRIPTION"))]))).accepted);

    let news = [("/category", json!("NEWS")), ("/classification", json!(0))];
    let night = with("/hours", json!(true));
    let code = |body: &Value, hours: u64| first(&night.at("send", body, NOW + hours * HOUR)).code.clone();
    assert_eq!((code(&but(&news), 0), code(&but(&news), 14)), ("0".to_owned(), "0".to_owned()));
    assert_eq!((code(&but(&news), 15), code(&message(), 15)), ("10071".to_owned(), "0".to_owned()));
    assert_eq!(code(&but(&news), 22), "10071");

    let texts = with("/text_rules", json!(true));
    for text in ["123", "ok", "[图片]", "测试一下"] {
        assert_eq!(first(&texts.send(&but(&[("/content", json!(text))]))).code, "10085", "{text}");
    }
    assert!(first(&texts.send(&but(&[("/content", json!("123")), test()]))).accepted);
}

#[test]
fn rates_and_totals() {
    let mut settings = registration();
    patch(&mut settings, "/quota", json!({"system": 3, "operational": 1, "lists": 1}));
    patch(&mut settings, "/rate_per_second", json!(5));
    let app = App::with(settings);
    let numbered = |n: usize, category: &str, class: u8| {
        let mut body = message();
        patch(&mut body, "/requestId", json!(format!("job.{n}")));
        patch(&mut body, "/category", json!(category));
        patch(&mut body, "/classification", json!(class));
        body
    };
    let code = |body: &Value, now| first(&app.at("send", body, now)).code.clone();
    assert_eq!(code(&numbered(1, "SOCIAL", 0), NOW), "0");
    assert_eq!(code(&numbered(2, "SOCIAL", 0), NOW), "10070");
    assert_eq!(code(&numbered(3, "IM", 1), NOW), "0", "an exhausted operational total leaves chat alone");
    let task = app.save(&payload());
    assert_eq!(first(&app.at("saveListPayload", &payload(), NOW)).code, "10252");
    assert_eq!(first(&app.at("pushToList", &list(&task, &["a", "b", "c"]), NOW)).code, "10072");
    let later = NOW + 1000;
    assert_eq!(first(&app.at("pushToList", &list(&task, &["a", "b", "c"]), later)).code, "10073", "all or nothing");
    assert_eq!(first(&app.at("pushToList", &list(&task, &["a", "b", "c"]), later)).code, "10072");
    assert!(
        first(&app.at("pushToList", &json!({"taskId": task, "regIds": ["a", "b"], "requestId": "y"}), later)).accepted
    );
}

#[test]
fn the_job_is_read_from_the_message() {
    let app = App::open();
    let aims = |path: &str, body: &Value| {
        let headers = [JSON, ("authtoken", app.token.as_str())];
        Arc::clone(&app.vivo).open(request(&format!("/message/{path}"), &headers, body.to_string().as_bytes())).aims
    };
    let aim = &aims("send", &message())[0];
    assert_eq!((aim.job.as_str(), aim.mismatch, aim.token.as_str()), ("job-8f3a", false, "v2-CRmkXXXXXXXX"));
    assert_eq!(
        (aim.facts.badge_add, aim.facts.class.as_deref(), aim.facts.ttl_seconds),
        (Some(1), Some("IM"), Some(86_400))
    );
    let mut mixed = message();
    patch(&mut mixed, "/requestId", json!("other.0"));
    assert!(aims("send", &mixed)[0].mismatch);
    patch(&mut mixed, "/clientCustomMap", Value::Null);
    assert_eq!(aims("send", &mixed)[0].job, "other");
    patch(&mut mixed, "/colour", json!("red"));
    assert_eq!(aims("send", &mixed).len(), 1, "a wrong message's target is logged too");
    let task = app.save(&payload());
    let listed = aims("pushToList", &list(&task, &["a", "b"]));
    assert_eq!((listed[1].job.as_str(), listed[1].token.as_str()), ("job-8f3a", "b"));
    assert!(listed[1].facts.ext_digest.is_some());
}

#[test]
fn faults_speak_vivos_language() {
    let vivo = Vivo::default();
    let answer = vivo.refuse("send", "10072").unwrap();
    assert_eq!((answer.status, &json_of(&answer)["result"]), (200, &json!(10072)));
    assert!(vivo.refuse("send", "status_2").is_err());
}
