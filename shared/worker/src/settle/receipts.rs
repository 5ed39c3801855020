//! Receipts: what they say, and publishing them many at a time.

use std::{collections::HashMap, sync::Arc, time::Duration};

use lapin::types::FieldTable;
use push_contract::{Job, Lane, Mask, Notice, Receipt, Story, TargetResult, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, sleep_until},
};

use crate::{
    broker::{Outgoing, PublishError, Session, topology::Names},
    claims::Settled,
    metrics::Metrics,
};

/// The most results of one receipt, and of one message.
const MOST_RESULTS: usize = 200;
/// The most bytes of one message.
const MOST_BYTES: usize = 256 * 1024;
/// Before a receipt that the broker refused is published again.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);

/// What is recorded beside the outcomes: all that a receipt or a copy needs and a later worker could not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Meta {
    /// The class used.
    pub class: Option<String>,
    /// The class deserved.
    pub degraded_from: Option<String>,
    /// The queue's lane.
    pub lane: Lane,
    /// Attempts counted before.
    pub attempt: u32,
    /// Times and waits.
    pub story: Story,
    /// The worker.
    pub replica: String,
    /// Attempts of the copy, if there is one.
    pub next_attempt: u32,
    /// The rung of the wait ladder that the copy goes to, in seconds.
    pub rung: u32,
    /// The quota whose held queue the copy goes to instead.
    pub held: Option<String>,
}

/// The receipts of one settled message, for the positions that it is about and that were not published before.
///
/// # Errors
/// When the record cannot be read; a worker of another version wrote it.
pub fn receipts_of(
    job: &Job,
    generation: u32,
    left: &Mask,
    settled: &Settled,
    meta: &Meta,
) -> Result<Vec<Receipt>, serde_json::Error> {
    let mut results: Vec<TargetResult> = serde_json::from_str(&format!("[{}]", settled.results))?;
    results.retain(|result| {
        let n = result.n as usize;
        left.has(n) && settled.states.at(n) != b'x' && !settled.states.is_open(n)
    });
    results.sort_by_key(|result| result.n);
    results.dedup_by_key(|result| result.n);
    let parts: Vec<Vec<TargetResult>> = split(results);
    let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
    Ok((0..)
        .zip(parts)
        .map(|(part, results)| {
            receipt(job, generation, format!("{}.{generation}.{part}", job.id), (part, count), meta, None, results)
        })
        .collect())
}

/// A receipt that carries no results.
#[must_use]
pub fn notice(job: &Job, generation: u32, meta: &Meta, notice: Notice) -> Receipt {
    let what = match notice {
        Notice::DuplicateOf => "duplicate",
        Notice::Parked => "parked",
    };
    let id = format!("{}.{generation}.{what}-{}", job.id, meta.story.received.as_millis());
    receipt(job, generation, id, (0, 1), meta, Some(notice), Vec::new())
}

fn receipt(
    job: &Job,
    generation: u32,
    receipt_id: String,
    (part, parts): (u32, u32),
    meta: &Meta,
    notice: Option<Notice>,
    results: Vec<TargetResult>,
) -> Receipt {
    Receipt {
        receipt_id,
        id: job.id.clone(),
        app: job.app.clone(),
        vendor: job.vendor.clone(),
        lane: meta.lane,
        kind: job.kind,
        notice,
        class: meta.class.clone(),
        degraded_from: meta.degraded_from.clone(),
        generation,
        attempt: meta.attempt,
        story: meta.story.clone(),
        replica: meta.replica.clone(),
        part,
        parts,
        labels: job.labels.clone(),
        results,
    }
}

/// Parts of at most 200 results, and small enough for one message whatever the tokens weigh.
fn split(results: Vec<TargetResult>) -> Vec<Vec<TargetResult>> {
    let mut parts: Vec<Vec<TargetResult>> = Vec::new();
    let mut bytes = 0;
    for result in results {
        let weight = result.token.len() * 2 + result.reference.as_ref().map_or(0, |text| text.len() * 2) + 400;
        match parts.last_mut() {
            Some(part) if part.len() < MOST_RESULTS && bytes + weight < MOST_BYTES / 2 => {
                bytes += weight;
                part.push(result);
            }
            _ => {
                bytes = weight;
                parts.push(vec![result]);
            }
        }
    }
    parts
}

/// A receipt on its way, and who waits for its confirm.
#[derive(Debug)]
pub(super) struct Parcelled {
    session: Arc<Session>,
    app: String,
    text: String,
    results: usize,
    done: oneshot::Sender<bool>,
}

/// Hands receipts to the task that publishes them.
#[derive(Debug, Clone)]
pub struct Receipts {
    queue: mpsc::Sender<Parcelled>,
}

