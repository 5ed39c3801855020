//! What a tap does, and which sound is played: both name something inside the app (section 5).

use std::borrow::Cow;

use push_contract::{Click, Job, typed::filled};

use crate::{
    options::BELOW_CHARS,
    settings::{Activity, Settings},
};

/// `notify_effect`, and the field with its URI.
pub(crate) type Tap<'a> = (&'static str, Option<(&'static str, Cow<'a, str>)>);

/// What a tap does; `None`: Xiaomi has no place for it.
pub(crate) fn of<'a>(settings: &Settings, job: &Job, click: Option<&'a Click>) -> Option<Tap<'a>> {
    let (effect, name, uri): (_, _, Cow<'a, str>) = match click {
        None | Some(Click::App {}) => return Some(("1", None)),
        Some(Click::Activity { activity }) => ("2", "intent_uri", intent(settings, job, activity)?.into()),
        Some(Click::Intent { intent }) => ("2", "intent_uri", intent.into()),
        Some(Click::Url { url }) => ("3", "web_uri", url.into()),
    };
    let fits = !uri.trim().is_empty() && uri.chars().count() < BELOW_CHARS;
    fits.then_some((effect, Some((name, uri))))
}

/// An intent URI for an activity; `None`: it is no name of one.
fn intent(settings: &Settings, job: &Job, activity: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._$/".contains(&byte);
    if activity.is_empty() || !activity.bytes().all(plain) {
        return None;
    }
    let package = settings.packages.first()?;
    let last = activity.rsplit(['.', '/']).next().unwrap_or_default();
    let is_action = match settings.activity {
        Activity::Class => false,
        Activity::Action => true,
        Activity::Auto => !activity.contains('/') && !last.bytes().any(|byte| byte.is_ascii_lowercase()),
    };
    let aim = match activity {
        _ if is_action => format!("action={activity};package={package}"),
        _ if activity.contains('/') => format!("component={activity}"),
        _ => format!("component={package}/{activity}"),
    };
    let uri = |extra: &str| format!("intent:#Intent;{aim};launchFlags=0x14000000;{extra}end");
    let key = filled(&settings.data_key).filter(|_| settings.data_in_intent);
    let data = key.zip(job.data.as_ref());
    let with_data = data.map(|(key, data)| uri(&format!("S.{}={};", escaped(key), escaped(data.as_str()))));
    Some(with_data.filter(|uri| uri.chars().count() < BELOW_CHARS).unwrap_or_else(|| uri("")))
}

/// A text inside an intent URI.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// The resource of a sound file; `None`: there is no such name.
pub(crate) fn sound<'a>(settings: &Settings, name: &'a str) -> Option<Cow<'a, str>> {
    if name.starts_with("android.resource://") {
        return Some(name.into());
    }
    let file = name.rsplit('/').next().and_then(|file| file.split('.').next()).filter(|file| !file.is_empty())?;
    Some(format!("android.resource://{}/raw/{file}", settings.packages.first()?).into())
}
