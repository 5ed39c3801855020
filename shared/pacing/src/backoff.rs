//! How long to wait before the next try.

use std::time::Duration;

/// The pause before try number `failures` + 1: it doubles from `first` up to `most`, and `chance` (0 to 1) takes up to
/// half of it away, so that replicas do not come back at the same moment.
#[must_use]
pub fn pause(failures: u32, first: Duration, most: Duration, chance: f64) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(failures.min(20)).unwrap_or(u32::MAX));
    doubled.min(most).mul_f64(1.0 - chance.clamp(0.0, 1.0) / 2.0)
}

/// The rung of the wait ladder (seconds, ascending) for the copy of a job whose `attempt`-th attempt has failed: the
/// smallest that is not below both the vendor's own wish and the doubled second; `chance` may choose the next one, so
/// that what failed together does not return together.
#[must_use]
pub fn rung(ladder: &[u32], attempt: u32, retry_after: Option<Duration>, chance: f64) -> u32 {
    let wished = retry_after.map_or(0, |after| u32::try_from(after.as_millis().div_ceil(1000)).unwrap_or(u32::MAX));
    let wanted = wished.max(1_u32.checked_shl(2 * attempt.saturating_sub(1).min(15)).unwrap_or(u32::MAX));
    let last = ladder.len().saturating_sub(1);
    let first = ladder.iter().position(|rung| *rung >= wanted).unwrap_or(last);
    let chosen = if chance < 0.25 { (first + 1).min(last) } else { first };
    ladder.get(chosen).copied().unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LADDER: [u32; 6] = [1, 5, 15, 60, 300, 1800];

    #[test]
    fn pauses_double_up_to_the_most() {
        let at = |failures| pause(failures, Duration::from_secs(1), Duration::from_secs(30), 0.0).as_secs();
        assert_eq!([at(0), at(1), at(4), at(5), at(99)], [1, 2, 16, 30, 30]);
        assert_eq!(pause(1, Duration::from_secs(1), Duration::from_secs(30), 1.0), Duration::from_secs(1));
    }

    #[test]
    fn rungs_follow_the_attempt_and_the_vendors_wish() {
        let at = |attempt| rung(&LADDER, attempt, None, 1.0);
        assert_eq!([at(1), at(2), at(3), at(4), at(5), at(40)], [1, 5, 60, 300, 300, 1800]);
        assert_eq!(rung(&LADDER, 1, Some(Duration::from_millis(5001)), 1.0), 15);
        assert_eq!(rung(&LADDER, 1, Some(Duration::from_secs(9999)), 0.0), 1800);
        assert_eq!(rung(&LADDER, 1, None, 0.1), 5, "chance chooses the neighbour");
    }
}
