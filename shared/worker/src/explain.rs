//! `--explain`: what would be done with a job, and why. Nothing is sent.

use std::{collections::BTreeMap, sync::Arc};

use push_contract::{Batch, Job, Push, Secret, Timestamp, Token, Vendor};
use serde_json::{Value, json};

use crate::{
    app::{Apps, open_apps},
    pipeline::judge,
    settings::Settings,
};

/// Explains a job.
///
/// # Errors
/// A text for whoever asked: the body is no job, or of an app that is not configured.
pub(crate) fn explain(vendor: &dyn Vendor, settings: &Settings, body: &[u8]) -> Result<Value, String> {
    let job = Job::from_slice(body).map_err(|error| format!("no job: {error}"))?;
    if job.vendor.as_str() != vendor.profile().name {
        return Err(format!("vendor: this is {}'s worker", vendor.profile().name));
    }
    let apps = open_apps(vendor, settings, &Apps::new()).map_err(|error| error.to_string())?;
    let app = apps
        .get(&job.app)
        .ok_or_else(|| format!("app: {} is not configured for {}", job.app, vendor.profile().name))?;
    let now = Timestamp::now();
    let judged = judge(app, vendor.profile().token_types, &job, now);
    let positions: BTreeMap<usize, Value> = judged
        .positions
        .iter()
        .map(|(n, (outcome, reason))| (*n, json!({"outcome": outcome, "reason": reason})))
        .collect();
    let mut told = json!({
        "job": job.id,
        "app": job.app,
        "kind": job.kind,
        "lane": job.lane(),
        "targets": job.targets.len(),
        "expires_at": job.expiry(),
        "expired": now >= job.expiry(),
        "class": judged.class,
        "dropped": judged.fitted.dropped,
        "changed": judged.fitted.changed,
        "targets_not_sent": positions,
        "rate": app.rate,
        "targets_per_call": app.targets_per_call,
    });
    if let Some(refusal) = &judged.refusal {
        told["refused"] =
            json!({"outcome": refusal.outcome, "reason": refusal.reason, "field": refusal.field, "rule": refusal.rule});
    } else if let Some(class) = judged.class.clone() {
        let first = (0..job.targets.len()).filter(|n| !judged.positions.contains_key(n)).take(1).collect();
        told["request"] = request(app.vendor.as_ref(), job, class, first, now);
    }
    Ok(told)
}

/// The first request for the first target, with a made-up token in place of the real one and no credentials.
fn request(
    app: &dyn push_contract::App,
    job: Job,
    class: push_contract::Class,
    positions: Vec<usize>,
    now: Timestamp,
) -> Value {
    if positions.is_empty() {
        return Value::Null;
    }
    let mut job = job;
    job.targets.iter_mut().for_each(|target| "(token)".clone_into(&mut target.token));
    let token = Token { value: Secret::new("(secret)"), expires_at: now, renew_before: std::time::Duration::ZERO };
    let push = Push { expiry: job.expiry(), job: Arc::new(job), class: Arc::new(class), positions };
    match app.encode(&Batch { pushes: vec![push] }, Some(&token), now) {
        Ok(call) => {
            let headers: BTreeMap<&str, String> = call
                .request
                .headers()
                .iter()
                .map(|(name, value)| {
                    let plain =
                        matches!(name.as_str(), "content-type" | "accept") || name.as_str().starts_with("push-");
                    (
                        name.as_str(),
                        if plain {
                            String::from_utf8_lossy(value.as_bytes()).into_owned()
                        } else {
                            "(blank)".to_owned()
                        },
                    )
                })
                .collect();
            let body = serde_json::from_slice(call.request.body())
                .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(call.request.body()).into_owned()));
            json!({"api": call.api, "commits": call.commits, "method": call.request.method().as_str(), "address": call.request.uri().to_string(), "headers": headers, "body": body})
        }
        Err(refusal) => json!({"refused": refusal.to_string()}),
    }
}
