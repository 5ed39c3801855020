//! Asks the vendors that have a query for it what they allow on a day.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use push_contract::Call;
use tokio::time::sleep;

use crate::{app::AppState, pipeline::Worker, transport::Sent};

/// How often a worker asks. Each asks for itself: the fleet's limit of the interface keeps them apart, and there is
/// nothing to share that another one's death could take away.
const EVERY: Duration = Duration::from_secs(600);

/// Asks for an app, at once and then now and then, until nobody holds the app any more.
pub(crate) async fn run(worker: Arc<Worker>, app: Weak<AppState>) {
    let mut beats = worker.changed.subscribe();
    while let Some(held) = app.upgrade() {
        let Some(call) = held.vendor.quota_query() else { return };
        // While the store is away nothing keeps the workers apart; the limits that are known do until then.
        if !worker.claims.is_up() {
            drop(held);
            if beats.changed().await.is_err() {
                return;
            }
            continue;
        }
        worker.ask_quotas(&held, call).await;
        drop(held);
        sleep(EVERY).await;
    }
}

impl Worker {
    /// No answer, or one that tells nothing, changes nothing.
    async fn ask_quotas(&self, app: &AppState, call: Call) {
        let (name, api) = (app.name.as_str(), call.api);
        app.before_call(api).await;
        let sent = app.transport.send(call).await;
        let result = match &sent {
            Sent::Answer(_) => "answer",
            Sent::NotSent(_) => "not_sent",
            Sent::Lost(_) => "lost",
        };
        self.metrics.calls.with_label_values(&[name, api, result]).inc();
        match sent {
            Sent::Answer(answer) => {
                let told = app.vendor.read_quotas(&answer);
                if told.is_empty() {
                    tracing::info!(app = name, status = answer.status, "the vendor tells no limit of the day");
                }
                for (quota, limit) in told {
                    self.quotas.learn(name, quota, limit);
                }
            }
            Sent::NotSent(detail) | Sent::Lost(detail) => {
                tracing::info!(app = name, api, detail, "the vendor was not heard about the day's limits");
            }
        }
    }
}
