//! What must hold of a notification (sections 4.4 and 4.5).

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::codes::STRUCTURE;
use super::message::{Badge, Button, ClickAction, Message, Notification};
use super::rules::{one_of, require};
use crate::vendors::Refusal;

/// Checks a message that shows something.
pub(super) fn check(message: &Message) -> Result<(), Refusal> {
    let given = |text: Option<&str>| text.is_some_and(|text| !text.is_empty());
    require(
        given(message.title()) && given(message.body()),
        "title and body must each be set in one of the two places",
    )?;
    let image = message.notification.as_ref().and_then(|basic| basic.image.as_deref());
    require(image.is_none_or(is_https), "notification.image must be an https URL")?;
    let shown = message.shown().ok_or_else(|| {
        Refusal::new(STRUCTURE, "android.notification with click_action is required for Android notifications")
    })?;
    let click = shown.click_action.as_ref();
    check_click(click.ok_or_else(|| Refusal::new(STRUCTURE, "android.notification.click_action is required"))?)?;
    check_looks(shown)?;
    check_style(shown)?;
    if let Some(badge) = shown.badge.as_ref() {
        check_badge(badge)?;
    }
    let buttons = shown.buttons.as_deref().unwrap_or_default();
    require(buttons.len() <= 3, "buttons: at most 3")?;
    buttons.iter().try_for_each(check_button)
}

/// Section 4.5. What a type does not use it must not carry.
fn check_click(click: &ClickAction) -> Result<(), Refusal> {
    let (intent, action, url) = (click.intent.as_deref(), click.action.as_deref(), click.url.as_deref());
    match click.kind {
        1 => {
            require(url.is_none(), "click_action: url is for type 2")?;
            require(intent.is_some() != action.is_some(), "click_action: type 1 needs one of intent and action")?;
            require(action.is_none_or(|action| !action.is_empty()), "click_action: action is empty")?;
            require(
                intent.is_none_or(is_intent),
                "click_action: intent must be like intent://host/path?#Intent;...;end",
            )
        }
        2 => {
            require(intent.is_none() && action.is_none(), "click_action: intent and action are for type 1")?;
            require(url.is_some_and(is_https), "click_action: type 2 needs url, https")
        }
        3 => {
            let bare = intent.is_none() && action.is_none() && url.is_none();
            require(bare, "click_action: type 3 takes no intent, action or url")
        }
        _ => require(false, "click_action: type must be 1, 2 or 3"),
    }
}

fn check_looks(shown: &Notification) -> Result<(), Refusal> {
    one_of(shown.importance.as_deref(), "importance", &["NORMAL", "LOW"])?;
    let visibilities = ["VISIBILITY_UNSPECIFIED", "PRIVATE", "PUBLIC", "SECRET"];
    one_of(shown.visibility.as_deref(), "visibility", &visibilities)?;
    require(shown.image.as_deref().is_none_or(is_https), "image must be an https URL")?;
    let raw = |path: &str| path.len() > 5 && path.starts_with("/raw/");
    require(shown.icon.as_deref().is_none_or(raw), "icon must be /raw/<name>")?;
    require(shown.sound.as_deref().is_none_or(raw), "sound must be /raw/<name>")?;
    require(shown.color.as_deref().is_none_or(is_color), "color must be #RRGGBB")?;
    let some = |text: &String| !text.is_empty();
    require(shown.channel_id.as_ref().is_none_or(some), "channel_id is empty")?;
    require(shown.tag.as_ref().is_none_or(some), "tag is empty")?;
    require(shown.notify_id.is_none_or(|id| (-1..=i64::from(i32::MAX)).contains(&id)), "notify_id: -1 to 2147483647")?;
    require(shown.profile_id.as_ref().is_none_or(|id| id.chars().count() <= 64), "profile_id: at most 64")?;
    let utc = |when: &str| when.ends_with('Z') && OffsetDateTime::parse(when, &Rfc3339).is_ok();
    require(shown.when.as_deref().is_none_or(utc), "when must be like 2014-10-02T15:01:23.045123456Z")?;
    require(shown.vibrate_config.as_ref().is_none_or(|steps| steps.len() <= 10), "vibrate_config: at most 10")
}

fn check_style(shown: &Notification) -> Result<(), Refusal> {
    match shown.style.unwrap_or(0) {
        0 => Ok(()),
        1 => require(shown.big_title.is_some() && shown.big_body.is_some(), "style 1 needs big_title and big_body"),
        3 => {
            let lines = shown.inbox_content.as_deref().unwrap_or_default();
            let fit = (1..=5).contains(&lines.len()) && lines.iter().all(|line| line.chars().count() <= 1024);
            require(fit, "style 3 needs inbox_content, 1 to 5 lines of at most 1024")
        }
        _ => require(false, "style must be 0, 1 or 3"),
    }
}

fn check_badge(badge: &Badge) -> Result<(), Refusal> {
    require(badge.add_num.is_none_or(|n| (1..=99).contains(&n)), "badge.add_num must be 1 to 99")?;
    require(badge.set_num.is_none_or(|n| (0..=99).contains(&n)), "badge.set_num must be 0 to 99")?;
    require(
        badge.class.as_ref().is_some_and(|class| !class.is_empty()),
        "badge needs class; without it nothing happens",
    )
}

fn check_button(button: &Button) -> Result<(), Refusal> {
    require((1..=40).contains(&button.name.chars().count()), "buttons: name must be 1 to 40")?;
    require((0..=4).contains(&button.action_type), "buttons: action_type must be 0 to 4")?;
    require(button.intent_type.is_none_or(|kind| kind == 0 || kind == 1), "buttons: intent_type must be 0 or 1")?;
    let page = button.action_type == 1;
    require(!page || button.intent_type.is_some(), "buttons: action_type 1 needs intent_type")?;
    require(!page || button.intent.is_some(), "buttons: action_type 1 needs intent")?;
    require(button.data.as_ref().is_none_or(|data| data.chars().count() <= 1024), "buttons: data at most 1024")
}

fn is_https(url: &str) -> bool {
    url.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.contains([' ', '\n', '"']))
}

fn is_intent(text: &str) -> bool {
    text.starts_with("intent:") && text.contains("#Intent;") && text.ends_with(";end") && !text.contains(' ')
}

fn is_color(text: &str) -> bool {
    text.len() == 7 && text.strip_prefix('#').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}
