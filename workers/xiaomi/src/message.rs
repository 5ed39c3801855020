//! A job as Xiaomi's message (sections 4.1, 4.2 and 5).

mod tap;

use std::{collections::BTreeMap, time::Duration};

use push_contract::{
    Class, Count, Fitted, Job, Kind, Notification, Reason, Refusal, derived_id,
    kit::{fields::Fields, fitting::int_id},
    typed::filled,
};

use crate::{
    classes::{self, Category},
    settings::Settings,
    template::Channel,
};

/// Characters of title, description and payload: "less than" 50, 128 and 4096. Emoji count as one (section 5).
const TITLE: usize = 49;
const DESCRIPTION: usize = 127;
const PAYLOAD: usize = 4095;
/// The longest `time_to_live` of public and of private messages.
const DAY: Duration = Duration::from_secs(86_400);
const TEN_DAYS: Duration = Duration::from_secs(864_000);
/// Everything of `notify_type`; and light alone, without sound and vibration.
const ALL: i8 = -1;
const LIGHT: i8 = 4;
/// All receipts that there are (section 9). Any other bit would silently yield no callbacks.
const RECEIPTS: u32 = 1 + 2 + 16 + 32 + 64 + 128 + 1024;

/// One message.
#[derive(Debug)]
pub(crate) struct Message {
    texts: Fields,
    display: Fields,
    pass_through: u8,
    rest: Fields,
    extra: BTreeMap<&'static str, String>,
}

impl Message {
    /// As fields of a form (section 4.1).
    pub(crate) fn form(self) -> Fields {
        let plain = self.texts.with("pass_through", self.pass_through).and(Some(self.display)).and(Some(self.rest));
        self.extra.into_iter().fold(plain, |form, (name, value)| form.with(format!("extra.{name}"), value))
    }

    /// As an object among several (section 4.2).
    pub(crate) fn object(self) -> Fields {
        let plain = self.texts.and(Some(self.display)).with("pass_through", self.pass_through).and(Some(self.rest));
        plain.with("extra", self.extra)
    }
}

