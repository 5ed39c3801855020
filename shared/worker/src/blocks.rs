//! What may not send now: a whole app, or one quota of an app. All replicas see the same blocks; one of them probes.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use push_contract::{AppName, Class, Kind, Lane, Reason, Timestamp};
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
    /// The vendor refuses a class of the app. Such a block is an alert: jobs go on, as the settings say.
    Class,
}

impl Why {
    /// As in labels.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Misconfigured => "misconfigured",
            Self::Unavailable => "unavailable",
            Self::Quota => "quota",
            Self::Class => "class",
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
    /// A quota reopens then; an app is probed from then on; a class is tried again from then on.
    pub until: Timestamp,
    /// Of a quota: the first lane that may use no more of it; those below may not either.
    #[serde(default = "every_lane")]
    pub from: Lane,
    /// Of a quota: the vendor said so, and why. Else it is our own count, and what a replica still holds of it may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told: Option<Reason>,
    /// Of a class: the kind of the job that was refused. What else is in the class may have another channel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Kind>,
    /// Of a class: whether that job was urgent, which may be what was refused.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub urgent: bool,
}

impl Block {
    fn new(why: Why, detail: String, since: Timestamp, until: Timestamp) -> Self {
        Self { why, detail, since, until, from: Lane::High, told: None, kind: None, urgent: false }
    }
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

/// The store knows of a new alert after this long.
const SETTLES: Duration = Duration::from_secs(5);

/// What an older worker wrote is about all.
const fn every_lane() -> Lane {
    Lane::High
}

fn app_subject(app: &AppName) -> String {
    format!("app/{app}")
}

fn class_subject(app: &AppName, class: &str) -> String {
    format!("class/{app}/{class}")
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

    /// The block of a quota for a lane; `None`: for any lane.
    #[must_use]
    pub fn of_quota(&self, app: &AppName, quota: &str, lane: Option<Lane>, now: Timestamp) -> Option<Block> {
        let block = self.get(&quota_subject(app, quota))?;
        (block.until > now && lane.is_none_or(|lane| lane >= block.from)).then_some(block)
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
        self.set(claims, &app_subject(app), Some(Block::new(why, detail, since, now.plus(pause)))).await;
    }

    /// Lets an app go on.
    pub async fn free_app(&self, claims: &Claims, app: &AppName) {
        if self.of_app(app).is_some() {
            tracing::info!(app = app.as_str(), "app no longer blocked");
            self.set(claims, &app_subject(app), None).await;
        }
    }

    /// Closes a quota until a time, for a lane and those below it: by our own count.
    pub async fn spend_quota(&self, claims: &Claims, app: &AppName, quota: &str, from: Lane, until: Timestamp) {
        self.close_quota(claims, app, quota, (from, None), until).await;
    }

    /// Closes a quota until a time: the vendor said so.
    pub async fn stop_quota(&self, claims: &Claims, app: &AppName, quota: &str, why: Reason, until: Timestamp) {
        self.close_quota(claims, app, quota, (Lane::High, Some(why)), until).await;
    }

    async fn close_quota(
        &self,
        claims: &Claims,
        app: &AppName,
        quota: &str,
        (from, told): (Lane, Option<Reason>),
        until: Timestamp,
    ) {
        let now = Timestamp::now();
        let known = self.get(&quota_subject(app, quota)).filter(|block| block.until > now);
        let (mut since, mut widest, mut latest, mut by_vendor) = (now, from, until, told);
        if let Some(known) = known {
            if known.from <= from && known.until >= until && (known.told.is_some() || told.is_none()) {
                return;
            }
            (since, widest, latest) = (known.since, known.from.min(from), known.until.max(until));
            by_vendor = by_vendor.or(known.told);
        }
        tracing::warn!(app = app.as_str(), quota, from = widest.as_str(), until = %latest, by_vendor = by_vendor.is_some(), "quota spent");
        let (why, detail) = (Why::Quota, quota.to_owned());
        let block = Block { from: widest, told: by_vendor, ..Block::new(why, detail, since, latest) };
        self.set(claims, &quota_subject(app, quota), Some(block)).await;
    }

    /// Opens a quota of an app whose settings changed: if it is spent all the same, it closes with the next question.
    pub async fn reopen_quota(&self, claims: &Claims, app: &AppName, quota: &str) {
        let subject = quota_subject(app, quota);
        if self.get(&subject).is_some() {
            tracing::info!(subject, "the settings changed: asked anew");
            self.set(claims, &subject, None).await;
        }
    }

    /// Takes down what has ended, also while the store is away.
    pub fn forget_ended(&self) {
        let now = Timestamp::now();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let ended = |block: &Block| block.why == Why::Quota && block.until <= now;
        known.iter().filter(|(_, block)| ended(block)).for_each(|(subject, block)| self.show(subject, block, 0));
        known.retain(|_, block| !ended(block));
    }

    /// The alert about a class of an app, if there is one.
    #[must_use]
    pub fn of_class(&self, app: &AppName, class: &str) -> Option<Block> {
        self.get(&class_subject(app, class))
    }

    /// Until when a class is not tried again where jobs are degraded.
    #[must_use]
    pub fn class_until(&self, app: &AppName, class: &Class, now: Timestamp) -> Option<Timestamp> {
        let block = self.of_class(app, &class.name).filter(|block| block.urgent == class.urgent)?;
        Some(block.until).filter(|until| *until > now)
    }

    /// The vendor refused a job's class. Told once, and not for every job, until the class is taken again; it is tried
    /// again after `pause`.
    pub async fn class_refused(
        &self,
        claims: &Claims,
        app: &AppName,
        class: &Class,
        kind: Kind,
        detail: String,
        pause: Duration,
    ) {
        let (now, known) = (Timestamp::now(), self.of_class(app, &class.name));
        if known.as_ref().is_some_and(|block| now < block.until) {
            return;
        }
        let block = match known {
            Some(block) => Block { detail, until: now.plus(pause), ..block },
            None => {
                let (app, name) = (app.as_str(), class.name.as_str());
                let what = "class misconfigured: see to its right, channel or template";
                tracing::warn!(app, class = name, kind = kind.as_str(), detail, "{what}");
                Block { kind: Some(kind), urgent: class.urgent, ..Block::new(Why::Class, detail, now, now.plus(pause)) }
            }
        };
        self.set(claims, &class_subject(app, &class.name), Some(block)).await;
    }

    /// The vendor took a job of this kind in a class that it refused before.
    pub async fn class_taken(&self, claims: &Claims, app: &AppName, class: &Class, kind: Kind) {
        let Some(block) = self.of_class(app, &class.name) else { return };
        if block.kind.is_none_or(|refused| refused == kind) && block.urgent == class.urgent {
            tracing::info!(app = app.as_str(), class = class.name, "class no longer misconfigured");
            self.set(claims, &class_subject(app, &class.name), None).await;
        }
    }

    /// Since when a quota is closed.
    #[must_use]
    pub fn quota_since(&self, app: &AppName, quota: &str, now: Timestamp) -> Option<Timestamp> {
        self.get(&quota_subject(app, quota)).filter(|block| block.until > now).map(|block| block.since)
    }

    /// Takes over what the store knows; the store's word counts.
    pub fn learn(&self, records: &[(String, String)]) {
        let now = Timestamp::now();
        let mut fresh: HashMap<String, Block> = records
            .iter()
            .filter_map(|(subject, text)| Some((subject.clone(), serde_json::from_str::<Block>(text).ok()?)))
            .filter(|(_, block)| block.why != Why::Quota || block.until > now)
            .collect();
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // The store may have been asked before it was told: a class that is new here would be told of twice.
        let is_new = |block: &Block| block.why == Why::Class && now.since(block.since) < SETTLES;
        for (subject, block) in known.iter().filter(|(_, block)| is_new(block)) {
            fresh.entry(subject.clone()).or_insert_with(|| block.clone());
        }
        if *known != fresh {
            for (subject, block) in known.iter() {
                self.show(subject, block, 0);
            }
            for (subject, block) in &fresh {
                self.show(subject, block, 1);
            }
            *known = fresh;
            drop(known);
            self.changed.send_modify(|count| *count += 1);
        }
    }

    fn show(&self, subject: &str, block: &Block, value: i64) {
        let (what, rest) = subject.split_once('/').unwrap_or_default();
        match rest.split_once('/') {
            Some((app, class)) if what == "class" => {
                self.metrics.class_misconfigured.with_label_values(&[app, class]).set(value);
            }
            Some((app, quota)) if what == "quota" => {
                for lane in Lane::ALL.into_iter().filter(|lane| *lane >= block.from) {
                    self.metrics.quota_exhausted.with_label_values(&[app, quota, lane.as_str()]).set(value);
                }
                self.metrics.blocked.with_label_values(&[subject, block.why.as_str()]).set(value);
            }
            _ => self.metrics.blocked.with_label_values(&[subject, block.why.as_str()]).set(value),
        }
    }

    fn get(&self, subject: &str) -> Option<Block> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).get(subject).cloned()
    }

    async fn set(&self, claims: &Claims, subject: &str, block: Option<Block>) {
        {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(old) = known.remove(subject) {
                self.show(subject, &old, 0);
            }
            if let Some(block) = &block {
                self.show(subject, block, 1);
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
