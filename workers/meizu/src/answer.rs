//! Answers (sections 4.2 and 8): `code` decides, beside it the map in `value`; without a code, the HTTP status.

use std::collections::HashMap;

use push_contract::{
    Action, Answer, Batch, Next, Reason, Verdict,
    kit::{codes::Meaning, fitting::id_text},
};
use serde_json::Value;

use crate::{
    calls::{Stage, can_stand},
    classes::TRANSPARENT,
    codes,
};

/// What an answer says.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The dispatch is over.
    Over(Next),
    /// What a call gives that delivers nothing yet; nothing, where the picture was refused.
    Given(Value),
    /// To be repeated at this address, or that is the verdict.
    Moved(String, Verdict),
}

/// Reads the answer about a batch of one job.
pub(crate) fn read(stage: Stage, batch: &Batch, answer: &Answer) -> Heard {
    let done = |verdict: Verdict| Heard::Over(Next::Done(batch.all(&verdict)));
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let good = (200..300).contains(&answer.status);
    // A proxy may write a code of its own into its page.
    let Some(code) = id_text(&body["code"]).filter(|code| good || codes::refuses(code)) else {
        return done(by_status(stage, answer));
    };
    let transparent = batch.pushes.first().is_some_and(|push| push.class.name == TRANSPARENT);
    let meaning = match code.as_str() {
        // The transparent messages' total must not stop notifications.
        codes::TRANSPARENT_SPENT if !transparent => Meaning::BAD_REQUEST,
        code => codes::of_call(code),
    };
    let verdict = timed(meaning, answer).code(code.as_str());
    match (code.as_str(), stage, verdict.action) {
        (codes::SUCCESS, Stage::Push, _) => Heard::Over(Next::Done(each(batch, &body, answer))),
        (codes::SUCCESS, ..) => Heard::Given(value(&body).unwrap_or_default()),
        (codes::MOVED, ..) => Heard::Moved(body["redirect"].as_str().unwrap_or_default().to_owned(), verdict),
        (_, Stage::Upload, Action::Refused | Action::Unavailable) => Heard::Given(Value::Null),
        (_, Stage::Push, Action::DeviceGone { .. }) => Heard::Over(Next::Split(verdict)),
        // No target stands in these calls: none is buried by them.
        (.., Action::DeviceGone { .. }) => done(Verdict { action: Action::Unavailable, ..verdict }),
        _ => done(verdict),
    }
}

/// What was asked for is not in the answer.
pub(crate) fn unreadable(stage: Stage) -> Verdict {
    let action = if stage == Stage::Push { Action::Unknown } else { Action::Unavailable };
    Verdict::new(action, Reason::AnswerUnreadable)
}

/// Who is not named in the map was accepted.
fn each(batch: &Batch, body: &Value, answer: &Answer) -> Vec<Verdict> {
    let id = body["msgId"].as_str().unwrap_or_default();
    let (named, whole) = named(batch, body);
    let other = if whole { Verdict::accepted().code(codes::SUCCESS) } else { unreadable(Stage::Push) }.vendor_id(id);
    let verdict = |token: &str| match named.get(token) {
        _ if !can_stand(token) => Meaning::gone(Reason::TokenMalformed).verdict(),
        None => other.clone(),
        Some(code) => timed(codes::of_target(code), answer).code(code).vendor_id(id),
    };
    batch.tokens().map(verdict).collect()
}

/// The code of every target that the map names, and whether all of it could be read. It maps a code to a list of
/// pushIds; one client saw it map a pushId to its code.
fn named(batch: &Batch, body: &Value) -> (HashMap<String, String>, bool) {
    let (mut named, mut whole) = (HashMap::new(), true);
    match value(body) {
        Some(Value::Null) => {}
        Some(Value::Array(list)) => whole = list.is_empty(),
        Some(Value::Object(map)) => {
            for (name, value) in map {
                match (value.as_array(), id_text(&value)) {
                    (Some(tokens), _) => {
                        whole &= tokens.iter().all(Value::is_string);
                        let tokens = tokens.iter().filter_map(Value::as_str);
                        named.extend(tokens.map(|token| (token.to_owned(), name.clone())));
                    }
                    (None, Some(code)) => drop(named.insert(name, code)),
                    (None, None) => whole = false,
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

/// The verdict with the time until which it holds.
fn timed(meaning: Meaning, answer: &Answer) -> Verdict {
    // No `Retry-After` is documented; it is obeyed if there is one.
    meaning.verdict().until(answer.retry_at(), None)
}

/// Answers without a code (section 8, HTTP).
fn by_status(stage: Stage, answer: &Answer) -> Verdict {
    let push = stage == Stage::Push;
    match answer.status {
        400 | 405..=407 | 410..=417 => Meaning::BAD_REQUEST.verdict(),
        401 | 403 | 404 => Meaning::APP.verdict(),
        // "A repeat after a timeout can produce a second notification": somebody behind a gateway may have taken it.
        500 | 502 if push => Meaning::LOST.verdict(),
        _ => answer.by_status(push),
    }
}
