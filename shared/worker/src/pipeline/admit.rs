//! Waiting for the app's turn: blocks, the vendor's wish for a pause, the rate.

use std::{sync::Arc, time::Duration};

use push_contract::{Counted, Timestamp};
use tokio::{
    sync::SemaphorePermit,
    time::{Instant, sleep_until, timeout_at},
};

use super::{End, Worker, read::Read};
use crate::{
    app::AppState,
    blocks::Flow,
    broker::{Message, copy::Copy, told},
    settings::ms,
};

/// What admission came to.
#[derive(Debug)]
pub(super) enum Admitted<'a> {
    /// Go on. Holds the probe's permit while the app is probed.
    Go(Option<SemaphorePermit<'a>>),
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
                        return Admitted::Go(Some(permit));
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
            let units = match app.rate.counted {
                Counted::Targets => targets,
                Counted::Calls => targets.div_ceil(app.targets_per_call),
            };
            let units = u32::try_from(units).unwrap_or(u32::MAX);
            let mut repaced = app.repaced();
            let pace = app.pace(self.replicas());
            if pace.try_take(units) {
                return Admitted::Go(None);
            }
            // Not bounded by a short look: a share that is taken portion by portion must not be given up half-way.
            let (mut stopping, mut dead) = (self.stopping.clone(), message.link.session.dead());
            let taken = tokio::select! {
                () = pace.take(units) => true,
                _ = repaced.changed() => false,
                () = sleep_until(round + expiry.since(now)) => false,
                () = told(&mut stopping) => false,
                () = told(&mut dead) => false,
            };
            waits.rate += round.elapsed();
            self.metrics.rate_wait.with_label_values(&[app.name.as_str()]).observe(round.elapsed().as_secs_f64());
            if taken && app.gate().is_none() && self.blocks.flow(&app.name, Timestamp::now()) == Flow::Open {
                return self.not_now(message).map_or(Admitted::Go(None), Admitted::End);
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
