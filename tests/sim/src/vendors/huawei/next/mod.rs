//! HarmonyOS NEXT: the send call of v3 (sheet, section 12).

mod message;
mod reasons;
mod rules;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use self::message::{Payload, PushOptions, Send};
pub(super) use self::rules::CATEGORIES;
use super::send::Address;
use super::{Huawei, bearer, codes};
use crate::fortune::FORBIDDEN_WORDS;
use crate::named_job::{NamedJob, digest, ext_of};
use crate::simulator::{Aim, Answer, Ask, Effect, Facts, Opened, Ruling, Word, Words};
use crate::strict;
use crate::vendors::Refusal;

const MAX_TOKENS: usize = 1000;
/// Forms belong to one device.
const MAX_FORM_TOKENS: usize = 1;
const MAX_TEST_TOKENS: usize = 10;
const MAX_BODY_BYTES: usize = 4096;
const TTL_DEFAULT_SECONDS: u64 = 86_400;

/// A body that could be read.
struct Body {
    payload: Payload,
    options: PushOptions,
    tokens: Vec<String>,
    /// Bytes of the body without what stands between the brackets of `token`.
    bytes: usize,
}

pub(super) fn open(huawei: Arc<Huawei>, project: &str, ask: Ask) -> Opened {
    let address = Address::Next(project.to_owned());
    let app = bearer::claimed(&huawei, &address, &ask).map(|app| app.name.clone());
    let body = read(&ask);
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
    Opened { app, api: "send_next", effect: Effect::Commit, aims, judge: Box::new(judge) }
}

fn read(ask: &Ask) -> Result<Body, Refusal> {
    let send: Send = strict::read(&ask.body).map_err(|why| misread(&ask.body, why))?;
    let raw = send.target.token.get();
    let tokens: Vec<String> = serde_json::from_str(raw)
        .map_err(|_| Refusal::new(codes::TOKEN_COUNT, "target.token must be an array of strings"))?;
    let bytes = ask.body.len() - raw.len().saturating_sub(2);
    let payload = payload(ask.header("push-type"), send.payload.get().as_bytes())
        .map_err(|why| Refusal::new(codes::STRUCTURE, why))?;
    Ok(Body { payload, options: send.options, tokens, bytes })
}

fn payload(push_type: Option<&str>, text: &[u8]) -> Result<Payload, String> {
    match push_type {
        Some("0") => strict::read(text).map(Payload::Alert),
        Some("1") => strict::read(text).map(Payload::Form),
        Some("2") => strict::read(text).map(Payload::Voice),
        Some("6") => strict::read(text).map(Payload::Background),
        Some("7") => strict::read(text).map(Payload::LiveView),
        Some("10") => strict::read(text).map(Payload::Call),
        _ => Err("the header push-type must be 0, 1, 2, 6, 7 or 10".to_owned()),
    }
}

/// Which code an unreadable body gets: no list of tokens at its place counts as no tokens.
fn misread(text: &[u8], why: String) -> Refusal {
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    let aimless = value.is_object() && value.pointer("/target/token").is_none();
    Refusal::new(if aimless { codes::TOKEN_COUNT } else { codes::STRUCTURE }, why)
}

/// The tokens of a body that is wrong otherwise, for faults and the seen log.
fn readable_tokens(text: &[u8]) -> Vec<Aim> {
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    let tokens = value.pointer("/target/token").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let job = value.pointer("/pushOptions/biTag").and_then(Value::as_str).unwrap_or_default();
    let facts = Arc::new(Facts::default());
    let aim = |token: &str| Aim { token: token.to_owned(), job: job.to_owned(), mismatch: false, facts: facts.clone() };
    tokens.iter().filter_map(Value::as_str).map(aim).collect()
}

/// The app's own text: under `ext` of the data that a tap hands over, else of the text for the app alone.
fn ext(payload: &Payload) -> Option<Cow<'_, str>> {
    let click = payload.notification().and_then(|shown| shown.click_action.data.as_ref());
    match click.and_then(|data| data.get("ext")?.as_str()) {
        Some(text) => Some(text.into()),
        None => payload.extra().and_then(ext_of).map(Cow::Owned),
    }
}

