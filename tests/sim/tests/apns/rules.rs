//! Requests: headers, payloads, tokens, environments and rights (sections 2 and 4 to 8).

use std::sync::Arc;

use http::Method;
use push_sim::vendors::Apns;
use push_sim::{Line, Simulator};
use serde_json::{Value, json};

use crate::draft::{Draft, ID, SECONDS, TOKEN, background, chat, code, open, registration, send, send_at, voip};
use crate::support::{first, json_of, patch};

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
