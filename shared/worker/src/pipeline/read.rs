//! From a delivery to a job, or to parking.

use std::{sync::Arc, time::Duration};

use lapin::types::{AMQPValue, FieldTable};
use push_contract::{Job, Lane, MAX_JOB_BYTES, Notice, ParkReason, Story, Timestamp};
use tokio::time::sleep;

use super::{End, Worker};
use crate::{
    broker::{
        Message, Outgoing, PublishError,
        copy::{Copy, DELIVERIES, VERSION, long},
    },
    settle::{Meta, notice},
};

/// From this delivery count on a job is a suspect: it is published anew, once, and handled alone.
const SUSPECT_FROM: i64 = 5;
/// The delivery after which the broker would park it without a word; the worker does it first, with a receipt.
const LAST_DELIVERY: i64 = 19;

/// A job as it came in.
#[derive(Debug)]
pub(super) struct Read {
    pub(super) job: Arc<Job>,
    pub(super) copy: Copy,
    pub(super) lane: Lane,
    /// How often it was delivered before without an end, by the broker's count and by the copy's.
    pub(super) deliveries: i64,
}

/// Why a message is no job.
struct Unfit {
    reason: ParkReason,
    field: Option<String>,
    rule: Option<String>,
}

impl Worker {
    /// Reads a delivery; what cannot be read is parked.
    pub(super) async fn read(&self, message: &Message) -> Result<Read, End> {
        match self.understand(message) {
            Ok(read) if read.deliveries >= LAST_DELIVERY => {
                let rule = format!("delivered {} times without an end", read.deliveries + 1);
                let end = self.park(message, ParkReason::DeliveryLimit, None, Some(&rule)).await;
                if end == End::Done {
                    let meta = self.bare_meta(message, &read);
                    self.publish_receipt(message, &notice(&read.job, read.copy.generation, &meta, Notice::Parked))
                        .await;
                }
                Err(end)
            }
            Ok(read) if read.deliveries >= SUSPECT_FROM && !read.copy.suspect => {
                let copy =
                    Copy { suspect: true, again: true, lane: Some(read.lane), deliveries: 0, ..read.copy.clone() };
                Err(self.publish_copy(message, &read, &copy, self.names.jobs()).await)
            }
            Ok(read) => Ok(read),
            Err(unfit) => Err(self.park(message, unfit.reason, unfit.field.as_deref(), unfit.rule.as_deref()).await),
        }
    }

    fn understand(&self, message: &Message) -> Result<Read, Unfit> {
        let unfit =
            |reason, field: &str, rule: String| Unfit { reason, field: Some(field.to_owned()), rule: Some(rule) };
        if message.body.len() > MAX_JOB_BYTES {
            return Err(unfit(
                ParkReason::TooLarge,
                ".",
                format!("{} bytes, at most {MAX_JOB_BYTES}", message.body.len()),
            ));
        }
        let job =
            Job::from_slice(&message.body).map_err(|error| unfit(ParkReason::Unreadable, &error.field, error.rule))?;
        if job.vendor.as_str() != self.names.vendor() {
            return Err(unfit(
                ParkReason::WrongVendor,
                "vendor",
                format!("must be {}: it is that vendor's queue", self.names.vendor()),
            ));
        }
        if job.app != message.source.app {
            return Err(unfit(
                ParkReason::WrongApp,
                "app",
                format!("must be {}: it is that app's queue", message.source.app),
            ));
        }
        let newest = self.probe.later().map_or(VERSION, |later| later.version);
        let copy = Copy::read(message.headers.as_ref(), job.targets.len(), newest)
            .map_err(|bad| unfit(bad.reason, bad.header, bad.rule))?;
        let lane = message.source.lane.or(copy.lane).unwrap_or(job.lane());
        let deliveries = copy.deliveries.saturating_add(message.deliveries);
        Ok(Read { job: Arc::new(job), copy, lane, deliveries })
    }

