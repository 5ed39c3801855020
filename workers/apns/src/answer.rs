//! Answers (sections 4.5 and 8): 200 is acceptance, everything else gives a reason.

use std::time::Duration;

use push_contract::{Action, Answer, Reason, Timestamp, Verdict};
use serde::Deserialize;
use serde_json::Value;

use crate::{codes, settings::TokenType};

/// How long an app waits at least after too many provider tokens. Apple says no figure.
const PAUSE: Duration = Duration::from_secs(60);

/// The header with the push's id, ours or one that APNs made.
const ID: &str = "apns-id";

#[derive(Default, Deserialize)]
struct Refused {
    reason: String,
    #[serde(default)]
    timestamp: Value,
}

/// The verdict on the one target of a call.
pub(crate) fn read(answer: &Answer, token_type: TokenType) -> Verdict {
    let id = answer.headers.get(ID).and_then(|id| id.to_str().ok()).map(str::to_ascii_lowercase);
    let verdict = match answer.status {
        // Acceptance has no body. A proxy's page has one, and not the id.
        200 if id.is_some() || answer.body.is_empty() => Verdict::accepted(),
        200..=299 => Verdict::new(Action::Unknown, Reason::AnswerUnreadable),
        _ => refused(answer, token_type),
    };
    verdict.vendor_id(id.unwrap_or_default())
}

fn refused(answer: &Answer, token_type: TokenType) -> Verdict {
    let given = serde_json::from_slice::<Refused>(&answer.body).ok();
    let verdict = match &given {
        Some(given) => codes::verdict(&given.reason, answer.status),
        // Answers without a reason come from something in between.
        None => answer.by_status(true),
    };
    let Refused { reason, timestamp } = given.unwrap_or_default();
    let action = match verdict.action {
        Action::DeviceGone { .. } => Action::DeviceGone { invalid_since: since(&timestamp) },
        // A topic with a suffix may be wrong by itself: the app's alerts go on.
        Action::AppMisconfigured if token_type == TokenType::Voip && reason.contains("Topic") => {
            Action::ClassMisconfigured
        }
        Action::SlowDown { .. } if reason == codes::TOKEN_UPDATES => {
            Action::SlowDown { until: Some(answer.at.after_pause(answer.retry_after(), PAUSE)) }
        }
        Action::SlowDown { .. } => Action::SlowDown { until: answer.retry_at() },
        // Apple documents no `Retry-After` (section 8); it is obeyed if present.
        Action::DeviceBusy { .. } => Action::DeviceBusy { until: answer.retry_at() },
        Action::Unavailable if answer.status >= 500 && answer.retry_after().is_some() => {
            Action::SlowDown { until: answer.retry_at() }
        }
        other => other,
    };
    Verdict { action, ..verdict }
}

/// Milliseconds of the moment since which the token was known to be dead.
fn since(timestamp: &Value) -> Option<Timestamp> {
    timestamp.as_i64().filter(|millis| *millis > 0).map(Timestamp::from_millis)
}
