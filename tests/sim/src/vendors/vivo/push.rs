//! The calls that deliver: `send` to one device, `pushToList` to up to 1000 (sections 4.1 and 4.2).

use std::collections::HashSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::apps::App;
use super::message::{self, Message};
use super::rules::{check, check_for, request_id, require};
use super::{Vivo, answers, refused};
use crate::fortune::Fortune;
use crate::simulator::{Aim, Answer, Ask, Effect, Facts, Opened, Ruling, Word, Words};
use crate::strict::Maybe;
use crate::vendors::Refusal;

/// What a call holds, as far as it could be read, and the first thing that is wrong with it.
struct Read {
    api: &'static str,
    tokens: Vec<String>,
    message: Arc<Message>,
    request_id: String,
    app_id: Option<u64>,
    /// The task of a list, for the vendor's answer a new one.
    flaw: Option<Refusal>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct List {
    app_id: Maybe<u64>,
    reg_ids: Maybe<Vec<String>>,
    aliases: Maybe<Vec<String>>,
    task_id: Maybe<String>,
    request_id: Maybe<String>,
    push_mode: Maybe<i64>,
}

pub(super) fn open_send(vivo: Arc<Vivo>, ask: Ask) -> Opened {
    let read = match message::read::<Message>(ask.is("application/json"), &ask.body) {
        Ok(message) => Read {
            api: "send",
            tokens: message.reg_id.iter().cloned().collect(),
            request_id: message.request_id.0.clone().unwrap_or_default(),
            app_id: message.app_id.0,
            flaw: check(&message, false).err(),
            message: Arc::new(message),
        },
        Err(flaw) => unreadable("send", &ask, flaw),
    };
    open(vivo, ask, read)
}

pub(super) fn open_list(vivo: Arc<Vivo>, ask: Ask) -> Opened {
    let read = match message::read::<List>(ask.is("application/json"), &ask.body) {
        Ok(list) => {
            let mine = |task: &String| {
                let saved = vivo.tasks.find(task)?;
                (vivo.claimed(&ask)? == saved.app).then(|| saved.message.clone())
            };
            let saved = list.task_id.as_ref().and_then(mine);
            let flaw = check_list(&list)
                .and_then(|()| require(saved.is_some(), answers::TASK, "taskId: this app never saved it"));
            Read {
                api: "list",
                tokens: list.reg_ids.0.unwrap_or_default(),
                request_id: list.request_id.0.unwrap_or_default(),
                app_id: list.app_id.0,
                flaw: flaw.err(),
                message: saved.unwrap_or_default(),
            }
        }
        Err(flaw) => unreadable("list", &ask, flaw),
    };
    open(vivo, ask, read)
}

fn check_list(list: &List) -> Result<(), Refusal> {
    let tokens = list.reg_ids.as_deref().unwrap_or_default();
    require(list.reg_ids.is_some() || list.aliases.is_some(), answers::NO_LIST, "regIds and aliases are both empty")?;
    require(list.reg_ids.is_some(), answers::UNREADABLE, "this simulator plays no aliases; send to regIds")?;
    require((2..=1000).contains(&tokens.len()), answers::COUNT, "regIds: 2 to 1000")?;
    let distinct: HashSet<&String> = tokens.iter().collect();
    require(distinct.len() == tokens.len(), answers::COUNT, "regIds: one of them stands there twice")?;
    require(list.task_id.as_ref().is_some_and(|id| !id.is_empty()), answers::TASK, "taskId is empty")?;
    require(list.push_mode.is_none_or(|mode| mode == 0 || mode == 1), answers::UNREADABLE, "pushMode: 0 or 1")?;
    request_id(list.request_id.as_deref())
}

/// The tokens of a body that is wrong, for faults and the seen log.
fn unreadable(api: &'static str, ask: &Ask, flaw: Refusal) -> Read {
    let value: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
    let listed = value.get("regIds").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let tokens = value.get("regId").into_iter().chain(listed).filter_map(Value::as_str).map(str::to_owned).collect();
    let request_id = value.get("requestId").and_then(Value::as_str).unwrap_or_default().to_owned();
    Read { api, tokens, message: Arc::default(), request_id, app_id: None, flaw: Some(flaw) }
}

fn open(vivo: Arc<Vivo>, ask: Ask, read: Read) -> Opened {
    let named = read.message.job(Some(&read.request_id));
    let facts: Arc<Facts> = Arc::new(read.message.facts());
    let aim = |token: &String| Aim {
        token: token.clone(),
        job: named.id.clone(),
        mismatch: named.mismatch,
        facts: facts.clone(),
    };
    let aims = read.tokens.iter().map(aim).collect();
    let app = vivo.claimed(&ask);
    let api = read.api;
    let judge = move |now| judge(&vivo, &ask, read, now).unwrap_or_else(refused);
    Opened { app, api, effect: Effect::Commit, aims, judge: Box::new(judge) }
}

fn judge(vivo: &Vivo, ask: &Ask, read: Read, now: u64) -> Result<Ruling, Refusal> {
    let app = vivo.admit(ask, now)?;
    if let Some(flaw) = read.flaw {
        return Err(flaw);
    }
    let Read { api, tokens, message, request_id, app_id, .. } = read;
    require(app_id.is_none_or(|id| id == app.app_id), answers::OTHER_APP, "appId is not the token's app")?;
    check_for(&app, &message, now)?;
    let fresh = vivo.requests.may_be(&app.name, &request_id, &tokens, &message, api);
    require(fresh, answers::ID_EMPTY, "requestId was used for another device or another text")?;
    require(vivo.desk.take(&app.name, tokens.len(), now), answers::TOO_FAST, "too many devices for this second")?;
    let words: Vec<(Word, i64)> = tokens.iter().map(|token| word(&app, &message, token)).collect();
    let taken = words.iter().filter(|(word, _)| word.accepted).count();
    let (counter, spent) = match message.is_system() {
        true => ("system", answers::SYSTEM_SPENT),
        false => ("operational", answers::OPERATIONAL_SPENT),
    };
    // Test messages are counted apart, and nobody knows how.
    require(message.is_test() || app.draw(counter, taken), spent, "the day's total is spent")?;
    let answer = match api {
        "send" => single(vivo, &tokens, &words),
        _ => listed(&tokens, &words),
    };
    Ok(Ruling { answer, words: Words::Each(words.into_iter().map(|(word, _)| word).collect()), degraded_to: None })
}

/// What becomes of one device, with its `status`.
fn word(app: &App, message: &Message, token: &str) -> (Word, i64) {
    let refused = |status: i64, why: &str| (Word::refused(format!("status_{status}"), why), status);
    match Fortune::of(token) {
        _ if message.is_test() && !app.tests_on(token) => refused(answers::NO_TEST_DEVICE, "not a test device"),
        Fortune::Dead => refused(answers::GONE, "uninstalled or unsubscribed"),
        Fortune::Malformed => refused(answers::UNKNOWN, "no id of this app"),
        _ => (Word::taken(answers::TAKEN), 0),
    }
}

fn single(vivo: &Vivo, tokens: &[String], words: &[(Word, i64)]) -> Answer {
    match (tokens.first(), words.first()) {
        (Some(token), Some((word, status))) if !word.accepted => {
            answers::said(answers::ILLEGAL, &[("invalidUser", answers::invalid(*status, token))])
        }
        _ => answers::said(answers::TAKEN, &[("taskId", json!(vivo.next_task()))]),
    }
}

/// `invalidUsers` is left out where all were taken.
fn listed(tokens: &[String], words: &[(Word, i64)]) -> Answer {
    let bad = tokens.iter().zip(words).filter(|(_, (word, _))| !word.accepted);
    let bad: Vec<Value> = bad.map(|(token, (_, status))| answers::invalid(*status, token)).collect();
    if bad.is_empty() {
        return answers::said(answers::TAKEN, &[]);
    }
    answers::said(answers::TAKEN, &[("invalidUsers", json!(bad))])
}
