//! FCM's rules for assertions, access tokens and messages, one wrong thing at a time (sheet `fcm.md`, sections 2 to 8).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use push_sim::vendors::Fcm;
use push_sim::{Ruling, Simulator};
use serde_json::{Value, json};
use support::{ask, first, json_of, patch, request};

/// The throw-away key and the JWT of section 3.4.
const KEY: &str = include_str!("data/fcm_vector.pem");
const VECTOR: &str = include_str!("data/fcm_vector.jwt");
/// 100 s after the vector's `iat`.
const SECONDS: u64 = 1_700_000_100;
const NOW: u64 = SECONDS * 1000;
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const SEND: &str = "/v1/projects/demo-project/messages:send";
const GRANT: &str = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";

fn key_file() -> Value {
    json!({"type": "service_account", "project_id": "demo-project", "private_key": KEY,
           "private_key_id": "0123456789abcdef0123456789abcdef01234567", "client_id": "1",
           "client_email": "push@demo-project.iam.gserviceaccount.com",
           "token_uri": "https://oauth2.googleapis.com/token"})
}

fn open(extra: &Value) -> Arc<Fcm> {
    let fcm = Arc::new(Fcm::default());
    let mut app = json!({"service_account": key_file().to_string()});
    app.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    fcm.register("chat", app).unwrap();
    fcm
}

fn jwt(header: &Value, claims: &Value, algorithm: Algorithm) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).unwrap();
    format!("{message}.{}", crypto::sign(message.as_bytes(), &key, algorithm).unwrap())
}

fn show(fcm: &Arc<Fcm>, assertion: &str) -> Ruling {
    ask(fcm, "/token", &[FORM], format!("{GRANT}&assertion={assertion}").as_bytes(), NOW)
}

fn bearer(fcm: &Arc<Fcm>) -> String {
    let ruling = show(fcm, VECTOR.trim());
    format!("Bearer {}", json_of(&ruling.answer)["access_token"].as_str().unwrap())
}

fn post(fcm: &Arc<Fcm>, path: &str, authorization: &str, body: &Value, now: u64) -> Ruling {
    ask(fcm, path, &[JSON, ("authorization", authorization)], body.to_string().as_bytes(), now)
}

/// Sends with a good token.
fn send(fcm: &Arc<Fcm>, body: &Value) -> Ruling {
    post(fcm, SEND, &bearer(fcm), body, NOW)
}

fn code(body: &Value) -> String {
    first(&send(&open(&json!({})), body)).code.clone()
}

/// Sample (a).
fn chat() -> Value {
    json!({"message": {"token": "bk3RNwTe3H0:CI2k", "data": {"ext": "{\"job\":\"j-1\",\"conv\":\"42\"}"}, "android": {
      "priority": "HIGH", "ttl": "86400s", "notification": {"title": "Alice", "body": "Lunch at one?",
      "image": "https://cdn.example.com/a.png", "channel_id": "chat", "tag": "conv-42", "click_action": "OPEN_CHAT",
      "sound": "default", "notification_count": 7, "visibility": "PRIVATE"}, "fcm_options": {"analytics_label": "chat"}}}})
}

fn data() -> Value {
    json!({"message": {"token": "t-1", "data": {"type": "sync", "seq": "101", "push_id": "j-2"},
           "android": {"priority": "NORMAL", "ttl": "3600s", "collapse_key": "sync"}}})
}

fn to(token: &str) -> Value {
    let mut body = chat();
    patch(&mut body, "/message/token", json!(token));
    body
}

#[test]
fn the_vector_is_worth_a_token() {
    let ruling = show(&open(&json!({})), VECTOR.trim());
    let answer = json_of(&ruling.answer);
    assert_eq!(
        (ruling.answer.status, &answer["expires_in"], &answer["token_type"]),
        (200, &json!(3599), &json!("Bearer"))
    );
    assert!(answer["access_token"].as_str().unwrap().starts_with("ya29."));
}

