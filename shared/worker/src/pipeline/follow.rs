//! What follows from a window's verdicts: outcomes, repetitions, positions that are open again, and what is counted.

use std::{collections::BTreeMap, time::Duration};

use push_contract::{Action, Mask, Outcome, Reason, Story, TargetResult, Timestamp, Verdict};

use super::{Worker, dispatch::Told, job::Work, send::class_at, wrong_class::Way};
use crate::{
    broker::topology::LADDER,
    claims::{Claim, Recorded, States},
    settle::{Circumstances, Meta, Plan, plan},
};

/// What a window's verdicts mean for the message as a whole.
#[derive(Debug, Default)]
pub(super) struct Follow {
    pub(super) counted: bool,
    pub(super) reopened: bool,
    pub(super) held: Option<String>,
    pub(super) retry_after: Option<Duration>,
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

impl Worker {
    /// Turns what was told into outcomes, repetitions and reopened positions.
    pub(super) fn follow(
        &self,
        work: &Work<'_>,
        claim: &Claim,
        told: &BTreeMap<usize, Told>,
        way: &Way,
        outcomes: &mut States,
        results: &mut Vec<TargetResult>,
    ) -> Follow {
        let mut follow = Follow::default();
        let gone = |told: &&Told| matches!(told, Told::Verdict(verdict) if matches!(verdict.action, Action::DeviceGone { .. }));
        let dead = told.values().filter(gone).count();
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
            // The quota that was found spent is that of the position's own class.
            let class = match verdict.action {
                Action::QuotaSpent { .. } => class_at(&work.app, &work.read.job, &work.class, *n),
                _ => work.class.clone(),
            };
            let about = Circumstances {
                attempt: work.read.copy.attempt,
                attempts: self.process.worker.attempts,
                repeatable: work.class.repeatable,
                doubt,
                blocked,
                hold: self.holds(&work.app, &class, verdict, work.read.job.expiry()),
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
                    if let Action::DeviceBusy { until: Some(until) } = verdict.action {
                        let wait = until.since(Timestamp::now());
                        follow.retry_after = Some(follow.retry_after.map_or(wait, |known| known.max(wait)));
                    }
                    outcomes.repeat(*n, doubt);
                    follow.counted |= counts;
                    if held {
                        follow.held.clone_from(&class.quota);
                    }
                    self.metrics.repeats.with_label_values(&[work.app.name.as_str(), reason.as_str()]).inc();
                }
                Plan::Reopen => follow.reopen(outcomes, claim, *n, doubt),
            }
        }
        follow
    }

    pub(super) fn result(
        &self,
        work: &Work<'_>,
        n: usize,
        outcome: Outcome,
        reason: Reason,
        verdict: Option<&Verdict>,
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
                Action::DeviceGone { invalid_since } => invalid_since,
                _ => None,
            }),
            suspect: false,
            doubt,
            dropped: if sent { work.judged.fitted.dropped.clone() } else { Vec::new() },
            changed: if sent { work.judged.fitted.changed.clone() } else { Vec::new() },
        }
    }

    pub(super) fn meta(
        &self,
        work: &Work<'_>,
        counted: bool,
        held: Option<String>,
        retry_after: Option<Duration>,
    ) -> Meta {
        let attempt = work.read.copy.attempt;
        let next_attempt = attempt + u32::from(counted);
        let least = work.app.vendor.least_retry();
        let retry_after = retry_after.max((!least.is_zero()).then_some(least));
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
                quota_wait_ms: millis(work.held_for()),
                block_wait_ms: millis(work.waits.block),
            },
            replica: self.replica.clone(),
            next_attempt,
            rung: push_pacing::rung(&LADDER, next_attempt.max(1), retry_after, fastrand::f64()),
            held,
        }
    }

    pub(super) fn count_ambiguous(&self, work: &Work<'_>, claim: &Claim, send: &Mask) {
        for n in claim.ambiguous.iter() {
            let then = if work.class.repeatable && send.has(n) { "sent_again" } else { "unknown" };
            self.metrics.ambiguous.with_label_values(&[work.app.name.as_str(), then]).inc();
        }
    }

    pub(super) fn count_results(&self, work: &Work<'_>, results: &[TargetResult], recorded: &Recorded) {
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
