//! The token endpoint: OAuth2 client credentials (section 3).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Honor;
use super::apps::App;
use crate::form;
use crate::simulator::{Answer, Ask, Effect, Opened, Ruling};

/// Five minutes, in which an app may ask for a limited number of tokens.
const SPAN_MS: u64 = 300_000;

/// An OAuth2 refusal: HTTP status, `error`, why. 400 and 401 both occur, so that nobody relies on one.
struct Wrong(u16, &'static str, &'static str);

const CLIENT: &str = "unauthorized_client";
const REQUEST: &str = "invalid_request";

struct Form {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

pub(super) fn open(honor: Arc<Honor>, ask: &Ask) -> Opened {
    let form = read(ask);
    let app = form.as_ref().ok().and_then(|form| honor.apps.of_client(&form.client_id));
    Opened {
        app: app.as_ref().map(|app| app.name.clone()),
        api: "token",
        effect: Effect::Auth,
        aims: Vec::new(),
        judge: Box::new(move |now| match form.and_then(|form| check(&form, app)) {
            Ok(app) => issue(&honor, &app, now),
            Err(Wrong(status, error, why)) => Ruling::refused(refusal(status, &error.into()), error, why),
        }),
    }
}

fn read(ask: &Ask) -> Result<Form, Wrong> {
    if !ask.is("application/x-www-form-urlencoded") {
        return Err(Wrong(400, REQUEST, "Content-Type must be application/x-www-form-urlencoded"));
    }
    let fields = form::fields(&ask.body).ok_or(Wrong(
        400,
        REQUEST,
        "the form is not URL-encoded: encode the secret as the sheet shows",
    ))?;
    let mut form = Form { grant_type: String::new(), client_id: String::new(), client_secret: String::new() };
    for (name, value) in fields {
        let slot = match name.as_str() {
            "grant_type" => &mut form.grant_type,
            "client_id" => &mut form.client_id,
            "client_secret" => &mut form.client_secret,
            _ => return Err(Wrong(400, REQUEST, "unknown field in the form")),
        };
        if !slot.is_empty() {
            return Err(Wrong(400, REQUEST, "a field of the form is repeated"));
        }
        *slot = value;
    }
    Ok(form)
}

fn check(form: &Form, app: Option<Arc<App>>) -> Result<Arc<App>, Wrong> {
    if form.grant_type != "client_credentials" {
        return Err(Wrong(400, "invalid_grant", "grant_type must be client_credentials"));
    }
    // An app id in the place of the client id ends here too.
    let app = app.ok_or(Wrong(400, "invalid_client", "client_id is unknown"))?;
    if app.client_secret != form.client_secret {
        return Err(Wrong(401, CLIENT, "client_secret is wrong"));
    }
    Ok(app)
}

fn issue(honor: &Honor, app: &App, now: u64) -> Ruling {
    if !honor.desk.may_issue(&app.name, app.token_limit, SPAN_MS, now) {
        let why = format!("more than {} tokens in 5 minutes", app.token_limit);
        return Ruling::refused(Answer::empty(429), "http-429", why);
    }
    let random: [u8; 48] = std::array::from_fn(|_| fastrand::u8(..));
    let token = format!("eyJ{}", URL_SAFE_NO_PAD.encode(random));
    honor.desk.issue(&app.name, &token, now + app.token_seconds * 1000);
    let body = json!({"access_token": token, "expires_in": app.token_seconds, "token_type": "Bearer"});
    Ruling::done(Answer::json(200, &body), "0")
}

fn refusal(status: u16, error: &Value) -> Answer {
    let description = "Invalid client or Invalid client credentials";
    Answer::json(status, &json!({"error": error, "error_description": description}))
}

/// A refusal for a fault: a word or a number, `error` may be either.
pub(super) fn refusal_of(code: &str) -> Answer {
    refusal(401, &code.parse::<u64>().map_or_else(|_| code.into(), Value::from))
}
