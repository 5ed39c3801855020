//! A job as Xiaomi's message (sections 4.1, 4.2 and 5).

mod tap;
mod texts;
mod wire;

use std::{borrow::Cow, collections::BTreeMap};

use push_contract::{
    Class, Click, Fitted, Job, Kind, Notification, Reason, Refusal, cut_text, derived_id, typed::filled,
};
use sha2::{Digest, Sha256};

use crate::{
    classes::{self, Level},
    options::Options,
    settings::{Settings, Subtitle},
    template::Values,
};
pub(crate) use texts::Texts;
pub(crate) use wire::Message;

/// Characters of a payload: below 4096.
const PAYLOAD: usize = 4095;
/// The longest `time_to_live` of public and of private messages in milliseconds.
const DAY_MS: u64 = 86_400_000;
const TEN_DAYS_MS: u64 = 10 * DAY_MS;
/// Everything of `notify_type`; and light alone, without sound and vibration.
const ALL: i8 = -1;
const LIGHT: i8 = 4;

/// What differs between the calls of one job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery {
    pub(crate) ttl_ms: u64,
    /// Whether Xiaomi is asked to call back, if the settings say so.
    pub(crate) callback: bool,
}

/// Title and description; neither where a template stands alone.
type Shown<'a> = (Option<Cow<'a, str>>, Option<Cow<'a, str>>);

/// The message of a job, and what was dropped or changed on the way.
pub(crate) fn write<'a>(
    settings: &'a Settings,
    job: &'a Job,
    class: &Class,
    to: Delivery,
) -> Result<(Message<'a>, Fitted), Refusal> {
    let options = Options::of(job)?;
    let extra = options.extra.iter().map(|(name, value)| (name.clone().into(), value.clone().into())).collect();
    let mut writer = Writer { settings, job, class, options: &options, extra, fitted: Fitted::default() };
    let message = writer.message(to)?;
    Ok((message, writer.fitted))
}

struct Writer<'a, 'o> {
    settings: &'a Settings,
    job: &'a Job,
    class: &'o Class,
    options: &'o Options,
    extra: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
    fitted: Fitted,
}

