//! A job as a message for HMS Android, v1 and v2 (sections 4 and 5).

mod wire;

use push_contract::{Badge, Click, Kind, Notification, Refusal, typed::filled};

use crate::{
    classes::DATA,
    content::{Delivery, Writer},
    options::{Importance, Urgency, are_about_display},
};
use wire::{Android, BadgeField, Body, ClickAction, Message, Number, Shown};

/// The whole body.
pub(crate) fn body<'a>(writer: &mut Writer<'a>, to: Delivery<'a>) -> Result<Body<'a>, Refusal> {
    let (job, options, urgent) = (writer.job, writer.options, writer.class.urgent);
    let category = Some(writer.class.name.as_str()).filter(|name| *name != DATA);
    writer.fitted.change_if(options.urgency == Some(Urgency::High) && !urgent, "options.huawei.urgency");
    let notification = match &job.notification {
        Some(notification) => Some(shown(writer, notification, to.badge)?),
        None => {
            let unused_category = options.category.is_some() && category.is_none();
            writer.fitted.drop_if(to.badge.is_some(), "badge");
            writer.fitted.drop_if(unused_category || are_about_display(job), "options.huawei");
            None
        }
    };
    let urgency = if urgent { Urgency::High } else { Urgency::Normal };
    let android = Android {
        // -1 keeps every offline message: a group of the cache is no conversation, there are only 100 of them.
        collapse_key: options.collapse_key.unwrap_or(-1),
        // Written where it means something: on data messages, and where it is not the default.
        urgency: (urgent || notification.is_none()).then_some(urgency),
        category,
        ttl: format!("{}s", to.ttl_seconds),
        bi_tag: job.id.as_str(),
        receipt_id: filled(&writer.settings.receipt_id),
        target_user_type: job.test.then_some(1),
        notification,
    };
    // `data` is a JSON object as a string, so that an activity that is opened gets it too (section 4.2).
    let data = job.data_under(&writer.settings.data_key);
    Ok(Body { message: Message { data, android, token: to.tokens } })
}

fn shown<'a>(
    writer: &mut Writer<'a>,
    notification: &'a Notification,
    badge: Option<Badge>,
) -> Result<Shown<'a>, Refusal> {
    let (job, options) = (writer.job, writer.options);
    let content = writer.content(notification, badge)?;
    let quiet = job.silent || content.marketing || job.kind == Kind::CallCancel;
    let sound = content.sound.filter(|_| !quiet);
    // A tag works alone. With an id beside it that differs from job to job, Android would keep both notifications.
    let derived = job.tag().is_none().then(|| writer.notify_id());
    // Without the launcher activity's name nothing would happen (section 4.4).
    let class = options.badge_class.as_deref().or(filled(&writer.settings.badge_class));
    writer.fitted.drop_if(badge.is_some() && class.is_none(), "badge");
    writer.note_clamped(badge.filter(|_| class.is_some()), content.badge.filter(|_| class.is_some()));
    Ok(Shown {
        title: content.title,
        body: content.body,
        click_action: click_action(notification.click.as_ref()),
        importance: options.importance.unwrap_or(if quiet { Importance::Low } else { Importance::Normal }),
        channel_id: options.channel_id.as_deref().or(notification.channel.as_deref()),
        image: content.image,
        default_sound: sound.map(|_| false),
        sound: sound.map(|name| format!("/raw/{name}")),
        tag: job.tag(),
        notify_id: options.notify_id.or(derived),
        group: options.group.as_deref(),
        badge: content.badge.zip(class).map(|(badge, class)| BadgeField { number: number(badge), class }),
        foreground_show: options.foreground_show,
        profile_id: options.profile_id.as_deref(),
    })
}

const fn number(badge: Badge) -> Number {
    match badge {
        Badge::Set(n) => Number::SetNum(n),
        Badge::Add(n) => Number::AddNum(n),
    }
}

fn click_action(click: Option<&Click>) -> ClickAction<'_> {
    match click {
        None | Some(Click::App {}) => ClickAction { kind: 3, ..ClickAction::default() },
        Some(Click::Activity { activity }) => ClickAction { kind: 1, action: Some(activity), ..ClickAction::default() },
        Some(Click::Intent { intent }) => ClickAction { kind: 1, intent: Some(intent), ..ClickAction::default() },
        Some(Click::Url { url }) => ClickAction { kind: 2, url: Some(url), ..ClickAction::default() },
    }
}