/// The message of a job, and what was dropped or changed on the way. It lives as long as is `left` at most.
pub(crate) fn write(
    settings: &Settings,
    job: &Job,
    class: &Class,
    left: Duration,
) -> Result<(Message, Fitted), Refusal> {
    let (channel, alerts) = (classes::channel(settings, class), Category::of(class).alerts());
    let mut writer = Writer { settings, job, channel, alerts, extra: BTreeMap::new(), fitted: Fitted::default() };
    let payload = job.data_under(&settings.data_key);
    let length = payload.as_ref().map_or(0, |text| text.chars().count());
    if length > PAYLOAD {
        let rule = format!("{length} characters as payload, at most {PAYLOAD}: shorten data");
        return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
    }
    if let Some(channel) = channel {
        writer.put("channel_id", &channel.id);
    }
    let ttl_ms = left.min(if alerts { TEN_DAYS } else { DAY }).as_millis();
    if ttl_ms == 0 {
        writer.put("only_send_once", "1");
    }
    if let Some(url) = filled(&settings.callback_url) {
        writer.put("callback", url);
        writer.put("callback.param", job.id.as_str());
        writer.put("callback.type", RECEIPTS.to_string());
    }
    writer.fitted.drop_if(job.test, "test");
    writer.fitted.drop_if(job.any_badge(|_| true), "badge");
    let (texts, display) = match &job.notification {
        Some(notification) => writer.shown(notification)?,
        None if settings.pass_through => (Fields::new(), Fields::new()),
        None => {
            let rule = "Xiaomi delivers no data messages since 2022-09-12 (the setting pass_through sends them)";
            return Err(Refusal::unsupported("notification", rule));
        }
    };
    let packages = Fields::new().with("restricted_package_name", settings.packages.join(","));
    let message = Message {
        texts: texts.with("payload", payload),
        display,
        pass_through: u8::from(job.notification.is_none()),
        rest: packages.with("time_to_live", Some(ttl_ms).filter(|ms| *ms > 0)),
        extra: writer.extra,
    };
    Ok((message, writer.fitted))
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    channel: Option<&'a Channel>,
    /// Whether the class makes a sound.
    alerts: bool,
    extra: BTreeMap<&'static str, String>,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    /// What is particular to notifications: the texts, and how they show.
    fn shown(&mut self, notification: &Notification) -> Result<(Fields, Fields), Refusal> {
        let (settings, job) = (self.settings, self.job);
        let quiet = job.silent || job.kind == Kind::CallCancel;
        let texts = self.texts()?;
        let sent = self.channel.map(|channel| channel.id.as_str());
        let fitted = &mut self.fitted;
        let template = self.channel.and_then(|channel| channel.template(settings, job, texts, fitted));
        let alone = template.is_some() && !settings.template_texts;
        fitted.drop_if(notification.channel.is_some() && notification.channel.as_deref() != sent, "channel");
        fitted.drop_if(notification.subtitle.is_some(), "subtitle");
        // Withdrawn for ordinary apps in August 2023.
        fitted.drop_if(notification.image.is_some(), "image");
        fitted.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        // From Android 8 on the channel alone decides.
        fitted.change_if(job.silent && self.alerts, "silent");
        let sound = notification.sound.as_deref().filter(|_| !quiet);
        let sound_uri = sound.and_then(|name| tap::sound(settings, name)).filter(|_| self.alerts);
        fitted.drop_if(sound.is_some() && sound_uri.is_none(), "sound");
        // Without `notify_effect` nothing is shown (section 10, 4). A tap that is too long or no URI opens the app: the
        // message counts more.
        let tap = tap::of(settings, job, notification.click.as_ref());
        fitted.drop_if(tap.is_none(), "click");
        let (effect, uri) = tap.unwrap_or(("1", None));
        self.extra.extend(template.into_iter().flatten());
        self.extra.extend(sound_uri.map(|uri| ("sound_uri", uri)));
        self.extra.extend(uri);
        self.put("notify_effect", effect);
        // The job's own: a phone shows only the first message of a job key, so a repeat is not shown twice. 12
        // characters, as the older page allows.
        self.put("jobkey", format!("{:012x}", derived_id(&job.id, 0) >> 16));
        let notify_type = if quiet { LIGHT } else { ALL };
        let display = Fields::new().with("notify_type", notify_type).with("notify_id", notify_id(job));
        if alone {
            return Ok((Fields::new(), display));
        }
        let title = self.fitted.cut(texts[0], TITLE, Count::Chars, "title");
        let description = self.fitted.cut(texts[1], DESCRIPTION, Count::Chars, "body");
        Ok((Fields::new().with("title", title).with("description", description), display))
    }

    /// Title and body, neither blank (section 5): a missing title is the app's name, else each stands in for the other.
    fn texts(&mut self) -> Result<[&'a str; 2], Refusal> {
        let some = |text: &&str| !text.trim().is_empty();
        let (title, body) = (self.job.title().filter(some), self.job.body().filter(some));
        let Some(either) = body.or(title) else {
            return Err(Refusal::rejected(Reason::NoContent, "notification", "needs a title or a body"));
        };
        self.fitted.change_if(title.is_none(), "title");
        self.fitted.change_if(body.is_none(), "body");
        let name = Some(self.settings.app_name.as_str()).filter(some);
        Ok([title.or(name).unwrap_or(either), body.unwrap_or(either)])
    }

    fn put(&mut self, name: &'static str, value: impl Into<String>) {
        self.extra.insert(name, value.into());
    }
}

/// What makes a later notification replace an earlier one, and a repeat itself. All without an id replace each other
/// (section 10, 8), so there always is one.
fn notify_id(job: &Job) -> u32 {
    let own = || u32::try_from(derived_id(&job.id, 0) >> 33).unwrap_or_default();
    job.replaced_by().map_or_else(own, int_id).max(1)
}
