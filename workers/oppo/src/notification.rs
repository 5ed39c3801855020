//! A job as OPPO's `notification` (sections 4.1 and 5).

mod wire;

use std::borrow::Cow;

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Kind, Notification, Reason, Refusal, cut_text, derived_id, typed::filled,
};
use sha2::{Digest, Sha256};

use crate::{
    calls,
    classes::{Category, is_service},
    options::{Level, Options},
    settings::{Activity, Image, Settings},
    template::{Filled, Texts},
};
pub(crate) use wire::Shown;

/// Characters of a title, a subtitle, a content of style 1 or 3, a content of style 2.
const TITLE: usize = 50;
const SUB_TITLE: usize = 10;
const CONTENT: usize = 50;
const LONG_CONTENT: usize = 128;
/// Characters of `action_parameters`, of an activity, of an address.
const PARAMETERS: usize = 4000;
const ACTIVITY: usize = 500;
const URL: usize = 2000;
/// The longest `off_line_ttl`: 10 days.
const MAX_TTL: u64 = 864_000;
/// The longest `show_ttl` of content & marketing: 12 hours.
const MAX_SHOW_MARKETING: u32 = 43_200;

/// What differs between the messages of one job.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery {
    /// The target, or the first of a broadcast.
    pub(crate) position: usize,
    pub(crate) badge: Option<Badge>,
    pub(crate) ttl_seconds: u64,
}

impl Delivery {
    /// The delivery in which the most is dropped or changed.
    fn hardest(job: &Job) -> Self {
        let badges = job.targets.iter().filter_map(|target| target.badge);
        let badge = badges.max_by_key(|badge| match badge {
            Badge::Add(n) => *n,
            Badge::Set(_) => 0,
        });
        Self { position: 0, badge, ttl_seconds: MAX_TTL }
    }
}

/// What becomes of a job's fields.
pub(crate) fn fit(settings: &Settings, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
    let options = Options::of(job)?;
    let mut writer = Writer { settings, job, class, options: &options, fitted: Fitted::default() };
    writer.shown(Delivery::hardest(job))?;
    Ok(writer.fitted)
}

