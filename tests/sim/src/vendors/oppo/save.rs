//! `save_message_content`: a content without targets, kept until broadcasts name it (section 4.3).

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;

use super::answers::{TAKEN, success};
use super::form::Form;
use super::notification::Notification;
use super::rules::{self, Way, require};
use super::{Oppo, refused};
use crate::simulator::{Ask, Effect, Opened, Ruling};
use crate::vendors::Refusal;

/// How many contents are kept; the oldest go first, so that a long run does not grow.
const KEPT: usize = 50_000;

/// Saved contents, by app and id.
#[derive(Default)]
pub(super) struct Contents {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    by_id: HashMap<(String, String), Arc<Notification>>,
    /// By the app's own id: the same is saved once.
    own: HashMap<(String, String), String>,
    order: VecDeque<(String, String, Option<String>)>,
}

impl Contents {
    /// Keeps a content under `id`; gives the id under which it is known, an older one if it was saved before.
    fn keep(&self, app: &str, id: String, shown: Notification) -> String {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let own = shown.app_message_id.0.clone();
        if let Some(own) = &own {
            if let Some(before) = inner.own.get(&(app.to_owned(), own.clone())) {
                return before.clone();
            }
            inner.own.insert((app.to_owned(), own.clone()), id.clone());
        }
        inner.by_id.insert((app.to_owned(), id.clone()), Arc::new(shown));
        inner.order.push_back((app.to_owned(), id.clone(), own));
        if inner.order.len() > KEPT
            && let Some((app, id, own)) = inner.order.pop_front()
        {
            inner.by_id.remove(&(app.clone(), id));
            own.and_then(|own| inner.own.remove(&(app, own)));
        }
        id
    }

    pub(super) fn find(&self, app: &str, id: &str) -> Option<Arc<Notification>> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.by_id.get(&(app.to_owned(), id.to_owned())).cloned()
    }

    pub(super) fn forget(&self) {
        *self.inner.lock().unwrap_or_else(PoisonError::into_inner) = Inner::default();
    }
}

pub(super) fn open(oppo: Arc<Oppo>, ask: &Ask) -> Opened {
    let form = Form::read(ask);
    let token = form.as_ref().ok().and_then(|form| form.get("auth_token")).map(str::to_owned);
    Opened {
        app: token.as_deref().and_then(|token| oppo.claimed(token)),
        api: "save",
        effect: Effect::Prepare,
        aims: Vec::new(),
        judge: Box::new(move |now| judge(&oppo, token.as_deref(), form, now).unwrap_or_else(refused)),
    }
}

fn judge(oppo: &Oppo, token: Option<&str>, form: Result<Form, Refusal>, now: u64) -> Result<Ruling, Refusal> {
    let form = form?;
    let app = oppo.admit(token, now)?;
    let fields = form.fields().filter(|(name, _)| !["auth_token", "sdk_version"].contains(name));
    let shown = Notification::of_form(fields)?;
    rules::check(&app, &shown, Way::Broadcast)?;
    require(!shown.has_forbidden_words(), "forbidden words in title or content")?;
    let id = oppo.contents.keep(&app.name, oppo.next_id(&app, "1-3"), shown);
    Ok(Ruling::done(success("success", &json!({"message_id": id})), TAKEN))
}
