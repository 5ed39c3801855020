//! A producer repeats a job; a job's time is over before its fate is known.

use std::time::Duration;

use push_contract::Timestamp;
use push_e2e::{PATIENCE, Stage};
use serde_json::json;

use super::{
    duplicates, ended, hold_answers, idle, passed, reaches, release_answers, stopped, store::Store, taken, told,
};

/// Long enough for a call and short enough to wait for its end.
const SOON: Duration = Duration::from_secs(6);

/// `verdict`: every outcome is recorded through a claim first, so that a repeat meets what is settled already.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_after_the_expiry_is_a_duplicate() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("list").start().unwrap();
    stage.ready(&worker).await;
    let ends = Timestamp::now().plus(SOON);
    let jobs = ["chat.direct", "marketing"].map(|kind| stage.job(kind, kind).expires_at(ends));
    stage.publish_all(&jobs).await;
    for id in ["chat.direct", "marketing"] {
        assert_eq!(stage.settled(id, 1).await[&0], "accepted", "{id}");
    }
    passed(ends).await;
    stage.publish_all(&jobs).await;
    let both = |receipts: &[serde_json::Value]| receipts.iter().filter(|r| r["notice"] == "duplicate_of").count() == 2;
    stage.receipts.wait_until(PATIENCE, both).await.unwrap();
    idle(&worker).await;
    for id in ["chat.direct", "marketing"] {
        assert_eq!(duplicates(&stage, id), 1, "{id}");
        let told = told(&stage, id, 0);
        assert!(told.iter().all(|result| result["outcome"] == "accepted"), "{told:?}");
        assert_eq!(taken(&stage, id).await, 1, "{id}");
    }
    stage.judge().await;
}

/// `busygen`: a copy that waits for a living worker stays in its generation, where the record will answer it.
#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_that_meets_a_living_claim_waits_as_the_same_copy() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("list").start().unwrap();
    stage.ready(&worker).await;
    hold_answers(&stage).await;
    let jobs = ["chat.direct", "marketing"].map(|kind| stage.job(kind, kind));
    stage.publish_all(&jobs).await;
    stage.sim_wait("parcel", "held", 2).await;
    stage.publish_all(&jobs).await;
    stage.client.wait_count("push.wait.parcel.5s", PATIENCE, |waiting| waiting == 2).await.unwrap();
    for copy in stage.client.peek("push.wait.parcel.5s", 2).await.unwrap() {
        let header = |name: &str| &copy.headers[name];
        assert_eq!((header("x-push-gen"), header("x-push-attempt")), (&json!(0), &json!(0)), "{copy:?}");
        assert_eq!(header("x-push-again"), &json!(true), "{copy:?}");
    }
    release_answers(&stage).await;
    for id in ["chat.direct", "marketing"] {
        assert_eq!(stage.settled(id, 1).await[&0], "accepted", "{id}");
    }
    // Of each job: the message that was sent, its repeat that found it busy, and the copy of that.
    reaches(&worker, "push_jobs_settled_total", &[], 6.0).await;
    reaches(&worker, "push_duplicates_total", &[("how", "busy")], 2.0).await;
    idle(&worker).await;
    for id in ["chat.direct", "marketing"] {
        assert_eq!(taken(&stage, id).await, 1, "{id}");
        let told = told(&stage, id, 0);
        assert!(told.iter().all(|result| result["outcome"] == "accepted"), "{told:?}");
        assert!(duplicates(&stage, id) <= 1, "{id}");
    }
    stage.judge().await;
}

/// `doubt`: whoever repeats a target remembers that its first answer was lost.
#[tokio::test(flavor = "multi_thread")]
async fn an_answer_lost_before_the_expiry_ends_unknown() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("list").env("PUSH_PROBE", "copy_published:stop").start().unwrap();
    stage.ready(&worker).await;
    let lost = json!({"vendor": "parcel", "api": "one", "count": 1, "fault": {"do": "reset_after"}});
    stage.sim.fault(&lost).await.unwrap();
    let ends = Timestamp::now().plus(SOON);
    stage.publish(&stage.job("chat.direct", "late").expires_at(ends)).await;
    let at = stopped(&worker).await;
    passed(ends).await;
    worker.cont().unwrap();
    stage.fault("freeze", at);
    assert_eq!(stage.settled("late", 1).await[&0], "unknown");
    idle(&worker).await;
    let told = told(&stage, "late", 0);
    assert_eq!((told.len(), &told[0]["doubt"]), (1, &json!(true)), "{told:?}");
    assert_eq!(stage.sim.counts("parcel").await.unwrap()["targets"], 1, "asked once, before its time was over");
    stage.judge().await;
}

/// `verdict` again: the vendor took the push, nobody heard of it, and its time is over when the next worker looks.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_on_the_wire_at_a_kill_and_expired_since_ends_unknown() {
    let stage = Stage::shared().await;
    Store::of(&stage).await.age().await;
    let spec = stage.parcel("list").env("PUSH__CLAIMS__FENCE_MS", "500").env("PUSH__CLAIMS__DEAD_AFTER_MS", "2000");
    let first = spec.clone().env("PUSH_PROBE", "written:abort").start().unwrap();
    stage.ready(&first).await;
    let ends = Timestamp::now().plus(SOON);
    stage.publish(&stage.job("marketing", "late").expires_at(ends)).await;
    stage.fault("kill", ended(&first).await);
    passed(ends).await;
    let second = spec.start().unwrap();
    stage.ready(&second).await;
    assert_eq!(stage.settled("late", 1).await[&0], "unknown");
    idle(&second).await;
    assert_eq!(taken(&stage, "late").await, 1);
    stage.judge().await;
}
