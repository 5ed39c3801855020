//! What wrong settings are told.

use push_contract::{Counted, Vendor};
use push_meizu::Meizu;
use serde_json::{Value, json};

use crate::support::{app, open};

fn refused(settings: &Value) -> (String, String, String) {
    match open(settings) {
        Err(error) => (error.key, error.value, error.rule),
        Ok(_) => panic!("{settings} is taken"),
    }
}

#[test]
fn a_wrong_setting_is_named_with_value_and_rule() {
    let table = [
        (json!({ "app_id": "abc" }), "app_id", "abc"),
        (json!({ "app_id": "" }), "app_id", ""),
        (json!({ "app_secret": null }), "app_secret", "(none)"),
        (json!({ "app_secret": " \n" }), "app_secret", "(none)"),
        (json!({ "package_names": ["a,b"] }), "package_names", "a,b"),
        (json!({ "package_names": vec!["a"; 51] }), "package_names", &vec!["a"; 51].join(",")),
        (json!({ "region": "us" }), "region", "\"us\""),
        (json!({ "cn_url": "localhost" }), "cn_url", "localhost"),
        (json!({ "intl_url": "ftp://a" }), "intl_url", "ftp://a"),
        (json!({ "kinds": { "news": "secret" } }), "kinds.news", "(not shown)"),
        (json!({ "kinds": { "newz": "private" } }), "kinds.newz", "(not shown)"),
        (json!({ "data_key": "" }), "data_key", ""),
        (json!({ "data_limit": 0 }), "data_limit", "0"),
        (json!({ "data_messages": "drop" }), "data_messages", "\"drop\""),
        (json!({ "transparent_limit": 3801 }), "transparent_limit", "3801"),
        (json!({ "long_body": 100 }), "long_body", "100"),
        (json!({ "callback_url": "a.example" }), "callback_url", "a.example"),
        (json!({ "rate_per_second": 0 }), "rate_per_second", "0"),
        (json!({ "batch": 101 }), "batch", "101"),
        (json!({ "batch": 0 }), "batch", "0"),
        (json!({ "cnurl": "x" }), "cnurl", "(not shown)"),
    ];
    for (settings, key, value) in table {
        let (found_key, found_value, rule) = refused(&settings);
        assert_eq!((found_key.as_str(), found_value.as_str()), (key, value));
        assert!(!rule.is_empty());
    }
    let long = json!({ "callback_url": format!("https://a.example/{}", "x".repeat(111)) });
    assert_eq!(refused(&long).0, "callback_url", "129 bytes");
}

#[test]
fn a_secret_of_the_wrong_type_is_not_shown() {
    let (key, value, rule) = refused(&json!({ "app_secret": ["hunter2"] }));
    assert_eq!((key.as_str(), value.as_str()), ("app_secret", "(not shown)"));
    assert!(!rule.contains("hunter2"), "{rule}");
}

#[test]
fn an_app_id_may_be_a_number_and_a_rate_may_count_calls() {
    let app = app(&json!({ "app_id": 123_456, "rate_counts": "calls", "rate_per_second": 500 }));
    assert_eq!((app.rate().per_second, app.rate().counted), (500, Counted::Calls));
    assert_eq!(crate::support::app(&json!({})).rate().counted, Counted::Targets);
}

#[test]
fn the_defaults_hold_no_secret_and_every_other_setting() {
    let defaults: toml::Table = Meizu.profile().defaults.parse().unwrap();
    assert!(Meizu.profile().secrets.iter().all(|secret| !defaults.contains_key(*secret)));
    for key in defaults.keys() {
        let missing = refused(&json!({ key.as_str(): null }));
        assert_eq!(&missing.0, key, "{key} has no second default in the code: {missing:?}");
    }
}
