//! What both platforms have in common: texts, identity, and what is dropped or changed on the way (section 5).

use std::borrow::Cow;

use push_contract::{
    Badge, Class, Count, Fitted, Job, Notification, Reason, Refusal, derived_id,
    kit::{fields::json, fitting::int_id},
};

use crate::{
    android,
    classes::MARKETING,
    next,
    options::Options,
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

/// The body as JSON, and what was dropped or changed on the way.
pub(crate) fn write(
    platform: Platform,
    settings: &Settings,
    job: &Job,
    class: &Class,
    mut to: Delivery<'_>,
) -> Result<(Vec<u8>, Fitted), Refusal> {
    let options = Options::of(job)?;
    to.ttl_seconds = to.ttl_seconds.clamp(1, MAX_TTL);
    let mut writer = Writer { settings, job, class, options: &options, fitted: Fitted::default() };
    let body = match platform {
        Platform::Android => json(&android::body(&mut writer, to)?),
        Platform::Next => json(&next::body(&mut writer, &to)?),
    };
    Ok((body?, writer.fitted))
}

/// What is dropped and changed for a platform. The body without tokens is judged with the longest ttl and badge that the
/// job can have.
pub(crate) fn fit(platform: Platform, settings: &Settings, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
    let longest = Delivery { tokens: Vec::new(), badge: job.greatest_badge(), ttl_seconds: MAX_TTL };
    let (body, fitted) = write(platform, settings, job, class, longest)?;
    if body.len() > MAX_BYTES {
        let rule = format!("{} bytes without tokens, at most {MAX_BYTES}: shorten data", body.len());
        return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
    }
    Ok(fitted)
}

/// Writes one body and notes what it leaves out.
pub(crate) struct Writer<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) job: &'a Job,
    pub(crate) class: &'a Class,
    pub(crate) options: &'a Options,
    pub(crate) fitted: Fitted,
}

/// What is shown, as far as it is the same on both platforms.
pub(crate) struct Content<'a> {
    pub(crate) title: Cow<'a, str>,
    pub(crate) body: Cow<'a, str>,
    pub(crate) image: Option<&'a str>,
    /// The name of a file in the app.
    pub(crate) sound: Option<&'a str>,
    pub(crate) badge: Option<Badge>,
    /// Shown silently in any case.
    pub(crate) marketing: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn content(
        &mut self,
        notification: &'a Notification,
        badge: Option<Badge>,
    ) -> Result<Content<'a>, Refusal> {
        let (job, fitted) = (self.job, &mut self.fitted);
        let limits = [self.settings.title_limit, self.settings.body_limit];
        let [title, body] = fitted.texts(job, limits, Count::Chars)?;
        // Section 6: marketing is shown silently, as text only.
        let marketing = self.class.name == MARKETING;
        fitted.drop_if(notification.subtitle.is_some(), "subtitle");
        fitted.drop_if(marketing && notification.image.is_some(), "image");
        fitted.drop_if(marketing && notification.sound.is_some(), "sound");
        fitted.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        let badge = badge.map(|badge| match badge {
            Badge::Set(n) => Badge::Set(n.min(MAX_BADGE)),
            Badge::Add(n) => Badge::Add(n.min(MAX_BADGE)),
        });
        let image = notification.image.as_deref().filter(|_| !marketing);
        let sound = notification.sound.as_deref().filter(|_| !marketing && !job.silent);
        Ok(Content { title, body, image, sound: sound.map(|name| name.trim_start_matches("/raw/")), badge, marketing })
    }

    /// Id of the notification on the phone: that of the key by which a later one replaces it, else the job's own.
    pub(crate) fn notify_id(&self) -> u32 {
        // 31 bits are the range of the id. The content is the same for all tokens, so is the id.
        let own = || u32::try_from(derived_id(&self.job.id, 0) >> 33).unwrap_or_default();
        self.job.replaced_by().map_or_else(own, int_id)
    }

    /// Notes a badge that is sent otherwise than written.
    pub(crate) fn note_clamped(&mut self, written: Option<Badge>, sent: Option<Badge>) {
        self.fitted.change_if(written != sent, "badge");
    }
}
