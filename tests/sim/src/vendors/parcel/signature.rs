//! The signature of every call but the token's ("Hosts and authentication" of the sheet).

use sha2::{Digest, Sha256};

const MAX_SKEW_MS: u64 = 600_000;

/// Whether `time` and `sign` are right for `body` at `now` (milliseconds); else why not.
pub(super) fn check(
    secret: &str,
    time: Option<&str>,
    sign: Option<&str>,
    body: &[u8],
    now: u64,
) -> Result<(), &'static str> {
    let (Some(time), Some(sign)) = (time, sign) else { return Err("x-parcel-time or x-parcel-sign is missing") };
    let at: u64 = time.parse().map_err(|_| "x-parcel-time must be milliseconds since 1970")?;
    if at.abs_diff(now) > MAX_SKEW_MS {
        return Err("x-parcel-time is more than 10 minutes off");
    }
    if sign == of(secret, time, body) { Ok(()) } else { Err("x-parcel-sign does not match the body") }
}

/// Lower-case hex of SHA-256(secret + time + body).
fn of(secret: &str, time: &str, body: &[u8]) -> String {
    let digest = Sha256::new().chain_update(secret).chain_update(time).chain_update(body).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{check, of};

    const TIME: &str = "1767225600000";
    const NOW: u64 = 1_767_225_600_000;

    #[test]
    fn the_vector_of_the_sheet() {
        let plain = Sha256::digest(br#"s3cret1767225600000{"a":1}"#);
        let hex = format!("{plain:x}");
        assert_eq!(of("s3cret", TIME, br#"{"a":1}"#), hex);
        assert_eq!(check("s3cret", Some(TIME), Some(&hex), br#"{"a":1}"#, NOW + 600_000), Ok(()));
        assert!(check("s3cret", Some(TIME), Some(&hex), br#"{"a":1}"#, NOW + 600_001).is_err());
        assert!(check("s3cret", Some(TIME), Some(&hex.to_uppercase()), br#"{"a":1}"#, NOW).is_err());
        assert!(check("other", Some(TIME), Some(&hex), br#"{"a":1}"#, NOW).is_err());
        assert!(check("s3cret", Some(TIME), None, br#"{"a":1}"#, NOW).is_err());
    }
}
