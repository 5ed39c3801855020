//! The send call: read, judged, answered per token (sections 4.6 and 8).

use std::sync::Arc;

use serde_json::{Value, json};

use super::message::Message;
use super::{Honor, bearer, codes, rules};
use crate::fortune::{FORBIDDEN_WORDS, Fortune};
use crate::named_job::{NamedJob, digest, ext_of};
use crate::simulator::{Aim, Ask, Effect, Facts, Opened, Ruling, Word, Words};
use crate::strict;
use crate::vendors::Refusal;

const MAX_TOKENS: usize = 1000;
const MAX_BODY_BYTES: usize = 4096;

/// A body that could be read.
struct Body {
    message: Message,
    tokens: Vec<String>,
    /// Bytes of the body without what stands between the brackets of `token`.
    bytes: usize,
}

pub(super) fn open(honor: Arc<Honor>, app_id: String, ask: Ask) -> Opened {
    let app = honor.apps.of_id(&app_id).map(|app| app.name.clone());
    let body = read(&ask.body);
    let aims = match &body {
        Ok(body) => aims_of(body),
        Err(_) => readable_tokens(&ask.body),
    };
    let judge = move |now| {
        judge(&honor, &app_id, &ask, body, now)
            .unwrap_or_else(|refusal| Ruling::refused(codes::refusal(refusal.code), refusal.code, refusal.why))
    };
    Opened { app, api: "send", effect: Effect::Commit, aims, judge: Box::new(judge) }
}

fn read(text: &[u8]) -> Result<Body, Refusal> {
    let message: Message = strict::read(text).map_err(|why| Refusal::new(codes::PARAMETER, why))?;
    let count = |why: &str| Refusal::new(codes::TOKEN_COUNT, why);
    let raw = message.token.as_ref().ok_or_else(|| count("token is missing"))?.get();
    let tokens = serde_json::from_str(raw).map_err(|_| count("token must be an array of strings"))?;
    let bytes = text.len() - raw.len().saturating_sub(2);
    Ok(Body { message, tokens, bytes })
}

/// The tokens of a body that is wrong otherwise, for faults and the seen log.
fn readable_tokens(text: &[u8]) -> Vec<Aim> {
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    let tokens = value.pointer("/token").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let job = value.pointer("/android/biTag").and_then(Value::as_str).unwrap_or_default();
    let facts = Arc::new(Facts::default());
    let aim = |token: &str| Aim { token: token.to_owned(), job: job.to_owned(), mismatch: false, facts: facts.clone() };
    tokens.iter().filter_map(Value::as_str).map(aim).collect()
}

fn aims_of(body: &Body) -> Vec<Aim> {
    let message = &body.message;
    let (android, shown) = (message.android(), message.shown());
    let badge = shown.and_then(|shown| shown.badge.as_ref());
    let collapse = shown.and_then(|shown| {
        shown.tag.0.clone().or_else(|| shown.notify_id.filter(|id| *id >= 0).map(|id| id.to_string()))
    });
    let ext = message.payload().and_then(ext_of);
    let named = NamedJob::of(ext.as_deref(), android.and_then(|android| android.bi_tag.as_deref()));
    // When both numbers are set, setNum is taken to win (section 4.3).
    let set = badge.and_then(|badge| badge.set_num.0);
    let facts = Arc::new(Facts {
        ttl_seconds: Some(rules::life_seconds(android)),
        class: shown.and_then(|shown| shown.importance.0.clone()),
        badge: set,
        badge_add: badge.and_then(|badge| badge.add_num.0).filter(|_| set.is_none()),
        collapse,
        ext_digest: ext.as_deref().map(digest),
        title_chars: message.title().map(|title| title.chars().count()),
        data_only: message.is_data(),
        silent: shown.is_some_and(|shown| shown.importance.as_deref() != Some("NORMAL")),
        test: android.is_some_and(|android| android.target_user_type.0 == Some(1)),
    });
    let aim = |token: &String| Aim {
        token: token.clone(),
        job: named.id.clone(),
        mismatch: named.mismatch,
        facts: facts.clone(),
    };
    body.tokens.iter().map(aim).collect()
}

