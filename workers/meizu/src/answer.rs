//! Answers (sections 4.2 and 8): `code` decides, beside it the map in `value`; without a code, the HTTP status.

use std::collections::HashMap;

use push_contract::{Action, Answer, Batch, Reason, Verdict};
use serde_json::Value;

use crate::{
    calls::{Stage, can_stand},
    classes::TRANSPARENT,
    codes,
    settings::{Folded, Settings},
};

/// What an answer says.
#[derive(Debug)]
pub(crate) enum Heard {
    /// One verdict a target.
    Verdicts(Vec<Verdict>),
    /// Some target is to blame, and it is not said which.
    Split(Verdict),
    /// What a call gives that delivers nothing yet.
    Value(Value),
    /// The picture was refused, and nothing else.
    NoPicture,
    /// To be repeated at this address, or that is the verdict.
    Moved(String, Verdict),
}

/// Reads the answer about a batch of one job.
pub(crate) fn read(settings: &Settings, stage: Stage, batch: &Batch, answer: &Answer) -> Heard {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let good = (200..300).contains(&answer.status);
    // A proxy may write a code of its own into its page.
    let Some(code) = text(&body["code"]).filter(|code| good || codes::refuses(code)) else {
        return Heard::Verdicts(batch.all(&by_status(stage, answer)));
    };
    let verdict = timed(settings, batch, codes::of_call(&code), answer);
    match (code.as_str(), stage, verdict.action) {
        (codes::SUCCESS, Stage::Push, _) => Heard::Verdicts(each(settings, batch, &body, answer)),
        (codes::SUCCESS, ..) => Heard::Value(value(&body).unwrap_or_default()),
        (codes::MOVED, ..) => Heard::Moved(body["redirect"].as_str().unwrap_or_default().to_owned(), verdict),
        (_, Stage::Upload, Action::Refused | Action::Unavailable) => Heard::NoPicture,
        (_, Stage::Push, Action::DeviceGone { .. }) => Heard::Split(verdict),
        // No target stands in these calls: none is buried by them.
        (_, _, Action::DeviceGone { .. }) => {
            Heard::Verdicts(batch.all(&Verdict { action: Action::Unavailable, ..verdict }))
        }
        _ => Heard::Verdicts(batch.all(&verdict)),
    }
}

/// What was asked for is not in the answer.
pub(crate) fn unreadable(stage: Stage) -> Verdict {
    let action = if stage == Stage::Push { Action::Unknown } else { Action::Unavailable };
    Verdict::new(action, Reason::AnswerUnreadable)
}

/// Who is not named in the map was accepted.
fn each(settings: &Settings, batch: &Batch, body: &Value, answer: &Answer) -> Vec<Verdict> {
    let id = body["msgId"].as_str().unwrap_or_default();
    let (named, whole) = named(batch, body);
    let other = if whole { Verdict::accepted().code(codes::SUCCESS) } else { unreadable(Stage::Push) }.vendor_id(id);
    let verdict = |token: &str| match named.get(token) {
        _ if !can_stand(token) => Verdict::new(Action::DeviceGone { invalid_since: None }, Reason::TokenMalformed),
        None => other.clone(),
        Some(code) if code == codes::FOLDED && settings.folded == Folded::Accepted => {
            Verdict::accepted().code(code).vendor_id(id)
        }
        Some(code) => timed(settings, batch, codes::of_target(code), answer).vendor_id(id),
    };
    batch.tokens().map(verdict).collect()
}

/// The code of every target that the map names, and whether all of it could be read. It maps a code to a list of
/// pushIds; one client saw it map a pushId to its code.
fn named(batch: &Batch, body: &Value) -> (HashMap<String, String>, bool) {
    let mut named = HashMap::new();
    let (mut add, mut whole) = (|token: &str, code: &str| drop(named.insert(token.to_owned(), code.to_owned())), true);
    match value(body) {
        Some(Value::Null) => {}
        Some(Value::Array(list)) => whole = list.is_empty(),
        Some(Value::Object(map)) => {
            for (name, value) in &map {
                match (value, text(value)) {
                    (Value::Array(tokens), _) => {
                        tokens.iter().filter_map(Value::as_str).for_each(|token| add(token, name));
                        whole &= tokens.iter().all(Value::is_string);
                    }
                    (_, Some(code)) => add(name, &code),
                    _ => whole = false,
                }
            }
        }
        _ => whole = false,
    }
    // Somebody else was refused: one of ours, written otherwise?
    whole &= named.keys().all(|name| batch.tokens().any(|token| token == name));
    (named, whole)
}

/// `value`: an object, an empty text, nothing, or JSON inside a text. `None`: none of these.
fn value(body: &Value) -> Option<Value> {
    match &body["value"] {
        Value::String(text) if text.trim().is_empty() => Some(Value::Null),
        Value::String(text) => serde_json::from_str(text).ok(),
        other => Some(other.clone()),
    }
}

/// A code: a text, or a whole number.
fn text(code: &Value) -> Option<String> {
    match code {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) if !number.is_f64() => Some(number.to_string()),
        _ => None,
    }
}

/// The verdict with the time until which it holds.
fn timed(settings: &Settings, batch: &Batch, verdict: Verdict, answer: &Answer) -> Verdict {
    let transparent = batch.pushes.first().is_some_and(|push| push.class.name == TRANSPARENT);
    let action = match verdict.action {
        Action::SlowDown { .. } => slow_down(answer),
        // The transparent messages' total must not stop notifications.
        Action::QuotaSpent { .. } if !transparent && verdict.code.as_deref() == Some(codes::TRANSPARENT_SPENT) => {
            return Verdict { action: Action::Refused, reason: Reason::BadRequest, ..verdict };
        }
        Action::QuotaSpent { .. } => Action::QuotaSpent { until: Some(settings.quota_reset(answer.at)) },
        other => other,
    };
    Verdict { action, ..verdict }
}

/// Answers without a code (section 8, HTTP).
fn by_status(stage: Stage, answer: &Answer) -> Verdict {
    let (action, reason) = match answer.status {
        200..=299 => return unreadable(stage),
        400 | 405..=407 | 410..=417 => (Action::Refused, Reason::BadRequest),
        401 | 403 | 404 => (Action::AppMisconfigured, Reason::Misconfigured),
        429 | 503 => (slow_down(answer), Reason::RateLimited),
        // "A repeat after a timeout can produce a second notification": somebody behind a gateway may have taken it.
        500 | 502 | 504 if stage == Stage::Push => (Action::Unknown, Reason::AnswerLost),
        500..=599 => (Action::Unavailable, Reason::Unavailable),
        _ => (Action::Unavailable, Reason::AnswerUnreadable),
    };
    Verdict::new(action, reason)
}

/// No `Retry-After` is documented; it is obeyed if there is one.
fn slow_down(answer: &Answer) -> Action {
    Action::SlowDown { until: answer.retry_after().map(|wait| answer.at.plus(wait)) }
}
