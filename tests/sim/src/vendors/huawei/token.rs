//! The token endpoint: OAuth2 client credentials (section 3.1).

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;

use super::Huawei;
use super::apps::{App, is_client_id};
use crate::form;
use crate::simulator::{Answer, Ask, Effect, Opened, Ruling};

/// Five minutes, in which an app may ask for a limited number of tokens.
const SPAN_MS: u64 = 300_000;

/// `error` and `sub_error` of a refusal; the sheet lists the pairs.
struct Wrong {
    sub_error: u32,
    why: String,
}

impl Wrong {
    fn parameter(why: &str) -> Self {
        Self { sub_error: 20001, why: why.to_owned() }
    }

    fn listed(sub_error: u32, why: &str) -> Self {
        Self { sub_error, why: why.to_owned() }
    }
}

struct Form {
    grant_type: String,
    client_id: String,
    client_secret: String,
}

pub(super) fn open(huawei: Arc<Huawei>, ask: &Ask) -> Opened {
    let form = read(ask);
    let app = form.as_ref().ok().and_then(|form| huawei.apps.of_client(&form.client_id));
    Opened {
        app: app.as_ref().map(|app| app.name.clone()),
        api: "token",
        effect: Effect::Auth,
        aims: Vec::new(),
        judge: Box::new(move |now| match form.and_then(|form| check(&form, app)) {
            Ok(app) => issue(&huawei, &app, now),
            Err(wrong) => {
                let answer = refusal(1101, wrong.sub_error, &wrong.why);
                Ruling::refused(answer, format!("1101/{}", wrong.sub_error), wrong.why)
            }
        }),
    }
}

fn read(ask: &Ask) -> Result<Form, Wrong> {
    if !ask.is("application/x-www-form-urlencoded") {
        return Err(Wrong::parameter("Content-Type must be application/x-www-form-urlencoded"));
    }
    let fields = form::fields(&ask.body)
        .ok_or_else(|| Wrong::parameter("the form is not URL-encoded: encode the secret as the sheet shows"))?;
    let mut form = Form { grant_type: String::new(), client_id: String::new(), client_secret: String::new() };
    for (name, value) in fields {
        let slot = match name.as_str() {
            "grant_type" => &mut form.grant_type,
            "client_id" => &mut form.client_id,
            "client_secret" => &mut form.client_secret,
            _ => return Err(Wrong::parameter("unknown field in the form")),
        };
        if !slot.is_empty() {
            return Err(Wrong::parameter("a field of the form is repeated"));
        }
        *slot = value;
    }
    Ok(form)
}

fn check(form: &Form, app: Option<Arc<App>>) -> Result<Arc<App>, Wrong> {
    if form.grant_type != "client_credentials" {
        return Err(Wrong::parameter("grant_type must be client_credentials"));
    }
    if !is_client_id(&form.client_id) {
        return Err(Wrong::listed(20002, "client_id must be 1 to 64 digits"));
    }
    if form.client_secret.is_empty() {
        return Err(Wrong::listed(20171, "client_secret is empty"));
    }
    let app = app.ok_or_else(|| Wrong::listed(20003, "client_id is unknown"))?;
    if app.client_secret.as_deref() != Some(form.client_secret.as_str()) {
        return Err(Wrong::listed(12304, "client_secret is wrong"));
    }
    Ok(app)
}

fn issue(huawei: &Huawei, app: &App, now: u64) -> Ruling {
    if !huawei.desk.may_issue(&app.name, app.token_limit, SPAN_MS, now) {
        let why = format!("more than {} tokens in 5 minutes", app.token_limit);
        return Ruling::refused(Answer::empty(503), "http-503", why);
    }
    // A slash is certain, and it goes out escaped: only a JSON parser undoes `\/`.
    let random: [u8; 48] = std::array::from_fn(|_| fastrand::u8(..));
    let token = format!("CgB6e3x9/{}", STANDARD.encode(random));
    huawei.desk.issue(&app.name, &token, now + app.token_seconds * 1000);
    let body = json!({"access_token": token, "expires_in": app.token_seconds, "token_type": "Bearer"});
    let mut answer = Answer::json(200, &body).with("cache-control", "no-store");
    answer.body = Bytes::from(body.to_string().replace('/', "\\/"));
    Ruling::done(answer, "0")
}

fn refusal(error: u32, sub_error: u32, description: &str) -> Answer {
    Answer::json(400, &json!({"error": error, "sub_error": sub_error, "error_description": description}))
}

/// A refusal for a fault: `1101/20003`.
pub(super) fn refusal_of(code: &str) -> Result<Answer, String> {
    let pair = code.split_once('/').and_then(|(error, sub)| Some((error.parse().ok()?, sub.parse().ok()?)));
    let (error, sub_error) = pair.ok_or("a token code is <error>/<sub_error>, like 1101/12304")?;
    Ok(refusal(error, sub_error, "refused by a fault"))
}
