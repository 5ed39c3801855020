#![doc = include_str!("../README.md")]

mod faults;
mod instant;
mod job;
mod judge;
mod lines;
mod names;
mod receipt;
mod repeats;
mod rules;
mod summary;
mod tally;

pub use faults::{Fault, SLACK_MS};
pub use judge::Judge;
pub use lines::{Expect, LineError, Published, Queued, Seen, for_each_line};
pub use receipt::Receipt;
pub use summary::{Example, Latency, Outcomes, Summary, Verdict};

/// Judges whole logs in one call; [`Judge`] takes them line by line.
pub fn judge(
    published: impl IntoIterator<Item = Published>,
    seen: impl IntoIterator<Item = Seen>,
    receipts: impl IntoIterator<Item = Receipt>,
    queued: impl IntoIterator<Item = Queued>,
    faults: impl IntoIterator<Item = Fault>,
) -> Summary {
    let mut judge = Judge::new(SLACK_MS);
    published.into_iter().for_each(|line| judge.published(line));
    seen.into_iter().for_each(|line| judge.seen(line));
    receipts.into_iter().for_each(|receipt| judge.receipt(&receipt));
    queued.into_iter().for_each(|line| judge.queued(&line));
    faults.into_iter().for_each(|fault| judge.fault(fault));
    judge.finish()
}
