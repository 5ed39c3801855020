//! One delivery from its arrival to its acknowledgement.

use std::{sync::Arc, time::Duration};

use push_contract::{Class, Mask, Notice, Outcome, Reason, Story, TargetResult, Timestamp};

use super::{
    End, Worker,
    admit::{Admitted, Waits},
    dispatch::Told,
    fate::{Judged, judge, unclassified},
    read::Read,
    send::Sending,
    store::{Taken, Wanted},
    wrong_class::Way,
};
use crate::{
    app::AppState,
    broker::{Message, Outgoing, copy::Copy, topology::LADDER},
    claims::{Claim, ClaimKey, Record, Recorded, Settled, States},
    pace::Paid,
    probe::Step,
    settings::OnQuota,
    settle::{Circumstances, Meta, Plan, notice, plan, receipts_of},
};

/// The seconds of a busy copy's rung.
const BUSY_RUNG: u32 = 5;

/// One delivery while it is worked on.
struct Work<'a> {
    message: &'a Message,
    read: Read,
    app: Arc<AppState>,
    judged: Judged,
    class: Arc<Class>,
    key: ClaimKey,
    /// Counts as redelivered: by the broker, by its headers, or because a claim was lost.
    marked: bool,
    /// Some of it was recorded for this delivery.
    recorded: bool,
    waits: Waits,
    admitted: Option<Timestamp>,
    paid: Option<Paid>,
    sent: Option<Timestamp>,
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
            self.metrics.queue_wait.with_label_values(&[lane]).observe(waited.as_secs_f64());
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
        let types = self.vendor.profile().token_types;
        let deserved = judge(&app, types, &read.job, Timestamp::now());
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
        let mut whole = work.judged.refusal.as_ref().map(|refusal| (refusal.outcome, refusal.reason));
        let mut send = Mask::of(left.digits().len(), left.iter().filter(|n| !work.judged.positions.contains_key(n)));
        if whole.is_none() && Timestamp::now() >= work.read.job.expiry() {
            whole = Some((Outcome::Expired, Reason::Expired));
        }
        if let (None, Some(quota)) = (whole, &work.class.quota)
            && let Some(until) = self.blocks.quota_until(&work.app.name, quota, Timestamp::now())
        {
            // What would be over before the quota reopens is told now; the rest waits where it costs nothing.
            if self.process.worker.on_quota_exhausted == OnQuota::Drop || work.read.job.expiry() <= until {
                whole = Some((Outcome::QuotaExhausted, Reason::QuotaSpent));
            } else {
                return Round::End(self.hold(work, &quota.clone()).await);
            }
        }
        let room = work.app.window();
        let app = work.app.clone();
        let mut probe = None;
        if whole.is_none() && !send.is_empty() {
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
        if whole.is_some() {
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
            let way = self.judge_class(&work.app, &work.read.job, &work.class, &told).await;
            let follow = self.follow(work, claim, &told, &way, &mut outcomes, &mut results);
            let meta = self.meta(work, follow.counted, follow.held.clone(), follow.retry_after);
            let pending = Mask::of(
                send.digits().len(),
                claim.states.open_of(&left).iter().filter(|n| send.has(*n) && outcomes.at(*n) == b'.'),
            );
            // The next window is claimed in the same step if its share of the rate is there at once and nothing speaks
            // against going on; else the claim is given back and the message waits its turn like any other.
            let paid = work.paid.is_some_and(|paid| {
                let next = pending.len().min(room);
                paid.units() >= work.app.pace.units(next.div_ceil(work.app.targets_per_call), next)
            });
            let go_on = paid
                && !follow.reopened
                && !pending.is_empty()
                && self.not_now(work.message).is_none()
                && work.app.gate().is_none()
                && self.blocks.of_app(&work.app.name).is_none();
            let text = serde_json::to_string(&meta).unwrap_or_default();
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

    /// Turns what was told into outcomes, repetitions and reopened positions.
    fn follow(
        &self,
        work: &Work<'_>,
        claim: &Claim,
        told: &std::collections::BTreeMap<usize, Told>,
        way: &Way,
        outcomes: &mut States,
        results: &mut Vec<TargetResult>,
    ) -> Follow {
        let mut follow = Follow::default();
        let dead = told.values().filter(|told| matches!(told, Told::Verdict(verdict) if matches!(verdict.action, push_contract::Action::DeviceGone { .. }))).count();
        let suspect = work.app.note_tokens(told.len(), dead) && dead > 0;
        if suspect {
            self.metrics.tokens_suspect.with_label_values(&[work.app.name.as_str()]).inc_by(dead as u64);
        }
        let blocked = self.blocks.of_app(&work.app.name).is_some();
        for (n, told) in told {
            let doubt = claim.states.in_doubt(*n);
            let Told::Verdict(verdict) = told else {
                follow.reopen(outcomes, claim, *n, doubt);
                continue;
            };
            let about = Circumstances {
                attempt: work.read.copy.attempt,
                attempts: self.process.worker.attempts,
                repeatable: work.class.repeatable,
                doubt,
                blocked,
                hold: self.process.worker.on_quota_exhausted == OnQuota::Hold && work.class.quota.is_some(),
                // What has no claim to give back would come again for ever.
                lesser: *way != Way::Report && claim.number != 0,
            };
            match plan(verdict, about) {
                Plan::End(outcome, reason) => {
                    outcomes.end(*n, outcome);
                    let mut result = self.result(work, *n, outcome, reason, Some(verdict), doubt);
                    result.suspect = suspect && outcome == Outcome::InvalidToken;
                    results.push(result);
                }
                Plan::Repeat { counts, doubt, held, reason } => {
                    if let push_contract::Action::DeviceBusy { until: Some(until) } = verdict.action {
                        let wait = until.since(Timestamp::now());
                        follow.retry_after = Some(follow.retry_after.map_or(wait, |known| known.max(wait)));
                    }
                    outcomes.repeat(*n, doubt);
                    follow.counted |= counts;
                    if held {
                        follow.held.clone_from(&work.class.quota);
                    }
                    self.metrics.repeats.with_label_values(&[work.app.name.as_str(), reason.as_str()]).inc();
                }
                Plan::Reopen => follow.reopen(outcomes, claim, *n, doubt),
            }
        }
        follow
    }

    fn result(
        &self,
        work: &Work<'_>,
        n: usize,
        outcome: Outcome,
        reason: Reason,
        verdict: Option<&push_contract::Verdict>,
        doubt: bool,
    ) -> TargetResult {
        let target = &work.read.job.targets[n];
        let sent = verdict.is_some();
        TargetResult {
            n: u32::try_from(n).unwrap_or(u32::MAX),
            token: target.token.clone(),
            reference: target.reference.clone(),
            outcome,
            reason,
            vendor_code: verdict.and_then(|verdict| verdict.code.clone()),
            vendor_id: verdict.and_then(|verdict| verdict.vendor_id.clone()),
            invalid_since: verdict.and_then(|verdict| match verdict.action {
                push_contract::Action::DeviceGone { invalid_since } => invalid_since,
                _ => None,
            }),
            suspect: false,
            doubt,
            dropped: if sent { work.judged.fitted.dropped.clone() } else { Vec::new() },
            changed: if sent { work.judged.fitted.changed.clone() } else { Vec::new() },
        }
    }

    fn meta(&self, work: &Work<'_>, counted: bool, held: Option<String>, retry_after: Option<Duration>) -> Meta {
        let attempt = work.read.copy.attempt;
        let next_attempt = attempt + u32::from(counted);
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        Meta {
            class: work.judged.class.as_ref().map(|class| class.name.clone()),
            degraded_from: work.class.degraded_from.clone(),
            lane: work.read.lane,
            attempt,
            story: Story {
                created: work.read.job.created_at,
                received: work.message.received,
                admitted: work.admitted,
                sent: work.sent,
                settled: Timestamp::now(),
                rate_wait_ms: millis(work.waits.rate),
                quota_wait_ms: 0,
                block_wait_ms: millis(work.waits.block),
            },
            replica: self.replica.clone(),
            next_attempt,
            rung: push_pacing::rung(&LADDER, next_attempt.max(1), retry_after, fastrand::f64()),
            held,
        }
    }

    /// Publishes the copy and the receipts of a settled message, then lets the broker forget it.
    async fn publish_settled(&self, work: &Work<'_>, settled: &Settled) -> End {
        let (read, message) = (&work.read, work.message);
        if settled.meta.is_empty() {
            // Shrunk: all of it was published before.
            return End::Done;
        }
        let (meta, receipts) = match serde_json::from_str::<Meta>(&settled.meta).and_then(|meta| {
            let receipts = receipts_of(&read.job, read.copy.generation, &read.copy.left, settled, &meta)?;
            Ok((meta, receipts))
        }) {
            Ok(whole) => whole,
            Err(error) => {
                tracing::error!(id = read.job.id.as_str(), %error, "a record of the store cannot be read; another version wrote it");
                return self
                    .park(
                        message,
                        push_contract::ParkReason::NewerVersion,
                        None,
                        Some("the record in the store cannot be read"),
                    )
                    .await;
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

    /// Publishes a receipt until it is confirmed or the message's channel is gone.
    pub(super) async fn publish_receipt(&self, message: &Message, receipt: &push_contract::Receipt) -> End {
        while message.alive() {
            if self.receipts.publish(&message.link.session, receipt).await {
                return End::Done;
            }
        }
        End::Leave
    }

    /// Met by a record: a producer's repeat is told so once; anything else finishes what an earlier delivery began.
    async fn already_settled(&self, work: &Work<'_>, settled: &Settled) -> End {
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
    async fn busy(&self, work: &Work<'_>) -> End {
        self.metrics.duplicates.with_label_values(&[work.app.name.as_str(), "busy"]).inc();
        // The broker counts the deliveries of a message. Who dies over a job within the time that its claim still holds
        // off the next one would otherwise have it back for ever, each time as a new message.
        let deliveries = work.read.deliveries;
        let copy = Copy { again: true, lane: Some(work.read.lane), deliveries, ..work.read.copy.clone() };
        self.publish_copy(work.message, &work.read, &copy, self.names.wait(BUSY_RUNG)).await
    }

    /// Moves a job, once, to where it waits for its quota.
    async fn hold(&self, work: &Work<'_>, quota: &str) -> End {
        let copy = Copy { again: work.marked, lane: Some(work.read.lane), ..work.read.copy.clone() };
        self.publish_held(work.message, &work.read, &copy, quota).await
    }

    async fn publish_held(&self, message: &Message, read: &Read, copy: &Copy, quota: &str) -> End {
        let queue = self.names.held(&read.job.app, quota);
        self.until_published(message, || Outgoing {
            exchange: String::new(),
            key: queue.clone(),
            body: &message.body,
            id: read.job.id.as_str(),
            headers: copy.write(),
        })
        .await
    }

    fn count_ambiguous(&self, work: &Work<'_>, claim: &Claim, send: &Mask) {
        for n in claim.ambiguous.iter() {
            let then = if work.class.repeatable && send.has(n) { "sent_again" } else { "unknown" };
            self.metrics.ambiguous.with_label_values(&[work.app.name.as_str(), then]).inc();
        }
    }

    fn count_results(&self, work: &Work<'_>, results: &[TargetResult], recorded: &Recorded) {
        if matches!(recorded, Recorded::Lost) {
            return;
        }
        let (app, lane) = (work.app.name.as_str(), work.read.lane.as_str());
        for result in results {
            self.metrics
                .outcomes
                .with_label_values(&[app, lane, result.outcome.as_str(), result.reason.as_str()])
                .inc();
            self.metrics.class_outcomes.with_label_values(&[app, &work.class.name, result.outcome.as_str()]).inc();
            if result.outcome == Outcome::Accepted {
                let took = Timestamp::now().since(work.read.job.created_at);
                self.metrics.end_to_end.with_label_values(&[lane]).observe(took.as_secs_f64());
            }
        }
    }
}

/// What a window's verdicts mean for the message as a whole.
#[derive(Debug, Default)]
struct Follow {
    counted: bool,
    reopened: bool,
    held: Option<String>,
    retry_after: Option<Duration>,
}

impl Follow {
    /// The position is open again; without a claim to give back, the next generation repeats it.
    fn reopen(&mut self, outcomes: &mut States, claim: &Claim, n: usize, doubt: bool) {
        if claim.number == 0 {
            outcomes.repeat(n, doubt);
        } else {
            outcomes.reopen(n);
            self.reopened = true;
        }
    }
}