fn aims_of(body: &Body) -> Vec<Aim> {
    let (payload, options) = (&body.payload, &body.options);
    let shown = payload.notification();
    let badge = shown.and_then(|shown| shown.badge.as_ref());
    let ext = ext(payload);
    let named = NamedJob::of(ext.as_deref(), options.bi_tag.as_deref());
    let facts = Arc::new(Facts {
        ttl_seconds: Some(options.ttl.and_then(|ttl| u64::try_from(ttl).ok()).unwrap_or(TTL_DEFAULT_SECONDS)),
        class: Some(shown.map_or_else(|| format!("push-type {}", payload.push_type()), |shown| shown.category.clone())),
        badge: badge.and_then(|badge| badge.set_num.0),
        badge_add: badge.and_then(|badge| badge.add_num.0),
        collapse: shown.and_then(|shown| shown.notify_id.filter(|id| *id >= 0)).map(|id| id.to_string()),
        ext_digest: ext.as_deref().map(digest),
        title_chars: shown.map(|shown| shown.title.chars().count()),
        data_only: shown.is_none(),
        silent: false,
        test: options.test_message.unwrap_or(false),
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
    if !ask.is("application/json") {
        return Err(Refusal::new(codes::STRUCTURE, "Content-Type must be application/json"));
    }
    let body = body?;
    let (count, is_form) = (body.tokens.len(), matches!(body.payload, Payload::Form(_)));
    let most = if is_form { MAX_FORM_TOKENS } else { MAX_TOKENS };
    if !(1..=most).contains(&count) {
        return Err(Refusal::new(codes::TOKEN_COUNT, format!("{count} tokens; 1 to {most} are allowed")));
    }
    if body.options.test_message.unwrap_or(false) && count > MAX_TEST_TOKENS {
        return Err(Refusal::new(codes::TEST_TOKEN_COUNT, format!("{count} tokens in a test message; at most 10")));
    }
    if body.bytes > MAX_BODY_BYTES {
        return Err(Refusal::new(codes::TOO_LARGE, format!("{} bytes without tokens; at most 4096", body.bytes)));
    }
    rules::check(&body.payload, &body.options)?;
    let shown = body.payload.notification();
    if shown.is_some_and(|shown| [&shown.title, &shown.body].iter().any(|text| text.contains(FORBIDDEN_WORDS))) {
        return Err(Refusal::new(codes::SENSITIVE, "forbidden words in title or body"));
    }
    if !huawei.desk.take(&app.name, count, now) {
        let why = format!("flow control: {count} more devices are too many for this second");
        return Ok(Ruling::refused(Answer::empty(503), "http-503", why));
    }
    let forbidden = rules::forbidden(&app, &body.payload, &body.options);
    let granted = |category: &String| category == "MARKETING" || app.next_granted.contains(category);
    let degraded_to = shown.is_some_and(|shown| !granted(&shown.category)).then_some("MARKETING");
    Ok(Ruling { degraded_to, ..deliver(&body.tokens, forbidden, &huawei.request_id(now)) })
}

/// The answer for a call that is right but for its tokens, or for a right that the app lacks (section 12.4).
fn deliver(tokens: &[String], forbidden: Option<&'static str>, request_id: &str) -> Ruling {
    let reasons: Vec<Option<&str>> = tokens.iter().map(|token| forbidden.or(reasons::of(token))).collect();
    let failed = reasons.iter().flatten().count();
    if failed == 0 {
        return Ruling::done(codes::answer(codes::SUCCESS, codes::text(codes::SUCCESS), request_id), codes::SUCCESS);
    }
    let mut illegal: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (token, reason) in tokens.iter().zip(&reasons) {
        // Blanks around a key, as in the vendor's own sample.
        let Some(key) = reason.map(|reason| format!(" {reason}")) else { continue };
        let listed = illegal.entry(key).or_default();
        if !listed.contains(&token.as_str()) {
            listed.push(token);
        }
    }
    let all = failed == tokens.len();
    let (code, detail) = match all {
        true => (codes::ALL_ILLEGAL, json!({"failure": failed, "illegalTokens": illegal})),
        false => (
            codes::SOME_ILLEGAL,
            json!({"illegalTokens": illegal, "success": tokens.len() - failed, "failure": failed}),
        ),
    };
    let word = |reason: &Option<&str>| match reason {
        Some(reason) => Word::refused(code, *reason),
        None => Word::taken(codes::SUCCESS),
    };
    let words = Words::Each(reasons.iter().map(word).collect());
    Ruling { answer: codes::answer(code, &detail.to_string(), request_id), words, degraded_to: None }
}
