//! What is certain about a job before anything is sent: its class, what does not fit, what must not be sent at all.

use std::collections::HashMap;

use push_contract::{Class, Fitted, Job, Outcome, Reason, Refusal, Timestamp};

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
