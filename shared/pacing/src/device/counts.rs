//! The counts, in the process. `device.lua` does the same in Redis; a test holds them against one another.

use std::collections::HashMap;

use super::{DeviceDay, DeviceKey, DeviceQuestion, Direction};

/// Counts of every app, cap and day that is not over.
#[derive(Debug, Default)]
pub struct DeviceCounts {
    days: HashMap<(String, String, DeviceDay), HashMap<DeviceKey, u8>>,
}

impl DeviceCounts {
    /// Answers a question at a time, ms since 1970: a flag for each device, in their order.
    pub fn answer(&mut self, app: &str, question: &DeviceQuestion, now_ms: i64) -> Vec<bool> {
        self.days.retain(|(_, _, day), _| day.end_ms() + super::MARGIN_MS > now_ms);
        let counts = self.days.entry((app.to_owned(), question.cap.clone(), question.day)).or_default();
        let mut count = |device: &DeviceKey| {
            // Of a day that is over nothing is known, and nothing is kept.
            if question.day.gone_ms(*device) <= now_ms {
                counts.remove(device);
                return question.direction == Direction::Take && question.most > 0;
            }
            let so_far = counts.get(device).copied().unwrap_or(0);
            let (counted, flag) = match question.direction {
                Direction::Take if so_far < question.most => (so_far + 1, true),
                Direction::GiveBack if so_far > 0 => (so_far - 1, true),
                _ => (so_far, false),
            };
            match counted {
                0 => counts.remove(device),
                counted => counts.insert(*device, counted),
            };
            flag
        };
        question.devices.iter().map(&mut count).collect()
    }

    /// Devices of which something is known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.days.values().map(HashMap::len).sum()
    }

    /// Whether nothing is known of any device.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIDNIGHT: i64 = 1_795_276_800_000;
    const HOUR: i64 = 3_600_000;
    const CHINA: i64 = 8 * HOUR;

    fn ask(direction: Direction, most: u8, day: DeviceDay, tokens: &[&str]) -> DeviceQuestion {
        let devices = tokens.iter().map(|token| DeviceKey::of(token)).collect();
        DeviceQuestion { cap: "marketing".into(), most, day, direction, devices }
    }

    #[test]
    fn each_device_has_its_own_share_of_a_day() {
        let (mut counts, now) = (DeviceCounts::default(), MIDNIGHT - 1);
        let today = DeviceDay::at(now, CHINA);
        let mut take =
            |most, day, tokens: &[&str]| counts.answer("chat", &ask(Direction::Take, most, day, tokens), now);
        assert_eq!(take(2, today, &["a", "b"]), [true, true]);
        assert_eq!(take(2, today, &["c", "a"]), [true, true]);
        assert_eq!(take(2, today, &["a", "b", "c"]), [false, true, true]);
        assert_eq!(take(3, today, &["a"]), [true], "a cap that was raised counts on");
        assert_eq!(take(0, today, &["d"]), [false]);
        assert_eq!(take(2, DeviceDay::at(MIDNIGHT, CHINA), &["a"]), [true], "the next day is whole");
        let other = DeviceQuestion { cap: "news".into(), ..ask(Direction::Take, 1, today, &["a"]) };
        assert_eq!(counts.answer("chat", &other, now), [true]);
        assert_eq!(counts.answer("shop", &ask(Direction::Take, 1, today, &["a"]), now), [true]);
    }

    #[test]
    fn what_comes_back_may_be_taken_again_and_is_never_below_zero() {
        let (mut counts, now) = (DeviceCounts::default(), MIDNIGHT);
        let today = DeviceDay::at(now, CHINA);
        let mut answer = |direction, tokens: &[&str]| counts.answer("chat", &ask(direction, 1, today, tokens), now);
        assert_eq!(answer(Direction::Take, &["a"]), [true]);
        assert_eq!(answer(Direction::GiveBack, &["b", "a"]), [false, true]);
        assert_eq!(answer(Direction::GiveBack, &["a"]), [false]);
        assert_eq!(answer(Direction::Take, &["a"]), [true]);
        assert_eq!(answer(Direction::Take, &["a"]), [false]);
    }

    #[test]
    fn a_day_that_is_over_is_forgotten() {
        let mut counts = DeviceCounts::default();
        let day = DeviceDay::at(MIDNIGHT - 1, CHINA);
        counts.answer("chat", &ask(Direction::Take, 1, day, &["a", "b"]), MIDNIGHT - 1);
        let next = DeviceDay::at(MIDNIGHT, CHINA);
        counts.answer("chat", &ask(Direction::Take, 1, next, &["a"]), MIDNIGHT + HOUR - 1);
        assert_eq!(counts.len(), 3);
        let back = ask(Direction::GiveBack, 1, day, &["a", "b"]);
        assert_eq!(counts.answer("chat", &back, MIDNIGHT + HOUR), [false, false]);
        assert_eq!(counts.len(), 1, "today's");
        assert_eq!(counts.answer("chat", &ask(Direction::Take, 1, day, &["a"]), MIDNIGHT + HOUR), [true]);
        assert_eq!(counts.len(), 1, "nothing is kept for a day that is over");
    }
}