#[test]
fn wrong_assertions_are_told_apart() {
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": "0123456789abcdef0123456789abcdef01234567"});
    let claims = json!({"iss": "push@demo-project.iam.gserviceaccount.com", "iat": SECONDS, "exp": SECONDS + 3600,
                        "scope": "https://www.googleapis.com/auth/firebase.messaging",
                        "aud": "https://oauth2.googleapis.com/token"});
    let with = |field: &str, value: Value| {
        let mut claims = claims.clone();
        patch(&mut claims, &format!("/{field}"), value);
        jwt(&header, &claims, Algorithm::RS256)
    };
    let head = |field: &str, value: Value, algorithm| {
        let mut header = header.clone();
        patch(&mut header, &format!("/{field}"), value);
        jwt(&header, &claims, algorithm)
    };
    let granted = with("scope", json!("https://www.googleapis.com/auth/cloud-platform"));
    let (request, grant) = ("invalid_request", "invalid_grant");
    let signature = "Invalid JWT Signature.";
    let short = "Invalid JWT: Token must be a short-lived token";
    let unset = "Invalid JWT: iat (issued at) is not set.";
    let cases = [
        ("x".to_owned(), request, "Bad Request"),
        ("a.b.c".to_owned(), request, "Bad Request"),
        (with("sub", json!("x")), request, "Bad Request"),
        (VECTOR.trim().replace(".FzRA", ".FzRB"), grant, signature),
        (head("kid", json!("0"), Algorithm::RS256), grant, signature),
        (head("alg", json!("PS256"), Algorithm::PS256), grant, signature),
        (jwt(&header, &claims, Algorithm::PS256), grant, signature),
        (with("iss", json!("x@y")), grant, "Invalid grant: account not found"),
        (with("iat", Value::Null), grant, unset),
        (with("exp", Value::Null), grant, unset),
        (with("exp", json!(SECONDS + 3901)), grant, short),
        (with("iat", json!(SECONDS + 301)), grant, short),
        (with("exp", json!(SECONDS)), grant, short),
        (with("scope", json!("")), "invalid_scope", "Invalid OAuth scope"),
        (with("aud", json!("https://oauth2.googleapis.com/token/")), grant, "Invalid JWT: Failed audience check."),
    ];
    let fcm = open(&json!({}));
    assert!(first(&show(&fcm, &granted)).accepted);
    for (n, (assertion, error, description)) in cases.into_iter().enumerate() {
        let ruling = show(&fcm, &assertion);
        let answer = json_of(&ruling.answer);
        assert_eq!((ruling.answer.status, &answer["error"]), (400, &json!(error)), "case {n}");
        assert!(answer["error_description"].as_str().unwrap().starts_with(description), "case {n}: {answer}");
    }
    let identity = show(&fcm, &with("scope", json!("https://www.googleapis.com/auth/other")));
    assert_eq!((identity.answer.status, json_of(&identity.answer).get("access_token")), (200, None));
    assert!(json_of(&identity.answer)["id_token"].is_string() && !first(&identity).accepted);
    let raw = |form: &str, kind| ask(&fcm, "/token", &[kind], form.as_bytes(), NOW).answer.status;
    let vector = VECTOR.trim();
    for form in
        ["", "assertion=x", &format!("grant_type=x&assertion={vector}"), &format!("{GRANT}&assertion={vector}&x=y")]
    {
        assert_eq!(raw(form, FORM), 400, "{form}");
    }
    assert_eq!(raw(&format!("{GRANT}&assertion={vector}"), JSON), 400);
    assert_eq!(raw(&format!("assertion={vector}&{GRANT}"), FORM), 200, "a form has no order");
}

#[test]
fn a_token_is_good_for_its_project_and_its_time() {
    let fcm = open(&json!({"token_seconds": 100, "project_number": "1234567890"}));
    let mut other = key_file();
    other["client_email"] = "push@other.iam.gserviceaccount.com".into();
    other["project_id"] = "other".into();
    fcm.register("shop", json!({"service_account": other.to_string()})).unwrap();
    let token = bearer(&fcm);
    let said = |path: &str, token: &str, now| {
        let ruling = post(&fcm, path, token, &chat(), now);
        (ruling.answer.status, first(&ruling).code.clone())
    };
    assert_eq!(said(SEND, &token, NOW), (200, "200".to_owned()));
    assert_eq!(said("/v1/projects/1234567890/messages:send", &token, NOW).0, 200);
    assert_eq!(said(SEND, &token, NOW + 99_999).0, 200);
    for (path, token, now, status, code) in [
        (SEND, token.as_str(), NOW + 100_000, 401, "ACCESS_TOKEN_EXPIRED"),
        (SEND, "Bearer made-up", NOW, 401, "UNAUTHENTICATED"),
        (SEND, "key=legacy", NOW, 401, "CREDENTIALS_MISSING"),
        ("/v1/projects/other/messages:send", &token, NOW, 403, "IAM_PERMISSION_DENIED"),
        ("/v1/projects/nobody/messages:send", &token, NOW, 404, "NOT_FOUND"),
        ("/batch", &token, NOW, 404, "http-404"),
    ] {
        assert_eq!(said(path, token, now), (status, code.to_owned()), "{path} {token}");
    }
    fcm.desk().expire("chat");
    assert_eq!(said(SEND, &token, NOW).1, "ACCESS_TOKEN_EXPIRED");
    let mut get = request(SEND, &[JSON], b"");
    get.method = Method::GET;
    assert_eq!((Arc::clone(&fcm).open(get).judge)(NOW).answer.status, 405);
}

