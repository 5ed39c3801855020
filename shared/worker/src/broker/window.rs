//! How many deliveries a consumer may hold, by what they weigh.
//!
//! The broker counts messages, memory counts bytes, and the client library buffers whatever the broker sends. So a
//! consumer starts with few, goes up while jobs are small, and down at once when they are large.

/// The prefetch of one consumer.
#[derive(Debug, Clone)]
pub(super) struct Window {
    most: u16,
    bytes: usize,
    present: u16,
    /// The largest body of the last deliveries, fading.
    large: usize,
    seen: u32,
}

/// What one delivery is expected to weigh at least.
const SMALL: usize = 1024;

impl Window {
    /// At most `most` deliveries and about `bytes` bytes of bodies.
    #[must_use]
    pub(super) fn new(most: u16, bytes: usize) -> Self {
        Self { most: most.max(1), bytes, present: 2.min(most.max(1)), large: SMALL, seen: 0 }
    }

    /// The prefetch to consume with.
    #[must_use]
    pub(super) fn present(&self) -> u16 {
        self.present
    }

    /// Notes a delivery. Returns true when the consumer should start anew with another prefetch.
    pub(super) fn note(&mut self, body: usize) -> bool {
        self.seen += 1;
        self.large =
            if body >= self.large { body.max(SMALL) } else { self.large - (self.large - body.max(SMALL)) / 64 };
        let fits = u16::try_from(self.bytes / self.large).unwrap_or(u16::MAX).clamp(1, self.most);
        // Down as soon as it no longer fits by half; up in steps, after as many deliveries as may be held.
        let down = fits < self.present / 2;
        let up = fits >= self.present.saturating_mul(2).min(self.most)
            && self.present < self.most
            && self.seen >= u32::from(self.present);
        if down {
            self.present = fits;
        } else if up {
            self.present = self.present.saturating_mul(4).min(fits);
        }
        if down || up {
            self.seen = 0;
        }
        down || up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(window: &mut Window, body: usize, deliveries: usize) -> u16 {
        for _ in 0..deliveries {
            window.note(body);
        }
        window.present()
    }

    #[test]
    fn small_jobs_open_it_in_steps() {
        let mut window = Window::new(256, 4 << 20);
        assert_eq!(window.present(), 2);
        assert_eq!(after(&mut window, 600, 2), 8);
        assert_eq!(after(&mut window, 600, 8), 32);
        assert_eq!(after(&mut window, 600, 200), 256);
    }

    #[test]
    fn one_huge_job_closes_it_at_once() {
        let mut window = Window::new(256, 4 << 20);
        assert_eq!(after(&mut window, 600, 500), 256);
        assert_eq!(after(&mut window, 10 << 20, 1), 1);
        assert_eq!(after(&mut window, 10 << 20, 50), 1);
        assert!(after(&mut window, 600, 2000) > 64, "and small ones open it again");
    }

    #[test]
    fn large_but_legal_jobs_stay_within_the_bytes() {
        let mut window = Window::new(256, 4 << 20);
        assert!(usize::from(after(&mut window, 200 << 10, 500)) * (200 << 10) <= 4 << 20);
    }
}
