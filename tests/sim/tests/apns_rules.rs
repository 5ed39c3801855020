//! APNs' rules for requests and provider tokens, one wrong thing at a time (sheet `apns.md`, sections 2 to 8).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use push_sim::vendors::Apns;
use push_sim::{Ask, Line, Ruling, Simulator};
use serde_json::{Value, json};
use support::{first, json_of, patch, request};

/// The throw-away key of section 3.4.
const KEY: &str = include_str!("data/apns_vector.pem");
const VECTOR: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQzEyM0RFRkcifQ.eyJpc3MiOiJERUYxMjNHSElKIiwiaWF0IjoxNzAwMDAwMDAwfQ.rDbHIgTDqXxtRvkbCSeeh8YMzel_XxDHLb-CA6CjB0DTaP1xn5j-lljNDR3WoTs-ZbCLFNKVB-LBbQb252EV7w";
const VECTOR_DER: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQzEyM0RFRkcifQ.eyJpc3MiOiJERUYxMjNHSElKIiwiaWF0IjoxNzAwMDAwMDAwfQ.MEYCIQCsNsciBMOpfG1G-RsJJ56HxgzN6X9fEMctv4IDoKMHQAIhANNo_XGfmP6WWM0NHdahOz5lsIsU0pUH4sFtBvbnYRXv";
/// 100 s after the vector's `iat`, in seconds.
const SECONDS: u64 = 1_700_000_100;
const TOKEN: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
const ID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

fn registration() -> Value {
    json!({"bundle_id": "com.example.chat", "team_id": "DEF123GHIJ", "key_id": "ABC123DEFG", "key": KEY,
           "granted": ["voip", "time-sensitive"]})
}

fn jwt(header: &Value, claims: &Value) -> String {
    let mut head = Header::new(Algorithm::ES256);
    head.typ = header.get("typ").map(|typ| typ.as_str().unwrap().to_owned());
    head.kid = header.get("kid").map(|kid| kid.as_str().unwrap().to_owned());
    encode(&head, claims, &EncodingKey::from_ec_pem(KEY.as_bytes()).unwrap()).unwrap()
}

fn token(iat: u64) -> String {
    jwt(&json!({"kid": "ABC123DEFG"}), &json!({"iss": "DEF123GHIJ", "iat": iat}))
}

/// A request being written; each test spoils one thing.
struct Draft {
    method: Method,
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Draft {
    /// Sample (a).
    fn chat() -> Self {
        let headers = [
            ("authorization", format!("bearer {VECTOR}")),
            ("apns-topic", "com.example.chat".to_owned()),
            ("apns-push-type", "alert".to_owned()),
            ("apns-priority", "10".to_owned()),
            ("apns-expiration", "1700086400".to_owned()),
            ("apns-collapse-id", "m-9876543210".to_owned()),
            ("apns-id", ID.to_owned()),
        ];
        let path = format!("/3/device/{TOKEN}");
        Self { method: Method::POST, path, headers: headers.into(), body: chat().to_string().into() }
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.headers.push((name, value.to_owned()));
        }
        self
    }

    fn body(mut self, body: &Value) -> Self {
        self.body = body.to_string().into();
        self
    }

    fn to(mut self, token: &str) -> Self {
        self.path = format!("/3/device/{token}");
        self
    }

    fn ask(&self) -> Ask {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ask { method: self.method.clone(), ..request(&self.path, &headers, &self.body) }
    }
}

fn chat() -> Value {
    json!({"aps":{"alert":{"title":"Alice","subtitle":"Project X","body":"Lunch at one?"},"badge":7,"sound":"default",
      "thread-id":"conv-42","category":"CHAT_MESSAGE","mutable-content":1,"interruption-level":"active"},
      "ext":"{\"job\":\"j-1\",\"conv\":\"42\"}","image":"https://cdn.example.com/a.png"})
}

