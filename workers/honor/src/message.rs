//! A job as Honor's message (sections 4.1 to 4.4 and 5).

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Notification, Refusal, derived_id,
    kit::{
        fields::{Fields, json},
        fitting::{int_id, intent_uri},
    },
    typed::filled,
};
use serde_json::{Value, json};

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
        Self { tokens: Vec::new(), badge: job.greatest_badge(), ttl_seconds: MAX_TTL }
    }
}

/// The body as JSON, and what was dropped or changed on the way. Nothing wraps it (section 4.1). Title and body stand in
/// `android` alone: a copy would count as bytes.
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
            writer.fitted.drop_if(to.badge.is_some(), "badge");
            writer.fitted.drop_if(options != Options::default(), "options.honor");
            Value::Null
        }
    };
    let android = given(json!({
        "ttl": format!("{}s", to.ttl_seconds.clamp(1, MAX_TTL)),
        "biTag": job.id,
        "targetUserType": job.test.then_some(1),
        "notification": notification,
    }));
    // The outer `data`: a JSON object as a string, also for data messages.
    let data = job.data_under(&settings.data_key);
    let body = Fields::new().with("data", data).with("android", android).with("token", to.tokens);
    Ok((json(&body)?, writer.fitted))
}

/// The object without its nulls: what is absent takes the vendor's default.
fn given(mut object: Value) -> Value {
    if let Value::Object(fields) = &mut object {
        fields.retain(|_, value| !value.is_null());
    }
    object
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
        let limits = [self.settings.title_limit, self.settings.body_limit];
        let [title, body] = self.fitted.texts(job, limits, Count::Chars)?;
        let low = self.class.name == Importance::Low.as_str();
        self.fitted.drop_if(notification.subtitle.is_some(), "subtitle");
        // Section 6: LOW is text only, and silent anyway.
        self.fitted.drop_if(low && notification.image.is_some(), "image");
        self.fitted.drop_if(!low && job.silent, "silent");
        self.fitted.drop_if(notification.sound.is_some(), "sound");
        self.fitted.drop_if(notification.channel.is_some(), "channel");
        self.fitted.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        let (tag, notify_id) = identity(job, options);
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

    /// `badge`; without the required `badgeClass` it is left out and reported.
    fn badge(&mut self, badge: Badge) -> Option<Value> {
        let class = self.options.badge_class.as_deref().or(filled(&self.settings.badge_class));
        self.fitted.drop_if(class.is_none(), "badge");
        let class = class?;
        let (field, n) = match badge {
            Badge::Set(n) => ("setNum", n),
            Badge::Add(n) => ("addNum", n),
        };
        self.fitted.change_if(n > MAX_BADGE, "badge");
        Some(json!({ field: n.min(MAX_BADGE), "badgeClass": class }))
    }
}

/// What makes a later notification replace an earlier one, and this one replace itself when it is sent twice.
///
/// A tag works alone. With an id beside it that differs from job to job, Android would keep both notifications; so the
/// id is derived only where there is no tag. Calls are named by their id alone: what cancels must hit what invites.
fn identity<'a>(job: &'a Job, options: &Options) -> (Option<&'a str>, Option<u32>) {
    let tag = job.tag();
    let derived = match &job.collapse {
        _ if tag.is_some() => None,
        Some(collapse) => Some(int_id(&collapse.key)),
        // 31 bits: an int that is not negative. The content is the same for all tokens, so is the id.
        None => u32::try_from(derived_id(&job.id, 0) >> 33).ok(),
    };
    (tag, options.notify_id.or(derived))
}

/// `clickAction` (section 4.4).
fn click_action(click: Option<&Click>) -> Value {
    match click {
        None | Some(Click::App {}) => json!({ "type": 3 }),
        Some(Click::Activity { activity }) => json!({ "type": 1, "action": activity }),
        Some(Click::Intent { intent }) => json!({ "type": 1, "intent": intent_uri(intent) }),
        Some(Click::Url { url }) => json!({ "type": 2, "url": url }),
    }
}
