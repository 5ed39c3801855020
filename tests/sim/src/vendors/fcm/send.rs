//! The send call: read, judged in the vendor's order, answered about its one target (sections 4 and 8).

use std::sync::Arc;

use serde_json::{Value, json};

use super::answers::Denied;
use super::apps::App;
use super::message::{Message, Send, Shown};
use super::{Fcm, bearer, rules};
use crate::fortune::Fortune;
use crate::named_job::{NamedJob, digest};
use crate::simulator::{Aim, Answer, Ask, Effect, Facts, Opened, Ruling};
use crate::strict;

/// What the app finds its own text and the job's id under. The vendor has no names for them.
const EXT: &str = "ext";
const JOB: &str = "push_id";

/// A body that could be read.
struct Body {
    message: Message,
    validate_only: bool,
}

pub(super) fn open(fcm: Arc<Fcm>, project: String, ask: Ask) -> Opened {
    let app = bearer::claimed(&fcm, &project, &ask).map(|app| app.name.clone());
    let body = read(&ask.body);
    let aims = match &body {
        Ok(body) => aims_of(body),
        Err(_) => readable_target(&ask.body),
    };
    let judge = move |now| {
        judge(&fcm, &project, &ask, body, now)
            .unwrap_or_else(|denied| Ruling::refused(denied.answer, denied.code, denied.why))
    };
    Opened { app, api: "send", effect: Effect::Commit, aims, judge: Box::new(judge) }
}

fn read(text: &[u8]) -> Result<Body, Denied> {
    let send: Send = strict::read(text).map_err(|why| misread(&why))?;
    let validate_only = send.validate_only.unwrap_or(false);
    let message = send.message.0;
    let message = message.ok_or_else(|| Denied::at("message", "Message is not set.", true))?;
    Ok(Body { message, validate_only })
}

/// A wrong name or type: the detail names the field, and there is no `FcmError` (section 4.4).
fn misread(why: &str) -> Denied {
    let place = why.split_once(": ").map_or("", |(place, _)| place).to_owned();
    // Google counts the entries of `data`; whoever reads the answer must not rely on the number.
    let place = if place.starts_with("message.data.") { "message.data[0].value".to_owned() } else { place };
    Denied::at(&place, format!("Invalid JSON payload received. {why}"), false)
}

/// The target of a body that is wrong otherwise, for faults and the seen log.
fn readable_target(text: &[u8]) -> Vec<Aim> {
    let value: Value = serde_json::from_slice(text).unwrap_or_default();
    let target = value.pointer("/message/token").or_else(|| value.pointer("/message/fid"));
    let aim = |token: &str| Aim {
        token: token.to_owned(),
        job: String::new(),
        mismatch: false,
        facts: Arc::new(Facts::default()),
    };
    target.and_then(Value::as_str).map(aim).into_iter().collect()
}

fn aims_of(body: &Body) -> Vec<Aim> {
    let message = &body.message;
    let Some(target) = message.token.as_ref().or(message.fid.as_ref()) else { return Vec::new() };
    let (android, shown, data) = (message.android.as_ref(), message.shown(), message.payload());
    let entry = |key: &str| data.and_then(|data| data.get(key)).map(String::as_str);
    let named = NamedJob::of(entry(EXT), entry(JOB));
    let collapse = match shown {
        Some(shown) => shown.tag.0.clone(),
        None => android.and_then(|android| android.collapse_key.0.clone()),
    };
    let quiet = |shown: &Shown| shown.sound.is_none() && !shown.default_sound.unwrap_or(false);
    let facts = Facts {
        ttl_seconds: android.and_then(|android| rules::seconds(android.ttl.as_deref()?)),
        class: android.and_then(|android| android.priority.0.clone()),
        badge: shown.and_then(|shown| shown.notification_count.0).filter(|n| *n > 0).map(i64::from),
        collapse,
        ext_digest: entry(EXT).map(digest),
        title_chars: message.title().map(|title| title.chars().count()),
        data_only: message.is_data(),
        silent: shown.is_some_and(quiet),
        test: body.validate_only,
        ..Facts::default()
    };
    vec![Aim { token: target.clone(), job: named.id, mismatch: named.mismatch, facts: Arc::new(facts) }]
}

fn judge(fcm: &Fcm, project: &str, ask: &Ask, body: Result<Body, Denied>, now: u64) -> Result<Ruling, Denied> {
    let app = bearer::check(fcm, project, ask, now)?;
    if !ask.is("application/json") {
        return Err(Denied::at("", "content-type must be application/json, utf-8", false));
    }
    let Body { message, validate_only } = body?;
    rules::check(&message)?;
    if !fcm.desk.take(&app.name, 1, now) {
        let mut denied = Denied::new("RATE_LIMIT_EXCEEDED", "the rate that /control/rate set");
        // The simulated window is a second, not Google's minute.
        denied.answer = denied.answer.with("retry-after", "1");
        return Err(denied);
    }
    check_device(fcm, &app, &message)?;
    let id = if validate_only { "fake_message_id".to_owned() } else { fcm.next_id(now) };
    let name = format!("projects/{}/messages/{id}", app.project_id);
    Ok(Ruling::done(Answer::json(200, &json!({"name": name})), "200"))
}

/// What the target's name foretells.
fn check_device(fcm: &Fcm, app: &App, message: &Message) -> Result<(), Denied> {
    let gone = |why: &str| Err(Denied::new("UNREGISTERED", why));
    let (target, is_fid) = match (message.token.as_ref(), message.fid.as_ref()) {
        (Some(token), _) => (token, false),
        (None, Some(fid)) => (fid, true),
        (None, None) => return Ok(()),
    };
    if is_fid && target.chars().count() > rules::FID_MAX_CHARS {
        return gone("longer than any FID: is it a registration token?");
    }
    let package = message.android.as_ref().and_then(|android| android.restricted_package_name.as_deref());
    if let (Some(asked), Some(own)) = (package, app.package_name.as_deref())
        && asked != own
    {
        return Err(Denied::at("message.android.restricted_package_name", "the token is of another package", true));
    }
    match Fortune::of(target) {
        Fortune::Dead => return gone("the app was removed"),
        // An ill-formed FID is like an unknown one; an ill-formed registration token is told.
        Fortune::Malformed if is_fid => return gone("no FID"),
        Fortune::Malformed => return Err(Denied::new("INVALID_ARGUMENT", "malformed by name")),
        Fortune::Capped => return Err(Denied::device()),
        Fortune::Busy(times) if fcm.desk.is_busy(&app.name, target, times) => return Err(Denied::device()),
        Fortune::Busy(_) | Fortune::Fine => {}
    }
    match target.split_once('-').map_or("", |(word, _)| word) {
        "foreign" => Err(Denied::new("SENDER_ID_MISMATCH", "a token of another project")),
        "ios" => Err(Denied::new("THIRD_PARTY_AUTH_ERROR", "Firebase's key for APNs is wrong")),
        _ => Ok(()),
    }
}
