//! How far the demo is: what was published, and what has its outcome.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;
use serde_json::Value;

/// Follows the publisher's log and the receipts. A receipt may come before the line of its job.
#[derive(Debug, Default)]
pub(super) struct Tally {
    jobs: HashMap<Key, Job>,
    /// Messages in the log, repeats included.
    pub(super) published: usize,
    /// Targets of jobs that must be settled.
    pub(super) targets: usize,
    /// Those of them that have an outcome.
    pub(super) settled: usize,
    /// Jobs that still miss an outcome.
    pub(super) open: usize,
    /// Messages that must end in parking, per vendor.
    pub(super) to_park: HashMap<String, usize>,
    /// Messages that nobody consumes.
    pub(super) to_stay_unrouted: usize,
}

type Key = (String, String, String);

#[derive(Debug, Default)]
struct Job {
    targets: Option<usize>,
    outcomes: HashSet<u64>,
}

#[derive(Deserialize)]
struct Line {
    id: String,
    app: String,
    vendor: String,
    #[serde(default)]
    tokens: Vec<String>,
    confirmed: bool,
    #[serde(default)]
    returned: bool,
    expect: String,
}

impl Tally {
    /// A line of `published.jsonl`; one that is no line of it is left to the judge.
    pub(super) fn published(&mut self, line: &str) {
        let Ok(line) = serde_json::from_str::<Line>(line) else { return };
        self.published += 1;
        if !line.confirmed || line.returned {
            return;
        }
        match line.expect.as_str() {
            "parked" => *self.to_park.entry(line.vendor).or_default() += 1,
            "unrouted" => self.to_stay_unrouted += 1,
            _ => self.expect((line.vendor, line.app, line.id), line.tokens.len()),
        }
    }

    fn expect(&mut self, key: Key, targets: usize) {
        let job = self.jobs.entry(key).or_default();
        // A producer's repeat is the same job.
        if job.targets.is_none() {
            job.targets = Some(targets);
            self.targets += targets;
            self.settled += job.outcomes.len();
            self.open += usize::from(job.outcomes.len() < targets);
        }
    }

    /// A receipt as it came.
    pub(super) fn receipt(&mut self, receipt: &Value) {
        let text = |key: &str| receipt[key].as_str().unwrap_or_default().to_owned();
        let job = self.jobs.entry((text("vendor"), text("app"), text("id"))).or_default();
        let before = job.outcomes.len();
        let results = receipt["results"].as_array().into_iter().flatten();
        job.outcomes.extend(results.filter_map(|result| result["n"].as_u64()));
        if let Some(targets) = job.targets {
            self.settled += job.outcomes.len() - before;
            self.open -= usize::from(before < targets && job.outcomes.len() >= targets);
        }
    }

    /// A few jobs that miss an outcome, for whoever looks for them.
    pub(super) fn some_open(&self) -> impl Iterator<Item = &str> {
        let open = self.jobs.iter().filter(|(_, job)| job.targets.is_some_and(|targets| job.outcomes.len() < targets));
        open.map(|((_, _, id), _)| id.as_str()).take(5)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Tally;

    fn line(id: &str, tokens: usize, expect: &str) -> String {
        let tokens = vec!["t"; tokens];
        json!({"id": id, "app": "chat", "vendor": "v", "tokens": tokens, "confirmed": true, "expect": expect})
            .to_string()
    }

    #[test]
    fn jobs_settle_in_whatever_order_their_lines_come() {
        let receipt = |id: &str, n: &[u64]| {
            let results: Vec<_> = n.iter().map(|n| json!({"n": n, "outcome": "accepted"})).collect();
            json!({"id": id, "app": "chat", "vendor": "v", "results": results})
        };
        let mut tally = Tally::default();
        tally.receipt(&receipt("early", &[0]));
        tally.published(&line("early", 1, "settled"));
        tally.published(&line("list", 3, "settled"));
        tally.published(&line("list", 3, "settled"));
        tally.published(&line("bad", 0, "parked"));
        tally.receipt(&receipt("list", &[0, 2]));
        tally.receipt(&receipt("list", &[0, 2]));
        assert_eq!((tally.published, tally.targets, tally.settled, tally.open), (4, 4, 3, 1));
        assert_eq!(tally.some_open().collect::<Vec<_>>(), ["list"]);
        tally.receipt(&receipt("list", &[1]));
        assert_eq!((tally.settled, tally.open, tally.to_park["v"]), (4, 0, 1));
    }
}
