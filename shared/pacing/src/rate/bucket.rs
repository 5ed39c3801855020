//! The bucket, as arithmetic. `lease.lua` does the same in Redis; a test holds them against one another.

use super::Limits;

/// What a process asks of a bucket. Lanes are in the order high, normal, low.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ask {
    /// Units that are wanted.
    pub want: [u32; 3],
    /// Units of the first job that waits, which are given whole or not at all; 0: nobody waits, any part is welcome.
    pub head: [u32; 3],
    /// The process paced itself until now, because the store was away.
    pub returning: bool,
    /// The vendor told it to slow down.
    pub slow: bool,
    /// ... and to send nothing for so long, µs.
    pub shut_us: i64,
    /// Units of an earlier lease that were not used; below zero: units that were sent without a lease.
    pub back: i64,
}

/// What the bucket gives.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Grant {
    /// Units per lane.
    pub units: [u32; 3],
    /// When asking again makes sense, µs from now.
    pub wait_us: i64,
    /// Nothing is leased for so long, µs: whoever paces itself goes on doing so until then.
    pub hold_us: i64,
    /// What part of the aim is in force; below 1 after the vendor said "slow down".
    pub factor: f64,
}

/// How long nothing is leased after a process came back that paced itself, µs, and until that may happen again.
const HOLD_US: i64 = 1_000_000;
const HOLD_AGAIN_US: i64 = 5_000_000;
/// Several answers to the calls of one moment are one reason to slow down, µs.
const SLOW_ONCE_US: i64 = 1_000_000;
/// The factor: what a slow-down does, its least value, and what comes back in each so many µs.
const SLOW: f64 = 0.7;
const LEAST_FACTOR: f64 = 0.1;
const RECOVERY: f64 = 0.05;
const RECOVERY_US: i64 = 10_000_000;
/// Longest pause of a whole fleet, µs; longer ones are blocks.
const SHUT_US: i64 = 60_000_000;
/// A lane that is owed its share and was not served is waited for so long, µs.
const DUE_US: i64 = 200_000;
/// Parts of the capacity that a lane leaves to those above it.
const FLOORS: [f64; 3] = [0.0, 0.1, 0.3];
/// Parts of the aim that normal and low have whatever the lanes above them want.
const SHARES: [f64; 2] = [0.1, 0.02];

/// One limit's bucket. Times are µs since 1970 by one clock.
#[derive(Debug, Clone, PartialEq)]
pub struct Bucket {
    at: i64,
    tokens: f64,
    /// What normal and low are owed.
    credit: [f64; 2],
    /// What the others leave for them.
    due: [f64; 2],
    due_until: [i64; 2],
    factor: f64,
    slowed: i64,
    shut: i64,
    hold: i64,
}

impl Bucket {
    /// An empty bucket: neither a start nor a loss of data grants a burst.
    #[must_use]
    pub fn new(now: i64) -> Self {
        Self {
            at: now,
            tokens: 0.0,
            credit: [0.0; 2],
            due: [0.0; 2],
            due_until: [0; 2],
            factor: 1.0,
            slowed: 0,
            shut: 0,
            hold: 0,
        }
    }

    /// Answers a process.
    pub fn lease(&mut self, limits: &Limits, ask: &Ask, now: i64) -> Grant {
        self.correct(now);
        self.pace(ask, now);
        let rate = limits.aim * self.factor;
        // A clock that was set back fills nothing; from here on it counts.
        let added = ((now - self.at).max(0) as f64) * rate / 1e6;
        self.at = now;
        self.tokens = (self.tokens + added + ask.back as f64).min(limits.capacity);
        for (credit, share) in self.credit.iter_mut().zip(SHARES) {
            *credit = (*credit + added * share).min(limits.batch);
        }
        if ask.returning && now >= self.hold + HOLD_AGAIN_US {
            self.hold = now + HOLD_US;
        }
        let mut grant = Grant { factor: self.factor, ..Grant::default() };
        if now < self.hold {
            // Nothing is saved up meanwhile, and what others send by themselves is paid for.
            self.tokens = self.tokens.min(0.0);
            grant.hold_us = self.hold - now;
            grant.wait_us = grant.hold_us;
            return grant;
        }
        if now < self.shut {
            grant.wait_us = self.shut - now;
            return grant;
        }
        self.serve(limits, ask, now, rate, &mut grant);
        grant
    }

