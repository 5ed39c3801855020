//! What must hold of a message, whoever sends it (sections 1 and 4.2).

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::answers::Denied;
use super::message::{Android, Light, Message, Shown};

/// Keys and values together.
const MAX_BYTES: usize = 4096;
/// 28 days.
const TTL_MAX_SECONDS: u64 = 2_419_200;
/// A FID has no more characters now; what is longer is no FID.
pub(super) const FID_MAX_CHARS: usize = 22;

/// Every rule that needs no knowledge of the app.
pub(super) fn check(message: &Message) -> Result<(), Denied> {
    check_target(message)?;
    for data in [message.data.as_ref(), message.android.as_ref().and_then(|android| android.data.as_ref())] {
        if let Some(key) = data.into_iter().flatten().map(|(key, _)| key).find(|key| is_reserved(key)) {
            return Err(Denied::at("message.data[0].key", format!("Invalid data payload key: {key}"), true));
        }
    }
    let common = message.notification.as_ref().and_then(|basic| basic.image.as_deref());
    require(common.is_none_or(is_address), "message.notification.image", "must be an address")?;
    if let Some(android) = message.android.as_ref() {
        check_android(android)?;
    }
    check_others(message)?;
    match message.bytes() {
        bytes if bytes > MAX_BYTES => Err(Denied::too_big(bytes)),
        _ => Ok(()),
    }
}

/// One target exactly; topics and conditions are not played.
fn check_target(message: &Message) -> Result<(), Denied> {
    let Message { token, fid, topic, condition, .. } = message;
    let given = [token, fid, topic, condition].iter().filter(|target| target.is_some()).count();
    match given {
        0 => Err(Denied::at("message", "Recipient of the message is not set.", true)),
        1 if topic.is_some() || condition.is_some() => {
            Err(Denied::at("message.topic", "this simulator plays no topics; send to tokens", true))
        }
        1 => Ok(()),
        _ => Err(Denied::at("message", "oneof field 'target' is already set.", false)),
    }
}

/// The wider set of the sheet.
fn is_reserved(key: &str) -> bool {
    key.is_empty() || key == "from" || key == "message_type" || key.starts_with("google") || key.starts_with("gcm")
}

fn check_android(android: &Android) -> Result<(), Denied> {
    let priorities = ["HIGH", "NORMAL", "high", "normal"];
    one_of(android.priority.as_deref(), "message.android.priority", &priorities)?;
    if let Some(ttl) = android.ttl.as_deref() {
        let seconds = seconds(ttl);
        require(seconds.is_some(), "message.android.ttl", "Illegal duration format; duration must end with 's'")?;
        let fits = seconds.is_some_and(|seconds| seconds <= TTL_MAX_SECONDS);
        require(fits, "message.android.ttl", "must be 0s to 2419200s")?;
    }
    require_filled(android.collapse_key.as_deref(), "message.android.collapse_key")?;
    require_filled(android.restricted_package_name.as_deref(), "message.android.restricted_package_name")?;
    let label = android.fcm_options.as_ref().and_then(|options| options.analytics_label.as_deref());
    check_label(label, "message.android.fcm_options.analytics_label")?;
    android.notification.as_ref().map_or(Ok(()), check_shown)
}

fn check_shown(shown: &Shown) -> Result<(), Denied> {
    let place = |field: &str| format!("message.android.notification.{field}");
    let Shown { title, body, icon, sound, tag, click_action, channel_id, ticker, title_loc_key, body_loc_key, .. } =
        shown;
    let texts = [
        (title, "title"),
        (body, "body"),
        (icon, "icon"),
        (sound, "sound"),
        (tag, "tag"),
        (click_action, "click_action"),
        (channel_id, "channel_id"),
        (ticker, "ticker"),
        (title_loc_key, "title_loc_key"),
        (body_loc_key, "body_loc_key"),
    ];
    for (text, field) in texts {
        require_filled(text.as_deref(), &place(field))?;
    }
    require(shown.image.as_deref().is_none_or(is_address), &place("image"), "must be an address")?;
    require(shown.color.as_deref().is_none_or(is_color), &place("color"), "must be #rrggbb")?;
    let utc = |at: &str| at.ends_with('Z') && OffsetDateTime::parse(at, &Rfc3339).is_ok();
    require(shown.event_time.as_deref().is_none_or(utc), &place("event_time"), "must be RFC 3339, UTC with Z")?;
    let priorities = ["PRIORITY_MIN", "PRIORITY_LOW", "PRIORITY_DEFAULT", "PRIORITY_HIGH", "PRIORITY_MAX"];
    one_of(shown.notification_priority.as_deref(), &place("notification_priority"), &priorities)?;
    one_of(shown.visibility.as_deref(), &place("visibility"), &["PRIVATE", "PUBLIC", "SECRET"])?;
    one_of(shown.proxy.as_deref(), &place("proxy"), &["ALLOW", "DENY", "IF_PRIORITY_LOWERED"])?;
    require(shown.notification_count.is_none_or(|n| n >= 0), &place("notification_count"), "must not be below 0")?;
    let steps = shown.vibrate_timings.as_deref().unwrap_or_default();
    require(steps.iter().all(|step| seconds(step).is_some()), &place("vibrate_timings"), "must be durations")?;
    for (key, args, field) in [
        (&shown.title_loc_key, &shown.title_loc_args, "title_loc_args"),
        (&shown.body_loc_key, &shown.body_loc_args, "body_loc_args"),
    ] {
        require(args.is_none() || key.is_some(), &place(field), "needs its key")?;
    }
    shown.light_settings.as_ref().map_or(Ok(()), |light| check_light(light, &place("light_settings")))
}

