//! Levels, priorities, rights and overrides (section 6).

use push_apns::Apns;
use push_contract::{Class, Kind, Outcome, Reason, Refusal, Vendor};
use serde_json::{Value, json};

use crate::support::{app, call_to, chat, job, later, open};

fn classify(settings: &Value, kind: &str, options: &Value) -> Result<Class, Refusal> {
    open(settings).unwrap().classify(&job(kind).title("t").body("b").options("apns", options.clone()).build())
}

fn name(class: &Result<Class, Refusal>) -> (&str, Option<&str>) {
    let class = class.as_ref().unwrap();
    (&class.name, class.degraded_from.as_deref())
}

#[test]
fn every_kind_has_its_level_and_priority() {
    let table = [
        ("chat.direct", "active", 10),
        ("chat.group", "active", 10),
        ("chat.mention", "active", 10),
        ("call.invite", "time-sensitive", 10),
        ("call.cancel", "passive", 10),
        ("call.missed", "active", 10),
        ("social.request", "active", 5),
        ("social.interaction", "passive", 5),
        ("account.security", "time-sensitive", 10),
        ("account.status", "active", 10),
        ("order.update", "active", 10),
        ("payment.update", "active", 10),
        ("reminder.calendar", "time-sensitive", 10),
        ("reminder.device", "active", 10),
        ("mail.new", "active", 10),
        ("subscription.update", "passive", 5),
        ("news", "passive", 5),
        ("content", "passive", 5),
        ("marketing", "passive", 5),
    ];
    assert_eq!(table.map(|row| row.0).to_vec(), Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    for ((kind, level, priority), row) in table.into_iter().zip(&Apns.classes()) {
        let job = job(kind).title("t").body("b").build();
        let class = app(&json!({})).classify(&job).unwrap();
        assert_eq!((class.name.as_str(), class.degraded_from), (level, None), "{kind}");
        assert_eq!((class.detail["priority"].as_u64(), class.urgent), (Some(priority), priority == 10), "{kind}");
        assert_eq!((class.repeatable, row.class.as_str()), (job.kind.repeatable(), level), "{kind}");
        let class = open(&json!({})).unwrap().classify(&job).unwrap();
        let lesser = (level == "time-sensitive").then_some(level);
        assert_eq!((class.name.as_str(), class.degraded_from.as_deref()), (row.without.as_str(), lesser), "{kind}");
    }
}

#[test]
fn overrides_choose_within_the_rights() {
    let level = |level: &str| json!({ "interruption_level": level });
    let time = json!({ "time_sensitive": true });
    let both = json!({ "time_sensitive": true, "critical": true });
    assert_eq!(name(&classify(&both, "chat.direct", &level("critical"))), ("critical", None));
    assert_eq!(name(&classify(&time, "chat.direct", &level("critical"))), ("time-sensitive", Some("critical")));
    assert_eq!(name(&classify(&json!({}), "chat.direct", &level("critical"))), ("active", Some("critical")));
    let critical = json!({ "critical": true });
    assert_eq!(name(&classify(&critical, "call.invite", &json!({}))), ("active", Some("time-sensitive")));
    assert_eq!(name(&classify(&json!({}), "call.invite", &level("passive"))), ("passive", None));
    let class = classify(&json!({}), "chat.group", &json!({ "priority": 5 })).unwrap();
    assert_eq!((class.detail["priority"].as_u64(), class.urgent), (Some(5), false));
    let class = classify(&json!({}), "marketing", &json!({ "priority": 1 })).unwrap();
    assert_eq!(class.detail["priority"], 1);
}

#[test]
fn a_missing_right_is_refused_where_the_settings_say_so() {
    let refuse = json!({ "on_missing_right": "refuse" });
    let refusal = classify(&refuse, "call.invite", &json!({})).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
    assert!(refusal.rule.contains("time_sensitive"), "{}", refusal.rule);
    assert_eq!(name(&classify(&refuse, "chat.direct", &json!({}))), ("active", None));
}

#[test]
fn wrong_options_are_refused() {
    for (options, key) in [
        (json!({ "interruption_level": "urgent" }), "interruption_level"),
        (json!({ "priority": 7 }), "priority"),
        (json!({ "relevance_score": 1.1 }), "relevance_score"),
        (json!({ "relevance_score": -0.1 }), "relevance_score"),
        (json!({ "volume": 0.5 }), "volume"),
        (json!({ "badge": 1 }), "badge"),
    ] {
        let refusal = classify(&json!({}), "chat.direct", &options).unwrap_err();
        assert_eq!((refusal.reason, refusal.field), (Reason::BadOption, format!("options.apns.{key}")));
    }
}

#[test]
fn voip_tokens_get_voip_pushes_and_calls_alone() {
    let invite = job("call.invite").title("t").body("b");
    let mixed = json!([{ "token": "00", "type": "voip" }, { "token": "01" }]);
    let class = |settings: &Value, job: &push_testkit::jobs::JobBuilder| open(settings).unwrap().classify(&job.build());
    assert_eq!(name(&class(&json!({}), &invite.clone().token_type("voip"))), ("voip", None));
    let settings = json!({ "token_type": "voip", "time_sensitive": true });
    assert_eq!(name(&class(&settings, &invite)), ("voip", None));
    assert_eq!(name(&class(&settings, &invite.clone().token_type("alert"))), ("time-sensitive", None));
    assert_eq!(
        name(&class(&settings, &invite.set("targets", mixed.clone()))),
        ("voip", None),
        "the app's default is voip"
    );

    let cancel = job("call.cancel").title("t").body("b");
    assert_eq!(name(&class(&json!({}), &cancel.token_type("voip"))), ("voip", None));

    // A missed call is no call to report any more.
    let missed = job("call.missed").title("t").body("b");
    for shown in [chat(), missed.clone()] {
        let shown = shown.token_type("voip");
        let refusal = class(&json!({}), &shown).unwrap_err();
        assert_eq!((refusal.outcome, refusal.reason), (Outcome::Unsupported, Reason::NotPossible));
        assert_eq!(name(&class(&json!({ "voip": "all" }), &shown)), ("voip", None));
    }
    let none = class(&json!({ "voip": "none" }), &job("call.invite").data("{}").token_type("voip")).unwrap_err();
    assert_eq!((none.outcome, none.reason), (Outcome::Misconfigured, Reason::NoRight));

    // One target of each type: what cannot go as VoIP is refused alone.
    let app = app(&json!({}));
    for shown in [chat(), missed] {
        let both = shown.set("targets", mixed.clone()).build();
        assert!(call_to(app.as_ref(), &both, 1, later(0)).is_ok());
        assert_eq!(call_to(app.as_ref(), &both, 0, later(0)).unwrap_err().reason, Reason::NotPossible);
    }
}
