//! Waiting for the app's turn: blocks, the vendor's wish for a pause, the rate.

use std::{pin::pin, sync::Arc, time::Duration};

use push_contract::Timestamp;
use tokio::{
    sync::SemaphorePermit,
    time::{Instant, sleep_until, timeout_at},
};

use super::{End, Worker, read::Read};
use crate::{
    app::AppState,
    blocks::Flow,
    broker::{Message, copy::Copy, told},
    pace::Paid,
    settings::ms,
};

/// What admission came to.
#[derive(Debug)]
pub(super) enum Admitted<'a> {
    /// Go on, with what was paid. Holds the probe's permit while the app is probed; a probe pays when it is written.
    Go(Option<SemaphorePermit<'a>>, Option<Paid>),
    /// The job's time passed while it waited.
    Expired,
    /// The app's settings were replaced while it waited.
    Changed,
    /// The delivery is dealt with.
    End(End),
}

/// What a job waited for.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Waits {
    pub(super) rate: Duration,
    pub(super) block: Duration,
}

/// How often a waiting job looks whether its channel still lives.
const LOOK: Duration = Duration::from_millis(500);

impl Worker {
    /// Waits until `targets` of the app may be sent in `calls` calls.
    pub(super) async fn admit<'a>(
        &self,
        message: &Message,
        read: &Read,
        app: &'a Arc<AppState>,
        targets: usize,
        waits: &mut Waits,
    ) -> Admitted<'a> {
        let expiry = read.job.expiry();
        let mut blocks = self.blocks.watch();
        let began = Instant::now();
        loop {
            if let Some(end) = self.not_now(message) {
                return Admitted::End(end);
            }
            if self.app(&app.name).is_some_and(|present| !Arc::ptr_eq(&present, app)) {
                return Admitted::Changed;
            }
            let now = Timestamp::now();
            if now >= expiry {
                return Admitted::Expired;
            }
            let round = Instant::now();
            let limit = round + expiry.since(now).min(LOOK);
            match self.blocks.flow(&app.name, now) {
                Flow::Open => {}
                Flow::Probe if self.probes(&app.name) => {
                    if let Ok(permit) = app.probe.try_acquire() {
                        return Admitted::Go(Some(permit), None);
                    }
                    let _ = timeout_at(limit, blocks.changed()).await;
                    waits.block += round.elapsed();
                    continue;
                }
                Flow::Probe | Flow::Closed => {
                    if began.elapsed() > ms(self.process.worker.block_hold_ms) {
                        // Its place is the queue, where it costs nothing; no consumer takes it while the block stands.
                        let copy = Copy {
                            again: read.copy.again || message.redelivered,
                            lane: Some(read.lane),
                            ..read.copy.clone()
                        };
                        return Admitted::End(self.publish_copy(message, read, &copy, self.names.jobs()).await);
                    }
                    let _ = timeout_at(limit, blocks.changed()).await;
                    waits.block += round.elapsed();
                    continue;
                }
            }
            if let Some(until) = app.gate() {
                let wake = (round + until.since(now)).min(limit);
                sleep_until(wake).await;
                waits.rate += round.elapsed();
                continue;
            }
            let units = app.pace.units(targets.div_ceil(app.targets_per_call()), targets);
            if let Some(paid) = app.pace.try_take(read.lane, units) {
                return Admitted::Go(None, Some(paid));
            }
            let paid = self.turn(message, app, app.pace.take(read.lane, units), expiry).await;
            waits.rate += round.elapsed();
            self.metrics.rate_wait.with_label_values(&[app.name.as_str()]).observe(round.elapsed().as_secs_f64());
            if let Some(paid) = paid {
                return self.not_now(message).map_or(Admitted::Go(None, Some(paid)), Admitted::End);
            }
        }
    }

    /// Waits for its turn, and keeps its place while it looks whether there is still reason to wait.
    async fn turn(
        &self,
        message: &Message,
        app: &Arc<AppState>,
        turn: impl Future<Output = Paid>,
        expiry: Timestamp,
    ) -> Option<Paid> {
        let mut turn = pin!(turn);
        let (mut stopping, mut dead) = (self.stopping.clone(), message.link.session.dead());
        loop {
            let now = Timestamp::now();
            let present = self.app(&app.name).is_none_or(|present| Arc::ptr_eq(&present, app));
            if now >= expiry || !present || app.gate().is_some() || self.blocks.flow(&app.name, now) != Flow::Open {
                return None;
            }
            let limit = Instant::now() + expiry.since(now).min(LOOK);
            tokio::select! {
                paid = &mut turn => {
                    let open = app.gate().is_none() && self.blocks.flow(&app.name, Timestamp::now()) == Flow::Open;
                    return open.then_some(paid);
                }
                () = sleep_until(limit) => {}
                () = told(&mut stopping) => return None,
                () = told(&mut dead) => return None,
            }
        }
    }

    /// Whether nothing may be written for the app right now.
    pub(super) fn must_wait(&self, app: &AppState) -> bool {
        match self.blocks.flow(&app.name, Timestamp::now()) {
            Flow::Open => app.gate().is_some(),
            Flow::Probe => false,
            Flow::Closed => true,
        }
    }

    /// Why this delivery is not to be worked on any further.
    pub(super) fn not_now(&self, message: &Message) -> Option<End> {
        if !message.alive() {
            Some(End::Leave)
        } else if *self.stopping.borrow() {
            Some(End::HandBack)
        } else {
            None
        }
    }
}
