//! Importance by kind, right, settings and overrides (section 6).

use push_contract::{Class, Kind, Outcome, Reason, Refusal, Vendor};
use push_honor::Honor;
use serde_json::{Value, json};

use crate::support::{app, job};

fn classify(settings: &Value, kind: &str, options: &Value) -> Result<Class, Refusal> {
    app(settings).classify(&job(kind).title("t").body("b").options("honor", options.clone()).build())
}

fn name(class: &Result<Class, Refusal>) -> (&str, Option<&str>) {
    let class = class.as_ref().unwrap();
    (&class.name, class.degraded_from.as_deref())
}

fn without() -> Value {
    json!({ "self_classification": false })
}

#[test]
fn every_kind_has_its_importance_with_the_right_and_low_without() {
    let table = [
        ("chat.direct", "NORMAL"),
        ("chat.group", "NORMAL"),
        ("chat.mention", "NORMAL"),
        ("call.invite", "NORMAL"),
        ("call.cancel", "NORMAL"),
        ("call.missed", "NORMAL"),
        ("social.request", "NORMAL"),
        ("social.interaction", "LOW"),
        ("account.security", "NORMAL"),
        ("account.status", "NORMAL"),
        ("order.update", "NORMAL"),
        ("payment.update", "NORMAL"),
        ("reminder.calendar", "NORMAL"),
        ("reminder.device", "NORMAL"),
        ("mail.new", "NORMAL"),
        ("subscription.update", "NORMAL"),
        ("news", "LOW"),
        ("content", "LOW"),
        ("marketing", "LOW"),
    ];
    assert_eq!(table.map(|row| row.0).to_vec(), Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    let rows = Honor.classes();
    for ((kind, importance), row) in table.into_iter().zip(&rows) {
        let class = classify(&json!({}), kind, &json!({}));
        assert_eq!(name(&class), (importance, None), "{kind}");
        let class = class.unwrap();
        assert_eq!((class.repeatable, class.urgent, class.quota), (row.kind.repeatable(), false, None), "{kind}");
        assert_eq!((row.class.as_str(), row.without.as_str()), (importance, "LOW"), "{kind}");
        assert_eq!(row.needs.is_some(), importance == "NORMAL", "{kind}");
        let from = (importance == "NORMAL").then_some("NORMAL");
        assert_eq!(name(&classify(&without(), kind, &json!({}))), ("LOW", from), "{kind}");
    }
}

#[test]
fn the_settings_move_single_kinds() {
    let covered =
        json!({ "importance": { "social.interaction": "NORMAL", "social.request": "LOW", "news": "NORMAL" } });
    assert_eq!(name(&classify(&covered, "social.interaction", &json!({}))), ("NORMAL", None));
    assert_eq!(name(&classify(&covered, "social.request", &json!({}))), ("LOW", None));
    assert_eq!(name(&classify(&covered, "news", &json!({}))), ("NORMAL", None));
    let class = classify(&covered, "news", &json!({})).unwrap();
    assert!(!class.repeatable, "what is a right at the vendor is no reason to show it twice");
}

#[test]
fn a_missing_right_is_refused_where_the_settings_say_so() {
    let refuse = json!({ "self_classification": false, "on_missing_right": "refuse" });
    let refusal = classify(&refuse, "order.update", &json!({})).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
    assert!(refusal.rule.contains("self_classification"), "{}", refusal.rule);
    assert_eq!(name(&classify(&refuse, "marketing", &json!({}))), ("LOW", None));
    assert!(app(&refuse).classify(&job("chat.direct").data("{}").build()).is_ok(), "data needs no right");
}

#[test]
fn overrides_choose_within_the_right() {
    let normal = json!({ "importance": "NORMAL" });
    assert_eq!(name(&classify(&json!({}), "news", &normal)), ("NORMAL", None));
    assert_eq!(name(&classify(&without(), "news", &normal)), ("LOW", Some("NORMAL")));
    assert_eq!(name(&classify(&json!({}), "chat.direct", &json!({ "importance": "LOW" }))), ("LOW", None));
}

#[test]
fn silence_is_a_lower_class_only_if_the_settings_want_that() {
    let silent = job("chat.direct").title("t").body("b").silent().build();
    assert_eq!(app(&json!({})).classify(&silent).unwrap().name, "NORMAL");
    let class = app(&json!({ "silent": "low" })).classify(&silent).unwrap();
    assert_eq!((class.name.as_str(), class.degraded_from), ("LOW", None));
}

#[test]
fn data_messages_are_not_classified() {
    for settings in [json!({}), without()] {
        let class = app(&settings).classify(&job("marketing").data("{}").build()).unwrap();
        assert_eq!((class.name.as_str(), class.degraded_from, class.repeatable), ("DATA", None, false));
    }
}

#[test]
fn unknown_and_wrong_options_are_refused_by_name() {
    let refused = |options: Value| {
        let refusal = classify(&json!({}), "chat.direct", &options).unwrap_err();
        assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::BadOption));
        (refusal.field, refusal.rule)
    };
    let (field, rule) = refused(json!({ "importnce": "LOW" }));
    assert_eq!(field, "options.honor.importnce");
    assert!(rule.contains("`importance`"), "{rule}");
    let (field, rule) = refused(json!({ "importance": "HIGH-secret" }));
    assert_eq!(field, "options.honor.importance");
    assert!(rule.contains("`NORMAL`") && !rule.contains("secret"), "{rule}");
    assert_eq!(refused(json!({ "notify_id": 2_147_483_648_u32 })).0, "options.honor.notify_id");
    assert_eq!(refused(json!({ "notify_id": -1 })).0, "options.honor.notify_id");
    assert_eq!(refused(json!({ "when": 1_700_000_000 })).0, "options.honor.when");
    assert_eq!(refused(json!({ "buttons": { "name": "x", "action_type": 0 } })).0, "options.honor.buttons");
    let button = |more: Value| push_testkit::settings::overlaid(json!({ "name": "x", "action_type": 0 }), &more);
    for wrong in [
        json!([button(json!({ "name": "" }))]),
        json!([button(json!({ "name": "x".repeat(41) }))]),
        json!([button(json!({ "action_type": 3 }))]),
        json!([button(json!({ "action_type": 1 }))]),
        json!([button(json!({ "intent_type": 2 }))]),
        json!([button(json!({ "data": "x".repeat(1025) }))]),
        json!(vec![button(json!({})); 4]),
    ] {
        assert_eq!(refused(json!({ "buttons": wrong })).0, "options.honor.buttons");
    }
}

#[test]
fn test_messages_draw_on_their_own_counter() {
    let class = app(&json!({})).classify(&job("chat.direct").title("t").body("b").test().build()).unwrap();
    assert_eq!(class.quota.as_deref(), Some("test"));
}
