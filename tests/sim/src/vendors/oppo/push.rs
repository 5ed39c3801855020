//! The calls that deliver: `unicast`, `unicast_batch` and `broadcast` (sections 4.1 to 4.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::answers::{
    DUPLICATE, ENCODING, ID_ILLEGAL, ID_REPEATED, ID_UNSUBSCRIBED, ILLEGAL, MISSING, NO_DATA, QUOTA, TAKEN, TOO_FAST,
    number, refusal, success, text,
};
use super::apps::App;
use super::form::Form;
use super::notification::{Message, Notification};
use super::rules::{self, Way, require};
use super::{Oppo, refused};
use crate::fortune::Fortune;
use crate::simulator::{Aim, Answer, Ask, Effect, Opened, Ruling, Word, Words};
use crate::strict;
use crate::vendors::Refusal;

/// Messages of a batch, ids of a broadcast.
const MOST: usize = 1000;

/// What goes to one registration id.
struct Push {
    id: String,
    shown: Arc<Notification>,
}

/// What a call holds, as far as it could be read, and the first thing that is wrong with it.
#[derive(Default)]
struct Read {
    pushes: Vec<Push>,
    flaw: Option<Refusal>,
}

impl Read {
    /// Reads one more message.
    fn add(&mut self, raw: &[u8], place: &str) {
        let flaw = match strict::read::<Message>(raw) {
            Err(why) if why.contains("missing field") => Some(Refusal::new(MISSING, why)),
            Err(why) => Some(Refusal::new(ILLEGAL, why)),
            Ok(message) => {
                let one = !message.target_value.is_empty() && !message.target_value.contains([';', ',']);
                let to_id = require(message.target_type == 2, "target_type: this simulator plays registration ids, 2");
                let flaw = to_id.and(require(one, "registration_id: exactly one")).err();
                self.pushes.push(Push { id: message.target_value, shown: Arc::new(message.notification) });
                flaw
            }
        };
        if let (None, Some(flaw)) = (&self.flaw, flaw) {
            self.flaw = Some(Refusal::new(flaw.code, format!("{place}{}", flaw.why)));
        }
    }
}

/// How a call answers, from the pushes and the word about each.
type Report = fn(&Oppo, &App, &[Push], &[Word]) -> Answer;

pub(super) fn open_unicast(oppo: Arc<Oppo>, ask: &Ask) -> Opened {
    let form = Form::read(ask);
    let read = catch(form.as_ref(), |form| {
        form.only(&["auth_token", "message", "sdk_version"])?;
        let mut read = Read::default();
        read.add(form.need("message")?.as_bytes(), "");
        Ok(read)
    });
    open(oppo, form, "unicast", Way::Unicast, read, report_unicast)
}

pub(super) fn open_batch(oppo: Arc<Oppo>, ask: &Ask) -> Opened {
    let form = Form::read(ask);
    let read = catch(form.as_ref(), |form| {
        form.only(&["auth_token", "messages", "sdk_version"])?;
        let messages: Vec<&RawValue> = serde_json::from_str(form.need("messages")?)
            .map_err(|_| Refusal::new(ILLEGAL, "messages: a JSON array as text"))?;
        require((1..=MOST).contains(&messages.len()), "messages: 1 to 1000")?;
        let mut read = Read::default();
        for (n, raw) in messages.iter().enumerate() {
            read.add(raw.get().as_bytes(), &format!("message {n}: "));
        }
        Ok(read)
    });
    open(oppo, form, "unicast_batch", Way::Unicast, read, report_batch)
}

pub(super) fn open_broadcast(oppo: Arc<Oppo>, ask: &Ask) -> Opened {
    let form = Form::read(ask);
    let read = catch(form.as_ref(), |form| {
        form.only(&[
            "auth_token",
            "message_id",
            "target_type",
            "target_value",
            "verify_registration_id",
            "sdk_version",
        ])?;
        let message_id = form.need("message_id")?;
        let app = form.get("auth_token").and_then(|token| oppo.claimed(token)).unwrap_or_default();
        let shown = oppo.contents.find(&app, message_id);
        let shown = shown.ok_or_else(|| Refusal::new(NO_DATA, "message_id: this app never saved it"))?;
        let ids: Vec<&str> = form.need("target_value")?.split(';').collect();
        let push = |id: &str| Push { id: id.to_owned(), shown: shown.clone() };
        let mut read = Read { pushes: ids.iter().map(|id| push(id)).collect(), flaw: None };
        let fit = ids.len() <= MOST && !ids.iter().any(|id| id.is_empty() || id.contains(','));
        let verify = form.get("verify_registration_id").is_none_or(|text| text == "true" || text == "false");
        let flaw = require(form.need("target_type")? == "2", "target_type: this simulator plays registration ids, 2")
            .and(require(fit, "target_value: at most 1000 ids, joined with ;"))
            .and(require(verify, "verify_registration_id: true or false"));
        read.flaw = flaw.err();
        Ok(read)
    });
    open(oppo, form, "broadcast", Way::Broadcast, read, report_broadcast)
}

fn catch(form: Result<&Form, &Refusal>, read: impl FnOnce(&Form) -> Result<Read, Refusal>) -> Read {
    let read = form.map_err(Clone::clone).and_then(read);
    read.unwrap_or_else(|flaw| Read { pushes: Vec::new(), flaw: Some(flaw) })
}