    /// Clocks that were set back must not leave a pause in the far future.
    fn correct(&mut self, now: i64) {
        self.hold = self.hold.min(now + HOLD_US);
        self.shut = self.shut.min(now + SHUT_US);
        self.slowed = self.slowed.min(now);
        for (due, until) in self.due.iter_mut().zip(self.due_until) {
            if until < now || until > now + DUE_US {
                *due = 0.0;
            }
        }
    }

    /// The vendor's wishes, and recovery from earlier ones.
    fn pace(&mut self, ask: &Ask, now: i64) {
        let steps = (now - self.slowed) / RECOVERY_US;
        if self.factor < 1.0 && steps > 0 {
            self.factor = (self.factor + RECOVERY * steps as f64).min(1.0);
            self.slowed += steps * RECOVERY_US;
        }
        if ask.slow && (self.factor >= 1.0 || now - self.slowed >= SLOW_ONCE_US) {
            self.factor = (self.factor * SLOW).max(LEAST_FACTOR);
            self.slowed = now;
        }
        if ask.shut_us > 0 {
            self.shut = self.shut.max(now + ask.shut_us.min(SHUT_US));
        }
    }

    fn serve(&mut self, limits: &Limits, ask: &Ask, now: i64, rate: f64, grant: &mut Grant) {
        let mut short = f64::INFINITY;
        for (lane, floor) in FLOORS.iter().map(|part| part * limits.capacity).enumerate() {
            if ask.want[lane] == 0 {
                continue;
            }
            let want = f64::from(ask.want[lane]);
            let head = f64::from(ask.head[lane].max(1)).min(limits.batch);
            let kept: f64 = self.due[lane..].iter().sum();
            let free = self.tokens - floor - kept;
            let needed = head.min(limits.capacity - floor);
            let mut given = 0.0;
            if free >= needed {
                given = head.max(want.min(free.floor()));
            } else if lane > 0 && self.credit[lane - 1] >= head && self.tokens - kept >= head.min(limits.capacity) {
                given = head.max(want.min(self.credit[lane - 1].min(self.tokens - kept).floor()));
            }
            if given > 0.0 {
                self.tokens -= given;
                grant.units[lane] = given as u32;
            }
            if lane > 0 {
                let owed = self.credit[lane - 1] >= head;
                if given > 0.0 {
                    self.credit[lane - 1] = (self.credit[lane - 1] - given).max(0.0);
                    self.due[lane - 1] = 0.0;
                } else if owed && ask.head[lane] > 0 {
                    self.due[lane - 1] = head.max(want.min(self.credit[lane - 1].floor())).min(limits.capacity);
                    self.due_until[lane - 1] = now + DUE_US;
                }
            }
            if given < want {
                short = short.min(needed + floor - self.tokens);
            }
        }
        if short.is_finite() {
            grant.wait_us = (short.max(0.0) / rate * 1e6).min(1e6).ceil() as i64;
        }
    }

    #[cfg(test)]
    pub(super) fn tokens(&self) -> f64 {
        self.tokens
    }
}

#[cfg(test)]
mod tests {
    use push_contract::{Counted, Rate};

    use super::*;

    fn limits(per_second: u32) -> Limits {
        Limits::of(Rate { per_second, counted: Counted::Targets }, 0.85)
    }

    fn one(lane: usize, units: u32) -> Ask {
        let mut ask = Ask::default();
        (ask.want[lane], ask.head[lane]) = (units, units);
        ask
    }

