//! The daily quota of one class, kept by the fleet together.
//!
//! One ledger per class counts what was handed out on the vendor's own day. Processes take blocks from it and spend them
//! without asking again; near the end blocks shrink to one, so that the limit is met exactly. What a process holds when it
//! dies stays counted: under the limit, never over it.

mod ledger;
mod purse;
mod script;

pub use ledger::{Draw, Drawn, Ledger};
pub use purse::{Purse, Slip};
pub use script::{QUOTA, draw_arguments, read_drawn};

/// A day, ms.
pub(crate) const DAY_MS: i64 = 86_400_000;

/// What a ledger is kept by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct QuotaRules {
    /// Units a day.
    pub limit: u64,
    /// What part of it high, normal and low may use up, each 0 to 1.
    pub ceilings: [f64; 3],
    /// How far the vendor's day is ahead of UTC, ms.
    pub offset_ms: i64,
}

impl QuotaRules {
    /// The vendor's day that a time (ms since 1970) falls into.
    #[must_use]
    pub fn day(&self, now_ms: i64) -> i64 {
        (now_ms + self.offset_ms).div_euclid(DAY_MS)
    }

    /// When a day ends, ms since 1970.
    #[must_use]
    pub fn end_of(&self, day: i64) -> i64 {
        (day + 1) * DAY_MS - self.offset_ms
    }

    /// Units that a lane (0 high, 1 normal, 2 low) may bring the count to.
    #[must_use]
    pub fn ceiling(&self, lane: usize) -> i64 {
        (self.limit as f64 * self.ceilings.get(lane).copied().unwrap_or(0.0)).floor() as i64
    }
}

/// When a quota will be used up if today goes on as it did so far, ms since 1970; `None`: not today. Says nothing before a
/// hundredth of the day is over.
#[must_use]
pub fn forecast(rules: &QuotaRules, used: i64, now_ms: i64) -> Option<i64> {
    let end = rules.end_of(rules.day(now_ms));
    let gone = DAY_MS - (end - now_ms);
    let left = i64::try_from(rules.limit).unwrap_or(i64::MAX) - used;
    if left <= 0 {
        return Some(now_ms);
    }
    if gone < DAY_MS / 100 || used <= 0 {
        return None;
    }
    let until = now_ms + (left as f64 * gone as f64 / used as f64) as i64;
    (until < end).then_some(until)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHINA: QuotaRules = QuotaRules { limit: 10_000, ceilings: [1.0, 0.95, 0.8], offset_ms: 8 * 3_600_000 };

    #[test]
    fn the_day_is_the_vendors_own() {
        // 2026-11-21T16:00:00Z is midnight in China.
        let midnight = 1_795_276_800_000;
        assert_eq!(CHINA.day(midnight), CHINA.day(midnight - 1) + 1);
        assert_eq!(CHINA.end_of(CHINA.day(midnight - 1)), midnight);
        let west = QuotaRules { offset_ms: -8 * 3_600_000, ..CHINA };
        assert_eq!(west.end_of(west.day(0)), 8 * 3_600_000);
    }

    #[test]
    fn a_forecast_follows_the_curve_of_the_day() {
        let midnight = 1_795_276_800_000;
        let hours = |hours: i64| midnight + hours * 3_600_000;
        assert_eq!(forecast(&CHINA, 5000, hours(6)), Some(hours(12)));
        assert_eq!(forecast(&CHINA, 2000, hours(6)), None, "lasts until midnight");
        assert_eq!(forecast(&CHINA, 10_000, hours(6)), Some(hours(6)));
        assert_eq!(forecast(&CHINA, 9000, midnight + 60_000), None, "too early to say");
    }
}
