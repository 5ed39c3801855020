//! OPPO Push (sheet `oppo.md`).

mod answers;
mod apps;
mod auth;
mod form;
mod notification;
mod push;
mod rules;
mod save;

use std::collections::hash_map::DefaultHasher;
use std::collections::{HashSet, VecDeque};
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use http::Method;
use serde_json::Value;

use self::apps::{App, Apps};
use self::notification::Notification;
use self::save::Contents;
use super::{Refusal, stray};
use crate::desk::{Desk, Worth};
use crate::simulator::{Answer, Ask, Effect, Opened, Ruling, Simulator};

/// How many pushes are remembered for their `app_message_id`.
const REMEMBERED: usize = 500_000;

/// The simulator of OPPO.
#[derive(Default)]
pub struct Oppo {
    desk: Desk,
    apps: Apps,
    contents: Contents,
    pushed: Mutex<Pushed>,
    serial: AtomicU64,
}

/// Hashes of what was pushed to whom, the newest last.
#[derive(Default)]
struct Pushed {
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Oppo {
    /// The app that a token is of; proves nothing.
    fn claimed(&self, token: &str) -> Option<String> {
        match self.desk.worth(token, 0) {
            Worth::Good(app) | Worth::Stale(app) => Some(app),
            Worth::Unknown => None,
        }
    }

    /// The app, if its token is good and it may push.
    fn admit(&self, token: Option<&str>, now: u64) -> Result<Arc<App>, Refusal> {
        let token = token.ok_or_else(|| Refusal::new(answers::TOKEN_MISSING, "form field auth_token is missing"))?;
        let app = match self.desk.worth(token, now) {
            Worth::Good(app) => self.apps.named(&app),
            Worth::Stale(_) => return Err(Refusal::new(answers::TOKEN_INVALID, "made stale, or too old")),
            Worth::Unknown => None,
        };
        let app = app.ok_or_else(|| Refusal::new(answers::TOKEN_INVALID, "the token was never issued"))?;
        if self.desk.is_suspended(&app.name) {
            return Err(Refusal::new(answers::DISABLED, "the app is suspended"));
        }
        if app.api_right { Ok(app) } else { Err(Refusal::new(answers::NO_PUSH_RIGHT, "no right to push by API")) }
    }

    /// A new id: the app's, the sort of call, and something unique.
    fn next_id(&self, app: &App, sort: &str) -> String {
        format!("{}-{sort}-{:024x}", app.app_id, self.serial.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Whether this `app_message_id` went to this registration id before (section 4.1).
    fn remembers(&self, app: &App, id: &str, shown: &Notification) -> bool {
        let pushed = self.pushed.lock().unwrap_or_else(PoisonError::into_inner);
        name(app, id, shown).is_some_and(|name| pushed.known.contains(&name))
    }

    fn remember(&self, app: &App, id: &str, shown: &Notification) {
        let Some(name) = name(app, id, shown) else { return };
        let mut pushed = self.pushed.lock().unwrap_or_else(PoisonError::into_inner);
        if pushed.known.insert(name) {
            pushed.order.push_back(name);
        }
        if pushed.order.len() > REMEMBERED
            && let Some(oldest) = pushed.order.pop_front()
        {
            pushed.known.remove(&oldest);
        }
    }
}

fn name(app: &App, id: &str, shown: &Notification) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    (app.name.as_str(), id, shown.app_message_id.as_deref()?).hash(&mut hasher);
    Some(hasher.finish())
}

/// A refusal of the whole call.
fn refused(refusal: Refusal) -> Ruling {
    Ruling::refused(answers::refusal_saying(refusal.code, &refusal.why), refusal.code, refusal.why)
}

impl Simulator for Oppo {
    fn name(&self) -> &'static str {
        "oppo"
    }

    fn apis(&self) -> &'static [&'static str] {
        &["auth", "unicast", "unicast_batch", "save", "broadcast"]
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn register(&self, app: &str, settings: Value) -> Result<(), String> {
        let rate = self.apps.register(app, settings)?;
        self.desk.enrol(app, rate);
        Ok(())
    }

    fn open(self: Arc<Self>, ask: Ask) -> Opened {
        let open = match ask.path.as_str() {
            "/server/v1/auth" => auth::open,
            "/server/v1/message/notification/unicast" => push::open_unicast,
            "/server/v1/message/notification/unicast_batch" => push::open_batch,
            "/server/v1/message/notification/save_message_content" => save::open,
            "/server/v1/message/notification/broadcast" => push::open_broadcast,
            _ => return stray(404, "no such address"),
        };
        if ask.method != Method::POST {
            let judge = |_| refused(Refusal::new(answers::METHOD, "only POST"));
            return Opened {
                app: None,
                api: "none",
                effect: Effect::Prepare,
                aims: Vec::new(),
                judge: Box::new(judge),
            };
        }
        open(self, &ask)
    }

    fn refuse(&self, _api: &str, code: &str) -> Result<Answer, String> {
        if code.parse::<i64>().is_err() {
            return Err(format!("OPPO's codes are numbers, like 41 or -2; not {code}"));
        }
        Ok(answers::refusal(code))
    }

    fn reset(&self) {
        self.desk.reset();
        self.contents.forget();
        *self.pushed.lock().unwrap_or_else(PoisonError::into_inner) = Pushed::default();
    }
}
