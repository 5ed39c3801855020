//! `--explain`: what would be done with a job, and why. Nothing is sent.

use std::{collections::BTreeMap, sync::Arc};

use push_contract::{App, AppName, Batch, Class, Day, Job, OnSpent, Push, Secret, Timestamp, Token, Vendor};
use serde_json::{Value, json};

use crate::{
    app::{Apps, open_apps},
    pipeline::{Judged, judge},
    settings::Settings,
};

/// Stands for what is not shown.
const BLANK: &str = "(blank)";
/// Members of bodies that are made with a secret.
const SIGNED: [&str; 5] = ["sign", "signature", "auth_token", "access_token", "authToken"];

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
    let app = apps.get(&job.app).ok_or_else(|| {
        let known: Vec<&str> = apps.keys().map(AppName::as_str).collect();
        format!("app: {} is not configured for {}; {} is", job.app, vendor.profile().name, known.join(", "))
    })?;
    let now = Timestamp::now();
    let judged = judge(app, vendor.profile().token_types, &job, now);
    let positions: BTreeMap<usize, Value> = judged
        .positions
        .iter()
        .map(|(n, (outcome, reason))| (*n, json!({"outcome": outcome, "reason": reason})))
        .collect();
    let mut told = json!({
        "in_short": in_short(&job, &judged, now),
        "job": job.id,
        "app": job.app,
        "kind": job.kind,
        "lane": job.lane(),
        "targets": job.targets.len(),
        "expires_at": job.expiry(),
        "expired": now >= job.expiry(),
        "class": judged.class,
        "right": right(vendor, &job, judged.class.as_ref()),
        "limits": {
            "rate": app.rate,
            "targets_per_call": app.targets_per_call(),
            "quota": judged.class.as_ref().and_then(|class| class.quota.as_ref()),
            "day": judged.class.as_ref().map(|class| day(app.vendor.day(), class)),
            "caps": judged.class.as_ref().and_then(|class| caps(vendor, class)),
        },
        "dropped": judged.fitted.dropped,
        "changed": judged.fitted.changed,
        "targets_not_sent": positions,
    });
    if let Some(refusal) = &judged.refusal {
        told["refused"] =
            json!({"outcome": refusal.outcome, "reason": refusal.reason, "field": refusal.field, "rule": refusal.rule});
    } else if let Some(class) = judged.class.clone() {
        let first: Vec<usize> = (0..job.targets.len()).filter(|n| !judged.positions.contains_key(n)).take(1).collect();
        told["request"] = request(app.vendor.as_ref(), &job, class, &first, now);
    }
    Ok(told)
}

/// The answer in one sentence, for whoever has no time for the rest.
fn in_short(job: &Job, judged: &Judged, now: Timestamp) -> String {
    let (all, not_sent) = (job.targets.len(), judged.positions.len());
    match (&judged.refusal, &judged.class) {
        (Some(refusal), _) => format!("not sent, {}: {refusal}", refusal.outcome.as_str()),
        _ if now >= job.expiry() => format!("not sent, expired: its time ended at {}", job.expiry()),
        (None, Some(class)) if not_sent < all => {
            let instead = class.degraded_from.as_ref().map(|deserved| format!(" instead of {deserved}"));
            let mut text = format!("sent in class {}{}: {}", class.name, instead.unwrap_or_default(), class.because);
            for (what, fields) in [("without", &judged.fitted.dropped), ("changed", &judged.fitted.changed)] {
                if !fields.is_empty() {
                    text.push_str(&format!("; {what} {}", fields.join(", ")));
                }
            }
            if not_sent > 0 {
                text.push_str(&format!("; {not_sent} of {all} targets are not sent"));
            }
            text
        }
        _ => format!("not sent: none of its {all} target(s) can be, see targets_not_sent"),
    }
}

/// The right that the kind's class needs, and whether the app has it.
fn right(vendor: &dyn Vendor, job: &Job, class: Option<&Class>) -> Value {
    let rows = vendor.classes();
    let needs = rows.iter().find(|row| row.kind == job.kind).and_then(|row| row.needs.as_deref());
    let missing = class.is_some_and(|class| class.degraded_from.is_some());
    json!({ "of_the_kind": needs, "missing": missing, "because": class.map(|class| class.because.as_str()) })
}

/// What the settings say about the class's quota and the devices' caps. The vendor's own figure, where it tells one, counts more.
fn day(day: &Day, class: &Class) -> Value {
    let quota = class.quota.as_deref();
    let of_quota = quota.and_then(|quota| day.quotas.get(quota));
    let limit = of_quota.map(|quota| quota.limit.number()).filter(|limit| *limit > 0);
    let hold = of_quota.map(|quota| quota.spent == OnSpent::Hold);
    json!({ "limit": limit, "held_when_spent": hold, "per_device": day.device_cap(&class.name, quota).map(|(_, most)| most) })
}

