//! Answers of the send interface (sections 4.6 and 8): the lists decide about the tokens they name, the code about the
//! others; without a code, the HTTP status.

use std::collections::HashSet;

use push_contract::{
    Action, Answer, Batch, Next, Reason, Verdict,
    kit::fitting::{id_text, integer},
};
use serde_json::Value;

use crate::{
    codes::{self, Meaning, SEND_RESULT_FALSE},
    settings::Settings,
};

/// Tokens that are no longer valid.
const EXPIRED: Verdict = Verdict::new(Action::DeviceGone { invalid_since: None }, Reason::TokenUnregistered);
/// Tokens that failed: tried again by themselves. The vendor separates them from the expired ones, so they live.
const FAILED: Verdict = Verdict::new(Action::DeviceBusy { until: None }, Reason::Unavailable);
/// Somebody was served, and nobody knows who.
const UNREADABLE: Verdict = Verdict::new(Action::Unknown, Reason::AnswerUnreadable);

/// What a readable answer says about tokens.
struct Said<'a> {
    failed: HashSet<&'a str>,
    expired: HashSet<&'a str>,
    send_result: Option<bool>,
}

/// One verdict a target, in the order of the batch.
pub(crate) fn read(settings: &Settings, batch: &Batch, answer: &Answer) -> Next {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let is_good = (200..300).contains(&answer.status);
    let status = answer.status.to_string();
    let code = match integer(&body["code"]) {
        Some(code) => code.to_string(),
        // A good status and no code: the vendor may well have taken the call.
        None if is_good => return Next::Done(batch.all(&UNREADABLE)),
        None => status.clone(),
    };
    // A code that nobody knows says less than the status of a failure.
    let decisive = if is_good || codes::listed(settings, &code).or_else(|| codes::by_range(&code)).is_some() {
        &code
    } else {
        &status
    };
    let listed = codes::listed(settings, decisive);
    // Else tried again, never a dead token.
    let meaning = listed.or_else(|| codes::by_range(decisive)).unwrap_or(Meaning::Unavailable);
    let succeeded = matches!(meaning, Meaning::Accepted | Meaning::Partial);
    let tell =
        |verdict: Verdict| verdict.code(&code).vendor_id(id_text(&body["data"]["requestId"]).unwrap_or_default());
    if succeeded && !is_good {
        return Next::Done(batch.all(&tell(UNREADABLE)));
    }
    let Some(said) = said(&body) else {
        let by_lists = succeeded || meaning == Meaning::InvalidTokens;
        return Next::Done(batch.all(&tell(if by_lists { UNREADABLE } else { by_code(meaning, listed, answer) })));
    };
    let is_named = batch.tokens().any(|token| said.expired.contains(token) || said.failed.contains(token));
    let other = match meaning {
        Meaning::Accepted if said.send_result == Some(false) => {
            // With a list, false speaks of the listed tokens alone (unconfirmed); the code makes the case visible.
            let meaning = if is_named { meaning } else { Meaning::Unavailable };
            tell(meaning.verdict()).code(SEND_RESULT_FALSE)
        }
        Meaning::Partial if !is_named => tell(UNREADABLE),
        Meaning::InvalidTokens if is_named => tell(FAILED),
        Meaning::InvalidTokens if batch.targets() > 1 => return Next::Singly,
        _ => tell(by_code(meaning, listed, answer)),
    };
    let (expired, failed) = (tell(EXPIRED), tell(FAILED));
    let verdict = |token: &str| match token {
        token if said.expired.contains(token) => expired.clone(),
        token if said.failed.contains(token) => failed.clone(),
        _ => other.clone(),
    };
    Next::Done(batch.tokens().map(verdict).collect())
}

fn by_code(meaning: Meaning, listed: Option<Meaning>, answer: &Answer) -> Verdict {
    let verdict = meaning.verdict().until(answer.retry_at(), None);
    if listed.is_some() { verdict } else { Verdict { reason: Reason::UnlistedCode, ..verdict } }
}

/// What `data` says; it and each of its fields may be absent or null. `None`: something stands there that cannot be read.
fn said(body: &Value) -> Option<Said<'_>> {
    let data = body.get("data").unwrap_or(&Value::Null);
    if !data.is_null() && !data.is_object() {
        return None;
    }
    let list = |name: &str| match data.get(name) {
        None | Some(Value::Null) => Some(HashSet::new()),
        Some(list) => list.as_array()?.iter().map(Value::as_str).collect(),
    };
    let send_result = match data.get("sendResult") {
        None | Some(Value::Null) => None,
        Some(result) => Some(result.as_bool()?),
    };
    Some(Said { failed: list("failTokens")?, expired: list("expireTokens")?, send_result })
}
