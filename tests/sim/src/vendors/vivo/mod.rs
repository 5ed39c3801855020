//! vivo Push (sheet `vivo.md`).

mod answers;
mod apps;
mod auth;
mod keep;
mod length;
mod message;
mod push;
mod rules;
mod save;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::Value;

use self::apps::{App, Apps};
use self::keep::{Requests, Tasks};
use super::{Refusal, stray};
use crate::desk::{Desk, Worth};
use crate::simulator::{Answer, Ask, Opened, Ruling, Simulator};

/// The first task id, of the size that the sheet shows.
const FIRST_TASK: u64 = 498_476_987_389_849_600;

/// The simulator of vivo.
#[derive(Default)]
pub struct Vivo {
    desk: Desk,
    apps: Apps,
    tasks: Tasks,
    requests: Requests,
    serial: AtomicU64,
}

impl Vivo {
    fn next_task(&self) -> String {
        (FIRST_TASK + self.serial.fetch_add(1, Ordering::Relaxed)).to_string()
    }

    /// The app whose token the request carries; proves nothing.
    fn claimed(&self, ask: &Ask) -> Option<String> {
        match self.desk.worth(ask.header("authtoken")?, 0) {
            Worth::Good(app) | Worth::Stale(app) => Some(app),
            Worth::Unknown => None,
        }
    }

    /// The app, if its token is good and it may push.
    fn admit(&self, ask: &Ask, now: u64) -> Result<Arc<App>, Refusal> {
        let token = ask.header("authtoken").ok_or_else(|| Refusal::new(answers::TOKEN, "no header authToken"))?;
        let app = match self.desk.worth(token, now) {
            Worth::Good(app) => self.apps.named(&app),
            Worth::Stale(_) => return Err(Refusal::new(answers::TOKEN, "authToken has ended")),
            Worth::Unknown => None,
        };
        let app = app.ok_or_else(|| Refusal::new(answers::TOKEN, "authToken was never issued"))?;
        if self.desk.is_suspended(&app.name) {
            return Err(Refusal::new(answers::STATE, "the app is suspended"));
        }
        Ok(app)
    }
}

/// A refusal of the whole call.
fn refused(refusal: Refusal) -> Ruling {
    Ruling::refused(answers::refusal(refusal.code), refusal.code, refusal.why)
}

impl Simulator for Vivo {
    fn name(&self) -> &'static str {
        "vivo"
    }

    fn apis(&self) -> &'static [&'static str] {
        &["auth", "send", "save", "list"]
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
            "/message/auth" | "/message/send" | "/message/saveListPayload" | "/message/pushToList"
                if ask.method != Method::POST =>
            {
                return stray(405, "only POST");
            }
            "/message/auth" => return auth::open(self, &ask),
            "/message/send" => push::open_send,
            "/message/saveListPayload" => save::open,
            "/message/pushToList" => push::open_list,
            _ => return stray(404, "no such address"),
        };
        open(self, ask)
    }

    fn refuse(&self, _api: &str, code: &str) -> Result<Answer, String> {
        if code.parse::<u32>().is_err() {
            return Err(format!("vivo's results are numbers, like 10072; not {code}"));
        }
        Ok(answers::refusal(code))
    }
}
