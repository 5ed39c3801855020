//! What must hold of a message (sections 4.1 and 6).

use std::collections::BTreeMap;

use super::answers::{
    CALLBACK, CHANNEL, FORBIDDEN, ILLEGAL, MISSING, NOTIFICATION, NOTIFY_ID, PACKAGE, PAIR_COUNT, PAIR_LENGTH,
    PARAM_TOO_LONG, PAYLOAD_TOO_LONG, URL_TOO_LONG,
};
use super::apps::{App, Channel, Class};
use super::message::Message;
use crate::strict;
use crate::vendors::Refusal;

/// `extra.*` that mean something to the vendor; all others are the app's own.
const KNOWN: [&str; 24] = [
    "channel_id",
    "channel_name",
    "channel_description",
    "template_id",
    "template_param",
    "notify_effect",
    "intent_uri",
    "web_uri",
    "notify_foreground",
    "sound_uri",
    "ticker",
    "jobkey",
    "only_send_once",
    "flow_control",
    "callback",
    "callback.param",
    "callback.type",
    "locale",
    "locale_not_in",
    "model",
    "model_not_in",
    "app_version",
    "app_version_not_in",
    "connpt",
];
/// The bits of `extra.callback.type` (section 9).
const RECEIPTS: u32 = 1 + 2 + 16 + 32 + 64 + 128 + 1024;

type Checked = Result<(), Refusal>;

/// Every rule; gives the class that the channel stands for.
pub(super) fn check(app: &App, message: &Message, packages: usize) -> Result<Class, Refusal> {
    check_package(app, message, packages)?;
    check_texts(message)?;
    check_numbers(message)?;
    check_pairs(message)?;
    check_tap(app, message)?;
    check_callback(message)?;
    let class = class_of(app, message)?;
    let ttl = message.time_to_live.0.unwrap_or(1);
    require((1..=class.most_ttl_ms()).contains(&ttl), "time_to_live: milliseconds, 1 day public, 10 days private")?;
    if message.is_transparent() && !app.transparent {
        return Err(Refusal::new(FORBIDDEN, "transparent messages ended on 2022-09-12"));
    }
    Ok(class)
}

fn check_package(app: &App, message: &Message, most: usize) -> Checked {
    let wrong = |why: &str| Err(Refusal::new(PACKAGE, why));
    match message.restricted_package_name.as_deref().map(|text| text.split(',').collect::<Vec<_>>()) {
        None => wrong("restricted_package_name is missing"),
        Some(names) if names.len() > most => wrong("restricted_package_name: this interface takes one"),
        Some(names) if names.iter().any(|name| !app.packages.iter().any(|own| own == name)) => {
            wrong("restricted_package_name: not a package of this app")
        }
        Some(_) => Ok(()),
    }
}

fn check_texts(message: &Message) -> Checked {
    let chars = |text: &str| text.chars().count();
    let templated = message.extra("template_id").is_some();
    for (text, name, below) in [(&message.title, "title", 50), (&message.description, "description", 128)] {
        match text.as_deref() {
            None if message.is_transparent() || templated => {}
            None => return Err(Refusal::new(MISSING, format!("{name} is required"))),
            Some(text) if is_blank(text) => return Err(Refusal::new(NOTIFICATION, format!("{name} is blank"))),
            Some(text) if chars(text) >= below => {
                return Err(Refusal::new(NOTIFICATION, format!("{name}: below {below} characters")));
            }
            Some(_) => {}
        }
    }
    match message.payload.as_deref() {
        None if message.is_transparent() => Err(Refusal::new(MISSING, "payload is required")),
        Some(text) if is_blank(text) => Err(Refusal::new(ILLEGAL, "payload is blank")),
        Some(text) if chars(text) >= 4096 => Err(Refusal::new(PAYLOAD_TOO_LONG, "payload: below 4096 characters")),
        _ => Ok(()),
    }
}

fn check_numbers(message: &Message) -> Checked {
    require(matches!(message.pass_through.0, None | Some(0 | 1)), "pass_through: 0 or 1")?;
    let bits = message.notify_type.0.unwrap_or(-1);
    require((-1..=7).contains(&bits), "notify_type: -1, or bits of 1, 2 and 4")?;
    let id = message.notify_id.0.unwrap_or(0);
    if (0..=i64::from(i32::MAX)).contains(&id) { Ok(()) } else { Err(Refusal::new(NOTIFY_ID, "notify_id: 31 bits")) }
}

