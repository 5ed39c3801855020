//! Answers of the send interface (sections 4.7 and 8): the code decides; without one, the HTTP status.

use std::collections::HashMap;

use push_contract::{Action, Answer, Batch, Reason, Verdict};
use serde::Deserialize;
use serde_json::Value;

use crate::codes;

#[derive(Deserialize)]
struct Envelope {
    code: String,
    #[serde(default)]
    msg: Value,
    #[serde(default, rename = "requestId")]
    request_id: Value,
}

/// One verdict a target, in the order of the batch.
pub(crate) fn read(batch: &Batch, answer: &Answer) -> Vec<Verdict> {
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&answer.body) else {
        return batch.all(&by_status(answer));
    };
    let code = envelope.code.as_str();
    let call = codes::verdict(code).vendor_id(envelope.request_id.as_str().unwrap_or_default());
    match code {
        codes::PARTIAL => match refused(&envelope.msg) {
            Some(refused) => {
                let taken = Verdict { code: call.code.clone(), ..Verdict::accepted() };
                each(batch, code, &refused, &Verdict { vendor_id: call.vendor_id, ..taken })
            }
            None => batch.all(&call),
        },
        codes::ALL_INVALID => match refused(&envelope.msg).filter(|refused| !refused.is_empty()) {
            // Reasons are given, and this token is under none: refused, but no proof that it is dead.
            Some(refused) => each(batch, code, &refused, &codes::token_verdict(code, "")),
            None => batch.all(&call),
        },
        _ => match call.action {
            Action::SlowDown { .. } => batch.all(&Verdict { action: slow_down(answer), ..call }),
            _ => batch.all(&call),
        },
    }
}

fn each(batch: &Batch, code: &str, refused: &HashMap<String, String>, other: &Verdict) -> Vec<Verdict> {
    let verdict = |token: &str| match refused.get(token) {
        Some(reason) => {
            let id = other.vendor_id.clone().unwrap_or_default();
            codes::token_verdict(code, reason).vendor_id(id)
        }
        None => other.clone(),
    };
    batch.tokens().map(verdict).collect()
}

/// The refused tokens, each with its reason, out of a `msg` that is JSON inside a string.
///
/// v1 and v2 write `illegal_tokens`, a list; v3 writes `illegalTokens`, an object of lists by reason. Both spellings
/// and both shapes are read. `None`: not readable, so nobody knows which tokens were taken.
fn refused(msg: &Value) -> Option<HashMap<String, String>> {
    let inner: Value = match msg {
        Value::String(text) => serde_json::from_str(text).ok()?,
        other => other.clone(),
    };
    let list = inner.get("illegal_tokens").or_else(|| inner.get("illegalTokens"));
    let Some(list) = list else {
        return (inner.get("failure")?.as_u64()? == 0).then(HashMap::new);
    };
    let mut refused = HashMap::new();
    let mut take = |reason: &str, tokens: &Value| {
        for token in tokens.as_array()? {
            refused.insert(token.as_str()?.to_owned(), reason.to_owned());
        }
        Some(())
    };
    match list {
        Value::Array(_) => take(codes::NO_REASON, list)?,
        Value::Object(reasons) => reasons.iter().try_for_each(|(reason, tokens)| take(reason, tokens))?,
        _ => return None,
    }
    Some(refused)
}

/// Answers without a code (section 8, HTTP).
fn by_status(answer: &Answer) -> Verdict {
    let (action, reason) = match answer.status {
        // 200 and no code: the vendor may well have taken the call.
        200..=299 => (Action::Unknown, Reason::AnswerUnreadable),
        400 => (Action::Refused, Reason::BadRequest),
        401 => (Action::CredentialStale, Reason::CredentialStale),
        404 => (Action::AppMisconfigured, Reason::Misconfigured),
        429 | 503 => (slow_down(answer), Reason::RateLimited),
        // A proxy gave up waiting; what stands behind it may have taken the call.
        504 => (Action::Unknown, Reason::AnswerLost),
        500..=599 => (Action::Unavailable, Reason::Unavailable),
        _ => (Action::Unavailable, Reason::AnswerUnreadable),
    };
    Verdict::new(action, reason)
}

/// Huawei documents no `Retry-After`; it is honoured if present (section 7).
fn slow_down(answer: &Answer) -> Action {
    Action::SlowDown { until: answer.retry_after().map(|wait| answer.at.plus(wait)) }
}
