//! A job as a message for HarmonyOS NEXT, v3 (section 12).

use push_contract::{Badge, Class, Click, Kind, Notification, Refusal, derived_id, kit::fields::Fields, typed::filled};

use crate::{
    classes::{DATA, FORM, IN_APP_CALL, LIVE_VIEW, PLAY_VOICE},
    content::{Delivery, Writer},
    options::are_about_display,
};

/// The header `push-type` for a class (section 12.2).
pub(crate) fn push_type(class: &Class) -> &'static str {
    match class.name.as_str() {
        FORM => "1",
        PLAY_VOICE => "2",
        DATA => "6",
        LIVE_VIEW => "7",
        IN_APP_CALL => "10",
        _ => "0",
    }
}

/// The whole body.
pub(crate) fn body(writer: &mut Writer<'_>, to: &Delivery<'_>) -> Result<Fields, Refusal> {
    let (settings, job, options, class) = (writer.settings, writer.job, writer.options, writer.class.name.as_str());
    let given = match class {
        FORM => options.form.as_ref(),
        LIVE_VIEW => options.live_view.as_ref(),
        _ => None,
    };
    let notification = job.notification.as_ref().filter(|_| given.is_none() && class != IN_APP_CALL);
    let mut payload = Fields::new();
    if let Some(notification) = notification {
        payload.put("notification", shown(writer, notification, to.badge)?);
    } else {
        drop_shown(writer, to.badge);
        writer.fitted.drop_if(job.data.is_some() && given.is_some(), "data");
    }
    let is_background = class == DATA;
    if notification.is_none() || class == PLAY_VOICE {
        payload.put("extraData", job.data_under(&settings.data_key).unwrap_or("{}".into()));
        payload.put("proxyData", (is_background && settings.next_proxy_data).then_some("ENABLE"));
    }
    let is_chat = matches!(job.kind, Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention);
    let push_options = Fields::new()
        .with("testMessage", job.test.then_some(true))
        .with("ttl", to.ttl_seconds)
        .with("biTag", &job.id)
        .with("receiptId", filled(&settings.next_receipt_id))
        .with("collapseKey", options.collapse_key.filter(|_| notification.is_some()))
        .with("backgroundMode", (is_background && is_chat && settings.next_instant_background).then_some(1));
    let body = match given {
        Some(given) => Fields::new().with("payload", given),
        None => Fields::new().with("payload", payload),
    };
    Ok(body.with("target", Fields::new().with("token", &to.tokens)).with("pushOptions", push_options))
}

/// Notes everything that is said about a notification where none is shown.
fn drop_shown(writer: &mut Writer<'_>, badge: Option<Badge>) {
    let (job, fitted) = (writer.job, &mut writer.fitted);
    if let Some(Notification { subtitle, image, sound, channel, tag, click, .. }) = &job.notification {
        fitted.drop_if(job.title().is_some(), "title");
        fitted.drop_if(job.body().is_some(), "body");
        fitted.drop_if(click.is_some(), "click");
        fitted.drop_if(job.silent, "silent");
        let texts = [(subtitle, "subtitle"), (image, "image"), (sound, "sound"), (channel, "channel"), (tag, "tag")];
        texts.into_iter().for_each(|(text, field)| fitted.drop_if(text.is_some(), field));
    }
    fitted.drop_if(badge.is_some(), "badge");
    fitted.drop_if(writer.options.category.is_some() || are_about_display(job), "options.huawei");
}

fn shown<'a>(writer: &mut Writer<'a>, notification: &'a Notification, badge: Option<Badge>) -> Result<Fields, Refusal> {
    let (job, options) = (writer.job, writer.options);
    let content = writer.content(notification, badge)?;
    writer.note_clamped(badge, content.badge);
    writer.fitted.drop_if(notification.channel.is_some(), "channel");
    // Nothing in the message makes it silent but its category.
    writer.fitted.drop_if(job.silent && !content.marketing, "silent");
    let number = content.badge.map(|badge| match badge {
        Badge::Set(n) => Fields::new().with("setNum", n),
        Badge::Add(n) => Fields::new().with("addNum", n),
    });
    Ok(Fields::new()
        .with("category", &writer.class.name)
        .with("title", content.title)
        .with("body", content.body)
        .with("image", content.image)
        .with("notifyId", options.notify_id.unwrap_or_else(|| writer.notify_id()))
        // The phone shows the first message with this id alone: a repeat after a lost answer is not seen twice. A later
        // job has another one, else it could not replace what is shown.
        .with("appMessageId", format!("{:016x}", derived_id(&job.id, 0)))
        .with("profileId", &options.profile_id)
        .with("clickAction", click_action(writer, notification.click.as_ref()))
        .with("badge", number)
        .with("sound", content.sound)
        .with("soundDuration", options.sound_seconds.filter(|_| content.sound.is_some()))
        .with("foregroundShow", options.foreground_show))
}

/// A tap opens a page of the app and nothing else (section 12.3): other addresses are handed to the app's start page.
fn click_action(writer: &mut Writer<'_>, click: Option<&Click>) -> Fields {
    let is_own = |uri: &str| uri.contains("://") && !uri.starts_with("intent:");
    let (page, handed) = match click {
        None | Some(Click::App {}) => (Fields::new(), None),
        Some(Click::Activity { activity }) => (Fields::new().with("action", activity), None),
        Some(Click::Intent { intent }) if is_own(intent) => (Fields::new().with("uri", intent), None),
        Some(Click::Intent { intent: address } | Click::Url { url: address }) => (Fields::new(), Some(address)),
    };
    let (data_key, data) = (&writer.settings.data_key, writer.job.data.as_ref());
    // Data that is the payload itself, byte for byte, has no room for a key beside it.
    let whole = data.filter(|_| data_key.is_empty());
    let key = filled(&writer.settings.next_click_key).filter(|_| whole.is_none());
    writer.fitted.change_if(handed.is_some() && key.is_some(), "click");
    writer.fitted.drop_if(handed.is_some() && key.is_none(), "click");
    let action = Fields::new().with("actionType", u8::from(!page.is_empty())).and(Some(page));
    if let Some(data) = whole {
        return action.with("data", data);
    }
    let texts = Fields::new()
        .with(data_key, data.map(push_contract::Data::as_str))
        .with(key.unwrap_or_default(), handed.filter(|_| key.is_some()));
    action.with("data", Some(texts).filter(|texts| !texts.is_empty()))
}
