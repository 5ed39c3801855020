//! What a tap does, and which sound is played: both name something inside the app (section 5).

use push_contract::{Click, Job, typed::filled};

use crate::settings::Settings;

/// Characters of a value of `extra`: below 1024.
const VALUE: usize = 1023;

/// `notify_effect`, and the field with its URI.
pub(crate) type Tap = (&'static str, Option<(&'static str, String)>);

/// What a tap does; `None`: Xiaomi has no place for it.
pub(crate) fn of(settings: &Settings, job: &Job, click: Option<&Click>) -> Option<Tap> {
    let (effect, name, uri) = match click {
        None | Some(Click::App {}) => return Some(("1", None)),
        Some(Click::Activity { activity }) => ("2", "intent_uri", intent(settings, job, activity)?),
        // Without a scheme it is no URI.
        Some(Click::Intent { intent }) if !intent.contains(':') => return None,
        Some(Click::Intent { intent }) => ("2", "intent_uri", intent.clone()),
        Some(Click::Url { url }) => ("3", "web_uri", url.clone()),
    };
    let fits = !uri.trim().is_empty() && uri.chars().count() <= VALUE;
    fits.then_some((effect, Some((name, uri))))
}

/// An intent URI for an activity; `None`: it is no name of a class.
fn intent(settings: &Settings, job: &Job, activity: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._$".contains(&byte);
    if activity.is_empty() || !activity.bytes().all(plain) {
        return None;
    }
    let package = settings.packages.first()?;
    let uri = |extra: &str| format!("intent:#Intent;component={package}/{activity};launchFlags=0x14000000;{extra}end");
    let data = filled(&settings.data_key).zip(job.data.as_ref());
    let with_data = data.map(|(key, data)| uri(&format!("S.{}={};", escaped(key), escaped(data.as_str()))));
    Some(with_data.filter(|uri| uri.chars().count() <= VALUE).unwrap_or_else(|| uri("")))
}

/// A text inside an intent URI.
fn escaped(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(one).collect()
}

/// The resource of a sound file; `None`: there is no such name.
pub(crate) fn sound(settings: &Settings, name: &str) -> Option<String> {
    let file = name.rsplit('/').next()?.split('.').next().and_then(filled)?;
    Some(format!("android.resource://{}/raw/{file}", settings.packages.first()?))
}
