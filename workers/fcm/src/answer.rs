//! Answers (sections 4.4 and 8): a name is acceptance; else `FcmError` decides, then `ErrorInfo`, then the status.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use push_contract::{
    Action, Answer, Reason, Timestamp, Verdict,
    kit::{codes::Meaning, fitting::int_id},
};
use serde_json::Value;

use crate::codes::{self, INVALID, PROJECT_RATE};

/// Google's own advice for a 429 that names no time (section 7).
const QUOTA_WAIT: Duration = Duration::from_secs(60);
/// The same for one device: minutes, not a day (section 8).
const DEVICE_WAIT: Duration = Duration::from_secs(120);
/// So many different tokens with a 429 that names nobody, within so short a time, mean the project.
const MANY: usize = 5;
const SHORT: Duration = Duration::from_secs(10);

/// Reads answers. It remembers which tokens got a 429 that names nobody, the latest first.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    undecided: Mutex<Vec<(Timestamp, u32)>>,
}

impl Reader {
    /// The verdict on the one target of a call.
    pub(crate) fn read(&self, answer: &Answer, token: &str) -> Verdict {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 {
            return match text(&body["name"]) {
                Some(name) => Verdict::accepted().vendor_id(name.rsplit('/').next().unwrap_or(name)),
                None => Meaning::UNREADABLE.verdict(),
            };
        }
        let told = Told(&body["error"]);
        let verdict = match told.code() {
            None => by_status(answer),
            Some(INVALID) => told.invalid().verdict().code(INVALID),
            Some(code) => codes::verdict(code, answer.status),
        };
        let action = match verdict.action {
            Action::DeviceBusy { .. } => self.throttled(&told, answer, token),
            Action::SlowDown { .. } => slow(answer),
            Action::Unavailable if answer.status >= 500 && answer.retry_at().is_some() => slow(answer),
            other => other,
        };
        Verdict { action, ..verdict }
    }

    /// Who had too much (section 8, kinds of 429).
    fn throttled(&self, told: &Told<'_>, answer: &Answer, token: &str) -> Action {
        let about = format!("{} {}", told.message(), told.detail("QuotaFailure")["violations"]).to_lowercase();
        if told.info() == Some(PROJECT_RATE) || about.contains("send requests per minute") {
            return slow(answer);
        }
        if about.contains("device") {
            return Action::DeviceBusy { until: Some(after(answer, DEVICE_WAIT)) };
        }
        if self.many(token, answer.at) {
            return slow(answer);
        }
        Action::DeviceBusy { until: Some(answer.at.after_pause(answer.retry_after(), QUOTA_WAIT)) }
    }

    /// Whether so many tokens met the same that it cannot be about one device.
    fn many(&self, token: &str, at: Timestamp) -> bool {
        let token = int_id(token);
        let mut seen = self.undecided.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(then, other)| at.since(*then) < SHORT && *other != token);
        seen.insert(0, (at, token));
        seen.truncate(MANY);
        seen.len() == MANY
    }
}

fn slow(answer: &Answer) -> Action {
    Action::SlowDown { until: Some(after(answer, QUOTA_WAIT)) }
}

/// When the answer allows another call; if it does not say, after this wait.
fn after(answer: &Answer, wait: Duration) -> Timestamp {
    answer.retry_at().unwrap_or_else(|| answer.at.plus(wait))
}

/// An error's own words. Whatever has another type than documented is not there.
struct Told<'a>(&'a Value);

impl<'a> Told<'a> {
    /// The first detail of this type.
    fn detail(&self, kind: &str) -> &'a Value {
        let is_it = |detail: &&Value| text(&detail["@type"]).is_some_and(|name| name.ends_with(kind));
        self.0["details"].as_array().into_iter().flatten().find(is_it).unwrap_or(&Value::Null)
    }

    fn fcm(&self) -> Option<&'a str> {
        text(&self.detail("FcmError")["errorCode"])
    }

    fn info(&self) -> Option<&'a str> {
        text(&self.detail("ErrorInfo")["reason"])
    }

    fn message(&self) -> &'a str {
        text(&self.0["message"]).unwrap_or_default()
    }

    /// The code that decides: the first that is there, but a listed one before an unlisted one below `FcmError`.
    fn code(&self) -> Option<&'a str> {
        let general = || [self.info(), text(&self.0["status"])].into_iter().flatten();
        self.fcm().or_else(|| general().find(|code| codes::is_listed(code))).or_else(|| general().next())
    }

    /// The token, or what we wrote? Only an `FcmError` that is about the token may bury it.
    fn invalid(&self) -> Meaning {
        let message = self.message().to_lowercase();
        let mut fields = self.detail("BadRequest")["fieldViolations"].as_array().into_iter().flatten();
        let named = fields.any(|violation| matches!(text(&violation["field"]), Some("message.token" | "message.fid")));
        match text(&self.detail("ApnsError")["reason"]) {
            Some("Unregistered") if self.fcm().is_some() => Meaning::gone(Reason::TokenUnregistered),
            Some("BadDeviceToken") if self.fcm().is_some() => Meaning::gone(Reason::TokenRefused),
            _ if self.fcm().is_some() && (named || message.contains("registration token")) => {
                Meaning::gone(Reason::TokenMalformed)
            }
            _ if message.contains("message is too big") => Meaning::TOO_LARGE,
            _ => Meaning::BAD_REQUEST,
        }
    }
}

fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

/// Answers without a code: pages of a front end, or of something in between.
fn by_status(answer: &Answer) -> Verdict {
    match answer.status {
        401 => Meaning::STALE.verdict(),
        403 => Meaning::APP_RIGHT.verdict(),
        // A wrong project or address. Only UNREGISTERED is a dead token.
        404 => Meaning::APP.verdict(),
        // A page with a 429 comes from what stands before Google: it is about whoever calls, not about a device.
        408 | 429 => answer.by_status(true),
        400..=499 => Meaning::BAD_REQUEST.verdict(),
        _ => answer.by_status(true),
    }
}
