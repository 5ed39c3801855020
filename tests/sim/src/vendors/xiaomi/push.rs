//! The calls that deliver: one message to up to 1000 devices, and a message for each device (sections 4.1 and 4.2).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;
use serde_json::{Map, json};

use super::answers::{
    BAD, EXCEEDED, ILLEGAL, MEDIA, MISSING, NO_SUCH_API, NO_TARGETS, QUOTA, REVIEW, TAKEN, TOO_FAST, TOO_LONG, success,
};
use super::apps::{App, Class};
use super::message::{Element, Message};
use super::{Xiaomi, rules};
use crate::form;
use crate::fortune::Fortune;
use crate::simulator::{Aim, Ask, Effect, Facts, Opened, Ruling, Word, Words};
use crate::strict;
use crate::vendors::Refusal;

/// Devices a call.
const MOST: usize = 1000;
/// Bytes of a call with several messages (unconfirmed).
const MOST_BYTES: usize = 1_000_000;

/// Which interface a call came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// `/v2/message/regid` and its later versions.
    One(u8),
    /// `/v2/multi_messages/regids`.
    Multi,
}

impl Way {
    const fn api(self) -> &'static str {
        match self {
            Self::One(_) => "send",
            Self::Multi => "multi",
        }
    }

    /// How many package names may stand in a message.
    const fn packages(self) -> usize {
        match self {
            Self::One(2) | Self::Multi => 1,
            Self::One(_) => usize::MAX,
        }
    }
}

/// What a call holds, as far as it could be read, and the first thing that is wrong with it.
#[derive(Default)]
struct Read {
    ids: Vec<String>,
    /// One for all ids, or one for each.
    messages: Vec<Arc<Message>>,
    flaw: Option<Refusal>,
}

impl Read {
    fn of(result: Result<Self, Refusal>) -> Self {
        result.unwrap_or_else(|flaw| Self { flaw: Some(flaw), ..Self::default() })
    }

    /// The message for id `n`.
    fn message(&self, n: usize) -> Option<&Arc<Message>> {
        self.messages.get(n).or_else(|| self.messages.first().filter(|_| self.messages.len() == 1))
    }
}

type Form = BTreeMap<String, String>;

fn form_of(ask: &Ask) -> Result<Form, Refusal> {
    if !ask.is("application/x-www-form-urlencoded") {
        return Err(Refusal::new(MEDIA, "Content-Type must be application/x-www-form-urlencoded, UTF-8"));
    }
    let fields = form::fields(&ask.body).ok_or_else(|| Refusal::new(ILLEGAL, "the form is not URL-encoded"))?;
    let count = fields.len();
    let form: Form = fields.into_iter().collect();
    if form.len() == count { Ok(form) } else { Err(Refusal::new(ILLEGAL, "a form field is repeated")) }
}

fn check_time(form: &Form) -> Result<(), Refusal> {
    let digits = |text: &String| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let fits = form.get("time_to_send").is_none_or(digits);
    if fits { Ok(()) } else { Err(Refusal::new(ILLEGAL, "time_to_send: milliseconds since 1970, or 0")) }
}

fn read_one(ask: &Ask) -> Result<Read, Refusal> {
    let form = form_of(ask)?;
    let ids = form.get("registration_id").filter(|ids| !ids.is_empty());
    let ids: Vec<String> =
        ids.ok_or_else(|| Refusal::new(MISSING, "registration_id is missing"))?.split(',').map(str::to_owned).collect();
    let rest = form.iter().filter(|(name, _)| !["registration_id", "time_to_send"].contains(&name.as_str()));
    let message = Message::of_form(rest.map(|(name, text)| (name.as_str(), text.as_str())));
    let count = (1..=MOST).contains(&ids.len()) && !ids.iter().any(String::is_empty);
    let count = if count { Ok(()) } else { Err(Refusal::new(ILLEGAL, "registration_id: 1 to 1000, joined with ,")) };
    let flaw = check_time(&form).err().or(message.as_ref().err().cloned()).or(count.err());
    Ok(Read { ids, messages: message.into_iter().map(Arc::new).collect(), flaw })
}

fn read_multi(ask: &Ask) -> Result<Read, Refusal> {
    if ask.body.len() > MOST_BYTES {
        return Err(Refusal::new(TOO_LONG, "a call of over 1 MB"));
    }
    let form = form_of(ask)?;
    check_time(&form)?;
    if let Some(other) = form.keys().find(|name| !["messages", "time_to_send"].contains(&name.as_str())) {
        return Err(Refusal::new(ILLEGAL, format!("unknown form field {other}")));
    }
    let text = form.get("messages").ok_or_else(|| Refusal::new(MISSING, "messages is missing"))?;
    let elements: Vec<&RawValue> =
        serde_json::from_str(text).map_err(|_| Refusal::new(ILLEGAL, "messages: a JSON array as text"))?;
    if !(1..=MOST).contains(&elements.len()) {
        return Err(Refusal::new(ILLEGAL, "messages: 1 to 1000"));
    }
    let mut read = Read::default();
    for (n, raw) in elements.iter().enumerate() {
        match strict::read::<Element>(raw.get().as_bytes()) {
            Ok(element) if element.target.is_empty() || element.target.contains(',') => {
                return Err(Refusal::new(ILLEGAL, format!("messages[{n}].target: one id")));
            }
            Ok(element) => {
                read.ids.push(element.target);
                read.messages.push(Arc::new(element.message));
            }
            Err(why) => return Err(Refusal::new(ILLEGAL, format!("messages[{n}]: {why}"))),
        }
    }
    Ok(read)
}

