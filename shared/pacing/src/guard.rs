//! The guard against mass deletion: when nearly every token is called dead, it is the set-up that is wrong.

use std::time::Duration;

use push_contract::Timestamp;

/// When dead tokens are doubted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GuardRules {
    /// From this many tokens in a minute ...
    pub tokens: u64,
    /// ... over this share ...
    pub share: f64,
    /// ... and over this many times the usual share.
    pub times_usual: f64,
}

const SPAN: Duration = Duration::from_secs(60);

/// Counts the tokens of one app and how many of them were called dead.
#[derive(Debug, Clone)]
pub struct Guard {
    rules: GuardRules,
    since: Timestamp,
    tokens: u64,
    dead: u64,
    /// The share of spans that were not suspicious, smoothed.
    usual: f64,
}

impl Guard {
    /// A guard that has seen nothing. A share of one in a hundred counts as usual until more is known.
    #[must_use]
    pub fn new(rules: GuardRules, now: Timestamp) -> Self {
        Self { rules, since: now, tokens: 0, dead: 0, usual: 0.01 }
    }

    /// Notes the tokens of one call. Returns whether dead ones are suspect now.
    pub fn note(&mut self, tokens: u64, dead: u64, now: Timestamp) -> bool {
        if now.since(self.since) > SPAN {
            let share = self.share();
            if self.tokens >= self.rules.tokens && !self.is_suspicious() {
                self.usual = 0.8 * self.usual + 0.2 * share;
            }
            (self.since, self.tokens, self.dead) = (now, 0, 0);
        }
        self.tokens += tokens;
        self.dead += dead;
        self.is_suspicious()
    }

    fn share(&self) -> f64 {
        if self.tokens == 0 { 0.0 } else { self.dead as f64 / self.tokens as f64 }
    }

    fn is_suspicious(&self) -> bool {
        self.tokens >= self.rules.tokens
            && self.share() > self.rules.share
            && self.share() > self.rules.times_usual * self.usual
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_many_and_unusually_many_are_suspect() {
        let rules = GuardRules { tokens: 200, share: 0.3, times_usual: 10.0 };
        let mut guard = Guard::new(rules, Timestamp::from_millis(0));
        assert!(!guard.note(100, 100, Timestamp::from_millis(1)), "too few to judge");
        assert!(guard.note(100, 100, Timestamp::from_millis(2)));
        let mut guard = Guard::new(rules, Timestamp::from_millis(0));
        assert!(!guard.note(1000, 299, Timestamp::from_millis(1)), "a share that happens");
        let mut guard = Guard { usual: 0.08, ..Guard::new(rules, Timestamp::from_millis(0)) };
        assert!(!guard.note(1000, 700, Timestamp::from_millis(1)), "this app always has many");
    }

    #[test]
    fn a_new_minute_starts_anew() {
        let mut guard =
            Guard::new(GuardRules { tokens: 200, share: 0.3, times_usual: 10.0 }, Timestamp::from_millis(0));
        assert!(guard.note(400, 400, Timestamp::from_millis(1)));
        assert!(!guard.note(10, 10, Timestamp::from_millis(61_002)));
    }
}
