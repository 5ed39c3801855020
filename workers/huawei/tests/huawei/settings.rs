//! What wrong settings are told.

use push_contract::Vendor;
use push_huawei::Huawei;
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
        (json!({ "client_id": "abc" }), "client_id", "abc"),
        (json!({ "client_id": "" }), "client_id", ""),
        (json!({ "client_secret": null }), "client_secret", "(none)"),
        (json!({ "client_secret": "" }), "client_secret", "(none)"),
        (json!({ "token_type": "next" }), "service_account", "(none)"),
        (json!({ "token_type": "ios" }), "token_type", "\"ios\""),
        (json!({ "client_id": "", "project_id": "3158882" }), "client_id", ""),
        (json!({ "project_id": "p1" }), "project_id", "p1"),
        (json!({ "auth_url": "localhost" }), "auth_url", "localhost"),
        (json!({ "send_url": "ftp://a" }), "send_url", "ftp://a"),
        (json!({ "categories": ["IMM"] }), "categories[0]", "(not shown)"),
        (json!({ "categories": ["IM", "MISS_CALL"] }), "categories", "MISS_CALL"),
        (json!({ "title_limit": 0 }), "title_limit", "0"),
        (json!({ "body_limit": 0 }), "body_limit", "0"),
        (json!({ "rate_per_second": 0 }), "rate_per_second", "0"),
        (json!({ "rate_per_second": "fast" }), "rate_per_second", "\"fast\""),
        (json!({ "batch": 1001 }), "batch", "1001"),
        (json!({ "batch": 0 }), "batch", "0"),
        (json!({ "on_missing_right": "x" }), "on_missing_right", "\"x\""),
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
    assert!(refused(&json!({ "categories": ["IMM"] })).2.contains("`IM`"));
    assert!(refused(&json!({ "token_type": "ios" })).2.contains("`next`"));
}

#[test]
fn a_secret_of_the_wrong_type_is_not_shown() {
    let (key, value, rule) = refused(&json!({ "client_secret": ["hunter2"] }));
    assert_eq!((key.as_str(), value.as_str()), ("client_secret", "(not shown)"));
    assert!(!rule.contains("hunter2"), "{rule}");
    let rule = refused(&json!({ "service_account": 7_654_321 })).2;
    assert!(!rule.contains("7654321"), "{rule}");
}

#[test]
fn the_defaults_hold_no_secret_and_every_other_setting() {
    let defaults: toml::Table = Huawei.profile().defaults.parse().unwrap();
    assert!(Huawei.profile().secrets.iter().all(|secret| !defaults.contains_key(*secret)));
    for key in defaults.keys() {
        let missing = refused(&json!({ key.as_str(): null }));
        assert_eq!(&missing.0, key, "{key} has no second default in the code: {missing:?}");
    }
}
