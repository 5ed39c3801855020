//! A job as a message for Android (sections 4.2 and 5). Fields stand in the order of the sheet's samples.

use std::{borrow::Cow, collections::BTreeMap};

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Kind, Notification, Reason, Refusal, derived_id,
    kit::fields::{Fields, json},
    typed::filled,
};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    options::Options,
    settings::{FID, Settings},
};

/// The longest `ttl` in seconds: 28 days (section 1).
pub(crate) const MAX_TTL: u64 = 2_419_200;
/// The longest badge of the contract: texts are cut as if every target had it, so all get the same.
const LONGEST_BADGE: u32 = 99_999;

/// Entries of `data` that are not the job's: its id, a tap that Google has no field for, a notification as data.
#[rustfmt::skip]
const OWN: [&str; 11] =
    ["push_id", "click", "title", "body", "subtitle", "image", "sound", "channel", "tag", "badge", "silent"];

/// Whether a key of `data` is Google's (section 4.2: the wider set, as sources differ) or one of ours. It is allowed to
/// name an entry `collapse_key`, but the message's own takes its place.
pub(crate) fn is_taken(key: &str) -> bool {
    let starts = key.starts_with("google") || key.starts_with("gcm");
    starts || matches!(key, "from" | "message_type" | "collapse_key") || OWN.contains(&key)
}

/// What differs between the calls of one job.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) position: usize,
    pub(crate) in_fid: bool,
    pub(crate) ttl_seconds: u64,
}

