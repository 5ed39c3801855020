//! Answers (sections 4 and 8): `result` decides, beside it `invalidUser(s)`; without a result, the HTTP status.

use std::collections::HashMap;

use push_contract::{
    Action, Answer, Batch, Reason, Verdict,
    kit::{
        codes::Meaning,
        fitting::{id_text, integer},
    },
};
use serde_json::{Map, Value};

use crate::{
    classes::{self, SYSTEM},
    codes::{self, About},
    settings::Settings,
};

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
    /// One verdict a target.
    Verdicts(Vec<Verdict>),
    /// The payload is saved under this task.
    Saved(String),
    /// The call was refused for its text.
    Text(Verdict),
    /// Not as a list.
    Singly,
}

/// Reads the answer about a batch of one job.
pub(crate) fn read(settings: &Settings, batch: &Batch, stage: Stage<'_>, answer: &Answer) -> Heard {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let (Some(result), Some(fields)) = (result(&body), body.as_object()) else {
        return Heard::Verdicts(batch.all(&by_status(stage, answer)));
    };
    let push = batch.pushes.first();
    let about = About {
        is_system: push.is_some_and(|push| classes::of(&push.class) == SYSTEM),
        is_test: push.is_some_and(|push| classes::is_test(settings, &push.job)),
        at: answer.at,
        retry_at: answer.retry_at(),
    };
    let whole = || codes::verdict(settings, &result, about);
    match (stage, result.as_str()) {
        (Stage::Save, codes::SUCCESS) => match task(fields) {
            Some(task) => Heard::Saved(task),
            None => Heard::Verdicts(batch.all(&unreadable(stage))),
        },
        (Stage::List(task), codes::SUCCESS) => Heard::Verdicts(listed(batch, fields, task)),
        (Stage::Send, codes::SUCCESS | codes::ILLEGAL) => {
            let token = batch.tokens().next().unwrap_or_default();
            Heard::Verdicts(batch.all(&single(fields, token, whole(), &result)))
        }
        // Payloads cannot be saved today; or one bad id condemned the list, which would bury all of them.
        (Stage::Save, codes::LISTS_SPENT) | (Stage::Save | Stage::List(_), codes::ILLEGAL) => Heard::Singly,
        (Stage::Send | Stage::Save, code) if codes::TEXTS.contains(&code) => Heard::Text(whole()),
        _ => Heard::Verdicts(batch.all(&whole())),
    }
}

/// The result: a number, or a number as text.
pub(crate) fn result(body: &Value) -> Option<String> {
    integer(body.get("result")?).map(|result| result.to_string())
}

/// About one device: `invalidUser` may stand beside result 0 too.
fn single(fields: &Map<String, Value>, token: &str, whole: Verdict, result: &str) -> Verdict {
    let taken = result == codes::SUCCESS;
    let whole = if taken { whole.vendor_id(task(fields).unwrap_or_default()) } else { whole };
    let entry = match fields.get("invalidUser") {
        None | Some(Value::Null) => return whole,
        Some(entry) => entry,
    };
    match user(entry) {
        Some((who, status)) if who == token => {
            let verdict = codes::status_verdict(status);
            // In test mode the result's own guard holds: no token is buried by it.
            let guarded = !taken && !matches!(whole.action, Action::DeviceGone { .. });
            match verdict.action {
                Action::DeviceGone { .. } if guarded => whole,
                _ if taken => verdict,
                _ => verdict.code(result),
            }
        }
        // Somebody was refused, and it is not said to be this one.
        _ if taken => unreadable(Stage::Send),
        _ => whole,
    }
}

/// About a list: who is not named was taken.
fn listed(batch: &Batch, fields: &Map<String, Value>, task: &str) -> Vec<Verdict> {
    let none = Vec::new();
    let entries = match fields.get("invalidUsers") {
        None | Some(Value::Null) => &none,
        Some(Value::Array(entries)) => entries,
        Some(_) => return batch.all(&unreadable(Stage::List(task))),
    };
    let mut named = HashMap::with_capacity(entries.len());
    let mut unnamed = Verdict::accepted().code(codes::SUCCESS).vendor_id(task);
    for entry in entries {
        match user(entry) {
            Some((who, status)) => drop(named.insert(who, status)),
            // Somebody was refused, and nobody knows who.
            None => unnamed = unreadable(Stage::List(task)),
        }
    }
    let verdict = |token: &str| match named.get(token) {
        Some(status) => codes::status_verdict(*status).vendor_id(task),
        None => unnamed.clone(),
    };
    batch.tokens().map(verdict).collect()
}

/// `userid` (a text, in one copy of the document a number) and `status` of an entry.
fn user(entry: &Value) -> Option<(String, Option<i64>)> {
    let who = entry.get("userid")?;
    let who = who.as_str().map(str::to_owned).or_else(|| id_text(who))?;
    Some((who, entry.get("status").and_then(integer)))
}

fn task(fields: &Map<String, Value>) -> Option<String> {
    fields.get("taskId").filter(|task| task.is_string() || task.is_u64()).and_then(id_text)
}

/// Answers without a result (section 8, HTTP level).
fn by_status(stage: Stage<'_>, answer: &Answer) -> Verdict {
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
