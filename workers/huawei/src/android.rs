//! A job as a message for HMS Android, v1 and v2 (sections 4 and 5).

mod wire;

use std::borrow::Cow;

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Kind, Notification, Reason, Refusal, cut_text, derived_id, typed::filled,
};
use sha2::{Digest, Sha256};

use crate::{
    classes::{Category, DATA},
    options::{Importance, Options, Urgency},
    settings::Settings,
};
use wire::{Android, BadgeField, Body, ClickAction, Message, Number, Shown};

/// Bytes of the body without its tokens (section 1).
pub(crate) const MAX_BYTES: usize = 4096;
/// The longest `ttl` in seconds: 15 days (section 1).
pub(crate) const MAX_TTL: u64 = 1_296_000;
/// `set_num` and `add_num` end here (section 4.4).
const MAX_BADGE: u32 = 99;

/// What differs between the calls of one job.
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    pub(crate) tokens: Vec<&'a str>,
    pub(crate) badge: Option<Badge>,
    pub(crate) ttl_seconds: u64,
}

impl Delivery<'_> {
    /// The delivery whose body without tokens is the longest that this job can have.
    pub(crate) fn longest(job: &Job) -> Self {
        let badges = job.targets.iter().filter_map(|target| target.badge);
        let badge = badges.max_by_key(|badge| match badge {
            Badge::Set(n) | Badge::Add(n) => *n,
        });
        Self { tokens: Vec::new(), badge, ttl_seconds: MAX_TTL }
    }
}

/// The body as JSON, and what was dropped or changed on the way.
pub(crate) fn write(
    settings: &Settings,
    job: &Job,
    class: &Class,
    to: Delivery<'_>,
) -> Result<(Vec<u8>, Fitted), Refusal> {
    let options = Options::of(job)?;
    let mut writer = Writer { settings, job, class, options: &options, fitted: Fitted::default() };
    let body = Body { message: writer.message(to)? };
    match serde_json::to_vec(&body) {
        Ok(bytes) => Ok((bytes, writer.fitted)),
        Err(_) => Err(Refusal::rejected(Reason::BadRequest, ".", "cannot be written as JSON")),
    }
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    class: &'a Class,
    options: &'a Options,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    fn message(&mut self, to: Delivery<'a>) -> Result<Message<'a>, Refusal> {
        let (job, options) = (self.job, self.options);
        let category = Some(self.class.name.as_str()).filter(|name| *name != DATA);
        if options.urgency == Some(Urgency::High) && !self.class.urgent {
            self.fitted.changed.push("options.huawei.urgency".to_owned());
        }
        let notification = match &job.notification {
            Some(notification) => Some(self.shown(notification, to.badge)?),
            None => {
                self.drop_if(to.badge.is_some(), "badge");
                let unused_category = options.category.is_some() && category.is_none();
                self.drop_if(unused_category || options.is_about_display(), "options.huawei");
                None
            }
        };
        let urgency = if self.class.urgent { Urgency::High } else { Urgency::Normal };
        let android = Android {
            // -1 keeps every offline message: a group of the cache is no conversation, there are only 100 of them.
            collapse_key: -1,
            // Written where it means something: on data messages, and where it is not the default.
            urgency: (self.class.urgent || notification.is_none()).then_some(urgency),
            category,
            ttl: format!("{}s", to.ttl_seconds.clamp(1, MAX_TTL)),
            bi_tag: job.id.as_str(),
            receipt_id: filled(&self.settings.receipt_id),
            target_user_type: job.test.then_some(1),
            notification,
        };
        Ok(Message { data: self.data(), android, token: to.tokens })
    }

    /// `message.data`: a JSON object as a string, so that an activity that is opened gets it too (section 4.2).
    fn data(&self) -> Option<Cow<'a, str>> {
        let text = self.job.data.as_ref()?.as_str();
        Some(match filled(&self.settings.data_key) {
            Some(key) => serde_json::json!({ key: text }).to_string().into(),
            None => text.into(),
        })
    }

    fn shown(&mut self, notification: &'a Notification, badge: Option<Badge>) -> Result<Shown<'a>, Refusal> {
        let (job, options) = (self.job, self.options);
        let (title, body) = self.texts()?;
        // Section 6: marketing is shown silently, as text only.
        let marketing = self.class.name == Category::Marketing.as_str();
        let quiet = job.silent || marketing || job.kind == Kind::CallCancel;
        self.drop_if(notification.subtitle.is_some(), "subtitle");
        self.drop_if(marketing && notification.image.is_some(), "image");
        self.drop_if(marketing && notification.sound.is_some(), "sound");
        self.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        let sound = notification.sound.as_deref().filter(|_| !quiet);
        let (tag, notify_id) = identity(job, notification, options);
        Ok(Shown {
            title,
            body,
            click_action: click_action(notification.click.as_ref()),
            importance: options.importance.unwrap_or(if quiet { Importance::Low } else { Importance::Normal }),
            channel_id: options.channel_id.as_deref().or(notification.channel.as_deref()),
            image: notification.image.as_deref().filter(|_| !marketing),
            default_sound: sound.map(|_| false),
            sound: sound.map(|name| format!("/raw/{}", name.trim_start_matches("/raw/"))),
            tag,
            notify_id,
            group: options.group.as_deref(),
            badge: badge.and_then(|badge| self.badge(badge)),
            foreground_show: options.foreground_show,
        })
    }

    /// Title and body, both required (section 4.4): the one that is missing repeats the other.
    fn texts(&mut self) -> Result<(Cow<'a, str>, Cow<'a, str>), Refusal> {
        let (title, body) = (self.job.title(), self.job.body());
        let Some(some) = title.or(body) else {
            let rule = "needs a title or a body; leave it out for a data message";
            return Err(Refusal::rejected(Reason::NoContent, "notification", rule));
        };
        let mut fit = |text: Option<&'a str>, limit: usize, field: &str| {
            let cut = cut_text(text.unwrap_or(some), limit, Count::Chars);
            if cut.was_cut || text.is_none() {
                self.fitted.changed.push(field.to_owned());
            }
            cut.text
        };
        Ok((fit(title, self.settings.title_limit, "title"), fit(body, self.settings.body_limit, "body")))
    }

    /// Without the launcher activity's name nothing would happen (section 4.4), so the badge is left out and reported.
    fn badge(&mut self, badge: Badge) -> Option<BadgeField<'a>> {
        let class = self.options.badge_class.as_deref().or(filled(&self.settings.badge_class));
        self.drop_if(class.is_none(), "badge");
        let class = class?;
        let (Badge::Set(n) | Badge::Add(n)) = badge;
        if n > MAX_BADGE {
            self.fitted.changed.push("badge".to_owned());
        }
        let number = match badge {
            Badge::Set(n) => Number::SetNum(n.min(MAX_BADGE)),
            Badge::Add(n) => Number::AddNum(n.min(MAX_BADGE)),
        };
        Some(BadgeField { number, class })
    }

    fn drop_if(&mut self, gone: bool, field: &str) {
        if gone {
            self.fitted.dropped.push(field.to_owned());
        }
    }
}

