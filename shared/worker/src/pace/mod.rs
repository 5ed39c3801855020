//! The rate of one app in one process: jobs wait here for the lease of the fleet, or for the share of this process.

mod run;

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Instant,
};

use push_contract::{Counted, Lane, Rate, Timestamp};
use push_pacing::{Ask, Desk, Grant, LEASE_LIFE_US, Limits, Pacer};
use tokio::sync::{Notify, oneshot};

use crate::metrics::Metrics;

pub use run::run;

/// Units that were paid for: bytes may be written while the lease that they came from lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Paid {
    asked_us: i64,
    units: u32,
}

impl Paid {
    /// How much, in units.
    #[must_use]
    pub fn units(self) -> u32 {
        self.units
    }

    /// A part of it.
    #[must_use]
    pub fn part(self, units: u32) -> Self {
        Self { units, ..self }
    }

    /// Both together, as old as the older.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { asked_us: self.asked_us.min(other.asked_us), units: self.units + other.units }
    }
}

/// How the rate is kept right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// From the fleet's bucket.
    Leased,
    /// The store is away: a part of the aim, by the last known number of workers.
    Share,
    /// There is no store, and no other worker.
    Standalone,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 3] = [Self::Leased, Self::Share, Self::Standalone];

    /// As in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Leased => "leased",
            Self::Share => "share",
            Self::Standalone => "standalone",
        }
    }
}

/// One limit of one app. What is on the hot path is one short lock.
#[derive(Debug)]
pub struct Pace {
    /// What its bucket is called: the app, or one interface of it as `<app>/<api>`.
    name: String,
    /// Whether metrics tell of it. They have an app, and no interface of one.
    told: bool,
    counted: Counted,
    limits: Limits,
    began: Instant,
    desk: Mutex<Desk<oneshot::Sender<i64>>>,
    poke: Notify,
    /// Urgent jobs do not sit out a pause between two questions.
    urgent: Notify,
    pacer: Pacer,
    /// The vendor said "slow down", and what it wished, µs: told to the bucket with the next question.
    slow: AtomicBool,
    shut_us: AtomicI64,
}

impl Pace {
    /// A pace that aims at this share of the vendor's limit. Nothing goes before [`run`] works on it.
    #[must_use]
    pub fn new(app: &str, rate: Rate, aim: f64) -> Self {
        Self::of(app.to_owned(), true, rate.counted, Limits::of(rate, aim))
    }

    /// The same for one interface of an app, at so many calls a second.
    #[must_use]
    pub fn of_api(app: &str, api: &str, per_second: u32, aim: f64) -> Self {
        Self::of(format!("{app}/{api}"), false, Counted::Calls, Limits::of_calls(per_second, aim))
    }

    fn of(name: String, told: bool, counted: Counted, limits: Limits) -> Self {
        Self {
            name,
            told,
            counted,
            limits,
            began: Instant::now(),
            desk: Mutex::default(),
            poke: Notify::new(),
            urgent: Notify::new(),
            pacer: Pacer::new(&limits),
            slow: AtomicBool::new(false),
            shut_us: AtomicI64::new(0),
        }
    }

    /// What it is kept by.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What so many calls to so many targets cost.
    #[must_use]
    pub fn units(&self, calls: usize, targets: usize) -> u32 {
        let units = match self.counted {
            Counted::Calls => calls,
            Counted::Targets => targets,
        };
        u32::try_from(units).unwrap_or(u32::MAX).min(self.limits.most())
    }

    /// Takes `units` now, or nothing.
    #[must_use]
    pub fn try_take(&self, lane: Lane, units: u32) -> Option<Paid> {
        let mut desk = self.desk();
        let asked = desk.take(lane as usize, units, self.now_us());
        let poke = desk.runs_low();
        drop(desk);
        if poke {
            self.poke.notify_one();
        }
        asked.map(|asked_us| Paid { asked_us, units })
    }

    /// Waits until `units` are paid. Dropping it gives up the place.
    pub async fn take(&self, lane: Lane, units: u32) -> Paid {
        if let Some(paid) = self.try_take(lane, units) {
            return paid;
        }
        self.wait(lane, units, false).await
    }

