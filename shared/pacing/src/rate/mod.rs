//! The rate of one app, kept by the fleet together.
//!
//! One bucket per limit fills at what is aimed at. Processes lease tokens from it, hand them to their waiting jobs in
//! the order of the lanes, and write within [`LEASE_LIFE_US`] of the question. Over any second the vendor then sees at most
//! `aim x 1.1 + max(capacity, one batch)`, which is below the limit at the default aim.

mod bucket;
mod desk;
mod pacer;
mod script;
mod share;

pub use bucket::{Ask, Bucket, Grant};
pub use desk::Desk;
pub use pacer::Pacer;
pub use script::{LEASE, arguments, read_grant};
pub use share::Share;

use push_contract::{Counted, Rate};

/// A leased token is worth nothing so long after it was asked for, µs: what a stalled process still holds must not go out
/// beside what others were given since.
pub const LEASE_LIFE_US: i64 = 100_000;

/// How many targets one call may have, so that a call is at most a tenth of a second's worth where the vendor counts
/// targets.
#[must_use]
pub fn batch_limit(rate: Rate, targets: usize) -> usize {
    match rate.counted {
        Counted::Calls => targets,
        Counted::Targets => targets.min((rate.per_second / 10).max(1) as usize),
    }
}

/// What a bucket is kept by. Units are calls or targets, as the vendor counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// What the vendor allows, units a second.
    pub limit: f64,
    /// What is aimed at, units a second.
    pub aim: f64,
    /// Most units that an idle bucket holds.
    pub capacity: f64,
    /// Most units that are given to one job at once, and the deepest debt.
    pub batch: f64,
}

impl Limits {
    /// The limits of a fleet that aims at this share (over 0, at most 1) of the vendor's limit.
    #[must_use]
    pub fn of(rate: Rate, share: f64) -> Self {
        let limit = f64::from(rate.per_second).max(1e-3);
        let aim = limit * share;
        Self { limit, aim, capacity: (0.05 * aim).max(2.0), batch: (limit / 10.0).floor().max(1.0) }
    }

    /// The limits of a single interface, at so many calls a second. Nothing is saved up for a burst: many of these
    /// limits are a few calls a second, and there one call too many is one too many.
    #[must_use]
    pub fn of_calls(per_second: u32, share: f64) -> Self {
        let limits = Self::of(Rate { per_second, counted: Counted::Calls }, share);
        Self { capacity: (0.05 * limits.aim).max(1.0), batch: 1.0, ..limits }
    }

    /// What one of so many replicas may do by itself while the store is away: together they stay at four fifths of the
    /// aim, and nobody has more than one unit or a twentieth of a second in hand.
    #[must_use]
    pub fn alone_of(self, replicas: usize) -> Self {
        let replicas = replicas.max(1) as f64;
        let aim = 0.8 * self.aim / replicas;
        Self { limit: self.limit / replicas, aim, capacity: (0.05 * aim).max(1.0), batch: self.batch }
    }

    /// Most units of one job at once.
    #[must_use]
    pub fn most(self) -> u32 {
        self.batch as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_a_tenth_of_a_second_at_most() {
        let targets = Rate { per_second: 6000, counted: Counted::Targets };
        assert_eq!(batch_limit(targets, 1000), 600);
        assert_eq!(batch_limit(Rate { per_second: 5, counted: Counted::Targets }, 1000), 1);
        assert_eq!(batch_limit(Rate { per_second: 5, counted: Counted::Calls }, 1000), 1000);
    }

    #[test]
    fn the_worst_second_of_a_fleet_is_below_the_limit() {
        for per_second in [1, 5, 10, 20, 100, 500, 3000, 100_000] {
            let limits = Limits::of(Rate { per_second, counted: Counted::Targets }, 0.85);
            let worst = limits.aim * (1.0 + LEASE_LIFE_US as f64 / 1e6) + limits.capacity;
            let allowed = limits.limit + f64::from(u8::from(per_second < 20));
            assert!(worst.floor() <= allowed + f64::from(u8::from(per_second < 5)), "{per_second}: {worst}");
            let limits = Limits::of_calls(per_second, 0.85);
            let worst = limits.aim * (1.0 + LEASE_LIFE_US as f64 / 1e6) + limits.capacity;
            assert!(worst.floor() <= limits.limit, "an interface, {per_second}: {worst}");
        }
    }
}
