//! Takes the logs line by line and adds them up.

use std::collections::HashMap;

use crate::{
    faults::{Fault, Faults},
    job::{Acceptance, Answer, Job},
    lines::{Expect, Published, Queued, Seen},
    names::{Name, Names},
    receipt::Receipt,
    repeats::Repeats,
    rules::{self, Known, Places},
    summary::{Example, Summary, Verdict},
    tally::Tally,
};

/// Takes the logs line by line. Give it all of `published` first: what it has not heard of is a stray. The other logs
/// may come in any order.
#[derive(Debug)]
pub struct Judge {
    names: Names,
    known: Known,
    jobs: Vec<Job>,
    by_id: HashMap<(Name, Name, String), usize>,
    /// Acceptances that do not say their job.
    unnamed: Vec<Seen>,
    queued: HashMap<String, Vec<String>>,
    faults: Faults,
    repeats: Repeats,
    tally: Tally,
    summary: Summary,
}

impl Judge {
    /// A judge who has heard nothing. `slack_ms`: see [`crate::SLACK_MS`].
    #[must_use]
    pub fn new(slack_ms: i64) -> Self {
        let mut names = Names::default();
        let known = Known {
            accepted: names.of("accepted"),
            unknown: names.of("unknown"),
            expired: names.of("expired"),
            failed: names.of("failed"),
            discarded: names.of("discarded"),
        };
        Self {
            names,
            known,
            jobs: Vec::new(),
            by_id: HashMap::new(),
            unnamed: Vec::new(),
            queued: HashMap::new(),
            faults: Faults::new(slack_ms),
            repeats: Repeats::default(),
            tally: Tally::default(),
            summary: Summary::default(),
        }
    }

    /// A message that the producer published. Of a job that was published again the first line's targets count.
    pub fn published(&mut self, line: Published) {
        let (vendor, app, lane) = (self.names.of(&line.vendor), self.names.of(&line.app), self.names.of(&line.lane));
        match self.by_id.get(&(vendor, app, line.id.clone())) {
            Some(at) => self.jobs[*at].promised |= line.confirmed && !line.returned,
            None => {
                self.by_id.insert((vendor, app, line.id.clone()), self.jobs.len());
                self.jobs.push(Job::new(line, vendor, app, lane));
            }
        }
    }

    /// A target of a call that reached a vendor.
    pub fn seen(&mut self, line: Seen) {
        if !line.accepted {
            return;
        }
        self.tally.push(line.at);
        match line.job.as_deref() {
            None | Some("") => self.unnamed.push(line),
            Some(id) => {
                let at = self.find(&line.vendor, &line.app, id);
                self.taken(&line, at);
            }
        }
    }

    /// A receipt, as received; repeats included.
    pub fn receipt(&mut self, receipt: &Receipt) {
        self.repeats.hear(receipt, &mut self.names);
        let told = &receipt.told;
        let place = format!("{}/{}", told.vendor, told.app);
        let n = receipt.first_position();
        let stray = |why: &str| Example { job: told.id.clone(), n, why: format!("{place}: {why}") };
        let Some(at) = self.find(&told.vendor, &told.app, &told.id) else {
            self.summary.find(Verdict::Stray, || stray("a receipt of a job that was never published"));
            return;
        };
        if self.jobs[at].expect != Expect::Settled && !told.results.is_empty() {
            self.summary.find(Verdict::Stray, || stray("an outcome of a message that no worker can settle"));
            return;
        }
        let (settled_at, latency_ms) = (receipt.settled_at(), receipt.latency_ms());
        for result in &told.results {
            let outcome = self.names.of(&result.outcome);
            let job = &mut self.jobs[at];
            if !job.holds(result.n, &result.token) {
                let why = format!("{place}: the receipt's token is not the one at this position");
                self.summary.find(Verdict::Misnamed, || Example { job: told.id.clone(), n: result.n, why });
            }
            let Some(target) = job.targets.get_mut(result.n) else { continue };
            if target.answers.iter().any(|answer| answer.outcome == outcome) {
                continue;
            }
            target.answers.push(Answer { outcome, settled_at });
            if let Some(millis) = latency_ms.filter(|_| outcome == self.known.accepted) {
                self.tally.latency(job.vendor, millis);
            }
        }
    }

    /// A message that still lies in a queue.
    pub fn queued(&mut self, line: &Queued) {
        self.queued.entry(line.id.clone()).or_default().push(line.queue.clone());
    }

    /// A fault that the run caused.
    pub fn fault(&mut self, fault: Fault) {
        self.faults.add(fault);
    }

    /// The summary of everything heard.
    #[must_use]
    pub fn finish(mut self) -> Summary {
        self.name_by_token();
        for example in std::mem::take(&mut self.repeats).inexcusable(&self.faults) {
            self.summary.find(Verdict::ChangedReceipts, || example);
        }
        for mut job in std::mem::take(&mut self.jobs) {
            for target in &mut job.targets {
                target.acceptances.sort_unstable_by_key(|taken| taken.at);
            }
            self.close(&job);
        }
        self.summary.latency_ms = self.tally.latencies(&self.names);
        self.summary.pushes_per_second = self.tally.pushes_per_second();
        self.summary
    }