    #[test]
    fn a_batch_is_given_whole_and_its_debt_is_paid_before_the_next() {
        let (limits, mut bucket) = (limits(1000), Bucket::new(0));
        assert_eq!(bucket.lease(&limits, &one(0, 100), 0).units, [0, 0, 0], "empty at first");
        assert_eq!(bucket.lease(&limits, &one(0, 100), 60_000).units, [100, 0, 0]);
        assert!(bucket.tokens() < -50.0);
        let wait = bucket.lease(&limits, &one(0, 100), 60_000).wait_us;
        assert_eq!(bucket.lease(&limits, &one(0, 100), 60_000 + wait - 1000).units, [0, 0, 0]);
        assert_eq!(bucket.lease(&limits, &one(0, 100), 60_000 + wait).units, [100, 0, 0]);
    }

    #[test]
    fn urgent_jobs_have_all_but_the_guaranteed_shares() {
        let (limits, mut bucket) = (limits(2000), Bucket::new(0));
        let (mut given, hungry) = ([0_u32; 3], Ask { want: [500; 3], head: [1; 3], ..Ask::default() });
        for tick in 1..=2000 {
            let grant = bucket.lease(&limits, &hungry, tick * 10_000);
            (0..3).for_each(|lane| given[lane] += grant.units[lane]);
        }
        let share = |lane: usize| f64::from(given[lane]) / (limits.aim * 20.0);
        assert!((0.86..0.89).contains(&share(0)), "{given:?}");
        assert!((0.09..0.11).contains(&share(1)), "{given:?}");
        assert!((0.018..0.022).contains(&share(2)), "{given:?}");
    }

    #[test]
    fn slowing_down_counts_once_a_moment_and_is_forgotten_step_by_step() {
        let (limits, mut bucket) = (limits(1000), Bucket::new(0));
        let slow = Ask { slow: true, shut_us: 2_000_000, ..one(0, 1) };
        let start = 100_000_000;
        assert_eq!(bucket.lease(&limits, &slow, start).factor, 0.7);
        assert_eq!(bucket.lease(&limits, &slow, start + 900_000).factor, 0.7);
        assert_eq!(bucket.lease(&limits, &one(0, 1), start + 1_000_000).wait_us, 1_900_000, "as the vendor wishes");
        assert_eq!(bucket.lease(&limits, &slow, start + 1_000_000).factor, 0.7 * 0.7);
        assert_eq!(bucket.lease(&limits, &one(0, 1), start + 21_000_000).factor, 0.7 * 0.7 + 0.1);
        assert_eq!(bucket.lease(&limits, &one(0, 1), start + 999_000_000).factor, 1.0);
    }

    #[test]
    fn whoever_comes_back_makes_all_wait_once() {
        let (limits, mut bucket) = (limits(1000), Bucket::new(0));
        let back = Ask { returning: true, ..one(0, 1) };
        let start = 100_000_000;
        assert_eq!(bucket.lease(&limits, &back, start).hold_us, 1_000_000);
        assert_eq!(bucket.lease(&limits, &one(0, 1), start + 500_000).hold_us, 500_000);
        assert_eq!(bucket.lease(&limits, &one(0, 1), start + 999_999).hold_us, 1);
        assert_eq!(bucket.lease(&limits, &back, start + 1_000_000).units, [0, 0, 0], "nothing was saved meanwhile");
        let paid = Ask { back: -85, ..back };
        assert_eq!(bucket.lease(&limits, &paid, start + 1_010_000).units, [0, 0, 0]);
        assert_eq!(bucket.lease(&limits, &back, start + 1_110_000).units, [1, 0, 0]);
    }

    #[test]
    fn a_clock_that_is_set_back_stops_nothing_and_gives_nothing() {
        let (limits, mut bucket) = (limits(1000), Bucket::new(3_600_000_000));
        assert_eq!(bucket.lease(&limits, &one(0, 1), 0).units, [0, 0, 0]);
        assert_eq!(bucket.lease(&limits, &one(0, 1), 10_000).units, [1, 0, 0]);
    }
}
