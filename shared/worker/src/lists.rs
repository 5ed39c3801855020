//! How many targets a call of an app may have: as many as the vendor takes in a list, until it takes no more lists that day.

use std::sync::atomic::{AtomicI64, Ordering};

use push_contract::Timestamp;

/// The lists of one app.
#[derive(Debug)]
pub struct Lists {
    most: usize,
    /// Milliseconds; 0: never closed.
    closed_until: AtomicI64,
}

impl Lists {
    /// Lists of so many targets.
    #[must_use]
    pub const fn of(most: usize) -> Self {
        Self { most, closed_until: AtomicI64::new(0) }
    }

    /// Most targets of a call at `now`.
    #[must_use]
    pub fn per_call(&self, now: Timestamp) -> usize {
        if self.are_closed(now) { 1 } else { self.most }
    }

    /// Whether every target needs a call of its own at `now`.
    #[must_use]
    pub fn are_closed(&self, now: Timestamp) -> bool {
        now.as_millis() < self.closed_until.load(Ordering::Relaxed)
    }

    /// No list is taken before `until`. Returns whether that is news.
    pub fn close(&self, until: Timestamp) -> bool {
        self.closed_until.swap(until.as_millis(), Ordering::Relaxed) != until.as_millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_taken_again_when_the_day_is_over() {
        let at = |text| Timestamp::parse(text).unwrap();
        let (before, midnight) = (at("2026-11-21T15:59:59.999Z"), at("2026-11-21T16:00:00Z"));
        let lists = Lists::of(1000);
        assert_eq!((lists.per_call(before), lists.are_closed(before)), (1000, false));
        assert_eq!([lists.close(midnight), lists.close(midnight)], [true, false]);
        assert_eq!((lists.per_call(before), lists.are_closed(before)), (1, true));
        assert_eq!((lists.per_call(midnight), lists.are_closed(midnight)), (1000, false));
    }
}