fn open(extra: &Value) -> Arc<Apns> {
    let apns = Arc::new(Apns::default());
    let mut app = registration();
    app.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    app.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    apns.register("chat", app).unwrap();
    apns
}

fn send_at(apns: &Arc<Apns>, draft: &Draft, line: &Arc<Line>, seconds: u64) -> Ruling {
    (Arc::clone(apns).open_on(draft.ask(), line).judge)(seconds * 1000)
}

fn send(apns: &Arc<Apns>, draft: &Draft) -> Ruling {
    send_at(apns, draft, &Arc::new(Line::new(true, None)), SECONDS)
}

/// Sends to a fresh app.
fn code(draft: &Draft) -> String {
    first(&send(&open(&json!({})), draft)).code.clone()
}

fn voip() -> Draft {
    Draft::chat()
        .header("apns-topic", "com.example.chat.voip")
        .header("apns-push-type", "voip")
        .header("apns-expiration", "0")
        .header("apns-collapse-id", "")
        .body(&json!({"aps":{},"ext":"{\"call\":\"c-1\"}"}))
}

fn background() -> Draft {
    Draft::chat()
        .header("apns-push-type", "background")
        .header("apns-priority", "5")
        .header("apns-collapse-id", "")
        .body(&json!({"aps":{"content-available":1},"ext":"{\"op\":\"sync\",\"seq\":101}"}))
}

#[test]
fn the_samples_of_the_sheet_are_taken() {
    let invitation = json!({"aps":{"alert":{"title":"Alice","body":"Video call"},"sound":"ring30.caf",
        "interruption-level":"time-sensitive","relevance-score":1.0,"category":"CALL_INVITE"},"ext":"{\"call\":\"c-1\"}"});
    let marketing = json!({"aps":{"alert":{"title":"Weekend sale","body":"Up to 30% off"},
        "interruption-level":"passive","relevance-score":0.1,"thread-id":"promo"},"ext":"{\"url\":\"x\"}"});
    let samples = [
        Draft::chat(),
        voip(),
        Draft::chat().header("apns-collapse-id", "call-c-1").body(&invitation),
        background(),
        Draft::chat().header("apns-priority", "5").body(&marketing),
        Draft::chat().header("apns-priority", "1").body(&marketing),
        Draft::chat().header("apns-priority", "").header("apns-id", "").body(&json!({"aps":{"alert":"hi"}})),
    ];
    for sample in samples {
        let ruling = send(&open(&json!({})), &sample);
        assert!(first(&ruling).accepted, "{:?}: {:?}", sample.headers, first(&ruling));
        assert_eq!((ruling.answer.status, ruling.answer.body.len(), ruling.degraded_to), (200, 0, None));
    }
    let ruling = send(&open(&json!({})), &Draft::chat());
    assert_eq!(ruling.answer.headers, [("apns-id".to_owned(), ID.to_owned())]);
    let bare = send(&open(&json!({})), &Draft::chat().header("apns-id", ""));
    let made = &bare.answer.headers[0].1;
    assert_eq!(made.len(), 36, "an id is made where none is given");
    assert_eq!(*made, made.to_ascii_uppercase());
}