#[test]
fn what_is_missing_in_the_project_is_told() {
    let said = |fcm: &Arc<Fcm>| first(&send(fcm, &chat())).code.clone();
    assert_eq!(said(&open(&json!({"api_enabled": false}))), "SERVICE_DISABLED");
    assert_eq!(said(&open(&json!({"may_send": false}))), "IAM_PERMISSION_DENIED");
    let fcm = open(&json!({"rate_per_second": 1, "package_name": "com.example.chat"}));
    assert_eq!((said(&fcm), said(&fcm)), ("200".to_owned(), "RATE_LIMIT_EXCEEDED".to_owned()));
    let slow = send(&fcm, &chat()).answer;
    assert!(slow.headers.contains(&("retry-after".to_owned(), "1".to_owned())));
    assert!(json_of(&slow)["error"]["message"].as_str().unwrap().contains("Send requests per minute"));
    fcm.desk().set_rate("chat", None);
    let mut body = chat();
    patch(&mut body, "/message/android/restricted_package_name", json!("com.example.chat"));
    assert!(first(&send(&fcm, &body)).accepted);
    patch(&mut body, "/message/android/restricted_package_name", json!("com.example.other"));
    assert_eq!(first(&send(&fcm, &body)).code, "INVALID_ARGUMENT");
    fcm.desk().suspend("chat", true);
    assert_eq!(said(&fcm), "CONSUMER_INVALID");
}

#[test]
fn the_samples_of_the_sheet_are_taken() {
    let call = json!({"message": {"token": "t", "data": {"type": "call", "ext": "{\"call\":\"c-1\"}"},
                      "android": {"priority": "HIGH", "ttl": "0s", "direct_boot_ok": true}}});
    let marketing = json!({"message": {"token": "t", "data": {"ext": "{}"}, "android": {"priority": "NORMAL",
        "ttl": "28800s", "notification": {"title": "Weekend sale", "body": "Up to 30% off", "channel_id": "promo",
        "tag": "camp-2026-11"}, "fcm_options": {"analytics_label": "camp-2026-11"}}}});
    let all = json!({"message": {"token": "t", "notification": {"title": "t", "body": "b"},
        "apns": {"headers": {"apns-priority": "5"}, "payload": {"aps": {"content-available": 1}}},
        "webpush": {"headers": {"TTL": "60"}, "fcm_options": {"link": "https://example.com"}}}});
    for body in [chat(), call, data(), marketing, all] {
        let ruling = send(&open(&json!({})), &body);
        assert!(first(&ruling).accepted, "{body}: {:?}", first(&ruling));
        assert!(json_of(&ruling.answer)["name"].as_str().unwrap().starts_with("projects/demo-project/messages/0:"));
    }
    let mut dry = chat();
    patch(&mut dry, "/validate_only", json!(true));
    let ruling = send(&open(&json!({})), &dry);
    assert_eq!(json_of(&ruling.answer)["name"], "projects/demo-project/messages/fake_message_id");
}

