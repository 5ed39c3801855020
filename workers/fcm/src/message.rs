//! A job as a message for Android (sections 4.2 and 5).

mod texts;
mod wire;

use std::{borrow::Cow, collections::BTreeMap};

use push_contract::{Badge, Class, Click, Fitted, Job, Kind, Notification, Reason, Refusal, derived_id, typed::filled};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    options::{Look, Options},
    settings::{Analytics, FIELDS, Settings, SubtitleIs, TokenType, is_reserved},
};
use texts::Texts;
use wire::{Android, Body, Entries, Label, Message, Shown};

/// The longest `ttl` in seconds: 28 days (section 1).
pub(crate) const MAX_TTL: u64 = 2_419_200;
/// The longest badge of the contract: texts are cut as if every target had it, so all get the same.
const LONGEST_BADGE: Badge = Badge::Set(99_999);

/// What differs between the calls of one job.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) position: usize,
    pub(crate) token_type: TokenType,
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
    let mut writer = Writer { settings, job, class, options: &options, fitted: Fitted::default() };
    let body = Body { validate_only: job.test, message: writer.message(to)? };
    Ok((json(&body)?.into_bytes(), writer.fitted))
}

fn json(value: &impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(value).map_err(|_| Refusal::rejected(Reason::BadRequest, ".", "cannot be written as JSON"))
}

struct Writer<'a> {
    settings: &'a Settings,
    job: &'a Job,
    class: &'a Class,
    options: &'a Options,
    fitted: Fitted,
}

