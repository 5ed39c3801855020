//! A job as a message for HarmonyOS NEXT, v3 (section 12).

use push_contract::{Badge, Class, Click, Data, Notification, Refusal, derived_id, kit::fields::Fields, typed::filled};

use crate::{
    classes::{DATA, IN_APP_CALL},
    content::{Delivery, Writer},
};

/// Where the app finds the address of a tap that opens no page of its own.
const CLICK_KEY: &str = "click";

/// The header `push-type` for a class (section 12.2).
pub(crate) fn push_type(class: &Class) -> &'static str {
    match class.name.as_str() {
        DATA => "6",
        IN_APP_CALL => "10",
        _ => "0",
    }
}

/// The whole body.
pub(crate) fn body(writer: &mut Writer<'_>, to: &Delivery<'_>) -> Result<Fields, Refusal> {
    let (settings, job) = (writer.settings, writer.job);
    let payload = match &job.notification {
        Some(notification) => Fields::new().with("notification", shown(writer, notification, to.badge)?),
        None => Fields::new().with("extraData", job.data_under(&settings.data_key)),
    };
    let push_options = Fields::new()
        .with("testMessage", job.test.then_some(true))
        .with("ttl", to.ttl_seconds)
        .with("biTag", &job.id)
        .with("receiptId", filled(&settings.next_receipt_id));
    let target = Fields::new().with("token", &to.tokens);
    Ok(Fields::new().with("payload", payload).with("target", target).with("pushOptions", push_options))
}

/// `notification` (section 12.3).
fn shown<'a>(writer: &mut Writer<'a>, notification: &'a Notification, badge: Option<Badge>) -> Result<Fields, Refusal> {
    let job = writer.job;
    let content = writer.content(notification)?;
    let badge = badge.map(|badge| writer.badge(badge, ["setNum", "addNum"]));
    writer.fitted.drop_if(notification.channel.is_some(), "channel");
    // Nothing in the message makes it silent but its category.
    writer.fitted.drop_if(job.silent && !content.marketing, "silent");
    Ok(Fields::new()
        .with("category", &writer.class.name)
        .with("title", content.title)
        .with("body", content.body)
        .with("image", content.image)
        .with("notifyId", writer.notify_id())
        // The phone shows the first message with this id alone: a repeat after a lost answer is not seen twice. A later
        // job has another one, else it could not replace what is shown.
        .with("appMessageId", format!("{:016x}", derived_id(&job.id, 0)))
        .with("clickAction", click_action(writer, notification.click.as_ref()))
        .with("badge", badge)
        .with("sound", content.sound))
}

/// A tap opens a page of the app and nothing else (section 12.3): other addresses are handed to the app's start page.
fn click_action(writer: &mut Writer<'_>, click: Option<&Click>) -> Fields {
    let is_own = |uri: &str| uri.contains("://") && !uri.starts_with("intent:");
    let (page, handed) = match click {
        None | Some(Click::App {}) => (None, None),
        Some(Click::Activity { activity }) => (Some(("action", activity)), None),
        Some(Click::Intent { intent }) if is_own(intent) => (Some(("uri", intent)), None),
        Some(Click::Intent { intent: address } | Click::Url { url: address }) => (None, Some(address)),
    };
    let action = Fields::new().with("actionType", u8::from(page.is_some()));
    let action = page.into_iter().fold(action, |action, (name, page)| action.with(name, page));
    let (data_key, data) = (&writer.settings.data_key, writer.job.data.as_ref());
    // Data that is the payload itself, byte for byte, has no room for a key beside it.
    if let Some(data) = data.filter(|_| data_key.is_empty()) {
        writer.fitted.drop_if(handed.is_some(), "click");
        return action.with("data", data);
    }
    writer.fitted.change_if(handed.is_some(), "click");
    let texts = Fields::new().with(data_key, data.map(Data::as_str)).with(CLICK_KEY, handed);
    action.with("data", Some(texts).filter(|texts| !texts.is_empty()))
}
