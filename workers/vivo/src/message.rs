//! A job as vivo's message (sections 4 and 5).

use std::{borrow::Cow, collections::BTreeMap};

use push_contract::{
    Badge, Class, Click, Fitted, Job, Kind, MAX_TARGETS, Push, Reason, Refusal, Timestamp, derived_id,
    kit::fields::{Fields, json},
    typed::filled,
};
use sha2::{Digest, Sha256};

use crate::{
    classes::{self, SYSTEM},
    options::{NotifyType, Options},
    settings::{Clean, Foreground, Settings},
    texts,
};

/// `clientCustomMap`, all keys and values, in UTF-16 units.
const MAP_UNITS: usize = 1024;
/// `skipContent` of a web address and of a page in the app, in UTF-16 units.
const URL_UNITS: usize = 1000;
const PAGE_UNITS: usize = 1024;
/// `requestId`; job ids are ASCII.
const ID_UNITS: usize = 64;
/// The shortest `timeToLive` of a push to one device, and of a saved payload.
const LEAST_LIFE: u64 = 60;
const LEAST_LIFE_OF_LIST: u64 = 900;

/// What differs between the messages of one job.
#[derive(Debug)]
struct Shape<'a> {
    /// The device; none: a saved payload.
    reg_id: Option<&'a str>,
    badge: Option<Badge>,
    seconds_left: u64,
    request_id: String,
    cleaned: bool,
}

/// The body that says the content: to one device, or to be saved for a list. `cleaned`: its text was refused as written.
pub(crate) fn first(settings: &Settings, push: &Push, now: Timestamp, cleaned: bool) -> Result<Vec<u8>, Refusal> {
    let single = push.positions.len() == 1;
    let target = push.positions.first().map(|n| &push.job.targets[*n]);
    // Another text is another request to vivo, and so gets another id.
    let request_id = match (single, push.positions.first()) {
        (true, Some(n)) => {
            let n = if cleaned { n + MAX_TARGETS } else { *n };
            request_id(&push.job, &n.to_string(), derived_id(&push.job.id, n))
        }
        _ => {
            let mark = if cleaned { "t" } else { "s" };
            let id = of_all(push);
            request_id(&push.job, &format!("{mark}{id}"), id.rotate_left(if cleaned { 2 } else { 1 }))
        }
    };
    let shape = Shape {
        reg_id: target.filter(|_| single).map(|target| target.token.as_str()),
        badge: target.and_then(|target| target.badge),
        seconds_left: push.expiry.since(now).as_secs(),
        request_id,
        cleaned,
    };
    json(&write(settings, &push.job, &push.class, shape)?.0)
}

/// The body that sends a saved payload to the list.
pub(crate) fn list(settings: &Settings, push: &Push, task_id: &str) -> Result<Vec<u8>, Refusal> {
    let id = of_all(push);
    let request_id = request_id(&push.job, &id.to_string(), id);
    let ids: Vec<&str> = push.tokens().collect();
    let body = Fields::new().with("appId", settings.app_id).with("taskId", task_id);
    json(&body.with("regIds", ids).with("requestId", request_id))
}

/// What becomes of a job's fields, and whether it can be sent.
pub(crate) fn fit(settings: &Settings, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
    let shape = Shape { reg_id: None, badge: None, seconds_left: 0, request_id: String::new(), cleaned: false };
    Ok(write(settings, job, class, shape)?.1)
}

/// The job, and what names the part of it; a job whose id leaves no room for that is named by 64 bits of a hash.
fn request_id(job: &Job, part: &str, hash: u64) -> String {
    let named = format!("{}.{part}", job.id);
    if named.len() <= ID_UNITS { named } else { format!("{hash:016x}") }
}

/// One number for a set of positions: a repeat of the same set has the same, and every other set another.
fn of_all(push: &Push) -> u64 {
    push.positions.iter().fold(0, |all, n| all.rotate_left(1) ^ derived_id(&push.job.id, *n))
}