/// The vendor's caps on a class, from its table.
fn caps(vendor: &dyn Vendor, class: &Class) -> Option<String> {
    vendor.classes().into_iter().find(|row| row.class == class.name || row.without == class.name).map(|row| row.caps)
}

/// The first request for the first target, with a made-up token in place of the real one and no credentials.
fn request(app: &dyn App, job: &Job, class: Class, positions: &[usize], now: Timestamp) -> Value {
    let Some(first) = positions.first() else { return Value::Null };
    let token = Token { value: Secret::new("(secret)"), expires_at: now, renew_before: std::time::Duration::ZERO };
    let class = Arc::new(class);
    let encode = |made_up: &str| {
        let mut job = job.clone();
        job.targets.iter_mut().for_each(|target| made_up.clone_into(&mut target.token));
        let expiry = job.expiry();
        let push = Push { job: Arc::new(job), class: class.clone(), positions: positions.to_vec(), expiry };
        app.encode(&Batch { pushes: vec![push] }, Some(&token), now)
    };
    // Some vendors look at the form of a token before they send.
    let zeros = "0".repeat(job.targets[*first].token.len().max(2));
    match encode("(token)").or_else(|_| encode(&zeros)) {
        Ok(call) => {
            let (parts, body) = (call.request.headers(), call.request.body());
            let kind = parts.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            let body = if kind.starts_with("application/x-www-form-urlencoded") {
                form(body)
            } else {
                serde_json::from_slice(body)
                    .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()))
            };
            json!({
                "api": call.api,
                "commits": call.commits,
                "method": call.request.method().as_str(),
                "address": call.request.uri().to_string(),
                "headers": headers(parts),
                "body": blanked(body),
            })
        }
        Err(refusal) => json!({"refused": refusal.to_string()}),
    }
}

/// Headers; what may hold a credential is blank.
fn headers(headers: &http::HeaderMap) -> BTreeMap<&str, String> {
    let is_plain = |name: &str| {
        let plain = ["content-type", "accept"];
        plain.contains(&name) || (name.contains("push-") && !name.contains("auth"))
    };
    let shown = headers.iter().map(|(name, value)| {
        let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str(), if is_plain(name.as_str()) { text } else { BLANK.to_owned() })
    });
    shown.collect()
}

/// What is made with a secret and travels in bodies.
fn blanked(body: Value) -> Value {
    match body {
        Value::Object(members) => {
            let blank = |(name, value): (String, Value)| {
                let value = if SIGNED.contains(&name.as_str()) { BLANK.into() } else { blanked(value) };
                (name, value)
            };
            Value::Object(members.into_iter().map(blank).collect())
        }
        Value::Array(list) => list.into_iter().map(blanked).collect(),
        other => other,
    }
}

/// The fields of a form; those that are JSON as such.
fn form(body: &[u8]) -> Value {
    let fields = body.split(|byte| *byte == b'&').filter(|field| !field.is_empty()).map(|field| {
        let mut parts = field.splitn(2, |byte| *byte == b'=').map(decoded);
        let (name, text) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let value = serde_json::from_str(&text).ok().filter(|value: &Value| value.is_object() || value.is_array());
        (name, value.unwrap_or(Value::String(text)))
    });
    Value::Object(fields.collect())
}

fn decoded(text: &[u8]) -> String {
    let digit = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let (mut bytes, mut at) = (Vec::with_capacity(text.len()), 0);
    while let Some(byte) = text.get(at) {
        let escaped = (*byte == b'%').then(|| digit(at + 1).zip(digit(at + 2))).flatten();
        match (escaped.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()), byte) {
            (Some(escaped), _) => bytes.push(escaped),
            (None, b'+') => bytes.push(b' '),
            (None, byte) => bytes.push(*byte),
        }
        at += if escaped.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_shown_as_they_are_meant_and_without_what_is_signed() {
        let body = form(b"a=1+2%2B3&messageJson=%7B%22title%22%3A%22%E4%BD%A0%22%7D&sign=abc&broken=%4&flag");
        let shown =
            json!({ "a": "1 2+3", "messageJson": { "title": "你" }, "sign": BLANK, "broken": "%4", "flag": "" });
        assert_eq!(blanked(body), shown);
        assert_eq!(
            blanked(json!([{ "auth_token": "x", "title": "sign" }])),
            json!([{ "auth_token": BLANK, "title": "sign" }])
        );
    }
}