#[test]
fn one_wrong_thing_is_refused_where_it_stands() {
    let (android, shown) = ("/message/android", "/message/android/notification");
    let cases = [
        ("/message/titel", json!("x")),
        ("/message/priority", json!("high")),
        ("/message/android_v2", json!({})),
        ("/message/data/n", json!(12)),
        ("/message/data/o", json!({"a": 1})),
        ("/message/data/from", json!("x")),
        ("/message/data/google.x", json!("x")),
        ("/message/data/gcm", json!("x")),
        ("/message/topic", json!("news")),
        ("/message/fid", json!("f")),
        ("/message/webpush", json!({"fcm_options": {"link": "http://example.com"}})),
        ("/message/fcm_options", json!({"analytics_label": "a b"})),
        ("/validateOnly", json!(true)),
        ("/validate_only", json!("true")),
        (android, json!([])),
        ("/message/android/ttl", json!("86400")),
        ("/message/android/ttl", json!(86400)),
        ("/message/android/ttl", json!("2419201s")),
        ("/message/android/priority", json!("MAX")),
        ("/message/android/collapse_key", json!(7)),
        ("/message/android/fcm_options/analytics_label", json!("x".repeat(51))),
        (shown, json!("Alice")),
        ("/message/android/notification/click", json!("x")),
        ("/message/android/notification/title", json!("")),
        ("/message/android/notification/image", json!("a.png")),
        ("/message/android/notification/color", json!("red")),
        ("/message/android/notification/notification_count", json!("7")),
        ("/message/android/notification/notification_count", json!(-1)),
        ("/message/android/notification/visibility", json!("private")),
        ("/message/android/notification/notification_priority", json!("HIGH")),
        ("/message/android/notification/proxy", json!("MAYBE")),
        ("/message/android/notification/event_time", json!("2026-11-21T08:00:00+08:00")),
        ("/message/android/notification/vibrate_timings", json!(["0.1"])),
        ("/message/android/notification/title_loc_args", json!(["x"])),
        (
            "/message/android/notification/light_settings",
            json!({"color": {"red": 2}, "light_on_duration": "1s",
            "light_off_duration": "1s"}),
        ),
    ];
    for (pointer, value) in cases {
        let mut body = chat();
        patch(&mut body, pointer, value.clone());
        let ruling = send(&open(&json!({})), &body);
        assert_eq!(
            (ruling.answer.status, first(&ruling).code.as_str()),
            (400, "INVALID_ARGUMENT"),
            "{pointer} {value}"
        );
    }
    let mut wrong = chat();
    patch(&mut wrong, "/message/data/n", json!(12));
    let answer = json_of(&send(&open(&json!({})), &wrong).answer);
    let field = &answer["error"]["details"][0]["fieldViolations"][0]["field"];
    assert_eq!((field, answer["error"]["details"].as_array().unwrap().len()), (&json!("message.data[0].value"), 1));
    for body in ["", "{}", "[]", "{\"message\":null}", "{\"message\":{\"token\":\"a\",\"token\":\"b\"}}"] {
        let fcm = open(&json!({}));
        let token = bearer(&fcm);
        let ruling = ask(&fcm, SEND, &[JSON, ("authorization", &token)], body.as_bytes(), NOW);
        assert_eq!(ruling.answer.status, 400, "{body}");
    }
    let mut nobody = chat();
    patch(&mut nobody, "/message/token", Value::Null);
    let answer = json_of(&send(&open(&json!({})), &nobody).answer);
    assert_eq!(
        answer["error"]["details"][1]["fieldViolations"][0]["description"],
        "Recipient of the message is not set."
    );
    let fcm = open(&json!({}));
    let token = bearer(&fcm);
    let ruling = ask(&fcm, SEND, &[FORM, ("authorization", &token)], chat().to_string().as_bytes(), NOW);
    assert_eq!(ruling.answer.status, 400, "no JSON by its type");
}

#[test]
fn messages_end_at_4096_bytes_of_keys_and_values() {
    let with = |bytes: usize| {
        let android = json!({"notification": {"title": "t", "body": "b", "tag": "1"}});
        json!({"message": {"token": "t", "data": {"ext": "x".repeat(bytes - 3 - 3)}, "android": android}})
    };
    assert_eq!(code(&with(4096)), "200");
    assert_eq!(code(&with(4097)), "INVALID_ARGUMENT");
    let answer = send(&open(&json!({})), &with(4097)).answer;
    assert!(json_of(&answer)["error"]["message"].as_str().unwrap().contains("message is too big"));
}

