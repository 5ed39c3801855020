//! The daily quotas of the apps in one process: what it holds of them, and drawing more from the fleet's ledger.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use push_contract::{DailyQuota, Day, Lane, Timestamp};
use push_pacing::{Draw, Drawn, Ledger, Purse, QuotaRules, Slip, forecast};
use tokio::time::{Instant, timeout};

use crate::{
    app::AppState,
    claims::{Claims, StoreDown},
    metrics::Metrics,
    pipeline::Worker,
};

/// An answer that takes longer is none.
const ANSWER: Duration = Duration::from_millis(250);
/// How long a ledger that did not answer is not asked again.
const AWAY: Duration = Duration::from_secs(1);
/// How often every quota is looked at, so that figures are true and what came back is told.
const LOOK: Duration = Duration::from_secs(5);

type Name = (String, String);

/// What this process holds of every quota, and, without a store, the ledgers.
#[derive(Debug, Default)]
pub struct Quotas {
    held: Mutex<HashMap<Name, Arc<tokio::sync::Mutex<Held>>>>,
    ledgers: Mutex<HashMap<Name, Ledger>>,
    /// What the vendor itself said about limits.
    told: Mutex<HashMap<Name, u64>>,
}

/// What is held of one quota. Locked while the ledger is asked: one question at a time.
#[derive(Debug, Default)]
struct Held {
    purse: Purse,
    away: Option<Instant>,
    /// The ledger is away and this process's part of the rest is used up: nobody knows whether the quota is spent.
    short: bool,
}

/// What came of a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// As many units as there were.
    pub(crate) slip: Slip,
    /// The ledger has no more; else it could not be asked.
    pub(crate) spent: bool,
}

/// Why nothing may be taken right now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtHand {
    /// Units are there, or may be.
    Some,
    /// The ledger has no more.
    Nothing,
    /// The ledger is away: it is asked again soon.
    AskAgain,
}

impl Quotas {
    fn of(&self, app: &str, quota: &str) -> Arc<tokio::sync::Mutex<Held>> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.entry((app.to_owned(), quota.to_owned())).or_default().clone()
    }

    /// The vendor's own word on a limit counts more than the settings.
    pub fn learn(&self, app: &str, quota: &str, limit: u64) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert((app.to_owned(), quota.to_owned()), limit) != Some(limit) {
            tracing::info!(app, quota, limit, "the vendor told the day's limit");
        }
    }

    /// What a quota is kept by; `None`: no limit is known, so that only the vendor's own answer stops it.
    #[must_use]
    pub fn rules(&self, app: &str, name: &str, day: &Day, quota: &DailyQuota) -> Option<QuotaRules> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let told = told.get(&(app.to_owned(), name.to_owned())).copied();
        let limit = told.unwrap_or_else(|| quota.limit.number());
        let ceilings = Lane::ALL.map(|lane| quota.ceilings.of(lane));
        (limit > 0).then_some(QuotaRules { limit, ceilings, offset_ms: day.utc_offset_s * 1000 })
    }
}

impl Worker {
    /// What an app's quota is kept by, if it has a limit.
    fn rules_of(&self, app: &AppState, quota: &str) -> Option<QuotaRules> {
        let day = app.vendor.day();
        self.quotas.rules(app.name.as_str(), quota, day, day.quotas.get(quota)?)
    }

    /// Takes so many units of a quota for a lane, or as many as are left. `None`: it has no limit.
    pub(crate) async fn draw(&self, app: &AppState, quota: &str, lane: Lane, units: u32) -> Option<Taken> {
        let rules = self.rules_of(app, quota)?;
        let held = self.quotas.of(app.name.as_str(), quota);
        let mut held = held.lock().await;
        let (index, now) = (lane as usize, Timestamp::now().as_millis());
        if held.purse.at_hand(&rules, index, now) < units {
            if held.away.is_some_and(|until| until > Instant::now()) {
                return Some(self.draw_alone(&mut held, &rules, index, units));
            }
            match self.ask_ledger(app, quota, &mut held, &rules, lane, units).await {
                Ok(drawn) if drawn.day == held.purse.day() => {}
                // Clocks differ a little at midnight.
                Ok(_) => return Some(self.draw_alone(&mut held, &rules, index, units)),
                Err(error) => {
                    self.store_failed(&error);
                    return Some(self.draw_alone(&mut held, &rules, index, units));
                }
            }
        }
        let day = held.purse.day();
        let slip = held.purse.take(&rules, index, units, now);
        let spent = slip.units < units;
        drop(held);
        if spent {
            let until = Timestamp::from_millis(rules.end_of(day));
            self.blocks.spend_quota(&self.claims, &app.name, quota, lane, until).await;
        }
        Some(Taken { slip, spent })
    }

    /// What is at hand, and then of this process's part of the rest.
    fn draw_alone(&self, held: &mut Held, rules: &QuotaRules, lane: usize, units: u32) -> Taken {
        let now = Timestamp::now().as_millis();
        let mut slip = held.purse.take(rules, lane, units, now);
        slip.units += held.purse.alone(rules, lane, units - slip.units, self.replicas(), now).units;
        held.short = slip.units < units;
        Taken { slip, spent: false }
    }

