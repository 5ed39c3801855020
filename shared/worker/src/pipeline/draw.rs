//! What the vendor's day allows: asked before a job is admitted, and drawn right before its bytes are written.

use push_contract::{Action, Class, Lane, OnSpent, Reason, Timestamp, Verdict};
use push_pacing::{DeviceDay, DeviceKey, DeviceQuestion, Direction, Slip};

use super::{Worker, dispatch::Told, send::Sending};
use crate::{
    app::AppState,
    quota::{AtHand, Taken},
};

/// A class that may not send now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Closed {
    /// Its jobs end, or wait for the opening.
    Until { until: Timestamp, reason: Reason, hold: bool },
    /// Whether it may is known in a moment.
    AskAgain,
}

/// What was drawn for some positions of a job, and must be given back where nothing comes of it.
#[derive(Debug)]
pub(super) struct Drawn {
    slip: Option<Slip>,
    /// The cap under which their devices were counted, and on which day.
    cap: Option<(String, DeviceDay)>,
}

impl Worker {
    /// Why jobs of a class in a lane may not go now, as far as this process knows.
    pub(super) async fn closed(&self, app: &AppState, class: &Class, lane: Lane) -> Option<Closed> {
        let (quota, now) = (class.quota.as_deref()?, Timestamp::now());
        let day = app.vendor.day();
        let setting = day.quotas.get(quota);
        if let Some(until) = setting.and_then(|quota| quota.hours?.opening(day.utc_offset_s, now)) {
            return Some(Closed::Until { until, reason: Reason::QuietHours, hold: true });
        }
        let block = self.blocks.of_quota(&app.name, quota, Some(lane), now);
        let hold = setting.is_some_and(|quota| quota.spent == OnSpent::Hold);
        if let Some((until, reason)) = block.as_ref().and_then(|block| Some((block.until, block.told?))) {
            return Some(Closed::Until { until, reason, hold: hold || reason == Reason::QuietHours });
        }
        match (self.at_hand(app, quota, lane, block.is_some()).await, block) {
            (AtHand::Nothing, Some(block)) => {
                Some(Closed::Until { until: block.until, reason: Reason::QuotaSpent, hold })
            }
            (AtHand::AskAgain, _) => Some(Closed::AskAgain),
            _ => None,
        }
    }

    /// Whether a quota's held jobs may come back: it is open for every lane.
    pub(super) fn is_open(&self, app: &AppState, quota: &str, now: Timestamp) -> bool {
        let day = app.vendor.day();
        let hours = day.quotas.get(quota).and_then(|quota| quota.hours);
        let quiet = hours.is_some_and(|hours| hours.opening(day.utc_offset_s, now).is_some());
        !quiet && self.blocks.of_quota(&app.name, quota, None, now).is_none()
    }

    /// Whether a job waits for its quota after this verdict, rather than end.
    pub(super) fn holds(&self, app: &AppState, class: &Class, verdict: &Verdict, expiry: Timestamp) -> bool {
        let (Action::QuotaSpent { until }, Some(quota)) = (verdict.action, &class.quota) else { return false };
        let day = app.vendor.day();
        let hold = day.quotas.get(quota).is_some_and(|quota| quota.spent == OnSpent::Hold);
        (hold || verdict.reason == Reason::QuietHours) && expiry > until.unwrap_or_else(|| day.end(Timestamp::now()))
    }

    /// Draws for positions that are about to be written. Those that may not be are taken out and told why.
    pub(super) async fn draw_for(
        &self,
        sending: &Sending<'_>,
        positions: &mut Vec<usize>,
    ) -> (Drawn, Vec<(usize, Told)>) {
        let app = sending.app;
        let (cap, mut told) = self.count_devices(sending, positions).await;
        let taken = match sending.class.quota.as_deref() {
            Some(quota) => self.draw(app, quota, sending.lane, units(positions.len())).await,
            None => None,
        };
        let drawn = Drawn { slip: taken.map(|taken| taken.slip), cap };
        if let Some(Taken { slip, spent }) = taken {
            let verdict = Verdict::new(Action::QuotaSpent { until: None }, Reason::QuotaSpent);
            let why = if spent { Told::Verdict(verdict) } else { Told::NotWritten };
            let rest = positions.split_off(positions.len().min(slip.units as usize));
            self.uncount_devices(sending, &drawn, rest.iter().copied()).await;
            told.extend(rest.into_iter().map(|n| (n, why.clone())));
        }
        (drawn, told)
    }

    /// Gives back what was drawn for positions that the vendor surely did not count.
    pub(super) async fn give_back(&self, sending: &Sending<'_>, drawn: &Drawn, told: &[(usize, Told)]) {
        let free = told.iter().filter(|(_, told)| !is_counted(told)).map(|(n, _)| *n);
        self.uncount_devices(sending, drawn, free.clone()).await;
        if let (Some(slip), Some(quota)) = (drawn.slip, sending.class.quota.as_deref()) {
            let units = units(free.count()).min(slip.units);
            self.refund(sending.app, quota, sending.lane, Slip { units, ..slip }).await;
        }
    }

    /// Counts devices whose pushes of this class are capped. Without an answer nobody is capped: the vendor keeps its cap
    /// itself.
    async fn count_devices(
        &self,
        sending: &Sending<'_>,
        positions: &mut Vec<usize>,
    ) -> (Option<(String, DeviceDay)>, Vec<(usize, Told)>) {
        let day = sending.app.vendor.day();
        let cap = day.device_cap(&sending.class.name, sending.class.quota.as_deref());
        // What is sent to try the app out is not counted by any vendor.
        let Some((name, most)) = cap.filter(|_| !sending.job.test) else { return (None, Vec::new()) };
        let on = DeviceDay::at(Timestamp::now().as_millis(), day.utc_offset_s * 1000);
        let devices = positions.iter().map(|n| DeviceKey::of(&sending.job.targets[*n].token)).collect();
        let question = DeviceQuestion { cap: name.to_owned(), most, day: on, direction: Direction::Take, devices };
        match self.claims.devices(sending.app.name.as_str(), &question).await {
            Ok(allowed) => {
                let mut allowed = allowed.into_iter();
                let capped = Verdict::new(Action::DeviceCapped, Reason::DeviceCapped);
                let mut told = Vec::new();
                positions.retain(|n| {
                    let allowed = allowed.next().unwrap_or(true);
                    if !allowed {
                        told.push((*n, Told::Verdict(capped.clone())));
                    }
                    allowed
                });
                (Some((question.cap, on)), told)
            }
            Err(error) => {
                self.store_failed(&error);
                (None, Vec::new())
            }
        }
    }

    async fn uncount_devices(&self, sending: &Sending<'_>, drawn: &Drawn, positions: impl Iterator<Item = usize>) {
        let Some((cap, day)) = &drawn.cap else { return };
        let devices: Vec<DeviceKey> = positions.map(|n| DeviceKey::of(&sending.job.targets[n].token)).collect();
        let question = DeviceQuestion { cap: cap.clone(), most: 0, day: *day, direction: Direction::GiveBack, devices };
        if let Err(error) = self.claims.devices(sending.app.name.as_str(), &question).await {
            // They stay counted: one push less today, if they get so many.
            self.store_failed(&error);
        }
    }
}

fn units(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Whether the vendor counted a push, or may have: they all count what they took.
fn is_counted(told: &Told) -> bool {
    matches!(told, Told::Verdict(verdict) if matches!(verdict.action, Action::Accepted | Action::Unknown))
}
