//! Who is asking, and when: the bearer token against the app in the address, and the header `timestamp` (section 4).

use std::sync::Arc;

use super::apps::App;
use super::{Honor, codes};
use crate::desk::Worth;
use crate::simulator::Ask;
use crate::vendors::Refusal;

/// How far `timestamp` may be from now. The sheet names no figure; seconds for milliseconds are far outside.
const CLOCKS_APART_MS: u64 = 600_000;

/// The app, if the credential is one for the address.
pub(super) fn check(honor: &Honor, app_id: &str, ask: &Ask, now: u64) -> Result<Arc<App>, Refusal> {
    let stale = |why: &str| Refusal::new(codes::TOKEN, why);
    let app = honor.apps.of_id(app_id).ok_or_else(|| Refusal::new(codes::ADDRESS, "no app has this app id"))?;
    let credential = ask.bearer().ok_or_else(|| stale("Authorization must be 'Bearer <token>'"))?;
    match honor.desk.worth(credential, now) {
        Worth::Good(owner) if owner == app.name => Ok(app),
        Worth::Good(_) => Err(Refusal::new(codes::FOREIGN_TOKEN, "the access token is another app's")),
        Worth::Stale(_) => Err(stale("this token was made stale, or is too old")),
        Worth::Unknown => Err(stale("this token was never issued")),
    }
}

/// `timestamp`: the current time in milliseconds, as a string of digits; required.
pub(super) fn check_time(ask: &Ask, now: u64) -> Result<(), Refusal> {
    let wrong = |why: &str| Refusal::new(codes::PARAMETER, why);
    let text = ask.header("timestamp").ok_or_else(|| wrong("the header timestamp is required"))?;
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let at: u64 = text.parse().ok().filter(|_| digits).ok_or_else(|| wrong("timestamp must be digits"))?;
    if at.abs_diff(now) > CLOCKS_APART_MS {
        return Err(wrong("timestamp must be the current time in milliseconds"));
    }
    Ok(())
}
