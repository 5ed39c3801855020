//! Parcel, the made-up vendor (sheet `shared/testkit/PARCEL.md`).

mod answers;
mod apps;
mod auth;
mod message;
mod push;
mod save;
mod signature;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::Value;

use self::apps::{App, Apps};
use self::save::Tasks;
use super::{Refusal, stray};
use crate::desk::{Desk, Worth};
use crate::simulator::{Answer, Ask, Opened, Ruling, Simulator};

/// The simulator of Parcel.
#[derive(Default)]
pub struct Parcel {
    desk: Desk,
    apps: Apps,
    tasks: Tasks,
    serial: AtomicU64,
}

impl Parcel {
    /// The app whose token the request carries; proves nothing.
    fn claimed(&self, ask: &Ask) -> Option<String> {
        match self.desk.worth(ask.bearer()?, 0) {
            Worth::Good(app) | Worth::Stale(app) => Some(app),
            Worth::Unknown => None,
        }
    }

    /// The app, if token and signature are right and it is not suspended.
    fn admit(&self, ask: &Ask, now: u64) -> Result<Arc<App>, Refusal> {
        let credential =
            ask.bearer().ok_or_else(|| Refusal::new(answers::TOKEN, "Authorization: Bearer is missing"))?;
        let app = match self.desk.worth(credential, now) {
            Worth::Good(app) => self.apps.named(&app),
            Worth::Stale(_) => return Err(Refusal::new(answers::TOKEN, "the token was made stale, or is too old")),
            Worth::Unknown => None,
        };
        let app = app.ok_or_else(|| Refusal::new(answers::TOKEN, "the token was never issued"))?;
        let (time, sign) = (ask.header("x-parcel-time"), ask.header("x-parcel-sign"));
        signature::check(&app.app_secret, time, sign, &ask.body, now)
            .map_err(|why| Refusal::new(answers::SIGNATURE, why))?;
        if self.desk.is_suspended(&app.name) {
            return Err(Refusal::new(answers::SUSPENDED, "the app is suspended"));
        }
        Ok(app)
    }

    /// A new id of Parcel's own.
    fn next_id(&self, prefix: &str) -> String {
        format!("{prefix}-{}", self.serial.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// A refusal of the whole call.
fn refused(refusal: Refusal) -> Ruling {
    Ruling::refused(answers::refusal(refusal.code), refusal.code, refusal.why)
}

impl Simulator for Parcel {
    fn name(&self) -> &'static str {
        "parcel"
    }

    fn apis(&self) -> &'static [&'static str] {
        &["auth", "save", "list", "many", "one"]
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
            "/auth" | "/save" | "/list" | "/many" | "/one" if ask.method != Method::POST => {
                return stray(405, "only POST");
            }
            "/auth" => return auth::open(self, &ask),
            "/save" => save::open,
            "/list" => push::open_list,
            "/many" => push::open_many,
            "/one" => push::open_one,
            _ => return stray(404, "no such address"),
        };
        open(self, ask)
    }

    fn refuse(&self, _api: &str, code: &str) -> Result<Answer, String> {
        if code.parse::<u32>().is_err() {
            return Err(format!("Parcel's codes are numbers, like 5001; not {code}"));
        }
        Ok(answers::refusal(code))
    }
}
