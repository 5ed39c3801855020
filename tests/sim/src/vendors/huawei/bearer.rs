//! Who is asking: the bearer credential against the app in the address (sections 3 and 8).

use std::sync::Arc;

use super::apps::App;
use super::send::Address;
use super::{Huawei, codes, jwt};
use crate::desk::Worth;
use crate::simulator::Ask;
use crate::vendors::Refusal;

/// The app that a request is for, as far as address and credential tell; proves nothing.
pub(super) fn claimed(huawei: &Huawei, address: &Address, ask: &Ask) -> Option<Arc<App>> {
    match address {
        Address::Client(client_id) => huawei.apps.of_client(client_id),
        Address::Project(project_id) | Address::Next(project_id) => {
            match ask.bearer().map(|token| huawei.desk.worth(token, 0)) {
                Some(Worth::Good(app) | Worth::Stale(app)) => huawei.apps.named(&app),
                Some(Worth::Unknown) | None => huawei.apps.of_project(project_id),
            }
        }
    }
}

/// The app, if the credential is one for the address.
pub(super) fn check(huawei: &Huawei, address: &Address, ask: &Ask, now: u64) -> Result<Arc<App>, Refusal> {
    let bad = |why: &str| Refusal::new(codes::AUTH, why);
    let credential = ask.bearer().ok_or_else(|| bad("Authorization must be 'Bearer <token>'"))?;
    let app = match huawei.desk.worth(credential, now) {
        Worth::Good(app) => app,
        Worth::Stale(_) if jwt::looks_like(credential) => {
            return Err(Refusal::new(codes::JWT_EXPIRED, "this JWT was made stale, or is past its exp"));
        }
        Worth::Stale(_) => return Err(Refusal::new(codes::TOKEN_EXPIRED, "this token was made stale, or is too old")),
        Worth::Unknown => first_seen(huawei, address, credential, now)?,
    };
    let app = huawei.apps.named(&app).ok_or_else(|| bad("the token's app is no longer registered"))?;
    match address {
        Address::Client(client_id) if app.client_id == *client_id => Ok(app),
        // A service account serves all apps of its project: the address says which.
        Address::Client(client_id) => {
            let sibling = huawei.apps.of_client(client_id).filter(|other| share_account(&app, other));
            let sibling = sibling.filter(|_| jwt::looks_like(credential));
            sibling.ok_or_else(|| bad("the credential is another app's than the client_id of the address"))
        }
        Address::Project(project_id) if app.project_id.as_deref() != Some(project_id) => {
            Err(Refusal::new(codes::NO_PERMISSION, "project_id of the address is not the app's"))
        }
        Address::Project(_) => Ok(app),
        // Section 12.4: one code for an access token and for a wrong project.
        Address::Next(_) if !jwt::looks_like(credential) => Err(bad("v3 takes a JWT, no access token")),
        Address::Next(project) if app.project_id.as_deref() == Some(project) => Ok(app),
        Address::Next(_) => Err(bad("project_id of the address is not the service account's")),
    }
}

/// A credential not issued here can only be a JWT; verified once, then remembered.
fn first_seen(huawei: &Huawei, address: &Address, credential: &str, now: u64) -> Result<String, Refusal> {
    let bad = |why: &str| Refusal::new(codes::AUTH, why);
    if !jwt::looks_like(credential) {
        return Err(bad("this token was never issued"));
    }
    let app = match address {
        Address::Client(client_id) => huawei.apps.of_client(client_id),
        Address::Project(project_id) | Address::Next(project_id) => huawei.apps.of_project(project_id),
    };
    let app = app.ok_or_else(|| bad("no app has the client_id or project_id of the address"))?;
    let account = app.account.as_ref().ok_or_else(|| bad("the app has no service account; use the token endpoint"))?;
    let expires = jwt::check(credential, account, now)?;
    huawei.desk.verified(&app.name, credential, expires);
    Ok(app.name.clone())
}

/// Whether both apps are of one project and have the same service account.
fn share_account(one: &App, other: &App) -> bool {
    let (Some(account), Some(others)) = (&one.account, &other.account) else { return false };
    one.project_id.is_some() && one.project_id == other.project_id && account.sub_account == others.sub_account
}
