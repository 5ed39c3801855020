//! The send call: read, judged in the vendor's order, answered per token (sections 4 and 8).

use std::sync::Arc;

use serde_json::{Value, json};

use super::message::{Message, Send};
use super::{Huawei, bearer, codes, rules};
use crate::fortune::{FORBIDDEN_WORDS, Fortune};
use crate::named_job::{NamedJob, digest, ext_of};
use crate::simulator::{Aim, Answer, Ask, Effect, Facts, Opened, Ruling, Word, Words};
use crate::strict;
use crate::vendors::Refusal;

const MAX_TOKENS: usize = 1000;
const MAX_BODY_BYTES: usize = 4096;

/// Which app or project the address names.
pub(super) enum Address {
    /// v1.
    Client(String),
    /// v2.
    Project(String),
    /// v3: the project, for HarmonyOS NEXT.
    Next(String),
}

/// A body that could be read.
struct Body {
    send: Send,
    message: Message,
    tokens: Vec<String>,
    /// Bytes of the body without what stands between the brackets of `token`.
    bytes: usize,
}

pub(super) fn open(huawei: Arc<Huawei>, address: Address, ask: Ask) -> Opened {
    let app = bearer::claimed(&huawei, &address, &ask).map(|app| app.name.clone());
    let body = read(&ask.body);
    let aims = match &body {
        Ok(body) => aims_of(body),
        Err(_) => readable_tokens(&ask.body),
    };
    let judge = move |now| {
        judge(&huawei, &address, &ask, body, now).unwrap_or_else(|refusal| {
            let answer = codes::answer(refusal.code, codes::text(refusal.code), &huawei.request_id(now));
            Ruling::refused(answer, refusal.code, refusal.why)
        })
    };
    Opened { app, api: "send", effect: Effect::Commit, aims, judge: Box::new(judge) }
}

fn read(text: &[u8]) -> Result<Body, Refusal> {
    let mut send: Send = strict::read(text).map_err(|why| misread(text, why))?;
    let message = send.message.0.take().ok_or_else(|| Refusal::new(codes::TOKEN_COUNT, "message is missing"))?;
    let mut bytes = text.len();
    let mut tokens = Vec::new();
    if let Some(raw) = message.token.as_ref() {
        tokens = serde_json::from_str(raw.get())
            .map_err(|_| Refusal::new(codes::TOKEN_COUNT, "token must be an array of strings"))?;
        bytes -= raw.get().len().saturating_sub(2);
    } else if message.topic.is_some() || message.condition.is_some() {
        return Err(Refusal::new(codes::PARAMETER, "this simulator plays no topics; send to tokens"));
    }
    Ok(Body { send, message, tokens, bytes })
}

/// Which code an unreadable body gets: `message` or `token` misspelt or misplaced counts as no tokens (section 8).
fn misread(text: &[u8], why: String) -> Refusal {
    let Ok(value) = serde_json::from_slice::<Value>(text) else {
        return Refusal::new(codes::STRUCTURE, format!("not JSON: {why}"));
    };
    let message = value.get("message").filter(|message| message.is_object());
    let aimed =
        message.is_some_and(|message| ["token", "topic", "condition"].iter().any(|to| message.get(to).is_some()));
    Refusal::new(if aimed { codes::STRUCTURE } else { codes::TOKEN_COUNT }, why)
}

/// The tokens of a body that is wrong otherwise, for faults and the seen log.
fn readable_tokens(text: &[u8]) -> Vec<Aim> {
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    let tokens = value.pointer("/message/token").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let job = value.pointer("/message/android/bi_tag").and_then(Value::as_str).unwrap_or_default();
    let facts = Arc::new(Facts::default());
    let aim = |token: &str| Aim { token: token.to_owned(), job: job.to_owned(), mismatch: false, facts: facts.clone() };
    tokens.iter().filter_map(Value::as_str).map(aim).collect()
}

fn aims_of(body: &Body) -> Vec<Aim> {
    let android = body.message.android();
    let shown = body.message.shown();
    let badge = shown.and_then(|shown| shown.badge.as_ref());
    let collapse = shown.and_then(|shown| {
        shown.tag.0.clone().or_else(|| shown.notify_id.filter(|id| *id >= 0).map(|id| id.to_string()))
    });
    let ext = body.message.payload().and_then(ext_of);
    let named = NamedJob::of(ext.as_deref(), android.and_then(|android| android.bi_tag.as_deref()));
    let facts = Arc::new(Facts {
        ttl_seconds: Some(rules::life_seconds(android)),
        class: android.and_then(|android| android.category.0.clone()),
        badge: badge.and_then(|badge| badge.set_num.0),
        badge_add: badge.and_then(|badge| badge.add_num.0),
        collapse,
        ext_digest: ext.as_deref().map(digest),
        title_chars: body.message.title().map(|title| title.chars().count()),
        data_only: body.message.is_data(),
        silent: shown.is_some_and(|shown| shown.importance.as_deref() == Some("LOW")),
        test: body.send.validate_only.unwrap_or(false) || android.is_some_and(|a| a.target_user_type.0 == Some(1)),
    });
    let aim = |token: &String| Aim {
        token: token.clone(),
        job: named.id.clone(),
        mismatch: named.mismatch,
        facts: facts.clone(),
    };
    body.tokens.iter().map(aim).collect()
}