fn check_light(light: &Light, place: &str) -> Result<(), Denied> {
    let parts = [light.color.red, light.color.green, light.color.blue, light.color.alpha.unwrap_or(1.0)];
    require(parts.iter().all(|part| (0.0..=1.0).contains(part)), place, "color: 0 to 1")?;
    let spans = [light.light_on_duration.as_str(), light.light_off_duration.as_str()];
    require(spans.iter().all(|span| seconds(span).is_some()), place, "must be durations")
}

/// The blocks of other platforms, as far as the sheet tells.
fn check_others(message: &Message) -> Result<(), Denied> {
    let label = |options: Option<&String>, place: &str| check_label(options.map(String::as_str), place);
    let own = message.fcm_options.as_ref().and_then(|options| options.analytics_label.as_ref());
    label(own, "message.fcm_options.analytics_label")?;
    let apple = message.apns.as_ref().and_then(|apns| apns.fcm_options.as_ref());
    label(apple.and_then(|options| options.analytics_label.as_ref()), "message.apns.fcm_options.analytics_label")?;
    let web = message.webpush.as_ref().and_then(|web| web.fcm_options.as_ref());
    label(web.and_then(|options| options.analytics_label.as_ref()), "message.webpush.fcm_options.analytics_label")?;
    let link = web.and_then(|options| options.link.as_deref());
    let https = link.is_none_or(|link| link.starts_with("https://"));
    require(https, "message.webpush.fcm_options.link", "must be https")
}

/// Whole seconds of a duration, rounded down: digits, up to 9 decimals, `s`.
pub(super) fn seconds(duration: &str) -> Option<u64> {
    let number = duration.strip_suffix('s')?;
    let (whole, decimals) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || decimals.is_some_and(|part| !digits(part) || part.len() > 9) {
        return None;
    }
    // Digits that overflow are over the maximum, not malformed.
    Some(whole.parse().unwrap_or(u64::MAX))
}

fn check_label(label: Option<&str>, place: &str) -> Result<(), Denied> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~%".contains(&byte);
    let fits = |text: &str| (1..=50).contains(&text.len()) && text.bytes().all(plain);
    require(label.is_none_or(fits), place, "must match ^[a-zA-Z0-9-_.~%]{1,50}$")
}

fn require_filled(text: Option<&str>, place: &str) -> Result<(), Denied> {
    // Google takes an empty text for an absent one; the sheet wants it absent.
    require(text.is_none_or(|text| !text.is_empty()), place, "is empty: leave it out")
}

fn require(holds: bool, place: &str, why: &str) -> Result<(), Denied> {
    if holds { Ok(()) } else { Err(Denied::at(place, format!("Invalid value at '{place}': {why}"), false)) }
}

fn one_of(value: Option<&str>, place: &str, allowed: &[&str]) -> Result<(), Denied> {
    let fits = value.is_none_or(|value| allowed.contains(&value));
    require(fits, place, &format!("must be one of {}", allowed.join(", ")))
}

fn is_address(url: &str) -> bool {
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.is_empty() && !rest.contains([' ', '\n', '"']))
}

fn is_color(text: &str) -> bool {
    text.len() == 7 && text.strip_prefix('#').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn reads_durations() {
        let cases = [
            ("3600s", Some(3600)),
            ("0s", Some(0)),
            ("3.5s", Some(3)),
            ("3.500000000s", Some(3)),
            ("3.5000000000s", None),
            ("3600", None),
            ("3600S", None),
            ("1h", None),
            ("-1s", None),
            ("s", None),
            (" 1s", None),
            ("1.s", None),
            ("99999999999999999999s", Some(u64::MAX)),
        ];
        for (text, wanted) in cases {
            assert_eq!(seconds(text), wanted, "{text:?}");
        }
    }
}
