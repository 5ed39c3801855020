//! What may not send now: a whole app, or one quota of an app. All replicas see the same blocks; one of them probes.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use push_contract::{AppName, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::{claims::Claims, metrics::Metrics};

/// Why something is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The vendor refuses the app's credential or rights.
    Misconfigured,
    /// The vendor does not answer properly: the breaker is open.
    Unavailable,
    /// The quota of the day is spent.
    Quota,
}

impl Why {
    /// As in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Misconfigured => "misconfigured",
            Self::Unavailable => "unavailable",
            Self::Quota => "quota",
        }
    }
}

/// A block, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// Why.
    pub why: Why,
    /// What was seen, for the operator; no secrets.
    pub detail: String,
    /// Since when.
    pub since: Timestamp,
    /// A quota reopens then; an app is probed from then on.
    pub until: Timestamp,
}

/// What stands in the way of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// Nothing.
    Open,
    /// A block whose time for a probe has come.
    Probe,
    /// A block.
    Closed,
}

/// The blocks of one vendor.
#[derive(Debug, Clone)]
pub struct Blocks {
    known: Arc<RwLock<HashMap<String, Block>>>,
    changed: watch::Sender<u64>,
    metrics: Metrics,
}

fn app_subject(app: &AppName) -> String {
    format!("app/{app}")
}

fn quota_subject(app: &AppName, quota: &str) -> String {
    format!("quota/{app}/{quota}")
}

impl Blocks {
    /// No blocks.
    #[must_use]
    pub fn new(metrics: Metrics) -> Self {
        Self { known: Arc::default(), changed: watch::Sender::new(0), metrics }
    }

    /// Wakes whenever a block comes, changes or goes.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// The block of an app, if there is one.
    #[must_use]
    pub fn of_app(&self, app: &AppName) -> Option<Block> {
        self.get(&app_subject(app))
    }

    /// What stands in the way of an app.
    #[must_use]
    pub fn flow(&self, app: &AppName, now: Timestamp) -> Flow {
        match self.of_app(app) {
            None => Flow::Open,
            Some(block) if now >= block.until => Flow::Probe,
            Some(_) => Flow::Closed,
        }
    }

    /// Until when a quota is closed.
    #[must_use]
    pub fn quota_until(&self, app: &AppName, quota: &str, now: Timestamp) -> Option<Timestamp> {
        self.get(&quota_subject(app, quota)).map(|block| block.until).filter(|until| *until > now)
    }

    /// Blocks an app until a probe succeeds; the first probe is made after `pause`.
    pub async fn block_app(&self, claims: &Claims, app: &AppName, why: Why, detail: String, pause: Duration) {
        let now = Timestamp::now();
        let since = self.of_app(app).map_or(now, |block| block.since);
        tracing::warn!(
            app = app.as_str(),
            why = why.as_str(),
            detail,
            pause_ms = pause.as_millis() as u64,
            "app blocked"
        );
        self.set(claims, &app_subject(app), Some(Block { why, detail, since, until: now.plus(pause) })).await;
    }

    /// Lets an app go on.
    pub async fn free_app(&self, claims: &Claims, app: &AppName) {
        if self.of_app(app).is_some() {
            tracing::info!(app = app.as_str(), "app no longer blocked");
            self.set(claims, &app_subject(app), None).await;
        }
    }

    /// Closes a quota until a time.
    pub async fn close_quota(&self, claims: &Claims, app: &AppName, quota: &str, until: Timestamp) {
        let now = Timestamp::now();
        if self.quota_until(app, quota, now).is_none_or(|known| known < until) {
            tracing::warn!(app = app.as_str(), quota, until = %until, "quota spent");
            let block = Block { why: Why::Quota, detail: quota.to_owned(), since: now, until };
            self.set(claims, &quota_subject(app, quota), Some(block)).await;
        }
    }

    /// Takes over what the store knows; the store's word counts.
    pub fn learn(&self, records: &[(String, String)]) {
        let now = Timestamp::now();
        let fresh: HashMap<String, Block> = records
            .iter()
            .filter_map(|(subject, text)| Some((subject.clone(), serde_json::from_str::<Block>(text).ok()?)))
            .filter(|(_, block)| block.why != Why::Quota || block.until > now)
            .collect();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if *known != fresh {
            for (subject, block) in known.iter() {
                self.metrics.blocked.with_label_values(&[subject, block.why.as_str()]).set(0);
            }
            for (subject, block) in &fresh {
                self.metrics.blocked.with_label_values(&[subject, block.why.as_str()]).set(1);
            }
            *known = fresh;
            drop(known);
            self.changed.send_modify(|count| *count += 1);
        }
    }

    fn get(&self, subject: &str) -> Option<Block> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(subject).cloned()
    }

    async fn set(&self, claims: &Claims, subject: &str, block: Option<Block>) {
        {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(old) = known.remove(subject) {
                self.metrics.blocked.with_label_values(&[subject, old.why.as_str()]).set(0);
            }
            if let Some(block) = &block {
                self.metrics.blocked.with_label_values(&[subject, block.why.as_str()]).set(1);
                known.insert(subject.to_owned(), block.clone());
            }
        }
        self.changed.send_modify(|count| *count += 1);
        if let Claims::Redis(store) = claims {
            let text = block.and_then(|block| serde_json::to_string(&block).ok());
            if let Err(error) = store.set_block(subject, text.as_deref()).await {
                // This replica keeps to it; the others learn by their own calls.
                tracing::warn!(subject, %error, "block not shared");
            }
        }
    }
}
