//! Brokers that cannot be reached for long.

use std::fs;

use push_e2e::Stage;
use push_stack::{Mode, Proxy};

use super::metric;

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
