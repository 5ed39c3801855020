//! When calls fail so often that they are stopped.

use std::{collections::VecDeque, time::Duration};

use push_contract::Timestamp;

/// When the breaker opens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerRules {
    /// Share of failures.
    pub share: f64,
    /// Fewest calls before the share is judged.
    pub calls: u32,
    /// The span that is looked at.
    pub span: Duration,
    /// The first pause; it doubles up to a minute while probes fail.
    pub pause: Duration,
}

/// Counts calls and failures of one app over a sliding span. Refused devices and wrong payloads are no failures: only
/// what says that the vendor cannot answer counts.
#[derive(Debug, Clone)]
pub struct Breaker {
    rules: BreakerRules,
    /// Start of a tenth of the span, calls, failures.
    slots: VecDeque<(Timestamp, u32, u32)>,
    /// How often it opened without a success in between.
    opened: u32,
}

impl Breaker {
    /// A closed breaker.
    #[must_use]
    pub fn new(rules: BreakerRules) -> Self {
        Self { rules, slots: VecDeque::new(), opened: 0 }
    }

    /// Notes a call. Returns how long to stop, if this call opens the breaker.
    pub fn note(&mut self, failed: bool, now: Timestamp) -> Option<Duration> {
        let slot = self.rules.span / 10;
        while self.slots.front().is_some_and(|(start, ..)| now.since(*start) > self.rules.span) {
            self.slots.pop_front();
        }
        if self.slots.back().is_none_or(|(start, ..)| now.since(*start) >= slot) {
            self.slots.push_back((now, 0, 0));
        }
        if let Some((_, calls, failures)) = self.slots.back_mut() {
            *calls += 1;
            *failures += u32::from(failed);
        }
        let (calls, failures) =
            self.slots.iter().fold((0, 0), |(c, f), (_, calls, failures)| (c + calls, f + failures));
        if !failed {
            self.opened = 0;
            return None;
        }
        (calls >= self.rules.calls && f64::from(failures) >= self.rules.share * f64::from(calls)).then(|| self.open())
    }

    /// A probe failed, or a call said by itself that nothing will work: how long to stop now.
    pub fn open(&mut self) -> Duration {
        let pause = crate::pause(self.opened, self.rules.pause, Duration::from_secs(60), 0.0);
        self.opened = self.opened.saturating_add(1);
        self.slots.clear();
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn breaker() -> Breaker {
        Breaker::new(BreakerRules {
            share: 0.5,
            calls: 4,
            span: Duration::from_secs(10),
            pause: Duration::from_secs(2),
        })
    }

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn it_opens_at_the_share_and_not_before_enough_calls() {
        let mut breaker = breaker();
        assert_eq!(breaker.note(true, at(0)), None);
        assert_eq!(breaker.note(true, at(1)), None);
        assert_eq!(breaker.note(false, at(2)), None);
        assert_eq!(breaker.note(true, at(3)), Some(Duration::from_secs(2)));
    }

    #[test]
    fn old_failures_are_forgotten() {
        let mut breaker = breaker();
        (0..3).for_each(|n| assert_eq!(breaker.note(true, at(n)), None));
        assert_eq!(breaker.note(true, at(20_000)), None);
    }

    #[test]
    fn pauses_double_until_a_success() {
        let mut breaker = breaker();
        assert_eq!([breaker.open(), breaker.open(), breaker.open()].map(|pause| pause.as_secs()), [2, 4, 8]);
        breaker.note(false, at(0));
        assert_eq!(breaker.open().as_secs(), 2);
    }
}
