//! Huawei Push Kit, Android: v1 and v2 (sheet `huawei.md`, part A, sections 1 to 8).

mod apps;
mod bearer;
mod codes;
mod jwt;
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

/// The simulator of Huawei for Android phones.
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
        let address = match parts.as_slice() {
            ["oauth2", "v2" | "v3", "token"] => None,
            ["v1", client_id, "messages:send"] => Some(send::Address::Client((*client_id).to_owned())),
            ["v2", project_id, "messages:send"] => Some(send::Address::Project((*project_id).to_owned())),
            _ => return stray(404, "no such address"),
        };
        if ask.method != Method::POST {
            return stray(405, "only POST");
        }
        match address {
            None => token::open(self, &ask),
            Some(address) => send::open(self, address, ask),
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
