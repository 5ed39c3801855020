//! Codes of vendors: tables, meanings, and when a vendor may be asked again.

use std::time::Duration;

use crate::{Action, Answer, Reason, Timestamp, Verdict};

/// What a code means for a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Meaning {
    /// What follows.
    pub action: Action,
    /// Why.
    pub reason: Reason,
}

impl Meaning {
    /// The vendor took it.
    pub const ACCEPTED: Self = Self::new(Action::Accepted, Reason::Ok);
    /// The request is wrong.
    pub const BAD_REQUEST: Self = Self::refused(Reason::BadRequest);
    /// The payload is too large.
    pub const TOO_LARGE: Self = Self::refused(Reason::PayloadTooLarge);
    /// The words are refused.
    pub const CONTENT: Self = Self::refused(Reason::ContentForbidden);
    /// The call's token is stale.
    pub const STALE: Self = Self::new(Action::CredentialStale, Reason::CredentialStale);
    /// The app's credential is refused.
    pub const CREDENTIAL: Self = Self::new(Action::AppMisconfigured, Reason::CredentialRefused);
    /// The app is set up wrongly.
    pub const APP: Self = Self::new(Action::AppMisconfigured, Reason::Misconfigured);
    /// The app as a whole lacks a right.
    pub const APP_RIGHT: Self = Self::new(Action::AppMisconfigured, Reason::NoRight);
    /// The class or what belongs to it is set up wrongly.
    pub const CLASS: Self = Self::new(Action::ClassMisconfigured, Reason::Misconfigured);
    /// The class needs a right that the app lacks.
    pub const CLASS_RIGHT: Self = Self::new(Action::ClassMisconfigured, Reason::NoRight);
    /// Too fast.
    pub const SLOW: Self = Self::new(Action::SlowDown { until: None }, Reason::RateLimited);
    /// The class's quota is spent.
    pub const SPENT: Self = Self::new(Action::QuotaSpent { until: None }, Reason::QuotaSpent);
    /// The vendor takes the class at other hours of its day.
    pub const QUIET: Self = Self::new(Action::QuotaSpent { until: None }, Reason::QuietHours);
    /// The device has had its share.
    pub const CAPPED: Self = Self::new(Action::DeviceCapped, Reason::DeviceCapped);
    /// Too much for this device at the moment.
    pub const BUSY: Self = Self::new(Action::DeviceBusy { until: None }, Reason::RateLimited);
    /// The vendor is in trouble and did not take it.
    pub const UNAVAILABLE: Self = Self::new(Action::Unavailable, Reason::Unavailable);
    /// It may have been taken: the answer cannot be read.
    pub const UNREADABLE: Self = Self::new(Action::Unknown, Reason::AnswerUnreadable);
    /// It may have been taken: what stands before the vendor gave up waiting.
    pub const LOST: Self = Self::new(Action::Unknown, Reason::AnswerLost);
    /// No code that is known: tried again before it counts as final.
    pub const UNLISTED: Self = Self::new(Action::Unavailable, Reason::UnlistedCode);

    /// Any meaning.
    #[must_use]
    pub const fn new(action: Action, reason: Reason) -> Self {
        Self { action, reason }
    }

    /// Refused for good.
    #[must_use]
    pub const fn refused(reason: Reason) -> Self {
        Self::new(Action::Refused, reason)
    }

    /// The token is dead.
    #[must_use]
    pub const fn gone(reason: Reason) -> Self {
        Self::new(Action::DeviceGone { invalid_since: None }, reason)
    }

    /// The meaning as a verdict, without a code.
    #[must_use]
    pub const fn verdict(self) -> Verdict {
        Verdict::new(self.action, self.reason)
    }
}

/// A table of codes: rows of codes that mean the same.
#[derive(Debug, Clone, Copy)]
pub struct Codes<T: 'static>(pub &'static [(&'static [&'static str], T)]);

impl<T: Copy> Codes<T> {
    /// How many codes the table has.
    #[must_use]
    pub const fn count(&self) -> usize {
        let (mut row, mut count) = (0, 0);
        while row < self.0.len() {
            count += self.0[row].0.len();
            row += 1;
        }
        count
    }

    /// Every code, for [`Profile::codes`](crate::Profile::codes): `&TABLE.names::<{ TABLE.count() }>()`.
    #[must_use]
    pub const fn names<const N: usize>(&self) -> [&'static str; N] {
        let mut names = [""; N];
        let (mut row, mut n) = (0, 0);
        while row < self.0.len() {
            let mut column = 0;
            while column < self.0[row].0.len() {
                names[n] = self.0[row].0[column];
                n += 1;
                column += 1;
            }
            row += 1;
        }
        names
    }

    /// What a code stands for; `None`: it is not in the table.
    #[must_use]
    pub fn find(&self, code: &str) -> Option<T> {
        self.0.iter().find(|(codes, _)| codes.contains(&code)).map(|row| row.1)
    }
}

