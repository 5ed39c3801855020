//! A job as `messageJson` (sections 4.1, 4.3 and 5). Flags are ints, as in Meizu's HTTP document.

use std::borrow::Cow;

use push_contract::{Class, Click, Fitted, Job, Kind, Notification, Reason, Refusal, cut_text, typed::filled};
use serde_json::{Map, Value, json};

use crate::{
    classes::Category,
    notify_key::notify_key,
    options::{Options, Vip},
    settings::{Bar, DataMessages, Image, LongBody, Settings},
};

const TITLE: usize = 32;
const BODY: usize = 100;
const SUBTITLE: usize = 16;
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
pub(crate) fn picture<'a>(settings: &Settings, job: &'a Job, options: &Options) -> Option<&'a str> {
    let covered = options.vip.as_ref().is_some_and(|vip| vip.background_img_url.is_some());
    let may = settings.vip && settings.image == Image::Upload && !covered;
    job.notification.as_ref()?.image.as_deref().filter(|_| may)
}

/// The message as JSON, and what was dropped or changed on the way.
pub(crate) fn write(
    settings: &Settings,
    job: &Job,
    class: &Class,
    shape: &Shape<'_>,
) -> Result<(String, Fitted), Refusal> {
    let options = &Options::of(job)?;
    let mut writer = Writer { settings, job, class, options, fitted: Fitted::default() };
    let message = match &job.notification {
        Some(notification) => writer.shown(notification, shape)?,
        None if settings.data_messages == DataMessages::Transparent => writer.transparent(shape)?,
        None => {
            let rule = "Meizu discontinued transparent messages: give the job a notification, or see data_messages";
            return Err(Refusal::unsupported("notification", rule));
        }
    };
    Ok((message.to_string(), writer.fitted))
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    class: &'a Class,
    options: &'a Options,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    fn shown(&mut self, notification: &'a Notification, shape: &Shape<'_>) -> Result<Value, Refusal> {
        let (settings, job) = (self.settings, self.job);
        let (title, body) = self.texts()?;
        let image = picture(settings, job, self.options);
        self.drop_if(notification.image.is_some() && image.is_none(), "image");
        self.drop_if(notification.sound.is_some(), "sound");
        self.drop_if(notification.channel.is_some(), "channel");
        self.drop_if(notification.tag.is_some() && job.kind.is_call(), "tag");
        self.drop_common(self.options.vip.is_some() && !settings.vip);
        let mut message = json!({
            "noticeBarInfo": {
                "noticeMsgType": u8::from(self.class.name == Category::Private.as_str()),
                "noticeBarType": match settings.bar { Bar::Standard => 0, Bar::Native => 2 },
                "title": title,
                "content": body,
            },
            "clickTypeInfo": self.click(notification.click.as_ref()),
            "pushTimeInfo": self.time(shape.seconds_left),
            "advanceInfo": self.advance(notification),
        });
        if let Some(data) = self.data(settings.data_limit)? {
            message["clickTypeInfo"]["parameters"] = data;
        }
        if let Some(picture) = shape.picture {
            message["noticeExpandInfo"] = json!({ "noticeExpandType": 2, "noticeExpandImgUrl": picture });
        } else if let Some(body) = self.expanded() {
            message["noticeExpandInfo"] = json!({ "noticeExpandType": 1, "noticeExpandContent": body });
        }
        if let Some(vip) = self.vip(notification) {
            message["vipInfo"] = vip;
        }
        self.ask_for_receipts(&mut message, shape);
        Ok(message)
    }

    /// Sample (c): no title; the data under its key, as one text.
    fn transparent(&mut self, shape: &Shape<'_>) -> Result<Value, Refusal> {
        self.drop_common(self.options.is_about_display());
        let Some(data) = self.data(self.settings.transparent_limit)? else {
            return Err(Refusal::rejected(Reason::NoContent, "data", "needs data where there is no notification"));
        };
        let mut message = json!({ "content": data.to_string(), "pushTimeInfo": self.time(shape.seconds_left) });
        self.ask_for_receipts(&mut message, shape);
        Ok(message)
    }

    /// What Meizu has no place for, whatever is sent.
    fn drop_common(&mut self, options: bool) {
        self.drop_if(self.job.targets.iter().any(|target| target.badge.is_some()), "badge");
        self.drop_if(self.job.test, "test");
        self.drop_if(options, "options.meizu");
    }

    fn drop_if(&mut self, gone: bool, field: &str) {
        if gone {
            self.fitted.dropped.push(field.to_owned());
        }
    }

    /// Title and body, both required: the one that is missing repeats the other.
    fn texts(&mut self) -> Result<(Cow<'a, str>, Cow<'a, str>), Refusal> {
        let (job, settings) = (self.job, self.settings);
        let is_filled = |text: &&str| !text.trim().is_empty();
        let (title, body) = (job.title().filter(is_filled), job.body().filter(is_filled));
        let Some(some) = title.or(body) else {
            return Err(Refusal::rejected(Reason::NoContent, "notification", "needs a title or a body"));
        };
        let mut fit = |text: Option<&'a str>, limit: usize, field: &str| {
            let cut = cut_text(text.unwrap_or(some), limit, settings.count());
            if cut.was_cut || text.is_none() {
                self.fitted.changed.push(field.to_owned());
            }
            cut.text
        };
        Ok((fit(title, TITLE, "title"), fit(body, BODY, "body")))
    }

    /// The whole body, for the view that the user opens.
    fn expanded(&self) -> Option<Cow<'a, str>> {
        let (body, count) = (self.job.body()?, self.settings.count());
        let long = self.settings.long_body == LongBody::Expand && cut_text(body, BODY, count).was_cut;
        long.then(|| cut_text(body, self.settings.expand_limit, count).text)
    }

    /// The job's data as one text under one key.
    fn data(&self, most: usize) -> Result<Option<Value>, Refusal> {
        let Some(data) = &self.job.data else { return Ok(None) };
        let data = json!({ self.settings.data_key.as_str(): data.as_str() });
        let bytes = data.to_string().len();
        if bytes > most {
            let rule = format!("{bytes} bytes with its key, at most {most}: send less and let the app fetch it");
            return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
        }
        Ok(Some(data))
    }

    /// What a tap opens; what cannot be opened opens the app.
    fn click(&mut self, click: Option<&Click>) -> Value {
        let (kind, field, target, mark) = match click {
            None | Some(Click::App {}) => return json!({ "clickType": 0 }),
            Some(Click::Activity { activity }) => (1, "activity", activity, '.'),
            Some(Click::Intent { intent: url } | Click::Url { url }) => (2, "url", url, ':'),
        };
        // An activity is a class with its package, an address has a scheme.
        if target.len() > CLICK_BYTES || !target.contains(mark) {
            self.drop_if(true, "click");
            return json!({ "clickType": 0 });
        }
        json!({ "clickType": kind, field: target })
    }

    fn time(&self, seconds_left: u64) -> Value {
        let brief = seconds_left < HOUR && self.settings.online_only.contains(&self.job.kind);
        if self.options.online_only.unwrap_or(brief) {
            return json!({ "offLine": 0 });
        }
        json!({ "offLine": 1, "validTime": seconds_left.div_ceil(HOUR).clamp(1, MOST_HOURS) })
    }

    fn advance(&self, notification: &Notification) -> Value {
        let (job, options, class) = (self.job, self.options, self.class);
        let public = class.name == Category::Public.as_str() && class.degraded_from.is_none();
        // Who cancels a call must not ring once more.
        let quiet = job.silent || job.kind == Kind::CallCancel || (public && !self.settings.alert_public);
        let flag = |own: Option<bool>, usual: bool| u8::from(own.unwrap_or(usual));
        let mut advance = json!({
            "suspend": flag(options.suspend, !quiet),
            "clearNoticeBar": flag(options.clearable, true),
            "notificationType": {
                "vibrate": flag(options.vibrate, !quiet),
                "lights": flag(options.lights, !quiet),
                "sound": flag(options.sound, !quiet),
            },
            "notifyKey": options.notify_key.clone().unwrap_or_else(|| notify_key(job, notification)),
        });
        if let Some([from, to]) = &options.display {
            advance["fixDisplay"] = 1.into();
            advance["fixStartDisplayTime"] = from.as_str().into();
            advance["fixEndDisplayTime"] = to.as_str().into();
        }
        advance
    }

    /// `vipInfo` must be absent for apps that are not VIP.
    fn vip(&mut self, notification: &Notification) -> Option<Value> {
        self.drop_if(notification.subtitle.is_some() && !self.settings.vip, "subtitle");
        if !self.settings.vip {
            return None;
        }
        let mut vip = self.options.vip.as_ref().map_or_else(Map::new, in_ints);
        if let Some(subtitle) = notification.subtitle.as_deref().and_then(filled) {
            let cut = cut_text(subtitle, SUBTITLE, self.settings.count());
            if cut.was_cut {
                self.fitted.changed.push("subtitle".to_owned());
            }
            vip.insert("subtitle".to_owned(), cut.text.into());
        }
        (!vip.is_empty()).then(|| vip.into())
    }

    fn ask_for_receipts(&self, message: &mut Value, shape: &Shape<'_>) {
        if let Some(callback) = filled(&self.settings.callback_url).filter(|_| shape.receipts) {
            let kind = self.settings.callback_type.to_string();
            message["extra"] =
                json!({ "callback": callback, "callback.param": self.job.id.as_str(), "callback.type": kind });
        }
    }
}

/// The fields that are set, flags as ints.
fn in_ints(vip: &Vip) -> Map<String, Value> {
    let Ok(Value::Object(fields)) = serde_json::to_value(vip) else { return Map::new() };
    let plain = |(name, value): (String, Value)| match value {
        Value::Null => None,
        Value::Bool(flag) => Some((name, u8::from(flag).into())),
        other => Some((name, other)),
    };
    fields.into_iter().filter_map(plain).collect()
}