#[test]
fn one_wrong_header_is_refused_by_its_reason() {
    let long = "x".repeat(65);
    let cases: Vec<(&'static str, &str, &str)> = vec![
        ("authorization", "", "MissingProviderToken"),
        ("authorization", "Bearer x", "InvalidProviderToken"),
        ("apns-topic", "", "MissingTopic"),
        ("apns-topic", "com.example.other", "BadTopic"),
        ("apns-topic", "com.example.chat.voip", "BadTopic"),
        ("apns-push-type", "", "InvalidPushType"),
        ("apns-push-type", "Alert", "InvalidPushType"),
        ("apns-push-type", "voip", "BadTopic"),
        ("apns-push-type", "background", "BadPriority"),
        ("apns-priority", "7", "BadPriority"),
        ("apns-priority", "high", "BadPriority"),
        ("apns-expiration", "300", "BadExpirationDate"),
        ("apns-expiration", "soon", "BadExpirationDate"),
        ("apns-expiration", "1702692101", "BadExpirationDate"),
        ("apns-collapse-id", &long, "BadCollapseId"),
        ("apns-id", "3F2504E0-4F89-41D3-9A0C-0305E82C3301", "BadMessageId"),
        ("apns-id", "j-1", "BadMessageId"),
        ("apns-colapse-id", "x", "BadRequestParams"),
        ("content-type", "text/plain", "BadRequestParams"),
    ];
    for (name, value, reason) in cases {
        assert_eq!(code(&Draft::chat().header(name, value)), reason, "{name}: {value}");
    }
    let mut twice = Draft::chat();
    twice.headers.push(("apns-id", ID.to_owned()));
    assert_eq!(code(&twice), "DuplicateHeaders");
    assert_eq!(code(&Draft { method: Method::PUT, ..Draft::chat() }), "MethodNotAllowed");
    for path in ["/3/devices/00", "/3/device/00/11", "/", "/4/broadcasts/apps/com.example.chat"] {
        assert_eq!(code(&Draft { path: path.to_owned(), ..Draft::chat() }), "BadPath", "{path}");
    }
    assert_eq!(code(&voip().header("apns-priority", "5")), "BadPriority");
}

#[test]
fn one_wrong_thing_in_the_body_is_refused() {
    let cases = [
        ("/aps/alert/titel", json!("x")),
        ("/aps/alert/title", json!(7)),
        ("/aps/alert", json!(["x"])),
        ("/aps/badge", json!("7")),
        ("/aps/badge", json!(-1)),
        ("/aps/badge", json!(1.5)),
        ("/aps/sound", json!({"critical": 1, "name": "x.caf"})),
        ("/aps/sound", json!({"critical": 1})),
        ("/aps/ext", json!("x")),
        ("/aps/mutable-content", json!(0)),
        ("/aps/content-available", json!(1)),
        ("/aps/interruption-level", json!("urgent")),
        ("/aps/relevance-score", json!(1.1)),
        ("/aps/thread-id", json!(42)),
    ];
    for (pointer, value) in cases {
        let mut body = chat();
        patch(&mut body, pointer, value.clone());
        assert_eq!(code(&Draft::chat().body(&body)), "BadRequestPayload", "{pointer} {value}");
    }
    let mut silent = chat();
    patch(&mut silent, "/aps/alert", Value::Null);
    assert_eq!(code(&Draft::chat().body(&silent)), "BadRequestPayload", "mutable-content needs an alert");
    for body in [
        "{}",
        "[]",
        "not json",
        r#"{"aps":null}"#,
        r#"{"aps":[{"title":"x"}]}"#,
        r#"{"aps":{},"aps":{}}"#,
        r#"{"aps":{"badge":1,"badge":2}}"#,
    ] {
        assert_eq!(code(&Draft { body: body.into(), ..Draft::chat() }), "BadRequestPayload", "{body}");
    }
    assert_eq!(code(&Draft { body: Vec::new(), ..Draft::chat() }), "PayloadEmpty");
    let mixed = json!({"aps":{"content-available":1,"alert":"x"}});
    assert_eq!(code(&background().body(&mixed)), "BadRequestPayload");
    assert_eq!(code(&background().body(&json!({"aps":{}}))), "BadRequestPayload");
}

#[test]
fn bodies_end_at_4096_bytes_and_voip_at_5120() {
    let with = |bytes: usize| {
        let empty = json!({"aps":{"alert":"x"},"ext":""}).to_string().len();
        json!({"aps":{"alert":"x"},"ext":"x".repeat(bytes - empty)})
    };
    assert_eq!(code(&Draft::chat().body(&with(4096))), "200");
    assert_eq!(code(&Draft::chat().body(&with(4097))), "PayloadTooLarge");
    assert_eq!(code(&voip().body(&with(5120))), "200");
    assert_eq!(code(&voip().body(&with(5121))), "PayloadTooLarge");
}

