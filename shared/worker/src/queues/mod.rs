//! Figures of the vendor's queues: how much lies in each, who takes from it, how old the oldest is.
//!
//! One worker of each vendor tells them, whoever has the lock in the store; the others have no such series. While the
//! store is away the one that told goes on. A worker that cannot look tells nothing, rather than what was once true.

mod age;
mod told;

use std::{sync::Arc, time::Duration};

use push_contract::Timestamp;
use tokio::time::{MissedTickBehavior, interval};

pub(crate) use age::Arrivals;
use age::Marks;
use told::Told;

use crate::{
    broker::{Depth, Depths, Session, told as is_told},
    claims::{Claims, RedisStore},
    pipeline::Worker,
    settings::ms,
};

/// How often the queues are looked at.
const LOOK: Duration = Duration::from_secs(5);
/// How long one replica has the right to tell; renewed with every look.
const TERM: Duration = Duration::from_secs(15);
/// No job lives longer, so no mark is worth more.
const KEEP: Duration = Duration::from_secs(7 * 24 * 3600);
/// The lock and the marks in the store.
const NAME: &str = "queues";

/// The part of a worker that tells of the queues while it is this worker's turn.
struct Teller {
    worker: Arc<Worker>,
    /// The marks, while it is this worker's turn.
    marks: Option<Marks>,
    depths: Depths,
    shown: Vec<[String; 5]>,
}

/// Tells of the queues until the worker is told to stop.
pub(crate) async fn tell(worker: Arc<Worker>) {
    let mut every = interval(LOOK);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut stopping = worker.stopping.clone();
    let mut teller = Teller { worker, marks: None, depths: Depths::default(), shown: Vec::new() };
    loop {
        tokio::select! {
            _ = every.tick() => {}
            () = is_told(&mut stopping) => break,
        }
        tokio::select! {
            () = teller.look() => {}
            () = is_told(&mut stopping) => break,
        }
    }
    teller.show(&[]);
}

impl Teller {
    /// Looks at every queue once, if it is this worker's turn.
    async fn look(&mut self) {
        let session = self.worker.session.borrow().clone().filter(|session| session.alive());
        let figures = match session {
            Some(session) if self.is_our_turn().await => self.ask(&session).await,
            _ => None,
        };
        match figures {
            Some(figures) => {
                self.show(&figures);
                self.keep_marks().await;
            }
            None => {
                self.marks = None;
                self.show(&[]);
            }
        }
    }

    async fn is_our_turn(&mut self) -> bool {
        let worker = self.worker.clone();
        let Claims::Redis(store) = &worker.claims else {
            self.marks.get_or_insert_default();
            return true;
        };
        match store.lock(NAME, TERM).await {
            Ok(true) => {
                if self.marks.is_none() {
                    self.marks = Some(read_marks(store).await);
                    tracing::debug!("this worker tells of the queues");
                }
                true
            }
            Ok(false) => false,
            Err(_) => self.marks.is_some(),
        }
    }

    /// What the broker says of every queue; none when it does not answer.
    async fn ask(&mut self, session: &Arc<Session>) -> Option<Vec<(Told, Depth, Duration)>> {
        let worker = self.worker.clone();
        let apps: Vec<_> = worker.apps.load().keys().cloned().collect();
        let patience = ms(worker.process.amqp.timeout_ms);
        let mut figures = Vec::new();
        for told in told::all(&worker.names, &apps, worker.vendor.profile().quotas) {
            let now = Timestamp::now();
            let depth = match self.depths.of(session, &told.name, patience).await {
                Ok(Some(depth)) => depth,
                Ok(None) => continue,
                Err(why) => {
                    tracing::debug!(queue = told.name, why, "no word of a queue");
                    return None;
                }
            };
            let blocked = told.app.as_ref().is_some_and(|app| worker.blocks.of_app(app).is_some());
            let arrived = worker.arrivals.of(&told.name);
            let age = self.marks.as_mut()?.age(&told.name, depth, blocked, arrived, now);
            figures.push((told, depth, age));
        }
        Some(figures)
    }

    /// Puts the figures into the metrics, and takes out what is no longer told.
    fn show(&mut self, figures: &[(Told, Depth, Duration)]) {
        let metrics = &self.worker.metrics;
        let now: Vec<[String; 5]> = figures.iter().map(|(told, ..)| told.labels.clone()).collect();
        for gone in self.shown.iter().filter(|labels| !now.contains(labels)) {
            // Fails for figures that this queue never had.
            let _ = metrics.queue_jobs.remove_label_values(gone);
            let _ = metrics.queue_consumers.remove_label_values(gone);
            let _ = metrics.queue_oldest.remove_label_values(gone);
        }
        for (told, depth, age) in figures {
            metrics.queue_jobs.with_label_values(&told.labels).set(i64::from(depth.ready));
            if told.consumed {
                metrics.queue_consumers.with_label_values(&told.labels).set(i64::from(depth.consumers));
            }
            if told.aged {
                metrics.queue_oldest.with_label_values(&told.labels).set(age.as_secs_f64());
            }
        }
        self.shown = now;
    }

    async fn keep_marks(&self) {
        if let (Claims::Redis(store), Some(marks)) = (&self.worker.claims, &self.marks)
            && let Ok(text) = serde_json::to_string(marks)
            && let Err(error) = store.keep(NAME, &text, KEEP).await
        {
            self.worker.metrics.store_errors.with_label_values(&[NAME]).inc();
            tracing::debug!(%error, "marks of the queues not kept");
        }
    }
}

/// The marks of whoever told before; without them ages begin with the first look.
async fn read_marks(store: &RedisStore) -> Marks {
    let text = store.kept(NAME).await.unwrap_or_default();
    serde_json::from_str(&text).unwrap_or_default()
}