pub(super) fn open(xiaomi: Arc<Xiaomi>, ask: &Ask, way: Way) -> Opened {
    let read = Read::of(match way {
        Way::One(_) => read_one(ask),
        Way::Multi => read_multi(ask),
    });
    let admitted = xiaomi.admit(ask);
    let app = admitted.as_ref().ok().map(|app| app.name.clone());
    let aims = aims_of(admitted.as_deref().ok(), &read);
    let judge = move |now| {
        let ruling = admitted.and_then(|app| match way {
            Way::One(4) if app.overseas => Err(Refusal::new(NO_SUCH_API, "v4 is of the mainland alone")),
            _ => judge(&xiaomi, &app, way, &read, now),
        });
        ruling.unwrap_or_else(|refusal| xiaomi.refused(refusal))
    };
    Opened { app, api: way.api(), effect: Effect::Commit, aims, judge: Box::new(judge) }
}

fn aims_of(app: Option<&App>, read: &Read) -> Vec<Aim> {
    let class = |message: &Message| match message.channel() {
        Some(id) => app.and_then(|app| app.channels.get(id)).map(|channel| channel.class),
        None => Some(Class::Default),
    };
    let mut told: Vec<(String, bool, Arc<Facts>)> = Vec::with_capacity(read.messages.len());
    for message in &read.messages {
        let named = message.job();
        told.push((named.id, named.mismatch, Arc::new(message.facts(class(message)))));
    }
    let aim = |(n, token): (usize, &String)| {
        let of = told.get(n).or_else(|| told.first().filter(|_| told.len() == 1));
        let (job, mismatch, facts) = of.cloned().unwrap_or_default();
        Aim { token: token.clone(), job, mismatch, facts }
    };
    read.ids.iter().enumerate().map(aim).collect()
}

fn judge(xiaomi: &Xiaomi, app: &App, way: Way, read: &Read, now: u64) -> Result<Ruling, Refusal> {
    if let Some(flaw) = &read.flaw {
        return Err(flaw.clone());
    }
    if xiaomi.desk_is_suspended(app) {
        return Err(Refusal::new(super::answers::BLACKLIST, "the app is suspended"));
    }
    let mut classes = Vec::with_capacity(read.messages.len());
    for (n, message) in read.messages.iter().enumerate() {
        let place = |flaw: Refusal| match way {
            Way::One(_) => flaw,
            Way::Multi => Refusal::new(flaw.code, format!("messages[{n}]: {}", flaw.why)),
        };
        classes.push(rules::check(app, message, way.packages()).map_err(place)?);
        if message.has_forbidden_words() {
            return Err(place(Refusal::new(REVIEW, "forbidden words")));
        }
    }
    if !xiaomi.take_call(app, now) {
        return Err(Refusal::new(TOO_FAST, "one more call is too many for this second"));
    }
    let fine: Vec<bool> =
        read.ids.iter().map(|id| !matches!(Fortune::of(id), Fortune::Dead | Fortune::Malformed)).collect();
    let taken = fine.iter().filter(|fine| **fine).count();
    if taken == 0 {
        return Err(Refusal::new(NO_TARGETS, "every id is dead or malformed"));
    }
    let mut exceeded: BTreeMap<&str, usize> = BTreeMap::new();
    let words: Vec<Word> = match way {
        Way::One(_) => {
            let class = classes.first().copied().unwrap_or(Class::Default);
            if !app.draw(class, taken) {
                return Err(Refusal::new(QUOTA, "the day's total of the class is spent"));
            }
            fine.iter().map(|fine| word(*fine, true)).collect()
        }
        Way::Multi => {
            let each = fine.iter().zip(&classes).enumerate();
            each.map(|(n, (fine, class))| {
                let drawn = !fine || app.draw(*class, 1);
                if !drawn {
                    let channel = read.message(n).and_then(|message| message.channel()).unwrap_or("no_channel");
                    *exceeded.entry(channel).or_default() += 1;
                }
                word(*fine, drawn)
            })
            .collect()
        }
    };
    let mut data = Map::new();
    let serial = xiaomi.next();
    let bad: Vec<&str> = read.ids.iter().zip(&fine).filter(|(_, fine)| !**fine).map(|(id, _)| id.as_str()).collect();
    if !bad.is_empty() && (way != Way::Multi || app.multi_names_bad) {
        // The spelling is unconfirmed: both are met.
        let name = if serial.is_multiple_of(2) { BAD } else { "badRegIds" };
        data.insert(name.to_owned(), json!(bad.join(",")));
    }
    if let Some((quota, acked)) = classes.first().and_then(|class| app.day(*class)) {
        data.insert("day_quota".to_owned(), json!(quota.to_string()));
        data.insert("day_acked".to_owned(), json!(acked.to_string()));
    }
    if !exceeded.is_empty() {
        let counts: Vec<String> = exceeded.iter().map(|(channel, count)| format!("{channel}:{count}")).collect();
        data.insert(EXCEEDED.to_owned(), json!(counts.join(" ")));
    }
    let answer = success(read.ids.len(), data, serial);
    Ok(Ruling { answer, words: Words::Each(words), degraded_to: None })
}

fn word(fine: bool, drawn: bool) -> Word {
    match (fine, drawn) {
        (false, _) => Word::refused(BAD, "dead or malformed"),
        (true, false) => Word::refused(EXCEEDED, "the day's total of the class is spent"),
        (true, true) => Word::taken(TAKEN),
    }
}
