//! The claims of one message, with the waiting that the store's absence asks for.

use std::time::{Duration, Instant};

use push_contract::Mask;
use tokio::time::sleep;

use super::{End, Worker, read::Read};
use crate::{
    broker::Message,
    claims::{Claim, ClaimKey, ClaimRequest, Claimed, Record, Recorded, Settled, States, StoreDown},
    settings::ms,
};

/// How long to wait before the store is asked again.
pub(super) const ASK_AGAIN: Duration = Duration::from_millis(250);

/// What claiming came to.
#[derive(Debug)]
pub(super) enum Taken {
    /// The claim is ours, or the store is away and this class goes on without.
    Go(Claim),
    /// Everything about this message is recorded.
    Settled(Settled),
    /// A living worker has it.
    Busy,
    /// The delivery is dealt with.
    End(End),
}

/// What a claim is asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// Positions to send.
    pub(super) send: &'a Mask,
    /// Whether ambiguous positions may be sent again.
    pub(super) repeatable: bool,
    /// Counts as redelivered.
    pub(super) marked: bool,
    /// Whether something was recorded for this delivery before.
    pub(super) recorded: bool,
    /// Most positions to start.
    pub(super) room: usize,
}

impl Worker {
    /// Claims a message. Without a position to send, or in a class that must not double, a store that is away is waited
    /// for; so it is once something was recorded for this delivery, for only the record knows what is left.
    pub(super) async fn take(&self, message: &Message, read: &Read, key: &ClaimKey, wanted: Wanted<'_>) -> Taken {
        let Wanted { send, repeatable, marked, recorded, room } = wanted;
        let mut ask = ClaimRequest {
            key: key.clone(),
            left: read.copy.left.clone(),
            doubt: read.copy.doubt.clone(),
            marked,
            verified: message.link.verified(),
            created_ms: read.job.created_at.as_millis(),
            repeatable,
            send: send.clone(),
            room,
            delivery: message.number,
        };
        loop {
            let timer = self.metrics.store_seconds.with_label_values(&["claim"]).start_timer();
            let answer = self.claims.claim(&ask).await;
            timer.observe_duration();
            match answer {
                Ok(Claimed::Go(claim)) => return Taken::Go(claim),
                Ok(Claimed::Settled(settled)) => return Taken::Settled(settled),
                Ok(Claimed::Busy) => return Taken::Busy,
                Ok(Claimed::Broken) => return Taken::End(self.park_unread(message).await),
                Ok(Claimed::Verify(birth)) => {
                    if !message.link.verify(&birth, ms(self.process.amqp.timeout_ms)).await {
                        if message.alive() {
                            // Left on a channel that lives, it would never come back.
                            message.link.session.fail("a channel does not answer");
                        }
                        return Taken::End(End::Leave);
                    }
                    ask.verified = birth;
                }
                Err(error) => {
                    self.store_failed(&error);
                    if repeatable && !send.is_empty() && !recorded {
                        return Taken::Go(unclaimed(read, send));
                    }
                    if let Some(end) = self.not_now(message) {
                        return Taken::End(end);
                    }
                    sleep(ASK_AGAIN).await;
                }
            }
        }
    }

    /// Records outcomes. Without the store a repeatable class goes on unrecorded; the others wait.
    pub(super) async fn note(&self, message: &Message, record: &Record<'_>, repeatable: bool) -> Result<Recorded, End> {
        loop {
            let timer = self.metrics.store_seconds.with_label_values(&["record"]).start_timer();
            let answer = self.claims.record(record).await;
            timer.observe_duration();
            match answer {
                Ok(recorded) => return Ok(recorded),
                Err(error) => {
                    self.store_failed(&error);
                    if !message.alive() {
                        // What was on the wire is finished and recorded even then, for a while: whoever gets the
                        // message next will know.
                        if message.received.as_millis() + 120_000 < push_contract::Timestamp::now().as_millis() {
                            return Err(End::Leave);
                        }
                    } else if repeatable && settles(record) {
                        return Ok(Recorded::Settled(unrecorded(record)));
                    }
                    sleep(ASK_AGAIN).await;
                }
            }
        }
    }

    /// Whether an old claim is still ours, right before bytes are written. Without the store a repeatable class writes.
    pub(super) async fn still_ours(&self, key: &ClaimKey, claim: &mut Claim, repeatable: bool) -> bool {
        if claim.number == 0 || claim.since.elapsed() < ms(self.process.claims.fence_ms) {
            return true;
        }
        let asked = Instant::now();
        match self.claims.fence(key, claim).await {
            Ok(ours) => {
                claim.since = asked;
                ours
            }
            Err(error) => {
                self.store_failed(&error);
                repeatable
            }
        }
    }

    pub(crate) fn store_failed(&self, error: &StoreDown) {
        self.metrics.store_errors.with_label_values(&[error.what]).inc();
        tracing::debug!(%error, "no store");
    }
}

/// What a claim looks like when nothing was claimed: one window of everything, for there is no next one.
fn unclaimed(read: &Read, send: &Mask) -> Claim {
    let targets = read.job.targets.len();
    let mut states = States::open(targets);
    for n in read.copy.doubt.iter() {
        states.set(n, b'd');
    }
    Claim {
        number: 0,
        stamp: String::new(),
        states,
        ambiguous: Mask::none(targets),
        window: Mask::of(targets, read.copy.left.iter().filter(|n| send.has(*n))),
        since: Instant::now(),
    }
}

/// Whether the record gives every position of the message an outcome.
fn settles(record: &Record<'_>) -> bool {
    record.left.iter().all(|n| !matches!(record.outcomes.at(n), b'.' | b'-'))
}

fn unrecorded(record: &Record<'_>) -> Settled {
    Settled { states: record.outcomes.clone(), meta: record.meta.to_owned(), results: record.results.to_owned() }
}
