//! The call for a token (section 3).

use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answers::{
    DISABLED, ILLEGAL, KEY_INVALID, KEY_MISSING, NO_PUSH_RIGHT, SIGN_INVALID, SIGN_MISSING, TAKEN, TIME_INVALID,
    TIME_MISSING, success,
};
use super::apps::App;
use super::form::Form;
use super::{Oppo, refused};
use crate::simulator::{Ask, Effect, Opened, Ruling};
use crate::vendors::Refusal;

/// How far a timestamp may be off.
const SKEW_MS: u64 = 600_000;

pub(super) fn open(oppo: Arc<Oppo>, ask: &Ask) -> Opened {
    let form = Form::read(ask);
    let key = form.as_ref().ok().and_then(|form| form.get("app_key")).unwrap_or_default();
    let app = oppo.apps.of_key(key);
    Opened {
        app: app.as_ref().map(|app| app.name.clone()),
        api: "auth",
        effect: Effect::Auth,
        aims: Vec::new(),
        judge: Box::new(move |now| {
            let checked = form.and_then(|form| check(&oppo, &form, app, now));
            checked.map_or_else(refused, |app| issue(&oppo, &app, now))
        }),
    }
}

fn check(oppo: &Oppo, form: &Form, app: Option<Arc<App>>, now: u64) -> Result<Arc<App>, Refusal> {
    form.only(&["app_key", "timestamp", "sign"])?;
    let need = |name: &str, code| form.get(name).filter(|text| !text.is_empty()).ok_or(Refusal::new(code, "missing"));
    need("app_key", KEY_MISSING)?;
    let app = app.ok_or_else(|| Refusal::new(KEY_INVALID, "app_key is unknown"))?;
    let timestamp = need("timestamp", TIME_MISSING)?;
    let sign = need("sign", SIGN_MISSING)?;
    let digits = timestamp.len() == 13 && timestamp.bytes().all(|byte| byte.is_ascii_digit());
    let at = timestamp.parse::<u64>().ok().filter(|at| digits && at.abs_diff(now) <= SKEW_MS);
    at.ok_or_else(|| Refusal::new(TIME_INVALID, "timestamp: 13 digits, within 10 minutes"))?;
    let right = format!("{:x}", Sha256::digest(format!("{}{timestamp}{}", app.app_key, app.master_secret)));
    if sign != right {
        return Err(Refusal::new(SIGN_INVALID, "sign is not the lower-case SHA-256 of key, timestamp, MasterSecret"));
    }
    if oppo.desk.is_suspended(&app.name) {
        return Err(Refusal::new(DISABLED, "the app is suspended"));
    }
    if app.api_right { Ok(app) } else { Err(Refusal::new(NO_PUSH_RIGHT, "no right to push by API")) }
}

fn issue(oppo: &Oppo, app: &App, now: u64) -> Ruling {
    let token = format!("{:016x}{:08x}", fastrand::u64(..), fastrand::u32(..));
    oppo.desk.issue(&app.name, &token, now + app.token_seconds * 1000);
    // A token lives a day from its create_time. "Sometimes a string": every other time.
    let created = now.saturating_sub((86_400 - app.token_seconds) * 1000);
    let created = if fastrand::bool() { Value::from(created) } else { Value::from(created.to_string()) };
    Ruling::done(success("success", &json!({"auth_token": token, "create_time": created})), TAKEN)
}

impl Form {
    /// Refuses any field that is not named.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        match self.names().find(|name| !names.contains(name)) {
            Some(other) => Err(Refusal::new(ILLEGAL, format!("unknown form field {other}"))),
            None => Ok(()),
        }
    }
}
