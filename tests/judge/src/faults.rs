//! The faults that a test run caused, and what they excuse.

use serde::Deserialize;

/// How long before a fault a push may have been taken and still count as hit by it: what was on the wire when the
/// worker was killed reaches the vendor's log a moment later or earlier than the kill reaches the fault log.
pub const SLACK_MS: i64 = 1000;

/// A fault: a line of `faults`.
#[derive(Debug, Clone, Deserialize)]
pub struct Fault {
    /// When it began, milliseconds since 1970.
    pub at: i64,
    /// When it was over; absent: at once.
    #[serde(default)]
    pub until: Option<i64>,
    /// What happened: `kill`, `freeze`, `conn`, `store_lost`, `store_down`; anything else excuses nothing.
    pub what: String,
}

impl Fault {
    fn store(&self) -> bool {
        matches!(self.what.as_str(), "store_lost" | "store_down")
    }

    fn interrupts(&self) -> bool {
        self.store() || matches!(self.what.as_str(), "kill" | "freeze" | "conn")
    }
}

/// All faults of a run.
#[derive(Debug)]
pub(crate) struct Faults {
    list: Vec<Fault>,
    slack_ms: i64,
}

impl Faults {
    pub(crate) fn new(slack_ms: i64) -> Self {
        Self { list: Vec::new(), slack_ms }
    }

    pub(crate) fn add(&mut self, fault: Fault) {
        self.list.push(fault);
    }

    /// Whether a worker or its memory was hit between two acceptances of a push.
    pub(crate) fn interrupted(&self, first: i64, second: i64) -> bool {
        self.any(Fault::interrupts, first, second)
    }

    /// Whether the store was hit between two answers about a push.
    pub(crate) fn store_hit(&self, first: i64, second: i64) -> bool {
        self.any(Fault::store, first, second)
    }

    fn any(&self, fits: impl Fn(&Fault) -> bool, first: i64, second: i64) -> bool {
        let (first, second) = (first.min(second), first.max(second));
        self.list
            .iter()
            .any(|fault| fits(fault) && fault.at <= second && fault.until.unwrap_or(fault.at) + self.slack_ms >= first)
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults, SLACK_MS};

    #[test]
    fn a_fault_excuses_what_it_lies_between() {
        let mut faults = Faults::new(SLACK_MS);
        faults.add(Fault { at: 10_000, until: Some(20_000), what: "store_down".into() });
        faults.add(Fault { at: 50_000, until: None, what: "kill".into() });
        faults.add(Fault { at: 90_000, until: None, what: "vendor_503".into() });
        for (first, second, interrupted, store) in [
            (9_000, 9_999, false, false),
            (9_000, 10_000, true, true),
            (12_000, 13_000, true, true),
            (13_000, 12_000, true, true),
            (21_000, 30_000, true, true),
            (21_001, 30_000, false, false),
            (49_000, 60_000, true, false),
            (89_000, 91_000, false, false),
        ] {
            assert_eq!(faults.interrupted(first, second), interrupted, "{first}..{second}");
            assert_eq!(faults.store_hit(first, second), store, "{first}..{second}");
        }
    }
}
