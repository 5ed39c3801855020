//! The calls of a dispatch (sheet: "Hosts and authentication", "Sending").

use http::{HeaderValue, Uri, header};
use push_contract::{Batch, Call, Push, Reason, Refusal, Timestamp, Token, wire};
use serde::Serialize;
use serde_json::json;

use super::{
    message::{Address, Message},
    settings::{Calls, Settings},
    sign,
};

/// The most messages of a `many`.
pub(super) const MANY_MAX: usize = 100;

const JSON: &str = "application/json";

/// The first call of a dispatch: known from settings and batch alone, so `decode` finds it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    One,
    Many,
    Save,
}

impl First {
    pub(super) fn of(settings: &Settings, batch: &Batch) -> Self {
        match settings.calls {
            Calls::Gather => Self::Many,
            Calls::List if batch.targets() > 1 => Self::Save,
            Calls::List | Calls::Single => Self::One,
        }
    }
}

/// The first request of a dispatch.
pub(super) fn first(
    settings: &Settings,
    batch: &Batch,
    token: Option<&Token>,
    now: Timestamp,
) -> Result<Call, Refusal> {
    let [push, others @ ..] = batch.pushes.as_slice() else {
        return Err(too_many("a batch holds at least one push"));
    };
    match First::of(settings, batch) {
        First::Many => {
            if batch.targets() > MANY_MAX {
                return Err(too_many("at most 100 targets a call"));
            }
            let messages: Vec<Message<'_>> = batch
                .pushes
                .iter()
                .flat_map(|push| push.positions.iter().map(move |n| message(settings, push, Some(*n), now)))
                .collect();
            let body = wire::form(&[("messages", &text(&messages)?)]);
            signed(settings, "many", &settings.addresses.many, wire::FORM, body, token, now)
        }
        _ if !others.is_empty() => Err(too_many("this app's calls hold one job; calls = \"gather\" holds several")),
        First::Save => {
            if push.positions.len() > settings.list_targets {
                return Err(too_many("more targets than list_targets"));
            }
            let body = text(&message(settings, push, None, now))?;
            signed(settings, "save", &settings.addresses.save, JSON, body, token, now)
        }
        First::One => {
            if push.positions.len() > 1 {
                return Err(too_many("one target a call"));
            }
            let body = text(&message(settings, push, push.positions.first().copied(), now))?;
            signed(settings, "one", &settings.addresses.one, JSON, body, token, now)
        }
    }
}

/// The second request: sends the saved message to the list.
pub(super) fn list(
    settings: &Settings,
    batch: &Batch,
    task: &str,
    token: Option<&Token>,
    now: Timestamp,
) -> Result<Call, Refusal> {
    let body = text(&json!({ "task": task, "tokens": batch.tokens().collect::<Vec<_>>() }))?;
    let call = signed(settings, "list", &settings.addresses.list, JSON, body, token, now)?;
    Ok(Call { memo: Some(task.to_owned()), ..call })
}

/// The call for a token.
pub(super) fn auth(settings: &Settings) -> Call {
    let fields = [("grant", "app"), ("app_id", settings.app_id.as_str()), ("app_secret", settings.app_secret.reveal())];
    let request = wire::post(&settings.addresses.auth, wire::FORM, wire::form(&fields));
    Call { api: "auth", request, commits: false, memo: None }
}

fn message<'a>(settings: &Settings, push: &'a Push, position: Option<usize>, now: Timestamp) -> Message<'a> {
    // The targets of a list have one type and one badge, so the first speaks for all.
    let target = position.or_else(|| push.positions.first().copied()).and_then(|n| push.job.targets.get(n));
    let sealed = match target.and_then(|target| target.kind.as_deref()) {
        Some(kind) => kind == super::SEALED,
        None => settings.sealed_by_default,
    };
    Message::to(
        &push.job,
        &push.class,
        &Address {
            position,
            expiry: push.expiry,
            now,
            sealed,
            badge: target.and_then(|target| target.badge),
            token: position.and(target).map(|target| target.token.as_str()),
        },
    )
}

fn signed(
    settings: &Settings,
    api: &'static str,
    address: &Uri,
    content_type: &'static str,
    body: String,
    token: Option<&Token>,
    now: Timestamp,
) -> Result<Call, Refusal> {
    let bearer = wire::authorization("Bearer ", token)?;
    let millis = now.as_millis();
    let sign = sign::sign(&settings.app_secret, &millis.to_string(), body.as_bytes());
    let mut request = wire::post(address, content_type, body);
    let headers = request.headers_mut();
    headers.insert(header::AUTHORIZATION, bearer);
    headers.insert("x-parcel-time", HeaderValue::from(millis));
    if let Ok(sign) = HeaderValue::from_str(&sign) {
        headers.insert("x-parcel-sign", sign);
    }
    Ok(Call { api, request, commits: api != "save", memo: None })
}

fn text(body: &impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(body).map_err(|_| Refusal::rejected(Reason::BadRequest, ".", "cannot be written as JSON"))
}

fn too_many(rule: &str) -> Refusal {
    Refusal::rejected(Reason::BadRequest, "targets", rule)
}