    /// Waits right before bytes are written: what was paid too long ago, or not at all, is paid now, before all others,
    /// because the job is claimed already; and what this process was late with does not go out in one moment.
    pub async fn before_write(&self, paid: Option<Paid>, units: u32) {
        let fresh = |paid: Paid| self.now_us() - paid.asked_us < LEASE_LIFE_US;
        if !paid.is_some_and(|paid| paid.units >= units && fresh(paid)) {
            self.wait(Lane::High, units, true).await;
        }
        self.pacer.pass(units).await;
    }

    /// The vendor was asked too often, and wants nothing until then.
    pub fn slow_down(&self, until: Timestamp) {
        let pause = i64::try_from(until.since(Timestamp::now()).as_micros()).unwrap_or(i64::MAX);
        self.shut_us.fetch_max(pause, Ordering::Relaxed);
        self.slow.store(true, Ordering::Relaxed);
        self.poke.notify_one();
    }

    async fn wait(&self, lane: Lane, units: u32, first: bool) -> Paid {
        let (told, turn) = oneshot::channel();
        self.desk().wait(lane as usize, units, told, first);
        self.poke.notify_one();
        if lane == Lane::High {
            self.urgent.notify_one();
        }
        // The desk lives as long as this pace, so the sender is never dropped unused.
        let asked_us = turn.await.unwrap_or_default();
        Paid { asked_us, units }
    }

    fn desk(&self) -> MutexGuard<'_, Desk<oneshot::Sender<i64>>> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_us(&self) -> i64 {
        i64::try_from(self.began.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// What to ask the bucket, if anything.
    fn ask(&self) -> Option<Ask> {
        let (slow, shut_us) = (self.slow.swap(false, Ordering::Relaxed), self.shut_us.swap(0, Ordering::Relaxed));
        let mut desk = self.desk();
        desk.forget(oneshot::Sender::is_closed);
        let ask = desk.ask(self.now_us());
        if slow { Some(Ask { slow, shut_us, ..ask.unwrap_or_default() }) } else { ask }
    }

    /// What the bucket must still hear, after a question that it may not have heard.
    fn unheard(&self, ask: &Ask) {
        if ask.slow {
            self.shut_us.fetch_max(ask.shut_us, Ordering::Relaxed);
            self.slow.store(true, Ordering::Relaxed);
        }
    }

    /// Hands a grant to those who wait.
    fn grant(&self, grant: &Grant, asked_us: i64, metrics: &Metrics) {
        self.show_grant(grant, metrics);
        let now = self.now_us();
        let ready = self.desk().grant(grant.units, asked_us, now);
        for (who, asked_us) in ready {
            // Somebody who gave up a moment ago: what he was given is not used.
            let _ = who.send(asked_us);
        }
    }

    /// What was paid for a call that several jobs share. Where calls are counted, all but one get theirs back.
    #[must_use]
    pub fn for_one_call(&self, each: impl Iterator<Item = Option<Paid>>) -> Option<Paid> {
        let mut each = each.flatten();
        let first = each.next()?;
        if self.counted == Counted::Targets {
            return Some(each.fold(first, Paid::and));
        }
        let mut desk = self.desk();
        // The stock of the lowest lane is open to all.
        each.for_each(|paid| desk.put_back(Lane::Low as usize, paid.units, paid.asked_us));
        let ready = desk.serve(self.now_us());
        drop(desk);
        for (who, asked_us) in ready {
            let _ = who.send(asked_us);
        }
        Some(first)
    }

    fn show(&self, mode: Mode, metrics: &Metrics) {
        for known in Mode::ALL.iter().filter(|_| self.told) {
            metrics.rate_mode.with_label_values(&[self.name.as_str(), known.as_str()]).set(i64::from(*known == mode));
        }
    }

    fn show_grant(&self, grant: &Grant, metrics: &Metrics) {
        if !self.told {
            return;
        }
        for (lane, units) in Lane::ALL.iter().zip(grant.units).filter(|(_, units)| *units > 0) {
            let granted = metrics.rate_granted.with_label_values(&[self.name.as_str(), lane.as_str()]);
            granted.inc_by(u64::from(units));
        }
        metrics.rate_limit.with_label_values(&[self.name.as_str(), "factor"]).set(grant.factor);
    }

    fn show_waiting(&self, metrics: &Metrics) {
        if !self.told {
            return;
        }
        let waiting = self.desk().waiting_units();
        for (lane, units) in Lane::ALL.iter().zip(waiting) {
            let gauge = metrics.rate_waiting.with_label_values(&[self.name.as_str(), lane.as_str()]);
            gauge.set(i64::try_from(units).unwrap_or(i64::MAX));
        }
    }
}
