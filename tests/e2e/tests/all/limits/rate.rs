//! Six workers with a backlog never exceed the vendor's limit in any second, and use most of it.

use std::time::Duration;

use push_e2e::Stage;
use push_stack::{Options, Worker, until};
use serde_json::json;

use super::scene::{alone, backlog, calls, fleet, limited, most_within, no_rate, taken};
use crate::faults::load::metric_is;

const LONG: Duration = Duration::from_secs(150);

/// A limit, how it is sent under, and the backlog that waits.
struct Limit {
    per_second: u32,
    calls: &'static str,
    jobs: usize,
    targets: usize,
}

const TEN: Limit = Limit { per_second: 10, calls: "single", jobs: 400, targets: 1 };
const SINGLE: Limit = Limit { per_second: 500, calls: "single", jobs: 12_000, targets: 1 };
const LISTS: Limit = Limit { per_second: 3000, calls: "list", jobs: 900, targets: 100 };

impl Limit {
    /// The backlog in its queues, and six workers that begin with it.
    async fn begin(&self, stage: &Stage) -> Vec<Worker> {
        no_rate(stage).await;
        let fleet = fleet(stage, &limited(stage, self.calls, self.per_second), 6).await;
        stage.publish_all(&backlog(stage, "b", self.jobs, self.targets)).await;
        fleet
    }

    fn targets_in(&self, seconds: u64) -> u64 {
        u64::from(self.per_second) * seconds
    }

    /// Never more than the limit in any second.
    async fn kept(&self, stage: &Stage) {
        let seen = calls(stage).await;
        let most = most_within(&seen, 1000);
        let allowed = u64::from(self.per_second) + u64::from(self.per_second < 20);
        assert!(most <= allowed, "{most} targets within one second, {allowed} allowed");
    }

    /// At least four fifths of the limit in the best ten seconds: less than that is the pacing's, not the machine's.
    async fn used(&self, stage: &Stage) {
        let most = most_within(&calls(stage).await, 10_000);
        assert!(most * 10 >= self.targets_in(10) * 8, "{most} targets in ten seconds, of {}", self.targets_in(10));
    }

    async fn holds(&self) {
        let _alone = alone().await;
        let stage = Stage::shared().await;
        let _fleet = self.begin(&stage).await;
        taken(&stage, self.targets_in(11), LONG).await;
        self.kept(&stage).await;
        self.used(&stage).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_a_second() {
    TEN.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_single_calls_a_second() {
    SINGLE.holds().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_thousand_a_second_in_lists() {
    LISTS.holds().await;
}

/// Whatever happens to Redis, the total stays below the limit, and nothing bursts when it is back empty.
#[tokio::test(flavor = "multi_thread")]
async fn the_store_dies_and_comes_back_empty() {
    let _alone = alone().await;
    let stage = Stage::own(Options::default()).await;
    let fleet = SINGLE.begin(&stage).await;
    taken(&stage, SINGLE.targets_in(2), LONG).await;
    stage.servers().redis().kill().await.unwrap();
    for worker in &fleet {
        mode(worker, "share").await;
    }
    let before = sent(&stage).await;
    taken(&stage, before + SINGLE.targets_in(1), LONG).await;
    stage.servers().redis().start(false).await.unwrap();
    for worker in &fleet {
        mode(worker, "leased").await;
    }
    let before = sent(&stage).await;
    taken(&stage, before + SINGLE.targets_in(2), LONG).await;
    SINGLE.kept(&stage).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_join_die_and_freeze() {
    let _alone = alone().await;
    let stage = Stage::shared().await;
    let mut fleet = SINGLE.begin(&stage).await;
    taken(&stage, SINGLE.targets_in(2), LONG).await;
    let seventh = limited(&stage, SINGLE.calls, SINGLE.per_second).start().unwrap();
    stage.ready(&seventh).await;
    fleet.push(seventh);
    let before = sent(&stage).await;
    taken(&stage, before + SINGLE.targets_in(2), LONG).await;
    fleet[0].kill().unwrap();
    fleet[1].stop_signal().unwrap();
    let before = sent(&stage).await;
    taken(&stage, before + SINGLE.targets_in(2), LONG).await;
    fleet[1].cont().unwrap();
    let before = sent(&stage).await;
    taken(&stage, before + SINGLE.targets_in(2), LONG).await;
    SINGLE.kept(&stage).await;
}

async fn sent(stage: &Stage) -> u64 {
    stage.sim.get("/control/counts?vendor=parcel&app=chat").await.unwrap()["accepted"].as_u64().unwrap()
}

async fn mode(worker: &Worker, wanted: &str) {
    metric_is(worker, "push_rate_mode", &[("app", "chat"), ("mode", wanted)], |on| on == 1.0).await;
}

/// What the vendor says to one worker slows all of them, and costs no attempt.
#[tokio::test(flavor = "multi_thread")]
async fn the_fleet_slows_down_together() {
    let _alone = alone().await;
    let stage = Stage::shared().await;
    let fleet = fleet(&stage, &limited(&stage, "single", 500), 2).await;
    let less = json!({ "vendor": "parcel", "app": "chat", "per_second": 200 });
    stage.sim.post("/control/rate", &less).await.unwrap();
    stage.publish_all(&backlog(&stage, "slow", 1500, 1)).await;
    for worker in &fleet {
        metric_is(worker, "push_rate_limit", &[("app", "chat"), ("what", "factor")], |factor| factor < 0.8).await;
    }
    stage.all_settled(1500, LONG).await;
    let tries = stage.receipts.since(0, |all| all.iter().filter(|receipt| receipt["attempt"] != 0).count());
    assert_eq!(tries, 0, "to be asked to slow down is no attempt");
    stage.judge().await;
}

/// The vendor says "slow down" to everything and names no time: it is asked less and less often.
#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_goes_on_saying_slow_down_is_asked_less_and_less() {
    let stage = Stage::shared().await;
    let _fleet = fleet(&stage, &limited(&stage, "single", 500), 1).await;
    let slow = json!({ "vendor": "parcel", "app": "chat", "api": "one", "fault": { "do": "status", "status": 429 } });
    let slow = stage.sim.fault(&slow).await.unwrap();
    let jobs = backlog(&stage, "slow", 300, 1);
    stage.publish_all(&jobs).await;
    // After pauses of one and two seconds one of four, less what a call takes that was on its way when it began.
    let left_alone = || async {
        let asked: Vec<u64> = calls(&stage).await.iter().map(|call| call.at_ms).collect();
        asked.windows(2).any(|pair| pair[1] - pair[0] > 3000).then_some(())
    };
    until("the vendor is left alone for more than three seconds", LONG, left_alone).await.unwrap();
    stage.sim.clear_faults(Some(slow)).await.unwrap();
    stage.all_settled(jobs.len(), LONG).await;
    assert_eq!(sent(&stage).await, 300);
    stage.judge().await;
}
