//! What must hold of a message (sections 4.1 and 9).

use serde_json::{Map, Value};

use super::answers::{EMPTY, PARAMETER};
use super::apps::App;
use super::message::{Advance, Click, Expand, Extra, Message, Time, Transparent, Vip};
use crate::vendors::Refusal;

const TITLE: usize = 32;
const CONTENT: usize = 100;
const ADDRESS_BYTES: usize = 1000;
const TRANSPARENT_BYTES: usize = 2000;

/// Every rule of a notification, in the order of the sheet's table; `uploaded`: pictures that may be shown.
pub(super) fn check(app: &App, message: &Message, uploaded: impl Fn(&str) -> bool) -> Result<(), Refusal> {
    let bar = &message.notice_bar_info;
    one_of(bar.notice_msg_type.0, &[0, 1], "noticeBarInfo.noticeMsgType")?;
    one_of(bar.notice_bar_type.0, &[0, 2], "noticeBarInfo.noticeBarType")?;
    text(bar.title.as_deref(), TITLE, "noticeBarInfo.title")?;
    text(bar.content.as_deref(), CONTENT, "noticeBarInfo.content")?;
    let pictured = match message.notice_expand_info.as_ref() {
        Some(expand) => check_expand(app, expand, uploaded)?,
        None => false,
    };
    message.click_type_info.as_ref().map_or(Ok(()), check_click)?;
    message.push_time_info.as_ref().map_or(Ok(()), check_time)?;
    message.advance_info.as_ref().map_or(Ok(()), check_advance)?;
    message.vip_info.as_ref().map_or(Ok(()), |vip| check_vip(app, vip, pictured))?;
    message.extra.as_ref().map_or(Ok(()), |extra| check_extra(app, extra))
}

/// The rules of a transparent message.
pub(super) fn check_transparent(app: &App, message: &Transparent) -> Result<(), Refusal> {
    if message.title.is_some() {
        text(message.title.as_deref(), TITLE, "title")?;
    }
    let content = message.content.as_deref().unwrap_or_default();
    if content.is_empty() {
        return Err(Refusal::new(EMPTY, "content is required"));
    }
    require(content.len() <= TRANSPARENT_BYTES, "content: at most 2000 bytes")?;
    message.push_time_info.as_ref().map_or(Ok(()), check_time)?;
    message.extra.as_ref().map_or(Ok(()), |extra| check_extra(app, extra))
}

/// Whether there is an expanded picture.
fn check_expand(app: &App, expand: &Expand, uploaded: impl Fn(&str) -> bool) -> Result<bool, Refusal> {
    one_of(expand.notice_expand_type.0, &[0, 1, 2], "noticeExpandInfo.noticeExpandType")?;
    let kind = expand.notice_expand_type.unwrap_or(0);
    let content = expand.notice_expand_content.as_deref().is_some_and(|text| !text.is_empty());
    require(kind != 1 || content, "noticeExpandInfo: type 1 needs noticeExpandContent")?;
    let picture = expand.notice_expand_img_url.as_deref();
    require((kind == 2) == picture.is_some(), "noticeExpandInfo: noticeExpandImgUrl goes with type 2")?;
    require(kind != 2 || app.vip, "noticeExpandInfo: type 2 is for VIP apps")?;
    require(picture.is_none_or(uploaded), "noticeExpandInfo.noticeExpandImgUrl: not of uploadImg, or too old")?;
    Ok(kind == 2)
}

fn check_click(click: &Click) -> Result<(), Refusal> {
    let (activity, url) = (click.activity.as_deref(), click.url.as_deref());
    let fits = |text: &str| !text.is_empty() && text.len() <= ADDRESS_BYTES;
    let fit = match click.click_type.unwrap_or(0) {
        0 => activity.is_none() && url.is_none(),
        1 => url.is_none() && activity.is_some_and(|name| fits(name) && is_class(name)),
        2 => activity.is_none() && url.is_some_and(|url| fits(url) && url.contains(':')),
        3 => return Err(Refusal::new(PARAMETER, "clickType 3 was withdrawn")),
        _ => return Err(Refusal::new(PARAMETER, "clickType: 0, 1 or 2")),
    };
    require(fit, "clickTypeInfo: 1 takes an activity's full class, 2 a url, each at most 1000 bytes, 0 neither")?;
    require(click.custom_attribute.is_none(), "clickTypeInfo.customAttribute is for type 3")?;
    let parameters = click.parameters.as_ref();
    let object = parameters.is_none_or(|text| serde_json::from_str::<Map<String, Value>>(text.get()).is_ok());
    require(object, "clickTypeInfo.parameters: a JSON object")
}

/// "Package plus class": the forms of a component, with a slash or without the package, are none.
fn is_class(name: &str) -> bool {
    name.contains('.') && !name.contains('/') && !name.starts_with('.') && !name.ends_with('.')
}

fn check_time(time: &Time) -> Result<(), Refusal> {
    one_of(time.off_line.0, &[0, 1], "pushTimeInfo.offLine")?;
    require(time.valid_time.is_none_or(|hours| (1..=72).contains(&hours)), "pushTimeInfo.validTime: 1 to 72 hours")?;
    let stored = time.off_line.unwrap_or(1) == 1;
    require(stored || time.valid_time.is_none(), "pushTimeInfo.validTime goes with offLine 1")
}

