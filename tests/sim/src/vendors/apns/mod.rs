//! Apple's APNs: alerts, background pushes and VoIP pushes over HTTP/2 (sheet `apns.md`, sections 1 to 8).
//!
//! `/apns` is production, `/apns/sandbox` the sandbox. Clients of others take a host alone: `/3/device/...` without either
//! is production too. Out of scope as in the sheet: broadcasts and the other push types.

mod apps;
mod headers;
mod payload;
mod provider;
mod reasons;
mod send;

use std::sync::Arc;

use serde_json::Value;

use self::apps::{Apps, Environment};
use self::provider::Updates;
use crate::desk::Desk;
use crate::line::Line;
use crate::simulator::{Answer, Ask, Opened, Simulator};

/// The simulator of APNs.
#[derive(Default)]
pub struct Apns {
    desk: Desk,
    apps: Apps,
    updates: Updates,
}

impl Simulator for Apns {
    fn name(&self) -> &'static str {
        "apns"
    }

    /// `/3/device/...`.
    fn own_root(&self) -> Option<&'static str> {
        Some("3")
    }

    fn apis(&self) -> &'static [&'static str] {
        &["send"]
    }

    fn desk(&self) -> &Desk {
        &self.desk
    }

    fn register(&self, app: &str, settings: Value) -> Result<(), String> {
        let rate = self.apps.register(app, settings)?;
        self.desk.enrol(app, rate);
        Ok(())
    }

    /// Without a connection: as over HTTP/2 and without a certificate.
    fn open(self: Arc<Self>, ask: Ask) -> Opened {
        self.open_on(ask, &Arc::new(Line::new(true, None)))
    }

    fn open_on(self: Arc<Self>, ask: Ask, line: &Arc<Line>) -> Opened {
        let (environment, path) = match ask.path.strip_prefix("/sandbox") {
            Some(path) => (Environment::Sandbox, path),
            None => (Environment::Production, ask.path.as_str()),
        };
        let token = path.strip_prefix("/3/device/").filter(|token| !token.contains('/')).map(str::to_owned);
        send::open(self, Arc::clone(line), environment, token, ask)
    }

    fn refuse(&self, _api: &str, code: &str) -> Result<Answer, String> {
        let status = reasons::status(code).ok_or_else(|| format!("{code} is none of Apple's reasons"))?;
        Ok(reasons::answer(status, code, None, None))
    }
}
