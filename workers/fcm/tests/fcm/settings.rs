//! What wrong settings are told.

use push_contract::Vendor;
use push_fcm::Fcm;
use serde_json::{Value, json};

use crate::support::{app, call, chat, open};

fn refused(settings: &Value) -> (String, String, String) {
    match open(settings) {
        Err(error) => (error.key, error.value, error.rule),
        Ok(_) => panic!("{settings} is taken"),
    }
}

#[test]
fn a_wrong_setting_is_named_with_value_and_rule() {
    let table = [
        (json!({ "service_account": null }), "service_account", "(none)"),
        (json!({ "service_account": "" }), "service_account", "(none)"),
        (json!({ "project_id": "a/b" }), "project_id", "a/b"),
        (json!({ "send_url": "localhost" }), "send_url", "localhost"),
        (json!({ "token_url": "ftp://a" }), "token_url", "ftp://a"),
        (json!({ "token_type": "topic" }), "token_type", "topic"),
        (json!({ "data_key": "from" }), "data_key", "from"),
        (json!({ "data_key": "gcm.x" }), "data_key", "gcm.x"),
        (json!({ "data_key": "title" }), "data_key", "title"),
        (json!({ "data_key": "push_id" }), "data_key", "push_id"),
        (json!({ "collapse_data": "no" }), "collapse_data", "\"no\""),
        (json!({ "max_bytes": 4097 }), "max_bytes", "4097"),
        (json!({ "rate_per_second": 0 }), "rate_per_second", "0"),
        (json!({ "connections": 0 }), "connections", "0"),
        (json!({ "streams": 0 }), "streams", "0"),
        (json!({ "project": "x" }), "project", "(not shown)"),
    ];
    for (settings, key, value) in table {
        let (found_key, found_value, rule) = refused(&settings);
        assert_eq!((found_key.as_str(), found_value.as_str()), (key, value));
        assert!(!rule.is_empty());
    }
    assert!(refused(&json!({ "as_data": ["call"] })).0.starts_with("as_data"));
    assert!(refused(&json!({ "channels": { "call": "x" } })).0.starts_with("channels"));
    assert!(open(&json!({ "data_key": "" })).is_ok(), "members of their own");
}

#[test]
fn the_defaults_hold_no_secret_and_every_other_setting() {
    let defaults: toml::Table = Fcm.profile().defaults.parse().unwrap();
    assert!(Fcm.profile().secrets.iter().all(|secret| !defaults.contains_key(*secret)));
    for key in defaults.keys() {
        let missing = refused(&json!({ key.as_str(): null }));
        assert_eq!(&missing.0, key, "{key} has no second default in the code: {missing:?}");
    }
}

#[test]
fn the_project_is_the_key_files_unless_it_is_said() {
    let path = |settings: Value| call(app(&settings).as_ref(), &chat()).request.uri().path().to_owned();
    assert_eq!(path(json!({})), "/v1/projects/demo-project/messages:send");
    assert_eq!(path(json!({ "project_id": 1_234_567_890 })), "/v1/projects/1234567890/messages:send");
    assert_eq!(path(json!({ "send_url": "http://h/base/" })), "/base/v1/projects/demo-project/messages:send");
}

#[test]
fn connections_are_http_2_and_quiet() {
    let connection = app(&json!({ "authorities": "pem" })).connection();
    let http2 = connection.http2.unwrap();
    assert_eq!((http2.connections, http2.streams, http2.ping.as_secs(), http2.warm_up), (4, 100, 300, true));
    assert!(!http2.ping_idle, "Google takes signs of life only while something is awaited");
    assert_eq!(app(&json!({})).least_retry().as_secs(), 10, "and nothing again before");
    assert_eq!((connection.authorities.as_deref(), connection.identity.is_none()), (Some("pem"), true));
    assert_eq!(app(&json!({})).rate().per_second, 10_000);
}
