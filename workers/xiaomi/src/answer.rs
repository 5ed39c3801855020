//! Answers (sections 4.3 and 8): the code decides, beside code 0 what `data` says; without a code, and
//! beside an error's status without a listed one, the HTTP status.

use std::time::Duration;

use push_contract::{
    Action, Answer, Batch, Next, Reason, Verdict,
    kit::{codes::Meaning, fitting::integer},
};
use serde_json::{Map, Value};

use crate::{
    classes::QUOTAS,
    codes::{self, About},
    is_id,
};

/// Xiaomi asks for at least a second after a code that says: slower (section 7).
const PAUSE: Duration = Duration::from_secs(1);

/// Reads an answer.
pub(crate) fn read(batch: &Batch, answer: &Answer) -> Next {
    let slow = answer.at.after_pause(answer.retry_after(), PAUSE);
    let timed = |verdict: Verdict| verdict.until(Some(slow), None);
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let code = body.get("code").and_then(integer).map(|code| code.to_string());
    let good = (200..=299).contains(&answer.status);
    // A proxy may write a code of its own, such as the status: what was taken is a 200, what is refused is listed.
    let Some(code) = code.filter(|code| good || codes::refuses(code)) else {
        return Next::Done(batch.all(&timed(by_status(answer))));
    };
    if code == codes::SUCCESS {
        return Next::Done(success(batch, &body, &timed(Meaning::SPENT.verdict())));
    }
    let reason = body.get("reason").and_then(Value::as_str).unwrap_or_default();
    let (meaning, about) = codes::find(&code, reason);
    let verdict = timed(meaning.verdict()).code(code);
    match about {
        About::Call => Next::Done(batch.all(&verdict)),
        About::Message => Next::Whole(verdict),
        About::Targets => Next::Split(verdict),
    }
}

/// Code 0: who is not named was taken.
fn success(batch: &Batch, body: &Value, spent: &Verdict) -> Vec<Verdict> {
    let none = Map::new();
    let data = body.get("data").and_then(Value::as_object).unwrap_or(&none);
    let id = [data.get("id"), body.get("trace_id")].into_iter().flatten().find_map(Value::as_str).unwrap_or_default();
    let Some(bad) = bad_ids(data) else {
        // Somebody was refused, and nobody knows who.
        return batch.all(&Meaning::UNREADABLE.verdict().vendor_id(id));
    };
    let malformed = Meaning::gone(Reason::TokenMalformed).verdict();
    let gone = codes::GONE.verdict().code(codes::BAD);
    let spent = spent.clone().code(codes::EXCEEDED);
    let other = match exceeded(data) {
        Some(0) => Verdict::accepted().code(codes::SUCCESS),
        // As many messages as there are: none of them was taken. Fewer: it does not say which, nor whether it counts bad ids.
        Some(count) if count >= batch.pushes.len() => spent,
        _ => Verdict { action: Action::Unknown, ..spent },
    };
    let of = |token: &str| match token {
        _ if !is_id(token) => &malformed,
        _ if bad.contains(&token) => &gone,
        _ => &other,
    };
    batch.tokens().map(|token| of(token).clone().vendor_id(id)).collect()
}

/// What the quota query tells of the day (section 4.4): the total of public messages. Its members are unconfirmed; what
/// is no number above zero tells nothing.
pub(crate) fn quotas(answer: &Answer) -> Vec<(&'static str, u64)> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let good = (200..=299).contains(&answer.status) && body.get("code").and_then(integer) == Some(0);
    let total = body.get("data").and_then(Value::as_object).filter(|_| good).and_then(|data| spelt(data, "dayquota"));
    let total = total.and_then(integer).and_then(|total| u64::try_from(total).ok()).filter(|total| *total > 0);
    total.map(|total| (QUOTAS[0], total)).into_iter().collect()
}

/// The member of this name, whatever its case and `_`.
fn spelt<'a>(data: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let same = |known: &str| known.replace('_', "").eq_ignore_ascii_case(name);
    data.iter().find(|(known, told)| same(known) && !told.is_null()).map(|(_, told)| told)
}

/// The ids under any spelling of `bad_regids`, joined with commas; `None`: they cannot be read.
fn bad_ids(data: &Map<String, Value>) -> Option<Vec<&str>> {
    let Some(told) = spelt(data, "badregids") else { return Some(Vec::new()) };
    Some(told.as_str()?.split(',').map(str::trim).collect())
}

/// How many messages were dropped, told by channel as `no_channel:2 a:3`; all jobs of a call are in one. A job alone is
/// one message, to however many ids. `None`: it cannot be read.
fn exceeded(data: &Map<String, Value>) -> Option<usize> {
    let Some(told) = data.get(codes::EXCEEDED).filter(|told| !told.is_null()) else { return Some(0) };
    let mut counts = told.as_str()?.split_whitespace().map(|pair| pair.rsplit_once(':')?.1.parse().ok());
    counts.try_fold(0_usize, |sum, count| Some(sum.saturating_add(count?)))
}

/// Answers without a code (section 8, HTTP).
fn by_status(answer: &Answer) -> Verdict {
    match answer.status {
        401 | 403 => Meaning::CREDENTIAL.verdict(),
        // No interface of Xiaomi's answers so: the host is another's.
        404 | 405 => Meaning::APP.verdict(),
        400..=499 if !matches!(answer.status, 408 | 429) => Meaning::BAD_REQUEST.verdict(),
        _ => answer.by_status(true),
    }
}
