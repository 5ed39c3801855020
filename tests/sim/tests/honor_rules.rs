//! Honor's rules, one wrong thing at a time (sheet `honor.md`, sections 2 to 8).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use push_sim::vendors::Honor;
use push_sim::{Ruling, Simulator};
use serde_json::{Value, json};
use support::{NOW, ask, first, json_of, patch, request};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json; charset=UTF-8");
const SECRET_FORM: &str = "grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3Dd%26e+f";
const SEND: &str = "/api/v1/104400000/sendMessage";
const SECOND: u64 = 1000;

/// The chat message of section 4.5 (a).
fn chat() -> Value {
    json!({"data":"{\"conv\":\"u_1001\"}",
      "android":{"ttl":"86400s","biTag":"job-7f3a","targetUserType":0,
        "notification":{"title":"Li Lei","body":"See you at eight","importance":"NORMAL","tag":"u_1001",
          "clickAction":{"type":1,"intent":"intent://com.example.chat/open?conv=u_1001#Intent;scheme=examplechat;launchFlags=0x4000000;end"},
          "badge":{"addNum":1,"badgeClass":"com.example.chat.MainActivity"}}},
      "token":["TOKEN1","TOKEN2"]})
}

struct Chat {
    honor: Arc<Honor>,
    bearer: String,
}

impl Chat {
    fn open() -> Self {
        Self::with(&json!({"self_classification": true}))
    }

    fn with(extra: &Value) -> Self {
        let honor = Arc::new(Honor::default());
        let mut app = json!({"app_id": "104400000", "client_id": "101234567", "client_secret": "a+b/c=d&e f"});
        app.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        honor.register("chat", app).unwrap();
        honor.register("shop", json!({"app_id": "2", "client_id": "22", "client_secret": "s"})).unwrap();
        let issued = ask(&honor, "/auth/token", &[FORM], SECRET_FORM.as_bytes(), NOW);
        let token = json_of(&issued.answer)["access_token"].as_str().unwrap().to_owned();
        Self { honor, bearer: format!("Bearer {token}") }
    }

    fn send(&self, body: &Value) -> Ruling {
        self.send_raw(body.to_string().as_bytes())
    }

    fn send_raw(&self, body: &[u8]) -> Ruling {
        self.send_with(&[("authorization", &self.bearer), ("timestamp", &NOW.to_string()), JSON], body)
    }

    fn send_with(&self, headers: &[(&str, &str)], body: &[u8]) -> Ruling {
        ask(&self.honor, SEND, headers, body, NOW)
    }

    fn send_to(&self, tokens: &[&str]) -> Ruling {
        let mut body = chat();
        patch(&mut body, "/token", json!(tokens));
        self.send(&body)
    }
}

fn accepted(ruling: &Ruling, targets: usize) -> Vec<bool> {
    (0..targets).map(|n| ruling.words.about(n).unwrap().accepted).collect()
}

#[test]
fn the_samples_of_the_sheet_are_taken() {
    let app = Chat::open();
    let mut call = chat();
    patch(&mut call, "/android/ttl", json!("60s"));
    patch(&mut call, "/android/notification/notifyId", json!(230_041));
    let data = json!({"data":"{\"cmd\":\"sync\"}","android":{"ttl":"3600s","biTag":"job-91"},"token":["TOKEN1"]});
    let marketing = json!({"android":{"ttl":"21600s","biTag":"camp-12","notification":{"title":"Weekend offer",
        "body":"Two for one","importance":"LOW","clickAction":{"type":2,"url":"https://www.example.com/offer"}}},
        "token":["TOKEN1"]});
    for sample in [chat(), call, data, marketing] {
        let ruling = app.send(&sample);
        assert!(first(&ruling).accepted, "{sample}: {:?}", first(&ruling));
        assert_eq!(ruling.degraded_to, None);
        let answer = json_of(&ruling.answer);
        assert_eq!((ruling.answer.status, &answer["code"]), (200, &json!(200)), "a number");
        assert_eq!(answer["data"]["sendResult"], true);
        assert!(answer["data"]["requestId"].is_string());
    }
}

