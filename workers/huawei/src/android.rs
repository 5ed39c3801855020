//! A job as a message for HMS Android, v1 and v2 (sections 4 and 5). What is absent takes the vendor's default.

use push_contract::{
    Badge, Click, Kind, Notification, Refusal,
    kit::{fields::Fields, fitting::intent_uri},
    typed::filled,
};

use crate::{
    classes::DATA,
    content::{Delivery, Writer},
};

/// The whole body. Title and body stand in `android` alone: a second copy would count towards the 4096 bytes.
pub(crate) fn body(writer: &mut Writer<'_>, to: &Delivery<'_>) -> Result<Fields, Refusal> {
    let (job, class, settings) = (writer.job, writer.class, writer.settings);
    let notification = job.notification.as_ref();
    let shown = notification.map(|notification| shown(writer, notification, to.badge)).transpose()?;
    let urgency = if class.urgent { "HIGH" } else { "NORMAL" };
    let android = Fields::new()
        // -1 keeps every offline message: a group of the cache is no conversation, there are only 100 of them.
        .with("collapse_key", -1)
        // Written where it means something: on data messages, and where it is not the default.
        .with("urgency", (class.urgent || shown.is_none()).then_some(urgency))
        .with("category", Some(&class.name).filter(|name| *name != DATA))
        .with("ttl", format!("{}s", to.ttl_seconds))
        .with("bi_tag", &job.id)
        .with("receipt_id", filled(&settings.receipt_id))
        .with("target_user_type", job.test.then_some(1))
        .with("notification", shown);
    // `data` is a JSON object as a string, so that an activity that is opened gets it too (section 4.2).
    let message = Fields::new().with("data", job.data_under(&settings.data_key)).with("android", android);
    Ok(Fields::new().with("message", message.with("token", &to.tokens)))
}

/// `android.notification` (section 4.4).
fn shown<'a>(writer: &mut Writer<'a>, notification: &'a Notification, badge: Option<Badge>) -> Result<Fields, Refusal> {
    let job = writer.job;
    let content = writer.content(notification)?;
    let quiet = job.silent || content.marketing || job.kind == Kind::CallCancel;
    let sound = content.sound.filter(|_| !quiet);
    // Without the launcher activity's name nothing would happen.
    let class = writer.options.badge_class.as_deref().or(filled(&writer.settings.badge_class));
    writer.fitted.drop_if(badge.is_some() && class.is_none(), "badge");
    let badge = badge.zip(class).map(|(badge, class)| writer.badge(badge, ["set_num", "add_num"]).with("class", class));
    Ok(Fields::new()
        .with("title", content.title)
        .with("body", content.body)
        .with("click_action", click_action(notification.click.as_ref()))
        .with("importance", if quiet { "LOW" } else { "NORMAL" })
        .with("channel_id", &notification.channel)
        .with("image", content.image)
        .with("default_sound", sound.map(|_| false))
        .with("sound", sound.map(|name| format!("/raw/{name}")))
        .with("tag", job.tag())
        // A tag works alone. With an id beside it that differs from job to job, Android would keep both notifications.
        .with("notify_id", job.tag().is_none().then(|| writer.notify_id()))
        .with("badge", badge))
}

/// `click_action` (section 4.5).
fn click_action(click: Option<&Click>) -> Fields {
    let kind = |kind: u8| Fields::new().with("type", kind);
    match click {
        None | Some(Click::App {}) => kind(3),
        Some(Click::Activity { activity }) => kind(1).with("action", activity),
        Some(Click::Intent { intent }) => kind(1).with("intent", intent_uri(intent)),
        Some(Click::Url { url }) => kind(2).with("url", url),
    }
}
