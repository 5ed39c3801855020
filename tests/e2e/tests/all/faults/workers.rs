//! One of two workers is killed, frozen, or told to stop.

use std::time::Duration;

use push_e2e::{PATIENCE, Stage, now};
use push_stack::WorkerSpec;
use tokio::time::{Instant, sleep_until};

use super::load::{LONG, chats, metric_is, mixed, pair, settled, slow_vendor, sum};

/// A dead worker's claims are free after this; the shortest that the rules of the settings allow is a little less.
fn soon_dead(spec: WorkerSpec) -> WorkerSpec {
    spec.env("PUSH__CLAIMS__DEAD_AFTER_MS", "7000")
}

/// SIGKILL of one of two under load, and again of its successor.
async fn killed_twice(stage: &Stage, vendor: &str, spec: WorkerSpec) {
    let spec = soon_dead(spec);
    let (mut a, b) = pair(stage, &spec).await;
    slow_vendor(stage, vendor, 60).await;
    let jobs = mixed(stage, vendor, "kill", 3000);
    stage.publish_all(&jobs).await;
    for accepted in [500, 2000] {
        stage.sim_wait(vendor, "accepted", accepted).await;
        let at = now();
        a.kill().unwrap();
        a.wait(PATIENCE).await.unwrap();
        stage.fault("kill", at);
        a = spec.start().unwrap();
        stage.ready(&a).await;
    }
    settled(stage, &jobs, LONG).await;
    let ambiguous = sum(&[&a, &b], "push_ambiguous_total", &[]).await;
    assert!(ambiguous > 0.0, "no call was on the wire when the worker was killed");
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killing_one_of_two_twice_loses_and_doubles_nothing() {
    let stage = Stage::shared().await;
    killed_twice(&stage, "huawei", stage.huawei()).await;
}

/// The same where calls gather the targets of many jobs.
#[tokio::test(flavor = "multi_thread")]
async fn killing_a_worker_that_gathers_loses_and_doubles_nothing() {
    let stage = Stage::shared().await;
    killed_twice(&stage, "parcel", stage.parcel("gather")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_frozen_for_twenty_seconds_has_lost_its_claims_when_it_thaws() {
    let stage = Stage::shared().await;
    // The broker gives a frozen worker up after two heartbeats.
    let spec = soon_dead(stage.huawei()).env("PUSH__AMQP__HEARTBEAT_S", "4");
    let (a, b) = pair(&stage, &spec).await;
    slow_vendor(&stage, "huawei", 60).await;
    let jobs = mixed(&stage, "huawei", "freeze", 3000);
    stage.publish_all(&jobs).await;
    stage.sim_wait("huawei", "accepted", 1000).await;
    let (at, thaw) = (now(), Instant::now() + Duration::from_secs(20));
    a.stop_signal().unwrap();
    settled(&stage, &jobs, LONG).await;
    assert!(sum(&[&b], "push_ambiguous_total", &[]).await > 0.0, "no call was on the wire when the worker froze");
    // The promise is about twenty seconds, longer than any claim and any call lasts; nothing happens that could be
    // waited for.
    sleep_until(thaw).await;
    a.cont().unwrap();
    stage.fault("freeze", at);
    metric_is(&a, "push_amqp_connects_total", &[("result", "ok")], |connects| connects == 2.0).await;
    metric_is(&a, "push_in_work", &[], |jobs| jobs == 0.0).await;
    assert!(
        sum(&[&a], "push_claims_lost_total", &[]).await > 0.0,
        "it wrote on through claims that are no longer its own"
    );
    let more = mixed(&stage, "huawei", "thawed", 500);
    stage.publish_all(&more).await;
    settled(&stage, &more, LONG).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_stop_under_load_hands_back_what_waits_for_its_turn() {
    let stage = Stage::shared().await;
    // Most of what a worker holds waits for the rate.
    let spec = stage.huawei().env("PUSH__APPS__CHAT__HUAWEI__RATE_PER_SECOND", "100");
    let (a, b) = pair(&stage, &spec).await;
    let jobs = chats(&stage, "huawei", "chat", "term", 600);
    stage.publish_all(&jobs).await;
    stage.sim_wait("huawei", "accepted", 100).await;
    a.term().unwrap();
    let status = a.wait(Duration::from_secs(10)).await.expect("it ends within its grace");
    assert_eq!(status.code(), Some(0));
    let log = a.log().unwrap();
    assert!(!log.contains("\"redelivered\""), "what it handed back came to itself again");
    let ended = settled(&stage, &jobs, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&jobs.len()), "{ended:?}");
    assert!(sum(&[&b], "push_jobs_redelivered_total", &[]).await > 0.0, "nothing was handed back");
    // No fault is logged: an orderly stop excuses nothing.
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_worker_told_to_stop_finishes_what_is_on_the_wire_and_leaves_the_rest() {
    let stage = Stage::shared().await;
    // Few calls at once and a slow vendor: most of what it holds waits for a free call.
    let spec = stage.huawei().env("PUSH__WORKER__CALLS_IN_FLIGHT", "20");
    let worker = spec.start().unwrap();
    stage.ready(&worker).await;
    let jobs = mixed(&stage, "huawei", "last", 1500);
    stage.publish_all(&jobs).await;
    // By now it holds as many as it may.
    stage.sim_wait("huawei", "accepted", 500).await;
    let slow = slow_vendor(&stage, "huawei", 4000).await;
    metric_is(&worker, "push_in_flight", &[("app", "chat")], |calls| calls == 20.0).await;
    let held = sum(&[&worker], "push_in_work", &[]).await;
    assert!(held > 100.0, "it holds only {held} jobs: ending takes no order");
    worker.term().unwrap();
    let status = worker.wait(Duration::from_secs(10)).await.expect("it ends within its grace");
    assert_eq!(status.code(), Some(0));
    // Everything is in a queue or has its receipt already, before anybody else comes.
    stage.judge().await;
    stage.sim.clear_faults(Some(slow)).await.unwrap();
    let next = spec.start().unwrap();
    stage.ready(&next).await;
    settled(&stage, &jobs, LONG).await;
    stage.judge().await;
}
