//! What is certain about a job before anything is sent: its class, what does not fit, what must not be sent at all.

use std::collections::HashMap;

use push_contract::{
    AppName, Class, Count, Fitted, Job, JobId, Kind, Outcome, Reason, Refusal, TargetResult, Timestamp, cut_text,
};

use crate::app::AppState;

/// A job as judged before admission.
#[derive(Debug, Clone)]
pub struct Judged {
    /// Its class, if it could be classified.
    pub class: Option<Class>,
    /// What fitting dropped and changed.
    pub fitted: Fitted,
    /// Why nothing of it can be sent.
    pub refusal: Option<Refusal>,
    /// Single positions that cannot be sent.
    pub positions: HashMap<usize, (Outcome, Reason)>,
}

/// Characters of a field's path in a log line: it may hold a producer's own keys.
const LOGGED_FIELD: usize = 200;

impl Judged {
    /// A job that an operator drops. Its vendor is not asked about it: the reason may be that this ends the process.
    pub(super) fn discarded() -> Self {
        let (outcome, reason) = (Outcome::Discarded, Reason::DiscardedByOperator);
        let refusal = Refusal { outcome, reason, field: ".".to_owned(), rule: reason.as_str().to_owned() };
        Self { class: None, fitted: Fitted::default(), refusal: Some(refusal), positions: HashMap::new() }
    }

    /// One line about what ends without being sent: what a producer got wrong is news, what time and limits do is not.
    /// The rule that was broken is the vendor's text and might quote; `--explain` shows it.
    pub(super) fn log_unsent(&self, app: &AppName, id: &JobId, results: &[TargetResult]) {
        let Some(first) = results.first() else { return };
        let (app, id, targets) = (app.as_str(), id.as_str(), results.len());
        let (outcome, reason) = (first.outcome.as_str(), first.reason.as_str());
        if matches!(first.outcome, Outcome::Rejected | Outcome::Unsupported | Outcome::Misconfigured) {
            let field = self.refusal.as_ref().map(|refusal| cut_text(&refusal.field, LOGGED_FIELD, Count::Chars).text);
            tracing::info!(app, id, outcome, reason, field = field.as_deref(), targets, "not sent");
        } else {
            tracing::debug!(app, id, outcome, reason, targets, "not sent");
        }
    }
}

/// The class of a job that could not be classified: nothing of it is sent.
pub(super) fn unclassified(kind: Kind) -> Class {
    Class {
        name: "none".to_owned(),
        degraded_from: None,
        quota: None,
        urgent: false,
        repeatable: kind.repeatable(),
        detail: serde_json::Value::Null,
        because: "not classified".to_owned(),
    }
}

/// Judges a job for an app. Pure: it is also what `--explain` prints.
#[must_use]
pub fn judge(app: &AppState, token_types: &[&str], job: &Job, now: Timestamp) -> Judged {
    let mut judged = Judged { class: None, fitted: Fitted::default(), refusal: None, positions: HashMap::new() };
    if let Some(reason) = job.fault(now) {
        judged.refusal = Some(Refusal::rejected(reason, ".", reason.as_str()));
        return judged;
    }
    match app.vendor.classify(job).and_then(|class| {
        let fitted = app.vendor.fit(job, &class);
        judged.class = Some(class);
        fitted
    }) {
        Ok(fitted) => judged.fitted = fitted,
        Err(refusal) => judged.refusal = Some(refusal),
    }
    for n in job.repeated_tokens(&app.default_type) {
        judged.positions.insert(n, (Outcome::Rejected, Reason::DuplicateToken));
    }
    for (n, target) in job.targets.iter().enumerate() {
        // The wrong type must never look like a dead token: the producer would delete it.
        if target.kind.as_deref().is_some_and(|kind| !token_types.contains(&kind)) {
            judged.positions.insert(n, (Outcome::Rejected, Reason::TokenType));
        }
    }
    judged
}
