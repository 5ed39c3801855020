//! What must hold of a message, field by field, with the result of each fault (sections 4.1, 4.2, 6 and 8).

use super::answers as code;
use super::message::{Extra, Message};
use super::{apps::App, length};
use crate::fortune::FORBIDDEN_WORDS;
use crate::vendors::Refusal;

/// Section 6: second-level class, first-level class.
const CATEGORIES: [(&str, i64); 10] = [
    ("IM", 1),
    ("ACCOUNT", 1),
    ("TODO", 1),
    ("DEVICE_REMINDER", 1),
    ("ORDER", 1),
    ("SUBSCRIPTION", 1),
    ("NEWS", 0),
    ("CONTENT", 0),
    ("MARKETING", 0),
    ("SOCIAL", 0),
];
const TITLE: usize = 40;
const CONTENT: usize = 100;
const URL: usize = 1000;
const TARGET: usize = 1024;
const PAIRS: usize = 10;
const MAP: usize = 1024;
const CALLBACK: usize = 128;
const PARAM: usize = 64;
const ID: usize = 64;
const LIFE_MAX: i64 = 86_400;
const LIFE_MIN: i64 = 60;
/// Of `saveListPayload`.
const LIFE_MIN_LIST: i64 = 900;
/// Operational messages may be sent from 7 to 23 o'clock in China, 8 hours ahead of UTC.
const HOURS: std::ops::Range<u64> = 7..23;
const ZONE_HOURS: u64 = 8;

/// The first-level class of a category.
pub(super) fn classification(category: &str) -> Option<i64> {
    CATEGORIES.iter().find(|(name, _)| *name == category).map(|(_, class)| *class)
}

/// Every rule that needs no knowledge of the app. `list`: the message is saved, its targets come later.
pub(super) fn check(message: &Message, list: bool) -> Result<(), Refusal> {
    if list {
        let aimed = message.reg_id.is_some() || message.alias.is_some() || message.profile_id.is_some();
        require(!aimed, code::UNREADABLE, "regId, alias and profileId are none of a saved payload")?;
    } else {
        let named = [&message.reg_id, &message.alias].iter().any(|id| id.as_ref().is_some_and(|id| !id.is_empty()));
        require(named, code::NO_TARGET, "regId and alias are both empty")?;
        require(message.reg_id.is_some(), code::UNREADABLE, "this simulator plays no aliases; send to a regId")?;
    }
    require(message.notify_type.is_some_and(|kind| (1..=4).contains(&kind)), code::NOTIFY_TYPE, "notifyType: 1 to 4")?;
    let filled = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    require(filled(message.title.as_deref()), code::TITLE_EMPTY, "title is empty")?;
    require(filled(message.content.as_deref()), code::CONTENT_EMPTY, "content is empty")?;
    let least = if list { LIFE_MIN_LIST } else { LIFE_MIN };
    let life = message.time_to_live.is_none_or(|life| (least..=LIFE_MAX).contains(&life));
    require(life, code::LIFE, "timeToLive: 60 to 86400 seconds, of a saved payload at least 900")?;
    check_skip(message)?;
    require(message.network_type.is_none_or(|kind| kind == -1 || kind == 1), code::NETWORK, "networkType: -1 or 1")?;
    check_class(message)?;
    if let Some(map) = message.client_custom_map.as_ref() {
        let units: usize = map.iter().map(|(key, value)| length::units(key) + length::units(value)).sum();
        require(map.len() <= PAIRS, code::MAP_PAIRS, "clientCustomMap: at most 10 pairs")?;
        require(units <= MAP, code::MAP, "clientCustomMap: at most 1024 characters in all")?;
    }
    if let Some(extra) = message.extra.as_ref() {
        check_extra(extra, list || message.is_test())?;
    }
    request_id(message.request_id.as_deref())?;
    let modes = message.push_mode.is_none_or(|mode| mode == 0 || mode == 1);
    require(modes, code::UNREADABLE, "pushMode: 0 or 1")?;
    let id = message.notify_id.is_none_or(|id| (1..=i64::from(i32::MAX)).contains(&id));
    require(id, code::UNREADABLE, "notifyId: 1 to 2147483647")?;
    let profile = message.profile_id.as_ref().is_none_or(|id| length::units(id) <= ID);
    require(profile, code::UNREADABLE, "profileId: at most 64")?;
    let timed = message.timed_display.as_ref().is_none_or(|timed| timed.show_start_time < timed.show_end_time);
    require(timed, code::UNREADABLE, "timedDisplay ends before it starts")?;
    let words = [&message.title, &message.content];
    let clean = !words.iter().any(|text| text.as_ref().is_some_and(|text| text.contains(FORBIDDEN_WORDS)));
    require(clean, code::REVIEWED, "forbidden words in title or content")
}

