//! What must hold of a message as a whole (sections 4.1 to 4.3 and 6).

use serde_json::{Map, Value};

use super::codes::{COLLAPSE_KEY, EXPIRED_MESSAGE, PARAMETER, STRUCTURE};
use super::message::{Android, Message, Send};
use super::notification;
use crate::vendors::Refusal;

/// Section 6: the categories of v1/v2. SYSTEM_REMINDER left the reference in 2025; MISS_CALL is v3's.
pub(super) const CATEGORIES: [&str; 13] = [
    "IM",
    "VOIP",
    "SUBSCRIPTION",
    "TRAVEL",
    "HEALTH",
    "WORK",
    "ACCOUNT",
    "EXPRESS",
    "FINANCE",
    "DEVICE_REMINDER",
    "MAIL",
    "PLAY_VOICE",
    "MARKETING",
];
/// 15 days.
const TTL_MAX_SECONDS: u64 = 1_296_000;
/// What an absent `ttl` means.
const TTL_DEFAULT_SECONDS: u64 = 86_400;
/// The sheet states none for Android and advises 64.
const BI_TAG_MAX_BYTES: usize = 64;

/// Every rule that needs no knowledge of the app.
pub(super) fn check(send: &Send, message: &Message) -> Result<(), Refusal> {
    for review in send.review.iter().flatten() {
        require(review.reviewer == "tuibian" && review.kind == 0, "review: reviewer must be tuibian, type 0")?;
    }
    let targets = [message.token.is_some(), message.topic.is_some(), message.condition.is_some()];
    if targets.iter().filter(|given| **given).count() > 1 {
        return Err(Refusal::new(STRUCTURE, "exactly one of token, topic and condition"));
    }
    if message.payload().is_none() && message.is_data() {
        return Err(Refusal::new(STRUCTURE, "message: neither data nor a notification"));
    }
    if let Some(android) = message.android() {
        check_android(android, message.is_data())?;
    }
    if !message.is_data() {
        notification::check(message)?;
        if let Some(payload) = message.payload() {
            let is_object = serde_json::from_str::<Map<String, Value>>(payload).is_ok();
            require(is_object, "data: beside a notification it must be a JSON object as a string")?;
        }
    }
    Ok(())
}

fn check_android(android: &Android, is_data: bool) -> Result<(), Refusal> {
    if android.collapse_key.is_some_and(|key| !(-1..=100).contains(&key)) {
        return Err(Refusal::new(COLLAPSE_KEY, "android.collapse_key must be -1 to 100"));
    }
    one_of(android.urgency.as_deref(), "android.urgency", &["NORMAL", "HIGH"])?;
    one_of(android.category.as_deref(), "android.category", &CATEGORIES)?;
    let voice = android.category.as_deref() == Some("PLAY_VOICE");
    require(!voice || is_data, "android.category: PLAY_VOICE is for data messages only")?;
    if let Some(ttl) = android.ttl.as_deref() {
        let seconds = ttl_seconds(ttl).ok_or_else(|| {
            Refusal::new(PARAMETER, "android.ttl must be <seconds> or <seconds>s, up to 9 decimals, like 3600s")
        })?;
        require(seconds <= TTL_MAX_SECONDS, "android.ttl must be at most 1296000s")?;
        if seconds == 0 {
            return Err(Refusal::new(EXPIRED_MESSAGE, "android.ttl is 0: expired at once"));
        }
    }
    let tag_fits = android.bi_tag.as_ref().is_none_or(|tag| tag.len() <= BI_TAG_MAX_BYTES);
    require(tag_fits, "android.bi_tag must be at most 64 bytes")?;
    require(android.target_user_type.is_none_or(|kind| kind == 0 || kind == 1), "android.target_user_type: 0 or 1")?;
    require(android.fast_app_target.is_none_or(|kind| kind == 1 || kind == 2), "android.fast_app_target: 1 or 2")
}

/// Whole seconds of a TTL, rounded up: `\d+` or `\d+[sS]`, also with up to 9 decimals.
fn ttl_seconds(ttl: &str) -> Option<u64> {
    let number = ttl.strip_suffix(['s', 'S']).unwrap_or(ttl);
    let (whole, decimals) = number.split_once('.').map_or((number, None), |(whole, part)| (whole, Some(part)));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || decimals.is_some_and(|part| !digits(part) || part.len() > 9) {
        return None;
    }
    let begun = decimals.is_some_and(|part| part.bytes().any(|digit| digit != b'0'));
    // Digits that overflow are over the maximum, not malformed.
    Some(whole.parse::<u64>().unwrap_or(u64::MAX).saturating_add(u64::from(begun)))
}

/// The seconds that a message lives.
pub(super) fn life_seconds(android: Option<&Android>) -> u64 {
    android.and_then(|android| ttl_seconds(android.ttl.as_deref()?)).unwrap_or(TTL_DEFAULT_SECONDS)
}

/// A parameter error unless it holds.
pub(super) fn require(holds: bool, why: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(PARAMETER, why)) }
}

/// A parameter error unless the value is absent or listed.
pub(super) fn one_of(value: Option<&str>, field: &str, allowed: &[&str]) -> Result<(), Refusal> {
    if value.is_none_or(|value| allowed.contains(&value)) {
        return Ok(());
    }
    Err(Refusal::new(PARAMETER, format!("{field} must be one of {}", allowed.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::ttl_seconds;

    #[test]
    fn reads_ttls() {
        let cases = [
            ("3600", Some(3600)),
            ("3600s", Some(3600)),
            ("1S", Some(1)),
            ("3.000000001s", Some(4)),
            ("3.000s", Some(3)),
            ("3.0000000001s", None),
            ("24h0m0s", None),
            ("-1s", None),
            ("", None),
            ("s", None),
            (" 1s", None),
            ("1 s", None),
            ("3.s", None),
            ("99999999999999999999s", Some(u64::MAX)),
        ];
        for (ttl, seconds) in cases {
            assert_eq!(ttl_seconds(ttl), seconds, "{ttl:?}");
        }
    }
}
