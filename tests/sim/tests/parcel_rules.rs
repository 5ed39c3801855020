//! Parcel's rules, one wrong thing at a time (sheet `shared/testkit/PARCEL.md`).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use push_sim::vendors::Parcel;
use push_sim::{Ruling, Simulator};
use serde_json::{Value, json};
use support::{NOW, ask, first, json_of, patch, request, sign};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

struct App {
    parcel: Arc<Parcel>,
    bearer: String,
}

fn registration() -> Value {
    json!({"app_id": "p1", "app_secret": "s3cret&", "rights": ["calls"]})
}

impl App {
    fn open() -> Self {
        Self::with(registration())
    }

    fn with(settings: Value) -> Self {
        let parcel = Arc::new(Parcel::default());
        parcel.register("chat", settings).unwrap();
        let body = b"grant=app&app_id=p1&app_secret=s3cret%26";
        let ruling = ask(&parcel, "/auth", &[("content-type", FORM)], body, NOW);
        let answer = json_of(&ruling.answer);
        assert_eq!((ruling.answer.status, &answer["expires_in"]), (200, &json!(3600)));
        let bearer = format!("Bearer {}", answer["token"].as_str().unwrap());
        Self { parcel, bearer }
    }

    fn signed(&self, path: &str, media: &str, body: &[u8], now: u64) -> Ruling {
        let time = NOW.to_string();
        let sign = sign("s3cret&", &time, body);
        let headers = [
            ("content-type", media),
            ("authorization", self.bearer.as_str()),
            ("x-parcel-time", &time),
            ("x-parcel-sign", &sign),
        ];
        ask(&self.parcel, path, &headers, body, now)
    }

    fn json(&self, path: &str, body: &Value) -> Ruling {
        self.signed(path, JSON, body.to_string().as_bytes(), NOW)
    }

    fn many(&self, messages: &[Value]) -> Ruling {
        let text = Value::from(messages.to_vec()).to_string();
        let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        self.signed("/many", FORM, format!("messages={encoded}").as_bytes(), NOW)
    }

    fn save(&self, message: &Value) -> String {
        let ruling = self.json("/save", message);
        assert!(first(&ruling).accepted, "{:?}", first(&ruling));
        json_of(&ruling.answer)["task"].as_str().unwrap().to_owned()
    }
}

fn saved() -> Value {
    json!({"id": "j1", "title": "Li Lei", "body": "See you at eight", "ext": "{\"job\":\"j1\"}", "class": "talk",
           "ttl": 60, "badge": 1, "click": "app", "tag": "u_1", "silent": true})
}

fn message(token: &str) -> Value {
    let mut message = saved();
    patch(&mut message, "/id", json!("j1.0"));
    patch(&mut message, "/token", json!(token));
    message
}

#[test]
fn one_wrong_thing_is_refused_by_its_code() {
    let long = "x".repeat(4200);
    let cases = [
        ("/colour", json!("red"), "2001"),
        ("/id", Value::Null, "2001"),
        ("/id", json!("x".repeat(81)), "2001"),
        ("/id", json!("j1"), "2001"),
        ("/id", json!(7), "2001"),
        ("/title", json!("x".repeat(21)), "2001"),
        ("/title", json!("😀".repeat(11)), "2001"),
        ("/title", json!(["x"]), "2001"),
        ("/body", json!("x".repeat(101)), "2001"),
        ("/body", json!("FORBIDDEN-WORDS"), "2003"),
        ("/ext", json!({"a": 1}), "2001"),
        ("/ext", json!(long), "2002"),
        ("/class", Value::Null, "2001"),
        ("/class", json!("chat"), "2001"),
        ("/class", json!("alert"), "5002"),
        ("/ttl", Value::Null, "2001"),
        ("/ttl", json!(0), "2001"),
        ("/ttl", json!(604_801), "2001"),
        ("/ttl", json!("60"), "2001"),
        ("/badge", json!(100), "2001"),
        ("/badge", json!(-1), "2001"),
        ("/click", json!("activity:x"), "2001"),
        ("/click", json!("url:http://x"), "2001"),
        ("/tag", json!("x".repeat(65)), "2001"),
        ("/silent", json!(1), "2001"),
        ("/sealed", json!("yes"), "2001"),
        ("/sealed", json!(true), "1003"),
        ("/token", Value::Null, "2001"),
        ("/token", json!("S1"), "1003"),
        ("/token", json!("dead-1"), "1001"),
        ("/token", json!("malformed-1"), "1002"),
        ("/token", json!("capped-1"), "1004"),
        ("/token", json!("busy-1-a"), "1005"),
    ];
    let app = App::open();
    for (pointer, value, code) in cases {
        let mut body = message("T1");
        patch(&mut body, pointer, value.clone());
        let ruling = app.json("/one", &body);
        let word = first(&ruling);
        assert_eq!((word.code.as_str(), word.accepted), (code, false), "{pointer} = {value}: {:?}", word.why);
        let answer = json_of(&ruling.answer);
        assert_eq!((ruling.answer.status, answer["code"].to_string().as_str()), (200, code), "{pointer}");
        assert_eq!(answer["since"].is_u64(), code == "1001");
        if code.starts_with('2') || code == "5002" {
            assert_eq!(first(&app.many(&[message("T0"), body])).code, code, "a many as a whole: {pointer}");
        }
    }
}

