//! The calls that deliver: `one`, `many` and `list`. They share every check and differ in how targets are named.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::apps::App;
use super::message::{Message, SINGLY};
use super::save::Saved;
use super::{Parcel, answers, refused};
use crate::fortune::Fortune;
use crate::simulator::{Aim, Answer, Ask, Effect, Opened, Ruling, Word, Words};
use crate::vendors::Refusal;
use crate::{form, strict};

const MANY_MAX: usize = 100;

/// What goes to one token.
struct Push {
    token: String,
    message: Arc<Message>,
}

/// What a call holds, as far as it could be read, and the first thing that is wrong with it.
#[derive(Default)]
struct Read {
    pushes: Vec<Push>,
    flaw: Option<Refusal>,
}

impl Read {
    fn flawed(code: &'static str, why: &str) -> Self {
        Self { pushes: Vec::new(), flaw: Some(Refusal::new(code, why)) }
    }

    /// Reads one more message and its token.
    fn add(&mut self, raw: &[u8], place: &str) {
        let flaw = match strict::read::<Message>(raw) {
            Err(why) => Some(Refusal::new(answers::WRONG, why)),
            Ok(message) => {
                let flaw = message.check(raw, true).err();
                let token = message.token.0.clone().unwrap_or_default();
                self.pushes.push(Push { token, message: Arc::new(message) });
                flaw
            }
        };
        if let (None, Some(flaw)) = (&self.flaw, flaw) {
            self.flaw = Some(Refusal::new(flaw.code, format!("{place}{}", flaw.why)));
        }
    }
}

/// How a call answers, from the pushes and the word about each.
type Report = fn(&Parcel, &[Push], &[Word], u64) -> Answer;

pub(super) fn open_one(parcel: Arc<Parcel>, ask: Ask) -> Opened {
    let mut read = Read::default();
    if ask.is("application/json") {
        read.add(&ask.body, "");
    } else {
        read = Read::flawed(answers::WRONG, "Content-Type must be application/json");
    }
    open(parcel, ask, "one", read, report_one)
}

pub(super) fn open_many(parcel: Arc<Parcel>, ask: Ask) -> Opened {
    let read = read_many(&ask);
    open(parcel, ask, "many", read, report_many)
}

pub(super) fn open_list(parcel: Arc<Parcel>, ask: Ask) -> Opened {
    let read = read_list(&parcel, &ask);
    open(parcel, ask, "list", read, report_list)
}

fn read_many(ask: &Ask) -> Read {
    let fields = ask.is("application/x-www-form-urlencoded").then(|| form::fields(&ask.body)).flatten();
    let Some([(name, messages)]) = fields.as_deref() else {
        return Read::flawed(answers::WRONG, "the body must be the form messages=<JSON array>, URL-encoded");
    };
    let messages: Vec<&RawValue> = match serde_json::from_str(messages) {
        Ok(messages) if name == "messages" => messages,
        _ => return Read::flawed(answers::WRONG, "messages must be a JSON array"),
    };
    if messages.is_empty() || messages.len() > MANY_MAX {
        return Read::flawed(answers::WRONG, "messages: 1 to 100");
    }
    let mut read = Read::default();
    for (n, raw) in messages.iter().enumerate() {
        read.add(raw.get().as_bytes(), &format!("message {n}: "));
    }
    read
}

fn read_list(parcel: &Parcel, ask: &Ask) -> Read {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct List {
        task: String,
        tokens: Vec<String>,
    }
    if !ask.is("application/json") {
        return Read::flawed(answers::WRONG, "Content-Type must be application/json");
    }
    let list: List = match strict::read(&ask.body) {
        Ok(list) => list,
        Err(why) => return Read::flawed(answers::WRONG, &why),
    };
    let mine = |saved: &Arc<Saved>| parcel.claimed(ask).is_some_and(|app| app == saved.app);
    let Some(saved) = parcel.tasks.find(&list.task).filter(mine) else {
        return Read::flawed(answers::WRONG, "task: this app never saved it");
    };
    let message = saved.message.clone();
    let flaw = if !(2..=1000).contains(&list.tokens.len()) {
        Some(Refusal::new(answers::WRONG, "tokens: 2 to 1000"))
    } else if message.title.as_deref() == Some(SINGLY) {
        Some(Refusal::new(answers::SINGLY, "this message cannot be sent to a list"))
    } else if list.tokens.iter().any(|token| is_strange(token)) {
        Some(Refusal::new(answers::STRANGER, "a token belongs to another app"))
    } else {
        None
    };
    let push = |token| Push { token, message: message.clone() };
    Read { pushes: list.tokens.into_iter().map(push).collect(), flaw }
}

fn open(parcel: Arc<Parcel>, ask: Ask, api: &'static str, read: Read, report: Report) -> Opened {
    let aims = aims_of(&read.pushes);
    let app = parcel.claimed(&ask);
    let judge = move |now| judge(&parcel, &ask, read, report, now).unwrap_or_else(refused);
    Opened { app, api, effect: Effect::Commit, aims, judge: Box::new(judge) }
}

