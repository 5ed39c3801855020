//! Categories by kind, channels and overrides (section 6).

use push_contract::{Class, Kind, Outcome, Reason, Refusal, Vendor};
use push_xiaomi::Xiaomi;
use serde_json::{Value, json};

use crate::support::{app, chat, field, job, open};

fn classify(settings: &Value, kind: &str, options: &Value) -> Result<Class, Refusal> {
    open(settings).unwrap().classify(&job(kind).title("t").body("b").options("xiaomi", options.clone()).build())
}

fn name(class: &Result<Class, Refusal>) -> (&str, Option<&str>) {
    let class = class.as_ref().unwrap();
    (&class.name, class.degraded_from.as_deref())
}

/// Kind, category, its channel in the golden app.
const TABLE: [(&str, &str, &str); 19] = [
    ("chat.direct", "IM", "138001"),
    ("chat.group", "IM", "138001"),
    ("chat.mention", "IM", "138001"),
    ("call.invite", "CALL", "138002"),
    ("call.cancel", "CALL", "138002"),
    ("call.missed", "CALL", "138002"),
    ("social.request", "FRIEND_REQUEST", "138003"),
    ("social.interaction", "PUBLIC", "138010"),
    ("account.security", "ACCOUNT", "138004"),
    ("account.status", "ACCOUNT", "138004"),
    ("order.update", "ORDER", "138005"),
    ("payment.update", "ASSETS", "138006"),
    ("reminder.calendar", "SCHEDULE", "138007"),
    ("reminder.device", "DEVICE", "138008"),
    ("mail.new", "MAIL", "138009"),
    ("subscription.update", "SUBSCRIPTION", "138011"),
    ("news", "PUBLIC", "138010"),
    ("content", "PUBLIC", "138010"),
    ("marketing", "PUBLIC", "138010"),
];

#[test]
fn every_kind_has_its_channel_with_the_right_and_another_without() {
    assert_eq!(TABLE.map(|row| row.0).to_vec(), Kind::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>());
    let full = app(&json!({}));
    let public = open(&json!({ "channels": { "PUBLIC": { "id": "9" } } })).unwrap();
    let bare = open(&json!({})).unwrap();
    for ((kind, category, channel), row) in TABLE.into_iter().zip(Xiaomi.classes()) {
        let builder = job(kind).title("t").body("b");
        let job = builder.build();
        let class = full.classify(&job).unwrap();
        assert_eq!((class.name.as_str(), &class.degraded_from), (category, &None), "{kind}");
        assert_eq!((row.class.as_str(), row.without.as_str()), (category, "DEFAULT"), "{kind}");
        assert_eq!(field(full.as_ref(), &builder, "extra.channel_id").as_deref(), Some(channel), "{kind}");
        let quota = (category == "PUBLIC").then_some("public");
        assert_eq!((class.quota.as_deref(), class.repeatable), (quota, job.kind.repeatable()), "{kind}");
        let class = public.classify(&job).unwrap();
        let from = (category != "PUBLIC").then_some(category);
        assert_eq!((class.name.as_str(), class.degraded_from.as_deref()), ("PUBLIC", from), "{kind}");
        assert_eq!(class.quota.as_deref(), Some("public"), "{kind}");
        let class = bare.classify(&job).unwrap();
        assert_eq!((class.name.as_str(), class.degraded_from.as_deref()), ("DEFAULT", Some(category)), "{kind}");
        assert_eq!(class.quota.as_deref(), Some("default"), "{kind}");
        assert_eq!(field(bare.as_ref(), &builder, "extra.channel_id"), None, "{kind}");
    }
}

#[test]
fn a_missing_right_is_refused_where_the_settings_say_so() {
    let refuse = json!({ "on_missing_right": "refuse", "channels": { "IM": { "id": "1" }, "PUBLIC": { "id": "2" } } });
    let refusal = classify(&refuse, "order.update", &json!({})).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
    assert!(refusal.rule.contains("ORDER"), "{}", refusal.rule);
    assert_eq!(name(&classify(&refuse, "chat.direct", &json!({}))), ("IM", None));
    assert!(classify(&refuse, "mail.new", &json!({})).is_err());
    assert_eq!(name(&classify(&refuse, "mail.new", &json!({ "category": "PUBLIC" }))), ("PUBLIC", None));
    assert_eq!(name(&classify(&refuse, "chat.direct", &json!({ "category": "DEFAULT" }))), ("DEFAULT", None));
}

