//! The one path of a job: read, classify, admit, claim, send, decode, record, publish, acknowledge.

mod admit;
mod collapse;
mod dispatch;
mod draw;
mod fate;
mod finish;
mod follow;
mod gather;
mod job;
mod portion;
mod read;
mod send;
mod standing;
mod store;
mod wrong_class;

use std::{
    collections::HashSet,
    panic::AssertUnwindSafe,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use arc_swap::ArcSwap;
use futures_util::FutureExt;
use push_contract::{AppName, Lane, ParkReason, Timestamp, Vendor};
use tokio::sync::{Semaphore, mpsc, watch};

pub use fate::{Judged, judge};
pub use gather::Gatherer;

use crate::{
    app::{AppState, Apps},
    blocks::{Blocks, Flow},
    broker::{Message, Session, Source, Work, topology::Names},
    claims::{ClaimKey, Claims},
    metrics::Metrics,
    probe::Probe,
    queues::Arrivals,
    quota::Quotas,
    settings::Process,
    settle::Receipts,
};

/// Everything that handling a job needs. One per process.
pub struct Worker {
    /// The vendor.
    pub vendor: Box<dyn Vendor>,
    /// Names of queues.
    pub names: Names,
    /// Settings that do not change without a restart.
    pub process: Process,
    /// The apps now.
    pub apps: ArcSwap<Apps>,
    /// The store.
    pub claims: Claims,
    /// Blocks.
    pub blocks: Blocks,
    /// What is held of daily quotas.
    pub quotas: Quotas,
    /// Metrics.
    pub metrics: Metrics,
    /// Test hook; inert in shipped workers.
    pub probe: Arc<dyn Probe>,
    /// This process, unique to its run.
    pub replica: String,
    /// Up once the worker is told to stop.
    pub stopping: watch::Receiver<bool>,
    /// Receipts on their way.
    pub receipts: Receipts,
    /// Acknowledged messages whose records may be shrunk.
    pub shrink: mpsc::Sender<(ClaimKey, push_contract::Mask)>,
    /// Calls shared by several jobs.
    pub gatherer: Gatherer,
    /// The present session.
    pub session: watch::Sender<Option<Arc<Session>>>,
    /// Wakes the supervisor.
    pub changed: watch::Sender<u64>,
    /// Living workers of the vendor; 0 until the store has told.
    pub living: AtomicUsize,
    /// Apps that this replica probes.
    pub probing: Mutex<HashSet<AppName>>,
    /// Suspects run one at a time.
    pub suspects: Semaphore,
    /// Jobs are moved into held queues one after the other.
    pub moves: tokio::sync::Mutex<()>,
    /// What came out of the queues last.
    pub(crate) arrivals: Arrivals,
}

/// How the handling of one delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Everything about it is published.
    Done,
    /// Its channel is gone, or will be: the broker delivers it again.
    Leave,
    /// Untouched, and the worker stops: back to the queue.
    HandBack,
}

impl Worker {
    /// An app by name.
    fn app(&self, name: &AppName) -> Option<Arc<AppState>> {
        self.apps.load().get(name).cloned()
    }

    /// How many workers share the vendor's limits.
    pub(crate) fn replicas(&self) -> usize {
        match self.living.load(Ordering::Relaxed) {
            // Not told yet.
            0 => self.process.worker.replicas,
            living => living,
        }
    }

    /// Whether this replica probes the app now.
    fn probes(&self, app: &AppName) -> bool {
        self.probing.lock().unwrap_or_else(PoisonError::into_inner).contains(app)
    }

    async fn deliver(self: Arc<Self>, message: Message) {
        let bytes = i64::try_from(message.body.len()).unwrap_or(0);
        self.metrics.in_work.inc();
        self.metrics.in_work_bytes.add(bytes);
        let end = match AssertUnwindSafe(self.clone().work(&message)).catch_unwind().await {
            Ok(end) => end,
            Err(_) => {
                self.metrics.panics.inc();
                tracing::error!(
                    queue = message.source.queue,
                    id = message.id,
                    "panic while handling a job; it is parked"
                );
                self.park(&message, ParkReason::Panic, None, None).await
            }
        };
        self.metrics.in_work.dec();
        self.metrics.in_work_bytes.sub(bytes);
        match end {
            End::Done => message.acknowledge(),
            End::Leave => {}
            End::HandBack => {
                self.metrics.handed_back.inc();
                message.hand_back();
            }
        }
    }
}

impl Work for Worker {
    fn apps(&self) -> Vec<AppName> {
        self.apps.load().keys().cloned().collect()
    }

    fn sources(&self) -> Vec<Source> {
        let now = Timestamp::now();
        let mut sources = Vec::new();
        for (name, app) in self.apps.load().iter() {
            let probing = match self.blocks.flow(name, now) {
                Flow::Open => false,
                Flow::Probe if self.probes(name) => true,
                _ => continue,
            };
            let source = |queue, lane| Source { queue, app: name.clone(), lane, probing };
            sources.extend(Lane::ALL.map(|lane| source(self.names.work(lane, name), Some(lane))));
            for quota in self.vendor.profile().quotas {
                if self.is_open(app, quota, now) {
                    sources.push(source(self.names.held(name, quota), None));
                }
            }
        }
        sources
    }

    fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn session(&self, session: Option<Arc<Session>>) {
        self.session.send_replace(session);
    }

    fn handle(self: Arc<Self>, message: Message) {
        tokio::spawn(self.deliver(message));
    }
}
