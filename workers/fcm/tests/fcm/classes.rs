//! Priorities (section 6).

use push_contract::{Kind, Reason, Vendor};
use push_fcm::Fcm;
use serde_json::json;

use crate::support::{app, job};

#[test]
fn every_kind_has_its_priority() {
    let table = [
        ("chat.direct", "HIGH"),
        ("chat.group", "HIGH"),
        ("chat.mention", "HIGH"),
        ("call.invite", "HIGH"),
        ("call.cancel", "HIGH"),
        ("call.missed", "HIGH"),
        ("social.request", "NORMAL"),
        ("social.interaction", "NORMAL"),
        ("account.security", "HIGH"),
        ("account.status", "HIGH"),
        ("order.update", "HIGH"),
        ("payment.update", "HIGH"),
        ("reminder.calendar", "HIGH"),
        ("reminder.device", "HIGH"),
        ("mail.new", "HIGH"),
        ("subscription.update", "NORMAL"),
        ("news", "NORMAL"),
        ("content", "NORMAL"),
        ("marketing", "NORMAL"),
    ];
    assert_eq!(table.map(|row| row.0).to_vec(), Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    let app = app(&json!({}));
    for ((kind, priority), row) in table.into_iter().zip(&Fcm.classes()) {
        let job = job(kind).title("t").body("b").build();
        let class = app.classify(&job).unwrap();
        assert_eq!((class.name.as_str(), class.urgent, class.degraded_from), (priority, priority == "HIGH", None));
        assert_eq!((class.repeatable, class.quota), (job.kind.repeatable(), None), "{kind}");
        assert_eq!((row.class.as_str(), row.without.as_str(), row.needs.as_deref()), (priority, priority, None));
    }
}

#[test]
fn data_that_shows_nothing_may_wait() {
    let app = app(&json!({}));
    for (kind, priority) in [
        ("chat.direct", "NORMAL"),
        ("account.security", "NORMAL"),
        ("marketing", "NORMAL"),
        ("call.missed", "NORMAL"),
        ("call.invite", "HIGH"),
        ("call.cancel", "HIGH"),
    ] {
        let data = job(kind).data("{}");
        let class = app.classify(&data.clone().build()).unwrap();
        assert_eq!((class.name.as_str(), class.urgent, class.degraded_from), (priority, priority == "HIGH", None));
        assert_eq!(class.because.contains("without notification"), priority == "NORMAL", "{kind}: {}", class.because);
        for wanted in ["HIGH", "NORMAL"] {
            let class = app.classify(&data.clone().options("fcm", json!({ "priority": wanted })).build()).unwrap();
            assert_eq!((class.name.as_str(), class.because.as_str()), (wanted, "options.fcm.priority"), "{kind}");
        }
    }
    // What the app shows by itself is shown all the same.
    let settings = json!({ "as_data": ["chat.direct"] });
    assert_eq!(crate::support::app(&settings).classify(&job("chat.direct").title("t").build()).unwrap().name, "HIGH");
}

#[test]
fn a_producer_may_override() {
    for (kind, priority, urgent) in [("chat.group", "NORMAL", false), ("marketing", "HIGH", true)] {
        let job = job(kind).title("t").options("fcm", json!({ "priority": priority }));
        let class = app(&json!({})).classify(&job.build()).unwrap();
        assert_eq!((class.name.as_str(), class.urgent), (priority, urgent));
        assert_eq!(class.because, "options.fcm.priority");
    }
}

#[test]
fn a_wrong_override_is_refused_by_its_name() {
    let app = app(&json!({}));
    for (options, field) in [
        (json!({ "priority": "high" }), "priority"),
        (json!({ "colour": "x" }), "colour"),
        (json!({ "analytics_label": "a b" }), "analytics_label"),
        (json!({ "analytics_label": "" }), "analytics_label"),
        (json!({ "analytics_label": "a".repeat(51) }), "analytics_label"),
        (json!({ "visibility": "private" }), "visibility"),
        (json!({ "direct_boot_ok": "yes" }), "direct_boot_ok"),
    ] {
        let refusal = app.classify(&job("news").title("t").options("fcm", options).build()).unwrap_err();
        assert_eq!((refusal.reason, refusal.field), (Reason::BadOption, format!("options.fcm.{field}")));
    }
}
