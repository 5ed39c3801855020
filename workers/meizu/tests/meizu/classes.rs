//! Classes by kind, right, settings and overrides (section 6).

use push_contract::{Class, Kind, Outcome, Reason, Refusal, Vendor};
use push_meizu::Meizu;
use serde_json::{Value, json};

use crate::support::{app, job};

fn classify(settings: &Value, kind: &str, options: &Value) -> Result<Class, Refusal> {
    app(settings).classify(&job(kind).title("t").body("b").options("meizu", options.clone()).build())
}

fn name(class: &Class) -> (&str, Option<&str>) {
    (&class.name, class.degraded_from.as_deref())
}

#[test]
fn every_kind_has_its_class_with_the_right_and_public_without() {
    let table = [
        ("chat.direct", "private"),
        ("chat.group", "private"),
        ("chat.mention", "private"),
        ("call.invite", "private"),
        ("call.cancel", "private"),
        ("call.missed", "private"),
        ("social.request", "private"),
        ("social.interaction", "public"),
        ("account.security", "private"),
        ("account.status", "private"),
        ("order.update", "private"),
        ("payment.update", "private"),
        ("reminder.calendar", "private"),
        ("reminder.device", "private"),
        ("mail.new", "private"),
        ("subscription.update", "public"),
        ("news", "public"),
        ("content", "public"),
        ("marketing", "public"),
    ];
    assert_eq!(table.map(|row| row.0).to_vec(), Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    for ((kind, wanted), row) in table.into_iter().zip(Meizu.classes()) {
        let class = classify(&json!({}), kind, &json!({})).unwrap();
        assert_eq!(name(&class), (wanted, None), "{kind}");
        assert_eq!((class.repeatable, class.quota.as_deref()), (row.kind.repeatable(), Some("daily")), "{kind}");
        assert_eq!((row.class.as_str(), row.needs.is_some()), (wanted, wanted == "private"), "{kind}");
        let without = classify(&json!({ "private": false }), kind, &json!({})).unwrap();
        assert_eq!(name(&without), ("public", (wanted == "private").then_some("private")), "{kind}");
    }
}

#[test]
fn a_missing_right_is_refused_where_the_settings_say_so() {
    let refuse = json!({ "private": false, "on_missing_right": "refuse" });
    let refusal = classify(&refuse, "chat.direct", &json!({})).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
    assert_eq!(name(&classify(&refuse, "news", &json!({})).unwrap()), ("public", None));
}

#[test]
fn a_refused_class_has_no_lesser_one() {
    // 201 speaks of the phone: another class would be refused there, too.
    let app = app(&json!({}));
    for kind in ["chat.direct", "news"] {
        let job = job(kind).title("t").body("b").build();
        assert_eq!(app.lesser(&job, &app.classify(&job).unwrap()), None, "{kind}");
    }
}

#[test]
fn options_go_before_the_apps_table_and_that_before_the_kind() {
    let kinds = json!({ "kinds": { "subscription.update": "private" } });
    assert_eq!(name(&classify(&kinds, "subscription.update", &json!({})).unwrap()), ("private", None));
    let public = classify(&kinds, "subscription.update", &json!({ "category": "public" })).unwrap();
    assert_eq!(name(&public), ("public", None));
    let without = json!({ "private": false });
    let private = classify(&without, "news", &json!({ "category": "private" })).unwrap();
    assert_eq!(name(&private), ("public", Some("private")));
}
