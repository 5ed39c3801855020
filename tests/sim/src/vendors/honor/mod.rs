//! Honor Push (sheet `honor.md`, sections 1 to 8).

mod apps;
mod bearer;
mod codes;
mod message;
mod notification;
mod rules;
mod send;
mod token;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use serde_json::Value;

use self::apps::Apps;
use super::stray;
use crate::desk::Desk;
use crate::simulator::{Answer, Ask, Opened, Simulator};

/// The simulator of Honor.
#[derive(Default)]
pub struct Honor {
    desk: Desk,
    apps: Apps,
    requests: AtomicU64,
}

impl Honor {
    /// The next `requestId`.
    fn request_id(&self, now: u64) -> String {
        format!("{now}{:07}", self.requests.fetch_add(1, Ordering::Relaxed))
    }
}

impl Simulator for Honor {
    fn name(&self) -> &'static str {
        "honor"
    }

    fn apis(&self) -> &'static [&'static str] {
        &["token", "send"]
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
        let path = ask.path.clone();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let app_id = match parts.as_slice() {
            ["auth", "token"] | ["auth", "realms", "developer", "protocol", "openid-connect", "token"] => None,
            ["api", "v1", app_id, "sendMessage"] => Some((*app_id).to_owned()),
            _ => return stray(404, "no such address"),
        };
        if ask.method != Method::POST {
            return stray(405, "only POST");
        }
        match app_id {
            None => token::open(self, &ask),
            Some(app_id) => send::open(self, app_id, ask),
        }
    }

    fn refuse(&self, api: &str, code: &str) -> Result<Answer, String> {
        if api == "token" {
            return Ok(token::refusal_of(code));
        }
        let number: i64 = code.parse().map_err(|_| format!("Honor's codes are numbers, like 80300007; not {code}"))?;
        Ok(codes::answer(number, codes::text(code), None))
    }
}
