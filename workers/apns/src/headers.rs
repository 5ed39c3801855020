//! What a push says in its headers (sections 4.1 and 4.2), and the address of its token.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Uri};
use push_contract::{Job, MAX_TARGETS, Outcome, Push, Reason, Refusal, Timestamp, derived_id};
use sha2::{Digest, Sha256};

use crate::{classes, settings::TokenType};

/// The longest `apns-collapse-id` in bytes.
const MAX_COLLAPSE_ID: usize = 64;
/// Apple keeps a push for 30 days at most.
const MAX_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Fills in everything but authorization.
pub(crate) fn fill(
    headers: &mut HeaderMap,
    push: &Push,
    position: usize,
    token_type: TokenType,
    bundle_id: &str,
    now: Timestamp,
) {
    let voip = token_type == TokenType::Voip;
    let background = push.job.notification.is_none() && !voip;
    let priority = push.class.detail["priority"].as_u64().filter(|_| !voip).unwrap_or(10);
    let id = apns_id(&push.job, position);
    let (push_type, topic) = match token_type {
        TokenType::Voip => (classes::VOIP, format!("{bundle_id}.voip")),
        TokenType::Alert if background => (classes::BACKGROUND, bundle_id.to_owned()),
        TokenType::Alert => ("alert", bundle_id.to_owned()),
    };
    headers.insert("apns-push-type", HeaderValue::from_static(push_type));
    headers.insert("apns-priority", HeaderValue::from(priority));
    headers.insert("apns-expiration", HeaderValue::from(expiration(push, voip, now)));
    let collapse_id = if voip { None } else { collapse_id(&push.job, (!background).then_some(id.as_str())) };
    for (name, value) in [("apns-topic", Some(topic)), ("apns-collapse-id", collapse_id), ("apns-id", Some(id))] {
        // All are ASCII by their making.
        if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
            headers.insert(name, value);
        }
    }
}

/// A moment, never a span; 0 is one attempt. A call rings, or ends, now or not at all (section 6).
fn expiration(push: &Push, voip: bool, now: Timestamp) -> i64 {
    let once = push.expiry <= now || (voip && classes::is_reported(push.job.kind));
    if once { 0 } else { push.expiry.min(now.plus(MAX_LIFE)).as_secs() }
}

/// What makes a later push replace this one on the phone: the tag, else the collapse key. Without either a push that is
/// shown is named by its own id, so that it replaces itself when it is sent twice.
fn collapse_id(job: &Job, own: Option<&str>) -> Option<String> {
    let Some(key) = job.replaced_by() else { return own.map(str::to_owned) };
    let fits = key.len() <= MAX_COLLAPSE_ID && key.bytes().all(|byte| byte.is_ascii_graphic());
    Some(if fits { key.to_owned() } else { format!("{:x}", Sha256::digest(key)) })
}

/// A UUID (version 8: of our own making) from job and position, the same for every attempt.
pub(crate) fn apns_id(job: &Job, position: usize) -> String {
    // Positions end below MAX_TARGETS: what lies beyond gives another 64 bits.
    let (high, low) = (derived_id(&job.id, position), derived_id(&job.id, position + MAX_TARGETS));
    let (a, b, c) = (high >> 32, high >> 16 & 0xffff, high & 0xfff);
    let (d, e) = (low >> 48 & 0x3fff | 0x8000, low & 0xffff_ffff_ffff);
    format!("{a:08x}-{b:04x}-8{c:03x}-{d:04x}-{e:012x}")
}

/// The address of a token. A wrong one would cost the connection its good name (section 4.1), so it is not sent.
pub(crate) fn address(base: &str, token: &str, check: bool) -> Result<Uri, Refusal> {
    let hex = token.len().is_multiple_of(2) && token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let fits = !token.is_empty() && (hex || !check && token.bytes().all(plain));
    let token = if hex { token.to_ascii_lowercase() } else { token.to_owned() };
    let address = fits.then(|| format!("{base}/3/device/{token}").parse().ok()).flatten();
    address.ok_or_else(|| Refusal {
        outcome: Outcome::InvalidToken,
        reason: Reason::TokenMalformed,
        field: "targets.token".to_owned(),
        rule: "a device token is the hex of bytes".to_owned(),
    })
}
