//! A push: one request, one token, one answer (sections 4 and 8).

use std::sync::Arc;

use http::Method;

use super::apps::{App, Environment};
use super::headers::{self, Head, PushType};
use super::payload::{self, Payload};
use super::reasons::{
    BAD_DEVICE_TOKEN, BAD_PATH, BAD_TOPIC, EXPIRED_TOKEN, FORBIDDEN, METHOD_NOT_ALLOWED, MISSING_DEVICE_TOKEN,
    MISSING_TOPIC, NOT_FOR_TOPIC, OK, PAYLOAD_EMPTY, PAYLOAD_TOO_LARGE, SERVICE_UNAVAILABLE, TOO_MANY_REQUESTS,
    TOPIC_DISALLOWED, UNKNOWN_HEADER, UNREGISTERED, WRONG_PAYLOAD, answer, status, taken,
};
use super::{Apns, provider};
use crate::fortune::Fortune;
use crate::hub::now_ms;
use crate::line::Line;
use crate::named_job::{NamedJob, digest};
use crate::simulator::{Aim, Answer, Ask, Effect, Facts, Opened, Ruling};
use crate::strict;
use crate::vendors::Refusal;

/// How long a dead token has been dead.
const DAY_MS: u64 = 86_400_000;

/// One request with all that its judgement needs.
struct Push {
    apns: Arc<Apns>,
    line: Arc<Line>,
    environment: Environment,
    token: Option<String>,
    ask: Ask,
    app: Option<Arc<App>>,
    payload: Result<Payload, String>,
}

pub(super) fn open(
    apns: Arc<Apns>,
    line: Arc<Line>,
    environment: Environment,
    token: Option<String>,
    ask: Ask,
) -> Opened {
    let topic = ask.header("apns-topic").unwrap_or_default();
    let app = apns.apps.of_bundle(topic).or_else(|| apns.apps.of_bundle(topic.strip_suffix(".voip")?));
    let payload = strict::read::<Payload>(&ask.body);
    let aims = token.iter().filter(|token| !token.is_empty()).map(|token| aim(token, &ask, payload.as_ref().ok()));
    let aims = aims.collect();
    let name = app.as_ref().map(|app| app.name.clone());
    let push = Push { apns, line, environment, token, ask, app, payload };
    Opened { app: name, api: "send", effect: Effect::Commit, aims, judge: Box::new(move |now| push.judge(now)) }
}

fn aim(token: &str, ask: &Ask, payload: Option<&Payload>) -> Aim {
    let ext = payload.and_then(Payload::ext);
    let named = NamedJob::of(ext, None);
    let background = ask.header("apns-push-type") == Some("background");
    let voip = ask.header("apns-push-type") == Some("voip");
    let level = payload.and_then(|payload| payload.aps.interruption_level.as_deref());
    // The log tells what was left when the request came, whatever time the judgement is asked about.
    let now = now_ms();
    let facts = Facts {
        ttl_seconds: headers::expiration(ask, now).map(|moment| moment.saturating_sub(now / 1000)),
        class: ask.header("apns-push-type").map(|kind| level.unwrap_or(kind).to_owned()),
        badge: payload.and_then(|payload| payload.aps.badge.0),
        collapse: ask.header("apns-collapse-id").map(str::to_owned),
        ext_digest: ext.map(digest),
        title_chars: payload.and_then(Payload::title).map(|title| title.chars().count()),
        data_only: background,
        silent: !background && !voip && payload.is_some_and(|payload| payload.aps.sound.is_none()),
        ..Facts::default()
    };
    Aim { token: token.to_owned(), job: named.id, mismatch: named.mismatch, facts: Arc::new(facts) }
}

impl Push {
    fn judge(&self, now: u64) -> Ruling {
        if !self.line.is_http2() {
            return Ruling::refused(Answer::empty(505), "http-505", "HTTP/2 only");
        }
        let id = self.ask.header("apns-id");
        match self.check(now) {
            Ok(degraded_to) => Ruling { degraded_to, ..Ruling::done(taken(id), OK) },
            Err(Refusal { code, why }) => {
                let since = (code == UNREGISTERED).then(|| now.saturating_sub(DAY_MS));
                Ruling::refused(answer(status(code).unwrap_or(400), code, id, since), code, why)
            }
        }
    }

