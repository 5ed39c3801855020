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
    options::Options,
    settings::Settings,
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
/// `notifyType`.
const SILENT: u8 = 1;
const RING_AND_VIBRATE: u8 = 4;

/// What differs between the messages of one job.
#[derive(Debug, Default)]
pub(crate) struct Shape<'a> {
    /// The device; none: a saved payload.
    reg_id: Option<&'a str>,
    badge: Option<Badge>,
    seconds_left: u64,
    request_id: String,
    cleaned: bool,
}

/// The body that says the content: to one device, or to be saved for a list. `cleaned`: its text was refused as is.
pub(crate) fn first(settings: &Settings, push: &Push, now: Timestamp, cleaned: bool) -> Result<Vec<u8>, Refusal> {
    // Another text is another request to vivo, and so gets another id.
    let part = match (push.positions.as_slice(), cleaned) {
        ([n], false) => n.to_string(),
        ([n], true) => (n + MAX_TARGETS).to_string(),
        (_, false) => format!("s{}", of_all(push)),
        (_, true) => format!("t{}", of_all(push)),
    };
    let target = push.positions.first().map(|n| &push.job.targets[*n]);
    let shape = Shape {
        reg_id: target.filter(|_| push.positions.len() == 1).map(|target| target.token.as_str()),
        badge: target.and_then(|target| target.badge),
        seconds_left: push.expiry.since(now).as_secs(),
        request_id: request_id(&push.job, &part),
        cleaned,
    };
    json(&write(settings, &push.job, &push.class, shape)?.0)
}

/// The body that sends a saved payload to the list.
pub(crate) fn list(settings: &Settings, push: &Push, task_id: &str) -> Result<Vec<u8>, Refusal> {
    let request_id = request_id(&push.job, &of_all(push).to_string());
    let ids: Vec<&str> = push.tokens().collect();
    let body = Fields::new().with("appId", settings.app_id).with("taskId", task_id);
    json(&body.with("regIds", ids).with("requestId", request_id))
}

/// The job, and what names the part of it; where that is too long, 64 bits of a hash.
fn request_id(job: &Job, part: &str) -> String {
    let named = format!("{}.{part}", job.id);
    if named.len() <= ID_UNITS { named } else { format!("{:016x}", hash(&named)) }
}

/// One number for a set of positions: a repeat of the same set has the same, and every other set another.
fn of_all(push: &Push) -> u64 {
    push.positions.iter().fold(0, |all, n| all.rotate_left(1) ^ derived_id(&push.job.id, *n))
}

/// The message, and what was dropped or changed on the way.
pub(crate) fn write(
    settings: &Settings,
    job: &Job,
    class: &Class,
    shape: Shape<'_>,
) -> Result<(Fields, Fitted), Refusal> {
    let options = Options::of(job)?;
    let Some(notification) = &job.notification else {
        let rule = "vivo has no data messages: give the job a notification";
        return Err(Refusal::unsupported("notification", rule));
    };
    let test = classes::is_test(settings, job);
    let mut fitted = Fitted::default();
    let [title, body] = texts::fit(settings, job, shape.cleaned, &mut fitted)?;
    let opened = opened(settings, notification.click.as_ref());
    fitted.change_if(job.any_badge(|badge| matches!(badge, Badge::Add(n) if n > 1)), "badge");
    let opens_the_app = matches!(notification.click, None | Some(Click::App {}));
    for (field, gone) in [
        ("subtitle", notification.subtitle.is_some()),
        ("image", notification.image.is_some()),
        ("sound", notification.sound.is_some()),
        ("channel", notification.channel.is_some()),
        ("click", opened.is_none() && !opens_the_app),
        ("badge", job.any_badge(|badge| matches!(badge, Badge::Set(_)))),
        ("tag", notification.tag.is_some() && job.kind.is_call()),
    ] {
        fitted.drop_if(gone, field);
    }
    let least = if shape.reg_id.is_some() { LEAST_LIFE } else { LEAST_LIFE_OF_LIST };
    let left = shape.seconds_left.clamp(least, settings.ttl_max_seconds);
    let notify_type = options.notify_type.unwrap_or(match classes::of(class) {
        // Who cancels a call must not ring once more.
        SYSTEM if !job.silent && job.kind != Kind::CallCancel => RING_AND_VIBRATE,
        _ => SILENT,
    });
    let send_online = settings.send_online.contains(&job.kind);
    // As vivo names the fields (sections 4.1 and 4.2). What is absent takes the vendor's default.
    let message = Fields::new()
        .with("appId", settings.app_id)
        .with("regId", shape.reg_id)
        .with("notifyType", notify_type)
        .with("title", title)
        .with("content", body)
        .with("timeToLive", left)
        .with("skipType", opened.as_ref().map_or(1, |(kind, _)| *kind))
        .with("skipContent", opened.map(|(_, target)| target))
        .with("classification", classes::of(class))
        .with("category", &class.name)
        .with("clientCustomMap", custom_map(settings, job)?)
        .with("extra", extra(settings, job, shape.reg_id.is_some() && !test))
        .with("requestId", shape.request_id)
        .with("pushMode", u8::from(test))
        .with("notifyId", notify_id(job))
        .with("foregroundShow", options.foreground_show)
        .with("sendOnline", send_online.then_some(true))
        .with("addBadge", matches!(shape.badge, Some(Badge::Add(_))).then_some(true));
    Ok((message, fitted))
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
fn opened<'a>(settings: &Settings, click: Option<&'a Click>) -> Option<(u8, Cow<'a, str>)> {
    let (kind, target, most) = match click? {
        Click::App {} => return None,
        Click::Url { url } => (2, Cow::from(url), URL_UNITS),
        Click::Intent { intent } => (4, Cow::from(intent), PAGE_UNITS),
        Click::Activity { activity } => {
            let (package, activity) = (filled(&settings.package)?, filled(activity)?);
            (4, format!("intent:#Intent;component={package}/{activity};end").into(), PAGE_UNITS)
        }
    };
    let fits = !target.trim().is_empty() && units(&target) <= most;
    fits.then_some((kind, target))
}

/// What makes a later notification replace an earlier one, and this one itself when it is sent twice: the tag, the
/// collapse key, else the job.
fn notify_id(job: &Job) -> u32 {
    let id = match job.replaced_by() {
        Some(key) => hash(key),
        None => derived_id(&job.id, 0),
    };
    // 1 to 2147483647: never 0.
    u32::try_from(id % u64::from(i32::MAX.unsigned_abs())).map_or(1, |id| id + 1)
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// 64 bits of a name.
fn hash(name: &str) -> u64 {
    Sha256::digest(name).iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte))
}