    /// Publishes the body, unchanged, to parking.
    pub(super) async fn park(
        &self,
        message: &Message,
        reason: ParkReason,
        field: Option<&str>,
        rule: Option<&str>,
    ) -> End {
        let lane = message.source.lane.unwrap_or(Lane::Normal);
        let end = self
            .until_published(message, || {
                let mut headers = FieldTable::default();
                if let ParkReason::Panic
                | ParkReason::DeliveryLimit
                | ParkReason::NewerVersion
                | ParkReason::ClassMisconfigured = reason
                {
                    // Whoever replays it needs what it said about its past. And it is no producer's repeat then, by
                    // whatever tool it was put back: its record may hold outcomes that nobody was told of.
                    headers = message.headers.as_ref().map(strip).unwrap_or_default();
                    headers.insert("x-push-again".into(), AMQPValue::Boolean(true));
                }
                headers.insert("x-push-park-reason".into(), long(reason.as_str()));
                headers.insert("x-push-parked-at".into(), long(&Timestamp::now().to_string()));
                headers.insert("x-push-park-key".into(), long(&self.names.key(lane, &message.source.app)));
                if let Some(field) = field {
                    headers.insert("x-push-park-field".into(), long(field));
                }
                if let Some(rule) = rule {
                    headers.insert("x-push-park-rule".into(), long(rule));
                }
                Outgoing {
                    exchange: self.names.parked_exchange(),
                    key: self.names.vendor().to_owned(),
                    body: &message.body,
                    id: &message.id,
                    headers,
                }
            })
            .await;
        if end == End::Done {
            self.metrics.jobs_parked.with_label_values(&[reason.as_str()]).inc();
            tracing::warn!(
                queue = message.source.queue,
                id = message.id,
                reason = reason.as_str(),
                field,
                rule,
                "job parked"
            );
        }
        end
    }

    /// Publishes a copy of the message; `Done` once the broker has it.
    pub(super) async fn publish_copy(&self, message: &Message, read: &Read, copy: &Copy, exchange: String) -> End {
        let key = self.names.key(read.lane, &message.source.app);
        self.until_published(message, || Outgoing {
            exchange: exchange.clone(),
            key: key.clone(),
            body: &message.body,
            id: read.job.id.as_str(),
            headers: self.headers(copy),
        })
        .await
    }

    /// The headers of a copy.
    pub(super) fn headers(&self, copy: &Copy) -> FieldTable {
        let mut headers = copy.write();
        if let Some(later) = self.probe.later() {
            headers.insert("x-push-v".into(), AMQPValue::LongLongInt(later.version));
            headers.insert(later.header.into(), long("new"));
        }
        headers
    }

    /// Publishes until the broker has it or the message's channel is gone.
    pub(super) async fn until_published<'a>(&self, message: &'a Message, outgoing: impl Fn() -> Outgoing<'a>) -> End {
        loop {
            if !message.alive() {
                return End::Leave;
            }
            match message.link.session.publisher.publish(outgoing()).await {
                Ok(()) => return End::Done,
                Err(error) => {
                    let why = match &error {
                        PublishError::Gone(_) => "gone",
                        PublishError::Nacked => "nacked",
                        PublishError::Unroutable(_) => "unroutable",
                        PublishError::Timeout => "timeout",
                    };
                    self.metrics.publish_errors.with_label_values(&[why]).inc();
                    tracing::warn!(queue = message.source.queue, id = message.id, %error, "publish not confirmed");
                    if matches!(error, PublishError::Timeout | PublishError::Gone(_)) {
                        message.link.session.fail("a publish was not confirmed");
                        return End::Leave;
                    }
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    /// What a receipt says about a message that was not handled.
    pub(super) fn bare_meta(&self, message: &Message, read: &Read) -> Meta {
        let now = Timestamp::now();
        Meta {
            class: None,
            degraded_from: None,
            lane: read.lane,
            attempt: read.copy.attempt,
            story: Story {
                created: read.job.created_at,
                received: message.received,
                admitted: None,
                sent: None,
                settled: now,
                rate_wait_ms: 0,
                quota_wait_ms: 0,
                block_wait_ms: 0,
            },
            replica: self.replica.clone(),
            next_attempt: read.copy.attempt,
            rung: 1,
            held: None,
        }
    }
}

/// The headers without what the broker put there, and without the count that led to parking.
fn strip(headers: &FieldTable) -> FieldTable {
    let mut kept = FieldTable::default();
    for (name, value) in headers.inner() {
        if name.as_str().starts_with("x-push-") && name.as_str() != DELIVERIES {
            kept.insert(name.clone(), value.clone());
        }
    }
    kept
}
