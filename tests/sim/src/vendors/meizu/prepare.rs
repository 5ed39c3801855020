//! The calls after which nothing is delivered yet: a task is made (section 4.4), a picture taken over (section 4.5).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::answers::{self, PARAMETER, TAKEN};
use super::form::Form;
use super::message::Content;
use super::rules::{self, require};
use super::{Meizu, push, refused};
use crate::simulator::{Ask, Effect, Opened, Ruling};
use crate::vendors::Refusal;

/// Tasks that are remembered.
const REMEMBERED: usize = 100_000;
/// The first task's number: that of the sheet's sample.
const FIRST_TASK: u64 = 20_457;
/// A picture is kept three days at most.
const PICTURE_MS: u64 = 3 * 24 * 3_600_000;

/// Tasks by number.
#[derive(Default)]
pub(super) struct Tasks {
    inner: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    count: u64,
    /// The last of them, their numbers without a gap.
    tasks: VecDeque<Task>,
}

struct Task {
    id: u64,
    app_id: String,
    content: Arc<Content>,
}

impl Tasks {
    fn add(&self, app_id: &str, content: Content) -> u64 {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let id = FIRST_TASK + inner.count;
        inner.count += 1;
        inner.tasks.push_back(Task { id, app_id: app_id.to_owned(), content: Arc::new(content) });
        if inner.tasks.len() > REMEMBERED {
            inner.tasks.pop_front();
        }
        id
    }

    pub(super) fn find(&self, app_id: &str, id: &str) -> Option<Arc<Content>> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let at = id.parse::<u64>().ok()?.checked_sub(inner.tasks.front()?.id)?;
        let task = inner.tasks.get(usize::try_from(at).ok()?).filter(|task| task.app_id == app_id)?;
        Some(Arc::clone(&task.content))
    }

    pub(super) fn forget(&self) {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).tasks.clear();
    }
}

/// Pictures by app and address, with the time of their upload.
#[derive(Default)]
pub(super) struct Pictures {
    inner: Mutex<HashMap<(String, String), u64>>,
}

impl Pictures {
    /// Takes a picture over. The same source has the same address.
    fn add(&self, app_id: &str, source: &str, now: u64) -> String {
        let name: String = Sha256::digest(source).iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let url = format!("https://image.res.meizu.com/push/{name}.png");
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.insert((app_id.to_owned(), url.clone()), now);
        url
    }

    pub(super) fn has(&self, app_id: &str, url: &str, now: u64) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.get(&(app_id.to_owned(), url.to_owned())).is_some_and(|at| now < at.saturating_add(PICTURE_MS))
    }
}

pub(super) fn open_task(meizu: Arc<Meizu>, ask: &Ask) -> Opened {
    open(meizu, ask, "task_id", |meizu, form, now| {
        let app = meizu.admit(form)?;
        form.only(&["pushType", "messageJson"])?;
        require(form.need("pushType")? == "0", "pushType: this simulator plays notifications, 0")?;
        let content = push::shown(form)?;
        if let Content::Shown(message) = &content {
            rules::check(&app, message, |url| meizu.pictures.has(&app.app_id, url, now))?;
        }
        require(!content.has_forbidden_words(), "forbidden words in title or content")?;
        let id = meizu.tasks.add(&app.app_id, content);
        let number: u64 = app.app_id.parse().unwrap_or_default();
        Ok(Ruling::done(answers::value(&json!({"taskId": id, "pushType": 0, "appId": number})), TAKEN))
    })
}

pub(super) fn open_upload(meizu: Arc<Meizu>, ask: &Ask) -> Opened {
    open(meizu, ask, "upload", |meizu, form, now| {
        let app = meizu.admit(form)?;
        form.only(&["imgType", "imgUrl"])?;
        require(["0", "1", "3", "4", "5", "6"].contains(&form.need("imgType")?), "imgType: 0, 1, 3, 4, 5 or 6")?;
        let source = form.need("imgUrl")?;
        if !source.starts_with("https://") && !source.starts_with("http://") {
            return Err(Refusal::new(PARAMETER, "imgUrl: a web address"));
        }
        let url = meizu.pictures.add(&app.app_id, source, now);
        Ok(Ruling::done(answers::value(&json!({ "imgUrl": url })), TAKEN))
    })
}

type Rule = fn(&Meizu, &Form, u64) -> Result<Ruling, Refusal>;

fn open(meizu: Arc<Meizu>, ask: &Ask, api: &'static str, rule: Rule) -> Opened {
    let form = Form::read(ask);
    let app = form.as_ref().ok().and_then(|form| meizu.claimed(form));
    let judge = move |now| form.and_then(|form| rule(&meizu, &form, now)).unwrap_or_else(refused);
    Opened { app, api, effect: Effect::Prepare, aims: Vec::new(), judge: Box::new(judge) }
}
