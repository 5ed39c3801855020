//! The signature of a call (sheet: "Hosts and authentication").

use std::fmt::Write;

use push_contract::Secret;
use sha2::{Digest, Sha256};

/// The value of `x-parcel-sign`: SHA-256 of secret, time and body.
pub(super) fn sign(secret: &Secret, millis: &str, body: &[u8]) -> String {
    hex(&Sha256::new().chain_update(secret.reveal()).chain_update(millis).chain_update(body).finalize())
}

/// Lower-case hex.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use push_contract::Secret;

    #[test]
    fn the_sheets_test_vector() {
        let sign = super::sign(&Secret::new("s3cret"), "1767225600000", br#"{"a":1}"#);
        // printf '%s' 's3cret1767225600000{"a":1}' | sha256sum
        assert_eq!(sign, "933a23f6dae4e68141fbb8e71e51d60d2428db4a05d3495a8d5f3582215f2a37");
    }
}
