//! What wrong settings are told.

use push_contract::{Counted, Vendor};
use push_honor::Honor;
use serde_json::{Value, json};

use crate::support::{APP_ID, app, open};

fn refused(settings: &Value) -> (String, String, String) {
    match open(settings) {
        Err(error) => (error.key, error.value, error.rule),
        Ok(_) => panic!("{settings} is taken"),
    }
}

#[test]
fn a_wrong_setting_is_named_with_value_and_rule() {
    let table = [
        (json!({ "app_id": "" }), "app_id", ""),
        (json!({ "app_id": "app" }), "app_id", "app"),
        (json!({ "client_id": "" }), "client_id", ""),
        (json!({ "client_id": "abc" }), "client_id", "abc"),
        (json!({ "client_id": APP_ID }), "client_id", APP_ID),
        (json!({ "client_secret": null }), "client_secret", "(none)"),
        (json!({ "client_secret": "" }), "client_secret", "(none)"),
        (json!({ "auth_url": "localhost" }), "auth_url", "localhost"),
        (json!({ "send_url": "ftp://a" }), "send_url", "ftp://a"),
        (json!({ "self_classification": "yes" }), "self_classification", "\"yes\""),
        (json!({ "on_missing_right": "x" }), "on_missing_right", "\"x\""),
        (json!({ "importance": { "news": "HIGH" } }), "importance.news", "(not shown)"),
        (json!({ "importance": { "gossip": "LOW" } }), "importance", "gossip"),
        (json!({ "silent": "x" }), "silent", "\"x\""),
        (json!({ "title_limit": 0 }), "title_limit", "0"),
        (json!({ "body_limit": 0 }), "body_limit", "0"),
        (json!({ "max_bytes": 1023 }), "max_bytes", "1023"),
        (json!({ "rate_per_second": 0 }), "rate_per_second", "0"),
        (json!({ "rate_counts": "bytes" }), "rate_counts", "\"bytes\""),
        (json!({ "tokens_per_second": 0 }), "tokens_per_second", "0"),
        (json!({ "batch": 0 }), "batch", "0"),
        (json!({ "batch": 1001 }), "batch", "1001"),
        (json!({ "codes": { "200": "unavailable" } }), "codes", "200"),
        (json!({ "codes": { "x": "unavailable" } }), "codes", "x"),
        (json!({ "codes": { "80300007": "ignore" } }), "codes.80300007", "(not shown)"),
        (json!({ "sendurl": "x" }), "sendurl", "(not shown)"),
    ];
    for (settings, key, value) in table {
        let (found_key, found_value, rule) = refused(&settings);
        assert_eq!((found_key.as_str(), found_value.as_str()), (key, value));
        assert!(!rule.is_empty());
    }
}

#[test]
fn rules_say_what_there_is() {
    assert!(refused(&json!({ "sendurl": "x" })).2.contains("`send_url`"));
    assert!(refused(&json!({ "silent": "x" })).2.contains("`low`"));
    assert!(refused(&json!({ "client_id": APP_ID })).2.contains("another number than the App ID"));
}

#[test]
fn a_secret_of_the_wrong_type_is_not_shown() {
    let (key, value, rule) = refused(&json!({ "client_secret": ["hunter2"] }));
    assert_eq!((key.as_str(), value.as_str()), ("client_secret", "(not shown)"));
    assert!(!rule.contains("hunter2"), "{rule}");
}

#[test]
fn the_defaults_hold_no_secret_and_every_other_setting() {
    let defaults: toml::Table = Honor.profile().defaults.parse().unwrap();
    assert!(Honor.profile().secrets.iter().all(|secret| !defaults.contains_key(*secret)));
    for key in defaults.keys() {
        let missing = refused(&json!({ key.as_str(): null }));
        assert_eq!(&missing.0, key, "{key} has no second default in the code: {missing:?}");
    }
}

#[test]
fn limits_come_from_the_settings() {
    let plain = app(&json!({}));
    assert_eq!((plain.call_limits().targets, plain.call_limits().jobs), (1000, 1));
    assert_eq!((plain.rate().per_second, plain.rate().counted), (3000, Counted::Targets));
    assert_eq!(plain.api_rates(), [("auth", 3)]);
    assert!(plain.warnings().is_empty());
    let other = app(&json!({ "batch": 7, "rate_per_second": 9, "rate_counts": "calls", "self_classification": false }));
    assert_eq!(other.call_limits().targets, 7);
    assert_eq!((other.rate().per_second, other.rate().counted), (9, Counted::Calls));
    assert_eq!(other.warnings().len(), 1);
}

#[test]
fn numbers_may_be_written_as_numbers() {
    assert!(open(&json!({ "app_id": 104_400_000, "client_id": 101_234_567 })).is_ok());
}
