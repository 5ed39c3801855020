//! The calls that deliver (sections 4.1, 4.3 c and 4.4).

use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::answers::{
    self, DAILY, FAILED, FOLDED, ILLEGAL, PACKAGE, PARAMETER, PUBLIC_CAP, SWITCHED_OFF, TAKEN, TASK, TOO_FAST,
    TRANSPARENT, UNREGISTERED,
};
use super::apps::App;
use super::form::Form;
use super::message::{Content, Message, Transparent};
use super::rules::{self, require};
use super::{Meizu, refused};
use crate::fortune::Fortune;
use crate::simulator::{Aim, Ask, Effect, Opened, Ruling, Word, Words};
use crate::strict;
use crate::vendors::Refusal;

/// Ids in a call, since 21 August 2023.
const MOST: usize = 100;
/// Package names of a multi-package app.
const MOST_PACKAGES: usize = 50;

pub(super) fn open_shown(meizu: Arc<Meizu>, ask: &Ask) -> Opened {
    let form = Form::read(ask);
    let content = read(&form, |form| Ok(Arc::new(shown(form)?)));
    open(meizu, form, "push", content, &["pushIds", "messageJson", "restrictedPackageNames"])
}

pub(super) fn open_transparent(meizu: Arc<Meizu>, ask: &Ask) -> Opened {
    let form = Form::read(ask);
    let content = read(&form, |form| Ok(Arc::new(Content::Transparent(json::<Transparent>(form)?))));
    open(meizu, form, "transparent", content, &["pushIds", "messageJson", "restrictedPackageNames"])
}

pub(super) fn open_task(meizu: Arc<Meizu>, ask: &Ask) -> Opened {
    let form = Form::read(ask);
    let content = read(&form, |form| {
        let id = form.need("taskId")?;
        let content = meizu.tasks.find(form.get("appId").unwrap_or_default(), id);
        content.ok_or_else(|| Refusal::new(TASK, "taskId: this app has no such task"))
    });
    open(meizu, form, "task_push", content, &["pushIds", "taskId"])
}

/// The notification in a form.
pub(super) fn shown(form: &Form) -> Result<Content, Refusal> {
    Ok(Content::Shown(Box::new(json::<Message>(form)?)))
}

fn json<T: DeserializeOwned>(form: &Form) -> Result<T, Refusal> {
    let text = form.need("messageJson")?;
    strict::read(text.as_bytes()).map_err(|why| Refusal::new(PARAMETER, format!("messageJson: {why}")))
}

type Read = Result<Arc<Content>, Refusal>;

fn read(form: &Result<Form, Refusal>, content: impl FnOnce(&Form) -> Read) -> Read {
    form.as_ref().map_err(Clone::clone).and_then(content)
}

fn open(
    meizu: Arc<Meizu>,
    form: Result<Form, Refusal>,
    api: &'static str,
    content: Read,
    names: &'static [&'static str],
) -> Opened {
    let ids = form.as_ref().ok().and_then(|form| form.get("pushIds")).unwrap_or_default();
    let tokens: Vec<String> = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    let aims = match &content {
        Err(_) => tokens.iter().map(|token| bare(token)).collect(),
        Ok(content) => {
            let (named, facts) = (content.job(), Arc::new(content.facts()));
            let aim = |token: &String| Aim {
                token: token.clone(),
                job: named.id.clone(),
                mismatch: named.mismatch,
                facts: Arc::clone(&facts),
            };
            tokens.iter().map(aim).collect()
        }
    };
    let app = form.as_ref().ok().and_then(|form| meizu.claimed(form));
    let judge = move |now| judge(&meizu, form, content, &tokens, names, now).unwrap_or_else(refused);
    Opened { app, api, effect: Effect::Commit, aims, judge: Box::new(judge) }
}

/// The target of a message that cannot be read.
fn bare(token: &str) -> Aim {
    Aim { token: token.to_owned(), job: String::new(), mismatch: false, facts: Arc::default() }
}

fn judge(
    meizu: &Meizu,
    form: Result<Form, Refusal>,
    content: Read,
    tokens: &[String],
    names: &[&str],
    now: u64,
) -> Result<Ruling, Refusal> {
    let form = form?;
    let app = meizu.admit(&form)?;
    form.only(names)?;
    let ids = form.need("pushIds")?;
    require((1..=MOST).contains(&tokens.len()), "pushIds: 1 to 100")?;
    let clean = |id: &str| !id.is_empty() && !id.contains(char::is_whitespace);
    require(ids.split(',').all(clean), "pushIds: joined with a comma, no blanks")?;
    check_packages(&app, form.get("restrictedPackageNames"))?;
    let content = content?;
    match &*content {
        Content::Shown(message) => rules::check(&app, message, |url| meizu.pictures.has(&app.app_id, url, now))?,
        Content::Transparent(message) => rules::check_transparent(&app, message)?,
    }
    require(!content.has_forbidden_words(), "forbidden words in title or content")?;
    if matches!(*content, Content::Transparent(_)) && !app.transparent {
        return Err(Refusal::new(TRANSPARENT, "transparent messages are discontinued"));
    }
    if !meizu.desk.take(&app.name, tokens.len(), now) {
        return Err(Refusal::new(TOO_FAST, format!("{} more ids are too many for this second", tokens.len())));
    }
    let words: Vec<Word> = tokens.iter().map(|token| word(meizu, &app, token, &content, now)).collect();
    if !app.draw(words.iter().filter(|word| word.accepted).count()) {
        return Err(Refusal::new(DAILY, "the app's pushes of the day are used up"));
    }
    let answer = answers::processed(&meizu.next_id(), tokens, &words);
    Ok(Ruling { answer, words: Words::Each(words), degraded_to: None })
}

fn check_packages(app: &App, packages: Option<&str>) -> Result<(), Refusal> {
    let Some(packages) = packages else { return Ok(()) };
    let known = |package: &str| app.packages.iter().any(|known| known == package);
    if packages.split(',').count() > MOST_PACKAGES || !packages.split(',').all(known) {
        return Err(Refusal::new(PACKAGE, "restrictedPackageNames: at most 50, all of them the app's"));
    }
    Ok(())
}

fn word(meizu: &Meizu, app: &App, token: &str, content: &Content, now: u64) -> Word {
    let public = content.is_public();
    match Fortune::of(token) {
        Fortune::Dead => Word::refused(UNREGISTERED, "unregistered id"),
        Fortune::Malformed => Word::refused(ILLEGAL, "illegal id"),
        Fortune::Capped if public => Word::refused(PUBLIC_CAP, "the device had its public messages of the day"),
        Fortune::Busy(times) if meizu.desk.is_busy(&app.name, token, times) => {
            Word::refused(FAILED, "the device is busy")
        }
        _ if token.starts_with("off-") => Word::refused(SWITCHED_OFF, "the device's message switch is off"),
        _ if token.starts_with("folded-") => Word::refused(FOLDED, "more than 5 a minute for this device"),
        _ if public && !app.may_have_public(token, now) => {
            Word::refused(PUBLIC_CAP, "the device had its public messages of the day")
        }
        _ => Word::taken(TAKEN),
    }
}
