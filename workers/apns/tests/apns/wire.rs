//! Pushes over a real connection: TLS, HTTP/2, the simulator's rules, the worker's transport.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use push_apns::Apns;
use push_contract::{
    Action, App, Authentication, Call, Connection, Next, Reason, Timestamp, Token, Vendor, Verdict, wire,
};
use push_sim::Sim;
use push_worker::transport::{Sent, Transport};
use serde_json::{Value, json};

use crate::support::{DEVICE, KEY, batch, job, prepare, settings};

const PATIENCE: Duration = Duration::from_secs(20);

/// A simulator with an app, that app here, and its transport.
struct Wire {
    sim: Sim,
    app: Box<dyn App>,
    transport: Transport,
}

impl Wire {
    async fn open(registration: &Value, more: &Value) -> Self {
        let sim = Sim::start(([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let mut body = json!({ "vendor": "apns", "app": "chat", "bundle_id": "com.example.chat" });
        body.as_object_mut().unwrap().extend(registration.as_object().unwrap().clone());
        let base = json!({ "production_url": format!("https://{}/apns", sim.tls_address()),
                           "authorities": sim.authority_pem(), "connections": 1 });
        let app = Apns.open("chat", &push_testkit::settings::overlaid(settings(&base), more)).unwrap();
        let transport = Transport::new(PATIENCE, PATIENCE, &app.connection()).unwrap();
        let wire = Self { sim, app, transport };
        wire.control("apps", &body).await;
        wire
    }

    async fn keyed() -> Self {
        Self::open(&json!({ "team_id": "DEF123GHIJ", "key_id": "ABC123DEFG", "key": KEY }), &json!({})).await
    }

    /// Control is plain HTTP/1.1.
    async fn control(&self, path: &str, body: &Value) {
        let plain = Transport::new(PATIENCE, PATIENCE, &Connection::default()).unwrap();
        let address = format!("http://{}/control/{path}", self.sim.address()).parse().unwrap();
        let request = wire::post(&address, wire::JSON, body.to_string());
        let call = Call { api: "control", request, commits: false, memo: None };
        match plain.send(call).await {
            Sent::Answer(answer) if answer.status == 200 => {}
            other => panic!("{path}: {other:?}"),
        }
    }

    fn provider_token(&self) -> Option<Token> {
        match self.app.authentication("", Timestamp::now()) {
            Authentication::Token(token) => Some(token),
            _ => None,
        }
    }

    async fn push(&self, token: &str) -> Verdict {
        self.push_with(token, self.provider_token()).await
    }

    async fn push_with(&self, token: &str, provider_token: Option<Token>) -> Verdict {
        let now = Timestamp::now();
        let job = job("chat.direct").tokens([token]).title("Alice").body("hi").created_at(now).build();
        let (class, _) = prepare(self.app.as_ref(), &job).unwrap();
        let batch = batch(&job, class, 0);
        let call = self.app.encode(&batch, provider_token.as_ref(), now).unwrap();
        let answer = match self.transport.send(call).await {
            Sent::Answer(answer) => answer,
            Sent::NotSent(_) => return Verdict::new(Action::Unavailable, Reason::NotSent),
            Sent::Lost(_) => return Verdict::new(Action::Unknown, Reason::AnswerLost),
        };
        match self.app.decode(&batch, None, provider_token.as_ref(), &answer) {
            Next::Done(mut verdicts) => verdicts.remove(0),
            other => panic!("goes on: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_push_arrives_over_tls_and_http_2() {
    let wire = Wire::keyed().await;
    assert_eq!(wire.push(DEVICE).await.action, Action::Accepted);
    let gone = wire.push("deadbeef").await;
    assert!(matches!(gone.action, Action::DeviceGone { invalid_since: Some(_) }), "{gone:?}");
    // Many at once: the first was answered, so the connection is warm.
    let many = (0..200).map(|n| format!("{n:064x}")).collect::<Vec<_>>();
    let verdicts = futures_util::future::join_all(many.iter().map(|token| wire.push(token))).await;
    assert!(verdicts.iter().all(|verdict| verdict.action == Action::Accepted), "{verdicts:?}");
}

#[tokio::test]
async fn a_cold_connection_takes_many_at_once() {
    let wire = Wire::keyed().await;
    let many = (0..200).map(|n| format!("{n:064x}")).collect::<Vec<_>>();
    let verdicts = futures_util::future::join_all(many.iter().map(|token| wire.push(token))).await;
    assert!(verdicts.iter().all(|verdict| verdict.action == Action::Accepted), "{verdicts:?}");
}

#[tokio::test]
async fn what_was_not_processed_is_sent_again_and_what_may_have_been_is_not() {
    let wire = Wire::keyed().await;
    assert_eq!(wire.push(DEVICE).await.action, Action::Accepted);
    let fault = |fault: Value| json!({ "vendor": "apns", "count": 1, "fault": fault });
    // REFUSED_STREAM: the client sends it again by itself.
    wire.control("faults", &fault(json!({ "do": "reset_before", "h2": 7 }))).await;
    assert_eq!(wire.push(DEVICE).await.action, Action::Accepted);
    for reset in [json!({ "do": "reset_after", "h2": 2 }), json!({ "do": "reset_after" })] {
        wire.control("faults", &fault(reset)).await;
        assert_eq!(wire.push(DEVICE).await.reason, Reason::AnswerLost);
        assert_eq!(
            wire.push(DEVICE).await.action,
            Action::Accepted,
            "the next goes on, over a new connection if need be"
        );
    }
    wire.control("faults", &fault(json!({ "do": "goaway" }))).await;
    for _ in 0..3 {
        assert_eq!(wire.push(DEVICE).await.action, Action::Accepted, "a connection that says goodbye loses nothing");
    }
}

#[tokio::test]
async fn a_token_made_stale_is_replaced_by_a_newer_one_over_a_new_connection() {
    let wire = Wire::keyed().await;
    let first = wire.provider_token();
    let push = |token: &Option<Token>| wire.push_with(DEVICE, token.clone());
    assert_eq!(push(&first).await.action, Action::Accepted);
    wire.control("expire", &json!({ "vendor": "apns", "app": "chat" })).await;
    let spoilt = wire.transport.lines();
    assert_eq!(push(&first).await.action, Action::CredentialStale);
    let second = wire.provider_token();
    assert_eq!(push(&second).await.action, Action::CredentialStale, "the connection carried the stale one");
    let forgotten = AtomicUsize::new(0);
    let forget = || {
        forgotten.fetch_add(1, Ordering::Relaxed);
    };
    wire.transport.replace(&spoilt, forget);
    assert_eq!(push(&second).await.action, Action::Accepted);
    let lines = wire.transport.lines();
    wire.transport.replace(&spoilt, forget);
    assert_eq!(forgotten.into_inner(), 1, "the second token is good");
    assert!(Arc::ptr_eq(&lines, &wire.transport.lines()), "who hears of it later changes nothing");
}

#[tokio::test]
async fn a_client_certificate_stands_for_a_token() {
    let (certificate, key) = (include_str!("client.pem"), include_str!("client.key.pem"));
    let both = json!({ "auth": "certificate", "certificate": format!("{certificate}{key}"), "key": null });
    let wire = Wire::open(&json!({ "certificate": certificate }), &both).await;
    assert_eq!(wire.push(DEVICE).await.action, Action::Accepted);
    let another = Wire::open(&json!({ "team_id": "DEF123GHIJ", "key_id": "ABC123DEFG", "key": KEY }), &both).await;
    let refused = another.push(DEVICE).await;
    assert_eq!((refused.action, refused.code.as_deref()), (Action::AppMisconfigured, Some("BadCertificate")));
}

#[tokio::test]
async fn an_authority_that_nobody_named_is_not_trusted() {
    let registration = json!({ "team_id": "DEF123GHIJ", "key_id": "ABC123DEFG", "key": KEY });
    let wire = Wire::open(&registration, &json!({ "authorities": null })).await;
    assert_eq!(wire.push(DEVICE).await.reason, Reason::NotSent);
}
