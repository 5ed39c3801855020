//! What must hold of a message to HarmonyOS NEXT, whoever sends it, and what the app must have the right to (sections
//! 12.2 and 12.3).

use super::super::apps::App;
use super::super::codes::{COLLAPSE_KEY, EXPIRED_MESSAGE, PARAMETER, STRUCTURE};
use super::message::{Badge, ClickAction, Form, LiveView, Notification, Payload, PushOptions};
use super::reasons;
use crate::vendors::Refusal;

/// Section 12.3. PLAY_VOICE is for `push-type` 2; CUSTOMER_SERVICE is in one secondary source only.
pub(in super::super) const CATEGORIES: [&str; 14] = [
    "IM",
    "VOIP",
    "MISS_CALL",
    "SUBSCRIPTION",
    "TRAVEL",
    "HEALTH",
    "WORK",
    "ACCOUNT",
    "EXPRESS",
    "FINANCE",
    "DEVICE_REMINDER",
    "MAIL",
    "PLAY_VOICE",
    "MARKETING",
];
/// 15 days.
const TTL_MAX_SECONDS: i64 = 1_296_000;
const BI_TAG_MAX_BYTES: usize = 64;
/// A live view begins only for these.
const LIVE_EVENTS: [&str; 3] = ["FLIGHT", "TAXI", "TRAIN"];

/// Every rule that needs no knowledge of the app.
pub(super) fn check(payload: &Payload, options: &PushOptions) -> Result<(), Refusal> {
    match payload {
        Payload::Alert(alert) => check_notification(&alert.notification)?,
        Payload::Voice(voice) => {
            let is_voice = voice.notification.category == "PLAY_VOICE";
            require(is_voice, "notification.category must be PLAY_VOICE with push-type 2")?;
            check_notification(&voice.notification)?;
        }
        Payload::Form(form) => check_form(form)?,
        Payload::LiveView(view) => check_live_view(view)?,
        Payload::Background(extra) => {
            require(extra.proxy_data.as_deref().is_none_or(|word| word == "ENABLE"), "proxyData must be ENABLE")?;
        }
        Payload::Call(extra) => require(extra.proxy_data.is_none(), "proxyData is for push-type 6")?,
    }
    check_options(payload, options)
}

fn check_options(payload: &Payload, options: &PushOptions) -> Result<(), Refusal> {
    let wrong = |code, why: &str| Err(Refusal::new(code, format!("pushOptions.{why}")));
    match options.ttl.0 {
        Some(0) => return wrong(EXPIRED_MESSAGE, "ttl is 0: expired at once"),
        Some(ttl) if !(1..=TTL_MAX_SECONDS).contains(&ttl) => return wrong(PARAMETER, "ttl must be 1 to 1296000"),
        _ => {}
    }
    if options.bi_tag.as_ref().is_some_and(|tag| tag.len() > BI_TAG_MAX_BYTES) {
        return wrong(PARAMETER, "biTag must be at most 64 bytes");
    }
    if options.receipt_id.as_ref().is_some_and(String::is_empty) {
        return wrong(PARAMETER, "receiptId is empty");
    }
    if let Some(key) = options.collapse_key.0 {
        if payload.notification().is_none() {
            return wrong(COLLAPSE_KEY, "collapseKey is for push-type 0 and 2");
        }
        if !(-1..=100).contains(&key) {
            return wrong(COLLAPSE_KEY, "collapseKey must be -1 to 100");
        }
    }
    match (options.background_mode.0, payload) {
        (None, _) | (Some(0 | 1), Payload::Background(_)) => Ok(()),
        (Some(_), Payload::Background(_)) => wrong(PARAMETER, "backgroundMode must be 0 or 1"),
        (Some(_), _) => wrong(PARAMETER, "backgroundMode is for push-type 6"),
    }
}

fn check_notification(shown: &Notification) -> Result<(), Refusal> {
    let known = CATEGORIES.contains(&shown.category.as_str());
    require(known, "notification.category is none of the vendor's")?;
    require(!shown.title.is_empty() && !shown.body.is_empty(), "notification: title and body must not be empty")?;
    check_click(&shown.click_action)?;
    let is_https = |url: &str| url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains(' '));
    require(shown.image.as_deref().is_none_or(is_https), "notification.image must be an https URL")?;
    check_style(shown)?;
    let notify_id = shown.notify_id.is_none_or(|id| (-1..=i64::from(i32::MAX)).contains(&id));
    require(notify_id, "notification.notifyId: -1 to 2147483647")?;
    require(
        shown.app_message_id.as_deref().is_none_or(is_message_id),
        "notification.appMessageId: 1 to 64 of [A-Za-z0-9+/=_ -]",
    )?;
    require(shown.profile_id.as_ref().is_none_or(|id| id.chars().count() <= 64), "notification.profileId: at most 64")?;
    shown.badge.as_ref().map_or(Ok(()), check_badge)?;
    let is_file = |name: &str| !name.is_empty() && !name.contains('/');
    require(shown.sound.as_deref().is_none_or(is_file), "notification.sound must be the name of a file in rawfile")?;
    require(shown.sound_duration.is_none_or(|n| (1..=60).contains(&n)), "notification.soundDuration: 1 to 60")
}

