//! What both platforms have in common: texts, identity, and what is dropped or changed on the way (section 5).

use std::borrow::Cow;

use push_contract::{
    Badge, Class, Count, Fitted, Job, Notification, Reason, Refusal, derived_id,
    kit::{
        fields::{Fields, json},
        fitting::int_id,
    },
};

use crate::{
    android,
    classes::{DATA, IN_APP_CALL, MARKETING, Options},
    next,
    settings::{Platform, Settings},
};

/// Bytes of the body without its tokens (sections 1 and 12.1).
const MAX_BYTES: usize = 4096;
/// The longest life in seconds: 15 days (sections 1 and 12.1).
const MAX_TTL: u64 = 1_296_000;
/// Badges end here (sections 4.4 and 12.3).
const MAX_BADGE: u32 = 99;

/// What differs between the calls of one job.
#[derive(Debug)]
pub(crate) struct Delivery<'a> {
    pub(crate) tokens: Vec<&'a str>,
    pub(crate) badge: Option<Badge>,
    pub(crate) ttl_seconds: u64,
}

/// Writes one body and notes what it leaves out.
pub(crate) struct Writer<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) job: &'a Job,
    pub(crate) class: &'a Class,
    pub(crate) options: &'a Options,
    pub(crate) fitted: &'a mut Fitted,
}

/// What is shown, as far as it is the same on both platforms.
pub(crate) struct Content<'a> {
    pub(crate) title: Cow<'a, str>,
    pub(crate) body: Cow<'a, str>,
    pub(crate) image: Option<&'a str>,
    /// The name of a file in the app.
    pub(crate) sound: Option<&'a str>,
    /// Shown silently in any case.
    pub(crate) marketing: bool,
}

/// What is dropped and changed for a platform. The body without tokens is judged with the longest ttl and badge that
/// the job can have.
pub(crate) fn fit(platform: Platform, writer: Writer<'_>) -> Result<(), Refusal> {
    let longest = Delivery { tokens: Vec::new(), badge: writer.job.greatest_badge(), ttl_seconds: MAX_TTL };
    let size = writer.write(platform, longest)?.len();
    if size > MAX_BYTES {
        let rule = format!("{size} bytes without tokens, at most {MAX_BYTES}: shorten data");
        return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
    }
    Ok(())
}

impl<'a> Writer<'a> {
    /// The body as JSON.
    pub(crate) fn write(mut self, platform: Platform, mut to: Delivery<'_>) -> Result<Vec<u8>, Refusal> {
        to.ttl_seconds = to.ttl_seconds.clamp(1, MAX_TTL);
        let body = match platform {
            Platform::Android => android::body(&mut self, &to)?,
            Platform::Next => next::body(&mut self, &to)?,
        };
        let Self { job, class, options, fitted, .. } = self;
        let shows = job.notification.is_some();
        fitted.drop_if(!shows && to.badge.is_some(), "badge");
        // A category has no place where there is none, a badge's class where there are no badges with classes.
        let has_category = ![DATA, IN_APP_CALL].contains(&class.name.as_str());
        let stray_category = options.category.is_some_and(|category| !has_category || !category.is_of(platform));
        let stray_class = options.badge_class.is_some() && !(shows && platform == Platform::Android);
        fitted.drop_if(stray_category || stray_class, "options.huawei");
        json(&body)
    }

    pub(crate) fn content(&mut self, notification: &'a Notification) -> Result<Content<'a>, Refusal> {
        let (job, fitted) = (self.job, &mut self.fitted);
        let limits = [self.settings.title_limit, self.settings.body_limit];
        let [title, body] = fitted.texts(job, limits, Count::Chars)?;
        // Section 6: marketing is shown silently, as text only.
        let marketing = self.class.name == MARKETING;
        fitted.drop_if(notification.subtitle.is_some(), "subtitle");
        fitted.drop_if(marketing && notification.image.is_some(), "image");
        fitted.drop_if(marketing && notification.sound.is_some(), "sound");
        fitted.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        let image = notification.image.as_deref().filter(|_| !marketing);
        let sound = notification.sound.as_deref().filter(|_| !marketing && !job.silent);
        Ok(Content { title, body, image, sound: sound.map(|name| name.trim_start_matches("/raw/")), marketing })
    }

    /// The badge under the platform's names. `set` 0 clears, so a zero is never left out.
    pub(crate) fn badge(&mut self, badge: Badge, [set, add]: [&str; 2]) -> Fields {
        let (name, n) = match badge {
            Badge::Set(n) => (set, n),
            Badge::Add(n) => (add, n),
        };
        self.fitted.change_if(n > MAX_BADGE, "badge");
        Fields::new().with(name, n.min(MAX_BADGE))
    }

    /// Id of the notification on the phone: that of the key by which a later one replaces it, else the job's own.
    pub(crate) fn notify_id(&self) -> u32 {
        // 31 bits are the range of the id. The content is the same for all tokens, so is the id.
        let own = || u32::try_from(derived_id(&self.job.id, 0) >> 33).unwrap_or_default();
        self.job.replaced_by().map_or_else(own, int_id)
    }
}
