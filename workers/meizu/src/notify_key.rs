//! `advanceInfo.notifyKey`: of messages with the same key only the last is shown (sections 4.1 and 5).

use push_contract::{Job, Notification, derived_id};
use sha2::{Digest, Sha256};

/// Whether Meizu takes this as a `notifyKey`.
pub(crate) fn is_key(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// What makes a later notification replace an earlier one, and this one replace itself when it is sent twice: the tag, the
/// collapse key, else the job. Calls are named by their key alone: what cancels must hit what invites.
pub(crate) fn notify_key(job: &Job, notification: &Notification) -> String {
    let tag = notification.tag.as_deref().filter(|_| !job.kind.is_call());
    match tag.or(job.collapse.as_ref().map(|collapse| collapse.key.as_str())) {
        Some(key) if is_key(key) => key.to_owned(),
        Some(key) => short(Sha256::digest(key).iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte))),
        None => short(derived_id(&job.id, 0)),
    }
}

/// Eight digits to the base 62.
fn short(mut id: u64) -> String {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut key = String::with_capacity(8);
    for _ in 0..8 {
        let digit = usize::try_from(id % 62).ok().and_then(|n| DIGITS.get(n));
        key.push(digit.copied().map_or('0', char::from));
        id /= 62;
    }
    key
}
