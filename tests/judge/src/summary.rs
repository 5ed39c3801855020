//! What the judge says.

use std::{collections::BTreeMap, fmt::Write};

use serde::{Deserialize, Serialize};

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Confirmed by the broker, and now without an outcome and in no queue.
    Lost,
    /// The vendor took the same push more than once, without an excuse.
    Doubled,
    /// The vendor took a repeatable push more than once, and a fault or a cut answer lies between.
    Excused,
    /// A receipt says `accepted`, and the vendor never took it.
    Phantom,
    /// Two receipts tell different outcomes.
    Contradicted,
    /// The only outcome says that it was not taken, and the vendor took it.
    Denied,
    /// Two receipts with one id and different content.
    ChangedReceipts,
    /// A receipt or a push of something that was never published, or that can be no job.
    Stray,
    /// A receipt or a push whose token is not the job's.
    Misnamed,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Verdict; 9] = [
        Self::Lost,
        Self::Doubled,
        Self::Excused,
        Self::Phantom,
        Self::Contradicted,
        Self::Denied,
        Self::ChangedReceipts,
        Self::Stray,
        Self::Misnamed,
    ];

    /// The verdict as in the summary.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::Excused => "excused",
            Self::Phantom => "phantom",
            Self::Contradicted => "contradicted",
            Self::Denied => "denied",
            Self::ChangedReceipts => "changed_receipts",
            Self::Stray => "stray",
            Self::Misnamed => "misnamed",
        }
    }

    fn meaning(self) -> &'static str {
        match self {
            Self::Lost => "confirmed by the broker, no outcome and in no queue: find the job's last log line",
            Self::Doubled => "taken twice by the vendor without an excuse: look at the claims around both times",
            Self::Excused => "taken twice, with a cut answer or a fault between",
            Self::Phantom => "told accepted without an acceptance: the decoder guesses, or the job went elsewhere",
            Self::Contradicted => "two different outcomes: an outcome was published that no claim recorded",
            Self::Denied => "told expired or failed although taken: a push in doubt must end unknown",
            Self::ChangedReceipts => "one receipt id, two contents: a repeat must be built from the record alone",
            Self::Stray => "a receipt or a push of what was never published or is no job",
            Self::Misnamed => "a token that is not the job's: positions were mixed up",
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// The job's id.
    pub job: String,
    /// The target's position.
    pub n: usize,
    /// Vendor and app, and what was found.
    pub why: String,
}

/// Percentiles in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latency {
    /// Half are faster.
    pub p50: u64,
    /// 95 of 100 are faster.
    pub p95: u64,
    /// 99 of 100 are faster.
    pub p99: u64,
}

impl Latency {
    /// Nearest-rank percentiles; `None` of nothing.
    #[must_use]
    pub fn of(millis: &[u64]) -> Option<Self> {
        let mut millis = millis.to_vec();
        millis.sort_unstable();
        let rank = |percent: usize| millis.get((millis.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Self { p50: rank(50)?, p95: rank(95)?, p99: rank(99)? })
    }
}

/// How many targets ended how.
pub type Outcomes = BTreeMap<String, u64>;

/// Everything the judge found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Different jobs that the broker took.
    pub jobs: u64,
    /// Their targets, without those of messages that are no job or have no consumer.
    pub targets: u64,
    /// Messages that are no job or have no consumer, and lie where they must.
    pub parked: u64,
    /// Targets without an outcome whose job still lies in a queue.
    pub queued: u64,
    /// See [`Verdict::Lost`], and so on.
    pub lost: u64,
    /// See [`Verdict::Doubled`].
    pub doubled: u64,
    /// See [`Verdict::Excused`].
    pub excused: u64,
    /// See [`Verdict::Phantom`].
    pub phantom: u64,
    /// See [`Verdict::Contradicted`].
    pub contradicted: u64,
    /// See [`Verdict::Denied`].
    pub denied: u64,
    /// See [`Verdict::ChangedReceipts`].
    pub changed_receipts: u64,
    /// See [`Verdict::Stray`].
    pub stray: u64,
    /// See [`Verdict::Misnamed`].
    pub misnamed: u64,
    /// Per vendor.
    pub outcomes: BTreeMap<String, Outcomes>,
    /// Per vendor and lane.
    pub by: BTreeMap<String, BTreeMap<String, Outcomes>>,
    /// Per vendor, from `created` to `sent` of what was accepted.
    pub latency_ms: BTreeMap<String, Latency>,
    /// Acceptances per second, from the first to the last.
    pub pushes_per_second: f64,
    /// Up to five findings of each verdict.
    pub examples: BTreeMap<Verdict, Vec<Example>>,
}

impl Summary {
    const EXAMPLES: usize = 5;

    /// How often a verdict was found.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> u64 {
        match verdict {
            Verdict::Lost => self.lost,
            Verdict::Doubled => self.doubled,
            Verdict::Excused => self.excused,
            Verdict::Phantom => self.phantom,
            Verdict::Contradicted => self.contradicted,
            Verdict::Denied => self.denied,
            Verdict::ChangedReceipts => self.changed_receipts,
            Verdict::Stray => self.stray,
            Verdict::Misnamed => self.misnamed,
        }
    }

    /// Whether every promise was kept.
    #[must_use]
    pub fn clean(&self) -> bool {
        Verdict::ALL.into_iter().all(|verdict| verdict == Verdict::Excused || self.count(verdict) == 0)
    }

    /// The findings in words, one paragraph a verdict; empty when there are none.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = String::new();
        for verdict in Verdict::ALL.into_iter().filter(|verdict| self.count(*verdict) > 0) {
            // Writing into a String cannot fail.
            let _ = writeln!(text, "{}: {}", verdict.as_str(), self.count(verdict));
            let _ = writeln!(text, "  {}", verdict.meaning());
            for Example { job, n, why } in self.examples.get(&verdict).into_iter().flatten() {
                let _ = writeln!(text, "  {job} target {n}: {why}");
            }
        }
        text
    }

    pub(crate) fn find(&mut self, verdict: Verdict, example: impl FnOnce() -> Example) {
        *self.slot(verdict) += 1;
        let examples = self.examples.entry(verdict).or_default();
        if examples.len() < Self::EXAMPLES {
            examples.push(example());
        }
    }

    fn slot(&mut self, verdict: Verdict) -> &mut u64 {
        match verdict {
            Verdict::Lost => &mut self.lost,
            Verdict::Doubled => &mut self.doubled,
            Verdict::Excused => &mut self.excused,
            Verdict::Phantom => &mut self.phantom,
            Verdict::Contradicted => &mut self.contradicted,
            Verdict::Denied => &mut self.denied,
            Verdict::ChangedReceipts => &mut self.changed_receipts,
            Verdict::Stray => &mut self.stray,
            Verdict::Misnamed => &mut self.misnamed,
        }
    }
}