impl Receipts {
    /// Starts the task.
    #[must_use]
    pub fn start(names: Names, linger: Duration, metrics: Metrics) -> Self {
        let (queue, incoming) = mpsc::channel(4096);
        tokio::spawn(run(incoming, names, linger, metrics));
        Self { queue }
    }

    /// Publishes one receipt and waits for the broker's confirm. `false`: it may not have arrived.
    pub async fn publish(&self, session: &Arc<Session>, receipt: &Receipt) -> bool {
        let Ok(text) = serde_json::to_string(receipt) else { return false };
        let (done, confirmed) = oneshot::channel();
        let parcelled = Parcelled {
            session: session.clone(),
            app: receipt.app.to_string(),
            text,
            results: receipt.results.len().max(1),
            done,
        };
        self.queue.send(parcelled).await.is_ok() && confirmed.await.unwrap_or(false)
    }
}

/// One message being filled.
struct Open {
    session: Arc<Session>,
    app: String,
    texts: Vec<String>,
    bytes: usize,
    results: usize,
    waiting: Vec<oneshot::Sender<bool>>,
    due: Instant,
}

async fn run(mut incoming: mpsc::Receiver<Parcelled>, names: Names, linger: Duration, metrics: Metrics) {
    // A message goes out when it is full or its time has come; apps and sessions fill messages of their own.
    let mut open: HashMap<(usize, String), Open> = HashMap::new();
    loop {
        let due = open
            .values()
            .map(|message| message.due)
            .min()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(3600));
        tokio::select! {
            parcelled = incoming.recv() => {
                let Some(parcelled) = parcelled else { break };
                let key = (Arc::as_ptr(&parcelled.session) as usize, parcelled.app.clone());
                let full = open.get(&key).is_some_and(|message| {
                    message.results + parcelled.results > MOST_RESULTS || message.bytes + parcelled.text.len() + 2 > MOST_BYTES
                });
                if full && let Some(message) = open.remove(&key) {
                    tokio::spawn(send(message, names.clone(), metrics.clone()));
                }
                let message = open.entry(key).or_insert_with(|| Open {
                    session: parcelled.session,
                    app: parcelled.app,
                    texts: Vec::new(),
                    bytes: 2,
                    results: 0,
                    waiting: Vec::new(),
                    due: Instant::now() + linger,
                });
                message.bytes += parcelled.text.len() + 1;
                message.results += parcelled.results;
                message.texts.push(parcelled.text);
                message.waiting.push(parcelled.done);
            }
            () = sleep_until(due) => {
                let now = Instant::now();
                let ready: Vec<_> = open.iter().filter(|(_, message)| message.due <= now).map(|(key, _)| key.clone()).collect();
                for key in ready {
                    if let Some(message) = open.remove(&key) {
                        tokio::spawn(send(message, names.clone(), metrics.clone()));
                    }
                }
            }
        }
    }
    for (_, message) in open {
        send(message, names.clone(), metrics.clone()).await;
    }
}

async fn send(message: Open, names: Names, metrics: Metrics) {
    let body = format!("[{}]", message.texts.join(","));
    let id = format!("receipts-{}", Timestamp::now().as_millis());
    let outgoing = Outgoing {
        exchange: names.receipts(),
        key: names.receipts_key(&message.app),
        body: body.as_bytes(),
        id: &id,
        headers: FieldTable::default(),
    };
    let timer = metrics.publish_seconds.start_timer();
    let confirmed = match message.session.publisher.publish(outgoing).await {
        Ok(()) => true,
        Err(PublishError::Unroutable(_)) => {
            // Nobody reads receipts: the queue was deleted or unbound. That must not stop the fleet.
            tracing::error!(
                app = message.app,
                receipts = message.texts.len(),
                "receipts returned: no queue is bound to push.receipts"
            );
            metrics.receipts_returned.inc_by(message.texts.len() as u64);
            true
        }
        Err(error) => {
            metrics.publish_errors.with_label_values(&["receipt"]).inc();
            tracing::warn!(app = message.app, %error, "receipts not confirmed");
            match error {
                // The channel is dead, and with it everything that would be published in this session.
                PublishError::Timeout | PublishError::Gone(_) => message.session.fail("a receipt was not confirmed"),
                _ => sleep(REFUSED_PAUSE).await,
            }
            false
        }
    };
    timer.observe_duration();
    if confirmed {
        metrics.receipts.with_label_values(&[&message.app]).inc_by(message.texts.len() as u64);
    }
    for waiting in message.waiting {
        let _ = waiting.send(confirmed);
    }
}
