//! Answers of the send interface (sections 4.7, 8 and 12.4): the code decides; without one, the HTTP status.

use std::collections::HashMap;

use push_contract::{Answer, Batch, Next, Reason, Verdict, kit::codes::Meaning};
use serde::Deserialize;
use serde_json::Value;

use crate::{codes, settings::Platform};

#[derive(Deserialize)]
struct Envelope {
    code: String,
    #[serde(default)]
    msg: Value,
    #[serde(default, rename = "requestId")]
    request_id: Value,
}

/// What follows: one verdict a target, in the order of the batch, but for a call that is to be split.
pub(crate) fn read(platform: Platform, batch: &Batch, answer: &Answer) -> Next {
    let Ok(envelope) = serde_json::from_slice::<Envelope>(&answer.body) else {
        return Next::Done(batch.all(&by_status(answer)));
    };
    let (code, id) = (envelope.code.as_str(), envelope.request_id.as_str().unwrap_or_default());
    let call = codes::verdict(code, platform).vendor_id(id).until(answer.retry_at(), None);
    let each = |refused: &HashMap<String, String>, other: Verdict| {
        let verdict = |token: &str| match refused.get(token) {
            Some(reason) => codes::token_verdict(code, reason, platform).vendor_id(id),
            None => other.clone().vendor_id(id),
        };
        batch.tokens().map(verdict).collect()
    };
    Next::Done(match (code, envelope.msg.as_str().and_then(refused)) {
        (codes::TEST_TOKENS, _) => return Next::Split(call),
        (codes::PARTIAL, Some(refused)) => each(&refused, Verdict::accepted().code(code)),
        // Reasons are given, and this token is under none: refused, but no proof that it is dead.
        (codes::ALL_INVALID, Some(refused)) if !refused.is_empty() => {
            each(&refused, Meaning::refused(Reason::TokenRefused).verdict().code(code))
        }
        _ => batch.all(&call),
    })
}

/// `msg`, where it is JSON inside a string.
#[derive(Deserialize)]
struct Partial {
    #[serde(alias = "illegalTokens")]
    illegal_tokens: Option<Tokens>,
    failure: Option<u64>,
}

/// v1 and v2 write `illegal_tokens`, a list; v3 writes `illegalTokens`, an object of lists by reason. Both spellings
/// and both shapes are read.
#[derive(Deserialize)]
#[serde(untagged)]
enum Tokens {
    List(Vec<String>),
    ByReason(HashMap<String, Vec<String>>),
}

/// The refused tokens, each with its reason. `None`: not readable, so nobody knows which tokens were taken.
fn refused(msg: &str) -> Option<HashMap<String, String>> {
    let Partial { illegal_tokens, failure } = serde_json::from_str(msg).ok()?;
    let by_reason = match illegal_tokens {
        Some(Tokens::ByReason(reasons)) => reasons,
        Some(Tokens::List(tokens)) => HashMap::from([(codes::NO_REASON.to_owned(), tokens)]),
        None if failure == Some(0) => HashMap::new(),
        None => return None,
    };
    let named = |(reason, tokens): (String, Vec<String>)| tokens.into_iter().map(move |token| (token, reason.clone()));
    Some(by_reason.into_iter().flat_map(named).collect())
}

/// Answers without a code (section 8, HTTP).
fn by_status(answer: &Answer) -> Verdict {
    let meaning = match answer.status {
        400 => Meaning::BAD_REQUEST,
        401 => Meaning::STALE,
        404 => Meaning::APP,
        // Huawei documents no `Retry-After`; it is honoured if present (section 7).
        503 => Meaning::SLOW,
        _ => return answer.by_status(true),
    };
    meaning.verdict().until(answer.retry_at(), None)
}
