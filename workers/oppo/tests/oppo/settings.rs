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
        (json!({ "region": "us" }), "region", "\"us\""),
        (json!({ "cn_url": "localhost" }), "cn_url", "localhost"),
        (json!({ "intl_url": "ftp://a" }), "intl_url", "ftp://a"),
        (json!({ "categories": ["IMM"] }), "categories[0]", "(not shown)"),
        (json!({ "channels": { "chat": "x" } }), "channels.chat", "(not shown)"),
        (json!({ "callback_url": "a.example" }), "callback_url", "a.example"),
        (json!({ "rate_per_second": 0 }), "rate_per_second", "0"),
        (json!({ "batch": 1001 }), "batch", "1001"),
        (json!({ "quota_reset_hour": 24 }), "quota_reset_hour", "24"),
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
    assert!(refused(&json!({ "region": "us" })).2.contains("`intl`"));
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
fn a_missing_channel_and_a_missing_template_draw_a_warning() {
    let warned = |settings: Value| open(&settings).unwrap().warnings();
    let bare = warned(json!({}));
    assert!(bare.len() == 1 && bare[0].contains("channel_id"), "{bare:?}");
    assert!(warned(json!({ "channel_id": "chat" })).is_empty());
    let chat = warned(json!({ "channel_id": "chat", "categories": ["IM"] }));
    assert!(chat.len() == 1 && chat[0].contains("54"), "{chat:?}");
    assert!(app(&json!({})).warnings().is_empty());
    let by_category =
        ["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION", "NEWS", "CONTENT", "MARKETING", "SOCIAL"];
    let channels: Value =
        by_category.iter().map(|name| ((*name).to_owned(), json!("c"))).collect::<serde_json::Map<_, _>>().into();
    assert!(warned(json!({ "channels": channels })).is_empty());
}
