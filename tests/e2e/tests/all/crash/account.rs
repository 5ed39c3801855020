//! What became of a job: how often the vendor was asked about each target and took it, and what the receipts say.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use push_e2e::Stage;
use push_testkit::jobs::JobBuilder;
use serde_json::Value;

/// A job at its end.
#[derive(Default, PartialEq, Eq)]
pub(super) struct Account {
    /// Calls that named it.
    pub(super) calls: usize,
    /// By token.
    pub(super) targets: BTreeMap<String, Target>,
}

/// A target at its end.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Target {
    /// How often the vendor was asked to push to it.
    pub(super) asked: usize,
    /// How often it did.
    pub(super) taken: usize,
    /// The outcome, its reason, and whether it carries doubt.
    pub(super) told: String,
}

impl Target {
    /// What must have become of a target that the vendor was asked about so often.
    pub(super) fn of(asked: usize, busy: bool, doubt: bool, unknown: bool) -> Self {
        let word = if unknown { "unknown worker_lost" } else { "accepted ok" };
        let taken = if busy { asked.saturating_sub(1) } else { asked };
        Self { asked, taken, told: format!("{word}{}", if doubt { " in doubt" } else { "" }) }
    }
}

impl Account {
    /// What must have become of a job; `target` is told the position and whether it is busy at first.
    pub(super) fn new(calls: usize, job: &JobBuilder, target: impl Fn(usize, bool) -> Target) -> Self {
        let tokens = tokens(job).into_iter().enumerate();
        let targets = tokens.map(|(n, token)| {
            let busy = token.starts_with("busy-");
            (token, target(n, busy))
        });
        Self { calls, targets: targets.collect() }
    }

    /// What did become of it. A position that no receipt or more than one tells about fails the test, and so does a
    /// receipt that came again with another content.
    pub(super) async fn of(stage: &Stage, job: &JobBuilder) -> Self {
        let id = job.value()["id"].as_str().unwrap().to_owned();
        let mut account = Self::default();
        let mut calls = BTreeSet::new();
        for line in stage.sim.seen().await.unwrap().iter().filter(|line| line["job"] == *id) {
            calls.insert(line["call"].as_u64());
            let target = account.targets.entry(line["token"].as_str().unwrap().to_owned()).or_default();
            target.asked += 1;
            target.taken += usize::from(line["accepted"] == true);
        }
        account.calls = calls.len();
        let tokens = tokens(job);
        for receipt in receipts(stage, &id) {
            for result in receipt["results"].as_array().unwrap() {
                let token = &tokens[usize::try_from(result["n"].as_u64().unwrap()).unwrap()];
                assert_eq!(result["token"], **token, "{receipt}");
                let target = account.targets.entry(token.clone()).or_default();
                assert_eq!(target.told, "", "{id}: two receipts tell about {token}");
                let word = |key: &str| result[key].as_str().unwrap().to_owned();
                let doubt = if result["doubt"] == true { " in doubt" } else { "" };
                target.told = format!("{} {}{doubt}", word("outcome"), word("reason"));
            }
        }
        account
    }
}

/// Targets of one fate together: a job has many targets and few fates.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut fates: BTreeMap<&Target, Vec<&str>> = BTreeMap::new();
        for (token, target) in &self.targets {
            fates.entry(target).or_default().push(token);
        }
        write!(f, "{} calls", self.calls)?;
        for (target, tokens) in fates {
            write!(f, "\n    {target:?}: {}", tokens.join(" "))?;
        }
        Ok(())
    }
}

/// The receipts of a job, each once.
pub(super) fn receipts(stage: &Stage, id: &str) -> Vec<Value> {
    let mut once: BTreeMap<String, Value> = BTreeMap::new();
    for receipt in stage.receipts.all().into_iter().filter(|receipt| receipt["id"] == *id) {
        let first = once.entry(receipt["receipt_id"].as_str().unwrap().to_owned()).or_insert_with(|| receipt.clone());
        assert_eq!(*first, receipt, "a receipt came again with another content");
    }
    once.into_values().collect()
}

fn tokens(job: &JobBuilder) -> Vec<String> {
    let job = job.value();
    let targets = job["targets"].as_array().unwrap();
    targets.iter().map(|target| target["token"].as_str().unwrap().to_owned()).collect()
}
