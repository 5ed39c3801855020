//! What wrong settings are told.

use push_contract::Vendor;
use push_xiaomi::Xiaomi;
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
    let channel = |more: Value| json!({ "channels": { "IM": more } });
    let param = |pattern: &str| channel(json!({ "id": "1", "template_id": "T", "template_param": { "a": pattern } }));
    let many: Value = (0..10).map(|n| (format!("v{n}"), json!("x"))).collect::<serde_json::Map<_, _>>().into();
    let table = [
        (json!({ "app_secret": null }), "app_secret", "(none)"),
        (json!({ "app_secret": "" }), "app_secret", "(none)"),
        (json!({ "app_secret": "hunter2\n" }), "app_secret", "(not shown)"),
        (json!({ "app_secret": ["hunter2"] }), "app_secret", "(not shown)"),
        (json!({ "appsecret": "hunter2" }), "appsecret", "(not shown)"),
        (json!({ "packages": [] }), "packages", ""),
        (json!({ "packages": ["com.a;b"] }), "packages", "com.a;b"),
        (json!({ "api_version": "v5" }), "api_version", "v5"),
        (json!({ "api_version": "v2", "packages": ["com.a", "com.b"] }), "api_version", "v2"),
        (json!({ "api_version": "v4", "region": "eu" }), "api_version", "v4"),
        (json!({ "region": "us" }), "region", "\"us\""),
        (json!({ "eu_url": "localhost" }), "eu_url", "localhost"),
        (json!({ "channels": { "CHAT": { "id": "1" } } }), "channels.CHAT", "(not shown)"),
        (json!({ "channels": { "DEFAULT": { "id": "1" } } }), "channels.DEFAULT", "(not shown)"),
        (channel(json!({ "id": "" })), "channels.IM.id", ""),
        (channel(json!({})), "channels.IM.id", "(not shown)"),
        (channel(json!({ "id": "1", "template_id": "" })), "channels.IM.template_id", ""),
        (channel(json!({ "id": "1", "template_param": { "a": "b" } })), "channels.IM.template_param", "1"),
        (channel(json!({ "id": "1", "template_id": "T", "template_param": many })), "channels.IM.template_param", "10"),
        (param("{titel}"), "channels.IM.template_param.a", "{titel}"),
        (json!({ "template_fallback": "" }), "template_fallback", ""),
        (json!({ "template_fallback": " x" }), "template_fallback", " x"),
        (json!({ "template_fallback": "👍" }), "template_fallback", "👍"),
        (json!({ "callback_url": "a.example" }), "callback_url", "a.example"),
        (json!({ "rate_per_second": 0 }), "rate_per_second", "0"),
        (json!({ "batch": 1001 }), "batch", "1001"),
        (json!({ "gather_jobs": 0 }), "gather_jobs", "0"),
        (json!({ "gather_max_bytes": 0 }), "gather_max_bytes", "0"),
    ];
    for (settings, key, value) in table {
        let (found_key, found_value, rule) = refused(&settings);
        assert_eq!((found_key.as_str(), found_value.as_str()), (key, value));
        assert!(!rule.is_empty() && !rule.contains("hunter2"));
    }
    assert!(refused(&json!({ "region": "us" })).2.contains("`sg`"));
}

#[test]
fn a_version_that_cannot_serve_the_app_says_which_can() {
    let packages = json!(["com.a", "com.b"]);
    let several = json!({ "api_version": "v2", "packages": packages });
    for wrong in [several, json!({ "api_version": "v4", "region": "sg" })] {
        assert!(refused(&wrong).2.contains("set v3"), "{wrong}");
    }
    for right in [
        json!({ "api_version": "v2", "region": "eu" }),
        json!({ "api_version": "v3", "packages": packages, "region": "eu" }),
        json!({ "api_version": "v4", "packages": packages }),
    ] {
        assert!(open(&right).is_ok(), "{right}");
    }
}

#[test]
fn ids_may_be_numbers_and_one_channel_may_serve_two_kinds() {
    let channels = json!({ "chat.group": { "id": 138001 }, "IM": { "id": "138001" } });
    assert!(open(&json!({ "channels": channels })).is_ok());
}

#[test]
fn the_defaults_hold_no_secret_and_every_other_setting() {
    let defaults: toml::Table = Xiaomi.profile().defaults.parse().unwrap();
    assert!(Xiaomi.profile().secrets.iter().all(|secret| !defaults.contains_key(*secret)));
    for key in defaults.keys() {
        let missing = refused(&json!({ key.as_str(): null }));
        assert_eq!(&missing.0, key, "{key} has no second default in the code: {missing:?}");
    }
}
