//! How a delivery ends: what is recorded is published, or a copy takes its place.

use std::{borrow::Cow, time::Duration};

use push_contract::{Notice, ParkReason, Receipt, Timestamp};
use tokio::time::sleep;

use super::{End, Worker, job::Work, read::Read};
use crate::{
    broker::{Message, Outgoing, copy::Copy},
    claims::Settled,
    probe::Step,
    settle::{Meta, notice, receipts_of},
};

/// The seconds of a busy copy's rung.
const BUSY_RUNG: u32 = 5;
/// From the closing of a quota to the first job that is moved. Replicas hear of it with a heartbeat and go on taking what
/// is held until then: what is moved at once comes right back, is moved again, and so on.
const KNOWN_TO_ALL: Duration = Duration::from_secs(2);
/// Between two jobs that this worker moves. Nobody waits for what is moved, and a backlog that is moved as fast as it can
/// be takes a third of the others' rate.
const MOVE: Duration = Duration::from_millis(1);

impl Worker {
    /// Publishes the copy and the receipts of a settled message, then lets the broker forget it.
    pub(super) async fn publish_settled(&self, work: &Work<'_>, settled: &Settled) -> End {
        let (read, message) = (&work.read, work.message);
        if settled.meta.is_empty() {
            // Shrunk: all of it was published before.
            return End::Done;
        }
        let text = self.probe.later().map_or(Cow::from(&settled.meta), |later| (later.read)(&settled.meta).into());
        let (meta, receipts) = match serde_json::from_str::<Meta>(&text).and_then(|meta| {
            let receipts = receipts_of(&read.job, read.copy.generation, &read.copy.left, settled, &meta)?;
            Ok((meta, receipts))
        }) {
            Ok(whole) => whole,
            Err(error) => {
                tracing::error!(id = read.job.id.as_str(), %error, "a record of the store cannot be read; another version wrote it");
                return self.park_unread(message).await;
            }
        };
        let repeated = settled.states.repeated(&read.copy.left);
        let copy = async {
            if repeated.is_empty() {
                return End::Done;
            }
            let copy = Copy {
                generation: read.copy.generation + 1,
                doubt: settled.states.doubt_of(&repeated),
                left: repeated.clone(),
                again: work.marked,
                attempt: meta.next_attempt,
                first_seen: Some(read.copy.first_seen.unwrap_or(message.received)),
                lane: Some(read.lane),
                suspect: false,
                deliveries: 0,
                discard: read.copy.discard,
            };
            let end = match &meta.held {
                Some(quota) => self.publish_held(message, read, &copy, quota).await,
                None => self.publish_copy(message, read, &copy, self.names.wait(meta.rung)).await,
            };
            if end == End::Done {
                self.probe.passed(Step::CopyPublished, read.job.id.as_str());
            }
            end
        };
        let publish = async {
            let mut end = End::Done;
            for receipt in &receipts {
                end = self.publish_receipt(message, receipt).await;
                if end != End::Done {
                    break;
                }
            }
            if end == End::Done && !receipts.is_empty() {
                self.probe.passed(Step::ReceiptPublished, read.job.id.as_str());
            }
            end
        };
        let (copied, told) = tokio::join!(copy, publish);
        if copied != End::Done || told != End::Done {
            return End::Leave;
        }
        // Full only when the store lags; then the record simply stays whole until it ages out.
        let _ = self.shrink.try_send((work.key.clone(), read.copy.left.clone()));
        self.probe.passed(Step::Settled, read.job.id.as_str());
        End::Done
    }

    /// Parks a message whose record in the store cannot be read: what it says may be that it was sent.
    pub(super) async fn park_unread(&self, message: &Message) -> End {
        self.park(message, ParkReason::NewerVersion, None, Some("the record in the store cannot be read")).await
    }

    /// Publishes a receipt until it is confirmed or the message's channel is gone.
    pub(super) async fn publish_receipt(&self, message: &Message, receipt: &Receipt) -> End {
        while message.alive() {
            if self.receipts.publish(&message.link.session, receipt).await {
                return End::Done;
            }
        }
        End::Leave
    }

    /// Met by a record: a producer's repeat is told so once; anything else finishes what an earlier delivery began.
    pub(super) async fn already_settled(&self, work: &Work<'_>, settled: &Settled) -> End {
        let repeat = !work.marked && work.read.copy.generation == 0;
        let how = if repeat { "repeat" } else { "settled" };
        self.metrics.duplicates.with_label_values(&[work.app.name.as_str(), how]).inc();
        if repeat {
            let meta = self.bare_meta(work.message, &work.read);
            return self.publish_receipt(work.message, &notice(&work.read.job, 0, &meta, Notice::DuplicateOf)).await;
        }
        self.publish_settled(work, settled).await
    }

    /// A living worker has it: look again in five seconds, as the same copy.
    pub(super) async fn busy(&self, work: &Work<'_>) -> End {
        self.metrics.duplicates.with_label_values(&[work.app.name.as_str(), "busy"]).inc();
        // The broker counts the deliveries of a message. Who dies over a job within the time that its claim still holds
        // off the next one would otherwise have it back for ever, each time as a new message.
        let deliveries = work.read.deliveries;
        let copy = Copy { again: true, lane: Some(work.read.lane), deliveries, ..work.read.copy.clone() };
        self.publish_copy(work.message, &work.read, &copy, self.names.wait(BUSY_RUNG)).await
    }

    /// Moves a job, once, to where it waits for its quota.
    pub(super) async fn hold(&self, work: &Work<'_>, quota: &str) -> End {
        let first_seen = Some(work.read.copy.first_seen.unwrap_or(work.message.received));
        let copy = Copy { again: work.marked, lane: Some(work.read.lane), first_seen, ..work.read.copy.clone() };
        self.publish_held(work.message, &work.read, &copy, quota).await
    }

    pub(super) async fn publish_held(&self, message: &Message, read: &Read, copy: &Copy, quota: &str) -> End {
        let now = Timestamp::now();
        if let Some(since) = self.blocks.quota_since(&read.job.app, quota, now) {
            sleep(since.plus(KNOWN_TO_ALL).since(now).min(KNOWN_TO_ALL)).await;
        }
        {
            let _turn = self.moves.lock().await;
            sleep(MOVE).await;
        }
        let queue = self.names.held(&read.job.app, quota);
        self.until_published(message, || Outgoing {
            exchange: String::new(),
            key: queue.clone(),
            body: &message.body,
            id: read.job.id.as_str(),
            headers: self.headers(copy),
        })
        .await
    }
}