fn open(
    oppo: Arc<Oppo>,
    form: Result<Form, Refusal>,
    api: &'static str,
    way: Way,
    read: Read,
    report: Report,
) -> Opened {
    let token = form.ok().and_then(|form| form.get("auth_token").map(str::to_owned));
    let app = token.as_deref().and_then(|token| oppo.claimed(token));
    let aims = aims_of(&read.pushes);
    let judge = move |now| judge(&oppo, token.as_deref(), way, read, report, now).unwrap_or_else(refused);
    Opened { app, api, effect: Effect::Commit, aims, judge: Box::new(judge) }
}

fn aims_of(pushes: &[Push]) -> Vec<Aim> {
    let mut aims: Vec<Aim> = Vec::with_capacity(pushes.len());
    let mut last: Option<&Arc<Notification>> = None;
    for push in pushes {
        // The targets of a broadcast share one message: read it once.
        let shared = last.is_some_and(|last| Arc::ptr_eq(last, &push.shown));
        let aim = match aims.last().filter(|_| shared) {
            Some(aim) => Aim { token: push.id.clone(), ..aim.clone() },
            None => {
                let named = push.shown.job();
                let facts = Arc::new(push.shown.facts());
                Aim { token: push.id.clone(), job: named.id, mismatch: named.mismatch, facts }
            }
        };
        last = Some(&push.shown);
        aims.push(aim);
    }
    aims
}

fn judge(oppo: &Oppo, token: Option<&str>, way: Way, read: Read, report: Report, now: u64) -> Result<Ruling, Refusal> {
    // What is no form has no token either.
    if let Some(flaw) = read.flaw.as_ref().filter(|flaw| flaw.code == ENCODING) {
        return Err(flaw.clone());
    }
    let app = oppo.admit(token, now)?;
    if let Some(flaw) = read.flaw {
        return Err(flaw);
    }
    let pushes = read.pushes;
    if way == Way::Unicast {
        pushes.iter().try_for_each(|push| rules::check(&app, &push.shown, way))?;
    }
    let forbidden = pushes.iter().any(|push| push.shown.has_forbidden_words());
    require(!forbidden, "forbidden words in title or content")?;
    if !oppo.desk.take(&app.name, pushes.len(), now) {
        return Err(Refusal::new(TOO_FAST, format!("{} more users are too many for this second", pushes.len())));
    }
    let mut words: Vec<Word> = Vec::with_capacity(pushes.len());
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for push in &pushes {
        let times = met.entry(&push.id).or_default();
        *times += 1;
        let repeated = *times > 1 && (way == Way::Broadcast || app.refuse_repeats);
        words.push(word(oppo, &app, push, way, repeated));
    }
    let marketing = pushes.iter().zip(&words).filter(|(push, word)| word.accepted && !push.shown.is_service()).count();
    if marketing > 0 && !app.draw(marketing) {
        return Err(Refusal::new(QUOTA, "the day's content & marketing messages are used up"));
    }
    if way == Way::Unicast {
        let taken = pushes.iter().zip(&words).filter(|(_, word)| word.accepted);
        taken.for_each(|(push, _)| oppo.remember(&app, &push.id, &push.shown));
    }
    let answer = report(oppo, &app, &pushes, &words);
    Ok(Ruling { answer, words: Words::Each(words), degraded_to: None })
}

fn word(oppo: &Oppo, app: &App, push: &Push, way: Way, repeated: bool) -> Word {
    match Fortune::of(&push.id) {
        Fortune::Dead => Word::refused(ID_UNSUBSCRIBED, "unsubscribed id"),
        Fortune::Malformed => Word::refused(ID_ILLEGAL, "malformed id"),
        _ if repeated => Word::refused(ID_REPEATED, "the id stands in the call already"),
        _ if way == Way::Unicast && oppo.remembers(app, &push.id, &push.shown) => {
            Word::refused(DUPLICATE, "this app_message_id was pushed to this id already")
        }
        // The daily cap of a device and a busy one are not told at once (section 7).
        Fortune::Fine | Fortune::Capped | Fortune::Busy(_) => Word::taken(TAKEN),
    }
}

fn report_unicast(oppo: &Oppo, app: &App, _pushes: &[Push], words: &[Word]) -> Answer {
    match words.first() {
        Some(word) if !word.accepted => refusal(&word.code),
        _ => success("", &json!({"messageId": oppo.next_id(app, "1-1")})),
    }
}

/// A failed element has an `errorCode`, as a number or as text; also a failed one may have a `messageId`.
fn report_batch(oppo: &Oppo, app: &App, pushes: &[Push], words: &[Word]) -> Answer {
    let element = |(n, (push, word)): (usize, (&Push, &Word))| {
        let mut element = json!({"messageId": oppo.next_id(app, "1-1"), "registrationId": push.id});
        if !word.accepted {
            element["errorCode"] = if n % 2 == 0 { number(&word.code) } else { json!(word.code) };
            element["errorMessage"] = json!(text(&word.code));
        }
        element
    };
    let elements: Vec<Value> = pushes.iter().zip(words).enumerate().map(element).collect();
    success("", &Value::from(elements))
}

/// Members of `data` whose name is all digits list the ids that have that code.
fn report_broadcast(oppo: &Oppo, app: &App, pushes: &[Push], words: &[Word]) -> Answer {
    let mut codes: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (push, word) in pushes.iter().zip(words).filter(|(_, word)| !word.accepted) {
        codes.entry(&word.code).or_default().push(&push.id);
    }
    let mut data = Map::new();
    data.insert("message_id".to_owned(), json!(oppo.next_id(app, "1-3")));
    data.insert("task_id".to_owned(), json!(oppo.next_id(app, "1-3")));
    data.extend(codes.into_iter().map(|(code, ids)| (code.to_owned(), json!(ids))));
    success("success", &Value::Object(data))
}