/// What a type does not use it must not carry.
fn check_click(click: &ClickAction) -> Result<(), Refusal> {
    let (action, uri) = (click.action.as_deref(), click.uri.as_deref());
    match click.action_type {
        0 => require(action.is_none() && uri.is_none(), "clickAction: action and uri are for actionType 1"),
        1 => {
            let given = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
            require(given(action) || given(uri), "clickAction: actionType 1 needs action or uri")?;
            let is_uri = |uri: &str| uri.contains("://") && !uri.contains(char::is_whitespace);
            require(uri.is_none_or(is_uri), "clickAction: uri must be one")
        }
        3 | 5 => require(false, "clickAction: actionType 3 and 5 are for live views"),
        _ => require(false, "clickAction: actionType must be 0 or 1"),
    }
}

fn check_style(shown: &Notification) -> Result<(), Refusal> {
    match shown.style.unwrap_or(0) {
        0 => Ok(()),
        1 => require(shown.big_title.is_some() && shown.big_body.is_some(), "style 1 needs bigTitle and bigBody"),
        3 => {
            let lines = shown.inbox_content.as_deref().unwrap_or_default();
            let fit = (1..=3).contains(&lines.len()) && lines.iter().all(|line| line.chars().count() <= 1024);
            require(fit, "style 3 needs inboxContent, 1 to 3 lines of at most 1024")
        }
        _ => require(false, "style must be 0, 1 or 3"),
    }
}

fn check_badge(badge: &Badge) -> Result<(), Refusal> {
    require(badge.add_num.is_none_or(|n| (1..=99).contains(&n)), "badge.addNum must be 1 to 99")?;
    require(badge.set_num.is_none_or(|n| (0..=99).contains(&n)), "badge.setNum must be 0 to 99")
}

fn check_form(form: &Form) -> Result<(), Refusal> {
    let names = [&form.module_name, &form.form_name, &form.ability_name];
    require(names.iter().all(|name| !name.is_empty()), "moduleName, formName and abilityName must not be empty")?;
    require(form.version >= 0, "version must not be negative")?;
    require(form.form_data.values().all(|value| !value.is_null()), "formData: no value may be null")?;
    let images = form.images.as_deref().unwrap_or_default();
    require(images.len() <= 1, "images: at most one")?;
    let whole = images.iter().all(|image| {
        !image.key_name.is_empty()
            && image.url.starts_with("https://")
            && image.require.is_none_or(|n| n == 0 || n == 1)
    });
    require(whole, "images: keyName, url (https), require 0 or 1")
}

fn check_live_view(view: &LiveView) -> Result<(), Refusal> {
    require((0..=2).contains(&view.operation), "operation must be 0, 1 or 2")?;
    require(view.version >= 0, "version must not be negative")?;
    if view.operation == 0 {
        require(LIVE_EVENTS.contains(&view.event.as_str()), "event: a live view begins for FLIGHT, TAXI or TRAIN")?;
        require(view.status.is_some(), "status is required with operation 0")?;
    }
    Ok(())
}

/// The reason for which the app may not send this to any token (section 12.4).
pub(super) fn forbidden(app: &App, payload: &Payload, options: &PushOptions) -> Option<&'static str> {
    let granted = |category: &str| app.next_granted.iter().any(|granted| granted == category);
    let lacks_type = match payload {
        Payload::Alert(alert) if alert.notification.category == "PLAY_VOICE" => return Some(reasons::NO_VOICE),
        Payload::LiveView(view) if !app.live_views.contains(&view.event) => return Some(reasons::NO_SCENE),
        Payload::Alert(_) | Payload::Form(_) | Payload::LiveView(_) => false,
        Payload::Voice(_) => !granted("PLAY_VOICE"),
        Payload::Call(_) => !app.in_app_call,
        Payload::Background(_) => options.background_mode.0 == Some(1) && !app.instant_background,
    };
    lacks_type.then_some(reasons::NO_PUSH_TYPE)
}

/// `appMessageId`: 1 to 64 of letters, digits, + / = - _ and blanks.
fn is_message_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/=-_ ".contains(&byte))
}

/// An illegal payload unless it holds.
fn require(holds: bool, why: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(STRUCTURE, why)) }
}
