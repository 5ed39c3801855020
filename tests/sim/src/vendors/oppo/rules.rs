//! What must hold of a notification (sections 4.1 and 6).

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::answers::{CATEGORY, ILLEGAL, MISSING, PICTURE, TEMPLATE};
use super::apps::{App, MARKETING, SERVICE};
use super::notification::Notification;
use crate::vendors::Refusal;

/// How a notification is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Unicast,
    Broadcast,
}

/// Every rule, in the order of the sheet's table.
pub(super) fn check(app: &App, shown: &Notification, way: Way) -> Result<(), Refusal> {
    check_texts(shown, way)?;
    check_click(shown)?;
    check_times(shown, way)?;
    let callback = |url: &String| (url.starts_with("https://") || url.starts_with("http://")) && chars(url) <= 200;
    require(shown.call_back_url.as_ref().is_none_or(callback), "call_back_url: http or https, at most 200")?;
    require(shown.call_back_parameter.as_ref().is_none_or(|text| chars(text) <= 100), "call_back_parameter: 100")?;
    let filled = |text: &String| !text.is_empty();
    require(shown.channel_id.as_ref().is_none_or(filled), "channel_id is empty")?;
    require(shown.app_message_id.as_ref().is_none_or(filled), "app_message_id is empty")?;
    require(shown.notify_id.is_none_or(|id| (0..=i64::from(i32::MAX)).contains(&id)), "notify_id: an int")?;
    check_category(app, shown)?;
    check_template(app, shown)?;
    check_badge(shown)?;
    check_pictures(app, shown, way)
}

fn check_texts(shown: &Notification, way: Way) -> Result<(), Refusal> {
    let style = shown.style.unwrap_or(1);
    let content = match style {
        1 | 4 => 50,
        2 => 128,
        3 if way == Way::Broadcast => 50,
        _ => return Err(Refusal::new(ILLEGAL, "style: 1, 2, 4, and 3 by broadcast")),
    };
    // Beside a template some servers send no texts.
    let texts = [(&shown.title, "title", 50), (&shown.content, "content", content)];
    for (text, name, most) in texts {
        match text.as_deref() {
            None if shown.private_msg_template_id.is_some() => {}
            None | Some("") => return Err(Refusal::new(MISSING, format!("{name} is required"))),
            Some(text) => require(chars(text) <= most, &format!("{name}: at most {most} characters"))?,
        }
    }
    require(shown.sub_title.as_ref().is_none_or(|text| chars(text) <= 10), "sub_title: at most 10 characters")
}

fn check_click(shown: &Notification) -> Result<(), Refusal> {
    let (activity, url) = (shown.click_action_activity.as_deref(), shown.click_action_url.as_deref());
    let fits = |text: &str, most: usize| !text.is_empty() && chars(text) <= most;
    let kind = shown.click_action_type.unwrap_or(0);
    let fit = match kind {
        0 => activity.is_none() && url.is_none(),
        1 | 4 => url.is_none() && activity.is_some_and(|text| fits(text, 500)),
        2 | 5 => activity.is_none() && url.is_some_and(|text| fits(text, 2000)),
        _ => return Err(Refusal::new(ILLEGAL, "click_action_type: 0, 1, 2, 4 or 5; there is no 3")),
    };
    require(fit, "click_action: 1 and 4 take an activity (500), 2 and 5 a url (2000), 0 neither")?;
    let web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    require(kind != 2 || url.is_some_and(web), "click_action_url: a web page for type 2")?;
    require(kind != 4 || activity.is_some_and(|name| name.contains('.')), "click_action_activity: a full class name")?;
    let object = |text: &String| chars(text) <= 4000 && serde_json::from_str::<Map<String, Value>>(text).is_ok();
    let parameters = shown.action_parameters.as_ref();
    require(parameters.is_none_or(object), "action_parameters: a JSON object as text, at most 4000 characters")
}

