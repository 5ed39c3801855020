//! What the vendor remembers: saved payloads, and which request ids were used for what.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

use super::message::Message;

/// How many are kept; the oldest go first, so that a long run does not grow.
const KEPT: usize = 50_000;

/// A map that forgets its oldest entries.
struct Recent<V> {
    by_key: HashMap<String, V>,
    order: VecDeque<String>,
}

impl<V> Default for Recent<V> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), order: VecDeque::new() }
    }
}

impl<V> Recent<V> {
    fn keep(&mut self, key: String, value: V) {
        if self.by_key.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > KEPT
            && let Some(oldest) = self.order.pop_front()
        {
            self.by_key.remove(&oldest);
        }
    }
}

/// A saved payload and the app that saved it.
pub(super) struct Saved {
    pub(super) app: String,
    pub(super) message: Arc<Message>,
}

/// Saved payloads by task.
#[derive(Default)]
pub(super) struct Tasks(Mutex<Recent<Arc<Saved>>>);

impl Tasks {
    pub(super) fn keep(&self, task: &str, saved: Saved) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).keep(task.to_owned(), Arc::new(saved));
    }

    pub(super) fn find(&self, task: &str) -> Option<Arc<Saved>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).by_key.get(task).cloned()
    }
}

/// Request ids by app, with what each was used for: "never use one id for two devices or two texts".
#[derive(Default)]
pub(super) struct Requests(Mutex<Recent<u64>>);

impl Requests {
    /// Whether `id` is new, or was used for the same devices and texts.
    pub(super) fn may_be(&self, app: &str, id: &str, tokens: &[String], message: &Message, api: &str) -> bool {
        let mut hasher = DefaultHasher::new();
        (api, tokens, message.title.as_deref(), message.content.as_deref()).hash(&mut hasher);
        let used_for = hasher.finish();
        let mut requests = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = format!("{app}/{id}");
        match requests.by_key.get(&key) {
            Some(before) => *before == used_for,
            None => {
                requests.keep(key, used_for);
                true
            }
        }
    }
}
