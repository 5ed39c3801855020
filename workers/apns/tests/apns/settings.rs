//! What wrong settings are told.

use push_apns::Apns;
use push_contract::Vendor;
use serde_json::{Value, json};

use crate::support::open;

fn refused(settings: &Value) -> (String, String, String) {
    match open(settings) {
        Err(error) => (error.key, error.value, error.rule),
        Ok(_) => panic!("{settings} is taken"),
    }
}

#[test]
fn a_wrong_setting_is_named_with_value_and_rule() {
    let rsa = "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----";
    let table = [
        (json!({ "auth": "key" }), "auth", "\"key\""),
        (json!({ "key": null }), "key", "(none)"),
        (json!({ "key": "" }), "key", "(none)"),
        (json!({ "key": rsa }), "key", "(secret)"),
        (json!({ "key_id": "ABC" }), "key_id", "ABC"),
        (json!({ "team_id": "" }), "team_id", ""),
        (json!({ "bundle_id": "" }), "bundle_id", ""),
        (json!({ "bundle_id": "com/example" }), "bundle_id", "com/example"),
        (json!({ "auth": "certificate" }), "certificate", "(none)"),
        (json!({ "auth": "certificate", "certificate": rsa }), "certificate", "(secret)"),
        (json!({ "environment": "test" }), "environment", "\"test\""),
        (json!({ "production_url": "localhost" }), "production_url", "localhost"),
        (json!({ "environment": "sandbox", "sandbox_url": "ftp://a" }), "sandbox_url", "ftp://a"),
        (json!({ "token_type": "voice" }), "token_type", "\"voice\""),
        (json!({ "voip": "some" }), "voip", "\"some\""),
        (json!({ "data_key": "aps" }), "data_key", "aps"),
        (json!({ "data_key": "" }), "data_key", ""),
        (json!({ "data_key": "image" }), "data_key", "image"),
        (json!({ "data_key": "click" }), "data_key", "click"),
        (json!({ "rate_per_second": 0 }), "rate_per_second", "0"),
        (json!({ "connections": 0 }), "connections", "0"),
        (json!({ "streams": 0 }), "streams", "0"),
        (json!({ "bundle": "x" }), "bundle", "(not shown)"),
    ];
    for (settings, key, value) in table {
        let (found_key, found_value, rule) = refused(&settings);
        assert_eq!((found_key.as_str(), found_value.as_str()), (key, value));
        assert!(!rule.is_empty() && !rule.contains("MIIB"));
    }
}

#[test]
fn the_defaults_hold_no_secret_and_every_other_setting() {
    let defaults: toml::Table = Apns.profile().defaults.parse().unwrap();
    assert!(Apns.profile().secrets.iter().all(|secret| !defaults.contains_key(*secret)));
    for key in defaults.keys() {
        let missing = refused(&json!({ key.as_str(): null }));
        assert_eq!(&missing.0, key, "{key} has no second default in the code: {missing:?}");
    }
}
