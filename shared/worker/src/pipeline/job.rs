//! One delivery from its arrival to its acknowledgement.

use std::{sync::Arc, time::Duration};

use push_contract::{Class, Mask, Outcome, Reason, TargetResult, Timestamp};

use super::{
    End, Worker,
    admit::{Admitted, Waits},
    draw::Closed,
    fate::{Judged, judge, unclassified},
    read::Read,
    send::Sending,
    store::{ASK_AGAIN, Taken, Wanted},
    wrong_class::Way,
};
use crate::{
    app::AppState,
    broker::Message,
    claims::{Claim, ClaimKey, Record, Recorded, States},
    pace::Paid,
    probe::Step,
};

/// One delivery while it is worked on.
pub(super) struct Work<'a> {
    pub(super) message: &'a Message,
    pub(super) read: Read,
    pub(super) app: Arc<AppState>,
    pub(super) judged: Judged,
    pub(super) class: Arc<Class>,
    pub(super) key: ClaimKey,
    /// Counts as redelivered: by the broker, by its headers, or because a claim was lost.
    pub(super) marked: bool,
    /// Some of it was recorded for this delivery.
    pub(super) recorded: bool,
    /// The classes in which the vendor refused it so far.
    pub(super) refused: Vec<Arc<Class>>,
    /// The quota that what is still open of it waits for, when the rest has its outcome.
    pub(super) held: Option<String>,
    pub(super) waits: Waits,
    pub(super) admitted: Option<Timestamp>,
    pub(super) paid: Option<Paid>,
    pub(super) sent: Option<Timestamp>,
}

impl Work<'_> {
    /// How long the job waited for its quota, if it comes from there.
    pub(super) fn held_for(&self) -> Duration {
        let since = self.read.copy.first_seen.filter(|_| self.message.source.lane.is_none());
        since.map_or(Duration::ZERO, |since| self.message.received.since(since))
    }
}

/// After a claim: go round again, or the delivery is dealt with.
enum Round {
    Again,
    End(End),
}

impl Worker {
    /// Handles one delivery.
    pub(super) async fn work(self: Arc<Self>, message: &Message) -> End {
        let read = match self.read(message).await {
            Ok(read) => read,
            Err(end) => return end,
        };
        let name = read.job.app.clone();
        let lane = read.lane.as_str();
        self.probe.passed(Step::Received, read.job.id.as_str());
        self.metrics.jobs_received.with_label_values(&[name.as_str(), lane]).inc();
        if message.redelivered {
            self.metrics.jobs_redelivered.with_label_values(&[name.as_str(), lane]).inc();
            tracing::debug!(id = read.job.id.as_str(), deliveries = message.deliveries, "redelivered");
        }
        if read.copy.generation == 0 && !message.redelivered {
            let waited = message.received.since(read.job.created_at);
            // What an operator puts back to drop it waited on purpose.
            if !read.copy.discard {
                self.metrics.queue_wait.with_label_values(&[lane]).observe(waited.as_secs_f64());
            }
            if self.blocks.of_app(&name).is_none() {
                self.arrivals.note(&message.source.queue, read.job.created_at, message.received);
            }
            if read.lane != read.job.lane() {
                self.metrics.lane_disagreed.with_label_values(&[name.as_str()]).inc();
            }
        }
        let _alone = if read.copy.suspect {
            // In no order, so that those behind the guilty one get their turn before it ends the process again.
            tokio::time::sleep(Duration::from_millis(fastrand::u64(0..1000))).await;
            self.suspects.acquire().await.ok()
        } else {
            None
        };
        let Some(app) = self.app(&name) else { return End::HandBack };
        let deserved = if read.copy.discard {
            Judged::discarded()
        } else {
            judge(&app, self.vendor.profile().token_types, &read.job, Timestamp::now())
        };
        let best = deserved.class.clone();
        let judged = self.spared(&app, &read.job, deserved);
        if judged.refusal.is_none() && Timestamp::now() < read.job.expiry() {
            self.note_collapse(&read.job).await;
        }
        let class = Arc::new(judged.class.clone().unwrap_or_else(|| unclassified(read.job.kind)));
        let refused = best.filter(|best| best != &*class).map(|best| best.name);
        self.count_degraded(&name, &class, refused.as_deref());
        let mut work = Work {
            key: ClaimKey::new(name.as_str(), read.job.id.as_str(), read.copy.generation),
            marked: message.redelivered || read.copy.again,
            recorded: false,
            refused: Vec::new(),
            held: None,
            waits: Waits::default(),
            admitted: None,
            paid: None,
            sent: None,
            message,
            read,
            app,
            judged,
            class,
        };
        loop {
            match self.round(&mut work).await {
                Round::Again => {
                    // Its settings may have been replaced while it waited.
                    if let Some(app) = self.app(&name) {
                        work.app = app;
                    }
                }
                Round::End(end) => {
                    if end == End::Done {
                        self.metrics.jobs_settled.with_label_values(&[name.as_str(), lane]).inc();
                    }
                    return end;
                }
            }
        }
    }