fn judge(
    huawei: &Huawei,
    address: &Address,
    ask: &Ask,
    body: Result<Body, Refusal>,
    now: u64,
) -> Result<Ruling, Refusal> {
    let app = bearer::check(huawei, address, ask, now)?;
    if huawei.desk.is_suspended(&app.name) {
        return Err(Refusal::new(codes::NO_PERMISSION, "the app is suspended"));
    }
    rules::require(ask.is("application/json"), "Content-Type must be application/json;charset=UTF-8")?;
    let body = body?;
    let count = body.tokens.len();
    if count == 0 || count > MAX_TOKENS {
        return Err(Refusal::new(codes::TOKEN_COUNT, format!("{count} tokens; 1 to 1000 are allowed")));
    }
    if body.bytes > MAX_BODY_BYTES {
        return Err(Refusal::new(codes::TOO_LARGE, format!("{} bytes without tokens; at most 4096", body.bytes)));
    }
    let message = &body.message;
    rules::check(&body.send, message)?;
    if message.android().is_some_and(|android| android.urgency.as_deref() == Some("HIGH")) && !app.high_priority {
        return Err(Refusal::new(codes::NO_HIGH_PRIORITY, "urgency HIGH, and the app has no right to it"));
    }
    if [message.title(), message.body()].into_iter().flatten().any(|text| text.contains(FORBIDDEN_WORDS)) {
        return Err(Refusal::new(codes::SENSITIVE, "forbidden words in title or body"));
    }
    if body.send.validate_only.unwrap_or(false) {
        let answer = codes::answer(codes::SUCCESS, codes::text(codes::SUCCESS), &huawei.request_id(now));
        return Ok(Ruling::refused(answer, codes::SUCCESS, "validate_only: nothing is sent"));
    }
    if !huawei.desk.take(&app.name, count, now) {
        let why = format!("flow control: {count} more devices are too many for this second");
        return Ok(Ruling::refused(Answer::empty(503), "http-503", why));
    }
    let asked = message.android().and_then(|android| android.category.as_deref()).unwrap_or("MARKETING");
    let granted = asked == "MARKETING" || app.granted.iter().any(|category| category == asked);
    let degraded_to = (!granted && !message.is_data()).then_some("MARKETING");
    Ok(Ruling { degraded_to, ..deliver(huawei, &body.tokens, now) })
}

/// The answer for a call that is right but for its tokens (section 4.7).
fn deliver(huawei: &Huawei, tokens: &[String], now: u64) -> Ruling {
    // A token of HarmonyOS NEXT is none here.
    let is_illegal =
        |token: &str| token.starts_with("next-") || matches!(Fortune::of(token), Fortune::Dead | Fortune::Malformed);
    let failed = tokens.iter().filter(|token| is_illegal(token)).count();
    let request_id = huawei.request_id(now);
    if failed == tokens.len() {
        let answer = codes::answer(codes::ALL_ILLEGAL, codes::text(codes::ALL_ILLEGAL), &request_id);
        return Ruling::refused(answer, codes::ALL_ILLEGAL, "every token is illegal");
    }
    if failed == 0 {
        return Ruling::done(codes::answer(codes::SUCCESS, codes::text(codes::SUCCESS), &request_id), codes::SUCCESS);
    }
    let mut illegal: Vec<&str> = Vec::new();
    let words = tokens.iter().map(|token| {
        if !is_illegal(token) {
            return Word::taken(codes::SUCCESS);
        }
        if !illegal.contains(&token.as_str()) {
            illegal.push(token);
        }
        Word::refused(codes::SOME_ILLEGAL, "illegal token")
    });
    let words = words.collect();
    let detail = json!({"success": tokens.len() - failed, "failure": failed, "illegal_tokens": illegal});
    let answer = codes::answer(codes::SOME_ILLEGAL, &detail.to_string(), &request_id);
    Ruling { answer, words: Words::Each(words), degraded_to: None }
}
