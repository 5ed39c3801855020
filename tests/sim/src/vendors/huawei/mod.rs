//! Huawei Push Kit (sheet `huawei.md`): Android with v1 and v2 (part A, sections 1 to 8), HarmonyOS NEXT with v3 (part B).

mod apps;
mod bearer;
mod codes;
mod jwt;
mod message;
mod next;
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

/// The simulator of Huawei, for both kinds of phones.
#[derive(Default)]
pub struct Huawei {
    desk: Desk,
    apps: Apps,
    requests: AtomicU64,
}

impl Huawei {
    /// The next `requestId`.
    fn request_id(&self, now: u64) -> String {
        format!("{now}{:011}", self.requests.fetch_add(1, Ordering::Relaxed))
    }
}

impl Simulator for Huawei {
    fn name(&self) -> &'static str {
        "huawei"
    }

    fn apis(&self) -> &'static [&'static str] {
        &["token", "send", "send_next"]
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
        let is_post = ask.method == Method::POST;
        match parts.as_slice() {
            ["oauth2", "v2" | "v3", "token"] | ["v1" | "v2" | "v3", _, "messages:send"] if !is_post => {
                stray(405, "only POST")
            }
            ["oauth2", "v2" | "v3", "token"] => token::open(self, &ask),
            ["v1", client_id, "messages:send"] => send::open(self, send::Address::Client((*client_id).to_owned()), ask),
            ["v2", project, "messages:send"] => send::open(self, send::Address::Project((*project).to_owned()), ask),
            ["v3", project, "messages:send"] => next::open(self, project, ask),
            _ => stray(404, "no such address"),
        }
    }

    fn refuse(&self, api: &str, code: &str) -> Result<Answer, String> {
        if api == "token" {
            return token::refusal_of(code);
        }
        if code.is_empty() || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(format!("Huawei's codes are digits, like 80300007; not {code}"));
        }
        Ok(codes::answer(code, codes::text(code), ""))
    }
}