fn judge(honor: &Honor, app_id: &str, ask: &Ask, body: Result<Body, Refusal>, now: u64) -> Result<Ruling, Refusal> {
    let app = bearer::check(honor, app_id, ask, now)?;
    if honor.desk.is_suspended(&app.name) {
        return Err(Refusal::new(codes::NO_PERMISSION, "the app is suspended"));
    }
    bearer::check_time(ask, now)?;
    rules::require(ask.is("application/json"), "Content-Type must be application/json; charset=UTF-8")?;
    let body = body?;
    let count = body.tokens.len();
    if count == 0 || count > MAX_TOKENS {
        return Err(Refusal::new(codes::TOKEN_COUNT, format!("{count} tokens; 1 to 1000 are allowed")));
    }
    if body.bytes > MAX_BODY_BYTES {
        return Err(Refusal::new(codes::TOO_LARGE, format!("{} bytes without tokens; at most 4096", body.bytes)));
    }
    let message = &body.message;
    rules::check(message)?;
    if [message.title(), message.body()].into_iter().flatten().any(|text| text.contains(FORBIDDEN_WORDS)) {
        return Err(Refusal::new(codes::CONTENT, "forbidden words in title or body"));
    }
    if !honor.desk.take(&app.name, count, now) {
        return Err(Refusal::new(codes::TOO_FAST, format!("{count} more devices are too many for this second")));
    }
    let asks_normal = message.shown().is_some_and(|shown| shown.importance.as_deref() == Some("NORMAL"));
    let degraded_to = (asks_normal && !app.self_classification).then_some("LOW");
    Ok(Ruling { degraded_to, ..deliver(honor, &app.name, &body.tokens, now) })
}

/// The answer for a call that is right but for its tokens (section 4.6).
///
/// Dead tokens are named in `expireTokens`, busy ones in `failTokens`; an empty list is null. A single dead token is told
/// by code alone, as a call whose every token is dead may be.
fn deliver(honor: &Honor, app: &str, tokens: &[String], now: u64) -> Ruling {
    let (mut expired, mut failed): (Vec<&str>, Vec<&str>) = (Vec::new(), Vec::new());
    for token in tokens {
        match Fortune::of(token) {
            Fortune::Dead | Fortune::Malformed if !expired.contains(&token.as_str()) => expired.push(token),
            Fortune::Busy(times) if !failed.contains(&token.as_str()) && honor.desk.is_busy(app, token, times) => {
                failed.push(token);
            }
            _ => {}
        }
    }
    let code = match (tokens.len(), expired.len(), failed.is_empty()) {
        (1, 1, _) => return Ruling::refused(codes::refusal(codes::ALL_INVALID), codes::ALL_INVALID, "expired"),
        (_, _, false) => codes::SOME_FAILED,
        _ => codes::SUCCESS,
    };
    let word = |token: &String| {
        if expired.contains(&token.as_str()) {
            Word::refused(code, "expired")
        } else if failed.contains(&token.as_str()) {
            Word::refused(code, "failed for the moment")
        } else {
            Word::taken(code)
        }
    };
    let words: Vec<Word> = tokens.iter().map(word).collect();
    let list = |tokens: &[&str]| if tokens.is_empty() { Value::Null } else { json!(tokens) };
    let data = json!({"sendResult": words.iter().any(|word| word.accepted), "requestId": honor.request_id(now),
                      "failTokens": list(&failed), "expireTokens": list(&expired)});
    let answer = codes::answer(code.parse().unwrap_or_default(), codes::text(code), Some(&data));
    Ruling { answer, words: Words::Each(words), degraded_to: None }
}
