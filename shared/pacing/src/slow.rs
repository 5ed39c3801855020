//! How long to send nothing after the vendor asked to slow down and named no time.

use std::time::Duration;

use push_contract::Timestamp;

use crate::pause;

/// The first pause.
const FIRST: Duration = Duration::from_secs(1);
/// The longest.
const MOST: Duration = Duration::from_secs(30);

/// The pauses of one app. They double while nothing but "slow down" comes back: a limit that counts calls of the whole
/// day, or for which the vendor punishes, is not knocked at every second.
#[derive(Debug, Clone, Copy, Default)]
pub struct SlowDowns {
    until: Option<Timestamp>,
    /// How many pauses without an answer of another kind.
    pauses: u32,
}

impl SlowDowns {
    /// The vendor asked to slow down: when to go on. What was on its way when the pause began does not lengthen it.
    pub fn asked(&mut self, now: Timestamp) -> Timestamp {
        if let Some(until) = self.until.filter(|until| now < *until && until.since(now) <= MOST) {
            return until;
        }
        let until = now.plus(pause(self.pauses, FIRST, MOST, 0.0));
        *self = Self { until: Some(until), pauses: self.pauses.saturating_add(1) };
        until
    }

    /// The vendor answered a call on its merits.
    pub const fn answered(&mut self) {
        self.pauses = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_while_nothing_else_comes_back() {
        let at = |seconds: i64| Timestamp::from_millis(1_700_000_000_000 + 1000 * seconds);
        let mut slow = SlowDowns::default();
        // The second call of each pair was on its way when the first was answered.
        for (asked, until) in [(0, 1), (0, 1), (1, 3), (2, 3), (3, 7), (10, 18), (20, 36), (40, 70), (70, 100)] {
            assert_eq!(slow.asked(at(asked)), at(until), "asked at {asked}");
        }
        slow.answered();
        assert_eq!(slow.asked(at(99)), at(100), "the pause itself goes on");
        assert_eq!(slow.asked(at(100)), at(101), "the next begins anew");
        assert_eq!(slow.asked(at(-3600)), at(-3598), "a clock that was set back");
    }
}