#[test]
fn one_wrong_thing_is_refused_by_its_code() {
    let n = "/android/notification";
    let whole = [
        ("/extra", json!(1), "400"),
        ("/message", json!({}), "400"),
        ("/validate_only", json!(false), "400"),
        ("/data", json!({"a": 1}), "400"),
        ("/data", json!("not an object"), "400"),
        ("/data", json!("[1]"), "400"),
        ("/notification/subtitle", json!("s"), "400"),
        ("/notification/image", json!("http://x/y.png"), "400"),
        ("/token", Value::Null, "80300010"),
        ("/token", json!([]), "80300010"),
        ("/token", json!("TOKEN1"), "80300010"),
        ("/token", json!([1]), "80300010"),
        ("/token", json!(vec!["T"; 1001]), "80300010"),
        ("/android", json!([]), "400"),
        ("/android/extra", json!(1), "400"),
        ("/android/category", json!("IM"), "400"),
        ("/android/bi_tag", json!("x"), "400"),
        ("/android/importance", json!("NORMAL"), "400"),
        ("/android/ttl", json!("24h"), "400"),
        ("/android/ttl", json!("3600"), "400"),
        ("/android/ttl", json!(3600), "400"),
        ("/android/ttl", json!("0s"), "400"),
        ("/android/ttl", json!("1296001s"), "400"),
        ("/android/biTag", json!("x".repeat(65)), "400"),
        ("/android/targetUserType", json!(2), "400"),
        ("/android/targetUserType", json!("0"), "400"),
        ("/android/notification", json!([]), "400"),
    ];
    let shown = [
        ("/extra", json!(1), "400"),
        ("/click_action", json!({"type": 3}), "400"),
        ("/channelId", json!("c"), "400"),
        ("/sound", json!("/raw/ding"), "400"),
        ("/title", json!(""), "400"),
        ("/title", Value::Null, "400"),
        ("/clickAction", Value::Null, "400"),
        ("/clickAction", json!({}), "400"),
        ("/clickAction", json!([3]), "400"),
        ("/clickAction", json!({"type": 4}), "400"),
        ("/clickAction", json!({"type": "3"}), "400"),
        ("/clickAction", json!({"type": 3, "url": "https://a"}), "400"),
        ("/clickAction", json!({"type": 1}), "400"),
        ("/clickAction", json!({"type": 1, "action": ""}), "400"),
        ("/clickAction", json!({"type": 1, "intent": "app://x"}), "400"),
        ("/clickAction", json!({"type": 2}), "400"),
        ("/clickAction", json!({"type": 2, "url": "http://a"}), "400"),
        ("/importance", json!("HIGH"), "400"),
        ("/importance", json!("normal"), "400"),
        ("/image", json!("http://a/b.png"), "400"),
        ("/style", json!(2), "400"),
        ("/style", json!(1), "400"),
        ("/bigTitle", json!("Li Lei"), "400"),
        ("/when", json!(1_700_000_000), "400"),
        ("/when", json!("2014-10-02 15:01:23"), "400"),
        ("/when", json!("2014-10-02T15:01:23+08:00"), "400"),
        ("/notifyId", json!("7"), "400"),
        ("/notifyId", json!(-2), "400"),
        ("/notifyId", json!(2_147_483_648_u64), "400"),
        ("/tag", json!(""), "400"),
        ("/group", json!(7), "400"),
        ("/badge", json!({"addNum": 1}), "400"),
        ("/badge", json!([1]), "400"),
        ("/badge/class", json!("a.B"), "400"),
        ("/badge/addNum", json!(0), "400"),
        ("/badge/addNum", json!(100), "400"),
        ("/badge/setNum", json!(-1), "400"),
        ("/badge/setNum", json!(100), "400"),
        ("/buttons", json!({"name": "x", "actionType": 0}), "400"),
        ("/buttons", json!([["x", 0]]), "400"),
        ("/buttons", json!([{"name": "x", "actionType": 3}]), "400"),
        ("/buttons", json!([{"name": "x", "actionType": 1}]), "400"),
        ("/buttons", json!([{"name": "x".repeat(41), "actionType": 0}]), "400"),
        ("/buttons", json!([{"name": "x", "actionType": 0, "data": "x".repeat(1025)}]), "400"),
        ("/buttons", json!(vec![json!({"name": "x", "actionType": 0}); 4]), "400"),
        ("/body", json!("with FORBIDDEN-WORDS"), "80100016"),
        ("/body", json!("x".repeat(4096)), "80300008"),
    ];
    let shown = shown.into_iter().map(|(pointer, value, code)| (format!("{n}{pointer}"), value, code));
    let whole = whole.into_iter().map(|(pointer, value, code)| (pointer.to_owned(), value, code));
    let app = Chat::open();
    for (pointer, value, code) in whole.chain(shown) {
        let mut body = chat();
        patch(&mut body, &pointer, value.clone());
        let ruling = app.send(&body);
        let word = first(&ruling);
        let shown = value.to_string().chars().take(80).collect::<String>();
        assert_eq!((word.code.as_str(), word.accepted), (code, false), "{pointer} = {shown}: {:?}", word.why);
        let answer = json_of(&ruling.answer);
        assert_eq!(answer["code"].to_string(), code, "a number, as told to the log");
        assert!(answer["data"].is_null() && word.why.is_some());
    }
}

