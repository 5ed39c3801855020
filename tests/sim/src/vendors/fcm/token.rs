//! The token endpoint: an assertion for an access token (section 3).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::Fcm;
use super::apps::App;
use super::assertion::{Assertion, Granted, Wrong};
use crate::form;
use crate::simulator::{Answer, Ask, Effect, Opened, Ruling};

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// The errors that the sheet lists; faults may name them.
const ERRORS: [&str; 5] =
    ["invalid_request", "invalid_grant", "invalid_scope", "invalid_client", "unauthorized_client"];

pub(super) fn open(fcm: Arc<Fcm>, ask: &Ask) -> Opened {
    let assertion = read(ask);
    let app = assertion.as_ref().ok().and_then(|assertion| assertion.claimed(&fcm.apps));
    Opened {
        app: app.as_ref().map(|app| app.name.clone()),
        api: "token",
        effect: Effect::Auth,
        aims: Vec::new(),
        judge: Box::new(move |now| {
            let checked = assertion.and_then(|assertion| assertion.check(app.as_deref(), now));
            match (checked, app) {
                (Ok(Granted::Access), Some(app)) => issue(&fcm, &app, now),
                (Ok(_), _) => {
                    let answer = Answer::json(200, &json!({"id_token": "eyJhbGciOiJSUzI1NiJ9.e30.x"}));
                    Ruling::refused(answer, "id_token", "the scope is unknown: an ID token and no access token")
                }
                (Err((error, description)), _) => Ruling::refused(refusal(error, description), error, description),
            }
        }),
    }
}

fn read(ask: &Ask) -> Result<Assertion, Wrong> {
    if !ask.is("application/x-www-form-urlencoded") {
        return Err(("invalid_request", "Content-Type must be application/x-www-form-urlencoded"));
    }
    let mut fields = form::fields(&ask.body).ok_or(("invalid_request", "the form is not URL-encoded"))?;
    // A form has no order: Google's own clients write the assertion first.
    fields.sort();
    match fields.as_slice() {
        [(name, jwt), (grant, kind)] if name == "assertion" && grant == "grant_type" => {
            if kind != GRANT_TYPE {
                return Err(("unsupported_grant_type", "Invalid grant_type"));
            }
            Assertion::read(jwt)
        }
        _ => Err(("invalid_request", "the form must be grant_type and assertion, once each")),
    }
}

fn issue(fcm: &Fcm, app: &App, now: u64) -> Ruling {
    // About 1 KB, as the sheet has seen it.
    let random: [u8; 700] = std::array::from_fn(|_| fastrand::u8(..));
    let token = format!("ya29.c.c0AY{}", URL_SAFE_NO_PAD.encode(random));
    fcm.desk.issue(&app.name, &token, now + app.token_seconds * 1000);
    let body = json!({"access_token": token, "expires_in": app.token_seconds, "token_type": "Bearer"});
    Ruling::done(Answer::json(200, &body), "0")
}

fn refusal(error: &str, description: &str) -> Answer {
    let status = if error.ends_with("_client") { 401 } else { 400 };
    Answer::json(status, &json!({"error": error, "error_description": description}))
}

/// A refusal for a fault.
pub(super) fn refusal_of(code: &str) -> Result<Answer, String> {
    if ERRORS.contains(&code) {
        return Ok(refusal(code, "refused by a fault"));
    }
    Err(format!("{code} is no error of the token endpoint; they are {}", ERRORS.join(", ")))
}
