//! Provider tokens (section 3.1): ES256, signed here, the same bytes in every replica.
//!
//! Apple counts how often a team shows a new token. So tokens are made for slots of half an hour, and signed by RFC
//! 6979, which leaves nothing to chance: replicas share a token without knowing of each other.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use p256::{
    ecdsa::{Signature, SigningKey, signature::Signer as _},
    pkcs8::DecodePrivateKey,
};
use push_contract::{Secret, SettingsError, Timestamp, Token, kit::settings::secret};

use crate::settings::Settings;

/// Seconds that a slot lasts. A token is so used for half an hour: between the 20 minutes and the hour of Apple's.
const SLOT: i64 = 1800;
/// A slot's token is used this long after the slot's begin: a clock that is ahead of Apple's does no harm.
const LATE: i64 = 60;
/// Apple takes a token for an hour from `iat`.
const LIFE: i64 = 3600;
/// New tokens are at least this far apart.
const APART: i64 = 1200;

/// A key that signs, and which tokens it made last.
#[derive(Debug)]
pub(crate) struct Signer {
    key: SigningKey,
    header: String,
    team_id: String,
    made: Mutex<Made>,
}

#[derive(Debug, Default)]
struct Made {
    slot: Option<i64>,
    /// Of a token out of turn: the slot's own was called stale.
    extra: Option<i64>,
}

impl Signer {
    /// Reads the key file's text.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let pem = secret(settings.key.as_ref(), "key", "the key file's text, for auth = \"token\"")?;
        let key = SigningKey::from_pkcs8_pem(pem.reveal().trim()).map_err(|_| {
            let rule = "an EC P-256 key, PKCS #8 as PEM: use AuthKey_<key_id>.p8 as downloaded";
            SettingsError::new("key", "(secret)", rule)
        })?;
        let header = serde_json::json!({ "alg": "ES256", "kid": settings.key_id }).to_string();
        let header = URL_SAFE_NO_PAD.encode(header);
        Ok(Self { key, header, team_id: settings.team_id.clone(), made: Mutex::default() })
    }

    /// The token to use at `now`.
    ///
    /// Asked again before it is time for the next one, its last was called stale: clocks differ, or the key changed at
    /// Apple's. One token out of turn is made then, and no other for 20 minutes.
    pub(crate) fn token(&self, now: Timestamp) -> Token {
        let iat = self.made.lock().unwrap_or_else(PoisonError::into_inner).next(now.as_secs());
        let (expires, renew) = (iat + LIFE, (iat + APART - LATE).div_euclid(SLOT) * SLOT + SLOT + LATE);
        Token {
            value: Secret::new(self.sign(iat)),
            expires_at: Timestamp::from_millis(expires * 1000),
            renew_before: Duration::from_secs(u64::try_from(expires - renew).unwrap_or_default()),
        }
    }

    fn sign(&self, iat: i64) -> String {
        // Written by hand: the order of the claims is part of the bytes.
        let claims = format!(r#"{{"iss":"{}","iat":{iat}}}"#, self.team_id);
        let message = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(claims));
        let signature: Signature = self.key.sign(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

impl Made {
    /// The `iat` of the token for `now`.
    fn next(&mut self, now: i64) -> i64 {
        let mut slot = (now - LATE).div_euclid(SLOT) * SLOT;
        if let Some(last) = self.slot.filter(|last| *last - slot == SLOT) {
            // The clock was set back: an earlier token would be a new one to Apple.
            slot = last;
        }
        let lately = self.extra.filter(|extra| (0..APART).contains(&(now - extra)));
        if let Some(extra) = lately {
            return extra;
        }
        if self.slot != Some(slot) {
            self.slot = Some(slot);
            return slot;
        }
        // Whole minutes: replicas that hear of it together make the same.
        let extra = now.div_euclid(60) * 60;
        self.extra = Some(extra);
        extra
    }
}

#[cfg(test)]
mod tests {
    use p256::pkcs8::DecodePrivateKey;

    use super::{Made, Signer, SigningKey, URL_SAFE_NO_PAD};
    use base64::Engine as _;

    /// Section 3.4.
    #[test]
    fn the_sheets_vector_comes_out_byte_for_byte() {
        let pem = "-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgx5WUPjkP8wrxVYna
PVB5kYuWQiDLZhncN4k1Qh7BlfShRANCAASdSRt4NinMQZfYGK4oIDzt664h83V8
0cUwBwERyaEUJmeSS2amWGpigj0fpu4zTZIK2YjMTgirI0sMVYn++a3b
-----END PRIVATE KEY-----";
        let signer = Signer {
            key: SigningKey::from_pkcs8_pem(pem).unwrap(),
            header: URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","kid":"ABC123DEFG"}"#),
            team_id: "DEF123GHIJ".to_owned(),
            made: std::sync::Mutex::new(Made::default()),
        };
        let jwt = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQzEyM0RFRkcifQ\
                   .eyJpc3MiOiJERUYxMjNHSElKIiwiaWF0IjoxNzAwMDAwMDAwfQ\
                   .rDbHIgTDqXxtRvkbCSeeh8YMzel_XxDHLb-CA6CjB0DTaP1xn5j-lljNDR3WoTs-ZbCLFNKVB-LBbQb252EV7w";
        assert_eq!(signer.sign(1_700_000_000), jwt);
    }
}