    /// From admission through one claim.
    async fn round(self: &Arc<Self>, work: &mut Work<'_>) -> Round {
        let left = &work.read.copy.left;
        work.held = None;
        let mut whole = work.judged.refusal.as_ref().map(|refusal| (refusal.outcome, refusal.reason));
        let mut send = Mask::of(left.digits().len(), left.iter().filter(|n| !work.judged.positions.contains_key(n)));
        if whole.is_none() && Timestamp::now() >= work.read.job.expiry() {
            whole = Some((Outcome::Expired, Reason::Expired));
        }
        if let (None, Some(quota)) = (whole, &work.class.quota)
            && let Some(closed) = self.closed(&work.app, &work.class, work.read.lane).await
        {
            match closed {
                // What would be over before it reopens is told now; the rest waits where it costs nothing.
                Closed::Until { until, hold: true, .. } if work.read.job.expiry() > until => {
                    if !work.recorded {
                        return Round::End(self.hold(work, &quota.clone()).await);
                    }
                    // What has an outcome is told now, and a copy waits for the rest: its record may not live so long.
                    work.held = Some(quota.clone());
                }
                Closed::Until { reason, .. } => whole = Some((Outcome::QuotaExhausted, reason)),
                Closed::AskAgain => {
                    if let Some(end) = self.not_now(work.message) {
                        return Round::End(end);
                    }
                    tokio::time::sleep(ASK_AGAIN).await;
                    return Round::Again;
                }
            }
        }
        let room = work.app.window();
        let app = work.app.clone();
        let mut probe = None;
        if whole.is_none() && work.held.is_none() && !send.is_empty() {
            match self.admit(work.message, &work.read, &app, send.len().min(room), &mut work.waits).await {
                Admitted::Go(permit, paid) => {
                    work.paid = paid;
                    work.admitted.get_or_insert_with(Timestamp::now);
                    probe = permit;
                }
                Admitted::Expired => whole = Some((Outcome::Expired, Reason::Expired)),
                Admitted::Changed => return Round::Again,
                Admitted::End(end) => return Round::End(end),
            }
        }
        let mut superseded = Mask::none(0);
        if whole.is_some() || work.held.is_some() {
            send = Mask::none(left.digits().len());
        } else if work.read.job.collapse.is_some() {
            superseded = self.superseded(&work.read.job).await;
            superseded.iter().for_each(|n| send.remove(n));
        }
        let (repeatable, marked, recorded) = (work.class.repeatable, work.marked, work.recorded);
        let wanted = Wanted { send: &send, repeatable, marked, recorded, room };
        let taken = self.take(work.message, &work.read, &work.key, wanted).await;
        let mut claim = match taken {
            Taken::Go(claim) => claim,
            Taken::Settled(settled) => return Round::End(self.already_settled(work, &settled).await),
            Taken::Busy => return Round::End(self.busy(work).await),
            Taken::End(end) => return Round::End(end),
        };
        self.probe.passed(Step::Claimed, work.read.job.id.as_str());
        self.count_ambiguous(work, &claim, &send);
        let mut outcomes = States::open(send.digits().len());
        let mut results = Vec::new();
        // Everything that is certain without sending, first of all.
        for n in claim.states.open_of(left).iter() {
            let fate = whole
                .or_else(|| work.judged.positions.get(&n).copied())
                .or_else(|| superseded.has(n).then_some((Outcome::Superseded, Reason::Superseded)));
            let doubt = claim.states.in_doubt(n);
            let end = match fate {
                // Such a position was never sent by anybody.
                Some((outcome, reason @ (Reason::DuplicateToken | Reason::TokenType))) => Some((outcome, reason)),
                Some(_) if doubt => Some((Outcome::Unknown, Reason::AnswerLost)),
                Some(fate) => Some(fate),
                None if claim.ambiguous.has(n) && !work.class.repeatable => {
                    Some((Outcome::Unknown, Reason::WorkerLost))
                }
                None => None,
            };
            if let Some((outcome, reason)) = end {
                outcomes.end(n, outcome);
                results.push(self.result(work, n, outcome, reason, None, doubt));
            } else if work.held.is_some() {
                outcomes.repeat(n, doubt);
            }
        }
        work.judged.log_unsent(&work.app.name, &work.read.job.id, &results);
        let round = self.windows(work, &mut claim, &send, outcomes, results, room).await;
        drop(probe);
        round
    }