fn check_pairs(message: &Message) -> Checked {
    let own = message.extra.iter().filter(|(name, _)| !KNOWN.contains(&name.as_str()));
    let own: Vec<_> = own.collect();
    if own.len() > 10 {
        return Err(Refusal::new(PAIR_COUNT, "extra: at most 10 pairs of the app's own"));
    }
    let long = |text: &str| text.is_empty() || text.chars().count() >= 1024;
    if own.iter().any(|(name, value)| long(name) || value.chars().count() >= 1024) {
        return Err(Refusal::new(PAIR_LENGTH, "extra: names and values below 1024 characters"));
    }
    let job_key = |text: &str| {
        let fits = (1..=20).contains(&text.len()) && !text.starts_with('_');
        fits && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    require(message.extra("jobkey").is_none_or(job_key), "extra.jobkey: 20 of 0-9 A-Z a-z _ -, not _ first")?;
    require(matches!(message.extra("only_send_once"), None | Some("1")), "extra.only_send_once: 1")?;
    require(matches!(message.extra("notify_foreground"), None | Some("0" | "1")), "extra.notify_foreground: 0 or 1")?;
    let flow = |text: &str| text.parse::<u32>().is_ok_and(|flow| (1000..=100_000).contains(&flow));
    require(message.extra("flow_control").is_none_or(flow), "extra.flow_control: 1000 to 100000")?;
    require(matches!(message.extra("connpt"), None | Some("wifi")), "extra.connpt: wifi")
}

/// What a tap does: without `notify_effect` a message is a custom notification, which are gone since 2024-09-30.
fn check_tap(app: &App, message: &Message) -> Checked {
    let (intent, web) = (message.extra("intent_uri"), message.extra("web_uri"));
    let fit = match message.extra("notify_effect") {
        None if message.is_transparent() => intent.is_none() && web.is_none(),
        None => return Err(Refusal::new(NOTIFICATION, "extra.notify_effect is missing: a custom notification")),
        Some("1") => intent.is_none() && web.is_none(),
        Some("2") => web.is_none() && intent.is_some_and(|uri| uri.contains(':') && uri.chars().count() < 1024),
        Some("3") => intent.is_none() && web.is_some_and(|uri| is_web(uri) && uri.chars().count() < 1024),
        Some(_) => false,
    };
    require(fit, "extra.notify_effect: 1, 2 with intent_uri, 3 with web_uri")?;
    let sound = |uri: &str| {
        let rest = uri.strip_prefix("android.resource://").and_then(|rest| rest.split_once("/raw/"));
        rest.is_some_and(|(package, file)| {
            app.packages.iter().any(|own| own == package) && !file.is_empty() && !file.contains(['.', '/'])
        })
    };
    require(message.extra("sound_uri").is_none_or(sound), "extra.sound_uri: android.resource://<package>/raw/<file>")
}

fn check_callback(message: &Message) -> Checked {
    let (url, param) = (message.extra("callback"), message.extra("callback.param"));
    if url.is_some_and(|url| url.len() > 128) {
        return Err(Refusal::new(URL_TOO_LONG, "extra.callback: at most 128 bytes"));
    }
    if !url.is_none_or(is_web) {
        return Err(Refusal::new(CALLBACK, "extra.callback: http or https"));
    }
    if param.is_some_and(|param| param.len() > 64) {
        return Err(Refusal::new(PARAM_TOO_LONG, "extra.callback.param: stay within 64 bytes"));
    }
    let sum = |text: &str| text.parse::<u32>().is_ok_and(|sum| sum > 0 && sum & !RECEIPTS == 0);
    require(message.extra("callback.type").is_none_or(sum), "extra.callback.type: a sum that calls nobody back")
}

/// The class of the channel; its template and the values of its variables.
fn class_of(app: &App, message: &Message) -> Result<Class, Refusal> {
    let wrong = |why: &str| Err(Refusal::new(CHANNEL, why));
    let Some(id) = message.channel() else {
        return match message.extra("template_id").or(message.extra("template_param")) {
            Some(_) => wrong("a template without its channel"),
            None if app.channel_needed => wrong("extra.channel_id is missing"),
            None => Ok(Class::Default),
        };
    };
    let Some(channel) = app.channels.get(id) else { return wrong("extra.channel_id: unknown or not reviewed") };
    let (template, param) = (message.extra("template_id"), message.extra("template_param"));
    match (template, param) {
        (None, None) if channel.class == Class::Private && app.template_needed && !message.is_transparent() => {
            wrong("private messages need a template since 2026-07-01")
        }
        (None, None) => Ok(channel.class),
        (Some(template), Some(param)) => check_template(channel, template, param).map(|()| channel.class),
        _ => wrong("extra.template_id and extra.template_param go together"),
    }
}

fn check_template(channel: &Channel, id: &str, param: &str) -> Checked {
    let Some(variables) = channel.templates.get(id) else {
        return Err(Refusal::new(CHANNEL, "extra.template_id: not a template of this channel"));
    };
    let values: BTreeMap<String, String> =
        strict::read(param.as_bytes()).map_err(|_| Refusal::new(ILLEGAL, "template_param: a JSON object of texts"))?;
    require(values.keys().eq(variables.iter()), "template_param: exactly the variables of the template")?;
    let fits = |text: &String| !is_blank(text) && text.chars().count() <= 128 && !text.chars().any(is_symbol);
    require(values.values().all(fits), "template_param: 1 to 128 characters, not blank, no emoji, no symbols")
}

/// The better known part of the Unicode class So, and what is left where emoji were cut out.
fn is_symbol(c: char) -> bool {
    let symbol = matches!(c, '©' | '®' | '°' | '\u{2300}'..='\u{2307}' | '\u{23E9}'..='\u{23FA}' | '\u{2500}'..='\u{25B6}'
        | '\u{2600}'..='\u{266E}' | '\u{2670}'..='\u{2767}' | '\u{2794}'..='\u{27BF}' | '\u{2B1B}'..='\u{2B1C}'
        | '\u{2B50}' | '\u{2B55}' | '\u{1F000}'..='\u{1F0FF}' | '\u{1F110}'..='\u{1FAFF}');
    symbol || matches!(c, '\u{200D}' | '\u{FE0F}' | '\u{20E3}')
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn is_web(uri: &str) -> bool {
    uri.starts_with("https://") || uri.starts_with("http://")
}

/// An illegal value unless it holds.
fn require(holds: bool, why: &str) -> Checked {
    if holds { Ok(()) } else { Err(Refusal::new(ILLEGAL, why)) }
}
