//! What a process does by itself: as a standalone worker, or as one of several while the store is away.

use std::collections::VecDeque;

use super::{Ask, Bucket, Grant, Limits};

const SECOND_US: i64 = 1_000_000;
/// What was given within so long is remembered as one, µs.
const MERGE_US: i64 = 1_000;
/// The largest part of a bucket that a lane leaves to others.
const FLOOR: f64 = 0.3;

/// A bucket in memory. Beside it the exact sum of the last second is kept, so that a share is never exceeded however large
/// its batches are: replicas that do not hear of one another may send theirs in the same moment.
#[derive(Debug)]
pub struct Share {
    limits: Limits,
    bucket: Bucket,
    given: VecDeque<(i64, u32)>,
    sum: u64,
    told: i64,
}

impl Share {
    /// A share that starts empty.
    #[must_use]
    pub fn new(limits: Limits, now: i64) -> Self {
        Self { limits, bucket: Bucket::new(now), given: VecDeque::new(), sum: 0, told: now }
    }

    /// What it is kept by.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Keeps to other limits from now on; what was given stays remembered.
    pub fn keep_to(&mut self, limits: Limits) {
        self.limits = limits;
    }

    /// Units that it gave within the last second and has not told of yet: what a shared bucket must be paid.
    pub fn spent(&mut self, now: i64) -> i64 {
        let since = self.told.max(now - SECOND_US);
        self.told = now;
        self.given.iter().filter(|(at, _)| *at > since).map(|(_, units)| i64::from(*units)).sum()
    }

    /// As [`Bucket::lease`], for the waiting jobs alone: a share is never held in stock.
    pub fn lease(&mut self, ask: &Ask, now: i64) -> Grant {
        while let Some((_, units)) = self.given.front().filter(|(at, _)| now - at >= SECOND_US) {
            self.sum -= u64::from(*units);
            self.given.pop_front();
        }
        let mut room = self.limits.limit.max(1.0) - self.sum as f64;
        let mut ask = *ask;
        let mut limits = self.limits;
        for lane in 0..3 {
            let head = ask.head[lane].min(self.limits.most());
            // A batch that is larger than the share of a second goes alone in its second.
            let fits = f64::from(head) <= room || (self.sum == 0 && ask.want[..lane] == [0; 3][..lane]);
            // No lane has all of the room: those below it are asked for in the same step.
            let want = ask.want[lane].min((room / 4.0).max(0.0) as u32).max(head);
            ask.want[lane] = if fits && head > 0 { want } else { 0 };
            room -= f64::from(ask.want[lane]);
            // Nobody else pays for a batch: it is saved for, and no debt is made.
            limits.capacity = limits.capacity.max(f64::from(head) / (1.0 - FLOOR));
        }
        let blocked = ask.want == [0; 3] && ask.head != [0; 3];
        let mut grant = self.bucket.lease(&limits, &ask, now);
        let units: u32 = grant.units.iter().sum();
        if units > 0 {
            self.sum += u64::from(units);
            match self.given.back_mut().filter(|(at, _)| now - *at < MERGE_US) {
                // Counted as if it were later than it was.
                Some(last) => *last = (now.max(last.0), last.1 + units),
                None => self.given.push_back((now, units)),
            }
            grant.wait_us = 0;
        } else if blocked {
            grant.wait_us = self.given.front().map_or(0, |(at, _)| at + SECOND_US - now);
        }
        grant
    }
}

#[cfg(test)]
mod tests {
    use push_contract::{Counted, Rate};

    use super::*;

    #[test]
    fn a_share_is_kept_also_with_batches_as_large_as_itself() {
        let fleet = Limits::of(Rate { per_second: 3000, counted: Counted::Targets }, 0.85);
        let mut share = Share::new(fleet.alone_of(6), 0);
        let ask = Ask { want: [300, 0, 0], head: [300, 0, 0], ..Ask::default() };
        let sent: Vec<i64> =
            (0..10_000).map(|ms| ms * 1000).filter(|now| share.lease(&ask, *now).units[0] == 300).collect();
        assert!(sent.len() >= 6, "{sent:?}");
        assert!(sent.windows(2).all(|pair| pair[1] - pair[0] >= SECOND_US * 8 / 10), "{sent:?}");
    }

    #[test]
    fn less_than_one_a_second_stays_that() {
        let fleet = Limits::of(Rate { per_second: 2, counted: Counted::Calls }, 0.85);
        let mut share = Share::new(fleet.alone_of(6), 0);
        let ask = Ask { want: [0, 0, 9], head: [0, 0, 1], ..Ask::default() };
        let sent = (0..60_000).filter(|ms| share.lease(&ask, ms * 1000).units[2] > 0).count();
        assert!((12..=14).contains(&sent), "0.8 x 1.7 / 6 a second: {sent} in a minute");
    }
}
