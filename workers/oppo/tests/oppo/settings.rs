//! What wrong settings are told, and what only draws a warning.

use push_contract::Vendor;
use push_oppo::Oppo;
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
    let template = |more: Value| json!({ "templates": { "IM": more } });
    let table = [
        (json!({ "app_key": "" }), "app_key", ""),
        (json!({ "master_secret": null }), "master_secret", "(none)"),
        (json!({ "master_secret": "" }), "master_secret", "(none)"),
        (json!({ "master_secret": ["hunter2"] }), "master_secret", "(not shown)"),
        (json!({ "cn_url": "localhost" }), "cn_url", "localhost"),
        (json!({ "intl_url": "ftp://a" }), "intl_url", "ftp://a"),
        (json!({ "categories": ["IMM"] }), "categories[0]", "(not shown)"),
        (json!({ "strong_reminder": true }), "strong_reminder", "true"),
        (json!({ "channels": { "chat": "x" } }), "channels.chat", "(not shown)"),
        (json!({ "callback_url": "a.example" }), "callback_url", "a.example"),
        (json!({ "rate_per_second": 0 }), "rate_per_second", "0"),
        (json!({ "batch": 1001 }), "batch", "1001"),
        (json!({ "masterscret": "hunter2" }), "masterscret", "(not shown)"),
        (json!({ "templates": { "CHAT": { "id": "T" } } }), "templates.CHAT", "(not shown)"),
        (template(json!({ "id": "" })), "templates.IM.id", ""),
        (template(json!({ "title": {} })), "templates.IM.id", "(not shown)"),
        (template(json!({ "id": "T", "content": { "a": "{titel}" } })), "templates.IM.content.a", "{titel}"),
        (template(json!({ "id": "T", "body": {} })), "templates.IM.body", "(not shown)"),
    ];
    for (settings, key, value) in table {
        let (found_key, found_value, rule) = refused(&settings);
        assert_eq!((found_key.as_str(), found_value.as_str()), (key, value));
        assert!(!rule.is_empty() && !rule.contains("hunter2"));
    }
    assert!(refused(&json!({ "categories": ["IMM"] })).2.contains("`IM`"));
}

#[test]
fn the_defaults_hold_no_secret_and_every_other_setting() {
    let defaults: toml::Table = Oppo.profile().defaults.parse().unwrap();
    assert!(Oppo.profile().secrets.iter().all(|secret| !defaults.contains_key(*secret)));
    for key in defaults.keys() {
        let missing = refused(&json!({ key.as_str(): null }));
        assert_eq!(&missing.0, key, "{key} has no second default in the code: {missing:?}");
    }
}

#[test]
fn a_missing_channel_draws_a_warning() {
    let warned = |settings: Value| open(&settings).unwrap().warnings();
    let bare = warned(json!({}));
    assert!(bare.len() == 1 && bare[0].contains("channel_id"), "{bare:?}");
    assert!(warned(json!({ "channel_id": "chat" })).is_empty());
    assert!(app(&json!({})).warnings().is_empty());
}