impl<'a> Writer<'a, '_> {
    fn message(&mut self, to: Delivery) -> Result<Message<'a>, Refusal> {
        let (settings, job, options) = (self.settings, self.job, self.options);
        let payload = self.payload()?;
        let channel = classes::channel(settings, self.class);
        if let Some(channel) = channel {
            self.put("channel_id", channel.id.as_str());
        }
        let most = if Level::of(self.class).alerts() { TEN_DAYS_MS } else { DAY_MS };
        let ttl_ms = Some(to.ttl_ms.min(most)).filter(|ms| *ms > 0 && options.only_send_once != Some(true));
        if ttl_ms.is_none() {
            self.put("only_send_once", "1");
        }
        if to.callback
            && let Some(url) = filled(&settings.callback_url)
        {
            self.put("callback", url);
            self.put("callback.param", job.id.as_str());
            self.put("callback.type", settings.callback_types.to_string());
        }
        self.drop_if(job.test, "test");
        self.drop_if(job.targets.iter().any(|target| target.badge.is_some()), "badge");
        let (title, description) = match &job.notification {
            Some(notification) => self.shown(notification)?,
            None if settings.pass_through => {
                self.drop_if(options.is_about_display(), "options.xiaomi");
                (None, None)
            }
            None => {
                let rule = "Xiaomi delivers no data messages since 2022-09-12 (the setting pass_through sends them)";
                return Err(Refusal::unsupported("notification", rule));
            }
        };
        let shows = job.notification.is_some();
        Ok(Message {
            title,
            description,
            payload,
            notify_type: shows.then(|| self.notify_type()),
            notify_id: job.notification.as_ref().map(|notification| self.notify_id(notification)),
            pass_through: u8::from(!shows),
            restricted_package_name: settings.packages.join(","),
            time_to_live: ttl_ms,
            extra: std::mem::take(&mut self.extra),
        })
    }

    /// What is particular to notifications; gives title and description.
    fn shown(&mut self, notification: &'a Notification) -> Result<Shown<'a>, Refusal> {
        let (job, options) = (self.job, self.options);
        let alerts = Level::of(self.class).alerts();
        let texts = self.texts(notification)?;
        let templated = self.template(&texts)?;
        let sent = classes::channel(self.settings, self.class).map(|channel| channel.id.as_str());
        self.drop_if(notification.channel.is_some() && notification.channel.as_deref() != sent, "channel");
        self.drop_if(notification.subtitle.is_some() && self.settings.subtitle == Subtitle::Drop, "subtitle");
        self.change_if(notification.subtitle.is_some() && self.settings.subtitle == Subtitle::Prepend, "subtitle");
        // Withdrawn for ordinary apps in August 2023.
        self.drop_if(notification.image.is_some(), "image");
        self.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        // From Android 8 on the channel alone decides.
        self.change_if(job.silent && alerts, "silent");
        let sound = notification.sound.as_deref().map(|name| tap::sound(self.settings, name));
        let quiet = job.silent || job.kind == Kind::CallCancel;
        match sound {
            Some(Some(uri)) if alerts && !quiet => self.put("sound_uri", uri),
            Some(Some(_)) if quiet => {}
            Some(_) => self.drop_if(true, "sound"),
            None => {}
        }
        self.click(notification.click.as_ref());
        if let Some(show) = options.notify_foreground {
            self.put("notify_foreground", if show { "1" } else { "0" });
        }
        // The job's own: a repeat has the same. 12 characters, as the older page allows.
        let own = || self.settings.jobkey.then(|| format!("{:012x}", derived_id(&job.id, 0) >> 16));
        if let Some(key) = options.jobkey.clone().or_else(own) {
            self.put("jobkey", key);
        }
        if templated && !self.settings.template_texts {
            return Ok((None, None));
        }
        Ok((Some(self.title(&texts)), Some(self.description(notification, &texts))))
    }

    /// The template of the producer, else of the channel. Whether there is one.
    fn template(&mut self, texts: &Texts<'_>) -> Result<bool, Refusal> {
        let (settings, options) = (self.settings, self.options);
        let Some(channel) = classes::channel(settings, self.class) else {
            self.drop_if(options.template.is_some(), "options.xiaomi.template");
            return Ok(false);
        };
        let (id, values) = match (&options.template, &channel.template_id) {
            (Some(own), _) => (Cow::from(own.id.clone()), Values::given(settings, &own.param)),
            (None, Some(id)) => (Cow::from(id.as_str()), channel.fill(settings, self.job, texts)),
            (None, None) => return Ok(false),
        };
        let param = serde_json::to_string(&values.param)
            .map_err(|_| Refusal::rejected(Reason::BadRequest, "notification", "cannot be written as JSON"))?;
        values.changed.iter().for_each(|field| self.change_if(true, field));
        self.put("template_id", id);
        self.put("template_param", param);
        Ok(true)
    }

    /// The data, wrapped or bare.
    fn payload(&self) -> Result<Option<Cow<'a, str>>, Refusal> {
        let Some(data) = &self.job.data else { return Ok(None) };
        let text: Cow<'a, str> = match filled(&self.settings.data_key) {
            Some(key) => serde_json::json!({ key: data.as_str() }).to_string().into(),
            None => data.as_str().into(),
        };
        // Nothing is cut where it fits.
        if cut_text(&text, PAYLOAD, self.settings.count()).was_cut {
            let rule = format!("{} characters as payload, at most {PAYLOAD}: shorten data", text.chars().count());
            return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
        }
        Ok(Some(text))
    }

    /// Without `notify_effect` nothing is shown (section 10, 4). A tap that is too long opens the app: the message counts
    /// more.
    fn click(&mut self, click: Option<&'a Click>) {
        let tap = tap::of(self.settings, self.job, click);
        self.drop_if(tap.is_none(), "click");
        let (effect, uri) = tap.unwrap_or(("1", None));
        self.put("notify_effect", effect);
        if let Some((name, uri)) = uri {
            self.put(name, uri);
        }
    }

    fn notify_type(&self) -> i8 {
        let quiet = self.job.silent || self.job.kind == Kind::CallCancel;
        self.options.notify_type.unwrap_or(if quiet { LIGHT } else { ALL })
    }

    /// What makes a later notification replace an earlier one, and a repeat itself. All without an id replace each other
    /// (section 10, 8), so there always is one. Calls are named by their id alone: what cancels must hit what invites.
    fn notify_id(&self, notification: &Notification) -> u32 {
        let tag = notification.tag.as_deref().and_then(filled).filter(|_| !self.job.kind.is_call());
        let key = tag.or(self.job.collapse.as_ref().map(|collapse| collapse.key.as_str()));
        let hash = |key: &str| Sha256::digest(key).iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte)) >> 1;
        let own = || u32::try_from(derived_id(&self.job.id, 0) >> 33).unwrap_or_default();
        self.options.notify_id.unwrap_or_else(|| key.map_or_else(own, hash).max(1))
    }

    fn put(&mut self, name: &'static str, value: impl Into<Cow<'a, str>>) {
        self.extra.insert(name.into(), value.into());
    }

    fn drop_if(&mut self, gone: bool, field: &str) {
        if gone {
            self.fitted.dropped.push(field.to_owned());
        }
    }

    fn change_if(&mut self, other: bool, field: &str) {
        if other && !self.fitted.changed.iter().any(|changed| changed == field) {
            self.fitted.changed.push(field.to_owned());
        }
    }
}
