//! One window of a claim: grouping its positions into dispatches, and what came back for each.

use std::{collections::BTreeMap, pin::pin, sync::Arc, time::Duration};

use futures_util::future::join_all;
use push_contract::{Badge, Batch, Class, Job, Lane, Push, Target, Timestamp};
use tokio::sync::Mutex;

use super::{
    Worker,
    dispatch::{MayWrite, Told},
};
use crate::{
    app::AppState,
    broker::Message,
    claims::{Claim, ClaimKey},
    pace::Paid,
    probe::Step,
};

/// How much longer than its calls a window waits for the turn of the next one.
const NEXT_TURN: Duration = Duration::from_millis(15);

/// A job about to be sent.
#[derive(Debug, Clone)]
pub(super) struct Sending<'a> {
    pub(super) message: &'a Message,
    pub(super) job: &'a Arc<Job>,
    pub(super) class: &'a Arc<Class>,
    pub(super) app: &'a Arc<AppState>,
    pub(super) key: &'a ClaimKey,
    pub(super) expiry: Timestamp,
    /// What was paid for all of it.
    pub(super) paid: Option<Paid>,
    pub(super) lane: Lane,
}

/// The claim of a job, asked before every write of a window.
struct Fence<'a> {
    worker: &'a Worker,
    sending: &'a Sending<'a>,
    claim: &'a Mutex<&'a mut Claim>,
}

impl MayWrite for Fence<'_> {
    async fn ask(&mut self, pushes: usize) -> Vec<bool> {
        // A worker that stops writes nothing new, and what its channel lost is no longer its own: both are given back.
        // So is what was admitted before its app was blocked or asked to wait.
        if self.worker.not_now(self.sending.message).is_some() || self.worker.must_wait(self.sending.app) {
            return vec![false; pushes];
        }
        let ours = {
            let mut claim = self.claim.lock().await;
            self.worker.still_ours(self.sending.key, &mut claim, self.sending.class.repeatable).await
        };
        if ours {
            self.worker.probe.passed(Step::Fenced, self.sending.job.id.as_str());
        } else {
            self.worker.metrics.claims_lost.with_label_values(&["fence"]).inc();
        }
        // The freeze that a probe makes falls between the fence and the bytes: the one gap that nothing can close.
        vec![ours; pushes]
    }
}

impl Worker {
    /// Sends the window of a claim. Returns what was told about each of its positions.
    pub(super) async fn send_window(
        self: &Arc<Self>,
        sending: &Sending<'_>,
        claim: &mut Claim,
    ) -> BTreeMap<usize, Told> {
        let window: Vec<usize> = claim.window.iter().collect();
        let claim = Mutex::new(claim);
        let realm = |target: &Target| sending.app.vendor.realm(target);
        let most = sending.app.targets_per_call();
        // One payment for all; where types or badges part the targets into more calls than that, the others pay themselves.
        let mut left = sending.paid.map_or(0, Paid::units);
        let dispatches =
            groups(sending.job, &sending.app.default_type, &window, most, realm).into_iter().map(|positions| {
                let units = sending.app.pace.units(1, positions.len());
                let paid = sending.paid.filter(|_| units <= left).map(|paid| paid.part(units));
                left -= paid.map_or(0, Paid::units);
                let mut fence = Fence { worker: self, sending, claim: &claim };
                async move {
                    let mut positions = positions;
                    // A group has one realm, and is never empty.
                    let class = class_at(sending.app, sending.job, sending.class, positions[0]);
                    let sending = &Sending { class: &class, ..sending.clone() };
                    let (drawn, mut all) = self.draw_for(sending, &mut positions).await;
                    if positions.is_empty() {
                        return all;
                    }
                    let push = Push {
                        job: sending.job.clone(),
                        class: sending.class.clone(),
                        positions: positions.clone(),
                        expiry: sending.expiry,
                    };
                    let limits = sending.app.vendor.call_limits();
                    let gathers = limits.jobs > 1 && !sending.app.lists.are_closed(Timestamp::now());
                    let gather = gathers.then(|| sending.app.vendor.gather_key(sending.job, sending.class)).flatten();
                    let told = match gather {
                        Some(key) => self.gather(sending.app, key, push, paid, &mut fence).await,
                        None => match sending.app.calls.acquire().await {
                            Ok(_permit) => {
                                self.dispatch(sending.app, Batch { pushes: vec![push] }, paid, &mut fence).await
                            }
                            Err(_) => vec![Told::NotWritten; positions.len()],
                        },
                    };
                    let told: Vec<_> = positions.into_iter().zip(told).collect();
                    self.give_back(sending, &drawn, &told).await;
                    all.extend(told);
                    all
                }
            });
        join_all(dispatches).await.into_iter().flatten().collect()
    }