/// Writes the notification of a job and hands it on.
pub(crate) fn write<T>(
    settings: &Settings,
    job: &Job,
    class: &Class,
    to: Delivery,
    take: impl FnOnce(&Shown<'_>) -> Result<T, Refusal>,
) -> Result<T, Refusal> {
    let options = Options::of(job)?;
    let mut writer = Writer { settings, job, class, options: &options, fitted: Fitted::default() };
    take(&writer.shown(to)?)
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    class: &'a Class,
    options: &'a Options,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    fn shown(&mut self, to: Delivery) -> Result<Shown<'a>, Refusal> {
        let (job, settings, options) = (self.job, self.settings, self.options);
        let Some(notification) = &job.notification else {
            // Section 4.1 (c).
            return Err(Refusal::unsupported("notification", "OPPO delivers notifications only, no data messages"));
        };
        let (texts, style) = self.texts()?;
        let template = self.template(&texts)?;
        let bare = template.is_some() && !settings.template_texts;
        self.drop_if(notification.sound.is_some(), "sound");
        self.drop_if(job.test, "test");
        let picture = self.picture(notification);
        let click = self.click(notification.click.as_ref());
        Ok(Shown {
            app_message_id: format!("{:016x}", derived_id(&job.id, to.position)),
            style: (style != 1).then_some(style),
            sub_title: self.sub_title(notification),
            title: (!bare).then_some(texts.title),
            content: (!bare).then_some(texts.body),
            click,
            action_parameters: self.parameters()?,
            off_line: to.ttl_seconds > 0,
            off_line_ttl: (to.ttl_seconds > 0).then(|| to.ttl_seconds.min(MAX_TTL)),
            show_ttl: self.show_ttl(),
            call_back_url: filled(&settings.callback_url),
            call_back_parameter: filled(&settings.callback_url).map(|_| job.id.as_str()),
            channel_id: self.channel(notification),
            notify_id: options.notify_id.or_else(|| self.identity(notification)),
            category: settings.send_category.then_some(self.class.name.as_str()),
            notify_level: self.level(),
            template,
            badge: to.badge.and_then(|badge| self.badge(badge)),
            picture,
        })
    }

    /// Title and content, both required: the one that is missing repeats the other. And the style that holds them.
    fn texts(&mut self) -> Result<(Texts<'a>, u8), Refusal> {
        let (title, body) = (self.job.title(), self.job.body());
        let Some(some) = title.or(body) else {
            return Err(Refusal::rejected(Reason::NoContent, "notification", "needs a title or a body"));
        };
        let big = calls::has_big_picture(self.settings, self.job, self.options);
        let (style, limit) = match body.unwrap_or(some).chars().count() {
            _ if big => (3, CONTENT),
            0..=CONTENT => (1, CONTENT),
            _ => (2, LONG_CONTENT),
        };
        let mut fit = |text: Option<&'a str>, limit: usize, field: &str| {
            let cut = cut_text(text.unwrap_or(some), limit, Count::Chars);
            if cut.was_cut || text.is_none() {
                self.fitted.changed.push(field.to_owned());
            }
            cut.text
        };
        Ok((Texts { title: fit(title, TITLE, "title"), body: fit(body, limit, "body") }, style))
    }

    fn sub_title(&mut self, notification: &'a Notification) -> Option<Cow<'a, str>> {
        let cut = cut_text(filled(notification.subtitle.as_deref()?)?, SUB_TITLE, Count::Chars);
        self.change_if(cut.was_cut, "subtitle");
        Some(cut.text)
    }

    /// Templates are approved for communication & service alone.
    fn template(&mut self, texts: &Texts<'_>) -> Result<Option<Filled<'a>>, Refusal> {
        if !is_service(self.class) {
            self.drop_if(self.options.template.is_some(), "options.oppo.template");
            return Ok(None);
        }
        if let Some(own) = &self.options.template {
            return Ok(Some(own.as_given()));
        }
        let of = |key: &str| self.settings.templates.get(key);
        let template = of(self.job.kind.as_str()).or_else(|| of(&self.class.name));
        template.map(|template| template.fill(self.job, texts)).transpose()
    }

    /// `action_parameters`: a JSON object as text; anything else is refused (section 10, 2).
    fn parameters(&self) -> Result<Option<Cow<'a, str>>, Refusal> {
        let Some(data) = &self.job.data else { return Ok(None) };
        let text: Cow<'a, str> = match filled(&self.settings.data_key) {
            Some(key) => serde_json::json!({ key: data.as_str() }).to_string().into(),
            None => data.as_str().into(),
        };
        let length = text.chars().count();
        if length > PARAMETERS {
            let rule = format!("{length} characters as action_parameters, at most {PARAMETERS}: shorten data");
            return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
        }
        Ok(Some(text))
    }

    /// There is no type 3 (section 10, 4). A tap whose target is too long opens the app: the message counts more.
    fn click(&mut self, click: Option<&'a Click>) -> wire::Click<'a> {
        let (kind, activity, url) = match click {
            None | Some(Click::App {}) => (0, None, None),
            Some(Click::Activity { activity }) => (self.activity_type(activity), Some(activity.as_str()), None),
            Some(Click::Intent { intent }) => (5, None, Some(intent.as_str())),
            Some(Click::Url { url }) => (2, None, Some(url.as_str())),
        };
        let fits = |text: &str, most: usize| (1..=most).contains(&text.chars().count());
        if activity.is_none_or(|text| fits(text, ACTIVITY)) && url.is_none_or(|text| fits(text, URL)) {
            return wire::Click { kind, activity, url };
        }
        self.drop_if(true, "click");
        wire::Click { kind: 0, activity: None, url: None }
    }

    /// 1: by intent action, 4: by class name.
    fn activity_type(&self, name: &str) -> u8 {
        let last = name.rsplit('.').next().unwrap_or_default();
        let capitals = last.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        match self.settings.activity {
            Activity::Action => 1,
            Activity::Auto if capitals => 1,
            Activity::Auto | Activity::Class => 4,
        }
    }

    fn show_ttl(&mut self) -> Option<u32> {
        let most = if is_service(self.class) { u32::MAX } else { MAX_SHOW_MARKETING };
        let invite = || Some(self.settings.call_show_seconds).filter(|n| *n > 0 && self.job.kind == Kind::CallInvite);
        let wanted = self.options.show_ttl.or_else(invite)?;
        self.change_if(wanted > most, "options.oppo.show_ttl");
        Some(wanted.min(most))
    }

    /// Sound belongs to the channel, so silence is another channel.
    fn channel(&mut self, notification: &'a Notification) -> Option<&'a str> {
        let (settings, job) = (self.settings, self.job);
        let own = notification.channel.as_deref().and_then(filled);
        if job.silent || job.kind == Kind::CallCancel {
            let quiet = filled(&settings.silent_channel_id).filter(|_| self.options.channel_id.is_none());
            self.drop_if(job.silent && quiet.is_none(), "silent");
            if quiet.is_some() {
                self.change_if(own.is_some() && own != quiet, "channel");
                return quiet;
            }
        }
        let configured = |key: &str| settings.channels.get(key).and_then(|id| filled(id));
        let chosen = self.options.channel_id.as_deref().and_then(filled).or(own);
        let by_table = || configured(job.kind.as_str()).or_else(|| configured(&self.class.name));
        chosen.or_else(by_table).or_else(|| filled(&settings.channel_id))
    }

    /// What makes a later notification replace an earlier one. Without it OPPO shows each for itself, and a repeat is
    /// known by `app_message_id`. Calls are named by their id alone: what cancels must hit what invites.
    fn identity(&mut self, notification: &Notification) -> Option<u32> {
        let tag = notification.tag.as_deref().and_then(filled);
        self.drop_if(self.job.kind.is_call() && tag.is_some(), "tag");
        let key = self.job.collapse.as_ref().map(|collapse| collapse.key.as_str());
        let name = tag.filter(|_| !self.job.kind.is_call()).or(key)?;
        // 31 bits: an int of the phone's.
        Some(Sha256::digest(name).iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte)) >> 1)
    }

    /// Only beside a category, and only for communication & service: else code 67 (section 4.1).
    fn level(&mut self) -> Option<Level> {
        let wanted = self.options.notify_level;
        if !self.settings.send_category || !Category::of(&self.class.name).is_some_and(Category::is_service) {
            self.drop_if(wanted.is_some(), "options.oppo.notify_level");
            return None;
        }
        if self.class.urgent {
            return Some(Level::Strong);
        }
        self.change_if(wanted == Some(Level::Strong), "options.oppo.notify_level");
        Some(wanted.filter(|level| *level != Level::Strong).unwrap_or(Level::LockScreen))
    }

    fn badge(&mut self, badge: Badge) -> Option<wire::BadgeField> {
        self.drop_if(!self.settings.badge, "badge");
        if !self.settings.badge {
            return None;
        }
        Some(match badge {
            Badge::Set(count) => wire::BadgeField { kind: 0, count },
            Badge::Add(count) => {
                let step = if self.settings.badge_steps { count } else { 1 };
                self.change_if(step != count, "badge");
                wire::BadgeField { kind: 1, count: step }
            }
        })
    }

    fn picture(&mut self, notification: &'a Notification) -> wire::Picture<'a> {
        let (settings, options) = (self.settings, self.options);
        let big = calls::has_big_picture(settings, self.job, options);
        self.drop_if(options.big_picture_id.is_some() && !big, "options.oppo.big_picture_id");
        let image = notification.image.as_deref().filter(|_| match settings.image {
            Image::Drop => false,
            Image::Small => options.small_picture_id.is_none(),
            Image::Big => big && options.big_picture_id.is_none(),
        });
        self.drop_if(notification.image.is_some() && image.is_none(), "image");
        wire::Picture {
            small_id: options.small_picture_id.as_deref(),
            big_id: options.big_picture_id.as_deref().filter(|_| big),
            small_url: image.filter(|_| settings.image == Image::Small),
            big_url: image.filter(|_| settings.image == Image::Big),
        }
    }

    fn drop_if(&mut self, gone: bool, field: &str) {
        if gone {
            self.fitted.dropped.push(field.to_owned());
        }
    }

    fn change_if(&mut self, other: bool, field: &str) {
        if other {
            self.fitted.changed.push(field.to_owned());
        }
    }
}