impl Verdict {
    /// The verdict with its time: not before `slow`, if it says slower; not before `quota`, if a quota is spent.
    #[must_use]
    pub const fn until(mut self, slow: Option<Timestamp>, quota: Option<Timestamp>) -> Self {
        self.action = match self.action {
            Action::SlowDown { .. } => Action::SlowDown { until: slow },
            Action::QuotaSpent { .. } => Action::QuotaSpent { until: quota },
            other => other,
        };
        self
    }
}

impl Answer {
    /// When `Retry-After` allows another call; `None`: it is not there or cannot be read.
    #[must_use]
    pub fn retry_at(&self) -> Option<Timestamp> {
        self.retry_after().map(|wait| self.at.plus(wait))
    }

    /// What an answer without a code means. `commits`: the vendor may have delivered after the call.
    #[must_use]
    pub fn by_status(&self, commits: bool) -> Verdict {
        let slow = || Meaning::SLOW.verdict().until(self.retry_at(), None);
        match self.status {
            // The vendor may well have taken the call.
            200..=299 if commits => Meaning::UNREADABLE.verdict(),
            429 => slow(),
            503 if self.retry_after().is_some() => slow(),
            // A proxy gave up waiting; what stands behind it may have taken the call.
            504 if commits => Meaning::LOST.verdict(),
            408 | 500..=599 => Meaning::UNAVAILABLE.verdict(),
            _ => Verdict::new(Action::Unavailable, Reason::AnswerUnreadable),
        }
    }
}

impl Timestamp {
    /// When it is next this hour of the day, where the clock is `zone_hours` ahead of UTC.
    #[must_use]
    pub const fn next_daily(self, hour: u8, zone_hours: i8) -> Self {
        const HOUR: i64 = 3_600_000;
        const DAY: i64 = 24 * HOUR;
        let shift = (zone_hours as i64 - hour as i64) * HOUR;
        Self::from_millis((self.as_millis().saturating_add(shift).div_euclid(DAY) + 1) * DAY - shift)
    }

    /// This much later, at least `least`: for vendors that want a pause even if they do not say how long.
    #[must_use]
    pub fn after_pause(self, asked: Option<Duration>, least: Duration) -> Self {
        self.plus(asked.unwrap_or(least).max(least))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: Codes<Meaning> = Codes(&[(&["0"], Meaning::ACCEPTED), (&["7", "8"], Meaning::SLOW)]);
    const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

    #[test]
    fn a_table_lists_and_finds_its_codes() {
        assert_eq!(NAMES, ["0", "7", "8"]);
        assert_eq!(TABLE.find("8"), Some(Meaning::SLOW));
        assert_eq!(TABLE.find("9"), None);
    }

    #[test]
    fn a_verdict_gets_the_time_that_is_its_own() {
        let (slow, quota) = (Some(Timestamp::from_millis(1)), Some(Timestamp::from_millis(2)));
        let action = |meaning: Meaning| meaning.verdict().until(slow, quota).action;
        assert_eq!(action(Meaning::SLOW), Action::SlowDown { until: slow });
        assert_eq!(action(Meaning::SPENT), Action::QuotaSpent { until: quota });
        assert_eq!(action(Meaning::ACCEPTED), Action::Accepted);
    }

    #[test]
    fn a_day_begins_at_its_hour_in_its_zone() {
        let next = |now: &str, hour, zone| Timestamp::parse(now).unwrap().next_daily(hour, zone);
        for (now, hour, zone, then) in [
            ("2026-11-21T08:00:00Z", 0, 8, "2026-11-21T16:00:00Z"),
            ("2026-11-21T16:00:00Z", 0, 8, "2026-11-22T16:00:00Z"),
            ("2026-11-21T15:59:59Z", 7, 8, "2026-11-21T23:00:00Z"),
            ("2026-11-21T23:30:00Z", 23, 0, "2026-11-22T23:00:00Z"),
            ("2026-11-21T03:00:00Z", 0, -4, "2026-11-21T04:00:00Z"),
        ] {
            assert_eq!(next(now, hour, zone), Timestamp::parse(then).unwrap(), "{now} {hour} {zone}");
        }
    }

    #[test]
    fn a_status_alone_never_accepts_and_never_buries() {
        let answer = |status| Answer {
            status,
            headers: http::HeaderMap::new(),
            body: bytes::Bytes::new(),
            at: Timestamp::from_millis(0),
        };
        for (status, committed, before) in [
            (200, "unknown", "unavailable"),
            (429, "slow_down", "slow_down"),
            (408, "unavailable", "unavailable"),
            (503, "unavailable", "unavailable"),
            (504, "unknown", "unavailable"),
            (302, "unavailable", "unavailable"),
        ] {
            let judged = [true, false].map(|commits| answer(status).by_status(commits).action.as_str());
            assert_eq!(judged, [committed, before], "{status}");
        }
    }
}