/// What depends on the app and the hour.
pub(super) fn check_for(app: &App, message: &Message, now: u64) -> Result<(), Refusal> {
    require(message.app_id.is_none_or(|id| id == app.app_id), code::OTHER_APP, "appId is not the token's app")?;
    require(!app.under_review || message.is_test(), code::REVIEW, "under review: only test messages (pushMode 1)")?;
    // Texts of 2025 count every script alike.
    let length = if app.count_units { length::units } else { length::of };
    let fits = |text: Option<&str>, most| length(text.unwrap_or_default()) <= most;
    require(fits(message.title.as_deref(), TITLE), code::TITLE_LONG, "title: at most 40")?;
    require(fits(message.content.as_deref(), CONTENT), code::CONTENT_LONG, "content: at most 100")?;
    // The sheet says "not usable" and no number.
    let subscribed = app.subscription || message.category.as_deref() != Some("SUBSCRIPTION");
    require(subscribed, code::CATEGORY, "no permission for SUBSCRIPTION")?;
    let barred = [&message.title, &message.content].iter().any(|text| text.as_deref().is_some_and(length::barred));
    let texts = !app.text_rules || message.is_test() || !barred;
    require(texts, code::TEXT, "a real message may not have such a text")?;
    let hour = (now / 3_600_000 + ZONE_HOURS) % 24;
    let open = !app.hours || message.is_system() || message.is_test() || HOURS.contains(&hour);
    require(open, code::HOURS, "operational messages may be sent from 7 to 23 o'clock")
}

/// A request's id: 1 to 64.
pub(super) fn request_id(id: Option<&str>) -> Result<(), Refusal> {
    let id = id.unwrap_or_default();
    require(!id.is_empty(), code::ID_EMPTY, "requestId is empty")?;
    require(length::units(id) <= ID, code::ID_LONG, "requestId: at most 64")
}

fn check_skip(message: &Message) -> Result<(), Refusal> {
    let target = message.skip_content.as_deref().unwrap_or_default();
    let (empty, long, most) = match message.skip_type.0 {
        Some(1) => return Ok(()),
        Some(2) => (code::URL_EMPTY, code::URL_LONG, URL),
        Some(3) => (code::CUSTOM_EMPTY, code::CUSTOM_LONG, TARGET),
        Some(4) => (code::PAGE_EMPTY, code::PAGE_LONG, TARGET),
        _ => return Err(Refusal::new(code::SKIP_TYPE, "skipType: 1 to 4")),
    };
    require(!target.trim().is_empty(), empty, "skipContent is empty")?;
    require(length::units(target) <= most, long, "skipContent is too long")?;
    let url = message.skip_type.0 != Some(2) || ["http://", "https://"].iter().any(|start| target.starts_with(start));
    require(url, code::URL_EMPTY, "skipContent is no web address")
}

fn check_class(message: &Message) -> Result<(), Refusal> {
    let given = message.classification.0;
    require(given.is_none_or(|class| class == 0 || class == 1), code::CLASSIFICATION, "classification: 0 or 1")?;
    let Some(category) = message.category.as_deref() else { return Ok(()) };
    let class = classification(category);
    require(class.is_some(), code::CATEGORY, "category: one of ten, upper case")?;
    require(given.is_none_or(|given| Some(given) == class), code::DISAGREE, "category and classification disagree")
}

/// `callback` is for single pushes of real messages; `callback.id` for all.
fn check_extra(extra: &Extra, id_only: bool) -> Result<(), Refusal> {
    let fits = |text: Option<&String>, most| text.is_none_or(|text| length::units(text) <= most);
    require(fits(extra.callback.as_ref(), CALLBACK), code::CALLBACK, "callback: at most 128")?;
    require(fits(extra.param.as_ref(), PARAM), code::PARAM, "callback.param: at most 64")?;
    require(extra.callback.is_none() || !id_only, code::CALLBACK, "callback: single pushes of real messages only")?;
    let one = extra.callback.is_none() || extra.callback_id.is_none();
    require(one, code::CALLBACK, "callback or callback.id, not both")
}

/// A refusal with this result unless it holds.
pub(super) fn require(holds: bool, code: &'static str, why: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(code, why)) }
}
