//! A mixed load, following it to its end, and workers to carry it.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use push_e2e::{PATIENCE, Stage};
use push_stack::{Worker, WorkerSpec, until};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

/// How long a whole load may take on a busy machine with a fault in it. Nobody waits so long for what comes.
pub(crate) const LONG: Duration = Duration::from_secs(150);

/// So many jobs for a vendor's two apps: all lanes, chat and marketing, single targets and lists. `tag` begins their ids.
pub(crate) fn mixed(stage: &Stage, vendor: &str, tag: &str, jobs: usize) -> Vec<JobBuilder> {
    let one = |n: usize| {
        let id = format!("{tag}-{n}");
        let (kind, targets) = match n % 20 {
            0..=8 => ("chat.direct", 1),
            9 | 10 => ("chat.group", 2 + n % 30),
            11 | 12 => ("marketing", 1),
            13 => ("marketing", 2 + n % 20),
            14 => ("call.invite", 1),
            15 => ("account.security", 1),
            16 | 17 => ("order.update", 1),
            18 => ("social.interaction", 1),
            _ => ("news", 5),
        };
        let app = if n % 5 < 3 { "chat" } else { "shop" };
        stage.list(kind, &id, targets).vendor(vendor).app(app)
    };
    (0..jobs).map(one).collect()
}

/// So many chat messages to one device each.
pub(crate) fn chats(stage: &Stage, vendor: &str, app: &str, tag: &str, jobs: usize) -> Vec<JobBuilder> {
    (0..jobs).map(|n| stage.job("chat.direct", &format!("{tag}-{n}")).vendor(vendor).app(app)).collect()
}

/// The outcomes of these jobs, by outcome, once every target of every job has one. Follows the receipts as they come.
pub(crate) async fn settled(stage: &Stage, jobs: &[JobBuilder], patience: Duration) -> BTreeMap<String, usize> {
    let mut open: HashMap<String, HashSet<u64>> = HashMap::new();
    for job in jobs {
        let job = job.value();
        let targets = job["targets"].as_array().map_or(0, Vec::len) as u64;
        open.insert(job["id"].as_str().unwrap_or_default().to_owned(), (0..targets).collect());
    }
    let mut tally = BTreeMap::new();
    let (mut from, deadline) = (0, Instant::now() + patience);
    loop {
        from += stage.receipts.since(from, |fresh| {
            fresh.iter().for_each(|receipt| cross_off(receipt, &mut open, &mut tally));
            fresh.len()
        });
        if open.is_empty() {
            return tally;
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let examples: Vec<&String> = open.keys().take(5).collect();
        assert!(!left.is_zero(), "{} jobs have no end after {patience:?}, such as {examples:?}; {tally:?}", open.len());
        stage.receipts.more_than(from, left).await;
    }
}

fn cross_off(receipt: &Value, open: &mut HashMap<String, HashSet<u64>>, tally: &mut BTreeMap<String, usize>) {
    let id = receipt["id"].as_str().unwrap_or_default();
    let Some(positions) = open.get_mut(id) else { return };
    for result in receipt["results"].as_array().into_iter().flatten() {
        if result["n"].as_u64().is_some_and(|n| positions.remove(&n)) {
            *tally.entry(result["outcome"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
        }
    }
    if positions.is_empty() {
        open.remove(id);
    }
}

/// Two workers of one kind that know of one another.
pub(crate) async fn pair(stage: &Stage, spec: &WorkerSpec) -> (Worker, Worker) {
    let (a, b) = (spec.start().unwrap(), spec.start().unwrap());
    for worker in [&a, &b] {
        stage.ready(worker).await;
        metric_is(worker, "push_replicas", &[], |living| living == 2.0).await;
    }
    (a, b)
}

/// Waits until a worker's metric is as wanted.
pub(crate) async fn metric_is(worker: &Worker, name: &str, labels: &[(&str, &str)], wanted: impl Fn(f64) -> bool) {
    let look = || async { worker.metric(name, labels).await.ok().filter(|value| wanted(*value)) };
    if let Err(error) = until(&format!("{name} {labels:?}"), PATIENCE, look).await {
        let lines = worker.metrics().await.unwrap_or_default();
        let lines: Vec<&str> = lines.lines().filter(|line| line.starts_with(name)).collect();
        panic!("{error}; it is {lines:#?}");
    }
}

/// The sum of a metric over workers that live.
pub(crate) async fn sum(workers: &[&Worker], name: &str, labels: &[(&str, &str)]) -> f64 {
    let mut sum = 0.0;
    for worker in workers {
        sum += worker.metric(name, labels).await.expect("a living worker's metrics");
    }
    sum
}

/// Every call to a vendor takes so long, so that a fault finds calls on the wire.
pub(crate) async fn slow_vendor(stage: &Stage, vendor: &str, millis: u64) -> u64 {
    let slow = json!({ "vendor": vendor, "fault": { "do": "delay", "ms": millis } });
    stage.sim.fault(&slow).await.expect("a slow vendor")
}
