//! The token call ("Hosts and authentication" of the sheet).

use std::sync::Arc;

use serde_json::json;

use super::apps::App;
use super::{Parcel, answers};
use crate::form;
use crate::simulator::{Answer, Ask, Effect, Opened, Ruling};

/// Token calls in a second.
const CALLS: usize = 100;
const SECOND_MS: u64 = 1000;

pub(super) fn open(parcel: Arc<Parcel>, ask: &Ask) -> Opened {
    let form = ask.is("application/x-www-form-urlencoded").then(|| form::fields(&ask.body)).flatten();
    let field = |wanted: &str| {
        let fields = form.as_deref().unwrap_or_default();
        fields.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let (grant, app_id, secret) = (field("grant"), field("app_id"), field("app_secret"));
    let app = parcel.apps.of_id(&app_id);
    let count = form.as_ref().map_or(0, Vec::len);
    Opened {
        app: app.as_ref().map(|app| app.name.clone()),
        api: "auth",
        effect: Effect::Auth,
        aims: Vec::new(),
        judge: Box::new(move |now| {
            if count != 3 || grant != "app" {
                return refused("the form must be grant=app, app_id, app_secret, URL-encoded, and nothing else");
            }
            match app {
                None => refused("app_id is unknown"),
                Some(app) if app.app_secret != secret => refused("app_secret is wrong"),
                Some(app) => issue(&parcel, &app, now),
            }
        }),
    }
}

fn refused(why: &str) -> Ruling {
    Ruling::refused(answers::refusal(answers::CREDENTIAL), answers::CREDENTIAL, why)
}

fn issue(parcel: &Parcel, app: &App, now: u64) -> Ruling {
    if !parcel.desk.may_issue(&app.name, CALLS, SECOND_MS, now) {
        let answer = Answer::empty(503).with("retry-after", "1");
        return Ruling::refused(answer, "http-503", "more than 100 token calls in a second");
    }
    let token = format!("parcel-{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    parcel.desk.issue(&app.name, &token, now + app.token_seconds * 1000);
    Ruling::done(Answer::json(200, &json!({"token": token, "expires_in": app.token_seconds})), answers::TAKEN)
}
