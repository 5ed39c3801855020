//! Answers (sections 4 and 8): `result` decides, beside it `invalidUser(s)`; without a result, the HTTP status.

use std::collections::HashMap;

use push_contract::{
    Action, Answer, Batch, Next, Push, Reason, Verdict,
    kit::{
        codes::Meaning,
        fitting::{id_text, integer},
    },
};
use serde_json::Value;

use crate::{classes, codes, settings::Settings};

/// Which call was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage<'a> {
    /// `/message/send`.
    Send,
    /// `/message/saveListPayload`: nothing is delivered yet.
    Save,
    /// `/message/pushToList` with this task.
    List(&'a str),
}

/// What an answer says.
#[derive(Debug)]
pub(crate) enum Heard {
    /// The dispatch is over.
    Over(Next),
    /// The payload is saved under this task.
    Saved(String),
    /// The call was refused for its text, which can be cleaned.
    Text(Verdict),
}

/// Reads the answer about a batch of one job.
pub(crate) fn read(settings: &Settings, batch: &Batch, push: &Push, stage: Stage<'_>, answer: &Answer) -> Heard {
    let all = |verdict: Verdict| Heard::Over(Next::Done(batch.all(&verdict)));
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(result) = result(&body) else { return all(by_status(stage, answer)) };
    let whole = codes::verdict(settings, push, &result, answer);
    let cleans = settings.clean_texts && !classes::is_test(settings, &push.job);
    match (stage, codes::meant(settings, &result)) {
        (Stage::Save, codes::SUCCESS) => task(&body).map_or_else(|| all(unreadable(stage)), Heard::Saved),
        (Stage::List(task), codes::SUCCESS) => Heard::Over(Next::Done(listed(batch, &body, task))),
        (Stage::Send, codes::SUCCESS | codes::ILLEGAL) => all(single(push, &body, whole)),
        (Stage::Save, codes::LISTS_SPENT) => Heard::Over(Next::NoLists(whole)),
        // One bad id condemned the list, which would bury all of them.
        (Stage::Save | Stage::List(_), codes::ILLEGAL) => Heard::Over(Next::Singly),
        (Stage::Send | Stage::Save, code) if cleans && codes::TEXTS.contains(&code) => Heard::Text(whole),
        _ => all(whole),
    }
}

/// The result: a number, or a number as text.
pub(crate) fn result(body: &Value) -> Option<String> {
    integer(body.get("result")?).map(|result| result.to_string())
}

/// About one device: `invalidUser` may stand beside result 0 too.
fn single(push: &Push, body: &Value, whole: Verdict) -> Verdict {
    let entry = &body["invalidUser"];
    let ours = user(entry).filter(|(who, _)| push.tokens().any(|token| token == who));
    match (whole.action, ours) {
        (Action::Accepted, Some((_, status))) => codes::status_verdict(status),
        // Somebody was refused, and it is not said to be this one.
        (Action::Accepted, None) if !entry.is_null() => unreadable(Stage::Send),
        (Action::Accepted, None) => whole.vendor_id(task(body).unwrap_or_default()),
        // In test mode the result alone counts, which buries no token then.
        (Action::DeviceGone { .. }, Some((_, status))) => Verdict { code: whole.code, ..codes::status_verdict(status) },
        _ => whole,
    }
}

/// About a list: who is not named was taken.
fn listed(batch: &Batch, body: &Value, task: &str) -> Vec<Verdict> {
    let users = &body["invalidUsers"];
    let entries = users.as_array().map_or(&[][..], Vec::as_slice);
    let named: HashMap<_, _> = entries.iter().filter_map(user).collect();
    // Else somebody was refused, and nobody knows who.
    let readable = (users.is_null() || users.is_array()) && entries.iter().all(|entry| user(entry).is_some());
    let other = match readable {
        true => Verdict::accepted().code(codes::SUCCESS).vendor_id(task),
        false => unreadable(Stage::List(task)),
    };
    let verdict = |token: &str| match named.get(token) {
        Some(status) => codes::status_verdict(*status).vendor_id(task),
        None => other.clone(),
    };
    batch.tokens().map(verdict).collect()
}

/// `userid` (a text, in one copy of the document a number) and `status` of an entry.
fn user(entry: &Value) -> Option<(String, Option<i64>)> {
    let who = entry.get("userid")?;
    let who = who.as_str().map(str::to_owned).or_else(|| id_text(who))?;
    Some((who, entry.get("status").and_then(integer)))
}

fn task(body: &Value) -> Option<String> {
    body.get("taskId").filter(|task| task.is_string() || task.is_u64()).and_then(id_text)
}

/// Answers without a result (section 8, HTTP level).
pub(crate) fn by_status(stage: Stage<'_>, answer: &Answer) -> Verdict {
    match answer.status {
        // "A repeat may still produce a second notification": it may have been taken. 503 says that it was not.
        500 | 502 if stage != Stage::Save => Meaning::LOST.verdict(),
        400..=407 | 409..=428 | 430..=499 => Meaning::APP.verdict(),
        _ => answer.by_status(stage != Stage::Save),
    }
}

/// Nobody knows; before the committing call nothing can have been sent.
fn unreadable(stage: Stage<'_>) -> Verdict {
    let action = if stage == Stage::Save { Action::Unavailable } else { Action::Unknown };
    Verdict::new(action, Reason::AnswerUnreadable)
}
