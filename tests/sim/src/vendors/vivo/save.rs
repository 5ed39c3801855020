//! `saveListPayload`: a message without targets, kept until a list names it (section 4.2).

use std::sync::Arc;

use serde_json::json;

use super::keep::Saved;
use super::message::{self, Message};
use super::rules::{check, check_for, require};
use super::{Vivo, answers, refused};
use crate::simulator::{Ask, Effect, Opened, Ruling};
use crate::vendors::Refusal;

pub(super) fn open(vivo: Arc<Vivo>, ask: Ask) -> Opened {
    Opened {
        app: vivo.claimed(&ask),
        api: "save",
        effect: Effect::Prepare,
        aims: Vec::new(),
        judge: Box::new(move |now| judge(&vivo, &ask, now).unwrap_or_else(refused)),
    }
}

fn judge(vivo: &Vivo, ask: &Ask, now: u64) -> Result<Ruling, Refusal> {
    let app = vivo.admit(ask, now)?;
    let message: Message = message::read(ask.is("application/json"), &ask.body)?;
    check(&message, true)?;
    check_for(&app, &message, now)?;
    let id = message.request_id.as_deref().unwrap_or_default();
    let fresh = vivo.requests.may_be(&app.name, id, &[], &message, "save");
    require(fresh, answers::ID_EMPTY, "requestId was used for another text")?;
    require(app.draw("lists", 1), answers::LISTS_SPENT, "the day's number of saved payloads is spent")?;
    let task = vivo.next_task();
    vivo.tasks.keep(&task, Saved { app: app.name.clone(), message: Arc::new(message) });
    Ok(Ruling::done(answers::said(answers::TAKEN, &[("taskId", json!(task))]), answers::TAKEN))
}
