//! Pushes over a real connection: TLS, HTTP/2, the simulator's rules, the worker's transport.

use std::time::Duration;

use push_contract::{
    Action, App, Authentication, Call, Connection, Next, Reason, Timestamp, Token, Vendor, Verdict, wire,
};
use push_fcm::Fcm;
use push_sim::Sim;
use push_testkit::settings::overlaid;
use push_worker::transport::{Sent, Transport};
use serde_json::{Value, json};

use crate::support::{DEVICE, batch, job, key_file, prepare, settings};

const PATIENCE: Duration = Duration::from_secs(20);

/// A simulator with an app, that app here, its transport and its token.
struct Wire {
    sim: Sim,
    app: Box<dyn App>,
    transport: Transport,
    token: Option<Token>,
}

impl Wire {
    async fn open(more: &Value) -> Self {
        let sim = Sim::start(([127, 0, 0, 1], 0).into(), None).await.unwrap();
        let base = format!("https://{}/fcm", sim.tls_address());
        let base = json!({ "send_url": base, "token_url": format!("{base}/token"), "authorities": sim.authority_pem(),
                           "connections": 1 });
        let app = Fcm.open("chat", &overlaid(settings(&base), more)).unwrap();
        let transport = Transport::new(PATIENCE, PATIENCE, &app.connection()).unwrap();
        let mut wire = Self { sim, app, transport, token: None };
        let app = json!({ "vendor": "fcm", "app": "chat", "service_account": key_file().to_string() });
        wire.control("apps", &app).await;
        wire.token = wire.fetch().await;
        wire
    }

    /// A token from the endpoint.
    async fn fetch(&self) -> Option<Token> {
        let Authentication::Endpoint(call) = self.app.authentication("", Timestamp::now()) else { return None };
        match self.transport.send(*call).await {
            Sent::Answer(answer) => Some(self.app.read_credential(&answer).unwrap()),
            Sent::NotSent(_) | Sent::Lost(_) => None,
        }
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

    async fn push(&self, token: &str) -> Verdict {
        let now = Timestamp::now();
        let job = job("chat.direct").tokens([token]).title("Alice").body("hi").created_at(now).build();
        let (class, _) = prepare(self.app.as_ref(), &job).unwrap();
        let batch = batch(&job, class, 0);
        let call = self.app.encode(&batch, self.token.as_ref(), now).unwrap();
        let answer = match self.transport.send(call).await {
            Sent::Answer(answer) => answer,
            Sent::NotSent(_) => return Verdict::new(Action::Unavailable, Reason::NotSent),
            Sent::Lost(_) => return Verdict::new(Action::Unknown, Reason::AnswerLost),
        };
        match self.app.decode(&batch, None, self.token.as_ref(), &answer) {
            Next::Done(mut verdicts) => verdicts.remove(0),
            other => panic!("goes on: {other:?}"),
        }
    }
}

#[tokio::test]
async fn pushes_arrive_over_tls_and_http_2() {
    let mut wire = Wire::open(&json!({})).await;
    let taken = wire.push(DEVICE).await;
    assert!(taken.action == Action::Accepted && taken.vendor_id.is_some(), "{taken:?}");
    for (token, reason) in [
        ("dead-1", Reason::TokenUnregistered),
        ("malformed-1", Reason::TokenMalformed),
        ("foreign-1", Reason::TokenWrongApp),
    ] {
        assert_eq!(wire.push(token).await.reason, reason, "{token}");
    }
    assert!(matches!(wire.push("busy-1-a").await.action, Action::DeviceBusy { until: Some(_) }));
    assert_eq!(wire.push("busy-1-a").await.action, Action::Accepted);
    assert_eq!(wire.push("ios-1").await.action, Action::ClassMisconfigured);
    // Many at once: the token's call has warmed the connection.
    let many = (0..200).map(|n| format!("token-{n}")).collect::<Vec<_>>();
    let verdicts = futures_util::future::join_all(many.iter().map(|token| wire.push(token))).await;
    assert!(verdicts.iter().all(|verdict| verdict.action == Action::Accepted), "{verdicts:?}");

    wire.control("expire", &json!({ "vendor": "fcm", "app": "chat" })).await;
    assert_eq!(wire.push(DEVICE).await.action, Action::CredentialStale);
    wire.token = wire.fetch().await;
    assert_eq!(wire.push(DEVICE).await.action, Action::Accepted);
    wire.control("suspend", &json!({ "vendor": "fcm", "app": "chat", "on": true })).await;
    assert_eq!(wire.push(DEVICE).await.action, Action::AppMisconfigured);
}

#[tokio::test]
async fn faults_end_in_what_is_known() {
    let wire = Wire::open(&json!({})).await;
    let fault = |fault: Value| json!({ "vendor": "fcm", "count": 1, "fault": fault });
    for (order, action) in [
        (json!({ "do": "code", "code": "UNAVAILABLE", "headers": { "retry-after": "30" } }), "slow_down"),
        (json!({ "do": "code", "code": "RATE_LIMIT_EXCEEDED" }), "slow_down"),
        (json!({ "do": "code", "code": "QUOTA_EXCEEDED" }), "device_busy"),
        (json!({ "do": "status", "status": 502, "body": "<html>" }), "unavailable"),
        (json!({ "do": "reset_after", "h2": 2 }), "unknown"),
        (json!({ "do": "goaway" }), "accepted"),
        (json!({ "do": "body", "text": "{}", "accepted": true }), "unknown"),
    ] {
        wire.control("faults", &fault(order.clone())).await;
        assert_eq!(wire.push(DEVICE).await.action.as_str(), action, "{order}");
        assert_eq!(wire.push(DEVICE).await.action, Action::Accepted, "the next goes on after {order}");
    }
}

#[tokio::test]
async fn an_authority_that_nobody_named_is_not_trusted() {
    let wire = Wire::open(&json!({ "authorities": null })).await;
    assert!(wire.token.is_none());
}
