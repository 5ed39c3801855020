//! A job as OPPO's `notification` (sections 4.1 and 5).

use std::borrow::Cow;

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Kind, Notification, Reason, Refusal, derived_id,
    kit::{fields::Fields, fitting::int_id},
    typed::filled,
};

use crate::{
    calls,
    classes::is_service,
    options::{LOCK_SCREEN, Options, STRONG},
    settings::{Activity, Image, Settings},
    template::Texts,
};

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
    pub(crate) fn hardest(job: &Job) -> Self {
        let badges = job.targets.iter().filter_map(|target| target.badge);
        let badge = badges.max_by_key(|badge| match badge {
            Badge::Add(n) => *n,
            Badge::Set(_) => 0,
        });
        Self { position: 0, badge, ttl_seconds: MAX_TTL }
    }
}

/// The notification of a job, field by field as OPPO names it: snake_case throughout. What is absent takes the vendor's
/// default.
pub(crate) fn write(settings: &Settings, job: &Job, class: &Class, to: Delivery) -> Result<(Fields, Fitted), Refusal> {
    let options = Options::of(job)?;
    let mut writer = Writer { settings, job, class, options: &options, fitted: Fitted::default() };
    Ok((writer.shown(to)?, writer.fitted))
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    class: &'a Class,
    options: &'a Options,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    fn shown(&mut self, to: Delivery) -> Result<Fields, Refusal> {
        let (job, settings) = (self.job, self.settings);
        let Some(notification) = &job.notification else {
            // Section 4.1 (c).
            return Err(Refusal::unsupported("notification", "OPPO delivers notifications only, no data messages"));
        };
        let (texts, style) = self.texts()?;
        let template = self.template(&texts)?;
        let bare = template.is_some() && !settings.template_texts;
        self.fitted.drop_if(notification.sound.is_some(), "sound");
        self.fitted.drop_if(job.test, "test");
        let picture = self.picture(notification);
        let click = self.click(notification.click.as_ref());
        let subtitle = notification.subtitle.as_deref().and_then(filled);
        let kept = Some(to.ttl_seconds.min(MAX_TTL)).filter(|ttl| *ttl > 0);
        let invites = job.kind == Kind::CallInvite && settings.call_show_seconds > 0;
        let shown = invites.then_some(settings.call_show_seconds);
        let callback = filled(&settings.callback_url);
        Ok(Fields::new()
            .with("app_message_id", format!("{:016x}", derived_id(&job.id, to.position)))
            .with("style", Some(style).filter(|style| *style != 1))
            .with("title", (!bare).then_some(&texts.title))
            .with("sub_title", subtitle.map(|text| self.fitted.cut(text, SUB_TITLE, Count::Chars, "subtitle")))
            .with("content", (!bare).then_some(&texts.body))
            .and(Some(click))
            .with("action_parameters", self.parameters()?)
            .with("off_line", kept.is_some())
            .with("off_line_ttl", kept)
            .with("show_ttl", shown)
            .with("call_back_url", callback)
            .with("call_back_parameter", callback.map(|_| &job.id))
            .with("channel_id", self.channel(notification))
            .with("notify_id", self.notify_id(notification))
            .with("category", settings.send_category.then_some(&self.class.name))
            .with("notify_level", self.level())
            .and(template)
            .and(to.badge.and_then(|badge| self.badge(badge)))
            .and(Some(picture)))
    }

    /// Title and content, both required, and the style that holds them.
    fn texts(&mut self) -> Result<(Texts<'a>, u8), Refusal> {
        let some = self.job.some_text()?;
        let (style, limit) = match self.job.body().unwrap_or(some).chars().count() {
            _ if calls::has_big_picture(self.settings, self.job) => (3, CONTENT),
            0..=CONTENT => (1, CONTENT),
            _ => (2, LONG_CONTENT),
        };
        let [title, body] = self.fitted.texts(self.job, [TITLE, limit], Count::Chars)?;
        Ok((Texts { title, body }, style))
    }

    /// Templates are approved for communication & service alone.
    fn template(&mut self, texts: &Texts<'_>) -> Result<Option<Fields>, Refusal> {
        if !is_service(self.class) {
            self.fitted.drop_if(self.options.template.is_some(), "options.oppo.template");
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
        let text = self.job.data_under(&self.settings.data_key);
        match text.as_ref().map_or(0, |text| text.chars().count()) {
            0..=PARAMETERS => Ok(text),
            length => {
                let rule = format!("{length} characters as action_parameters, at most {PARAMETERS}: shorten data");
                Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule))
            }
        }
    }

    /// There is no type 3 (section 10, 4). A tap whose target is too long opens the app: the message counts more.
    fn click(&mut self, click: Option<&'a Click>) -> Fields {
        let (kind, name, target, most) = match click {
            None | Some(Click::App {}) => (0, "", "", 0),
            Some(Click::Activity { activity }) => {
                (self.activity_type(activity), "click_action_activity", activity.as_str(), ACTIVITY)
            }
            Some(Click::Intent { intent }) => (5, "click_action_url", intent.as_str(), URL),
            Some(Click::Url { url }) => (2, "click_action_url", url.as_str(), URL),
        };
        let fits = (1..=most).contains(&target.chars().count());
        self.fitted.drop_if(kind != 0 && !fits, "click");
        let fields = Fields::new().with("click_action_type", if fits { kind } else { 0 });
        if fits { fields.with(name, target) } else { fields }
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

    /// Sound belongs to the channel, so silence is another channel.
    fn channel(&mut self, notification: &'a Notification) -> Option<&'a str> {
        let (settings, job) = (self.settings, self.job);
        let own = notification.channel.as_deref().and_then(filled);
        if job.silent || job.kind == Kind::CallCancel {
            let quiet = filled(&settings.silent_channel_id).filter(|_| self.options.channel_id.is_none());
            self.fitted.drop_if(job.silent && quiet.is_none(), "silent");
            if quiet.is_some() {
                self.fitted.change_if(own.is_some() && own != quiet, "channel");
                return quiet;
            }
        }
        let configured = |key: &str| settings.channels.get(key).and_then(|id| filled(id));
        let chosen = self.options.channel_id.as_deref().and_then(filled).or(own);
        let by_table = || configured(job.kind.as_str()).or_else(|| configured(&self.class.name));
        chosen.or_else(by_table).or_else(|| filled(&settings.channel_id))
    }

    /// What makes a later notification replace an earlier one. Without it OPPO shows each for itself, and a repeat is
    /// known by `app_message_id`.
    fn notify_id(&mut self, notification: &Notification) -> Option<u32> {
        let own = self.options.notify_id;
        let tagged = notification.tag.as_deref().and_then(filled).is_some();
        self.fitted.drop_if(own.is_none() && tagged && self.job.kind.is_call(), "tag");
        own.or_else(|| self.job.replaced_by().map(int_id))
    }

    /// Only beside a category, and only for communication & service: else code 67 (section 4.1).
    fn level(&mut self) -> Option<u8> {
        let wanted = self.options.notify_level;
        if !self.settings.send_category || !is_service(self.class) {
            self.fitted.drop_if(wanted.is_some(), "options.oppo.notify_level");
            return None;
        }
        if self.class.urgent {
            return Some(STRONG);
        }
        self.fitted.change_if(wanted == Some(STRONG), "options.oppo.notify_level");
        Some(wanted.filter(|level| *level != STRONG).unwrap_or(LOCK_SCREEN))
    }

    /// Type 0 sets (0 clears), type 1 adds.
    fn badge(&mut self, badge: Badge) -> Option<Fields> {
        self.fitted.drop_if(!self.settings.badge, "badge");
        let (kind, count) = match badge {
            _ if !self.settings.badge => return None,
            Badge::Set(count) => (0, count),
            Badge::Add(count) => {
                self.fitted.change_if(count != 1, "badge");
                (1, 1)
            }
        };
        Some(Fields::new().with("badge_operation_type", kind).with("badge_message_count", count))
    }

    /// A picture by its address, where the app may send one.
    fn picture(&mut self, notification: &Notification) -> Fields {
        let name = match self.settings.image {
            Image::Small => "small_picture_url",
            Image::Big if calls::has_big_picture(self.settings, self.job) => "big_picture_url",
            Image::Drop | Image::Big => "",
        };
        self.fitted.drop_if(notification.image.is_some() && name.is_empty(), "image");
        if name.is_empty() { Fields::new() } else { Fields::new().with(name, &notification.image) }
    }
}