/// What makes a later notification replace an earlier one, and this one replace itself when it is sent twice.
///
/// A tag works alone. With an id beside it that differs from job to job, Android would keep both notifications; so the
/// id is derived only where there is no tag. Calls are named by their id alone: what cancels must hit what invites.
fn identity<'a>(job: &Job, notification: &'a Notification, options: &Options) -> (Option<&'a str>, Option<u32>) {
    let tag = notification.tag.as_deref().filter(|_| !job.kind.is_call());
    let derived = match &job.collapse {
        _ if tag.is_some() => None,
        Some(collapse) => Some(notify_id(&collapse.key)),
        // 31 bits are the range of notify_id. The content is the same for all tokens, so is the id.
        None => u32::try_from(derived_id(&job.id, 0) >> 33).ok(),
    };
    (tag, options.notify_id.or(derived))
}

/// 31 bits of a collapse key.
fn notify_id(key: &str) -> u32 {
    let hash = Sha256::digest(key);
    hash.iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte)) >> 1
}

fn click_action(click: Option<&Click>) -> ClickAction<'_> {
    match click {
        None | Some(Click::App {}) => ClickAction { kind: 3, ..ClickAction::default() },
        Some(Click::Activity { activity }) => ClickAction { kind: 1, action: Some(activity), ..ClickAction::default() },
        Some(Click::Intent { intent }) => ClickAction { kind: 1, intent: Some(intent), ..ClickAction::default() },
        Some(Click::Url { url }) => ClickAction { kind: 2, url: Some(url), ..ClickAction::default() },
    }
}