#[test]
fn a_tokens_name_foretells() {
    let cases = [
        (TOKEN, "200"),
        ("00fc", "200"),
        ("", "MissingDeviceToken"),
        ("00f", "BadDeviceToken"),
        ("00FC", "BadDeviceToken"),
        ("T0", "BadDeviceToken"),
        ("malformed-1", "BadDeviceToken"),
        ("dead-1", "Unregistered"),
        ("deadbeef01", "Unregistered"),
        ("expired-1", "ExpiredToken"),
        ("capped-1", "TooManyRequests"),
        ("voip-1", "DeviceTokenNotForTopic"),
        ("alert-1", "200"),
    ];
    for (token, reason) in cases {
        assert_eq!(code(&Draft::chat().to(token)), reason, "{token}");
    }
    assert_eq!(code(&voip().to("alert-1")), "DeviceTokenNotForTopic");
    assert_eq!(code(&voip().to("voip-1")), "200");
    let gone = send(&open(&json!({})), &Draft::chat().to("dead-1")).answer;
    let since = (SECONDS - 86_400) * 1000;
    assert_eq!((gone.status, json_of(&gone)), (410, json!({"reason": "Unregistered", "timestamp": since})));
    let any = open(&json!({"any_token": true}));
    assert_eq!(first(&send(&any, &Draft::chat().to("T0"))).code, "200");
    let busy = open(&json!({}));
    let codes: Vec<_> = (0..3).map(|_| first(&send(&busy, &Draft::chat().to("busy-2-x"))).code.clone()).collect();
    assert_eq!(codes, ["TooManyRequests", "TooManyRequests", "200"]);
}

#[test]
fn provider_tokens_are_checked() {
    let good = json!({"iss": "DEF123GHIJ", "iat": SECONDS});
    let kid = json!({"kid": "ABC123DEFG"});
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        patch(&mut claims, &format!("/{key}"), value);
        jwt(&kid, &claims)
    };
    let cases = [
        (VECTOR.to_owned(), "200"),
        (jwt(&json!({"kid": "ABC123DEFG", "typ": "JWT"}), &good), "200"),
        (VECTOR_DER.to_owned(), "InvalidProviderToken"),
        (VECTOR.replace("rDbH", "rDbI"), "InvalidProviderToken"),
        (jwt(&json!({}), &good), "InvalidProviderToken"),
        (jwt(&json!({"kid": "ABC123DEFH"}), &good), "InvalidProviderToken"),
        (with("iss", json!("DEF123GHIK")), "InvalidProviderToken"),
        (with("exp", json!(SECONDS + 60)), "InvalidProviderToken"),
        (with("iat", json!(SECONDS.to_string())), "InvalidProviderToken"),
        (with("iat", json!(SECONDS + 31)), "InvalidProviderToken"),
        (with("iat", json!(SECONDS - 3599)), "200"),
        (with("iat", json!(SECONDS - 3600)), "ExpiredProviderToken"),
    ];
    for (n, (token, reason)) in cases.into_iter().enumerate() {
        assert_eq!(code(&Draft::chat().header("authorization", &format!("bearer {token}"))), reason, "case {n}");
    }
    let public = open(&json!({"key": include_str!("data/apns_vector.pub.pem")}));
    assert!(first(&send(&public, &Draft::chat())).accepted, "a public key serves as well");
}

