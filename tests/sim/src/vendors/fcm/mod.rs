//! Google FCM, HTTP v1 (sheet `fcm.md`, sections 1 to 8): single sends to a token or FID, and Google's token endpoint.
//!
//! Topics and conditions are refused: nothing here sends to them. So is `android_v2`, which the sheet advises against.

mod answers;
mod apps;
mod assertion;
mod bearer;
mod message;
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

/// The simulator of FCM.
#[derive(Default)]
pub struct Fcm {
    desk: Desk,
    apps: Apps,
    serial: AtomicU64,
}

impl Fcm {
    /// The last part of the next message's name, of the form that the sheet shows.
    fn next_id(&self, now: u64) -> String {
        let serial = self.serial.fetch_add(1, Ordering::Relaxed);
        format!("0:{now}{:03}%{serial:016x}", serial % 1000)
    }
}

impl Simulator for Fcm {
    fn name(&self) -> &'static str {
        "fcm"
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
        let project = match parts.as_slice() {
            ["token"] => None,
            ["v1", "projects", project, "messages:send"] if !project.is_empty() => Some((*project).to_owned()),
            _ => return stray(404, "no such address"),
        };
        if ask.method != Method::POST {
            return stray(405, "only POST");
        }
        match project {
            None => token::open(self, &ask),
            Some(project) => send::open(self, project, ask),
        }
    }

    fn refuse(&self, api: &str, code: &str) -> Result<Answer, String> {
        if api == "token" { token::refusal_of(code) } else { answers::refusal_of(code) }
    }
}
