//! Two platforms in one app: which tokens, addresses and classes belong to which, and what is missing for one of them.

use push_contract::{Action, Authentication, Batch, Class, Job, Outcome, Push, Reason, Target};
use push_testkit::{jobs::JobBuilder, settings::overlaid};
use serde_json::{Value, json};

use crate::support::{app, batch, job, later, on_next, open, prepare, token};

fn chat() -> JobBuilder {
    job("chat.direct").title("Li Lei").body("See you at eight")
}

/// An app for both, whose targets are of Android unless they say otherwise.
fn both() -> Value {
    overlaid(on_next(), &json!({ "token_type": "android" }))
}

fn mixed(job: JobBuilder) -> Job {
    job.set(
        "targets",
        json!([{ "token": "A0" }, { "token": "N1", "type": "next" }, { "token": "A2", "type": "android" }]),
    )
    .build()
}

fn push(job: &Job, class: &Class, positions: Vec<usize>) -> Batch {
    let mut batch = batch(job, class.clone());
    batch.pushes = vec![Push { positions, ..batch.pushes.remove(0) }];
    batch
}

#[test]
fn each_platform_has_its_realm_and_its_token() {
    let app = app(&both());
    let target = |kind: Value| -> Target { serde_json::from_value(json!({ "token": "T", "type": kind })).unwrap() };
    assert_eq!(app.realm(&target(Value::Null)), "");
    assert_eq!(app.realm(&target("android".into())), "");
    assert_eq!(app.realm(&target("next".into())), "next");
    assert!(matches!(app.authentication("", later(0)), Authentication::Endpoint(_)));
    assert!(matches!(app.authentication("next", later(0)), Authentication::Token(_)));
    let one = open(&overlaid(both(), &json!({ "client_secret": "" }))).unwrap();
    for realm in ["", "next"] {
        assert!(matches!(one.authentication(realm, later(0)), Authentication::Token(_)), "{realm}");
    }
    let without = app_without_account();
    assert!(matches!(without.authentication("next", later(0)), Authentication::InRequest));
}

fn app_without_account() -> Box<dyn push_contract::App> {
    app(&json!({ "next_categories": ["IM"] }))
}

#[test]
fn the_parts_of_a_mixed_job_go_to_their_own_addresses() {
    let app = app(&both());
    let job = mixed(chat().notify("channel", "chats").data(r#"{"a":1}"#));
    let (class, fitted) = prepare(app.as_ref(), &job).unwrap();
    assert_eq!((class.name.as_str(), fitted.dropped), ("IM", vec!["channel".to_owned()]));
    let sent = |positions: Vec<usize>| {
        let call = app.encode(&push(&job, &class, positions), Some(&token()), later(0)).unwrap();
        let body: Value = serde_json::from_slice(call.request.body()).unwrap();
        (call.api, call.request.uri().path().to_owned(), body)
    };
    let (api, path, body) = sent(vec![0, 2]);
    assert_eq!((api, path.as_str()), ("send", "/v1/101234567/messages:send"));
    assert_eq!(body["message"]["token"], json!(["A0", "A2"]));
    let (api, path, body) = sent(vec![1]);
    assert_eq!((api, path.as_str()), ("send_next", "/v3/3158882/messages:send"));
    assert_eq!(body["target"]["token"], json!(["N1"]));
}

#[test]
fn a_mixed_jobs_rights_are_judged_for_each_platform() {
    let app = app(&overlaid(both(), &json!({ "next_categories": [], "on_missing_right": "refuse" })));
    let job = mixed(chat());
    let (class, _) = prepare(app.as_ref(), &job).expect("Android has the right");
    assert!(app.encode(&push(&job, &class, vec![0]), Some(&token()), later(0)).is_ok());
    let refusal = app.encode(&push(&job, &class, vec![1]), Some(&token()), later(0)).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
    assert!(refusal.rule.contains("next_categories"), "{}", refusal.rule);
}

#[test]
fn without_a_service_account_only_targets_of_harmonyos_next_are_refused() {
    let app = app_without_account();
    let refusal = app.classify(&chat().token_type("next").build()).unwrap_err();
    assert_eq!((refusal.outcome, refusal.field.as_str()), (Outcome::Misconfigured, "targets.type"));
    assert!(refusal.rule.contains("service account"), "{}", refusal.rule);
    let job = mixed(chat());
    let (class, _) = prepare(app.as_ref(), &job).expect("Android's targets can be sent to");
    assert!(app.encode(&push(&job, &class, vec![0, 2]), Some(&token()), later(0)).is_ok());
    let refusal = app.encode(&push(&job, &class, vec![1]), None, later(0)).unwrap_err();
    assert_eq!(refusal.verdict().action, Action::ClassMisconfigured);
    let warnings = app.warnings().join("\n");
    assert!(warnings.contains("without service_account_file"), "{warnings}");
}

#[test]
fn an_app_for_harmonyos_next_alone_needs_no_client() {
    let alone = overlaid(on_next(), &json!({ "client_id": "", "client_secret": "" }));
    let app = open(&alone).unwrap();
    let job = mixed(chat());
    let (class, _) = prepare(app.as_ref(), &job).expect("HarmonyOS NEXT can be sent to");
    assert!(app.encode(&push(&job, &class, vec![0]), Some(&token()), later(0)).is_ok(), "its default is next");
    let refusal = app.encode(&push(&job, &class, vec![2]), Some(&token()), later(0)).unwrap_err();
    assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::Misconfigured));
    assert!(app.classify(&chat().token_type("android").build()).is_err());
    assert_eq!(app.warnings(), Vec::<String>::new());

    let Err(error) = open(&overlaid(alone, &json!({ "service_account": "" }))) else { panic!("without a credential") };
    assert_eq!(error.key, "service_account");
}

