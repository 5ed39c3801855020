//! The request's headers (sections 4.1 and 4.2).

use super::reasons::{
    BAD_COLLAPSE_ID, BAD_EXPIRATION_DATE, BAD_MESSAGE_ID, BAD_PRIORITY, DUPLICATE_HEADERS, INVALID_PUSH_TYPE,
    UNKNOWN_HEADER,
};
use crate::simulator::Ask;
use crate::vendors::Refusal;

/// Section 4.1, with what every HTTP client adds.
const KNOWN: [&str; 15] = [
    "authorization",
    "apns-topic",
    "apns-push-type",
    "apns-priority",
    "apns-expiration",
    "apns-collapse-id",
    "apns-id",
    "content-type",
    "content-length",
    "accept",
    "accept-encoding",
    "user-agent",
    "host",
    "te",
    "connection",
];
const COLLAPSE_ID_MAX: usize = 64;
const THIRTY_DAYS: u64 = 2_592_000;
/// Below this no moment is meant but a number of seconds from now: no error at Apple, but nothing is kept for a phone
/// that is offline (section 1).
const NO_MOMENT: u64 = 1_000_000_000;

/// What is pushed, as far as it is played here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PushType {
    Alert,
    Background,
    Voip,
}

impl PushType {
    /// What the topic has behind the bundle ID.
    pub(super) const fn suffix(self) -> &'static str {
        match self {
            Self::Voip => ".voip",
            Self::Alert | Self::Background => "",
        }
    }

    /// Most bytes of the body (section 1).
    pub(super) const fn most_bytes(self) -> usize {
        match self {
            Self::Voip => 5120,
            Self::Alert | Self::Background => 4096,
        }
    }
}

/// The headers of a push, checked.
pub(super) struct Head {
    pub(super) push_type: PushType,
    pub(super) priority: u8,
}

/// Checks everything but authorization and topic.
pub(super) fn check(ask: &Ask, now: u64) -> Result<Head, Refusal> {
    if let Some(name) = ask.headers.keys().find(|name| ask.headers.get_all(*name).iter().count() > 1) {
        return Err(Refusal::new(DUPLICATE_HEADERS, format!("{name} is repeated")));
    }
    if let Some(name) = ask.headers.keys().find(|name| !KNOWN.contains(&name.as_str())) {
        return Err(Refusal::new(UNKNOWN_HEADER, format!("{name} is no header that Apple documents")));
    }
    let push_type = match ask.header("apns-push-type") {
        Some("alert") => PushType::Alert,
        Some("background") => PushType::Background,
        Some("voip") => PushType::Voip,
        Some(_) => return Err(Refusal::new(INVALID_PUSH_TYPE, "apns-push-type: alert, background or voip here")),
        None => return Err(Refusal::new(INVALID_PUSH_TYPE, "apns-push-type must always be sent")),
    };
    let priority = match (ask.header("apns-priority"), push_type) {
        (None | Some("10"), PushType::Alert | PushType::Voip) => 10,
        (Some("5"), PushType::Alert | PushType::Background) => 5,
        (Some("1"), PushType::Alert) => 1,
        (given, _) => {
            let why = format!("apns-priority {} does not go with {push_type:?}", given.unwrap_or("10 (absent)"));
            return Err(Refusal::new(BAD_PRIORITY, why));
        }
    };
    if ask.headers.contains_key("apns-expiration") && expiration(ask, now).is_none() {
        let why = "apns-expiration must be 0 or a moment in UNIX seconds, at most 30 days ahead";
        return Err(Refusal::new(BAD_EXPIRATION_DATE, why));
    }
    if ask.headers.contains_key("apns-id") && !ask.header("apns-id").is_some_and(is_uuid) {
        return Err(Refusal::new(BAD_MESSAGE_ID, "apns-id must be a UUID, small letters, 8-4-4-4-12"));
    }
    let collapse_fits = |id: &str| (1..=COLLAPSE_ID_MAX).contains(&id.len());
    if ask.headers.contains_key("apns-collapse-id") && !ask.header("apns-collapse-id").is_some_and(collapse_fits) {
        return Err(Refusal::new(BAD_COLLAPSE_ID, "apns-collapse-id: 1 to 64 bytes, ASCII"));
    }
    Ok(Head { push_type, priority })
}

/// The moment after which the push is dropped; 0: one attempt. `None`: absent or wrong.
pub(super) fn expiration(ask: &Ask, now: u64) -> Option<u64> {
    let moment = ask.header("apns-expiration")?.parse::<u64>().ok()?;
    (moment == 0 || (NO_MOMENT..=now / 1000 + THIRTY_DAYS).contains(&moment)).then_some(moment)
}

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5 && parts.iter().zip(lengths).all(|(part, length)| part.len() == length && hex(part))
}
