//! How many in the last second, exactly to the millisecond.

const SLOTS: u64 = 1000;

/// A sliding window of 1000 ms.
#[derive(Debug)]
pub(crate) struct Window {
    slots: Vec<u32>,
    last: u64,
    sum: u64,
    most: u64,
}

impl Default for Window {
    fn default() -> Self {
        Self { slots: vec![0; 1000], last: 0, sum: 0, most: 0 }
    }
}

impl Window {
    /// How many fall into the second that ends at `now` (milliseconds).
    pub(crate) fn sum(&mut self, now: u64) -> u64 {
        // A clock that steps back is held at the latest time seen.
        let gone = now.saturating_sub(self.last);
        for step in 1..=gone.min(SLOTS) {
            if let Some(slot) = self.slots.get_mut(index(self.last + step)) {
                self.sum -= u64::from(std::mem::take(slot));
            }
        }
        self.last = self.last.max(now);
        self.sum
    }

    /// Adds `n` at `now`.
    pub(crate) fn add(&mut self, now: u64, n: u32) {
        self.sum(now);
        if let Some(slot) = self.slots.get_mut(index(self.last)) {
            *slot += n;
            self.sum += u64::from(n);
            self.most = self.most.max(self.sum);
        }
    }

    /// The most that ever fell into one second.
    pub(crate) fn most(&self) -> u64 {
        self.most
    }
}

fn index(ms: u64) -> usize {
    usize::try_from(ms % SLOTS).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Window;

    #[test]
    fn slides() {
        let mut window = Window::default();
        window.add(1_000_000, 5);
        window.add(1_000_999, 3);
        assert_eq!(window.sum(1_000_999), 8);
        assert_eq!(window.sum(1_001_000), 3, "the first is a second old");
        window.add(1_001_500, 1);
        assert_eq!(window.sum(1_001_400), 4, "time does not go back");
        assert_eq!(window.sum(9_000_000), 0);
        assert_eq!(window.most(), 8);
    }
}
