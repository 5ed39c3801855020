//! Categories, rights and totals (sections 6 and 7).

use push_contract::{Kind, Outcome, Reason, Vendor};
use push_testkit::jobs::JobBuilder;
use push_vivo::Vivo;
use serde_json::{Value, json};

use crate::support::{app, body, job};

/// Name, classification and total of the class that a kind gets.
fn class(settings: &Value, kind: &str) -> (String, u64, String) {
    let class = app(settings).classify(&job(kind).title("t").body("b").build()).unwrap();
    (class.name, class.detail["classification"].as_u64().unwrap(), class.quota.unwrap())
}

#[test]
fn every_kind_has_the_sheets_category() {
    let table = [
        ("chat.direct", "IM", 1),
        ("chat.group", "IM", 1),
        ("chat.mention", "IM", 1),
        ("call.invite", "IM", 1),
        ("call.cancel", "IM", 1),
        ("call.missed", "IM", 1),
        ("social.request", "SOCIAL", 0),
        ("social.interaction", "SOCIAL", 0),
        ("account.security", "ACCOUNT", 1),
        ("account.status", "ACCOUNT", 1),
        ("order.update", "ORDER", 1),
        ("payment.update", "ACCOUNT", 1),
        ("reminder.calendar", "TODO", 1),
        ("reminder.device", "DEVICE_REMINDER", 1),
        ("mail.new", "IM", 1),
        ("subscription.update", "SUBSCRIPTION", 1),
        ("news", "NEWS", 0),
        ("content", "CONTENT", 0),
        ("marketing", "MARKETING", 0),
    ];
    assert_eq!(table.len(), Kind::ALL.len());
    for (kind, category, classification) in table {
        let total = if classification == 1 { "system" } else { "operational" };
        let all = json!({ "subscription": true });
        assert_eq!(class(&all, kind), (category.to_owned(), classification, total.to_owned()), "{kind}");
        let row = Vivo.classes().into_iter().find(|row| row.kind.as_str() == kind).unwrap();
        assert_eq!(row.class, category);
        // Without the one right that there is, a subscription is operational; nothing else changes.
        let less =
            if category == "SUBSCRIPTION" { ("CONTENT", 0, "operational") } else { (category, classification, total) };
        assert_eq!(class(&json!({}), kind), (less.0.to_owned(), less.1, less.2.to_owned()), "{kind}");
        assert_eq!(row.without, less.0, "{kind}");
        let sent = body(app(&all).as_ref(), &job(kind).title("t").body("b"));
        assert_eq!((&sent["category"], &sent["classification"]), (&json!(category), &json!(classification)));
    }
}

#[test]
fn a_subscription_needs_its_right() {
    let update = "subscription.update";
    assert_eq!(class(&json!({}), update), ("CONTENT".to_owned(), 0, "operational".to_owned()));
    let job = job(update).title("t").body("b").build();
    let degraded = app(&json!({})).classify(&job).unwrap();
    assert_eq!(degraded.degraded_from.as_deref(), Some("SUBSCRIPTION"));
    let refusal = app(&json!({ "on_missing_right": "refuse" })).classify(&job).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
}

#[test]
fn a_refused_class_has_a_lesser_one_unless_it_was_a_test_message() {
    let update = job("subscription.update").title("t").body("b");
    let lesser = |under_review: bool, job: &JobBuilder| {
        let app = app(&json!({ "subscription": true, "under_review": under_review }));
        let job = job.build();
        app.lesser(&job, &app.classify(&job).unwrap()).map(|class| class.name)
    };
    assert_eq!(lesser(false, &update).as_deref(), Some("CONTENT"));
    assert_eq!(lesser(true, &update), None);
    assert_eq!(lesser(false, &update.test()), None);
}

#[test]
fn settings_and_options_choose_other_categories() {
    let own = json!({ "kinds": { "social.request": "IM", "news": "VIP" }, "special_categories": { "VIP": 1 } });
    assert_eq!(class(&own, "social.request"), ("IM".to_owned(), 1, "system".to_owned()));
    assert_eq!(class(&own, "news"), ("VIP".to_owned(), 1, "system".to_owned()));
    let with =
        |category: &str| job("chat.direct").title("t").body("b").options("vivo", json!({ "category": category }));
    let todo = app(&json!({})).classify(&with("TODO").build()).unwrap();
    assert_eq!((todo.name.as_str(), todo.repeatable), ("TODO", true));
    for unknown in ["im", "VIP", ""] {
        let refusal = app(&json!({})).classify(&with(unknown).build()).unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::BadOption, "options.vivo.category"));
    }
}

#[test]
fn test_messages_have_a_total_of_their_own() {
    let job = job("chat.direct").title("t").body("b");
    for (settings, job) in [(json!({}), job.clone().test()), (json!({ "under_review": true }), job)] {
        let app = app(&settings);
        assert_eq!(app.classify(&job.build()).unwrap().quota.as_deref(), Some("test"));
        assert_eq!(body(app.as_ref(), &job)["pushMode"], 1);
    }
}

#[test]
fn only_what_may_double_is_repeatable() {
    for kind in Kind::ALL {
        let job = job(kind.as_str()).title("t").body("b").build();
        assert_eq!(app(&json!({})).classify(&job).unwrap().repeatable, kind.repeatable(), "{kind}");
    }
}