    /// Every rule in turn; gives the lesser level that the push is shown with, where a right is missing.
    fn check(&self, now: u64) -> Result<Option<&'static str>, Refusal> {
        let refuse = |reason, why: &str| Err(Refusal::new(reason, why));
        let Some(token) = &self.token else { return refuse(BAD_PATH, "the path must be /3/device/<token>") };
        if self.ask.method != Method::POST {
            return refuse(METHOD_NOT_ALLOWED, "only POST");
        }
        let head = headers::check(&self.ask, now)?;
        if self.ask.header("content-type").is_some_and(|kind| kind != "application/json") {
            return refuse(UNKNOWN_HEADER, "content-type must be application/json or absent");
        }
        let app = self.app_of_topic(&head)?;
        let credential = provider::check(&self.apns, app, self.environment, &self.line, &self.ask, now)?;
        if self.apns.desk.is_suspended(&app.name) {
            return refuse(FORBIDDEN, "the app is suspended");
        }
        if head.push_type == PushType::Voip && !app.granted.iter().any(|right| right == "voip") {
            return refuse(TOPIC_DISALLOWED, "the app has no right to VoIP pushes");
        }
        let degraded_to = self.check_body(&head, app)?;
        if !self.apns.desk.take(&app.name, 1, now) {
            return refuse(SERVICE_UNAVAILABLE, "the rate that /control/rate set");
        }
        self.check_token(token, &head, app)?;
        self.line.bind(&credential);
        Ok(degraded_to)
    }

    fn app_of_topic(&self, head: &Head) -> Result<&App, Refusal> {
        let Some(topic) = self.ask.header("apns-topic") else {
            return Err(Refusal::new(MISSING_TOPIC, "apns-topic must always be sent"));
        };
        let wrong = || Refusal::new(BAD_TOPIC, "no app has this topic for this push type");
        let app = self.app.as_deref().ok_or_else(wrong)?;
        let wanted = [app.bundle_id.as_str(), head.push_type.suffix()].concat();
        if topic == wanted { Ok(app) } else { Err(wrong()) }
    }

    fn check_body(&self, head: &Head, app: &App) -> Result<Option<&'static str>, Refusal> {
        if self.ask.body.is_empty() {
            return Err(Refusal::new(PAYLOAD_EMPTY, "no body"));
        }
        let most = head.push_type.most_bytes();
        if self.ask.body.len() > most {
            return Err(Refusal::new(PAYLOAD_TOO_LARGE, format!("{} bytes, at most {most}", self.ask.body.len())));
        }
        let payload = self.payload.as_ref().map_err(|why| Refusal::new(WRONG_PAYLOAD, why.as_str()))?;
        payload::check(payload, head)?;
        let level = payload.aps.interruption_level.as_deref().unwrap_or("active");
        let granted = app.granted.iter().any(|right| right == level);
        Ok((matches!(level, "time-sensitive" | "critical") && !granted).then_some("active"))
    }

    fn check_token(&self, token: &str, head: &Head, app: &App) -> Result<(), Refusal> {
        let refuse = |reason, why: &str| Err(Refusal::new(reason, why));
        if token.is_empty() {
            return refuse(MISSING_DEVICE_TOKEN, "no token in the path");
        }
        match Fortune::of(token) {
            Fortune::Dead => return refuse(UNREGISTERED, "the app was removed"),
            Fortune::Malformed => return refuse(BAD_DEVICE_TOKEN, "malformed by name"),
            // Apple says nothing of the day: too many, for now.
            Fortune::Capped => return refuse(TOO_MANY_REQUESTS, "too many pushes to this token"),
            Fortune::Busy(times) if self.apns.desk.is_busy(&app.name, token, times) => {
                return refuse(TOO_MANY_REQUESTS, "too many pushes to this token for now");
            }
            Fortune::Busy(_) => return Ok(()),
            Fortune::Fine => {}
        }
        let voip = head.push_type == PushType::Voip;
        match token.split_once('-').map_or(token, |(word, _)| word) {
            "voip" if voip => return Ok(()),
            "voip" => return refuse(NOT_FOR_TOPIC, "a VoIP token, and the topic is not .voip"),
            "alert" if voip => return refuse(NOT_FOR_TOPIC, "an alert token, and the topic is .voip"),
            "alert" => return Ok(()),
            "expired" => return refuse(EXPIRED_TOKEN, "the token has expired"),
            _ => {}
        }
        let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if !app.any_token && (token.len() % 2 == 1 || !token.bytes().all(hex)) {
            return refuse(BAD_DEVICE_TOKEN, "a token is the hex of bytes, in small letters");
        }
        if token.starts_with("deadbeef") { refuse(UNREGISTERED, "the app was removed") } else { Ok(()) }
    }
}