fn check_advance(advance: &Advance) -> Result<(), Refusal> {
    one_of(advance.suspend.0, &[0, 1], "advanceInfo.suspend")?;
    one_of(advance.clear_notice_bar.0, &[0, 1], "advanceInfo.clearNoticeBar")?;
    one_of(advance.fix_display.0, &[0, 1], "advanceInfo.fixDisplay")?;
    let times = [advance.fix_start_display_time.as_deref(), advance.fix_end_display_time.as_deref()];
    let timed = advance.fix_display.unwrap_or(0) == 1;
    let given = if timed { times.iter().all(Option::is_some) } else { times.iter().all(Option::is_none) };
    require(given, "advanceInfo: fixDisplay 1 goes with its two times")?;
    require(times.iter().flatten().all(|time| is_time(time)), "advanceInfo: times as yyyy-MM-dd HH:mm:ss")?;
    require(!timed || times[0] < times[1], "advanceInfo: the display ends before it starts")?;
    for flag in advance.notification_type.iter().flat_map(|alert| [&alert.vibrate, &alert.lights, &alert.sound]) {
        one_of(flag.0, &[0, 1], "advanceInfo.notificationType")?;
    }
    let key = |key: &String| (1..=8).contains(&key.len()) && key.bytes().all(is_key);
    require(advance.notify_key.as_ref().is_none_or(key), "advanceInfo.notifyKey: 1 to 8 of 0-9 a-z A-Z _ -")
}

fn is_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// `yyyy-MM-dd HH:mm:ss`.
fn is_time(text: &str) -> bool {
    let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
    text.chars().map(digit).collect::<String>() == "0000-00-00 00:00:00"
}

fn check_vip(app: &App, vip: &Vip, pictured: bool) -> Result<(), Refusal> {
    require(app.vip, "vipInfo must be absent: the app is not VIP")?;
    require(vip.subtitle.as_ref().is_none_or(|text| text.chars().count() <= 16), "vipInfo.subtitle: at most 16")?;
    one_of(vip.pull_down_top.0, &[0, 1], "vipInfo.pullDownTop")?;
    one_of(vip.not_group.0, &[0, 1], "vipInfo.notGroup")?;
    require(vip.time_top.is_none_or(|seconds| (1800..=7200).contains(&seconds)), "vipInfo.timeTop: 1800 to 7200")?;
    let pinned = vip.pull_down_top.0 == Some(1);
    require(!(pinned && vip.time_top.is_some()), "vipInfo: pullDownTop excludes timeTop")?;
    let color = |color: &String| color == "#206CFF" || color == "#E42D22";
    require(vip.title_color.as_ref().is_none_or(color), "vipInfo.titleColor: #206CFF or #E42D22")?;
    let crowded = vip.title_color.is_some() || vip.big_icon_url.is_some() || pictured;
    let alone = vip.background_img_url.is_none() || !crowded;
    require(alone, "vipInfo: a background excludes titleColor, bigIconUrl and an expanded picture")?;
    let web = |url: &&String| url.starts_with("https://") || url.starts_with("http://");
    let urls = [&vip.background_img_url, &vip.small_icon_url, &vip.big_icon_url];
    require(urls.iter().filter_map(|url| url.as_ref()).all(|url| web(&url)), "vipInfo: pictures are web addresses")
}

fn check_extra(app: &App, extra: &Extra) -> Result<(), Refusal> {
    let Some(callback) = extra.callback.as_ref() else {
        return require(extra.param.is_none() && extra.kind.is_none(), "extra: callback.* without callback");
    };
    require(callback.len() <= 128, "extra.callback: at most 128 bytes")?;
    // An address that is not registered makes the push itself fail (section 9).
    require(app.callbacks.contains(callback), "extra.callback is not registered in the console")?;
    require(extra.param.as_ref().is_none_or(|text| text.len() <= 64), "extra.callback.param: at most 64 bytes")?;
    let kind = |kind: &Value| match kind {
        Value::String(text) => ["1", "2", "3"].contains(&text.as_str()),
        other => other.as_i64().is_some_and(|kind| (1..=3).contains(&kind)),
    };
    require(extra.kind.as_ref().is_none_or(kind), "extra.callback.type: 1, 2 or 3")
}

fn one_of(flag: Option<i64>, values: &[i64], name: &str) -> Result<(), Refusal> {
    require(flag.is_none_or(|flag| values.contains(&flag)), &format!("{name}: one of {values:?}"))
}

fn text(text: Option<&str>, most: usize, name: &str) -> Result<(), Refusal> {
    match text.map(|text| text.chars().count()) {
        None | Some(0) => Err(Refusal::new(EMPTY, format!("{name} is required"))),
        Some(length) => require(length <= most, &format!("{name}: at most {most} characters")),
    }
}

/// A parameter error unless it holds.
pub(super) fn require(holds: bool, why: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(PARAMETER, why)) }
}