/// The body as JSON, and what was dropped or changed on the way.
pub(crate) fn write(
    settings: &Settings,
    job: &Job,
    class: &Class,
    to: &Delivery,
) -> Result<(Vec<u8>, Fitted), Refusal> {
    let options = Options::of(job)?;
    let mut writer = Writer { settings, job, options: &options, position: to.position, fitted: Fitted::default() };
    let message = writer.message(class, to)?;
    let body = Fields::new().with("validate_only", job.test.then_some(true)).with("message", message);
    Ok((json(&body)?, writer.fitted))
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    options: &'a Options,
    position: usize,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    fn message(&mut self, class: &Class, to: &Delivery) -> Result<Fields, Refusal> {
        let Self { settings, job, options, .. } = *self;
        let mut data = self.data()?;
        let as_data = job.notification.is_some() && settings.as_data.contains(&job.kind);
        let shown = match &job.notification {
            Some(notification) if as_data => {
                self.entries(&mut data, notification)?;
                None
            }
            Some(notification) => Some(self.shown(&mut data, notification)?),
            None => {
                self.fitted.drop_if(job.any_badge(|_| true), "badge");
                self.room(bytes(&data))?;
                None
            }
        };
        let unused = options.visibility.is_some() || options.channel_id.is_some() && !as_data;
        self.fitted.drop_if(shown.is_none() && unused, "options.fcm");
        // What is shown is replaced by its tag; Google collapses it by package, whatever the key.
        let key = job.collapse.as_ref().map(|collapse| collapse.key.as_str()).filter(|_| shown.is_none());
        self.fitted.drop_if(key.is_some() && !settings.collapse_data, "collapse");
        let now_or_never = settings.invite_now && job.kind == Kind::CallInvite;
        let ttl = if now_or_never { 0 } else { to.ttl_seconds.min(MAX_TTL) };
        let label = options.analytics_label.as_ref().map(|label| Fields::new().with("analytics_label", label));
        let android = Fields::new()
            .with("priority", &class.name)
            .with("ttl", format!("{ttl}s"))
            .with("collapse_key", key.filter(|_| settings.collapse_data))
            .with("restricted_package_name", filled(&settings.package_name))
            .with("direct_boot_ok", options.direct_boot_ok)
            .with("notification", shown)
            .with("fcm_options", label);
        let field = if to.in_fid { FID } else { "token" };
        Ok(Fields::new().with(field, &job.targets[to.position].token).with("data", data).with("android", android))
    }

    /// The job's data and id.
    fn data(&self) -> Result<Fields, Refusal> {
        let data = match (&self.job.data, filled(&self.settings.data_key)) {
            (None, _) => Fields::new(),
            (Some(data), Some(key)) => Fields::new().with(key, data.as_str()),
            (Some(data), None) => spread(data.as_str())?,
        };
        Ok(data.with("push_id", self.job.id.as_str()))
    }

    /// The notification for the system to show; what it has no field for is an entry.
    fn shown(&mut self, data: &mut Fields, shown: &'a Notification) -> Result<Fields, Refusal> {
        let Self { settings, job, options, .. } = *self;
        let cancels = job.kind == Kind::CallCancel;
        let quiet = job.silent || cancels;
        self.fitted.drop_if(job.silent && settings.silent_channel_id.is_empty(), "silent");
        self.fitted.drop_if(cancels && shown.sound.is_some(), "sound");
        self.fitted.drop_if(shown.subtitle.as_deref().and_then(filled).is_some(), "subtitle");
        let mut action = None;
        match &shown.click {
            None | Some(Click::App {}) => {}
            Some(Click::Activity { activity }) => action = filled(activity),
            Some(click) => data.put("click", json_text(click)?),
        }
        let channel = self.channel(shown, quiet);
        let tag = self.tag(shown);
        let sound = shown.sound.as_deref().and_then(filled).or(filled(&settings.default_sound));
        let look = |count: Option<u32>| {
            Fields::new()
                .with("image", &shown.image)
                .with("channel_id", channel)
                .with("tag", &tag)
                .with("click_action", action)
                .with("sound", sound.filter(|_| !quiet))
                .with("notification_count", count)
                .with("visibility", options.visibility)
        };
        let most = job.any_badge(|_| true).then_some(LONGEST_BADGE);
        let [title, body] = self.texts(bytes(data) + json(&look(most))?.len())?;
        Ok(Fields::new().with("title", title).with("body", body).and(Some(look(self.count()))))
    }

    /// The notification as entries, for the app to show.
    fn entries(&mut self, data: &mut Fields, shown: &'a Notification) -> Result<(), Refusal> {
        let job = self.job;
        let click = shown.click.as_ref().filter(|click| !matches!(click, Click::App {}));
        data.put("subtitle", shown.subtitle.as_deref().and_then(filled));
        data.put("image", &shown.image);
        data.put("sound", &shown.sound);
        data.put("channel", self.channel(shown, job.silent));
        data.put("tag", self.tag(shown));
        data.put("click", click.map(json_text).transpose()?);
        data.put("silent", job.silent.then_some("true"));
        let badge = job.any_badge(|_| true).then_some(Badge::Set(LONGEST_BADGE));
        let most = Fields::new().with("title", "").with("body", "").with("badge", badge);
        let [title, body] = self.texts(bytes(data) + bytes(&most))?;
        data.put("title", title);
        data.put("body", body);
        data.put("badge", job.targets[self.position].badge.as_ref().map(json_text).transpose()?);
        Ok(())
    }

    /// Title and body, cut to what fits beside what is `taken`: first the body, then the title, data never. Either is
    /// enough.
    fn texts(&mut self, taken: usize) -> Result<[Option<Cow<'a, str>>; 2], Refusal> {
        self.job.some_text()?;
        let (title, body) = (self.job.title(), self.job.body());
        let room = self.settings.max_bytes.saturating_sub(taken);
        let mut cut = |text: Option<&'a str>, beside: usize, field: &str| {
            text.map(|text| self.fitted.cut(text, room.saturating_sub(beside), Count::Bytes, field))
        };
        let length = |text: Option<&str>| text.map_or(0, str::len);
        let body = cut(body, length(title), "body");
        let title = cut(title, length(body.as_deref()), "title");
        self.room(taken + length(title.as_deref()) + length(body.as_deref()))?;
        Ok([title, body])
    }

    /// Whether a message of this size is taken.
    fn room(&self, size: usize) -> Result<(), Refusal> {
        let most = self.settings.max_bytes;
        let rule = format!("{size} bytes with the shortest texts, at most {most}: shorten data");
        if size > most { Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule)) } else { Ok(()) }
    }

    /// What makes a later notification replace an earlier one, and this one replace itself when it is sent twice.
    fn tag(&mut self, shown: &Notification) -> Cow<'a, str> {
        let job = self.job;
        self.fitted.drop_if(job.kind.is_call() && shown.tag.is_some(), "tag");
        job.replaced_by().map_or_else(|| format!("{:016x}", derived_id(&job.id, self.position)).into(), Cow::Borrowed)
    }

    /// From Android 8 on the channel decides about sound, so silence is a channel of its own.
    fn channel(&mut self, shown: &'a Notification, quiet: bool) -> Option<&'a str> {
        let (settings, option) = (self.settings, self.options.channel_id.as_deref());
        let given = shown.channel.as_deref().and_then(filled);
        let silent = filled(&settings.silent_channel_id).filter(|_| quiet);
        self.fitted.change_if(option.is_none() && silent.is_some() && given.is_some(), "channel");
        let of_kind = settings.channels.get(&self.job.kind).and_then(|id| filled(id));
        option.or(silent).or(given).or(of_kind).or(filled(&settings.channel_id))
    }

    /// `notification_count`: 0 means one more. It cannot clear, and it cannot add more than one.
    fn count(&mut self) -> Option<u32> {
        let job = self.job;
        let clears = job.any_badge(|badge| badge == Badge::Set(0));
        self.fitted.drop_if(clears, "badge");
        self.fitted.change_if(!clears && job.any_badge(|badge| matches!(badge, Badge::Add(2..))), "badge");
        match job.targets[self.position].badge? {
            Badge::Set(number) => Some(number).filter(|number| *number > 0),
            Badge::Add(_) => Some(0),
        }
    }
}

/// Each member of the data object as an entry. Every value is a text (section 10, 1).
fn spread(data: &str) -> Result<Fields, Refusal> {
    let wrong = |rule: &str| Refusal::rejected(Reason::BadRequest, "data", rule);
    let members: BTreeMap<String, &RawValue> =
        serde_json::from_str(data).map_err(|_| wrong("must be a JSON object"))?;
    let mut entries = Fields::new();
    for (key, value) in members {
        if key.is_empty() || is_taken(&key) {
            return Err(wrong("a member has a name that Google or this service uses: set data_key"));
        }
        let text = serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned());
        entries.put(key, text);
    }
    Ok(entries)
}

/// Bytes of keys and values.
fn bytes(data: &Fields) -> usize {
    data.form().map(|(key, text)| key.len() + text.len()).sum()
}

/// What is no text, as one.
fn json_text(value: &impl Serialize) -> Result<String, Refusal> {
    Ok(String::from_utf8_lossy(&json(value)?).into_owned())
}
