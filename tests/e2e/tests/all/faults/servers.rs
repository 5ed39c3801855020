//! The broker restarts in order and is killed, with its data, under load.

use push_e2e::Stage;
use push_stack::{Options, Worker};

use super::load::{LONG, metric_is, mixed, settled, slow_vendor, sum};

/// All of them have connected so often.
async fn connected(workers: &[&Worker], times: f64) {
    for worker in workers {
        metric_is(worker, "push_amqp_connects_total", &[("result", "ok")], |connects| connects >= times).await;
        metric_is(worker, "push_amqp_connected", &[], |connected| connected == 1.0).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_come_back_to_a_broker_that_stopped_or_was_killed() {
    let stage = Stage::own(Options::default()).await;
    if !stage.servers().owns_broker() {
        eprintln!("skipped: the broker is not ours to stop");
        return;
    }
    let broker = stage.servers().broker();
    let workers = [stage.huawei(), stage.huawei(), stage.parcel("list")].map(|spec| spec.start().unwrap());
    let workers: Vec<&Worker> = workers.iter().collect();
    connected(&workers, 1.0).await;
    slow_vendor(&stage, "huawei", 60).await;
    let (mut jobs, mut redelivered) = (Vec::new(), 0.0);
    for (round, times) in [("stopped", 2.0), ("killed", 3.0)] {
        let mut load = mixed(&stage, "huawei", round, 2000);
        load.extend(mixed(&stage, "parcel", &format!("p-{round}"), 500));
        stage.publish_all(&load).await;
        let before = stage.sim.counts("huawei").await.unwrap()["accepted"].as_u64().unwrap();
        stage.sim_wait("huawei", "accepted", before + 500).await;
        if round == "killed" {
            broker.kill().await.unwrap();
        } else {
            broker.stop().await.unwrap();
        }
        broker.start().await.unwrap();
        connected(&workers, times).await;
        let again = sum(&workers, "push_jobs_redelivered_total", &[]).await;
        assert!(again > redelivered, "no job was in work when the broker was {round}");
        redelivered = again;
        jobs.extend(load);
        settled(&stage, &jobs, LONG).await;
    }
    // Every consumer of every queue is there again.
    let mut after = mixed(&stage, "huawei", "after", 200);
    after.extend(mixed(&stage, "parcel", "p-after", 100));
    stage.publish_all(&after).await;
    settled(&stage, &after, LONG).await;
    // No fault is logged: the workers lived and the store kept its memory, so nothing may be sent twice.
    stage.judge().await;
}