#[test]
fn tokens_age_and_may_not_be_renewed_too_often() {
    let apns = open(&json!({"token_updates": 2}));
    let line = || Arc::new(Line::new(true, None));
    let shown = |iat: u64, at: u64| {
        let draft = Draft::chat().header("authorization", &format!("bearer {}", token(iat)));
        first(&send_at(&apns, &draft.header("apns-expiration", "0"), &line(), at)).code.clone()
    };
    let first_shown = format!("bearer {}", token(SECONDS));
    let again = |at: u64| {
        let draft = Draft::chat().header("authorization", &first_shown).header("apns-expiration", "0");
        first(&send_at(&apns, &draft, &line(), at)).code.clone()
    };
    assert_eq!(again(SECONDS), "200");
    assert_eq!(shown(SECONDS + 1, SECONDS + 1), "200");
    assert_eq!(shown(SECONDS + 2, SECONDS + 2), "TooManyProviderTokenUpdates");
    assert_eq!(again(SECONDS + 2), "200", "what was shown before stays good");
    assert_eq!(shown(SECONDS + 3, SECONDS + 1200), "200", "twenty minutes later");
    assert_eq!(again(SECONDS + 3600), "ExpiredProviderToken");
    apns.desk().expire("chat");
    assert_eq!(again(SECONDS + 1200), "ExpiredProviderToken");
    assert_eq!(shown(SECONDS + 1200, SECONDS + 1201), "200", "what was made stale is not counted");
}

#[test]
fn a_connection_that_carried_an_expired_token_is_of_no_more_use() {
    let apns = open(&json!({}));
    let line = Arc::new(Line::new(true, None));
    let show = |iat: u64, line: &Arc<Line>| {
        let draft = Draft::chat().header("authorization", &format!("bearer {}", token(iat)));
        first(&send_at(&apns, &draft, line, SECONDS)).code.clone()
    };
    assert_eq!(show(SECONDS + 31, &line), "InvalidProviderToken");
    assert_eq!(show(SECONDS, &line), "200", "another refusal spoils nothing");
    assert_eq!(show(SECONDS - 3600, &line), "ExpiredProviderToken");
    assert_eq!(show(SECONDS, &line), "ExpiredProviderToken", "whatever token comes next");
    assert_eq!(show(SECONDS, &Arc::new(Line::new(true, None))), "200", "on a connection of its own");
}

#[test]
fn environments_rights_and_suspension() {
    let sandbox = open(&json!({"environment": "sandbox"}));
    assert_eq!(first(&send(&sandbox, &Draft::chat())).code, "BadEnvironmentKeyIdInToken");
    let there = Draft { path: format!("/sandbox/3/device/{TOKEN}"), ..Draft::chat() };
    assert!(first(&send(&sandbox, &there)).accepted);
    assert_eq!(code(&there), "BadEnvironmentKeyIdInToken");

    let plain = open(&json!({"granted": []}));
    assert_eq!(first(&send(&plain, &voip())).code, "TopicDisallowed");
    let level = |level: &str| {
        let mut body = chat();
        patch(&mut body, "/aps/interruption-level", json!(level));
        Draft::chat().body(&body)
    };
    for (apns, wanted, shown) in [
        (&plain, "time-sensitive", Some("active")),
        (&open(&json!({})), "time-sensitive", None),
        (&open(&json!({})), "critical", Some("active")),
        (&open(&json!({"granted": ["critical"]})), "critical", None),
        (&plain, "passive", None),
    ] {
        let ruling = send(apns, &level(wanted));
        assert_eq!((first(&ruling).accepted, ruling.degraded_to), (true, shown), "{wanted}");
    }
    plain.desk().suspend("chat", true);
    assert_eq!(first(&send(&plain, &Draft::chat())).code, "Forbidden");
}

#[test]
fn a_connection_is_bound_by_its_first_push() {
    let apns = open(&json!({}));
    let other = json!({"bundle_id": "com.example.shop", "team_id": "DEF123GHIJ", "key_id": "ABC123DEFH", "key": KEY});
    apns.register("shop", other).unwrap();
    let jwt = jwt(&json!({"kid": "ABC123DEFH"}), &json!({"iss": "DEF123GHIJ", "iat": SECONDS}));
    let shop = Draft::chat().header("apns-topic", "com.example.shop").header("authorization", &format!("bearer {jwt}"));
    let line = Arc::new(Line::new(true, None));
    let code = |draft: &Draft| first(&send_at(&apns, draft, &line, SECONDS)).code.clone();
    assert_eq!(code(&shop.header("apns-priority", "7")), "BadPriority");
    assert_eq!(code(&Draft::chat()), "200", "a push that was refused binds nothing");
    let shop = Draft::chat().header("apns-topic", "com.example.shop").header("authorization", &format!("bearer {jwt}"));
    assert_eq!(code(&shop), "UnrelatedKeyIdInToken");
    assert_eq!(first(&send(&apns, &shop)).code, "200", "on a connection of its own");
}

