//! What calls say about their app as a whole: it is too fast, out of quota, not allowed to send, or well again.

use std::{sync::Arc, time::Duration};

use push_contract::{Action, Batch, Day, Timestamp, Verdict};

use super::Worker;
use crate::{
    app::AppState,
    blocks::{Flow, Why},
};

impl Worker {
    /// Counts the vendor's codes; one that the vendor's table does not have is `other`.
    fn count_codes(&self, app: &AppState, verdicts: &[Verdict]) {
        let codes = self.vendor.profile().codes;
        for verdict in verdicts {
            let code = verdict
                .code
                .as_deref()
                .map_or("none", |code| codes.iter().find(|known| **known == code).copied().unwrap_or("other"));
            self.metrics.codes.with_label_values(&[app.name.as_str(), code]).inc();
        }
    }

    /// What verdicts mean for the app as a whole.
    pub(super) async fn after_answer(&self, app: &Arc<AppState>, batch: &Batch, verdicts: &[Verdict]) {
        self.count_codes(app, verdicts);
        let failed = verdicts.iter().all(|verdict| matches!(verdict.action, Action::Unavailable | Action::Unknown));
        // An answer that is about the app's credential or rights alone proves neither that calls work nor that they fail.
        let idle = |verdict: &Verdict| matches!(verdict.action, Action::CredentialStale | Action::AppMisconfigured);
        if !verdicts.iter().all(idle) {
            self.note_result(app, failed).await;
        }
        let answered = |verdict: &Verdict| {
            !idle(verdict) && !matches!(verdict.action, Action::SlowDown { .. } | Action::Unavailable | Action::Unknown)
        };
        if verdicts.iter().any(answered) {
            app.note_answer();
        }
        for verdict in verdicts {
            match verdict.action {
                Action::SlowDown { until } => {
                    let until = app.note_slow_down(until);
                    app.shut_until(until);
                    app.pace.slow_down(until);
                }
                Action::AppMisconfigured => {
                    let detail = format!("{} {}", verdict.reason, verdict.code.as_deref().unwrap_or_default());
                    self.misconfigured(app, detail).await;
                    break;
                }
                Action::QuotaSpent { until } => {
                    if let Some(quota) = batch.pushes.first().and_then(|push| push.class.quota.as_deref()) {
                        self.put_back(app, quota).await;
                        let until = closed_until(app, Some(quota), until);
                        self.blocks.stop_quota(&self.claims, &app.name, quota, verdict.reason, until).await;
                    }
                }
                _ => {}
            }
        }
    }

    /// The vendor takes no more lists of this app today.
    pub(super) fn after_last_list(&self, app: &AppState, verdict: &Verdict) {
        self.count_codes(app, std::slice::from_ref(verdict));
        let until = closed_until(app, None, None);
        if app.lists.close(until) {
            let (app, until) = (app.name.as_str(), until.to_string());
            tracing::warn!(app, until, "the vendor takes no more lists: every target is sent by a call of its own");
        }
    }

    /// Notes how a call went: a failure may open the breaker, a success ends a block.
    pub(super) async fn note_result(&self, app: &Arc<AppState>, failed: bool) {
        if !self.is_news(app) {
            return;
        }
        let opened = app.note_call(failed);
        let blocked = self.blocks.of_app(&app.name);
        match (failed, opened, &blocked) {
            (true, Some(pause), _) => self.stop_app(app, "too many failing calls", pause).await,
            // One failing probe is enough to wait longer.
            (true, None, Some(block)) if block.until <= Timestamp::now() => {
                self.stop_app(app, "the probe failed", app.open_breaker()).await;
            }
            (false, _, Some(_)) => self.blocks.free_app(&self.claims, &app.name).await,
            _ => {}
        }
    }

    /// Whether what a call says about its app as a whole is news. What was on its way when the app was blocked is not:
    /// else the calls of one outage would lengthen the pause one after the other, and the first that got through would
    /// end it. What was sent with settings that have been replaced is not either.
    pub(super) fn is_news(&self, app: &Arc<AppState>) -> bool {
        let closed = self.blocks.flow(&app.name, Timestamp::now()) == Flow::Closed;
        !closed && self.app(&app.name).is_some_and(|present| Arc::ptr_eq(&present, app))
    }

    /// Blocks an app that may not send, until a human or a probe finds otherwise.
    pub(super) async fn misconfigured(&self, app: &Arc<AppState>, detail: String) {
        if self.is_news(app) {
            self.blocks.block_app(&self.claims, &app.name, Why::Misconfigured, detail, app.open_breaker()).await;
        }
    }

    /// Blocks an app whose calls come to nothing.
    pub(super) async fn stop_app(&self, app: &Arc<AppState>, why: &str, pause: Duration) {
        self.metrics.breaker_opened.with_label_values(&[app.name.as_str()]).inc();
        self.blocks.block_app(&self.claims, &app.name, Why::Unavailable, why.to_owned(), pause).await;
    }
}

/// Until when what the vendor calls spent stays closed: as it says, or until its day ends. What it says in the first moment
/// of a day or of a quota's hours may be about those before, or come from a clock that is a little behind.
fn closed_until(app: &AppState, quota: Option<&str>, said: Option<Timestamp>) -> Timestamp {
    let (day, now) = (app.vendor.day(), Timestamp::now());
    let until = said.unwrap_or_else(|| day.end(now));
    if day.just_opened(quota.unwrap_or_default(), now) { until.min(now.plus(Day::MOMENT)) } else { until }
}