#[test]
fn warnings_name_what_will_be_regretted() {
    let empty = overlaid(both(), &json!({ "next_categories": [], "next_in_app_call": false, "categories": [] }));
    let warnings = open(&empty).unwrap().warnings();
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].starts_with("categories is empty") && warnings[1].starts_with("next_categories is empty"));
    assert_eq!(app(&both()).warnings(), Vec::<String>::new());
}

#[test]
fn each_platform_draws_on_its_own_class() {
    let app = app(&overlaid(both(), &json!({ "categories": [], "next_categories": ["IM"] })));
    let job = mixed(chat().test());
    let class = app.classify(&job).unwrap();
    assert_eq!((class.name.as_str(), class.quota.as_deref()), ("MARKETING", Some("test")));
    let next = app.class_in("next", &job, &class).unwrap();
    assert_eq!((next.name.as_str(), next.quota.as_deref()), ("IM", Some("test_next")));
    assert_eq!(app.class_in("", &job, &class), None);
}

/// Of the two only Android knows urgency.
#[test]
fn a_call_to_both_loses_its_urgency_alone() {
    let app = app(&overlaid(both(), &json!({ "high_priority": true })));
    let job = mixed(job("call.invite").title("Li Lei").body("calls").collapse("c1", None));
    let class = app.classify(&job).unwrap();
    assert!(class.urgent, "{class:?}");
    let lesser = app.lesser(&job, &class).unwrap();
    assert_eq!((lesser.name.as_str(), lesser.urgent), ("VOIP", false));
    assert_eq!(app.lesser(&job, &lesser), None);
}

#[test]
fn what_is_too_large_for_one_platform_goes_to_the_other() {
    let app = app(&overlaid(both(), &json!({ "body_limit": 4096 })));
    let with = |bytes: usize| chat().body(&"x".repeat(bytes)).notify("tag", "t");
    let fits = |bytes: usize, kind: &str| prepare(app.as_ref(), &with(bytes).token_type(kind).build()).is_ok();
    let between = (3000..4096).find(|bytes| fits(*bytes, "android") && !fits(*bytes, "next"));
    let job = mixed(with(between.expect("HarmonyOS NEXT's frame is larger")));
    let (class, _) = prepare(app.as_ref(), &job).expect("Android's targets can be sent to");
    assert!(app.encode(&push(&job, &class, vec![0]), Some(&token()), later(0)).is_ok());
    let refusal = app.encode(&push(&job, &class, vec![1]), Some(&token()), later(0)).unwrap_err();
    assert_eq!(refusal.reason, Reason::PayloadTooLarge);
}

#[test]
fn an_own_scheme_opens_on_both() {
    let app = app(&both());
    let click = json!({ "action": "intent", "intent": "examplechat://chat/open?conv=1" });
    let job = mixed(chat().notify("click", click));
    let (class, fitted) = prepare(app.as_ref(), &job).unwrap();
    let action = |position: usize, pointer: &str| {
        let call = app.encode(&push(&job, &class, vec![position]), Some(&token()), later(0)).unwrap();
        let body: Value = serde_json::from_slice(call.request.body()).unwrap();
        body.pointer(pointer).cloned().unwrap()
    };
    let android = action(0, "/message/android/notification/click_action");
    assert_eq!(android, json!({ "type": 1, "intent": "intent://chat/open?conv=1#Intent;scheme=examplechat;end" }));
    assert_eq!(action(1, "/payload/notification/clickAction")["uri"], "examplechat://chat/open?conv=1");
    assert!(fitted.dropped.is_empty() && fitted.changed.is_empty(), "{fitted:?}");
}
