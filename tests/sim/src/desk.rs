//! What every vendor keeps about its apps: credentials handed out, suspension, rate, busy devices.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::window::Window;

/// What a bearer credential is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Worth {
    /// Valid, for this app.
    Good(String),
    /// Was valid for this app, and is no longer.
    Stale(String),
    /// Never seen.
    Unknown,
}

/// The desk of one vendor. Every method is one short critical section.
#[derive(Debug, Default)]
pub struct Desk {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    credentials: HashMap<String, Credential>,
    apps: HashMap<String, Standing>,
}

#[derive(Debug)]
struct Credential {
    app: String,
    expires: u64,
    stale: bool,
    /// Made by the app itself and checked against its key, not issued here.
    self_signed: bool,
}

#[derive(Debug, Default)]
struct Standing {
    suspended: bool,
    rate: Option<u32>,
    window: Window,
    busy: HashMap<String, u32>,
    issued: VecDeque<u64>,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An app was registered, perhaps again: self-signed credentials are checked anew, a given rate replaces the old.
    pub fn enrol(&self, app: &str, rate: Option<u32>) {
        let mut inner = self.lock();
        inner.credentials.retain(|_, held| !(held.self_signed && held.app == app && !held.stale));
        let standing = inner.apps.entry(app.to_owned()).or_default();
        if rate.is_some() {
            standing.rate = rate;
        }
    }

    /// Whether the app was ever registered.
    pub fn knows(&self, app: &str) -> bool {
        self.lock().apps.contains_key(app)
    }

    /// Notes a credential issued to `app`, good until `expires` (milliseconds).
    pub fn issue(&self, app: &str, credential: &str, expires: u64) {
        self.note(app, credential, expires, false);
    }

    /// Notes a self-signed credential that was verified, so that it need not be verified again.
    pub fn verified(&self, app: &str, credential: &str, expires: u64) {
        self.note(app, credential, expires, true);
    }

    fn note(&self, app: &str, credential: &str, expires: u64, self_signed: bool) {
        let credential_of = Credential { app: app.to_owned(), expires, stale: false, self_signed };
        self.lock().credentials.insert(credential.to_owned(), credential_of);
    }

    /// Whether `app` may have one more credential: `limit` within any `span` milliseconds. Counts it if so.
    pub fn may_issue(&self, app: &str, limit: usize, span: u64, now: u64) -> bool {
        let mut inner = self.lock();
        let issued = &mut inner.apps.entry(app.to_owned()).or_default().issued;
        while issued.front().is_some_and(|at| at + span <= now) {
            issued.pop_front();
        }
        let may = issued.len() < limit;
        if may {
            issued.push_back(now);
        }
        may
    }

    /// What a credential is worth at `now` (milliseconds).
    pub fn worth(&self, credential: &str, now: u64) -> Worth {
        match self.lock().credentials.get(credential) {
            None => Worth::Unknown,
            Some(held) if held.stale || held.expires <= now => Worth::Stale(held.app.clone()),
            Some(held) => Worth::Good(held.app.clone()),
        }
    }

    /// Makes every credential of the app stale that was issued or shown so far.
    pub fn expire(&self, app: &str) {
        let mut inner = self.lock();
        inner.credentials.values_mut().filter(|held| held.app == app).for_each(|held| held.stale = true);
    }

    /// Suspends the app or lifts its suspension.
    pub fn suspend(&self, app: &str, on: bool) {
        self.lock().apps.entry(app.to_owned()).or_default().suspended = on;
    }

    /// Whether the app is suspended.
    pub fn is_suspended(&self, app: &str) -> bool {
        self.lock().apps.get(app).is_some_and(|standing| standing.suspended)
    }

    /// Sets the app's rate in targets per second; `None` lifts flow control.
    pub fn set_rate(&self, app: &str, per_second: Option<u32>) {
        self.lock().apps.entry(app.to_owned()).or_default().rate = per_second;
    }

    /// Whether `n` more targets stay within the app's rate over the last second. Counts them if so.
    pub fn take(&self, app: &str, n: usize, now: u64) -> bool {
        let mut inner = self.lock();
        let Some(standing) = inner.apps.get_mut(app) else { return true };
        let Some(rate) = standing.rate else { return true };
        let n = u32::try_from(n).unwrap_or(u32::MAX);
        let within = standing.window.sum(now) + u64::from(n) <= u64::from(rate);
        if within {
            standing.window.add(now, n);
        }
        within
    }

    /// Whether a device that is busy the first `times` times is still busy. Counts the asking.
    pub fn is_busy(&self, app: &str, token: &str, times: u32) -> bool {
        let mut inner = self.lock();
        let asked = inner.apps.entry(app.to_owned()).or_default().busy.entry(token.to_owned()).or_default();
        *asked = asked.saturating_add(1);
        *asked <= times
    }

    /// Forgets what was counted; apps, credentials, suspensions and rates stay.
    pub fn reset(&self) {
        for standing in self.lock().apps.values_mut() {
            standing.window = Window::default();
            standing.busy.clear();
            standing.issued.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Desk, Worth};

    #[test]
    fn credentials_age_and_are_forgotten() {
        let desk = Desk::default();
        desk.enrol("chat", None);
        desk.issue("chat", "t", 1000);
        desk.verified("chat", "j", 1000);
        assert_eq!(desk.worth("t", 999), Worth::Good("chat".to_owned()));
        assert_eq!(desk.worth("t", 1000), Worth::Stale("chat".to_owned()));
        assert_eq!(desk.worth("x", 0), Worth::Unknown);
        desk.enrol("chat", None);
        assert_eq!(desk.worth("j", 0), Worth::Unknown, "a new registration may have a new key");
        assert_eq!(desk.worth("t", 0), Worth::Good("chat".to_owned()));
        desk.expire("chat");
        assert_eq!(desk.worth("t", 0), Worth::Stale("chat".to_owned()));
    }

    #[test]
    fn a_rate_counts_only_what_it_lets_through() {
        let desk = Desk::default();
        desk.enrol("chat", Some(10));
        assert!(desk.take("chat", 8, 5000));
        assert!(!desk.take("chat", 3, 5001));
        assert!(desk.take("chat", 2, 5002));
        assert!(!desk.take("chat", 1, 5999));
        assert!(desk.take("chat", 8, 6000));
        desk.set_rate("chat", None);
        assert!(desk.take("chat", 1000, 6000));
    }

    #[test]
    fn issue_limit_and_busy_devices() {
        let desk = Desk::default();
        assert!(desk.may_issue("chat", 2, 100, 0));
        assert!(desk.may_issue("chat", 2, 100, 50));
        assert!(!desk.may_issue("chat", 2, 100, 99));
        assert!(desk.may_issue("chat", 2, 100, 100));
        assert!(desk.is_busy("chat", "busy-1-a", 1));
        assert!(!desk.is_busy("chat", "busy-1-a", 1));
    }
}
