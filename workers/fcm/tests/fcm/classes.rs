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
fn a_producer_may_override_and_data_may_wait() {
    let class = |settings, job: push_testkit::jobs::JobBuilder| app(&settings).classify(&job.build());
    let muted = job("chat.group").title("t").options("fcm", json!({ "priority": "NORMAL" }));
    assert_eq!(class(json!({}), muted).unwrap().name, "NORMAL");
    let data = job("chat.direct").data("{}");
    assert_eq!(class(json!({}), data.clone()).unwrap().name, "HIGH");
    assert_eq!(class(json!({ "data_priority": "normal" }), data.clone()).unwrap().name, "NORMAL");
    let shown = job("chat.direct").title("t");
    assert_eq!(class(json!({ "data_priority": "normal" }), shown).unwrap().name, "HIGH");
    let urgent = data.options("fcm", json!({ "priority": "HIGH" }));
    assert_eq!(class(json!({ "data_priority": "normal" }), urgent).unwrap().name, "HIGH");
}

#[test]
fn a_wrong_override_is_refused_by_its_name() {
    let app = app(&json!({}));
    for (options, field) in [
        (json!({ "priority": "high" }), "priority"),
        (json!({ "colour": "x" }), "colour"),
        (json!({ "analytics_label": "a b" }), "analytics_label"),
        (json!({ "analytics_label": "" }), "analytics_label"),
        (json!({ "notification": { "title": "x" } }), "notification.title"),
        (json!({ "notification": { "color": "red" } }), "notification.color"),
        (json!({ "notification": { "color": "#aé12" } }), "notification.color"),
        (json!({ "notification": { "event_time": "2026-11-21T08:00:00+08:00" } }), "notification.event_time"),
        (json!({ "notification": { "visibility": "private" } }), "notification.visibility"),
        (json!({ "notification": { "proxy": "x" } }), "notification.proxy"),
        (json!({ "notification": { "notification_priority": "HIGH" } }), "notification.notification_priority"),
        (json!({ "notification": { "vibrate_timings": ["1"] } }), "notification.vibrate_timings"),
        (json!({ "notification": { "body_loc_args": ["1"] } }), "notification.body_loc_args"),
        (
            json!({ "notification": { "light_settings": { "color": { "red": 2.0, "green": 0.0, "blue": 0.0 },
                    "light_on_duration": "1s", "light_off_duration": "1s" } } }),
            "notification.light_settings",
        ),
    ] {
        let refusal = app.classify(&job("news").title("t").options("fcm", options).build()).unwrap_err();
        assert_eq!((refusal.reason, refusal.field), (Reason::BadOption, format!("options.fcm.{field}")));
    }
}
