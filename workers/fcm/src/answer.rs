//! Answers (sections 4.4 and 8): a name is acceptance; else `FcmError` decides, then `ErrorInfo`, then the status.

use std::{
    collections::VecDeque,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use push_contract::{Action, Answer, Reason, Timestamp, Verdict};
use serde_json::Value;

use crate::{
    codes::{self, INVALID, PROJECT_RATE},
    settings::Settings,
};

/// The longest wait that an answer may ask for.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Reads answers. It remembers which tokens got a 429 that names nobody: many in a short time mean the project.
#[derive(Debug)]
pub(crate) struct Reader {
    quota_wait: Duration,
    device_wait: Duration,
    most_undecided: usize,
    window: Duration,
    undecided: Mutex<VecDeque<(Timestamp, u64)>>,
}

/// What an error says about itself. Whatever has another type than documented is not there.
#[derive(Default)]
struct Told<'a> {
    text: String,
    status: Option<&'a str>,
    fcm: Option<&'a str>,
    info: Option<&'a str>,
    apns: Option<&'a str>,
    fields: Vec<&'a str>,
    quota: String,
    retry: Option<Duration>,
}

impl<'a> Told<'a> {
    fn read(body: &'a Value) -> Option<Self> {
        let error = body.get("error")?.as_object()?;
        let text =
            |value: &'a Value, name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut told = Self {
            text: error.get("message").and_then(Value::as_str).unwrap_or_default().to_lowercase(),
            status: error.get("status").and_then(Value::as_str).filter(|text| !text.is_empty()),
            ..Self::default()
        };
        let list = |value: Option<&'a Value>| value.and_then(Value::as_array).into_iter().flatten();
        for detail in list(error.get("details")) {
            match text(detail, "@type").and_then(|kind| kind.rsplit('.').next()) {
                Some("FcmError") => told.fcm = text(detail, "errorCode"),
                Some("ErrorInfo") => told.info = text(detail, "reason"),
                Some("ApnsError") => told.apns = text(detail, "reason"),
                Some("RetryInfo") => told.retry = text(detail, "retryDelay").and_then(span),
                Some("BadRequest") => {
                    told.fields.extend(list(detail.get("fieldViolations")).filter_map(|field| text(field, "field")));
                }
                Some("QuotaFailure") => {
                    for violation in list(detail.get("violations")) {
                        for name in ["subject", "description"] {
                            told.quota.push_str(&text(violation, name).unwrap_or_default().to_lowercase());
                        }
                    }
                }
                _ => {}
            }
        }
        Some(told)
    }

    /// The code that decides: the first that is there, but a listed one before an unlisted one below `FcmError`.
    fn code(&self) -> Option<&'a str> {
        let general = [self.info, self.status];
        let listed = general.into_iter().flatten().find(|code| codes::is_listed(code));
        self.fcm.or(listed).or(general.into_iter().flatten().next())
    }
}

/// A duration such as `3.5s`, in whole seconds, rounded up.
fn span(text: &str) -> Option<Duration> {
    let seconds = text.strip_suffix('s')?.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)?;
    Some(Duration::try_from_secs_f64(seconds.ceil()).unwrap_or(LONGEST_WAIT))
}