    /// Sends window after window until the message is settled or the claim ends.
    async fn windows(
        self: &Arc<Self>,
        work: &mut Work<'_>,
        claim: &mut Claim,
        send: &Mask,
        mut outcomes: States,
        mut results: Vec<TargetResult>,
        room: usize,
    ) -> Round {
        let left = work.read.copy.left.clone();
        loop {
            let told = if claim.window.is_empty() {
                Default::default()
            } else {
                work.sent.get_or_insert_with(Timestamp::now);
                let job = work.read.job.clone();
                let sending = Sending {
                    message: work.message,
                    expiry: job.expiry(),
                    job: &job,
                    class: &work.class.clone(),
                    app: &work.app.clone(),
                    key: &work.key.clone(),
                    paid: work.paid.take(),
                    lane: work.read.lane,
                };
                let more = Mask::of(
                    send.digits().len(),
                    claim.states.open_of(&left).iter().filter(|n| send.has(*n) && !claim.window.has(*n)),
                );
                let (told, paid) = self.send_and_pay(&sending, claim, more.len().min(room)).await;
                work.paid = paid;
                told
            };
            self.probe.passed(Step::Decoded, work.read.job.id.as_str());
            let way = self.judge_class(&work.app, &work.read.job, &work.class, &work.refused, &told).await;
            let follow = self.follow(work, claim, &told, &way, &mut outcomes, &mut results);
            let held = follow.held.clone().or_else(|| work.held.clone());
            let meta = self.meta(work, follow.counted, held, follow.retry_after);
            let pending = Mask::of(
                send.digits().len(),
                claim.states.open_of(&left).iter().filter(|n| send.has(*n) && outcomes.at(*n) == b'.'),
            );
            // The next window is claimed in the same step if its share of the rate is there at once and nothing speaks
            // against going on; else the claim is given back and the message waits its turn like any other.
            let paid = work.paid.is_some_and(|paid| {
                let next = pending.len().min(room);
                paid.units() >= work.app.pace.units(next.div_ceil(work.app.targets_per_call()), next)
            });
            let go_on = paid
                && !follow.reopened
                && !pending.is_empty()
                && self.not_now(work.message).is_none()
                && work.app.gate().is_none()
                && self.blocks.of_app(&work.app.name).is_none();
            let text = serde_json::to_string(&meta).unwrap_or_default();
            let text = match self.probe.later() {
                Some(later) => (later.write)(text),
                None => text,
            };
            let list =
                results.iter().filter_map(|result| serde_json::to_string(result).ok()).collect::<Vec<_>>().join(",");
            let record = Record {
                key: &work.key,
                left: &left,
                number: claim.number,
                stamp: &claim.stamp,
                outcomes: &outcomes,
                meta: &text,
                results: &list,
                next: &pending,
                room: if go_on { room } else { 0 },
                delivery: work.message.number,
            };
            work.recorded |= left.iter().any(|n| !matches!(outcomes.at(n), b'.' | b'-'));
            let asked = std::time::Instant::now();
            let recorded = match self.note(work.message, &record, work.class.repeatable).await {
                Ok(recorded) => recorded,
                Err(end) => return Round::End(end),
            };
            self.probe.passed(Step::Recorded, work.read.job.id.as_str());
            self.count_results(work, &results, &recorded);
            match recorded {
                Recorded::Settled(settled) => return Round::End(self.publish_settled(work, &settled).await),
                Recorded::Next(states, window) => {
                    claim.states = states;
                    claim.window = window;
                    claim.since = asked;
                    outcomes = States::open(left.digits().len());
                    results.clear();
                }
                Recorded::Stopped => match way {
                    Way::Report => return Round::Again,
                    Way::Park => {
                        return Round::End(self.park_class(work.message, &work.read, &work.class).await);
                    }
                    Way::Degrade(lesser) => {
                        work.refused.push(work.class.clone());
                        work.class = self.degrade(&work.app, &work.read.job, &mut work.judged, lesser);
                        return Round::Again;
                    }
                },
                Recorded::Again | Recorded::Lost => {
                    self.metrics.claims_lost.with_label_values(&["record"]).inc();
                    if !work.message.alive() {
                        return Round::End(End::Leave);
                    }
                    work.marked = true;
                    return Round::Again;
                }
            }
        }
    }
}
