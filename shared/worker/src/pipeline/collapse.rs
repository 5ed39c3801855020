//! Jobs that a newer one has made pointless while they waited.

use std::time::Duration;

use push_contract::{Job, Kind, Mask, Timestamp};
use sha2::{Digest, Sha256};

use super::Worker;
use crate::claims::Claims;

/// How long the newest job of a key is remembered after its own end.
const REMEMBER: Duration = Duration::from_secs(24 * 3600);

/// The order of a job within its key, as a text that compares: a cancel comes after its invite whatever the numbers
/// say; then `seq`, then `created_at`, then the id.
fn rank(job: &Job) -> Option<String> {
    let collapse = job.collapse.as_ref()?;
    let cancel = u8::from(job.kind == Kind::CallCancel);
    Some(format!("{cancel}{:016}{:015}{}", collapse.seq.unwrap_or(0), job.created_at.as_millis().max(0), job.id))
}

fn short(text: &str) -> String {
    Sha256::digest(text).iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

impl Worker {
    /// Notes that a sendable job came in.
    pub(super) async fn note_collapse(&self, job: &Job) {
        self.ask_collapse(job, true).await;
    }

    /// The positions for which a newer job is known. Without an answer none: then both are sent.
    pub(super) async fn superseded(&self, job: &Job) -> Mask {
        self.ask_collapse(job, false).await
    }

    async fn ask_collapse(&self, job: &Job, note: bool) -> Mask {
        let none = Mask::none(job.targets.len());
        let (Some(collapse), Some(rank), Claims::Redis(store)) = (&job.collapse, rank(job), &self.claims) else {
            return none;
        };
        let key = short(&format!("{}/{}", job.app, collapse.key));
        let tokens: Vec<String> = job.targets.iter().map(|target| short(&target.token)).collect();
        let remember = job.expiry().since(Timestamp::now()) + REMEMBER;
        match store.collapse(&key, note, &rank, remember, &tokens).await {
            Ok(newer) => newer,
            Err(error) => {
                self.metrics.store_errors.with_label_values(&["collapse"]).inc();
                tracing::debug!(%error, "collapse key not looked up");
                none
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(kind: &str, seq: Option<u64>, created: &str, id: &str) -> Job {
        let body = serde_json::json!({
            "v": 1, "id": id, "app": "a", "vendor": "parcel", "kind": kind, "targets": [{"token": "T"}],
            "notification": {"body": "x"}, "collapse": {"key": "k", "seq": seq}, "created_at": created,
        });
        Job::from_slice(body.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn newer_is_cancel_then_seq_then_time_then_id() {
        let early = "2026-11-21T08:00:00Z";
        let late = "2026-11-21T08:00:01Z";
        let order = [
            job("call.invite", None, early, "a"),
            job("call.invite", None, early, "b"),
            job("call.invite", None, late, "a"),
            job("call.invite", Some(1), early, "a"),
            job("call.invite", Some(2), early, "a"),
            job("call.cancel", None, early, "a"),
        ];
        let ranks: Vec<_> = order.iter().map(|job| rank(job).unwrap()).collect();
        assert!(ranks.is_sorted() && ranks.windows(2).all(|pair| pair[0] != pair[1]), "{ranks:?}");
    }
}
