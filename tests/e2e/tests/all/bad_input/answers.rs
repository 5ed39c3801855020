//! Answers that no vendor documents: what each means for a push that may be repeated and for one that must not double,
//! and that none of it fills the memory or the log.

use push_e2e::Stage;
use serde_json::{Value, json};

use super::{MARKER, counted, marked, nothing_leaked, receipt, verdicts};

/// What becomes of a push whose first call meets a fault.
#[derive(Clone, Copy, PartialEq)]
enum Then {
    /// The answer was good enough.
    Taken,
    /// Surely not taken: both kinds are sent again.
    Again,
    /// Taken or not, nobody knows: what may be repeated is, the other ends `unknown` for this reason.
    Doubt(&'static str),
}

fn faults() -> Vec<(&'static str, Value, Then)> {
    let (unreadable, lost) = (Then::Doubt("answer_unreadable"), Then::Doubt("answer_lost"));
    let body = |text: &str| json!({"do": "body", "text": text, "accepted": true});
    let status = |status: u16, body: &str| json!({"do": "status", "status": status, "body": body});
    vec![
        ("huge", json!({"do": "huge"}), unreadable),
        ("gzip", json!({"do": "gzip"}), unreadable),
        ("called-gzip", json!({"do": "gzip", "garbage": true}), Then::Taken),
        ("empty", body(""), unreadable),
        ("html", body(&format!("<html>{MARKER}</html>")), unreadable),
        ("cut", body(r#"{"code":"80000000","msg":"Suc"#), unreadable),
        ("number", body(r#"{"code":80000000,"msg":"Success"}"#), unreadable),
        ("list", body("[]"), unreadable),
        ("slow", json!({"do": "slow_bytes", "ms": 100}), lost),
        ("hang", json!({"do": "hang"}), lost),
        ("reset", json!({"do": "reset_after"}), lost),
        ("reset-first", json!({"do": "reset_before"}), lost),
        ("gateway-timeout", status(504, "<html>timeout</html>"), lost),
        ("unlisted", json!({"do": "code", "code": "81999999"}), Then::Again),
        ("error", status(500, &format!("<html>{MARKER}</html>")), Then::Again),
        ("teapot", status(418, ""), Then::Again),
        ("moved", json!({"do": "redirect", "to": "/huawei/v1/101/messages:send", "status": 307}), Then::Again),
        ("found", json!({"do": "redirect", "to": "http://127.0.0.1:1/"}), Then::Again),
    ]
}

const KINDS: [&str; 2] = ["chat.direct", "marketing"];

#[tokio::test(flavor = "multi_thread")]
async fn every_strange_answer_has_its_one_meaning() {
    let stage = Stage::shared().await;
    // So many faults at once would open the breaker, which has tests of its own.
    let worker =
        stage.huawei().env("PUSH__CALLS__TIMEOUT_MS", "1500").env("PUSH__BREAKER__CALLS", "1000").start().unwrap();
    stage.ready(&worker).await;
    let all = faults();
    for (name, fault, _) in &all {
        for kind in KINDS {
            let id = format!("{name}.{kind}");
            let order = json!({"vendor": "huawei", "api": "send", "token_prefix": super::token(&id), "count": 1, "fault": fault});
            stage.sim.fault(&order).await.unwrap();
            stage.publish(&marked(&stage, &id).set("kind", kind)).await;
        }
    }
    for (name, _, then) in &all {
        for kind in KINDS {
            let id = format!("{name}.{kind}");
            stage.settled(&id, 1).await;
            let told = receipt(&stage, &id);
            let (attempt, doubt) = (told["attempt"].as_u64().unwrap(), told["results"][0]["doubt"] == true);
            let found = (verdicts(&stage, &id).remove(0), attempt, doubt);
            let taken = |attempt, doubt| (["accepted".to_owned(), "ok".to_owned()], attempt, doubt);
            let wanted = match (then, kind) {
                (Then::Taken, _) => taken(0, false),
                (Then::Again, _) => taken(1, false),
                (Then::Doubt(_), "chat.direct") => taken(1, true),
                (Then::Doubt(reason), _) => (["unknown".to_owned(), (*reason).to_owned()], 0, false),
            };
            assert_eq!(found, wanted, "{id}");
        }
    }
    let lost = all.iter().filter(|(name, ..)| ["slow", "hang", "reset", "reset-first"].contains(name)).count();
    counted(&worker, "push_vendor_calls_total", &[("app", "chat"), ("result", "lost")], 2.0 * lost as f64).await;
    let unlisted = [("app", "chat"), ("code", "other")];
    counted(&worker, "push_vendor_codes_total", &unlisted, 2.0).await;
    nothing_leaked(&worker).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_endpoint_that_answers_nonsense_costs_no_attempt() {
    let stage = Stage::shared().await;
    let worker =
        stage.huawei().env("PUSH__CALLS__TIMEOUT_MS", "500").env("PUSH__BREAKER__CALLS", "1000").start().unwrap();
    stage.ready(&worker).await;
    for fault in [
        json!({"do": "huge"}),
        json!({"do": "body", "text": format!("<html>{MARKER}</html>"), "accepted": false}),
        json!({"do": "body", "text": r#"{"access_token":"a\nb","expires_in":3600}"#, "accepted": false}),
        json!({"do": "redirect", "to": "http://127.0.0.1:1/"}),
        json!({"do": "hang_before"}),
    ] {
        let order = json!({"vendor": "huawei", "app": "chat", "api": "token", "count": 1, "fault": fault});
        stage.sim.fault(&order).await.unwrap();
    }
    stage.publish(&marked(&stage, "chat")).await;
    stage.publish(&marked(&stage, "ad").set("kind", "marketing")).await;
    // The other app has its own token and does not wait.
    stage.publish(&marked(&stage, "other").app("shop")).await;
    for id in ["other", "chat", "ad"] {
        assert_eq!(stage.settled(id, 1).await[&0], "accepted");
        assert_eq!(receipt(&stage, id)["attempt"], 0, "{id}");
    }
    counted(&worker, "push_credential_fetches_total", &[("app", "chat"), ("result", "failed")], 5.0).await;
    counted(&worker, "push_credential_fetches_total", &[("app", "chat"), ("result", "ok")], 1.0).await;
    nothing_leaked(&worker).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_of_many_megabytes_are_not_held() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().env("PUSH__BREAKER__CALLS", "1000").start().unwrap();
    stage.ready(&worker).await;
    let jobs: Vec<_> = (0..CALLS).map(|n| marked(&stage, &format!("ad-{n}")).set("kind", "marketing")).collect();
    let huge = json!({"vendor": "huawei", "api": "send", "fault": {"do": "huge", "bytes": ANSWER}});
    stage.sim.fault(&huge).await.unwrap();
    let before = worker.memory().unwrap().peak_bytes;
    stage.publish_all(&jobs).await;
    for n in 0..CALLS {
        assert_eq!(stage.settled(&format!("ad-{n}"), 1).await[&0], "unknown");
    }
    let peak = worker.memory().unwrap().peak_bytes;
    assert!(peak - before < CALLS as u64 * ANSWER / 4, "{} MiB, {} MiB before", peak >> 20, before >> 20);
    stage.judge().await;
}

const CALLS: usize = 30;
/// Bytes of each answer: together several times what the worker may hold.
const ANSWER: u64 = 16 << 20;