#[test]
fn null_stands_for_nothing_and_texts_stand_in_one_of_two_places() {
    let app = Chat::open();
    let body = chat().to_string().replace(r#""ttl":"86400s""#, r#""ttl":null"#);
    assert_eq!(first(&app.send_raw(body.as_bytes())).code, "400");
    for nonsense in ["", "[]", "{", "null"] {
        assert!(!first(&app.send_raw(nonsense.as_bytes())).accepted, "{nonsense}");
    }
    let mut body = chat();
    patch(&mut body, "/android/notification/title", Value::Null);
    patch(&mut body, "/notification/title", json!("Li Lei"));
    assert!(first(&app.send(&body)).accepted);
    patch(&mut body, "/android/notification", Value::Null);
    patch(&mut body, "/notification/body", json!("hi"));
    assert_eq!(first(&app.send(&body)).code, "400", "clickAction is required");
    assert_eq!(first(&app.send(&json!({"token": ["T"]}))).code, "400", "neither data nor a notification");
    assert!(first(&app.send(&json!({"data": "any text", "token": ["T"]}))).accepted);
}

#[test]
fn what_goes_together_is_taken() {
    let app = Chat::open();
    let mut body = chat();
    for (field, value) in [
        ("style", json!(1)),
        ("bigTitle", json!("Li Lei")),
        ("bigBody", json!("See you at eight")),
        ("when", json!("2014-10-02T15:01:23.045123456Z")),
        ("group", json!("g")),
        ("image", json!("https://a/b.png")),
        ("buttons", json!([{"name": "x", "actionType": 1, "intentType": 1, "intent": "a.B", "data": "d"}])),
    ] {
        patch(&mut body, &format!("/android/notification/{field}"), value);
    }
    assert!(first(&app.send(&body)).accepted, "{:?}", first(&app.send(&body)));
    patch(&mut body, "/android/notification/bigBody", json!("another"));
    assert_eq!(first(&app.send(&body)).code, "400");
}

#[test]
fn headers_are_checked() {
    let app = Chat::open();
    let (body, now) = (chat().to_string(), NOW.to_string());
    let bearer = ("authorization", app.bearer.as_str());
    let bare = app.bearer.strip_prefix("Bearer ").unwrap();
    let seconds = (NOW / SECOND).to_string();
    let old = (NOW - 601 * SECOND).to_string();
    let cases: [(&[(&str, &str)], &str); 8] = [
        (&[bearer, JSON], "400"),
        (&[bearer, JSON, ("timestamp", &seconds)], "400"),
        (&[bearer, JSON, ("timestamp", &old)], "400"),
        (&[bearer, JSON, ("timestamp", "now")], "400"),
        (&[bearer, FORM, ("timestamp", &now)], "400"),
        (&[JSON, ("timestamp", &now)], "401"),
        (&[("authorization", bare), JSON, ("timestamp", &now)], "401"),
        (&[("authorization", "Bearer made-up"), JSON, ("timestamp", &now)], "401"),
    ];
    for (headers, code) in cases {
        let ruling = app.send_with(headers, body.as_bytes());
        assert_eq!(first(&ruling).code, code, "{headers:?}");
        assert_eq!(ruling.answer.status.to_string(), code);
    }
}

#[test]
fn a_token_is_good_for_its_app_and_its_time() {
    let app = Chat::open();
    let body = chat().to_string();
    let send = |path: &str, now: u64| {
        let headers = [("authorization", app.bearer.as_str()), ("timestamp", &now.to_string()), JSON];
        ask(&app.honor, path, &headers, body.as_bytes(), now)
    };
    assert!(first(&send(SEND, NOW + 3599 * SECOND)).accepted);
    for (path, now, code) in [
        (SEND, NOW + 3600 * SECOND, "401"),
        ("/api/v1/2/sendMessage", NOW, "403"),
        ("/api/v1/3/sendMessage", NOW, "404"),
        ("/api/v1/101234567/sendMessage", NOW, "404"),
        ("/v1/104400000/messages:send", NOW, "http-404"),
    ] {
        assert_eq!(first(&send(path, now)).code, code, "{path}");
    }
    app.honor.desk().expire("chat");
    assert_eq!(first(&send(SEND, NOW)).code, "401");
}

#[test]
fn the_token_endpoint_is_as_strict_as_oauth() {
    let app = Chat::open();
    for path in ["/auth/token", "/auth/realms/developer/protocol/openid-connect/token"] {
        let ruling = ask(&app.honor, path, &[FORM], SECRET_FORM.as_bytes(), NOW);
        let answer = json_of(&ruling.answer);
        assert_eq!((&answer["expires_in"], &answer["token_type"]), (&json!(3600), &json!("Bearer")), "{path}");
    }
    let cases = [
        ("grant_type=client_credentials&client_id=101234567&client_secret=a+b/c=d&e f", 400, "invalid_request"),
        ("grant_type=client_credentials&client_id=101234567&client_secret=wrong", 401, "unauthorized_client"),
        ("grant_type=client_credentials&client_id=104400000&client_secret=a", 400, "invalid_client"),
        ("grant_type=client_credentials&client_id=101234567", 401, "unauthorized_client"),
        ("grant_type=password&client_id=101234567&client_secret=a", 400, "invalid_grant"),
        ("grant_type=client_credentials&client_id=1&client_secret=a&scope=b", 400, "invalid_request"),
        ("grant_type=client_credentials&client_id=1&client_id=1&client_secret=a", 400, "invalid_request"),
    ];
    for (body, status, error) in cases {
        let ruling = ask(&app.honor, "/auth/token", &[FORM], body.as_bytes(), NOW);
        assert_eq!((ruling.answer.status, &json_of(&ruling.answer)["error"]), (status, &json!(error)), "{body}");
    }
    assert_eq!(ask(&app.honor, "/auth/token", &[JSON], SECRET_FORM.as_bytes(), NOW).answer.status, 400);
    assert_eq!(ask(&app.honor, "/auth/v9", &[FORM], b"", NOW).answer.status, 404);
    let mut get = request("/auth/token", &[FORM], b"");
    get.method = http::Method::GET;
    assert_eq!((Arc::clone(&app.honor).open(get).judge)(NOW).answer.status, 405);
    let few = Chat::with(&json!({"token_limit": 1}));
    assert_eq!(ask(&few.honor, "/auth/token", &[FORM], SECRET_FORM.as_bytes(), NOW).answer.status, 429);
}

#[test]
fn tokens_do_not_count_into_the_size() {
    let app = Chat::open();
    let mut body = chat();
    patch(&mut body, "/token", json!(vec!["x".repeat(200); 1000]));
    let payload = |n: usize| json!(format!("{{\"pad\":\"{}\"}}", "x".repeat(n)));
    patch(&mut body, "/data", payload(0));
    let room = 4096 - (body.to_string().len() - (1000 * 203 - 1));
    patch(&mut body, "/data", payload(room));
    assert!(first(&app.send(&body)).accepted, "exactly 4096: {:?}", first(&app.send(&body)));
    patch(&mut body, "/data", payload(room + 1));
    assert_eq!(first(&app.send(&body)).code, "80300008");
}

#[test]
fn expired_and_failed_tokens_are_named_apart() {
    let app = Chat::open();
    let ruling = app.send_to(&["T1", "dead-1", "busy-1-a", "malformed-1", "dead-1"]);
    let answer = json_of(&ruling.answer);
    assert_eq!(answer["code"], 80_100_000);
    assert_eq!(answer["data"]["failTokens"], json!(["busy-1-a"]));
    assert_eq!(answer["data"]["expireTokens"], json!(["dead-1", "malformed-1"]));
    assert_eq!(accepted(&ruling, 5), [true, false, false, false, false]);
    let again = app.send_to(&["busy-1-a"]);
    assert!(first(&again).accepted, "busy once: {:?}", first(&again));

    let ruling = app.send_to(&["T1", "dead-1"]);
    let answer = json_of(&ruling.answer);
    assert_eq!((&answer["code"], &answer["data"]["sendResult"]), (&json!(200), &json!(true)));
    assert!(answer["data"]["failTokens"].is_null(), "an empty list is null");
    assert_eq!(accepted(&ruling, 2), [true, false]);
    let none = app.send_to(&["dead-1", "dead-2"]);
    let answer = json_of(&none.answer);
    assert_eq!((&answer["code"], &answer["data"]["sendResult"]), (&json!(200), &json!(false)));
    let alone = app.send_to(&["dead-1"]);
    assert_eq!((first(&alone).code.as_str(), &json_of(&alone.answer)["data"]), ("80300007", &Value::Null));
}

#[test]
fn normal_without_the_right_is_degraded_and_taken() {
    for (right, importance, degraded_to) in
        [(false, json!("NORMAL"), Some("LOW")), (false, json!("LOW"), None), (true, json!("NORMAL"), None)]
    {
        let app = Chat::with(&json!({"self_classification": right}));
        let mut body = chat();
        patch(&mut body, "/android/notification/importance", importance);
        let ruling = app.send(&body);
        assert!(first(&ruling).accepted);
        assert_eq!(ruling.degraded_to, degraded_to);
    }
}

#[test]
fn suspension_and_flow_control() {
    let app = Chat::with(&json!({"rate_per_second": 3}));
    assert!(first(&app.send(&chat())).accepted);
    let ruling = app.send(&chat());
    assert_eq!((ruling.answer.status, first(&ruling).code.as_str()), (429, "429"));
    assert!(ruling.answer.headers.contains(&("retry-after".to_owned(), "1".to_owned())));
    app.honor.desk().suspend("chat", true);
    assert_eq!(first(&app.send(&chat())).code, "80300002");
}

#[test]
fn the_job_is_read_from_the_message() {
    let app = Chat::open();
    let mut body = chat();
    let aims = |body: &Value| Arc::clone(&app.honor).open(request(SEND, &[JSON], body.to_string().as_bytes())).aims;
    assert_eq!(aims(&body)[0].job, "job-7f3a");
    patch(&mut body, "/data", json!(r#"{"ext":"{\"job\":\"j2\"}"}"#));
    let mixed = aims(&body);
    assert_eq!((mixed[1].job.as_str(), mixed[1].mismatch, mixed[1].token.as_str()), ("j2", true, "TOKEN2"));
    patch(&mut body, "/android/biTag", json!("j2"));
    assert!(!aims(&body)[0].mismatch);
    let facts = aims(&body)[0].facts.clone();
    assert_eq!((facts.ttl_seconds, facts.class.as_deref(), facts.badge_add), (Some(86_400), Some("NORMAL"), Some(1)));
    assert_eq!((facts.collapse.as_deref(), facts.title_chars, facts.data_only), (Some("u_1001"), Some(6), false));
    assert!(facts.ext_digest.is_some() && !facts.silent && !facts.test);
    patch(&mut body, "/android/notification/badge/setNum", json!(7));
    patch(&mut body, "/android/targetUserType", json!(1));
    let facts = aims(&body)[0].facts.clone();
    assert_eq!((facts.badge, facts.badge_add, facts.test), (Some(7), None, true), "setNum wins");
    patch(&mut body, "/extra", json!(1));
    assert_eq!(aims(&body)[1].token, "TOKEN2", "a wrong body's tokens are logged too");
}

#[test]
fn registrations_and_faults() {
    let honor = Chat::open().honor;
    for wrong in [
        json!({"app_id": "x", "client_id": "1", "client_secret": "s"}),
        json!({"app_id": "9", "client_id": "9", "client_secret": "s"}),
        json!({"app_id": "2", "client_id": "8", "client_secret": "s"}),
        json!({"app_id": "9", "client_id": "22", "client_secret": "s"}),
        json!({"app_id": "9", "client_id": "8"}),
        json!({"app_id": "9", "client_id": "8", "client_secret": "s", "granted": []}),
        json!({"app_id": "9", "client_id": "8", "client_secret": "s", "token_seconds": 0}),
    ] {
        assert!(honor.register("other", wrong.clone()).is_err(), "{wrong}");
    }
    assert_eq!(json_of(&honor.refuse("send", "80300007").unwrap())["code"], 80_300_007);
    assert_eq!(honor.refuse("send", "503").unwrap().status, 503);
    assert!(honor.refuse("send", "reset").is_err());
    assert_eq!(json_of(&honor.refuse("token", "invalid_client").unwrap())["error"], "invalid_client");
    assert_eq!(json_of(&honor.refuse("token", "1101").unwrap())["error"], 1101);
}
