//! The traces of the checked model, on real servers: for every rule of the claim protocol the shortest history that
//! breaks a promise where the rule is missing. The number in a test's comment is the rule's name in the model.

mod copies;
mod frozen;
mod late;
mod links;
mod losses;
mod parked;
mod repeats;
mod rollback;
mod store;

use std::collections::BTreeMap;

use push_contract::Timestamp;
use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Worker, until};
use serde_json::{Value, json};

/// Waits until a worker has stopped itself at its probe. Returns when that was.
async fn stopped(worker: &Worker) -> i64 {
    let path = format!("/proc/{}/stat", worker.pid());
    let look = || async {
        let stat = std::fs::read_to_string(&path).ok()?;
        // The state comes after the name, which is in brackets and may hold anything.
        stat.rsplit_once(')').filter(|(_, rest)| rest.trim_start().starts_with('T')).map(drop)
    };
    until("the worker stops at its probe", PATIENCE, look).await.unwrap_or_else(|error| panic!("{error}"));
    now()
}

/// Waits until a worker has ended itself at its probe. Returns when that was.
async fn ended(worker: &Worker) -> i64 {
    worker.wait(PATIENCE).await.expect("the worker ends itself");
    now()
}

/// Waits until a metric of a worker is at least so much.
async fn reaches(worker: &Worker, metric: &str, labels: &[(&str, &str)], at_least: f64) {
    let ask = || async { worker.metric(metric, labels).await.ok().filter(|value| *value >= at_least).map(drop) };
    until(&format!("{metric} {labels:?} >= {at_least}"), PATIENCE, ask).await.unwrap_or_else(|error| panic!("{error}"));
}

/// Waits until a worker has nothing in work.
async fn idle(worker: &Worker) {
    let ask = || async { worker.metric("push_in_work", &[]).await.ok().filter(|value| *value == 0.0).map(drop) };
    until("the worker has nothing in work", PATIENCE, ask).await.unwrap_or_else(|error| panic!("{error}"));
}

/// Waits for a time, such as the end of a job's.
async fn passed(time: Timestamp) {
    let ask = || async { (Timestamp::now() > time).then_some(()) };
    until("the time comes", PATIENCE, ask).await.unwrap_or_else(|error| panic!("{error}"));
}

/// From now on the vendor takes single pushes at once and keeps its answers back.
async fn hold_answers(stage: &Stage) {
    let hold = json!({"vendor": "parcel", "api": "one", "fault": {"do": "hold", "accept": "after"}});
    stage.sim.fault(&hold).await.unwrap();
}

/// Lets them go, and all that follow.
async fn release_answers(stage: &Stage) {
    stage.sim.clear_faults(None).await.unwrap();
    stage.sim.release(None).await.unwrap();
}

/// What receipts said about a position, once for every receipt that did.
fn told(stage: &Stage, id: &str, n: u64) -> Vec<Value> {
    let of_job = |receipt: &Value| receipt["id"] == id;
    let all = stage.receipts.all();
    let results = all.iter().filter(|receipt| of_job(receipt)).filter_map(|receipt| receipt["results"].as_array());
    results.flatten().filter(|result| result["n"] == n).cloned().collect()
}

/// How many notices `duplicate_of` came back about a job.
fn duplicates(stage: &Stage, id: &str) -> usize {
    stage.receipts.all().iter().filter(|receipt| receipt["id"] == id && receipt["notice"] == "duplicate_of").count()
}

/// The sum of acceptances of every token of a job.
async fn taken(stage: &Stage, id: &str) -> usize {
    stage.accepted(id).await.values().sum()
}

/// How often each of the outcomes was told, one a position.
fn tally(outcomes: &BTreeMap<u64, String>) -> BTreeMap<&str, usize> {
    let mut tally = BTreeMap::new();
    for outcome in outcomes.values() {
        *tally.entry(outcome.as_str()).or_default() += 1;
    }
    tally
}
