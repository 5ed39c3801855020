//! A job as Parcel's message (sheet: "A message"). Fitting and encoding both start here, so that they agree.

use std::borrow::Cow;

use push_contract::{Badge, Class, Click, Count, Fitted, Job, Reason, Refusal, Timestamp, cut_text};
use serde::Serialize;
use sha2::{Digest, Sha256};

const TITLE_UNITS: usize = 20;
const BODY_UNITS: usize = 100;
const MESSAGE_BYTES: usize = 4096;
const TAG_BYTES: usize = 64;
const BADGE_MAX: u32 = 99;
const TTL_MAX: u64 = 604_800;

/// A message of the sheet.
#[derive(Clone, Serialize)]
pub(super) struct Message<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ext: Option<&'a str>,
    class: &'a str,
    ttl: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    badge: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    click: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    silent: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sealed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
}

/// What differs between the messages of one job.
pub(super) struct Address<'a> {
    /// The position, or none for a saved message.
    pub(super) position: Option<usize>,
    pub(super) expiry: Timestamp,
    pub(super) now: Timestamp,
    pub(super) sealed: bool,
    pub(super) badge: Option<Badge>,
    pub(super) token: Option<&'a str>,
}

impl<'a> Message<'a> {
    /// The message for some targets of the job.
    pub(super) fn to(job: &'a Job, class: &'a Class, address: &Address<'a>) -> Self {
        let mut message = write(job, class).0;
        message.id = sender_id(job, address.position);
        message.ttl = address.expiry.since(address.now).as_secs().clamp(1, TTL_MAX);
        message.badge = badge(address.badge);
        message.sealed = address.sealed;
        message.token = address.token;
        message
    }
}

/// The sender's id of a push: it depends on the job and the position alone, so that a repeat carries the same.
pub(super) fn sender_id(job: &Job, position: Option<usize>) -> String {
    match position {
        Some(n) => format!("{}.{n}", job.id),
        None => job.id.to_string(),
    }
}

/// What becomes of a job's fields, and whether its longest message is within the limit.
pub(super) fn fit(job: &Job, class: &Class) -> Result<Fitted, Refusal> {
    let (mut message, fitted) = write(job, class);
    // The widest that any target can make it.
    message.id = sender_id(job, Some(job.targets.len()));
    message.ttl = TTL_MAX;
    message.badge = Some(BADGE_MAX);
    message.sealed = true;
    let bytes = serde_json::to_vec(&message).map_or(usize::MAX, |text| text.len());
    if bytes > MESSAGE_BYTES {
        let field = if job.data.is_some() { "data" } else { "notification" };
        let rule = format!(
            "makes a message of {bytes} bytes, Parcel takes {MESSAGE_BYTES}: send less and let the app fetch it"
        );
        return Err(Refusal::rejected(Reason::PayloadTooLarge, field, rule));
    }
    Ok(fitted)
}

/// The message but for what differs between targets, and what was left out or written otherwise.
fn write<'a>(job: &'a Job, class: &'a Class) -> (Message<'a>, Fitted) {
    let mut fitted = Fitted::default();
    let notification = job.notification.as_ref();
    let title = job.title().map(|text| cut_text(text, TITLE_UNITS, Count::Utf16));
    let body = job.body().map(|text| cut_text(text, BODY_UNITS, Count::Utf16));
    let mut changed = |field: &str, is: bool| {
        if is {
            fitted.changed.push(field.to_owned());
        }
    };
    changed("title", title.as_ref().is_some_and(|cut| cut.was_cut));
    changed("body", body.as_ref().is_some_and(|cut| cut.was_cut));

    let own_tag = notification.and_then(|n| n.tag.as_deref()).filter(|tag| !tag.is_empty());
    changed("tag", own_tag.is_some_and(|tag| tag.len() > TAG_BYTES));
    let tag = own_tag.or(job.collapse.as_ref().map(|collapse| collapse.key.as_str())).map(short_tag);

    let badges = || job.targets.iter().filter_map(|target| target.badge);
    changed("badge", badges().any(|badge| matches!(badge, Badge::Set(number) if number > BADGE_MAX)));
    let (click, click_lost) = match notification.and_then(|n| n.click.as_ref()) {
        None => (None, false),
        Some(Click::App {}) => (Some(Cow::from("app")), false),
        Some(Click::Url { url }) => (Some(Cow::from(format!("url:{url}"))), false),
        // The push still arrives and a tap opens the app; losing the target of a tap is no reason to lose the push.
        Some(Click::Activity { .. } | Click::Intent { .. }) => (None, true),
    };
    let mut dropped = |field: &str, is: bool| {
        if is {
            fitted.dropped.push(field.to_owned());
        }
    };
    dropped("subtitle", notification.is_some_and(|n| n.subtitle.is_some()));
    dropped("image", notification.is_some_and(|n| n.image.is_some()));
    dropped("sound", notification.is_some_and(|n| n.sound.is_some()));
    dropped("channel", notification.is_some_and(|n| n.channel.is_some()));
    dropped("click", click_lost);
    dropped("badge", badges().any(|badge| matches!(badge, Badge::Add(_))));
    dropped("test", job.test);

    let message = Message {
        id: String::new(),
        title: title.map(|cut| cut.text),
        body: body.map(|cut| cut.text),
        ext: job.data.as_ref().map(push_contract::Data::as_str),
        class: &class.name,
        ttl: 1,
        badge: None,
        click,
        tag,
        silent: job.silent,
        sealed: false,
        token: None,
    };
    (message, fitted)
}

/// Parcel shows a number and cannot add to one.
fn badge(badge: Option<Badge>) -> Option<u32> {
    match badge {
        Some(Badge::Set(number)) => Some(number.min(BADGE_MAX)),
        Some(Badge::Add(_)) | None => None,
    }
}

/// A tag that is too long keeps its meaning as a hash: equal tags stay equal.
fn short_tag(tag: &str) -> Cow<'_, str> {
    if tag.len() <= TAG_BYTES { tag.into() } else { super::sign::hex(&Sha256::digest(tag)).into() }
}
