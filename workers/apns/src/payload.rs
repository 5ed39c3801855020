//! A job as the body of a push (sections 4.3 and 5).

use std::borrow::Cow;

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Kind, Notification, Reason, Refusal, cut_text,
    kit::fields::{self, Fields},
    typed::filled,
};
use serde_json::{Value, json};

use crate::{
    classes::{BACKGROUND, Level},
    options::Options,
    settings::{Environment, Settings, TokenType},
};

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
    let mut body = Body::default();
    body.custom.put(settings.data_key.as_str(), job.data.as_ref().map(|data| data.as_str()));
    match &job.notification {
        Some(notification) => writer.show(&mut body, notification)?,
        None => writer.stay_silent(&mut body, token_type),
    }
    // A sandbox is a test as a whole; a production app has no test mode (section 5).
    writer.fitted.drop_if(job.test && settings.environment == Environment::Production, "test");
    writer.cut(&mut body, most_bytes(token_type))?;
    body.badge = job.notification.as_ref().and_then(|_| number(badge));
    Ok((fields::json(&body.fields())?, writer.fitted))
}

/// What stands in a body, its texts and its badge apart.
#[derive(Default)]
struct Body<'a> {
    /// Title, subtitle and body of the alert.
    alert: Option<[Option<Cow<'a, str>>; 3]>,
    badge: Option<u32>,
    aps: Fields,
    /// Beside `aps`.
    custom: Fields,
}

impl Body<'_> {
    fn fields(&self) -> Fields {
        let alert = self.alert.as_ref().map(|[title, subtitle, body]| {
            Fields::new().with("title", title).with("subtitle", subtitle).with("body", body)
        });
        let aps = Fields::new().with("alert", alert).with("badge", self.badge).and(Some(self.aps.clone()));
        Fields::new().with("aps", aps).and(Some(self.custom.clone()))
    }

    fn bytes(&self) -> usize {
        fields::json(&self.fields()).map_or(usize::MAX, |bytes| bytes.len())
    }
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
        job.some_text()?;
        self.fitted.drop_if(notification.channel.is_some(), "channel");
        self.fitted.drop_if(job.any_badge(|badge| matches!(badge, Badge::Add(_))), "badge");
        // What cancels a call must hit what invites to it: calls are named by their id alone.
        self.fitted.drop_if(job.kind.is_call() && notification.tag.is_some(), "tag");
        let sound = self.sound(notification);
        let image = notification.image.as_deref();
        let extension = options.mutable_content.unwrap_or(settings.mutable_content) || image.is_some();
        let subtitle = notification.subtitle.as_deref().and_then(filled);
        body.alert = Some([job.title(), subtitle, job.body()].map(|text| text.map(Cow::Borrowed)));
        body.badge = job.targets.iter().filter_map(|target| number(target.badge)).max();
        // A job that is all VoIP has no level of its own.
        let level = Some(&self.class.name).filter(|name| *name != crate::classes::VOIP);
        body.aps = Fields::new()
            .with("sound", sound)
            .with("thread-id", &options.thread_id)
            .with("category", &options.category)
            .with("mutable-content", extension.then_some(1))
            .with("target-content-id", &options.target_content_id)
            .with("interruption-level", level)
            .with("relevance-score", options.relevance_score);
        body.custom.put("image", image);
        body.custom.put("click", notification.click.as_ref().filter(|click| !matches!(click, Click::App {})));
        Ok(())
    }

    /// A data message: nothing is shown (section 4.2), to a VoIP token by the app itself.
    fn stay_silent(&mut self, body: &mut Body<'a>, token_type: TokenType) {
        body.aps.put("content-available", (token_type == TokenType::Alert).then_some(1));
        self.fitted.drop_if(self.job.any_badge(|_| true), "badge");
        let unused = *self.options != Options::default() && self.class.name == BACKGROUND;
        self.fitted.drop_if(unused, "options.apns");
    }

    /// The sound (section 4.3): absent means silence.
    fn sound(&mut self, notification: &'a Notification) -> Option<Value> {
        let quiet = self.class.name == Level::Passive.as_str() || self.job.kind == Kind::CallCancel;
        self.fitted.drop_if(quiet && notification.sound.is_some(), "sound");
        if quiet || self.job.silent {
            return None;
        }
        let name = notification.sound.as_deref().and_then(filled).or(filled(&self.settings.default_sound));
        if self.class.name != Level::Critical.as_str() {
            return name.map(Value::from);
        }
        Some(json!({ "critical": 1, "name": name.unwrap_or("default") }))
    }

    /// Shortens body, then subtitle, then title until everything fits. `data` is never cut.
    fn cut(&mut self, whole: &mut Body<'a>, most: usize) -> Result<(), Refusal> {
        for (place, part) in [(2, "body"), (1, "subtitle"), (0, "title")] {
            if whole.bytes() <= most {
                return Ok(());
            }
            let Some(full) = whole.alert.as_mut().and_then(|alert| alert[place].take()) else { continue };
            let mut fits = |limit: usize| {
                let text = cut_text(&full, limit, Count::Bytes).text.into_owned();
                whole.alert.as_mut().map(|alert| alert[place].replace(text.into()));
                whole.bytes() <= most
            };
            // So many bytes of the text fit, so many do not.
            let (mut good, mut bad) = (0, full.len());
            while bad - good > 1 {
                let middle = good.midpoint(bad);
                if fits(middle) {
                    good = middle;
                } else {
                    bad = middle;
                }
            }
            fits(good);
            self.fitted.change_if(true, part);
        }
        match whole.bytes() {
            bytes if bytes > most => {
                let rule = format!("{bytes} bytes with the shortest texts, at most {most}: shorten data");
                Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule))
            }
            _ => Ok(()),
        }
    }
}