impl Reader {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            quota_wait: Duration::from_secs(settings.quota_wait_s),
            device_wait: Duration::from_secs(settings.device_wait_s),
            most_undecided: settings.undecided_tokens,
            window: Duration::from_secs(settings.undecided_window_s),
            undecided: Mutex::default(),
        }
    }

    /// The verdict on the one target of a call.
    pub(crate) fn read(&self, answer: &Answer, token: &str) -> Verdict {
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        if answer.status == 200 {
            let name = body.get("name").and_then(Value::as_str).filter(|name| !name.is_empty());
            return match name {
                Some(name) => Verdict::accepted().vendor_id(name.rsplit('/').next().unwrap_or(name)),
                None => Verdict::new(Action::Unknown, Reason::AnswerUnreadable),
            };
        }
        let told = Told::read(&body).unwrap_or_default();
        let wait = answer.retry_after().or(told.retry.map(|wait| wait.min(LONGEST_WAIT)));
        let verdict = match told.code() {
            None => by_status(answer.status),
            Some(INVALID) => invalid(&told),
            Some(code) => codes::verdict(code, answer.status),
        };
        let action = match verdict.action {
            Action::DeviceBusy { .. } => self.throttled(&told, answer.at, wait, token),
            Action::SlowDown { .. } => slow(answer.at, wait.unwrap_or(self.quota_wait)),
            Action::Unavailable if answer.status >= 500 => {
                wait.map_or(Action::Unavailable, |wait| slow(answer.at, wait))
            }
            other => other,
        };
        Verdict { action, ..verdict }
    }

    /// Who had too much (section 8, kinds of 429).
    fn throttled(&self, told: &Told<'_>, at: Timestamp, wait: Option<Duration>, token: &str) -> Action {
        let project = told.info == Some(PROJECT_RATE) || told.text.contains("send requests per minute");
        if project {
            return slow(at, wait.unwrap_or(self.quota_wait));
        }
        if told.quota.contains("device") || told.text.contains("device") {
            return Action::DeviceBusy { until: Some(at.plus(wait.unwrap_or(self.device_wait))) };
        }
        if self.many(token, at) {
            return slow(at, wait.unwrap_or(self.quota_wait));
        }
        let wait = wait.map_or(self.quota_wait, |wait| wait.max(self.quota_wait));
        Action::DeviceBusy { until: Some(at.plus(wait)) }
    }

    /// Whether so many tokens met the same within the window that it cannot be about one device.
    fn many(&self, token: &str, at: Timestamp) -> bool {
        let mut hasher = DefaultHasher::new();
        token.hash(&mut hasher);
        let token = hasher.finish();
        let mut seen = self.undecided.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(then, other)| at.since(*then) < self.window && *other != token);
        seen.push_back((at, token));
        if seen.len() > self.most_undecided {
            seen.pop_front();
        }
        seen.len() >= self.most_undecided
    }
}

fn slow(at: Timestamp, wait: Duration) -> Action {
    Action::SlowDown { until: Some(at.plus(wait)) }
}

/// The token, or what we wrote? Only an `FcmError` that is about the token may bury it.
fn invalid(told: &Told<'_>) -> Verdict {
    let gone = |reason| Verdict::new(Action::DeviceGone { invalid_since: None }, reason);
    let fields = ["message.token", "message.fid"];
    let named = told.text.contains("registration token") || told.fields.iter().any(|field| fields.contains(field));
    let verdict = match told.apns {
        Some("Unregistered") if told.fcm.is_some() => gone(Reason::TokenUnregistered),
        Some("BadDeviceToken") if told.fcm.is_some() => gone(Reason::TokenRefused),
        _ if named && told.fcm.is_some() => gone(Reason::TokenMalformed),
        _ if told.text.contains("message is too big") => Verdict::new(Action::Refused, Reason::PayloadTooLarge),
        _ => Verdict::new(Action::Refused, Reason::BadRequest),
    };
    verdict.code(INVALID)
}

/// Answers without a code: pages of a front end, or of something in between.
fn by_status(status: u16) -> Verdict {
    let (action, reason) = match status {
        200..=299 => (Action::Unknown, Reason::AnswerUnreadable),
        401 => (Action::CredentialStale, Reason::CredentialStale),
        403 => (Action::AppMisconfigured, Reason::NoRight),
        404 => (Action::AppMisconfigured, Reason::Misconfigured),
        429 => (Action::SlowDown { until: None }, Reason::RateLimited),
        400..=499 => (Action::Refused, Reason::BadRequest),
        504 => (Action::Unknown, Reason::AnswerLost),
        500..=599 => (Action::Unavailable, Reason::Unavailable),
        _ => (Action::Unavailable, Reason::AnswerUnreadable),
    };
    Verdict::new(action, reason)
}
