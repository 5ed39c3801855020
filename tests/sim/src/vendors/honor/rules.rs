//! What must hold of a message as a whole (sections 4.1 and 4.2).

use serde_json::{Map, Value};

use super::codes::PARAMETER;
use super::message::{Android, Message};
use super::notification;
use crate::vendors::Refusal;

/// 15 days.
const TTL_MAX_SECONDS: u64 = 1_296_000;
/// What an absent `ttl` means.
const TTL_DEFAULT_SECONDS: u64 = 86_400;
/// The sheet states none and advises 64.
const BI_TAG_MAX_BYTES: usize = 64;

/// Every rule that needs no knowledge of the app.
pub(super) fn check(message: &Message) -> Result<(), Refusal> {
    require(message.payload().is_some() || !message.is_data(), "neither data nor a notification")?;
    if let Some(android) = message.android() {
        check_android(android)?;
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

fn check_android(android: &Android) -> Result<(), Refusal> {
    if let Some(ttl) = android.ttl.as_deref() {
        let seconds = ttl_seconds(ttl);
        require(seconds.is_some_and(|n| (1..=TTL_MAX_SECONDS).contains(&n)), "android.ttl must be 1s to 1296000s")?;
    }
    let tag_fits = android.bi_tag.as_ref().is_none_or(|tag| tag.len() <= BI_TAG_MAX_BYTES);
    require(tag_fits, "android.biTag must be at most 64 bytes")?;
    require(android.target_user_type.is_none_or(|kind| kind == 0 || kind == 1), "android.targetUserType: 0 or 1")
}

/// `<n>s`.
fn ttl_seconds(ttl: &str) -> Option<u64> {
    let digits = ttl.strip_suffix('s')?;
    let are_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| are_digits)
}

/// The seconds that a message lives.
pub(super) fn life_seconds(android: Option<&Android>) -> u64 {
    android.and_then(|android| ttl_seconds(android.ttl.as_deref()?)).unwrap_or(TTL_DEFAULT_SECONDS)
}

/// A parameter error unless it holds.
pub(super) fn require(holds: bool, why: &str) -> Result<(), Refusal> {
    if holds { Ok(()) } else { Err(Refusal::new(PARAMETER, why)) }
}

#[cfg(test)]
mod tests {
    use super::ttl_seconds;

    #[test]
    fn reads_ttls() {
        assert_eq!(ttl_seconds("3600s"), Some(3600));
        for wrong in ["3600", "3600S", "+3s", "-1s", "1.5s", "", "s", " 1s", "1 s", "1h", "99999999999999999999s"] {
            assert_eq!(ttl_seconds(wrong), None, "{wrong:?}");
        }
    }
}
