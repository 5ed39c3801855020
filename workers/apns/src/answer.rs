//! Answers (sections 4.5 and 8): 200 is acceptance, everything else gives a reason.

use std::time::Duration;

use push_contract::{Action, Answer, Reason, Timestamp, Verdict};
use serde::Deserialize;
use serde_json::Value;

use crate::{codes, settings::TokenType};

/// The header with the push's id, ours or one that APNs made.
const ID: &str = "apns-id";

#[derive(Deserialize)]
struct Refused {
    reason: String,
    #[serde(default)]
    timestamp: Value,
}

/// The verdict on the one target of a call. `pause` is what follows too many provider tokens.
pub(crate) fn read(answer: &Answer, token_type: TokenType, pause: Duration) -> Verdict {
    let id = answer.headers.get(ID).and_then(|id| id.to_str().ok()).map(str::to_ascii_lowercase);
    let verdict = match answer.status {
        // Acceptance has no body. A proxy's page has one, and not the id.
        200 if id.is_some() || answer.body.is_empty() => Verdict::accepted(),
        200..=299 => Verdict::new(Action::Unknown, Reason::AnswerUnreadable),
        _ => refused(answer, token_type, pause),
    };
    verdict.vendor_id(id.unwrap_or_default())
}

fn refused(answer: &Answer, token_type: TokenType, pause: Duration) -> Verdict {
    let Ok(Refused { reason, timestamp }) = serde_json::from_slice(&answer.body) else {
        return by_status(answer);
    };
    let verdict = codes::verdict(&reason, answer.status);
    let action = match verdict.action {
        Action::DeviceGone { .. } => Action::DeviceGone { invalid_since: since(&timestamp) },
        // A topic with a suffix may be wrong by itself: the app's alerts go on.
        Action::AppMisconfigured if token_type == TokenType::Voip && reason.contains("Topic") => {
            Action::ClassMisconfigured
        }
        Action::SlowDown { .. } if reason == codes::TOKEN_UPDATES => {
            slow_down(answer, Some(answer.retry_after().map_or(pause, |wait| wait.max(pause))))
        }
        Action::SlowDown { .. } => slow_down(answer, answer.retry_after()),
        Action::Unavailable if answer.status >= 500 => unavailable(answer),
        other => other,
    };
    Verdict { action, ..verdict }
}

/// Milliseconds of the moment since which the token was known to be dead.
fn since(timestamp: &Value) -> Option<Timestamp> {
    timestamp.as_i64().filter(|millis| *millis > 0).map(Timestamp::from_millis)
}

/// Answers without a reason come from something in between.
fn by_status(answer: &Answer) -> Verdict {
    match answer.status {
        500..=503 | 505..=599 => Verdict::new(unavailable(answer), Reason::Unavailable),
        // No request of ours can time out at Apple's; what else says so is not known.
        408 => Verdict::new(Action::Unavailable, Reason::AnswerUnreadable),
        _ => answer.by_status(true),
    }
}

/// Apple documents no `Retry-After` (section 8); it is obeyed if present.
fn unavailable(answer: &Answer) -> Action {
    match answer.retry_after() {
        Some(wait) => slow_down(answer, Some(wait)),
        None => Action::Unavailable,
    }
}

fn slow_down(answer: &Answer, wait: Option<Duration>) -> Action {
    Action::SlowDown { until: wait.map(|wait| answer.at.plus(wait)) }
}
