//! A job as `messageJson` (sections 4.1, 4.3 and 5). Flags are ints, as in Meizu's HTTP document.

use std::borrow::Cow;

use push_contract::{
    Class, Click, Count, Fitted, Job, Kind, Lane, Reason, Refusal, cut_text, kit::fields::Fields, typed::filled,
};
use serde_json::{Value, json};

use crate::{
    classes::is_public,
    notify_key::notify_key,
    settings::{DataMessages, Image, Settings},
};

const TITLE: usize = 32;
const BODY: usize = 100;
const SUBTITLE: usize = 16;
/// One Chinese character counts as one.
const COUNT: Count = Count::Chars;
/// Of an activity and of an address.
const CLICK_BYTES: usize = 1000;
/// Hours that Meizu keeps a message for a phone that is off.
const MOST_HOURS: u64 = 72;
const HOUR: u64 = 3600;

/// What differs between the messages of one job.
#[derive(Debug, Default)]
pub(crate) struct Shape<'a> {
    pub(crate) seconds_left: u64,
    /// The picture's address at Meizu.
    pub(crate) picture: Option<&'a str>,
    /// Whether the call can ask for delivery receipts: tasks cannot.
    pub(crate) receipts: bool,
}

/// The picture that has to be uploaded before the job is sent.
pub(crate) fn picture<'a>(settings: &Settings, job: &'a Job) -> Option<&'a str> {
    let may = settings.vip && settings.image == Image::Upload;
    job.notification.as_ref()?.image.as_deref().filter(|_| may)
}

/// The message, and what was dropped or changed on the way.
pub(crate) fn write(
    settings: &Settings,
    job: &Job,
    class: &Class,
    shape: &Shape<'_>,
) -> Result<(Fields, Fitted), Refusal> {
    let mut fitted = Fitted::default();
    fitted.drop_if(job.any_badge(|_| true), "badge");
    fitted.drop_if(job.test, "test");
    let time = time(job, shape.seconds_left);
    let receipts = filled(&settings.callback_url).filter(|_| shape.receipts);
    let receipts = receipts.map(|url| json!({ "callback": url, "callback.param": job.id, "callback.type": "3" }));
    let Some(notification) = &job.notification else {
        let content = transparent(settings, job)?;
        let message = Fields::new().with("content", content).with("extra", receipts).with("pushTimeInfo", time);
        return Ok((message, fitted));
    };
    let [title, body] = fitted.texts(job, [TITLE, BODY], COUNT)?;
    let mut opens = click(&mut fitted, notification.click.as_ref());
    if let Some(data) = data(settings, job, settings.data_limit)? {
        opens["parameters"] = data;
    }
    for (field, gone) in [
        ("image", notification.image.is_some() && picture(settings, job).is_none()),
        ("sound", notification.sound.is_some()),
        ("channel", notification.channel.is_some()),
        ("tag", notification.tag.is_some() && job.kind.is_call()),
        ("subtitle", notification.subtitle.is_some() && !settings.vip),
    ] {
        fitted.drop_if(gone, field);
    }
    let expanded = match shape.picture {
        Some(picture) => Some(json!({ "noticeExpandType": 2, "noticeExpandImgUrl": picture })),
        None => long_body(settings, job).map(|text| json!({ "noticeExpandType": 1, "noticeExpandContent": text })),
    };
    // `vipInfo` must be absent for apps that are not VIP.
    let subtitle = notification.subtitle.as_deref().and_then(filled).filter(|_| settings.vip);
    let vip = subtitle.map(|text| json!({ "subtitle": fitted.cut(text, SUBTITLE, COUNT, "subtitle") }));
    let bar = json!({
        "noticeMsgType": u8::from(!is_public(class)),
        "noticeBarType": 0,
        "title": title,
        "content": body,
    });
    let message = Fields::new()
        .with("advanceInfo", advance(settings, job, class))
        .with("clickTypeInfo", opens)
        .with("extra", receipts)
        .with("noticeBarInfo", bar)
        .with("noticeExpandInfo", expanded)
        .with("pushTimeInfo", time)
        .with("vipInfo", vip);
    Ok((message, fitted))
}

/// Sample (c) without a title, which nobody sees: the data under its key, as one text.
fn transparent(settings: &Settings, job: &Job) -> Result<String, Refusal> {
    if settings.data_messages == DataMessages::Refuse {
        let rule = "Meizu discontinued transparent messages: give the job a notification, or see data_messages";
        return Err(Refusal::unsupported("notification", rule));
    }
    let content = data(settings, job, settings.transparent_limit)?.map(|data| data.to_string());
    content.ok_or_else(|| Refusal::rejected(Reason::NoContent, "data", "needs data where there is no notification"))
}

/// The job's data as one text under one key.
fn data(settings: &Settings, job: &Job, most: usize) -> Result<Option<Value>, Refusal> {
    let Some(data) = &job.data else { return Ok(None) };
    let data = json!({ settings.data_key.as_str(): data.as_str() });
    let bytes = data.to_string().len();
    if bytes > most {
        let rule = format!("{bytes} bytes with its key, at most {most}: send less and let the app fetch it");
        return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
    }
    Ok(Some(data))
}

/// What of a body that is too long can be unfolded.
fn long_body<'a>(settings: &Settings, job: &'a Job) -> Option<Cow<'a, str>> {
    let body = job.body().filter(|body| settings.long_body > 0 && cut_text(body, BODY, COUNT).was_cut)?;
    Some(cut_text(body, settings.long_body, COUNT).text)
}

/// What a tap opens; what cannot be opened opens the app.
fn click(fitted: &mut Fitted, click: Option<&Click>) -> Value {
    let (kind, field, target, good) = match click {
        None | Some(Click::App {}) => return json!({ "clickType": 0 }),
        Some(Click::Activity { activity }) => (1, "activity", activity, is_class(activity)),
        Some(Click::Intent { intent: url } | Click::Url { url }) => (2, "url", url, url.contains(':')),
    };
    // An address has a scheme. Meizu refuses a message for its click: the message counts more.
    if target.len() > CLICK_BYTES || !good {
        fitted.drop_if(true, "click");
        return json!({ "clickType": 0 });
    }
    json!({ "clickType": kind, field: target })
}

/// Whether an activity is a class with its package; the forms of a component, `package/.Class`, are not.
fn is_class(name: &str) -> bool {
    name.contains('.') && !name.contains('/') && !name.starts_with('.') && !name.ends_with('.')
}

/// How long Meizu keeps it: whole hours. What is urgent and has less left is for phones that are connected now.
fn time(job: &Job, seconds_left: u64) -> Value {
    if seconds_left < HOUR && job.lane() == Lane::High {
        return json!({ "offLine": 0 });
    }
    json!({ "offLine": 1, "validTime": seconds_left.div_ceil(HOUR).clamp(1, MOST_HOURS) })
}

fn advance(settings: &Settings, job: &Job, class: &Class) -> Value {
    let public = is_public(class) && class.degraded_from.is_none();
    // Who cancels a call must not ring once more.
    let quiet = job.silent || job.kind == Kind::CallCancel || (public && !settings.alert_public);
    let loud = u8::from(!quiet);
    json!({
        "suspend": loud,
        "clearNoticeBar": 1,
        "notificationType": { "vibrate": loud, "lights": loud, "sound": loud },
        "notifyKey": notify_key(job),
    })
}