fn aims_of(pushes: &[Push]) -> Vec<Aim> {
    let mut aims: Vec<Aim> = Vec::with_capacity(pushes.len());
    for (n, push) in pushes.iter().enumerate() {
        // The targets of a list share one message: read it once.
        let before =
            n.checked_sub(1).and_then(|n| pushes.get(n)).filter(|before| Arc::ptr_eq(&before.message, &push.message));
        let aim = match (before, aims.last()) {
            (Some(_), Some(aim)) => Aim { token: push.token.clone(), ..aim.clone() },
            _ => {
                let named = push.message.job();
                let facts = Arc::new(push.message.facts());
                Aim { token: push.token.clone(), job: named.id, mismatch: named.mismatch, facts }
            }
        };
        aims.push(aim);
    }
    aims
}

fn judge(parcel: &Parcel, ask: &Ask, read: Read, report: Report, now: u64) -> Result<Ruling, Refusal> {
    let app = parcel.admit(ask, now)?;
    if let Some(flaw) = read.flaw {
        return Err(flaw);
    }
    let pushes = read.pushes;
    if let Some(push) = pushes.iter().find(|push| !app.may(push.message.class())) {
        return Err(Refusal::new(answers::NO_RIGHT, format!("no right to class {}", push.message.class())));
    }
    if !parcel.desk.take(&app.name, pushes.len(), now) {
        return Err(Refusal::new(
            answers::TOO_FAST,
            format!("{} more targets are too many for this second", pushes.len()),
        ));
    }
    let words: Vec<Word> = pushes.iter().map(|push| word(parcel, &app, push)).collect();
    let taken = pushes.iter().zip(&words).filter(|(_, word)| word.accepted);
    if let Err(class) = app.draw(taken.map(|(push, _)| push.message.class())) {
        // Parcel's day ends at midnight UTC.
        let answer = answers::spent((now / 86_400_000 + 1) * 86_400_000);
        return Ok(Ruling::refused(answer, answers::SPENT, format!("the quota of class {class} is spent")));
    }
    let answer = report(parcel, &pushes, &words, now);
    Ok(Ruling { answer, words: Words::Each(words), degraded_to: None })
}

/// A token without the mark of a sealed one: `Sdead-1` is a dead sealed token.
fn bare(token: &str) -> &str {
    token.strip_prefix('S').unwrap_or(token)
}

/// `foreign-...`: a token of another app.
fn is_strange(token: &str) -> bool {
    bare(token).starts_with("foreign-")
}

fn word(parcel: &Parcel, app: &App, push: &Push) -> Word {
    if push.token.starts_with('S') != push.message.sealed.unwrap_or(false) {
        return Word::refused(answers::OTHER_TYPE, "the token is of the other type than the message says");
    }
    if is_strange(&push.token) {
        return Word::refused(answers::STRANGER, "the token belongs to another app");
    }
    match Fortune::of(bare(&push.token)) {
        Fortune::Dead => Word::refused(answers::UNREGISTERED, "unregistered token"),
        Fortune::Malformed => Word::refused(answers::MALFORMED, "malformed token"),
        Fortune::Capped => Word::refused(answers::CAPPED, "the device had its share today"),
        Fortune::Busy(times) if parcel.desk.is_busy(&app.name, &push.token, times) => {
            Word::refused(answers::BUSY, "the device is busy")
        }
        Fortune::Busy(_) | Fortune::Fine => Word::taken(answers::TAKEN),
    }
}

fn report_one(parcel: &Parcel, _pushes: &[Push], words: &[Word], now: u64) -> Answer {
    match words.first() {
        Some(word) if !word.accepted => Answer::json(200, &Value::Object(answers::about(&word.code, now))),
        _ => Answer::json(200, &json!({"code": 0, "id": parcel.next_id("push")})),
    }
}

/// Results come in another order than the messages, as the sheet allows.
fn report_many(_parcel: &Parcel, pushes: &[Push], words: &[Word], now: u64) -> Answer {
    let result = |(push, word): (&Push, &Word)| {
        let mut fields: Map<String, Value> = answers::about(&word.code, now);
        fields.insert("id".to_owned(), Value::from(push.message.id.as_deref()));
        Value::Object(fields)
    };
    let results: Vec<Value> = pushes.iter().zip(words).rev().map(result).collect();
    Answer::json(200, &json!({"code": 0, "results": results}))
}

fn report_list(parcel: &Parcel, pushes: &[Push], words: &[Word], now: u64) -> Answer {
    let bad = pushes.iter().zip(words).filter(|(_, word)| !word.accepted).map(|(push, word)| {
        let mut fields = answers::about(&word.code, now);
        fields.insert("token".to_owned(), Value::from(push.token.as_str()));
        Value::Object(fields)
    });
    let bad: Vec<Value> = bad.collect();
    Answer::json(200, &json!({"code": 0, "id": parcel.next_id("push"), "bad": bad}))
}