#[test]
fn a_kinds_own_channel_goes_first() {
    let channels = json!({ "IM": { "id": "1" }, "chat.group": { "id": "2" }, "marketing": { "id": "3" } });
    let app = open(&json!({ "channels": channels })).unwrap();
    let sent = |kind: &str, options: Value| {
        let job = job(kind).title("t").body("b").options("xiaomi", options);
        (app.classify(&job.build()).unwrap().name, field(app.as_ref(), &job, "extra.channel_id").unwrap_or_default())
    };
    let pair = |name: &str, id: &str| (name.to_owned(), id.to_owned());
    assert_eq!(sent("chat.direct", json!({})), pair("IM", "1"));
    assert_eq!(sent("chat.group", json!({})), pair("IM", "2"));
    assert_eq!(sent("chat.group", json!({ "category": "IM" })), pair("IM", "2"));
    assert_eq!(sent("marketing", json!({})), pair("PUBLIC", "3"));
    // Another kind's channel is not a way out, and neither is that of a kind for another category.
    assert_eq!(sent("news", json!({})), pair("DEFAULT", ""));
    assert_eq!(sent("chat.group", json!({ "category": "ORDER" })), pair("DEFAULT", ""));
}

#[test]
fn a_job_may_name_a_channel_of_the_settings_and_no_other() {
    let app = app(&json!({}));
    let by_channel = job("news").title("t").body("b").notify("channel", "138005");
    let class = app.classify(&by_channel.build()).unwrap();
    assert_eq!((class.name.as_str(), class.degraded_from, class.quota), ("ORDER", None, None));
    assert!(app.fit(&by_channel.build(), &app.classify(&by_channel.build()).unwrap()).unwrap().dropped.is_empty());
    let stranger = chat().notify("channel", "messages").build();
    let class = app.classify(&stranger).unwrap();
    assert_eq!((class.name.as_str(), app.fit(&stranger, &class).unwrap().dropped), ("IM", vec!["channel".to_owned()]));
}

#[test]
fn unknown_and_wrong_options_are_refused_by_name() {
    let refused = |options: Value| {
        let refusal = classify(&json!({}), "chat.direct", &options).unwrap_err();
        assert_eq!((refusal.outcome, refusal.reason), (Outcome::Rejected, Reason::BadOption));
        assert!(!refusal.to_string().contains("secret"), "{refusal}");
        refusal.field
    };
    for (options, key) in [
        (json!({ "categry": "IM" }), "categry"),
        (json!({ "category": "im-secret" }), "category"),
        (json!({ "extra": { "model": "a" } }), "extra"),
    ] {
        assert_eq!(refused(options), format!("options.xiaomi.{key}"));
    }
}

#[test]
fn jobs_share_a_call_by_channel_if_they_have_one_target_and_no_hurry() {
    let app = app(&json!({}));
    let key = |kind: &str, targets: usize| {
        let job = job(kind).title("t").body("b").targets(targets).build();
        app.gather_key(&job, &app.classify(&job).unwrap())
    };
    assert_eq!(key("chat.direct", 1), key("chat.group", 1));
    assert!(key("chat.direct", 1).is_some() && key("news", 1).is_some());
    assert_ne!(key("chat.direct", 1), key("order.update", 1));
    assert_eq!((key("chat.direct", 2), key("call.invite", 1), key("account.security", 1)), (None, None, None));
    assert_eq!((app.call_limits().targets, app.call_limits().jobs), (1000, 200));
    for alone in [json!({ "gather_jobs": 1 }), json!({ "packages": ["com.a", "com.b"] })] {
        let alone = crate::support::app(&alone);
        let chat = chat().build();
        assert_eq!(alone.call_limits().jobs, 1);
        assert_eq!(alone.gather_key(&chat, &alone.classify(&chat).unwrap()), None);
    }
}

/// Each class that the vendor refuses leads further down, never back to one that was refused.
#[test]
fn a_refused_channel_leads_down_to_none() {
    let channels =
        json!({ "chat.group": { "id": "1" }, "IM": { "id": "2" }, "PUBLIC": { "id": "3" }, "ORDER": { "id": "4" } });
    let app = open(&json!({ "channels": channels })).unwrap();
    let job = job("chat.group").title("t").body("b").build();
    let mut class = app.classify(&job).unwrap();
    let mut way = vec![class.detail.clone()];
    while let Some(lesser) = app.lesser(&job, &class).filter(|_| way.len() < 9) {
        way.push(lesser.detail.clone());
        class = lesser;
    }
    assert_eq!(way, [json!("chat.group"), json!("IM"), json!("PUBLIC"), Value::Null]);
}
