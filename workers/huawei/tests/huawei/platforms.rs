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