#[test]
fn what_is_right_is_taken() {
    let app = App::open();
    let cases = [
        ("/title", json!("😀".repeat(10))),
        ("/class", json!("call")),
        ("/click", json!("url:https://example.com")),
        ("/ttl", json!(604_800)),
        ("/badge", json!(0)),
        ("/token", json!("busy-0-a")),
        ("/ext", Value::Null),
    ];
    for (pointer, value) in cases {
        let mut body = message("T1");
        patch(&mut body, pointer, value);
        let ruling = app.json("/one", &body);
        assert!(first(&ruling).accepted, "{pointer}: {:?}", first(&ruling));
        assert!(json_of(&ruling.answer)["id"].is_string());
    }
    let mut sealed = message("S1");
    patch(&mut sealed, "/sealed", json!(true));
    assert!(first(&app.json("/one", &sealed)).accepted);
    let data = json!({"id": "j1.0", "ext": "x", "class": "talk", "ttl": 1, "token": "T"});
    assert!(first(&app.json("/one", &data)).accepted);
    let empty = json!({"id": "j1.0", "class": "talk", "ttl": 1, "token": "T"});
    assert_eq!(first(&app.json("/one", &empty)).code, "2001", "nothing to deliver");
}

#[test]
fn the_size_is_the_messages_without_its_token() {
    let app = App::open();
    let mut body = message("");
    patch(&mut body, "/ext", json!(""));
    patch(&mut body, "/token", Value::Null);
    let room = 4096 - body.to_string().len();
    patch(&mut body, "/ext", json!("x".repeat(room)));
    patch(&mut body, "/token", json!("T".repeat(500)));
    assert!(first(&app.json("/one", &body)).accepted);
    assert!(first(&app.many(&vec![body.clone(); 100])).accepted);
    patch(&mut body, "/ext", json!("x".repeat(room + 1)));
    assert_eq!(first(&app.json("/one", &body)).code, "2002");
}

#[test]
fn a_busy_device_takes_it_later() {
    let app = App::open();
    let codes: Vec<String> = (0..4).map(|_| first(&app.json("/one", &message("busy-2-x"))).code.clone()).collect();
    assert_eq!(codes, ["1005", "1005", "0", "0"]);
}

#[test]
fn many_answers_each_in_another_order() {
    let app = App::open();
    let mut messages = vec![message("T1"), message("dead-1"), message("capped-1")];
    patch(&mut messages[1], "/id", json!("j2.0"));
    patch(&mut messages[2], "/id", json!("j3.0"));
    let ruling = app.many(&messages);
    let answer = json_of(&ruling.answer);
    let results: Vec<(&str, u64)> = answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| (result["id"].as_str().unwrap(), result["code"].as_u64().unwrap()))
        .collect();
    assert_eq!((&answer["code"], results), (&json!(0), vec![("j3.0", 1004), ("j2.0", 1001), ("j1.0", 0)]));
    let codes: Vec<&str> = (0..3).map(|n| ruling.words.about(n).unwrap().code.as_str()).collect();
    assert_eq!(codes, ["0", "1001", "1004"], "the log keeps the order of the call");
    for wrong in [vec![], vec![message("T"); 101]] {
        assert_eq!(first(&app.many(&wrong)).code, "2001");
    }
    assert_eq!(first(&app.signed("/many", FORM, b"messages=[]", NOW)).code, "2001", "not URL-encoded");
    assert_eq!(first(&app.signed("/many", JSON, b"[]", NOW)).code, "2001");
}

