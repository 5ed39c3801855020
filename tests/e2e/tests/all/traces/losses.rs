//! The store comes back empty.

use push_e2e::{PATIENCE, Stage, now};
use serde_json::json;

use super::{copies, duplicates, hold_answers, idle, reaches, release_answers, stopped, store::Store, taken, told};

/// `absent`: an outcome is written though the store has forgotten the claim, for the call was ours.
#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_is_recorded_though_the_store_forgot_the_claim() {
    let stage = Stage::shared().await;
    let mut store = Store::of(&stage).await;
    let worker = stage.parcel("list").start().unwrap();
    stage.ready(&worker).await;
    hold_answers(&stage).await;
    let jobs = ["chat.direct", "marketing"].map(|kind| stage.job(kind, kind));
    stage.publish_all(&jobs).await;
    stage.sim_wait("parcel", "held", 2).await;
    let at = now();
    store.wipe().await;
    stage.fault("store_lost", at);
    release_answers(&stage).await;
    for id in ["chat.direct", "marketing"] {
        assert_eq!(stage.settled(id, 1).await[&0], "accepted", "{id}");
    }
    // And it is a record like any other: a repeat meets it.
    stage.publish_all(&jobs).await;
    let both = |receipts: &[serde_json::Value]| receipts.iter().filter(|r| r["notice"] == "duplicate_of").count() == 2;
    stage.receipts.wait_until(PATIENCE, both).await.unwrap();
    idle(&worker).await;
    for id in ["chat.direct", "marketing"] {
        let told = told(&stage, id, 0);
        assert_eq!((told.len(), &told[0]["doubt"]), (1, &serde_json::Value::Null), "{told:?}");
        assert_eq!((taken(&stage, id).await, duplicates(&stage, id)), (1, 1), "{id}");
    }
    stage.judge().await;
}

/// `cover`: settled is asked for the positions of this message. After a loss two copies of one generation may differ in
/// what they are about.
#[tokio::test(flavor = "multi_thread")]
async fn settled_is_asked_for_the_positions_of_this_message() {
    let stage = Stage::shared().await;
    let mut store = Store::of(&stage).await;
    store.age().await;
    let worker = stage.parcel("list").start().unwrap();
    stage.ready(&worker).await;
    let job = stage.list("chat.group", "two", 2);
    stage.note(&job.value());
    hold_answers(&stage).await;
    copies::publish(&stage, &job, copies::copy(1, &[1], 2)).await;
    stage.sim_wait("parcel", "held", 1).await;
    let at = now();
    store.wipe().await;
    release_answers(&stage).await;
    assert_eq!(stage.settled("two", 1).await[&1], "accepted");
    store.shrunk("chat/two/1").await;
    copies::publish(&stage, &job, copies::again(copies::copy(1, &[0, 1], 2))).await;
    let outcomes = stage.settled("two", 2).await;
    // What the loss made of the first copy came to light only with the second.
    stage.fault("store_lost", at);
    assert!(outcomes.values().all(|outcome| outcome == "accepted"), "{outcomes:?}");
    idle(&worker).await;
    let accepted = stage.accepted("two").await;
    assert!(accepted.len() == 2 && accepted.values().all(|times| *times == 1), "{accepted:?}");
    assert_eq!((told(&stage, "two", 0).len(), told(&stage, "two", 1).len()), (1, 1));
    stage.judge().await;
}

/// `again`: what is published because of a redelivered message counts as redelivered too. A copy that comes a second
/// time must not look like the first to a store that knows nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_published_again_is_marked() {
    let stage = Stage::shared().await;
    let mut store = Store::of(&stage).await;
    store.age().await;
    // They hold one message: what comes after it must not wait for a frozen worker.
    let freezing = stage.parcel("list").env("PUSH__AMQP__PREFETCH", "1").env("PUSH_PROBE", "copy_published:stop");
    let first = freezing.start().unwrap();
    stage.ready(&first).await;
    stage.publish(&stage.job("marketing", "copied").tokens(["busy-1-a"])).await;
    let frozen = stopped(&first).await;
    let second = stage.parcel("list").start().unwrap();
    stage.ready(&second).await;
    assert_eq!(stage.settled("copied", 1).await[&0], "accepted");
    second.term().unwrap();
    second.wait(PATIENCE).await.unwrap();
    // The message of the first worker is delivered to a third, which finds it settled and publishes its copy again.
    let third = freezing.start().unwrap();
    stage.ready(&third).await;
    first.kill().unwrap();
    first.wait(PATIENCE).await.unwrap();
    stage.fault("freeze", frozen);
    stage.fault("kill", now());
    let at = stopped(&third).await;
    store.wipe().await;
    third.cont().unwrap();
    stage.fault("freeze", at);
    let both = |receipts: &[serde_json::Value]| receipts.iter().filter(|r| r["id"] == "copied").count() == 2;
    stage.receipts.wait_until(PATIENCE, both).await.unwrap();
    stage.fault("store_lost", at);
    idle(&third).await;
    let told: Vec<_> = told(&stage, "copied", 0).iter().map(|result| result["outcome"].clone()).collect();
    assert_eq!(told, ["accepted", "unknown"]);
    assert_eq!(stage.accepted("copied").await["busy-1-a"], 1);
    stage.judge().await;
}

/// `claims.after_loss`: strictly, a store that is younger than a job proves nothing about it, at the price of `unknown`
/// for what was queued when it was lost.
#[tokio::test(flavor = "multi_thread")]
async fn after_a_loss_a_strict_worker_does_not_send_what_was_queued() {
    for (mode, outcome, acceptances) in [("normal", "accepted", 1), ("strict", "unknown", 0)] {
        let stage = Stage::shared().await;
        let mut store = Store::of(&stage).await;
        store.age().await;
        let spec = stage.parcel("list").env("PUSH__CLAIMS__AFTER_LOSS", mode);
        let worker = spec.start().unwrap();
        stage.ready(&worker).await;
        stage.publish(&stage.job("marketing", "before")).await;
        assert_eq!(stage.settled("before", 1).await[&0], "accepted", "{mode}: a store older than the job");
        worker.term().unwrap();
        worker.wait(PATIENCE).await.unwrap();
        stage.publish_all(&["marketing", "chat.direct"].map(|kind| stage.job(kind, kind))).await;
        let at = now();
        store.wipe().await;
        stage.fault("store_lost", at);
        let worker = spec.start().unwrap();
        stage.ready(&worker).await;
        assert_eq!(stage.settled("marketing", 1).await[&0], outcome, "{mode}");
        assert_eq!(stage.settled("chat.direct", 1).await[&0], "accepted", "{mode}");
        reaches(&worker, "push_jobs_settled_total", &[], 2.0).await;
        idle(&worker).await;
        assert_eq!(taken(&stage, "marketing").await, acceptances, "{mode}");
        assert_eq!(taken(&stage, "chat.direct").await, 1, "{mode}");
        let doubt = told(&stage, "chat.direct", 0)[0]["doubt"].clone();
        assert_eq!(doubt == json!(true), mode == "strict", "{doubt}");
        stage.judge().await;
    }
}
