//! A job as OPPO's `notification` (sections 4.1 and 5).

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Kind, Notification, Reason, Refusal, derived_id,
    kit::{fields::Fields, fitting::int_id},
    typed::filled,
};

use crate::{
    classes::{LOCK_SCREEN, Options, STRONG, is_service},
    settings::Settings,
};

/// Characters of a title, a subtitle, a content of style 1, a content of style 2.
const TITLE: usize = 50;
const SUB_TITLE: usize = 10;
const CONTENT: usize = 50;
const LONG_CONTENT: usize = 128;
/// Characters of `action_parameters`, of an activity, of an address.
const PARAMETERS: usize = 4000;
const ACTIVITY: usize = 500;
const URL: usize = 2000;
/// The longest `off_line_ttl`: 10 days.
pub(crate) const MAX_TTL: u64 = 864_000;
/// Seconds that an invitation to a call stays in the drawer.
const CALL_SHOW: u64 = 60;

/// The notification for one target of a job, field by field as OPPO names it: snake_case throughout. What is absent
/// takes the vendor's default.
pub(crate) fn write(
    settings: &Settings,
    job: &Job,
    class: &Class,
    position: usize,
    ttl_seconds: u64,
) -> Result<(Fields, Fitted), Refusal> {
    let Some(notification) = &job.notification else {
        // Section 4.1 (c).
        return Err(Refusal::unsupported("notification", "OPPO delivers notifications only, no data messages"));
    };
    let options = &Options::of(job)?;
    let mut writer = Writer { settings, job, notification, class, options, fitted: Fitted::default() };
    Ok((writer.fields(position, ttl_seconds)?, writer.fitted))
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    notification: &'a Notification,
    class: &'a Class,
    options: &'a Options,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    fn fields(&mut self, position: usize, ttl_seconds: u64) -> Result<Fields, Refusal> {
        let (settings, job, notification) = (self.settings, self.job, self.notification);
        let [title, body] = self.fitted.texts(job, [TITLE, LONG_CONTENT], Count::Chars)?;
        let template = self.template([&title, &body])?;
        let bare = template.is_some() && !settings.template_texts;
        let image = notification.image.as_ref().filter(|_| settings.image);
        self.fitted.drop_if(notification.sound.is_some(), "sound");
        self.fitted.drop_if(job.test, "test");
        self.fitted.drop_if(notification.image.is_some() && image.is_none(), "image");
        let click = self.click();
        let subtitle = notification.subtitle.as_deref().and_then(filled);
        let kept = Some(ttl_seconds.min(MAX_TTL)).filter(|ttl| *ttl > 0);
        let callback = filled(&settings.callback_url);
        Ok(Fields::new()
            .with("app_message_id", format!("{:016x}", derived_id(&job.id, position)))
            .with("style", (body.chars().count() > CONTENT).then_some(2))
            .with("title", (!bare).then_some(&title))
            .with("sub_title", subtitle.map(|text| self.fitted.cut(text, SUB_TITLE, Count::Chars, "subtitle")))
            .with("content", (!bare).then_some(&body))
            .and(Some(click))
            .with("action_parameters", parameters(settings, job)?)
            .with("off_line", kept.is_some())
            .with("off_line_ttl", kept)
            .with("show_ttl", (job.kind == Kind::CallInvite).then_some(CALL_SHOW))
            .with("call_back_url", callback)
            .with("call_back_parameter", callback.map(|_| &job.id))
            .with("channel_id", self.channel())
            .with("notify_id", self.notify_id())
            .with("category", &self.class.name)
            .with("notify_level", self.level())
            .and(template)
            .and(self.badge(position))
            .with("small_picture_url", image))
    }

    /// Templates are approved for communication & service alone.
    fn template(&self, texts: [&str; 2]) -> Result<Option<Fields>, Refusal> {
        let by = |key: &str| self.settings.templates.get(key).filter(|_| is_service(self.class));
        let template = by(self.job.kind.as_str()).or_else(|| by(&self.class.name));
        template.map(|template| template.fields(self.job, texts)).transpose()
    }

    /// There is no type 3 (section 10, 4). A tap whose target is too long opens the app: the message counts more.
    fn click(&mut self) -> Fields {
        let (kind, name, target, most) = match &self.notification.click {
            None | Some(Click::App {}) => return Fields::new().with("click_action_type", 0),
            Some(Click::Activity { activity }) => {
                (activity_type(activity), "click_action_activity", activity, ACTIVITY)
            }
            Some(Click::Intent { intent }) => (5, "click_action_url", intent, URL),
            Some(Click::Url { url }) => (2, "click_action_url", url, URL),
        };
        let fits = (1..=most).contains(&target.chars().count());
        self.fitted.drop_if(!fits, "click");
        Fields::new().with("click_action_type", if fits { kind } else { 0 }).with(name, fits.then_some(target))
    }

    /// Sound belongs to the channel, so silence is another channel.
    fn channel(&mut self) -> Option<&'a str> {
        let (settings, job) = (self.settings, self.job);
        let given = self.notification.channel.as_deref().and_then(filled);
        let own = self.options.channel_id.as_deref().and_then(filled);
        let quiet = filled(&settings.silent_channel_id).filter(|_| own.is_none());
        if quiet.is_some() && (job.silent || job.kind == Kind::CallCancel) {
            self.fitted.change_if(given.is_some() && given != quiet, "channel");
            return quiet;
        }
        self.fitted.drop_if(job.silent, "silent");
        let by = |key: &str| settings.channels.get(key).and_then(|id| filled(id));
        let by_table = || by(job.kind.as_str()).or_else(|| by(&self.class.name));
        own.or(given).or_else(by_table).or_else(|| filled(&settings.channel_id))
    }

    /// What makes a later notification replace an earlier one. Without it OPPO shows each for itself, and a repeat is
    /// known by `app_message_id`.
    fn notify_id(&mut self) -> Option<u32> {
        let own = self.options.notify_id;
        let tag = self.notification.tag.as_deref().and_then(filled);
        self.fitted.drop_if(own.is_none() && tag.is_some() && self.job.kind.is_call(), "tag");
        own.or_else(|| self.job.replaced_by().map(int_id))
    }

    /// Only for communication & service: else code 67 (section 4.1).
    fn level(&mut self) -> Option<u8> {
        let wanted = self.options.notify_level;
        if !is_service(self.class) {
            self.fitted.drop_if(wanted.is_some(), "options.oppo.notify_level");
            return None;
        }
        if self.class.urgent {
            return Some(STRONG);
        }
        self.fitted.change_if(wanted == Some(STRONG), "options.oppo.notify_level");
        wanted.filter(|level| *level != STRONG).or(Some(LOCK_SCREEN))
    }

    /// Type 0 sets (0 clears), type 1 adds one.
    fn badge(&mut self, position: usize) -> Option<Fields> {
        let (job, on) = (self.job, self.settings.badge);
        self.fitted.drop_if(!on && job.any_badge(|_| true), "badge");
        self.fitted.change_if(on && job.any_badge(|badge| !matches!(badge, Badge::Set(_) | Badge::Add(1))), "badge");
        let (kind, count) = match job.targets[position].badge.filter(|_| on)? {
            Badge::Set(count) => (0, count),
            Badge::Add(_) => (1, 1),
        };
        Some(Fields::new().with("badge_operation_type", kind).with("badge_message_count", count))
    }
}

/// `action_parameters`: a JSON object as text; anything else is refused (section 10, 2).
fn parameters(settings: &Settings, job: &Job) -> Result<Option<String>, Refusal> {
    let Some(text) = job.data_under(&settings.data_key) else { return Ok(None) };
    match text.chars().count() {
        0..=PARAMETERS => Ok(Some(text.into_owned())),
        length => {
            let rule = format!("{length} characters as action_parameters, at most {PARAMETERS}: shorten data");
            Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule))
        }
    }
}

/// 1: an intent action, its last part in capitals as Android's convention has it; 4: a class name.
fn activity_type(name: &str) -> u8 {
    let last = name.rsplit('.').next().unwrap_or_default();
    let capitals = last.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
    if capitals { 1 } else { 4 }
}
