//! What happens to the jobs of a case, from class to verdict.

use std::{sync::Arc, time::Duration};

use push_contract::{
    App, AuthRefusal, Authentication, Batch, Call, Job, Next, Push, Refusal, Secret, Timestamp, Token,
};
use serde_json::{Value, json};

use super::{Case, http_file, http_text};
use crate::jobs::CREATED_AT;

/// The time of every case.
const NOW: Timestamp = CREATED_AT;
/// More calls than any dispatch may need.
const MAX_CALLS: usize = 8;

/// Sends the jobs in one dispatch and tells what became of them, as in `verdict.json`.
pub(super) fn story(case: &Case<'_>, jobs: Vec<Job>) -> Result<Value, String> {
    let mut told = Vec::with_capacity(jobs.len());
    let mut pushes = Vec::with_capacity(jobs.len());
    let count = jobs.len();
    for job in jobs {
        let class = match case.app.classify(&job) {
            Ok(class) => class,
            Err(refusal) => return refused(case, &refusal),
        };
        let fitted = match case.app.fit(&job, &class) {
            Ok(fitted) => fitted,
            Err(refusal) => return refused(case, &refusal),
        };
        if count > 1 && case.app.gather_key(&job, &class).is_none() {
            return Err("job.json holds several jobs, but these settings do not gather".to_owned());
        }
        told.push(json!({ "class": class, "fitted": fitted }));
        pushes.push(push(job, class)?);
    }
    let batch = Batch { pushes };
    let limits = case.app.call_limits();
    if batch.targets() > limits.targets || batch.pushes.len() > limits.jobs {
        return Err(format!("{} targets of {count} jobs are more than one call holds: {limits:?}", batch.targets()));
    }
    let token = token(case.app);
    let mut call = match case.app.encode(&batch, token.as_ref(), NOW) {
        Ok(call) => call,
        Err(refusal) => return refused(case, &refusal),
    };
    let mut calls = Vec::new();
    for n in 1..=MAX_CALLS {
        let answer = exchange(case, n, &call)?;
        calls.push(json!({ "api": call.api, "commits": call.commits }));
        let (next, verdicts) = match case.app.decode(&batch, call.memo.as_deref(), token.as_ref(), &answer) {
            Next::Call(further) => {
                call = *further;
                continue;
            }
            Next::Done(verdicts) => ("done", verdicts),
            Next::Singly => ("singly", Vec::new()),
            Next::NoLists(verdict) => ("no_lists", vec![verdict]),
            Next::Whole(verdict) => ("whole", vec![verdict]),
            Next::Split(verdict) => ("split", vec![verdict]),
        };
        if next == "done" && verdicts.len() != batch.targets() {
            return Err(format!("{} verdicts for {} targets", verdicts.len(), batch.targets()));
        }
        case.no_call_past(n)?;
        return Ok(json!({ "jobs": told, "calls": calls, "next": next, "verdicts": verdicts }));
    }
    Err(format!("the dispatch asks for more than {MAX_CALLS} calls"))
}

/// Asks the token endpoint and tells what came of it, without the token.
pub(super) fn credential(case: &Case<'_>) -> Result<Value, String> {
    let Authentication::Endpoint(call) = case.app.authentication("", NOW) else {
        return Err("without job.json a case is about the token endpoint, and this vendor has none".to_owned());
    };
    let answer = exchange(case, 1, &call)?;
    case.no_call_past(1)?;
    Ok(match case.app.read_credential(&answer) {
        Ok(token) => json!({ "token": {
            "expires_at": token.expires_at, "renew_before_secs": token.renew_before.as_secs(),
        }}),
        Err(AuthRefusal::Misconfigured { detail }) => json!({ "misconfigured": { "detail": detail } }),
        Err(AuthRefusal::Unavailable { retry_after, detail }) => json!({ "unavailable": {
            "retry_after_secs": retry_after.map(|span| span.as_secs()), "detail": detail,
        }}),
    })
}

fn exchange(case: &Case<'_>, n: usize, call: &Call) -> Result<push_contract::Answer, String> {
    case.compare(&http_file("request", n), &http_text::request(&call.request, case.masked)?)?;
    let file = http_file("response", n);
    http_text::answer(&case.need(&file)?, NOW).map_err(|error| format!("{file}: {error}"))
}

fn refused(case: &Case<'_>, refusal: &Refusal) -> Result<Value, String> {
    case.no_call_past(0)?;
    Ok(json!({ "refusal": {
        "outcome": refusal.outcome, "reason": refusal.reason, "field": refusal.field, "rule": refusal.rule,
    }}))
}

fn push(job: Job, class: push_contract::Class) -> Result<Push, String> {
    let kinds = |n: usize| (&job.targets[n].kind, job.targets[n].badge);
    if (1..job.targets.len()).any(|n| kinds(n) != kinds(0)) {
        return Err("the targets of a call have one type and one badge: split the case".to_owned());
    }
    let expiry = job.expiry();
    Ok(Push { positions: (0..job.targets.len()).collect(), job: Arc::new(job), class: Arc::new(class), expiry })
}

fn token(app: &dyn App) -> Option<Token> {
    match app.authentication("", NOW) {
        Authentication::InRequest => None,
        Authentication::Token(_) | Authentication::Endpoint(_) => Some(Token {
            value: Secret::new("token-of-the-case"),
            expires_at: NOW.plus(Duration::from_secs(3600)),
            renew_before: Duration::from_secs(300),
        }),
    }
}
