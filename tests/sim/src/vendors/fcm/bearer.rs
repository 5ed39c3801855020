//! Who is asking: the access token against the project in the address (sections 3 and 8).

use std::sync::Arc;

use super::Fcm;
use super::answers::Denied;
use super::apps::App;
use crate::desk::Worth;
use crate::simulator::Ask;

/// The app that a request is for, as far as token and address tell; proves nothing.
pub(super) fn claimed(fcm: &Fcm, project: &str, ask: &Ask) -> Option<Arc<App>> {
    match ask.bearer().map(|token| fcm.desk.worth(token, 0)) {
        Some(Worth::Good(app) | Worth::Stale(app)) => fcm.apps.named(&app),
        Some(Worth::Unknown) | None => fcm.apps.of_project(project),
    }
}

/// The app, if its token is good, the project is its own, and it may send.
pub(super) fn check(fcm: &Fcm, project: &str, ask: &Ask, now: u64) -> Result<Arc<App>, Denied> {
    let token = ask
        .bearer()
        .ok_or_else(|| Denied::new("CREDENTIALS_MISSING", "authorization must be 'Bearer <access token>', once"))?;
    let name = match fcm.desk.worth(token, now) {
        Worth::Good(app) => app,
        Worth::Stale(_) => return Err(Denied::new("ACCESS_TOKEN_EXPIRED", "the token was made stale, or has ended")),
        Worth::Unknown => return Err(Denied::new("UNAUTHENTICATED", "this token was never issued")),
    };
    let app = fcm.apps.named(&name);
    let app = app.ok_or_else(|| Denied::new("UNAUTHENTICATED", "the token's app is no longer registered"))?;
    if !app.is_of(project) {
        return Err(match fcm.apps.of_project(project) {
            Some(_) => Denied::new("IAM_PERMISSION_DENIED", "the account has no right in this project"),
            None => Denied::new("NOT_FOUND", "no such project"),
        });
    }
    if !app.api_enabled {
        return Err(Denied::new("SERVICE_DISABLED", "the API is not enabled in the project"));
    }
    if !app.may_send {
        return Err(Denied::new("IAM_PERMISSION_DENIED", "the account lacks cloudmessaging.messages.create"));
    }
    if fcm.desk.is_suspended(&app.name) {
        return Err(Denied::new("CONSUMER_INVALID", "the project is suspended"));
    }
    Ok(app)
}