    fn find(&mut self, vendor: &str, app: &str, id: &str) -> Option<usize> {
        self.by_id.get(&(self.names.of(vendor), self.names.of(app), id.to_owned())).copied()
    }

    /// The vendor took a push of the job at `at`.
    fn taken(&mut self, line: &Seen, at: Option<usize>) {
        let job_id = line.job.clone().unwrap_or_default();
        let example =
            |n: usize, why: &str| Example { job: job_id, n, why: format!("{}/{}: {why}", line.vendor, line.app) };
        let Some(job) = at.map(|at| &mut self.jobs[at]) else {
            let why = match line.job {
                Some(_) => "the vendor took a push of a job that was never published",
                None => "the vendor took a push that names no job, and not exactly one job has its token",
            };
            self.summary.find(Verdict::Stray, || example(0, why));
            return;
        };
        if job.expect != Expect::Settled {
            self.summary.find(Verdict::Stray, || example(0, "the vendor took a push of a message that is no job"));
            return;
        }
        let Some(n) = job.first(&line.token) else {
            self.summary.find(Verdict::Misnamed, || example(0, "the vendor took it for a token that the job has not"));
            return;
        };
        job.targets[n].acceptances.push(Acceptance { at: line.at, delivered: line.delivered });
        if line.mismatch {
            self.summary.find(Verdict::Misnamed, || example(n, "its data and its vendor-side id name different jobs"));
        }
    }

    /// Finds the jobs of acceptances that do not say theirs: the one job that has the token.
    fn name_by_token(&mut self) {
        let unnamed = std::mem::take(&mut self.unnamed);
        let mut owners: HashMap<(Name, Name, &str), Vec<usize>> = HashMap::new();
        for line in &unnamed {
            owners.insert((self.names.of(&line.vendor), self.names.of(&line.app), &line.token), Vec::new());
        }
        for (at, job) in self.jobs.iter().enumerate() {
            for token in job.tokens() {
                if let Some(jobs) = owners.get_mut(&(job.vendor, job.app, token)) {
                    jobs.push(at);
                    jobs.dedup();
                }
            }
        }
        let named: Vec<_> = unnamed
            .iter()
            .map(|line| {
                let key = (self.names.of(&line.vendor), self.names.of(&line.app), line.token.as_str());
                owners.get(&key).and_then(|jobs| if let [only] = jobs[..] { Some(only) } else { None })
            })
            .collect();
        for (line, at) in unnamed.iter().zip(named) {
            self.taken(line, at);
        }
    }

    /// Judges one job.
    fn close(&mut self, job: &Job) {
        let (vendor, lane) = (self.names.text(job.vendor), self.names.text(job.lane));
        let place = format!("{vendor}/{}", self.names.text(job.app));
        let places = places(self.queued.get(&job.id).map(Vec::as_slice).unwrap_or_default(), vendor);
        let summary = &mut self.summary;
        let mut found = |n: usize, verdict: Verdict, why: &str| {
            summary.find(verdict, || Example { job: job.id.clone(), n, why: format!("{place}: {why}") });
        };
        if job.expect != Expect::Settled {
            match rules::misplaced(job, places) {
                Some((verdict, why)) => found(0, verdict, &why),
                None => self.summary.parked += u64::from(job.promised),
            }
            self.summary.jobs += u64::from(job.promised);
            return;
        }
        for n in 0..job.targets.len() {
            let text = |name| self.names.text(name).to_owned();
            for (verdict, why) in rules::judge(job, n, places.anywhere, self.known, &self.faults, text) {
                found(n, verdict, &why);
            }
        }
        if !job.promised {
            return;
        }
        summary.jobs += 1;
        summary.targets += job.targets.len() as u64;
        for target in &job.targets {
            let Some(outcome) = rules::final_outcome(&target.answers, self.known) else {
                summary.queued += u64::from(places.anywhere);
                continue;
            };
            let outcome = self.names.text(outcome);
            for outcomes in [
                summary.outcomes.entry(vendor.to_owned()).or_default(),
                summary.by.entry(vendor.to_owned()).or_default().entry(lane.to_owned()).or_default(),
            ] {
                *outcomes.entry(outcome.to_owned()).or_default() += 1;
            }
        }
    }
}

/// Which kinds of queues these are. Names may have a prefix; all but the parking of unrouted jobs name the vendor.
fn places(queues: &[String], vendor: &str) -> Places {
    let mut places = Places::default();
    for queue in queues {
        let unrouted = queue.ends_with("push.parked.unrouted");
        let ours = unrouted || queue.split('.').any(|part| part == vendor);
        places.anywhere |= ours;
        places.parking |= ours && queue.contains("push.parked.");
        places.unrouted |= unrouted;
    }
    places
}
