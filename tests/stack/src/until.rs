//! The one place that looks again and again, for what gives no event.

use std::{future::Future, time::Duration};

use tokio::time::{Instant, sleep};

use crate::{Result, StackError};

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Asks until there is an answer. What gives an event is waited for instead; this is for ports that open and counts
/// that the broker only tells when asked.
///
/// # Errors
/// If there is none within `deadline`; the message is `what`.
pub async fn until<T, F: Future<Output = Option<T>>>(
    what: &str,
    deadline: Duration,
    mut ask: impl FnMut() -> F,
) -> Result<T> {
    let end = Instant::now() + deadline;
    loop {
        // A question that is never answered must not outlive the deadline.
        let Ok(answer) = tokio::time::timeout_at(end, ask()).await else { break };
        if let Some(answer) = answer {
            return Ok(answer);
        }
        if Instant::now() + PAUSE >= end {
            break;
        }
        sleep(PAUSE).await;
    }
    Err(StackError::new(format!("not within {deadline:?}: {what}")))
}