    /// Sends a window, and meanwhile waits for the turn of the next one of so many targets.
    pub(super) async fn send_and_pay(
        self: &Arc<Self>,
        sending: &Sending<'_>,
        claim: &mut Claim,
        next: usize,
    ) -> (BTreeMap<usize, Told>, Option<Paid>) {
        if next == 0 {
            return (self.send_window(sending, claim).await, None);
        }
        let units = sending.app.pace.units(next.div_ceil(sending.app.targets_per_call()), next);
        let mut turn = pin!(sending.app.pace.take(sending.lane, units));
        let mut window = pin!(self.send_window(sending, claim));
        tokio::select! {
            paid = &mut turn => (window.await, Some(paid)),
            // A short call may be over before the answer to the question is there.
            told = &mut window => (told, tokio::time::timeout(NEXT_TURN, turn).await.ok()),
        }
    }
}

/// The class of a position: that of the job, unless its realm has another.
pub(super) fn class_at(app: &AppState, job: &Job, class: &Arc<Class>, n: usize) -> Arc<Class> {
    let realm = app.vendor.realm(&job.targets[n]);
    app.vendor.class_in(realm, job, class).map_or_else(|| class.clone(), Arc::new)
}

/// What positions of one call have in common.
type Alike<'a> = (&'a str, &'static str, Option<(bool, u32)>);

/// Positions that one call may name: the same token type, realm and badge, at most so many.
fn groups(
    job: &Job,
    default_type: &str,
    positions: &[usize],
    most: usize,
    realm: impl Fn(&Target) -> &'static str,
) -> Vec<Vec<usize>> {
    let mut alike: BTreeMap<Alike<'_>, Vec<usize>> = BTreeMap::new();
    for n in positions {
        let target = &job.targets[*n];
        let badge = target.badge.map(|badge| match badge {
            Badge::Set(number) => (true, number),
            Badge::Add(number) => (false, number),
        });
        let kind = target.kind.as_deref().unwrap_or(default_type);
        alike.entry((kind, realm(target), badge)).or_default().push(*n);
    }
    alike.into_values().flat_map(|group| group.chunks(most.max(1)).map(<[usize]>::to_vec).collect::<Vec<_>>()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_of_one_call_have_one_type_and_one_badge() {
        let targets: Vec<_> =
            [("a", None, 1), ("b", None, 1), ("c", Some("sealed"), 1), ("d", None, 2), ("e", Some("plain"), 1)]
                .into_iter()
                .map(|(token, kind, badge)| serde_json::json!({"token": token, "type": kind, "badge": {"set": badge}}))
                .collect();
        let body = serde_json::json!({
            "v": 1, "id": "j", "app": "a", "vendor": "parcel", "kind": "news", "targets": targets, "created_at": "2026-11-21T08:00:00Z",
        });
        let job = Job::from_slice(body.to_string().as_bytes()).unwrap();
        assert_eq!(groups(&job, "plain", &[0, 1, 2, 3, 4], 2, |_| ""), [vec![0, 1], vec![4], vec![3], vec![2]]);
        let abroad = |target: &Target| if target.token == "b" { "abroad" } else { "" };
        assert_eq!(groups(&job, "plain", &[0, 1, 4], 2, abroad), [vec![0, 4], vec![1]]);
    }
}
