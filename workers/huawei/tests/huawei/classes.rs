//! Categories by kind, rights and overrides (section 6).

use push_contract::{Class, Kind, Outcome, Reason, Refusal, Vendor};
use push_huawei::Huawei;
use serde_json::{Value, json};

use crate::support::{app, job, open};

fn classify(settings: &Value, kind: &str, options: &Value) -> Result<Class, Refusal> {
    open(settings).unwrap().classify(&job(kind).title("t").body("b").options("huawei", options.clone()).build())
}

fn data(settings: &Value, kind: &str, options: &Value) -> Result<Class, Refusal> {
    open(settings).unwrap().classify(&job(kind).data("{}").options("huawei", options.clone()).build())
}

fn name(class: &Result<Class, Refusal>) -> (&str, Option<&str>) {
    let class = class.as_ref().unwrap();
    (&class.name, class.degraded_from.as_deref())
}

#[test]
fn every_kind_has_its_category_with_the_right_and_marketing_without() {
    let table = [
        ("chat.direct", "IM"),
        ("chat.group", "IM"),
        ("chat.mention", "IM"),
        ("call.invite", "VOIP"),
        ("call.cancel", "VOIP"),
        ("call.missed", "IM"),
        ("social.request", "SUBSCRIPTION"),
        ("social.interaction", "SUBSCRIPTION"),
        ("account.security", "ACCOUNT"),
        ("account.status", "ACCOUNT"),
        ("order.update", "EXPRESS"),
        ("payment.update", "FINANCE"),
        ("reminder.calendar", "WORK"),
        ("reminder.device", "DEVICE_REMINDER"),
        ("mail.new", "MAIL"),
        ("subscription.update", "SUBSCRIPTION"),
        ("news", "MARKETING"),
        ("content", "MARKETING"),
        ("marketing", "MARKETING"),
    ];
    assert_eq!(table.map(|row| row.0).to_vec(), Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    let rows = Huawei.classes();
    for ((kind, category), row) in table.into_iter().zip(&rows) {
        let job = job(kind).title("t").body("b").build();
        let class = app(&json!({})).classify(&job).unwrap();
        assert_eq!((class.name.as_str(), class.degraded_from), (category, None), "{kind}");
        assert_eq!(class.repeatable, job.kind.repeatable(), "{kind}");
        assert_eq!(row.class, category, "{kind}");
        let class = open(&json!({})).unwrap().classify(&job).unwrap();
        let from = (category != "MARKETING").then_some(category);
        assert_eq!((class.name.as_str(), class.degraded_from.as_deref()), ("MARKETING", from), "{kind}");
    }
}

#[test]
fn the_next_best_category_is_tried_before_marketing() {
    let account = json!({ "categories": ["ACCOUNT"] });
    assert_eq!(name(&classify(&account, "payment.update", &json!({}))), ("ACCOUNT", Some("FINANCE")));
    let voip = json!({ "categories": ["VOIP"] });
    assert_eq!(name(&classify(&voip, "call.missed", &json!({}))), ("VOIP", Some("IM")));
}

#[test]
fn a_missing_right_is_refused_where_the_settings_say_so() {
    let refuse = json!({ "on_missing_right": "refuse", "categories": ["IM"] });
    let refusal = classify(&refuse, "order.update", &json!({})).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
    assert!(refusal.rule.contains("EXPRESS"), "{}", refusal.rule);
    assert_eq!(name(&classify(&refuse, "chat.direct", &json!({}))), ("IM", None));
    assert!(data(&refuse, "call.invite", &json!({})).is_err());
    assert_eq!(name(&data(&refuse, "chat.direct", &json!({}))), ("DATA", None));
}

#[test]
fn overrides_choose_within_the_rights() {
    let rights = json!({ "categories": ["TRAVEL"] });
    assert_eq!(name(&classify(&rights, "news", &json!({ "category": "TRAVEL" }))), ("TRAVEL", None));
    assert_eq!(name(&classify(&rights, "news", &json!({ "category": "HEALTH" }))), ("MARKETING", Some("HEALTH")));
    assert_eq!(name(&classify(&rights, "chat.direct", &json!({ "category": "MARKETING" }))), ("MARKETING", None));
    assert_eq!(name(&classify(&rights, "chat.direct", &json!({ "category": "MISS_CALL" }))), ("MARKETING", Some("IM")));
}

#[test]
fn urgency_is_high_for_calls_with_the_right() {
    let rights = json!({ "categories": ["IM", "VOIP"], "high_priority": true });
    let urgent = |class: Result<Class, Refusal>| class.unwrap().urgent;
    assert!(urgent(classify(&rights, "call.invite", &json!({}))));
    assert!(!urgent(classify(&rights, "chat.direct", &json!({}))));
    assert!(urgent(classify(&rights, "chat.direct", &json!({ "category": "VOIP" }))));
    assert!(!urgent(classify(&json!({ "categories": ["VOIP"] }), "call.invite", &json!({}))));

    assert_eq!(name(&data(&rights, "call.invite", &json!({}))), ("VOIP", None));
    assert!(urgent(data(&rights, "call.invite", &json!({}))));
    assert_eq!(name(&data(&rights, "chat.direct", &json!({}))), ("DATA", None));
    let without = json!({ "categories": ["VOIP"] });
    assert_eq!(name(&data(&without, "call.invite", &json!({}))), ("DATA", Some("VOIP")));
    assert!(!urgent(data(&without, "call.invite", &json!({}))));
}

#[test]
fn unknown_and_wrong_options_are_refused_by_name() {
    let refused = |options: Value| {
        let refusal = classify(&json!({}), "chat.direct", &options).unwrap_err();
        assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::BadOption));
        (refusal.field, refusal.rule)
    };
    let (field, rule) = refused(json!({ "categry": "IM" }));
    assert_eq!(field, "options.huawei.categry");
    assert!(rule.contains("`category`"), "{rule}");
    let (field, rule) = refused(json!({ "category": "im-secret" }));
    assert_eq!(field, "options.huawei.category");
    assert!(rule.contains("`IM`") && !rule.contains("secret"), "{rule}");
    let (field, rule) = refused(json!({ "badge_class": 7_654_321 }));
    assert_eq!((field.as_str(), rule.contains("7654321")), ("options.huawei.badge_class", false), "{rule}");
}

#[test]
fn test_messages_draw_on_their_own_counter() {
    let class = app(&json!({})).classify(&job("chat.direct").title("t").body("b").test().build()).unwrap();
    assert_eq!(class.quota.as_deref(), Some("test"));
}
