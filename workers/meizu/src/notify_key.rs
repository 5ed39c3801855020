//! `advanceInfo.notifyKey`: of messages with the same key only the last is shown (sections 4.1 and 5).

use push_contract::{Job, derived_id};
use sha2::{Digest, Sha256};

/// What makes a later notification replace an earlier one, and this one replace itself when it is sent twice: what the
/// job names, as it stands if Meizu takes it, else eight characters of a hash.
pub(crate) fn notify_key(job: &Job) -> String {
    match job.replaced_by() {
        Some(key) if is_key(key) => key.to_owned(),
        Some(key) => short(Sha256::digest(key).iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte))),
        None => short(derived_id(&job.id, 0)),
    }
}

fn is_key(text: &str) -> bool {
    (1..=8).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
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
