//! A job as Honor's message (sections 4.1 to 4.4 and 5).

use std::borrow::Cow;

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Notification, Reason, Refusal, cut_text, derived_id, typed::filled,
};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    options::{Importance, Options},
    settings::Settings,
};

/// The longest `ttl` in seconds: 15 days (section 4.2).
const MAX_TTL: u64 = 1_296_000;
/// `setNum` and `addNum` end here (section 4.3).
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

/// The body (section 4.1); nothing wraps it. Title and body stand in `android` alone: a copy would count as bytes.
#[derive(Serialize)]
struct Body<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Cow<'a, str>>,
    android: Value,
    token: Vec<&'a str>,
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
    let notification = match &job.notification {
        Some(notification) => writer.shown(notification, to.badge)?,
        None => {
            writer.drop_if(to.badge.is_some(), "badge");
            writer.drop_if(options != Options::default(), "options.honor");
            Value::Null
        }
    };
    let android = given(json!({
        "ttl": format!("{}s", to.ttl_seconds.clamp(1, MAX_TTL)),
        "biTag": job.id,
        "targetUserType": job.test.then_some(1),
        "notification": notification,
    }));
    let body = Body { data: data(settings, job), android, token: to.tokens };
    match serde_json::to_vec(&body) {
        Ok(bytes) => Ok((bytes, writer.fitted)),
        Err(_) => Err(Refusal::rejected(Reason::BadRequest, ".", "cannot be written as JSON")),
    }
}

/// The object without its nulls: what is absent takes the vendor's default.
fn given(mut object: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
}

/// The outer `data`: a JSON object as a string, also for data messages.
fn data<'a>(settings: &Settings, job: &'a Job) -> Option<Cow<'a, str>> {
    let text = job.data.as_ref()?.as_str();
    Some(match filled(&settings.data_key) {
        Some(key) => json!({ key: text }).to_string().into(),
        None => text.into(),
    })
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    class: &'a Class,
    options: &'a Options,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    /// `android.notification` (section 4.3).
    fn shown(&mut self, notification: &Notification, badge: Option<Badge>) -> Result<Value, Refusal> {
        let (job, options) = (self.job, self.options);
        let (title, body) = self.texts()?;
        let low = self.class.name == Importance::Low.as_str();
        self.drop_if(notification.subtitle.is_some(), "subtitle");
        // Section 6: LOW is text only, and silent anyway.
        self.drop_if(low && notification.image.is_some(), "image");
        self.drop_if(!low && job.silent, "silent");
        self.drop_if(notification.sound.is_some(), "sound");
        self.drop_if(notification.channel.is_some(), "channel");
        self.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        let (tag, notify_id) = identity(job, notification, options);
        let badge = badge.and_then(|badge| self.badge(badge));
        Ok(given(json!({
            "title": title,
            "body": body,
            "clickAction": click_action(notification.click.as_ref()),
            // Always set: an absent one counts as marketing.
            "importance": self.class.name,
            "image": notification.image.as_deref().filter(|_| !low),
            "style": options.big_text.then_some(1),
            "bigTitle": options.big_text.then_some(&title),
            "bigBody": options.big_text.then_some(&body),
            "when": options.when,
            "buttons": Some(&options.buttons).filter(|buttons| !buttons.is_empty()),
            "badge": badge,
            "notifyId": notify_id,
            "tag": tag,
            "group": options.group,
        })))
    }

    /// Title and body, both required (section 4.3): the one that is missing repeats the other.
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

    /// `badge`; without the required `badgeClass` it is left out and reported.
    fn badge(&mut self, badge: Badge) -> Option<Value> {
        let class = self.options.badge_class.as_deref().or(filled(&self.settings.badge_class));
        self.drop_if(class.is_none(), "badge");
        let class = class?;
        let (field, n) = match badge {
            Badge::Set(n) => ("setNum", n),
            Badge::Add(n) => ("addNum", n),
        };
        if n > MAX_BADGE {
            self.fitted.changed.push("badge".to_owned());
        }
        Some(json!({ field: n.min(MAX_BADGE), "badgeClass": class }))
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
    let tag = notification.tag.as_deref().filter(|tag| !tag.is_empty() && !job.kind.is_call());
    let derived = match &job.collapse {
        _ if tag.is_some() => None,
        Some(collapse) => Some(notify_id(&collapse.key)),
        // 31 bits: an int that is not negative. The content is the same for all tokens, so is the id.
        None => u32::try_from(derived_id(&job.id, 0) >> 33).ok(),
    };
    (tag, options.notify_id.or(derived))
}

/// 31 bits of a collapse key.
fn notify_id(key: &str) -> u32 {
    let hash = Sha256::digest(key);
    hash.iter().take(4).fold(0, |id, byte| id << 8 | u32::from(*byte)) >> 1
}

/// `clickAction` (section 4.4).
fn click_action(click: Option<&Click>) -> Value {
    match click {
        None | Some(Click::App {}) => json!({ "type": 3 }),
        Some(Click::Activity { activity }) => json!({ "type": 1, "action": activity }),
        Some(Click::Intent { intent }) => json!({ "type": 1, "intent": intent }),
        Some(Click::Url { url }) => json!({ "type": 2, "url": url }),
    }
}
