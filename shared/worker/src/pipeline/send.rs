//! One window of a claim: grouping its positions into dispatches, and what came back for each.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::join_all;
use push_contract::{Badge, Batch, Class, Job, Push, Target, Timestamp};
use tokio::sync::Mutex;

use super::{
    Worker,
    dispatch::{MayWrite, Told},
};
use crate::{
    app::AppState,
    broker::Message,
    claims::{Claim, ClaimKey},
    probe::Step,
};

/// A job about to be sent.
#[derive(Debug, Clone)]
pub(super) struct Sending<'a> {
    pub(super) message: &'a Message,
    pub(super) job: &'a Arc<Job>,
    pub(super) class: &'a Arc<Class>,
    pub(super) app: &'a Arc<AppState>,
    pub(super) key: &'a ClaimKey,
    pub(super) expiry: Timestamp,
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
        let most = sending.app.targets_per_call;
        let dispatches =
            groups(sending.job, &sending.app.default_type, &window, most, realm).into_iter().map(|positions| {
                let mut fence = Fence { worker: self, sending, claim: &claim };
                async move {
                    let push = Push {
                        job: sending.job.clone(),
                        class: sending.class.clone(),
                        positions: positions.clone(),
                        expiry: sending.expiry,
                    };
                    let limits = sending.app.vendor.call_limits();
                    let gather =
                        (limits.jobs > 1).then(|| sending.app.vendor.gather_key(sending.job, sending.class)).flatten();
                    let told = match gather {
                        Some(key) => self.gather(sending.app, key, push, &mut fence).await,
                        None => match sending.app.calls.acquire().await {
                            Ok(_permit) => self.dispatch(sending.app, Batch { pushes: vec![push] }, &mut fence).await,
                            Err(_) => vec![Told::NotWritten; positions.len()],
                        },
                    };
                    positions.into_iter().zip(told).collect::<Vec<_>>()
                }
            });
        join_all(dispatches).await.into_iter().flatten().collect()
    }
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
