//! What must hold of a notification (sections 4.3 and 4.4).

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::message::{Badge, Button, ClickAction, Message, Notification};
use super::rules::require;
use crate::vendors::Refusal;

const MAX_BUTTONS: usize = 3;
const BUTTON_NAME: usize = 40;
const BUTTON_DATA: usize = 1024;

/// Checks a message that shows something.
pub(super) fn check(message: &Message) -> Result<(), Refusal> {
    let given = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    require(
        given(message.title()) && given(message.body()),
        "title and body must each be set in one of the two places",
    )?;
    let image = message.notification.as_ref().and_then(|basic| basic.image.as_deref());
    require(image.is_none_or(is_https), "notification.image must be an https URL")?;
    let shown = message.shown();
    require(shown.is_some(), "android.notification with clickAction is required for notifications")?;
    shown.map_or(Ok(()), |shown| check_shown(message, shown))
}

fn check_shown(message: &Message, shown: &Notification) -> Result<(), Refusal> {
    require(shown.click_action.is_some(), "android.notification.clickAction is required")?;
    shown.click_action.as_ref().map_or(Ok(()), check_click)?;
    let importance = shown.importance.as_deref();
    require(importance.is_none_or(|word| word == "NORMAL" || word == "LOW"), "importance must be NORMAL or LOW")?;
    require(shown.image.as_deref().is_none_or(is_https), "image must be an https URL")?;
    let is_filled = |text: &String| !text.is_empty();
    require(shown.tag.as_ref().is_none_or(is_filled), "tag is empty")?;
    require(shown.group.as_ref().is_none_or(is_filled), "group is empty")?;
    require(shown.notify_id.is_none_or(|id| (-1..=i64::from(i32::MAX)).contains(&id)), "notifyId: -1 to 2147483647")?;
    let is_utc = |when: &str| when.ends_with('Z') && OffsetDateTime::parse(when, &Rfc3339).is_ok();
    require(shown.when.as_deref().is_none_or(is_utc), "when must be like 2014-10-02T15:01:23.045123456Z")?;
    check_style(message, shown)?;
    shown.badge.as_ref().map_or(Ok(()), check_badge)?;
    let buttons = shown.buttons.as_deref().unwrap_or_default();
    require(buttons.len() <= MAX_BUTTONS, "buttons: at most 3")?;
    buttons.iter().try_for_each(check_button)
}

/// Section 4.4. What a type does not use it must not carry.
fn check_click(click: &ClickAction) -> Result<(), Refusal> {
    let (intent, action, url) = (click.intent.as_deref(), click.action.as_deref(), click.url.as_deref());
    match click.kind {
        1 => {
            require(url.is_none(), "clickAction: url is for type 2")?;
            require(intent.is_some() || action.is_some(), "clickAction: type 1 needs intent or action")?;
            require(action.is_none_or(|action| !action.is_empty()), "clickAction: action is empty")?;
            require(intent.is_none_or(is_intent), "clickAction: intent must be like intent://host/path#Intent;...;end")
        }
        2 => {
            require(intent.is_none() && action.is_none(), "clickAction: intent and action are for type 1")?;
            require(url.is_some_and(is_https), "clickAction: type 2 needs url, https")
        }
        3 => {
            let is_bare = intent.is_none() && action.is_none() && url.is_none();
            require(is_bare, "clickAction: type 3 takes no intent, action or url")
        }
        _ => require(false, "clickAction: type must be 1, 2 or 3"),
    }
}

fn check_style(message: &Message, shown: &Notification) -> Result<(), Refusal> {
    let (title, body) = (shown.big_title.as_deref(), shown.big_body.as_deref());
    match shown.style.unwrap_or(0) {
        0 => require(title.is_none() && body.is_none(), "bigTitle and bigBody are for style 1"),
        1 => {
            let is_equal = title == message.title() && body == message.body();
            require(is_equal, "style 1 needs bigTitle and bigBody, equal to title and body")
        }
        _ => require(false, "style must be 0 or 1"),
    }
}

fn check_badge(badge: &Badge) -> Result<(), Refusal> {
    require(badge.add_num.is_none_or(|n| (1..=99).contains(&n)), "badge.addNum must be 1 to 99")?;
    require(badge.set_num.is_none_or(|n| (0..=99).contains(&n)), "badge.setNum must be 0 to 99")?;
    let is_named = badge.badge_class.as_ref().is_some_and(|class| !class.is_empty());
    require(is_named, "badge.badgeClass is required")
}

fn check_button(button: &Button) -> Result<(), Refusal> {
    require((1..=BUTTON_NAME).contains(&button.name.chars().count()), "buttons: name must be 1 to 40")?;
    require((0..=2).contains(&button.action_type), "buttons: actionType must be 0, 1 or 2")?;
    require(button.intent_type.is_none_or(|kind| kind == 0 || kind == 1), "buttons: intentType must be 0 or 1")?;
    let opens = button.action_type == 0 || button.intent.is_some();
    require(opens, "buttons: actionType 1 and 2 need intent")?;
    let fits = button.data.as_ref().is_none_or(|data| data.chars().count() <= BUTTON_DATA);
    require(fits, "buttons: data at most 1024")
}

fn is_https(url: &str) -> bool {
    url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains([' ', '\n', '"']))
}

fn is_intent(text: &str) -> bool {
    text.starts_with("intent:") && text.contains("#Intent;") && text.ends_with("end") && !text.contains(' ')
}
