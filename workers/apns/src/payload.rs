//! A job as the body of a push (sections 4.3 and 5).

mod wire;

use std::borrow::Cow;

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Kind, Notification, Reason, Refusal, cut_text, typed::filled,
};

use crate::{
    classes::{BACKGROUND, Level},
    options::Options,
    settings::{ChannelIs, Environment, Settings, TokenType},
};
use wire::{Alert, Aps, Body, Sound};

/// Bytes of the body (section 1).
pub(crate) const fn most_bytes(token_type: TokenType) -> usize {
    match token_type {
        TokenType::Alert => 4096,
        TokenType::Voip => 5120,
    }
}

/// The body as JSON, and what was dropped or changed on the way.
///
/// Texts are cut as if every target had the longest badge of the job: all get the same.
pub(crate) fn write(
    settings: &Settings,
    job: &Job,
    class: &Class,
    token_type: TokenType,
    badge: Option<Badge>,
) -> Result<(Vec<u8>, Fitted), Refusal> {
    let options = Options::of(job)?;
    let mut writer = Writer { settings, job, class, options: &options, fitted: Fitted::default() };
    let mut body = Body { aps: Aps::default(), custom: Vec::with_capacity(3) };
    if let Some(data) = &job.data {
        body.custom.push((&settings.data_key, serde_json::Value::from(data.as_str())));
    }
    match &job.notification {
        Some(notification) => writer.show(&mut body, notification)?,
        None => writer.stay_silent(&mut body, token_type),
    }
    // A sandbox is a test as a whole; a production app has no test mode (section 5).
    writer.drop_if(job.test && settings.environment == Environment::Production, "test");
    writer.cut(&mut body, most_bytes(token_type))?;
    body.aps.badge = job.notification.as_ref().and_then(|_| number(badge));
    let bytes = serde_json::to_vec(&body).map_err(|_| unwritable())?;
    Ok((bytes, writer.fitted))
}

fn unwritable() -> Refusal {
    Refusal::rejected(Reason::BadRequest, ".", "cannot be written as JSON")
}

/// A number to show. Adding to what is shown is not possible.
const fn number(badge: Option<Badge>) -> Option<u32> {
    match badge {
        Some(Badge::Set(number)) => Some(number),
        Some(Badge::Add(_)) | None => None,
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
    fn show(&mut self, body: &mut Body<'a>, notification: &'a Notification) -> Result<(), Refusal> {
        let (settings, job, options) = (self.settings, self.job, self.options);
        let (title, text) = (job.title(), job.body());
        if title.or(text).is_none() {
            let rule = "needs a title or a body; leave it out for a data message";
            return Err(Refusal::rejected(Reason::NoContent, "notification", rule));
        }
        let channel = notification.channel.as_deref();
        let of_channel = |is: ChannelIs| channel.filter(|_| settings.channel_is == is);
        let image = notification.image.as_deref().filter(|_| !settings.image_key.is_empty());
        let click = notification.click.as_ref().filter(|click| !matches!(click, Click::App {}));
        let can_click = !settings.click_key.is_empty();
        let adds = |badge: Option<Badge>| matches!(badge, Some(Badge::Add(_)));
        self.drop_if(channel.is_some() && settings.channel_is == ChannelIs::Dropped, "channel");
        self.drop_if(notification.image.is_some() && image.is_none(), "image");
        self.drop_if(click.is_some() && !can_click, "click");
        self.drop_if(job.targets.iter().any(|target| adds(target.badge)), "badge");
        // What cancels a call must hit what invites to it: calls are named by their id alone.
        self.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        let sound = self.sound(notification);
        let extension = options.mutable_content.unwrap_or(settings.mutable_content) || image.is_some();
        let cow = |text: Option<&'a str>| text.map(Cow::Borrowed);
        body.aps = Aps {
            alert: Some(Alert {
                title: cow(title),
                subtitle: cow(notification.subtitle.as_deref().and_then(filled)),
                body: cow(text),
            }),
            badge: job.targets.iter().filter_map(|target| number(target.badge)).max(),
            sound,
            thread_id: options.thread_id.as_deref().or(of_channel(ChannelIs::ThreadId)),
            category: options.category.as_deref().or(of_channel(ChannelIs::Category)),
            mutable_content: extension.then_some(1),
            target_content_id: options.target_content_id.as_deref(),
            // A job that is all VoIP has no level of its own.
            interruption_level: Some(self.class.name.as_str()).filter(|_| self.class.name != crate::classes::VOIP),
            relevance_score: options.relevance_score,
            filter_criteria: options.filter_criteria.as_deref(),
            ..Aps::default()
        };
        body.custom.extend(image.map(|image| (settings.image_key.as_str(), image.into())));
        if let Some(click) = click.filter(|_| can_click) {
            let click = serde_json::to_value(click).map_err(|_| unwritable())?;
            body.custom.push((&settings.click_key, click));
        }
        Ok(())
    }

    /// A data message: nothing is shown (section 4.2), to a VoIP token by the app itself.
    fn stay_silent(&mut self, body: &mut Body<'a>, token_type: TokenType) {
        body.aps.content_available = (token_type == TokenType::Alert).then_some(1);
        self.drop_if(self.job.targets.iter().any(|target| target.badge.is_some()), "badge");
        let unused = *self.options != Options::default() && self.class.name == BACKGROUND;
        self.drop_if(unused, "options.apns");
    }

    /// The sound (section 4.3): absent means silence.
    fn sound(&mut self, notification: &'a Notification) -> Option<Sound<'a>> {
        let quiet = self.class.name == Level::Passive.as_str() || self.job.kind == Kind::CallCancel;
        self.drop_if(quiet && notification.sound.is_some(), "sound");
        if quiet || self.job.silent {
            return None;
        }
        let name = notification.sound.as_deref().and_then(filled).or(filled(&self.settings.default_sound));
        if self.class.name == Level::Critical.as_str() {
            let name = name.unwrap_or("default");
            return Some(Sound::Critical { critical: 1, name, volume: self.options.volume });
        }
        name.map(Sound::Name)
    }

    /// Shortens body, then subtitle, then title until everything fits. `data` is never cut.
    fn cut(&mut self, whole: &mut Body<'a>, most: usize) -> Result<(), Refusal> {
        let size = |whole: &Body<'_>| serde_json::to_vec(whole).map_or(usize::MAX, |bytes| bytes.len());
        for part in ["body", "subtitle", "title"] {
            if size(whole) <= most {
                return Ok(());
            }
            let Some(full) = whole.text(part).and_then(Option::take) else { continue };
            // So many bytes of the text fit, so many do not.
            let (mut fits, mut fails) = (0, full.len());
            while fails - fits > 1 {
                let middle = fits.midpoint(fails);
                whole.set(part, cut_text(&full, middle, Count::Bytes).text.into_owned());
                if size(whole) <= most {
                    fits = middle;
                } else {
                    fails = middle;
                }
            }
            whole.set(part, cut_text(&full, fits, Count::Bytes).text.into_owned());
            self.fitted.changed.push(part.to_owned());
        }
        match size(whole) {
            bytes if bytes > most => {
                let rule = format!("{bytes} bytes with the shortest texts, at most {most}: shorten data");
                Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule))
            }
            _ => Ok(()),
        }
    }

    fn drop_if(&mut self, gone: bool, field: &str) {
        if gone {
            self.fitted.dropped.push(field.to_owned());
        }
    }
}
