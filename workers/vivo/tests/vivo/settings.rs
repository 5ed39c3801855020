//! What wrong settings are told.

use push_contract::Vendor;
use push_vivo::Vivo;
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
    let table = [
        (json!({ "app_id": "" }), "app_id", "0"),
        (json!({ "app_id": "x" }), "app_id", "\"x\""),
        (json!({ "app_key": " " }), "app_key", " "),
        (json!({ "app_secret": "" }), "app_secret", "(none)"),
        (json!({ "app_secret": null }), "app_secret", "(none)"),
        (json!({ "api_url": "localhost" }), "api_url", "localhost"),
        (json!({ "callback_id": "1", "callback_url": "https://a" }), "callback_url", "https://a"),
        (json!({ "callback_url": format!("https://{}", "x".repeat(121)) }), "callback_url", ""),
        (json!({ "special_categories": { "vip": 1 } }), "special_categories", "vip"),
        (json!({ "special_categories": { "VIP": 2 } }), "special_categories", "VIP"),
        (json!({ "kinds": { "news": "VIP" } }), "kinds", "VIP"),
        (json!({ "results": { "x": "10050" } }), "results", "x"),
        (json!({ "results": { "10043": "0" } }), "results", "10043"),
        (json!({ "results": { "10043": "status_1" } }), "results", "10043"),
        (json!({ "batch": 0 }), "batch", "0"),
        (json!({ "apiurl": "x" }), "apiurl", "(not shown)"),
    ];
    for (settings, key, value) in table {
        let (found_key, found_value, rule) = refused(&settings);
        assert_eq!(found_key, key);
        assert!(value.is_empty() || found_value == value, "{key}: {found_value}");
        assert!(!rule.is_empty());
    }
}

#[test]
fn rules_say_what_there_is() {
    assert!(refused(&json!({ "apiurl": "x" })).2.contains("`api_url`"));
    assert!(refused(&json!({ "on_missing_right": "ignore" })).2.contains("`degrade`"));
    let (key, _, rule) = refused(&json!({ "kinds": { "friend": "IM" } }));
    assert!(key.starts_with("kinds") && rule.contains("`social.request`"), "{key}: {rule}");
}

#[test]
fn numbers_may_be_written_as_texts() {
    assert!(open(&json!({ "app_id": "10004" })).is_ok());
}

#[test]
fn a_secret_of_the_wrong_type_is_not_shown() {
    let (key, value, rule) = refused(&json!({ "app_secret": ["hunter2"] }));
    assert_eq!((key.as_str(), value.as_str()), ("app_secret", "(not shown)"));
    assert!(!rule.contains("hunter2"), "{rule}");
}

#[test]
fn the_defaults_hold_no_secret_and_every_other_setting() {
    let defaults: toml::Table = Vivo.profile().defaults.parse().unwrap();
    assert!(Vivo.profile().secrets.iter().all(|secret| !defaults.contains_key(*secret)));
    for key in defaults.keys() {
        let missing = refused(&json!({ key.as_str(): null }));
        assert_eq!(&missing.0, key, "{key} has no second default in the code: {missing:?}");
    }
}
