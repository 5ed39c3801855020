//! Categories by kind, rights and overrides (section 6).

use push_contract::{Class, Kind, Outcome, Reason, Refusal, Vendor};
use push_oppo::Oppo;
use serde_json::{Value, json};

use crate::support::{app, job, open};

fn classify(settings: &Value, kind: &str, options: &Value) -> Result<Class, Refusal> {
    open(settings).unwrap().classify(&job(kind).title("t").body("b").options("oppo", options.clone()).build())
}

fn name(class: &Result<Class, Refusal>) -> (&str, Option<&str>) {
    let class = class.as_ref().unwrap();
    (&class.name, class.degraded_from.as_deref())
}

/// Kind, category with every right, category without any.
const TABLE: [(&str, &str, &str); 19] = [
    ("chat.direct", "IM", "SOCIAL"),
    ("chat.group", "IM", "SOCIAL"),
    ("chat.mention", "IM", "SOCIAL"),
    ("call.invite", "IM", "SOCIAL"),
    ("call.cancel", "IM", "SOCIAL"),
    ("call.missed", "IM", "SOCIAL"),
    ("social.request", "IM", "SOCIAL"),
    ("social.interaction", "SOCIAL", "SOCIAL"),
    ("account.security", "ACCOUNT", "MARKETING"),
    ("account.status", "ACCOUNT", "MARKETING"),
    ("order.update", "ORDER", "MARKETING"),
    ("payment.update", "ACCOUNT", "MARKETING"),
    ("reminder.calendar", "TODO", "MARKETING"),
    ("reminder.device", "DEVICE_REMINDER", "MARKETING"),
    ("mail.new", "TODO", "MARKETING"),
    ("subscription.update", "SUBSCRIPTION", "NEWS"),
    ("news", "NEWS", "NEWS"),
    ("content", "CONTENT", "CONTENT"),
    ("marketing", "MARKETING", "MARKETING"),
];

#[test]
fn every_kind_has_its_category_with_the_right_and_another_without() {
    assert_eq!(TABLE.map(|row| row.0).to_vec(), Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    let covered = app(&json!({ "templates": { "social.request": { "id": "TPL9" } } }));
    for ((kind, category, without), row) in TABLE.into_iter().zip(Oppo.classes()) {
        let job = job(kind).title("t").body("b").build();
        let class = covered.classify(&job).unwrap();
        assert_eq!((class.name.as_str(), &class.degraded_from), (category, &None), "{kind}");
        assert_eq!((row.class.as_str(), row.without.as_str()), (category, without), "{kind}");
        let service = !["NEWS", "CONTENT", "MARKETING", "SOCIAL"].contains(&category);
        assert_eq!((class.quota.is_none(), class.repeatable), (service, job.kind.repeatable()), "{kind}");
        let class = open(&json!({})).unwrap().classify(&job).unwrap();
        let from = (category != without).then_some(category);
        assert_eq!((class.name.as_str(), class.degraded_from.as_deref()), (without, from), "{kind}");
        assert_eq!(class.quota.as_deref(), Some("marketing"), "{kind}");
    }
}

#[test]
fn a_friend_request_is_im_only_if_a_template_covers_it() {
    let rights = json!({ "categories": ["IM"], "on_missing_right": "refuse" });
    assert_eq!(name(&classify(&rights, "social.request", &json!({}))), ("SOCIAL", Some("IM")));
    assert_eq!(name(&classify(&rights, "social.request", &json!({ "category": "IM" }))), ("IM", None));
}

#[test]
fn a_missing_right_is_refused_where_the_settings_say_so() {
    let refuse = json!({ "on_missing_right": "refuse", "categories": ["IM"] });
    let refusal = classify(&refuse, "order.update", &json!({})).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
    assert!(refusal.rule.contains("ORDER"), "{}", refusal.rule);
    assert_eq!(name(&classify(&refuse, "chat.direct", &json!({}))), ("IM", None));
    // A call without the strong reminder is what OPPO's page advises.
    assert_eq!(name(&classify(&refuse, "call.invite", &json!({}))), ("IM", None));
}

#[test]
fn the_strong_reminder_is_for_the_kinds_of_the_setting() {
    let rights = json!({ "categories": ["IM"], "strong_reminder": ["call.invite", "chat.mention", "marketing"] });
    let urgent = |settings: &Value, kind: &str| classify(settings, kind, &json!({})).unwrap().urgent;
    assert!(urgent(&rights, "call.invite") && urgent(&rights, "chat.mention"));
    assert!(!urgent(&rights, "call.cancel") && !urgent(&rights, "chat.direct"));
    // Never without the category, and never with content & marketing.
    assert!(!urgent(&rights, "marketing"));
    assert!(!urgent(&json!({ "categories": [], "strong_reminder": ["call.invite"] }), "call.invite"));
    assert!(!urgent(&json!({ "categories": ["IM"] }), "call.invite"));
    let silent = job("call.invite").title("t").body("b").silent().build();
    assert!(!open(&rights).unwrap().classify(&silent).unwrap().urgent);
}

#[test]
fn what_oppo_refuses_is_sent_with_less() {
    let app = app(&json!({}));
    let lesser = |kind: &str| {
        let job = job(kind).title("t").body("b").build();
        let class = app.lesser(&job, &app.classify(&job).unwrap()).unwrap();
        (class.name, class.urgent)
    };
    assert_eq!(lesser("call.invite"), ("IM".to_owned(), false), "its level alone");
    assert_eq!(lesser("chat.direct"), ("SOCIAL".to_owned(), false));
}

#[test]
fn overrides_choose_within_the_rights() {
    let rights = json!({ "categories": ["TODO"] });
    assert_eq!(name(&classify(&rights, "news", &json!({ "category": "TODO" }))), ("TODO", None));
    assert_eq!(name(&classify(&rights, "news", &json!({ "category": "ORDER" }))), ("MARKETING", Some("ORDER")));
    assert_eq!(name(&classify(&rights, "chat.direct", &json!({ "category": "NEWS" }))), ("NEWS", None));
}

#[test]
fn unknown_and_wrong_options_are_refused_by_name() {
    let refused = |options: Value| {
        let refusal = classify(&json!({}), "chat.direct", &options).unwrap_err();
        assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::BadOption));
        (refusal.field, refusal.rule)
    };
    let (field, rule) = refused(json!({ "categry": "IM" }));
    assert!(field == "options.oppo.categry" && rule.contains("`category`"), "{field} {rule}");
    let (field, rule) = refused(json!({ "category": "im-secret" }));
    assert!(field == "options.oppo.category" && !rule.contains("secret"), "{field} {rule}");
}

#[test]
fn jobs_share_a_call_by_class_if_they_have_one_target_and_no_hurry() {
    let app = app(&json!({}));
    let key = |kind: &str, targets: usize| {
        let job = job(kind).title("t").body("b").targets(targets).build();
        app.gather_key(&job, &app.classify(&job).unwrap())
    };
    assert_eq!(key("chat.direct", 1), key("order.update", 1));
    assert!(key("chat.direct", 1).is_some() && key("news", 1).is_some());
    assert_ne!(key("chat.direct", 1), key("news", 1));
    assert_eq!((key("chat.direct", 2), key("call.invite", 1), key("account.security", 1)), (None, None, None));
}
