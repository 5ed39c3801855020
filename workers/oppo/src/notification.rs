//! A job as OPPO's `notification` (sections 4.1 and 5).

use std::{borrow::Cow, collections::BTreeMap};

use push_contract::{
    Badge, Class, Click, Count, Fitted, Job, Kind, Reason, Refusal,
    kit::{fields::Fields, fitting::int_id},
    typed::{self, filled},
};

use crate::{
    NAME,
    classes::{Options, is_service},
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
/// `notify_level`: drawer and lock screen; and with banner, vibration and sound.
const LOCK_SCREEN: u8 = 2;
const STRONG: u8 = 16;
/// Seconds that an invitation to a call stays in the drawer.
const CALL_SHOW: u64 = 60;

/// The notification for one target of a job, field by field as OPPO names it, and what was dropped or changed on the
/// way: snake_case throughout. What is absent takes the vendor's default; `app_message_id` is the call's to add.
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
    let mut fitted = Fitted::default();
    let [title, body] = fitted.texts(job, [TITLE, LONG_CONTENT], Count::Chars)?;
    let service = is_service(class);
    // Templates are approved for communication & service alone.
    let template = listed(&settings.templates, job, class).filter(|_| service);
    let template = template.map(|template| template.fields(job, [&title, &body])).transpose()?;
    let bare = template.is_some() && !settings.template_texts;
    let image = notification.image.as_ref().filter(|_| settings.image);
    for (field, gone) in [
        ("sound", notification.sound.is_some()),
        ("test", job.test),
        ("image", notification.image.is_some() && image.is_none()),
        ("tag", notification.tag.is_some() && job.kind.is_call()),
    ] {
        fitted.drop_if(gone, field);
    }
    let options: Options = typed::options(job, NAME)?;
    let channel_id = options.channel_id.as_deref().or(notification.channel.as_deref()).and_then(filled);
    let subtitle = notification.subtitle.as_deref().and_then(filled);
    let kept = Some(ttl_seconds.min(MAX_TTL)).filter(|ttl| *ttl > 0);
    let callback = filled(&settings.callback_url);
    let fields = Fields::new()
        .with("style", (body.chars().count() > CONTENT).then_some(2))
        .with("title", (!bare).then_some(&title))
        .with("sub_title", subtitle.map(|text| fitted.cut(text, SUB_TITLE, Count::Chars, "subtitle")))
        .with("content", (!bare).then_some(&body))
        .and(Some(click(notification.click.as_ref(), &mut fitted)))
        .with("action_parameters", parameters(settings, job)?)
        .with("off_line", kept.is_some())
        .with("off_line_ttl", kept)
        .with("show_ttl", (job.kind == Kind::CallInvite).then_some(CALL_SHOW))
        .with("call_back_url", callback)
        .with("call_back_parameter", callback.map(|_| &job.id))
        .with("channel_id", channel(settings, job, class, channel_id, &mut fitted))
        // What makes it replace an earlier one. Without it OPPO shows each for itself, and a repeat is known by
        // `app_message_id`.
        .with("notify_id", job.replaced_by().map(int_id))
        .with("category", &class.name)
        // Only for communication & service: else code 67 (section 4.1).
        .with("notify_level", service.then_some(if class.urgent { STRONG } else { LOCK_SCREEN }))
        .and(template)
        .and(badge(settings, job, position, &mut fitted))
        .with("small_picture_url", image);
    Ok((fields, fitted))
}

/// What a table of the settings has for a job: by its kind, else by its category.
fn listed<'a, T>(table: &'a BTreeMap<String, T>, job: &Job, class: &Class) -> Option<&'a T> {
    table.get(job.kind.as_str()).or_else(|| table.get(&class.name))
}

/// There is no type 3 (section 10, 4). A tap whose target is too long opens the app: the message counts more.
fn click(click: Option<&Click>, fitted: &mut Fitted) -> Fields {
    let (kind, name, target, most) = match click {
        None | Some(Click::App {}) => return Fields::new().with("click_action_type", 0),
        Some(Click::Activity { activity }) => (activity_type(activity), "click_action_activity", activity, ACTIVITY),
        Some(Click::Intent { intent }) => (5, "click_action_url", intent, URL),
        Some(Click::Url { url }) => (2, "click_action_url", url, URL),
    };
    let fits = (1..=most).contains(&target.chars().count());
    fitted.drop_if(!fits, "click");
    Fields::new().with("click_action_type", if fits { kind } else { 0 }).with(name, fits.then_some(target))
}

/// 1: an intent action, its last part in capitals as Android's convention has it; 4: a class name.
fn activity_type(name: &str) -> u8 {
    let last = name.rsplit('.').next().unwrap_or_default();
    if last.bytes().any(|byte| byte.is_ascii_lowercase()) { 4 } else { 1 }
}

/// `action_parameters`: a JSON object as text; anything else is refused (section 10, 2).
fn parameters<'a>(settings: &Settings, job: &'a Job) -> Result<Option<Cow<'a, str>>, Refusal> {
    let text = job.data_under(&settings.data_key);
    let length = text.as_ref().map_or(0, |text| text.chars().count());
    if length <= PARAMETERS {
        return Ok(text);
    }
    let rule = format!("{length} characters as action_parameters, at most {PARAMETERS}: shorten data");
    Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule))
}

/// Sound belongs to the channel, so silence is another channel.
fn channel<'a>(
    settings: &'a Settings,
    job: &Job,
    class: &Class,
    given: Option<&'a str>,
    fitted: &mut Fitted,
) -> Option<&'a str> {
    let quiet = filled(&settings.silent_channel_id).filter(|_| job.silent || job.kind == Kind::CallCancel);
    fitted.drop_if(job.silent && quiet.is_none(), "silent");
    fitted.change_if(quiet.is_some() && given.is_some() && given != quiet, "channel");
    let usual = listed(&settings.channels, job, class).unwrap_or(&settings.channel_id);
    quiet.or(given).or(filled(usual))
}

/// Type 0 sets (0 clears), type 1 adds one.
fn badge(settings: &Settings, job: &Job, position: usize, fitted: &mut Fitted) -> Option<Fields> {
    let on = settings.badge;
    fitted.drop_if(!on && job.any_badge(|_| true), "badge");
    fitted.change_if(on && job.any_badge(|badge| !matches!(badge, Badge::Set(_) | Badge::Add(1))), "badge");
    let (kind, count) = match job.targets[position].badge.filter(|_| on)? {
        Badge::Set(count) => (0, count),
        Badge::Add(_) => (1, 1),
    };
    Some(Fields::new().with("badge_operation_type", kind).with("badge_message_count", count))
}