#[test]
fn a_certificate_stands_for_a_token() {
    let pem = include_str!("data/apns_client.pem");
    let apns = open(&json!({"key": null, "certificate": pem}));
    let plain = Draft::chat().header("authorization", "");
    let with = |shown: Option<&str>, draft: &Draft| {
        first(&send_at(&apns, draft, &Arc::new(Line::new(true, shown.map(str::to_owned))), SECONDS)).code.clone()
    };
    // `openssl x509 -fingerprint -sha256`
    let own = include_str!("data/apns_client.sha256").trim();
    assert_eq!(with(Some(own), &plain), "200");
    assert_eq!(with(Some("00"), &plain), "BadCertificate");
    assert_eq!(with(None, &plain), "MissingProviderToken");
    assert_eq!(with(Some(own), &Draft::chat()), "InvalidProviderToken");
    let there = Draft { path: format!("/sandbox/3/device/{TOKEN}"), ..plain };
    assert_eq!(with(Some(own), &there), "BadCertificateEnvironment");
}

#[test]
fn only_http_2_is_answered() {
    let ruling = send_at(&open(&json!({})), &Draft::chat(), &Arc::new(Line::new(false, None)), SECONDS);
    assert_eq!((ruling.answer.status, first(&ruling).accepted), (505, false));
}

#[test]
fn the_seen_log_is_told_what_was_asked() {
    let apns = open(&json!({}));
    let opened = Arc::clone(&apns).open(Draft::chat().ask());
    let aim = &opened.aims[0];
    assert_eq!((opened.app.as_deref(), aim.token.as_str(), aim.job.as_str()), (Some("chat"), TOKEN, "j-1"));
    let facts = serde_json::to_value(&*aim.facts).unwrap();
    assert_eq!(
        (&facts["class"], &facts["badge"], &facts["collapse"]),
        (&json!("active"), &json!(7), &json!("m-9876543210"))
    );
    assert_eq!((&facts["title_chars"], facts.get("silent")), (&json!(5), None));
    let opened = Arc::clone(&apns).open(background().ask());
    assert!(opened.aims[0].facts.data_only && opened.aims[0].facts.class.as_deref() == Some("background"));
    let opened = Arc::clone(&apns).open(Draft { body: b"{".to_vec(), ..Draft::chat() }.ask());
    assert_eq!(opened.aims.len(), 1, "the token stands in the path, whatever the body is");
}

#[test]
fn wrong_registrations_say_what_is_needed() {
    let cases = [
        ("key", json!("x"), "PEM"),
        ("key", Value::Null, "give key"),
        ("team_id", json!("short"), "team_id"),
        ("key_id", Value::Null, "key_id"),
        ("granted", json!(["all"]), "voip"),
        ("certificate", json!("x"), "PEM"),
        ("environment", json!("test"), "sandbox"),
        ("bundle", json!("x"), "bundle"),
    ];
    for (key, value, told) in cases {
        let mut app = registration();
        patch(&mut app, &format!("/{key}"), value);
        let error = Apns::default().register("chat", app).unwrap_err();
        assert!(error.contains(told), "{key}: {error}");
    }
    let apns = open(&json!({}));
    assert!(apns.register("other", registration()).unwrap_err().contains("chat"));
    assert!(apns.refuse("send", "Shutdown").is_ok() && apns.refuse("send", "80300007").is_err());
}