impl<'a> Writer<'a> {
    fn message(&mut self, to: &Delivery) -> Result<Message<'a>, Refusal> {
        let (settings, job, options) = (self.settings, self.job, self.options);
        let target = &job.targets[to.position];
        let as_data = job.notification.is_some() && settings.as_data.contains(&job.kind);
        let mut data = self.data()?;
        let mut notification = None;
        match &job.notification {
            Some(shown) if as_data => self.entries(&mut data, shown, target.badge)?,
            Some(shown) => notification = Some(self.shown(&mut data, shown, to)?),
            None => {
                self.drop_if(self.any_badge(), "badge");
                Texts::default().cut(data.bytes(), settings.max_bytes, &mut self.fitted)?;
            }
        }
        let unused = options.notification != Look::default() || options.channel_id.is_some() && !as_data;
        self.drop_if(notification.is_none() && unused, "options.fcm");
        let own_key = job.collapse.as_ref().map(|collapse| collapse.key.as_str());
        // What is shown is replaced by its tag; Google collapses it by package, whatever the key.
        let own_key = own_key.filter(|_| notification.is_none());
        self.drop_if(own_key.is_some() && !settings.collapse_data, "collapse");
        let label = match settings.analytics {
            Analytics::Kind => Some(job.kind.as_str()),
            Analytics::None => None,
        };
        let label = options.analytics_label.as_deref().or(label);
        let in_fid = to.token_type == TokenType::Fid && settings.use_fid;
        let now_or_never = settings.invite_now && job.kind == Kind::CallInvite;
        Ok(Message {
            token: (!in_fid).then_some(target.token.as_str()),
            fid: in_fid.then_some(target.token.as_str()),
            data,
            android: Android {
                priority: &self.class.name,
                ttl: format!("{}s", if now_or_never { 0 } else { to.ttl_seconds.min(MAX_TTL) }),
                collapse_key: options.collapse_key.as_deref().or(own_key.filter(|_| settings.collapse_data)),
                restricted_package_name: filled(&settings.package_name),
                direct_boot_ok: options.direct_boot_ok,
                bandwidth_constrained_ok: options.bandwidth_constrained_ok,
                restricted_satellite_ok: options.restricted_satellite_ok,
                notification,
                fcm_options: label.map(|analytics_label| Label { analytics_label }),
            },
        })
    }

    /// The job's data and id. Every value is a text (section 10, 1).
    fn data(&self) -> Result<Entries<'a>, Refusal> {
        let mut entries = Entries::default();
        match (&self.job.data, filled(&self.settings.data_key)) {
            (None, _) => {}
            (Some(data), Some(key)) => entries.push(key, data.as_str()),
            (Some(data), None) => self.spread(&mut entries, data.as_str())?,
        }
        if let Some(key) = filled(&self.settings.id_key) {
            entries.push(key, self.job.id.as_str());
        }
        Ok(entries)
    }

    /// Each member of the data object as an entry.
    fn spread(&self, entries: &mut Entries<'a>, data: &'a str) -> Result<(), Refusal> {
        let wrong = |rule: &str| Refusal::rejected(Reason::BadRequest, "data", rule);
        let members: BTreeMap<String, &'a RawValue> =
            serde_json::from_str(data).map_err(|_| wrong("must be a JSON object"))?;
        let Settings { id_key, click_key, .. } = self.settings;
        for (key, value) in members {
            let taken = FIELDS.contains(&key.as_str()) || [id_key, click_key].contains(&&key);
            if key.is_empty() || is_reserved(&key) || taken {
                return Err(wrong("a member has a name that Google or this service uses: set data_key"));
            }
            match serde_json::from_str::<String>(value.get()) {
                Ok(text) => entries.push(key, text),
                Err(_) => entries.push(key, value.get()),
            }
        }
        Ok(())
    }

    fn shown(&mut self, data: &mut Entries<'a>, shown: &'a Notification, to: &Delivery) -> Result<Shown<'a>, Refusal> {
        let (settings, job) = (self.settings, self.job);
        let cancels = job.kind == Kind::CallCancel;
        let quiet = job.silent || cancels;
        self.drop_if(job.silent && settings.silent_channel_id.is_empty(), "silent");
        self.drop_if(cancels && shown.sound.is_some(), "sound");
        let mut click_action = None;
        match &shown.click {
            None | Some(Click::App {}) => {}
            Some(Click::Activity { activity }) => click_action = filled(activity),
            Some(click) => self.click(data, click)?,
        }
        let mut texts = Texts::of(job, shown, settings.subtitle_is, data, &mut self.fitted)?;
        let mut fields = Shown {
            image: shown.image.as_deref(),
            channel_id: self.channel(shown, quiet),
            tag: Some(self.tag(shown, to.position)),
            click_action,
            sound: shown.sound.as_deref().and_then(filled).or(filled(&settings.default_sound)).filter(|_| !quiet),
            look: Some(&self.options.notification),
            ..Shown::default()
        };
        fields.notification_count = self.any_badge().then_some(99_999);
        let taken = data.bytes() + json(&fields)?.len();
        texts.cut(taken, settings.max_bytes, &mut self.fitted)?;
        (fields.title, fields.body) = (texts.title, texts.body);
        fields.notification_count = self.count(to.position);
        Ok(fields)
    }

    /// The notification as entries, for the app to show.
    fn entries(
        &mut self,
        data: &mut Entries<'a>,
        shown: &'a Notification,
        badge: Option<Badge>,
    ) -> Result<(), Refusal> {
        let (settings, job) = (self.settings, self.job);
        let mut texts = Texts::of(job, shown, SubtitleIs::Data, data, &mut self.fitted)?;
        let channel = self.channel(shown, job.silent);
        let fields = [("image", shown.image.as_deref()), ("sound", shown.sound.as_deref()), ("channel", channel)];
        for (key, text) in fields.into_iter().filter_map(|(key, text)| Some((key, text?))) {
            data.push(key, text);
        }
        data.push("tag", self.tag(shown, 0));
        if let Some(click) = shown.click.as_ref().filter(|click| !matches!(click, Click::App {})) {
            self.click(data, click)?;
        }
        if job.silent {
            data.push("silent", "true");
        }
        let most = if self.any_badge() { "badge".len() + json(&LONGEST_BADGE)?.len() } else { 0 };
        texts.cut(data.bytes() + "title".len() + "body".len() + most, settings.max_bytes, &mut self.fitted)?;
        for (key, text) in [("title", texts.title), ("body", texts.body)] {
            if let Some(text) = text {
                data.push(key, text);
            }
        }
        if let Some(badge) = badge {
            data.push("badge", json(&badge)?);
        }
        Ok(())
    }

    /// What makes a later notification replace an earlier one, and this one replace itself when it is sent twice. Calls
    /// are named by their id alone: what cancels must hit what invites.
    fn tag(&mut self, shown: &'a Notification, position: usize) -> Cow<'a, str> {
        let call = self.job.kind.is_call();
        self.drop_if(call && shown.tag.is_some(), "tag");
        let own = shown.tag.as_deref().and_then(filled).filter(|_| !call);
        let key = own.or(self.job.collapse.as_ref().map(|collapse| collapse.key.as_str()));
        key.map_or_else(|| format!("{:016x}", derived_id(&self.job.id, position)).into(), Cow::Borrowed)
    }

    /// From Android 8 on the channel decides about sound, so silence is a channel of its own.
    fn channel(&mut self, shown: &'a Notification, quiet: bool) -> Option<&'a str> {
        let (settings, options) = (self.settings, self.options);
        let given = shown.channel.as_deref().and_then(filled);
        let silent = filled(&settings.silent_channel_id).filter(|_| quiet);
        if options.channel_id.is_none() && silent.is_some() && given.is_some() {
            self.fitted.changed.push("channel".to_owned());
        }
        let of_kind = settings.channels.get(&self.job.kind).and_then(|id| filled(id));
        let chosen = options.channel_id.as_deref().or(silent).or(given).or(of_kind);
        chosen.or(filled(&settings.channel_id))
    }

    /// What Google has no field for, for the app to act on.
    fn click(&mut self, data: &mut Entries<'a>, click: &Click) -> Result<(), Refusal> {
        match filled(&self.settings.click_key) {
            Some(key) => data.push(key, json(click)?),
            None => self.fitted.dropped.push("click".to_owned()),
        }
        Ok(())
    }

    /// `notification_count`: 0 means one more. It cannot clear, and it cannot add more than one.
    fn count(&mut self, position: usize) -> Option<u32> {
        let any = |which: fn(Badge) -> bool| self.job.targets.iter().filter_map(|target| target.badge).any(which);
        let (clears, adds) = (any(|badge| badge == Badge::Set(0)), any(|badge| matches!(badge, Badge::Add(2..))));
        self.drop_if(clears, "badge");
        if adds && !clears {
            self.fitted.changed.push("badge".to_owned());
        }
        match self.job.targets[position].badge {
            Some(Badge::Set(number)) => Some(number).filter(|number| *number > 0),
            Some(Badge::Add(_)) => Some(0),
            None => None,
        }
    }

    fn any_badge(&self) -> bool {
        self.job.targets.iter().any(|target| target.badge.is_some())
    }

    fn drop_if(&mut self, gone: bool, field: &str) {
        if gone {
            self.fitted.dropped.push(field.to_owned());
        }
    }
}
