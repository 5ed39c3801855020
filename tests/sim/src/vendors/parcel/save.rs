//! `save`: a message without a token, kept until a `list` names it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::message::Message;
use super::{Parcel, answers, refused};
use crate::simulator::{Answer, Ask, Effect, Opened, Ruling};
use crate::strict;
use crate::vendors::Refusal;

/// How many saved messages are kept; the oldest go first, so that a long run does not grow.
const KEPT: usize = 50_000;

/// A saved message and the app that saved it.
pub(super) struct Saved {
    pub(super) app: String,
    pub(super) message: Arc<Message>,
}

/// Saved messages by task.
#[derive(Default)]
pub(super) struct Tasks {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    by_task: HashMap<String, Arc<Saved>>,
    order: VecDeque<String>,
}

impl Tasks {
    fn keep(&self, task: &str, saved: Saved) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.by_task.insert(task.to_owned(), Arc::new(saved));
        inner.order.push_back(task.to_owned());
        if inner.order.len() > KEPT
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.by_task.remove(&oldest);
        }
    }

    pub(super) fn find(&self, task: &str) -> Option<Arc<Saved>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).by_task.get(task).cloned()
    }
}

pub(super) fn open(parcel: Arc<Parcel>, ask: Ask) -> Opened {
    Opened {
        app: parcel.claimed(&ask),
        api: "save",
        effect: Effect::Prepare,
        aims: Vec::new(),
        judge: Box::new(move |now| judge(&parcel, &ask, now).unwrap_or_else(refused)),
    }
}

fn judge(parcel: &Parcel, ask: &Ask, now: u64) -> Result<Ruling, Refusal> {
    let app = parcel.admit(ask, now)?;
    if !ask.is("application/json") {
        return Err(Refusal::new(answers::WRONG, "Content-Type must be application/json"));
    }
    let message: Message = strict::read(&ask.body).map_err(|why| Refusal::new(answers::WRONG, why))?;
    message.check(&ask.body, false)?;
    if !app.may(message.class()) {
        return Err(Refusal::new(answers::NO_RIGHT, format!("no right to class {}", message.class())));
    }
    let task = parcel.next_id("task");
    parcel.tasks.keep(&task, Saved { app: app.name.clone(), message: Arc::new(message) });
    Ok(Ruling::done(Answer::json(200, &json!({"code": 0, "task": task})), answers::TAKEN))
}
