//! A fleet of one vendor with a backlog, and what the vendor saw of it, second by second.

use std::{collections::BTreeMap, time::Duration};

use push_e2e::{PATIENCE, Stage};
use push_stack::{Worker, WorkerSpec, until};
use push_testkit::jobs::JobBuilder;
use serde_json::json;
use tokio::sync::{Mutex, MutexGuard};

/// Held while a fleet works: two of them on a small machine would measure one another.
pub(crate) async fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::const_new(());
    ONE.lock().await
}

/// Targets that the vendor took, in calls of their own time.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) at_ms: u64,
    pub(crate) targets: u64,
    pub(crate) job: String,
}

/// What the vendor saw of app chat, call by call in the order of time.
pub(crate) async fn calls(stage: &Stage) -> Vec<Call> {
    let mut calls: BTreeMap<u64, Call> = BTreeMap::new();
    for line in stage.sim.seen().await.unwrap() {
        if line["app"] != "chat" || line["token"].as_str().is_none_or(str::is_empty) {
            continue;
        }
        let at_ms = line["at"].as_u64().unwrap();
        let job = line["job"].as_str().unwrap_or_default().to_owned();
        calls.entry(line["call"].as_u64().unwrap()).or_insert(Call { at_ms, targets: 0, job }).targets += 1;
    }
    let mut calls: Vec<Call> = calls.into_values().collect();
    calls.sort_by_key(|call| call.at_ms);
    calls
}

/// The most targets within any so many milliseconds.
pub(crate) fn most_within(calls: &[Call], span_ms: u64) -> u64 {
    let (mut most, mut sum, mut from) = (0, 0, 0);
    for call in calls {
        sum += call.targets;
        while calls[from].at_ms + span_ms <= call.at_ms {
            sum -= calls[from].targets;
            from += 1;
        }
        most = most.max(sum);
    }
    most
}

/// A Parcel worker whose app chat has this limit, in targets a second.
pub(crate) fn limited(stage: &Stage, calls: &str, per_second: u32) -> WorkerSpec {
    stage
        .parcel(calls)
        .env("PUSH__APPS__CHAT__PARCEL__RATE_PER_SECOND", &per_second.to_string())
        .env("PUSH__LOG__LEVEL", "info")
}

/// So many workers that know of one another.
pub(crate) async fn fleet(stage: &Stage, spec: &WorkerSpec, workers: usize) -> Vec<Worker> {
    let fleet: Vec<Worker> = (0..workers).map(|_| spec.start().unwrap()).collect();
    for worker in &fleet {
        stage.ready(worker).await;
    }
    for worker in &fleet {
        until("all replicas are known", PATIENCE, || async {
            worker.metric("push_replicas", &[]).await.ok().filter(|living| *living == workers as f64)
        })
        .await
        .unwrap();
    }
    fleet
}

/// Chat jobs with so many targets each.
pub(crate) fn backlog(stage: &Stage, tag: &str, jobs: usize, targets: usize) -> Vec<JobBuilder> {
    (0..jobs).map(|n| stage.list("chat.group", &format!("{tag}-{n}"), targets)).collect()
}

/// Waits until the vendor has taken so many targets of chat in all.
pub(crate) async fn taken(stage: &Stage, targets: u64, patience: Duration) {
    let look = || async {
        let counts = stage.sim.get("/control/counts?vendor=parcel&app=chat").await.ok()?;
        (counts["accepted"].as_u64()? >= targets).then_some(())
    };
    until(&format!("{targets} targets are taken"), patience, look).await.unwrap();
}

/// The simulator refuses nothing for its rate: what it sees is judged here.
pub(crate) async fn no_rate(stage: &Stage) {
    let none = json!({ "vendor": "parcel", "app": "chat", "per_second": null });
    stage.sim.post("/control/rate", &none).await.unwrap();
}