fn check_times(shown: &Notification, way: Way) -> Result<(), Refusal> {
    require(shown.show_time_type.is_none_or(|kind| kind == 0 || kind == 1), "show_time_type: 0 or 1")?;
    let scheduled = shown.show_time_type.0 == Some(1);
    let span = shown.show_start_time.zip(shown.show_end_time.0);
    require(!scheduled || span.is_some_and(|(start, end)| start < end), "show_time_type 1 needs its times")?;
    // What is over 10 days is clamped, not refused.
    require(shown.off_line_ttl.is_none_or(|seconds| seconds >= 0), "off_line_ttl: seconds")?;
    let most = if shown.is_service() { 86_400 } else { 43_200 };
    require(shown.show_ttl.is_none_or(|seconds| (0..=most).contains(&seconds)), "show_ttl: 24 hours, marketing 12")?;
    require(shown.network_type.is_none_or(|kind| kind == 0 || kind == 1), "network_type: 0 or 1")?;
    let to_all = shown.push_time_type.is_some() || shown.push_start_time.is_some();
    require(!to_all, "push_time_type, push_start_time: for target type all")?;
    let paced = shown.fix_speed.is_some() || shown.fix_speed_rate.is_some();
    require(!paced || way == Way::Broadcast, "fix_speed: for broadcast")?;
    require(shown.fix_speed_rate.is_none_or(|rate| (1000..=10_000).contains(&rate)), "fix_speed_rate: 1000 to 10000")
}

fn check_category(app: &App, shown: &Notification) -> Result<(), Refusal> {
    let wrong = |why: &str| Err(Refusal::new(CATEGORY, why));
    match shown.category.as_deref() {
        None if shown.notify_level.is_some() => return wrong("notify_level without category"),
        None => return Ok(()),
        Some(category) if MARKETING.contains(&category) => {
            if shown.notify_level.is_some() {
                return wrong("notify_level with a content & marketing category");
            }
        }
        Some(category) if !SERVICE.contains(&category) => return wrong("category: none of the ten"),
        Some(category) if !app.granted.iter().any(|granted| granted == category) => {
            return wrong("category: the app has no right to it");
        }
        Some(_) => {}
    }
    match shown.notify_level.0 {
        None | Some(1 | 2) => Ok(()),
        Some(16) if app.strong_reminder => Ok(()),
        Some(16) => wrong("notify_level 16 without the strong-reminder right"),
        Some(_) => wrong("notify_level: 1, 2 or 16"),
    }
}

fn check_template(app: &App, shown: &Notification) -> Result<(), Refusal> {
    let given = [&shown.private_title_parameters, &shown.private_content_parameters];
    let Some(id) = shown.private_msg_template_id.as_deref() else {
        require(given.iter().all(|map| map.is_none()), "template parameters without private_msg_template_id")?;
        let needed = shown.category.as_ref().is_some_and(|category| app.template_needed.contains(category));
        return if needed { Err(Refusal::new(TEMPLATE, "this category needs a template")) } else { Ok(()) };
    };
    let template = app.templates.get(id).ok_or_else(|| Refusal::new(TEMPLATE, "the template is not approved"))?;
    check_parameters(&template.title, shown.private_title_parameters.as_ref())?;
    check_parameters(&template.content, shown.private_content_parameters.as_ref())
}

/// Every variable under its exact name, no other, and no empty map.
fn check_parameters(names: &BTreeSet<String>, given: Option<&BTreeMap<String, String>>) -> Result<(), Refusal> {
    require(given.is_none_or(|map| !map.is_empty()), "template parameters: leave out an empty map")?;
    let has = |name: &String| given.is_some_and(|map| map.contains_key(name));
    if let Some(name) = names.iter().find(|name| !has(name)) {
        return Err(Refusal::new(TEMPLATE, format!("template_parameters no {name}")));
    }
    let other = given.into_iter().flat_map(BTreeMap::keys).find(|name| !names.contains(*name));
    other.map_or(Ok(()), |name| Err(Refusal::new(TEMPLATE, format!("the template has no {name}"))))
}

fn check_badge(shown: &Notification) -> Result<(), Refusal> {
    let count = shown.badge_message_count.0;
    let fit = match shown.badge_operation_type.0 {
        None => count.is_none(),
        Some(0) => count.is_some_and(|count| count >= 0),
        Some(1) => count.is_none_or(|count| count > 0),
        Some(_) => false,
    };
    require(fit, "badge: type 0 with a count, 0 clears; type 1 with a count over 0 or none")
}

fn check_pictures(app: &App, shown: &Notification, way: Way) -> Result<(), Refusal> {
    let big = shown.big_picture_id.is_some() || shown.big_picture_url.is_some();
    require(!big || way == Way::Broadcast, "big pictures: by broadcast only")?;
    require(big == (shown.style.0 == Some(3)), "style 3 is that of a big picture")?;
    let paid = shown.small_picture_url.is_some() || shown.big_picture_url.is_some() || shown.style.0 == Some(4);
    if paid && !app.pictures {
        return Err(Refusal::new(PICTURE, "pictures by address are a paid service"));
    }
    Ok(())
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

/// An illegal argument unless it holds.
pub(super) fn require(holds: bool, why: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(ILLEGAL, why)) }
}
