//! The token call (section 3).

use std::sync::Arc;

use md5::{Digest, Md5};
use serde::Deserialize;
use serde_json::json;

use super::answers::{AUTH_TOO_FAST, TAKEN};
use super::apps::App;
use super::{Vivo, answers, refused};
use crate::simulator::{Ask, Effect, Opened, Ruling};
use crate::strict::{self, Maybe};
use crate::vendors::Refusal;

/// 10 calls in a second.
const CALLS: usize = 10;
const SECOND_MS: u64 = 1000;
/// Ten minutes either way.
const SKEW_MS: u64 = 600_000;

/// The sheet names 10200 and 10201 and leaves open which fault has which of the rest.
const NO_APP: &str = "10200";
const NO_KEY: &str = "10201";
const WRONG_APP: &str = "10202";
const WRONG_SIGN: &str = "10203";
const WRONG_TIME: &str = "10204";
const PARAMETERS: &str = "10207";

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Body {
    app_id: Maybe<u64>,
    app_key: Maybe<String>,
    timestamp: Maybe<u64>,
    sign: Maybe<String>,
}

pub(super) fn open(vivo: Arc<Vivo>, ask: &Ask) -> Opened {
    let body = if ask.is("application/json") {
        strict::read::<Body>(&ask.body).map_err(|why| Refusal::new(PARAMETERS, why))
    } else {
        Err(Refusal::new(PARAMETERS, "Content-Type must be application/json"))
    };
    let app = body.as_ref().ok().and_then(|body| vivo.apps.of_id(body.app_id.0?));
    Opened {
        app: app.as_ref().map(|app| app.name.clone()),
        api: "auth",
        effect: Effect::Auth,
        aims: Vec::new(),
        judge: Box::new(move |now| match body.and_then(|body| check(&body, app, now)) {
            Ok(app) => issue(&vivo, &app, now),
            Err(refusal) => refused(refusal),
        }),
    }
}

fn check(body: &Body, app: Option<Arc<App>>, now: u64) -> Result<Arc<App>, Refusal> {
    let app_id = body.app_id.0.ok_or_else(|| Refusal::new(NO_APP, "appId is missing"))?;
    let key = body.app_key.as_deref().filter(|key| !key.is_empty());
    let key = key.ok_or_else(|| Refusal::new(NO_KEY, "appKey is missing"))?;
    let app = app.filter(|app| app.app_key == key);
    let app = app.ok_or_else(|| Refusal::new(WRONG_APP, "appId and appKey are of no app"))?;
    let time = body.timestamp.0.ok_or_else(|| Refusal::new(WRONG_TIME, "timestamp is missing"))?;
    if time.abs_diff(now) > SKEW_MS {
        return Err(Refusal::new(WRONG_TIME, "timestamp is no milliseconds, or more than 10 minutes off"));
    }
    if body.sign.as_deref() != Some(sign(app_id, key, time, &app.app_secret).as_str()) {
        return Err(Refusal::new(WRONG_SIGN, "sign is not the MD5 of appId, appKey, timestamp and appSecret"));
    }
    Ok(app)
}

/// Lower-case hex of MD5(appId + appKey + timestamp + appSecret), the texts trimmed.
fn sign(app_id: u64, key: &str, time: u64, secret: &str) -> String {
    let text = format!("{app_id}{}{time}{}", key.trim(), secret.trim());
    Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn issue(vivo: &Vivo, app: &App, now: u64) -> Ruling {
    if !vivo.desk.may_issue(&app.name, CALLS, SECOND_MS, now) {
        return refused(Refusal::new(AUTH_TOO_FAST, "more than 10 auth calls in a second"));
    }
    // An earlier token stays good: an app may hold several.
    let token = format!("{:016x}{:016x}vivo", fastrand::u64(..), fastrand::u64(..));
    vivo.desk.issue(&app.name, &token, now + app.token_seconds * SECOND_MS);
    Ruling::done(answers::said(TAKEN, &[("authToken", json!(token))]), TAKEN)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_vector_of_the_sheet() {
        let (key, secret) = ("25509283-3767-4b9e-83fe-b6e55ac6243e", "8fd0d4bb-5e2f-4b0c-9d6a-0c7d1f2e3a4b");
        assert_eq!(super::sign(10004, key, 1_766_000_000_000, secret), "fbad102ee205ab7ccc6263100cfeb335");
    }
}