#[test]
fn a_tokens_name_foretells() {
    let fid = |fid: &str| {
        let mut body = to("x");
        patch(&mut body, "/message/token", Value::Null);
        patch(&mut body, "/message/fid", json!(fid));
        body
    };
    for (body, status, wanted) in [
        (to("dead-1"), 404, "UNREGISTERED"),
        (to("malformed-1"), 400, "INVALID_ARGUMENT"),
        (to(""), 400, "INVALID_ARGUMENT"),
        (to("foreign-1"), 403, "SENDER_ID_MISMATCH"),
        (to("ios-1"), 401, "THIRD_PARTY_AUTH_ERROR"),
        (to("capped-1"), 429, "QUOTA_EXCEEDED"),
        (fid("cJ8h0-3TQx2yYwPq1kLmNo"), 200, "200"),
        (fid("dead-1"), 404, "UNREGISTERED"),
        (fid("malformed-1"), 404, "UNREGISTERED"),
        (fid("bk3RNwTe3H0:CI2k_HHwgIpoDKCIZvvDMExUdFQ3P1"), 404, "UNREGISTERED"),
    ] {
        let ruling = send(&open(&json!({})), &body);
        assert_eq!((ruling.answer.status, first(&ruling).code.as_str()), (status, wanted), "{body}");
    }
    let fcm = open(&json!({}));
    let codes: Vec<_> = (0..3).map(|_| first(&send(&fcm, &to("busy-2-x"))).code.clone()).collect();
    assert_eq!(codes, ["QUOTA_EXCEEDED", "QUOTA_EXCEEDED", "200"]);
    let device = json_of(&send(&fcm, &to("capped-1")).answer);
    assert_eq!(device["error"]["details"][1]["violations"][0]["subject"], "device");
}

#[test]
fn the_seen_log_is_told_what_was_asked() {
    let fcm = open(&json!({}));
    let token = bearer(&fcm);
    let opened = |body: &[u8]| Arc::clone(&fcm).open(request(SEND, &[JSON, ("authorization", &token)], body));
    let seen = opened(chat().to_string().as_bytes());
    let aim = &seen.aims[0];
    assert_eq!((seen.app.as_deref(), aim.token.as_str(), aim.job.as_str()), (Some("chat"), "bk3RNwTe3H0:CI2k", "j-1"));
    let facts = serde_json::to_value(&*aim.facts).unwrap();
    assert_eq!((&facts["class"], &facts["badge"], &facts["collapse"]), (&json!("HIGH"), &json!(7), &json!("conv-42")));
    assert_eq!((&facts["ttl_seconds"], &facts["title_chars"], facts.get("silent")), (&json!(86_400), &json!(5), None));
    let seen = opened(data().to_string().as_bytes());
    let aim = &seen.aims[0];
    assert_eq!((aim.job.as_str(), aim.facts.data_only, aim.facts.collapse.as_deref()), ("j-2", true, Some("sync")));
    let mut spoilt = chat();
    patch(&mut spoilt, "/message/data/push_id", json!("j-3"));
    assert!(opened(spoilt.to_string().as_bytes()).aims[0].mismatch);
    patch(&mut spoilt, "/message/x", json!(1));
    assert_eq!(opened(spoilt.to_string().as_bytes()).aims[0].token, "bk3RNwTe3H0:CI2k", "also of a wrong body");
    assert!(opened(b"{").aims.is_empty());
}

#[test]
fn wrong_registrations_say_what_is_needed() {
    let with = |field: &str, value: Value| {
        let mut file = key_file();
        patch(&mut file, &format!("/{field}"), value);
        json!({"service_account": file.to_string()})
    };
    let cases = [
        (json!({}), "service_account"),
        (json!({"service_account": "x"}), "JSON"),
        (with("private_key", json!("x")), "RSA"),
        (with("type", json!("authorized_user")), "service_account"),
        (with("token_uri", Value::Null), "token_uri"),
        (json!({"service_account": key_file().to_string(), "colour": 1}), "colour"),
        (json!({"service_account": key_file().to_string(), "token_seconds": 0}), "token_seconds"),
    ];
    for (app, told) in cases {
        let error = Fcm::default().register("chat", app.clone()).unwrap_err();
        assert!(error.contains(told), "{app}: {error}");
    }
    let fcm = open(&json!({}));
    let again = json!({"service_account": key_file().to_string()});
    assert!(fcm.register("other", again.clone()).unwrap_err().contains("chat"));
    assert!(fcm.register("chat", again).is_ok());
    assert!(fcm.refuse("send", "UNREGISTERED").is_ok() && fcm.refuse("send", "80300007").is_err());
    assert!(fcm.refuse("token", "invalid_grant").is_ok() && fcm.refuse("token", "UNREGISTERED").is_err());
}
