//! Xiaomi Mi Push (sheet `xiaomi.md`): registration ids of Android phones. The key is fixed, so nothing can be made stale.

mod answers;
mod apps;
mod message;
mod push;
mod quota;
mod rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::Value;

use self::apps::{App, Apps};
use self::push::Way;
use super::{Refusal, stray};
use crate::desk::Desk;
use crate::simulator::{Answer, Ask, Effect, Opened, Ruling, Simulator};

/// The simulator of Xiaomi.
#[derive(Default)]
pub struct Xiaomi {
    desk: Desk,
    apps: Apps,
    serial: AtomicU64,
}

impl Xiaomi {
    /// The app of `Authorization: key=<AppSecret>`, which goes verbatim (section 3).
    fn admit(&self, ask: &Ask) -> Result<Arc<App>, Refusal> {
        let header = ask.header("authorization");
        let header = header.ok_or_else(|| Refusal::new(answers::UNAUTHORIZED, "Authorization is missing"))?;
        let wrong = |why: &str| Refusal::new(answers::SECRET, why);
        let secret = header.strip_prefix("key=").ok_or_else(|| wrong("Authorization must be key=<AppSecret>"))?;
        self.apps.of_secret(secret).ok_or_else(|| wrong("no app has this AppSecret"))
    }

    fn desk_is_suspended(&self, app: &App) -> bool {
        self.desk.is_suspended(&app.name)
    }

    /// One call with 1000 ids is one (section 1).
    fn take_call(&self, app: &App, now: u64) -> bool {
        self.desk.take(&app.name, 1, now)
    }

    fn next(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// A refusal of the whole call.
    fn refused(&self, refusal: Refusal) -> Ruling {
        Ruling::refused(answers::refusal(refusal.code, self.next()), refusal.code, refusal.why)
    }
}

impl Simulator for Xiaomi {
    fn name(&self) -> &'static str {
        "xiaomi"
    }

    fn apis(&self) -> &'static [&'static str] {
        &["send", "multi", "quota"]
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
        let way = match ask.path.as_str() {
            "/v2/message/regid" => Way::One(2),
            "/v3/message/regid" => Way::One(3),
            "/v4/message/regid" => Way::One(4),
            "/v2/multi_messages/regids" => Way::Multi,
            "/v1/trace/quota/get" => return quota::open(self, &ask),
            _ => return stray(404, "no such address, or none that this simulator plays"),
        };
        if ask.method != Method::POST {
            let judge = move |_| self.refused(Refusal::new(answers::METHOD, "only POST"));
            return Opened {
                app: None,
                api: "none",
                effect: Effect::Prepare,
                aims: Vec::new(),
                judge: Box::new(judge),
            };
        }
        push::open(self, &ask, way)
    }

    fn refuse(&self, _api: &str, code: &str) -> Result<Answer, String> {
        if code.parse::<i64>().is_err() {
            return Err(format!("Xiaomi's codes are numbers, like 20301 or -1; not {code}"));
        }
        Ok(answers::refusal(code, self.next()))
    }

    fn reset(&self) {
        self.desk.reset();
        self.apps.reset();
    }
}
