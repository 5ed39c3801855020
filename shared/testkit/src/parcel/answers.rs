//! What an answer means (sheet: "Answers").

use std::{collections::HashMap, time::Duration};

use push_contract::{Action, Answer, AuthRefusal, Batch, Next, Reason, Secret, Timestamp, Token, Verdict};
use serde_json::{Map, Value};

use super::{
    codes::{self, Place, Times},
    message,
};

/// A token lives this long at most.
const TOKEN_LIFE_SECS: u64 = 3600;
/// How long before its end a token is fetched anew: a tenth of the longest life.
const RENEW_BEFORE: Duration = Duration::from_secs(360);

/// What a call was about; decides where a code may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    One,
    Many,
    Save,
    List,
}

impl About {
    const fn head(self) -> &'static [Place] {
        match self {
            Self::One => &[Place::All, Place::Target, Place::Stranger, Place::Message, Place::Call],
            Self::Many => &[Place::All, Place::Message, Place::Call],
            Self::Save => &[Place::All, Place::Message, Place::List, Place::Call],
            Self::List => &[Place::All, Place::Message, Place::List, Place::Stranger, Place::Call],
        }
    }
}

/// The places of a code beside a target.
const BESIDE_TARGET: &[Place] = &[Place::All, Place::Target, Place::Stranger, Place::Message];

/// An answer with code 0, or what follows from another.
pub(super) fn head(about: About, batch: &Batch, answer: &Answer) -> Result<Map<String, Value>, Next> {
    let Some((code, object)) = coded(answer) else {
        return Err(Next::Done(batch.all(&without_code(answer))));
    };
    if code == "0" {
        if answer.status == 200 {
            return Ok(object);
        }
        // The sheet says that every business answer is a 200: a 500 that says "taken" says nothing.
        return Err(Next::Done(batch.all(&unsure(about))));
    }
    let row = codes::find(&code, about.head());
    let verdict = codes::verdict(&code, row, times(&object, answer));
    Err(match row.map(|row| row.place) {
        Some(Place::Message) => Next::Whole(verdict),
        Some(Place::List) => Next::Singly,
        Some(Place::Stranger) if about == About::List => Next::Split(verdict),
        _ => Next::Done(batch.all(&verdict)),
    })
}

/// `one`: taken.
pub(super) fn one(batch: &Batch, object: &Map<String, Value>) -> Vec<Verdict> {
    batch.all(&taken(object))
}

/// `save`: the task, or that there is none.
pub(super) fn save(object: &Map<String, Value>) -> Result<&str, Verdict> {
    object.get("task").and_then(Value::as_str).filter(|task| !task.is_empty()).ok_or_else(|| unsure(About::Save))
}

/// `list`: tokens that are not named were taken.
pub(super) fn list(batch: &Batch, object: &Map<String, Value>, answer: &Answer) -> Vec<Verdict> {
    let none = Vec::new();
    let bad = match object.get("bad") {
        None | Some(Value::Null) => &none,
        Some(Value::Array(bad)) => bad,
        Some(_) => return batch.all(&unsure(About::List)),
    };
    let mut named = HashMap::with_capacity(bad.len());
    let mut unnamed = taken(object);
    for entry in bad {
        match entry.get("token").and_then(Value::as_str) {
            Some(token) => {
                named.entry(token).or_insert(entry);
            }
            // Somebody was refused and nobody knows who.
            None => unnamed = unsure(About::List),
        }
    }
    batch
        .tokens()
        .map(|token| named.get(token).map_or_else(|| unnamed.clone(), |entry| beside_target(entry, answer)))
        .collect()
}

/// `many`: one result per message, in any order.
pub(super) fn many(batch: &Batch, object: &Map<String, Value>, answer: &Answer) -> Vec<Verdict> {
    let results = object.get("results").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut named = HashMap::with_capacity(results.len());
    for entry in results {
        if let Some(id) = entry.get("id").and_then(Value::as_str) {
            named.entry(id.to_owned()).or_insert(entry);
        }
    }
    let ids =
        batch.pushes.iter().flat_map(|push| push.positions.iter().map(|n| message::sender_id(&push.job, Some(*n))));
    ids.map(|id| named.get(&id).map_or_else(|| unsure(About::Many), |entry| beside_target(entry, answer))).collect()
}

/// The answer of the token endpoint.
pub(super) fn token(answer: &Answer) -> Result<Token, AuthRefusal> {
    if answer.status == 200
        && let Ok(object) = serde_json::from_slice::<Map<String, Value>>(&answer.body)
        && let Some(value) = object.get("token").and_then(Value::as_str).filter(|text| is_header_text(text))
        && let Some(secs) = object.get("expires_in").and_then(Value::as_u64).filter(|secs| *secs > 0)
    {
        let life = Duration::from_secs(secs.min(TOKEN_LIFE_SECS));
        let renew_before = RENEW_BEFORE.min(life / 2);
        return Ok(Token { value: Secret::new(value), expires_at: answer.at.plus(life), renew_before });
    }
    let code = coded(answer).map(|(code, _)| code);
    let verdict = code.as_deref().map(|code| codes::verdict(code, codes::find(code, &[Place::Call]), Times::default()));
    let detail = format!("HTTP {}, code {}", answer.status, code.as_deref().unwrap_or("none"));
    match verdict.map(|verdict| verdict.action) {
        Some(Action::AppMisconfigured) => Err(AuthRefusal::Misconfigured { detail }),
        _ => Err(AuthRefusal::Unavailable { retry_after: answer.retry_after(), detail }),
    }
}

fn is_header_text(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

fn taken(object: &Map<String, Value>) -> Verdict {
    Verdict::accepted().code("0").vendor_id(object.get("id").and_then(Value::as_str).unwrap_or_default())
}

fn beside_target(entry: &Value, answer: &Answer) -> Verdict {
    let fields = entry.as_object();
    match fields.and_then(|fields| fields.get("code")).and_then(Value::as_i64) {
        Some(code) => {
            let code = code.to_string();
            let times = fields.map(|fields| times(fields, answer)).unwrap_or_default();
            codes::verdict(&code, codes::find(&code, BESIDE_TARGET), times)
        }
        None => Verdict::new(Action::Unknown, Reason::AnswerUnreadable),
    }
}

/// Nobody knows; before the committing call nothing can have been sent.
fn unsure(about: About) -> Verdict {
    let action = if about == About::Save { Action::Unavailable } else { Action::Unknown };
    Verdict::new(action, Reason::AnswerUnreadable)
}

fn coded(answer: &Answer) -> Option<(String, Map<String, Value>)> {
    let object: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
    let code = object.get("code")?.as_i64()?;
    Some((code.to_string(), object))
}

/// An answer that is none of the sheet's: named by its status.
fn without_code(answer: &Answer) -> Verdict {
    let verdict = match answer.status {
        429 => {
            let until = answer.retry_after().map(|span| answer.at.plus(span));
            Verdict::new(Action::SlowDown { until }, Reason::RateLimited)
        }
        _ => Verdict::new(Action::Unavailable, Reason::AnswerUnreadable),
    };
    verdict.code(format!("http_{}", answer.status))
}

fn times(object: &Map<String, Value>, answer: &Answer) -> Times {
    let time = |key: &str| {
        let millis = object.get(key).and_then(Value::as_i64).filter(|millis| *millis > 0);
        millis.map(Timestamp::from_millis)
    };
    Times {
        since: time("since"),
        until: time("until"),
        retry_at: answer.retry_after().map(|span| answer.at.plus(span)),
    }
}