fn write(settings: &Settings, job: &Job, class: &Class, shape: Shape<'_>) -> Result<(Fields, Fitted), Refusal> {
    let options = Options::of(job)?;
    let Some(notification) = &job.notification else {
        let rule = "vivo has no data messages: give the job a notification";
        return Err(Refusal::unsupported("notification", rule));
    };
    let test = classes::is_test(settings, job);
    let cleaned = !test && (shape.cleaned || settings.clean_texts == Clean::Always);
    let texts = texts::fit(settings, job, cleaned)?;
    let (skip_type, skip_content) = skip(settings, notification.click.as_ref());
    let mut fitted = Fitted::default();
    texts.changed.iter().for_each(|field| fitted.change_if(true, field));
    fitted.change_if(job.any_badge(|badge| matches!(badge, Badge::Add(n) if n > 1)), "badge");
    let opens_the_app = matches!(notification.click, None | Some(Click::App {}));
    for (field, gone) in [
        ("subtitle", notification.subtitle.is_some()),
        ("image", notification.image.is_some()),
        ("sound", notification.sound.is_some()),
        ("channel", notification.channel.is_some()),
        ("click", skip_type == 1 && !opens_the_app),
        ("badge", job.any_badge(|badge| matches!(badge, Badge::Set(_)))),
        ("tag", notification.tag.is_some() && job.kind.is_call()),
    ] {
        fitted.drop_if(gone, field);
    }
    let least = if shape.reg_id.is_some() { LEAST_LIFE } else { LEAST_LIFE_OF_LIST };
    let left = shape.seconds_left.clamp(least, settings.ttl_max_seconds);
    let foreground = options.foreground_show.or(match settings.foreground {
        Foreground::Default => None,
        Foreground::Show => Some(true),
        Foreground::Hide => Some(false),
    });
    let send_online = options.send_online.unwrap_or_else(|| settings.send_online.contains(&job.kind));
    // As vivo names the fields (sections 4.1 and 4.2). What is absent takes the vendor's default.
    let message = Fields::new()
        .with("appId", settings.app_id)
        .with("regId", shape.reg_id)
        .with("notifyType", notify_type(settings, job, class, &options))
        .with("title", texts.title)
        .with("content", texts.body)
        .with("timeToLive", left)
        .with("skipType", skip_type)
        .with("skipContent", skip_content)
        .with("networkType", options.wifi_only.then_some(1))
        .with("classification", classes::of(class))
        .with("category", &class.name)
        .with("clientCustomMap", custom_map(settings, job)?)
        .with("extra", extra(settings, job, shape.reg_id.is_some() && !test))
        .with("requestId", shape.request_id)
        .with("pushMode", u8::from(test))
        .with("notifyId", options.notify_id.unwrap_or_else(|| notify_id(job)))
        .with("foregroundShow", foreground)
        .with("profileId", options.profile_id)
        .with("sendOnline", send_online.then_some(true))
        .with("addBadge", matches!(shape.badge, Some(Badge::Add(_))).then_some(true))
        .with("auditReview", options.audit_review)
        .with("timedDisplay", options.timed_display);
    Ok((message, fitted))
}

fn notify_type(settings: &Settings, job: &Job, class: &Class, options: &Options) -> NotifyType {
    // Who cancels a call must not ring once more.
    let quiet = job.silent || job.kind == Kind::CallCancel;
    options.notify_type.unwrap_or(match classes::of(class) {
        _ if quiet => NotifyType::Silent,
        SYSTEM => settings.notify_type,
        _ => settings.notify_type_operational,
    })
}

/// The job's data as one text under one key.
fn custom_map<'a>(settings: &'a Settings, job: &'a Job) -> Result<Option<BTreeMap<&'a str, &'a str>>, Refusal> {
    let Some(data) = &job.data else { return Ok(None) };
    let (key, text) = (settings.data_key.as_str(), data.as_str());
    let units = units(key) + units(text);
    if units > MAP_UNITS {
        let rule = format!("{units} characters with its key, at most {MAP_UNITS}: send less and let the app fetch it");
        return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
    }
    Ok(Some([(key, text)].into()))
}

/// Where receipts go; an address of our own is possible for single pushes of real messages only (section 9).
fn extra(settings: &Settings, job: &Job, single: bool) -> Option<Fields> {
    let callback = filled(&settings.callback_url).filter(|_| single);
    let callback_id = filled(&settings.callback_id);
    let fields = Fields::new().with("callback", callback).with("callback.id", callback_id);
    (!fields.is_empty()).then(|| fields.with("callback.param", &job.id))
}

/// `skipType` and `skipContent` of a tap; what cannot be opened opens the app.
fn skip<'a>(settings: &Settings, click: Option<&'a Click>) -> (u8, Option<Cow<'a, str>>) {
    let (kind, target, most) = match click {
        None | Some(Click::App {}) => return (1, None),
        Some(Click::Url { url }) => (2, Cow::Borrowed(url.as_str()), URL_UNITS),
        Some(Click::Intent { intent }) => (4, Cow::Borrowed(intent.as_str()), PAGE_UNITS),
        Some(Click::Activity { activity }) => match component(&settings.package, activity) {
            Some(component) => (4, Cow::Owned(format!("intent:#Intent;component={component};end")), PAGE_UNITS),
            None => return (1, None),
        },
    };
    if target.trim().is_empty() || units(&target) > most {
        return (1, None);
    }
    (kind, Some(target))
}

/// `package/activity`, unless the producer wrote both.
fn component<'a>(package: &str, activity: &'a str) -> Option<Cow<'a, str>> {
    match activity.contains('/') {
        true => Some(activity.into()),
        false if package.is_empty() || activity.is_empty() => None,
        false => Some(format!("{package}/{activity}").into()),
    }
}

/// What makes a later notification replace an earlier one, and this one replace itself when it is sent twice: the tag, the
/// collapse key, else the job.
fn notify_id(job: &Job) -> u32 {
    let id = match job.replaced_by() {
        Some(key) => Sha256::digest(key).iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte)),
        None => derived_id(&job.id, 0),
    };
    // 1 to 2147483647: never 0.
    u32::try_from(id % u64::from(i32::MAX.unsigned_abs())).map_or(1, |id| id + 1)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}