#[test]
fn a_list_names_who_did_not_take_it() {
    let app = App::open();
    let task = app.save(&saved());
    let ruling = app.json("/list", &json!({"task": task, "tokens": ["T1", "dead-1", "T2", "S1"]}));
    let answer = json_of(&ruling.answer);
    let bad: Vec<(&str, u64)> = answer["bad"]
        .as_array()
        .unwrap()
        .iter()
        .map(|bad| (bad["token"].as_str().unwrap(), bad["code"].as_u64().unwrap()))
        .collect();
    assert_eq!((&answer["code"], bad), (&json!(0), vec![("dead-1", 1001), ("S1", 1003)]));
    assert!(answer["id"].is_string());
    for tokens in [json!(["T"]), json!(vec!["T"; 1001]), json!("T")] {
        assert_eq!(first(&app.json("/list", &json!({"task": task, "tokens": tokens}))).code, "2001");
    }
    assert_eq!(first(&app.json("/list", &json!({"task": "task-77", "tokens": ["a", "b"]}))).code, "2001");
    let mut singly = saved();
    patch(&mut singly, "/title", json!("SINGLY"));
    let task = app.save(&singly);
    assert_eq!(first(&app.json("/list", &json!({"task": task, "tokens": ["a", "b"]}))).code, "3001");
    assert_eq!(first(&app.json("/save", &message("T1"))).code, "2001", "a saved message has no token");
}

#[test]
fn tokens_signatures_and_clocks() {
    let app = App::open();
    let body = message("T1").to_string();
    let body = body.as_bytes();
    assert!(first(&app.signed("/one", JSON, body, NOW + 600_000)).accepted);
    assert_eq!(first(&app.signed("/one", JSON, body, NOW + 600_001)).code, "4012");
    assert_eq!(first(&app.signed("/one", JSON, body, NOW + 3_600_000)).code, "4013", "the token's hour is over");
    let unsigned = [("content-type", JSON), ("authorization", app.bearer.as_str())];
    assert_eq!(first(&ask(&app.parcel, "/one", &unsigned, body, NOW)).code, "4012");
    assert_eq!(first(&ask(&app.parcel, "/one", &[("content-type", JSON)], body, NOW)).code, "4013");
    for wrong in ["grant=app&app_id=p1&app_secret=s3cret&", "grant=app&app_id=p2&app_secret=x", "grant=me", ""] {
        let ruling = ask(&app.parcel, "/auth", &[("content-type", FORM)], wrong.as_bytes(), NOW);
        assert_eq!((ruling.answer.status, json_of(&ruling.answer)), (401, json!({"code": 4011})), "{wrong}");
    }
    app.parcel.desk().suspend("chat", true);
    assert_eq!(first(&app.signed("/one", JSON, body, NOW)).code, "4014");
    app.parcel.desk().suspend("chat", false);
    app.parcel.desk().expire("chat");
    assert_eq!(first(&app.signed("/one", JSON, body, NOW)).code, "4013");
}

#[test]
fn rates_and_quotas() {
    let mut settings = registration();
    patch(&mut settings, "/rate_per_second", json!(3));
    patch(&mut settings, "/quota", json!({"promo": 1}));
    let app = App::with(settings);
    let mut promo = message("T1");
    patch(&mut promo, "/class", json!("promo"));
    assert!(first(&app.json("/one", &promo)).accepted);
    let ruling = app.json("/one", &promo);
    assert_eq!(first(&ruling).code, "5003");
    assert_eq!(json_of(&ruling.answer)["until"], json!(NOW + 86_400_000), "the vector's day begins at midnight");
    assert!(first(&app.json("/one", &message("T1"))).accepted, "other classes go on");
    let ruling = app.json("/one", &message("T1"));
    assert_eq!(first(&ruling).code, "5001");
    assert!(ruling.answer.headers.contains(&("retry-after".to_owned(), "1".to_owned())));
}

#[test]
fn the_job_is_read_from_the_message() {
    let app = App::open();
    let aims = |path: &str, body: &Value| {
        let headers = [("content-type", JSON), ("authorization", app.bearer.as_str())];
        Arc::clone(&app.parcel).open(request(path, &headers, body.to_string().as_bytes())).aims
    };
    let aim = &aims("/one", &message("T1"))[0];
    assert_eq!((aim.job.as_str(), aim.mismatch), ("j1", false));
    let mut mixed = message("T1");
    patch(&mut mixed, "/id", json!("j.2.0"));
    let aim = &aims("/one", &mixed)[0];
    assert_eq!((aim.job.as_str(), aim.mismatch), ("j1", true));
    patch(&mut mixed, "/ext", json!("plain"));
    assert_eq!(aims("/one", &mixed)[0].job, "j.2");
    patch(&mut mixed, "/ttl", json!(0));
    assert_eq!(aims("/one", &mixed).len(), 1, "a wrong message's target is logged too");
    let mut dotted = saved();
    patch(&mut dotted, "/id", json!("j.2"));
    patch(&mut dotted, "/ext", Value::Null);
    let task = app.save(&dotted);
    let list = aims("/list", &json!({"task": task, "tokens": ["a", "b"]}));
    assert_eq!(list[1].job, "j.2", "a saved message carries the job's id alone");
    assert_eq!((list[1].facts.badge, list[1].facts.silent), (Some(1), true));
}
