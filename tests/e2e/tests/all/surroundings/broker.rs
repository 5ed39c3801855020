//! Brokers that cannot be reached for long, are short of memory, or fall silent.

use std::fs;

use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Mode, Options, Proxy};
use serde_json::json;

use super::{chats, metric};

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_come_to_nothing_are_closed() {
    let stage = Stage::shared().await;
    let proxy = Proxy::start(stage.servers().amqp_url()).await.unwrap();
    proxy.set(Mode::Blackhole);
    let worker = stage
        .parcel("single")
        .amqp(&proxy.url_for(stage.servers().amqp_url()))
        .env("PUSH__AMQP__TIMEOUT_MS", "100")
        .start()
        .unwrap();
    let failed = [("result", "failed")];
    metric(&worker, "push_amqp_connects_total", &failed, |failures| failures >= 2.0).await;
    let before = descriptors(worker.pid());
    metric(&worker, "push_amqp_connects_total", &failed, |failures| failures >= 5.0).await;
    let after = descriptors(worker.pid());
    assert!(after <= before + 1, "three more attempts left {before} descriptors at {after}");
    proxy.set(Mode::Pass);
    proxy.cut();
    stage.ready(&worker).await;
    stage.publish(&stage.job("chat.direct", "at-last")).await;
    assert_eq!(stage.settled("at-last", 1).await[&0], "accepted");
    stage.judge().await;
}

/// How many files and sockets a process holds open.
fn descriptors(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_short_of_memory_pauses_and_loses_nothing() {
    let stage = Stage::own(Options::default()).await;
    let worker = stage.parcel("single").env("PUSH__WORKER__CALLS_IN_FLIGHT", "8").start().unwrap();
    stage.ready(&worker).await;
    // Slow enough that there is work left, and receipts to publish, when the alarm comes.
    stage.sim.fault(&json!({"vendor": "parcel", "fault": {"do": "delay", "ms": 50}})).await.unwrap();
    stage.publish_all(&chats(&stage, "alarm", 2000)).await;
    stage.sim_wait("parcel", "accepted", 20).await;
    stage.servers().broker().memory_alarm(true).await.unwrap();
    metric(&worker, "push_amqp_blocked", &[], |value| value == 1.0).await;
    assert_eq!(worker.admin("/healthz").await.unwrap().0, 200);
    stage.servers().broker().memory_alarm(false).await.unwrap();
    metric(&worker, "push_amqp_blocked", &[], |value| value == 0.0).await;
    stage.all_settled(2000, 3 * PATIENCE).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_never_answers_is_tried_again_until_it_does() {
    let stage = Stage::shared().await;
    let proxy = Proxy::start(stage.servers().amqp_url()).await.unwrap();
    proxy.set(Mode::Blackhole);
    let worker = stage
        .parcel("single")
        .amqp(&proxy.url_for(stage.servers().amqp_url()))
        .env("PUSH__AMQP__TIMEOUT_MS", "1000")
        .env("PUSH__AMQP__HEARTBEAT_S", "4")
        .start()
        .unwrap();
    metric(&worker, "push_amqp_connects_total", &[("result", "failed")], |value| value >= 2.0).await;
    assert_eq!(worker.admin("/healthz").await.unwrap().0, 200, "a dead broker is no reason to kill the worker");
    assert_eq!(worker.admin("/readyz").await.unwrap().0, 503);
    proxy.set(Mode::Pass);
    proxy.cut();
    stage.ready(&worker).await;
    stage.publish_all(&chats(&stage, "first", 200)).await;
    stage.all_settled(200, PATIENCE).await;
    // And in the middle of work: the session is given up, the next one settles the rest.
    let at = now();
    stage.sim.fault(&json!({"vendor": "parcel", "fault": {"do": "delay", "ms": 20}})).await.unwrap();
    stage.publish_all(&chats(&stage, "second", 1500)).await;
    stage.sim_wait("parcel", "accepted", 250).await;
    proxy.set(Mode::Blackhole);
    worker.logged("broker connection lost", PATIENCE).await.unwrap();
    proxy.set(Mode::Pass);
    proxy.cut();
    stage.fault("conn", at);
    stage.all_settled(1700, 3 * PATIENCE).await;
    stage.fault("conn", at);
    stage.judge().await;
}