    async fn ask_ledger(
        &self,
        app: &AppState,
        quota: &str,
        held: &mut Held,
        rules: &QuotaRules,
        lane: Lane,
        units: u32,
    ) -> Result<Drawn, StoreDown> {
        let now = Timestamp::now().as_millis();
        let draw = held.purse.draw(rules, lane as usize, units, self.replicas(), &self.replica, now);
        let name = app.name.as_str();
        let drawn = match &self.claims {
            Claims::Redis(store) => {
                let late = |_| StoreDown { what: "quota", why: "no answer in time".to_owned() };
                let answer = timeout(ANSWER, store.draw(name, quota, rules, &draw)).await.map_err(late);
                match answer.and_then(|answer| answer) {
                    Ok(drawn) => drawn,
                    Err(error) => {
                        held.purse.unheard();
                        held.away = Some(Instant::now() + AWAY);
                        return Err(error);
                    }
                }
            }
            Claims::Memory(_) => self.quotas.draw_here(name, quota, rules, &draw),
        };
        held.purse.drawn(&draw, &drawn);
        (held.away, held.short) = (None, false);
        let granted = self.metrics.quota_granted.with_label_values(&[name, quota, lane.as_str()]);
        granted.inc_by(u64::from(drawn.units));
        show(&self.metrics, name, quota, rules, &drawn);
        Ok(drawn)
    }

    /// Gives back what the vendor surely did not count.
    pub(crate) async fn refund(&self, app: &AppState, quota: &str, lane: Lane, slip: Slip) {
        if slip.units > 0 {
            self.quotas.of(app.name.as_str(), quota).lock().await.purse.refund(lane as usize, slip);
        }
    }

    /// Whether a lane may take of a quota; `spent`: the ledger is known to have no more for it.
    pub(crate) async fn at_hand(&self, app: &AppState, quota: &str, lane: Lane, spent: bool) -> AtHand {
        let Some(rules) = self.rules_of(app, quota) else { return if spent { AtHand::Nothing } else { AtHand::Some } };
        let held = self.quotas.of(app.name.as_str(), quota);
        let mut held = held.lock().await;
        let away = held.away.is_some_and(|until| until > Instant::now());
        match held.purse.at_hand(&rules, lane as usize, Timestamp::now().as_millis()) {
            0 if spent => AtHand::Nothing,
            0 if held.short && away => AtHand::AskAgain,
            _ => AtHand::Some,
        }
    }

    /// Nothing that is at hand is spent any more: the vendor says that the day is over, or the worker stops.
    pub(crate) async fn put_back(&self, app: &AppState, quota: &str) {
        self.quotas.of(app.name.as_str(), quota).lock().await.purse.empty();
    }

    /// Tells the ledger what came back and takes in how things stand, for every quota that has a limit.
    pub(crate) async fn look_at_quotas(&self) {
        for app in self.apps.load_full().values() {
            for quota in app.vendor.day().quotas.keys() {
                let Some(rules) = self.rules_of(app, quota) else { continue };
                let held = self.quotas.of(app.name.as_str(), quota);
                let mut held = held.lock().await;
                if let Err(error) = self.ask_ledger(app, quota, &mut held, &rules, Lane::High, 0).await {
                    self.store_failed(&error);
                    return;
                }
            }
        }
    }

    /// Gives everything back at the end.
    pub(crate) async fn close_quotas(&self) {
        for app in self.apps.load_full().values() {
            for quota in app.vendor.day().quotas.keys() {
                self.put_back(app, quota).await;
            }
        }
        // What came back to yesterday is told first.
        self.look_at_quotas().await;
        self.look_at_quotas().await;
    }
}

impl Quotas {
    fn draw_here(&self, app: &str, quota: &str, rules: &QuotaRules, draw: &Draw) -> Drawn {
        let mut ledgers = self.ledgers.lock().unwrap_or_else(PoisonError::into_inner);
        let ledger = ledgers.entry((app.to_owned(), quota.to_owned())).or_default();
        ledger.draw(rules, draw, Timestamp::now().as_millis())
    }
}

fn show(metrics: &Metrics, app: &str, quota: &str, rules: &QuotaRules, drawn: &Drawn) {
    let gauge = |what: &str, value: i64| metrics.quota.with_label_values(&[app, quota, what]).set(value);
    gauge("limit", i64::try_from(rules.limit).unwrap_or(i64::MAX));
    gauge("used", drawn.used);
    // As a time, so that an alert can say "within the hour"; 0: it lasts.
    let runs_out = forecast(rules, drawn.used, drawn.now_ms).map_or(0, |at| at / 1000);
    metrics.quota_runs_out.with_label_values(&[app, quota]).set(runs_out);
}

/// Looks at all quotas now and then.
pub(crate) async fn keep(worker: Arc<Worker>) {
    let mut every = tokio::time::interval(LOOK);
    every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        worker.look_at_quotas().await;
    }
}
