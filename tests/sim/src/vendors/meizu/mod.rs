//! Meizu's Flyme Push (sheet `meizu.md`).

mod answers;
mod apps;
mod form;
mod message;
mod prepare;
mod push;
mod rules;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::Value;

use self::answers::{APP_ID, BLACKLISTED};
use self::apps::{App, Apps};
use self::form::Form;
use self::prepare::{Pictures, Tasks};
use super::{Refusal, stray};
use crate::desk::Desk;
use crate::simulator::{Answer, Ask, Opened, Ruling, Simulator};

/// The simulator of Meizu.
#[derive(Default)]
pub struct Meizu {
    desk: Desk,
    apps: Apps,
    tasks: Tasks,
    pictures: Pictures,
    serial: AtomicU64,
}

impl Meizu {
    /// The app that a form names; proves nothing.
    fn claimed(&self, form: &Form) -> Option<String> {
        self.apps.of_id(form.get("appId")?).map(|app| app.name.clone())
    }

    /// The app, if the form is signed with its secret and it may push.
    fn admit(&self, form: &Form) -> Result<Arc<App>, Refusal> {
        let app = form.get("appId").and_then(|id| self.apps.of_id(id));
        let app = app.ok_or_else(|| Refusal::new(APP_ID, "appId is missing or unknown"))?;
        form.check_sign(&app.app_secret)?;
        if self.desk.is_suspended(&app.name) {
            return Err(Refusal::new(BLACKLISTED, "the app is suspended"));
        }
        Ok(app)
    }

    /// A new `msgId`.
    fn next_id(&self) -> String {
        format!("{:032x}", self.serial.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

/// A refusal of the whole call.
fn refused(refusal: Refusal) -> Ruling {
    Ruling::refused(answers::refusal(refusal.code), refusal.code, refusal.why)
}

impl Simulator for Meizu {
    fn name(&self) -> &'static str {
        "meizu"
    }

    fn apis(&self) -> &'static [&'static str] {
        &["push", "transparent", "task_id", "task_push", "upload"]
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
        let open = match ask.path.strip_prefix("/garcia/api/server/push/") {
            Some("varnished/pushByPushId") => push::open_shown,
            Some("unvarnished/pushByPushId") => push::open_transparent,
            Some("task/varnished/pushByPushId") => push::open_task,
            Some("pushTask/getTaskId") => prepare::open_task,
            Some("uploadImg") => prepare::open_upload,
            _ => return stray(404, "no such address"),
        };
        if ask.method == Method::POST { open(self, &ask) } else { stray(405, "only POST") }
    }

    fn refuse(&self, _api: &str, code: &str) -> Result<Answer, String> {
        if code.parse::<i64>().is_err() {
            return Err(format!("Meizu's codes are numbers, like 110010 or -1; not {code}"));
        }
        Ok(answers::refusal(code))
    }

    fn reset(&self) {
        self.desk.reset();
        self.tasks.forget();
    }
}
