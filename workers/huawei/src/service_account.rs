//! The service account's self-signed bearer token (section 3.2): PS256, salt of 32 bytes, an hour of life.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use push_contract::{Secret, SettingsError, Timestamp, Token};
use serde::Deserialize;
use serde_json::json;

use crate::auth::RENEW_BEFORE;

/// The audience, the same in every token; it is a name and never called.
const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
/// Huawei advises one hour; over a day is refused with 80300036.
const LIFE: Duration = Duration::from_secs(3600);

/// What the key file says, as far as it is needed.
#[derive(Debug, Deserialize)]
struct KeyFile {
    project_id: String,
    key_id: String,
    private_key: Secret,
    sub_account: String,
}

/// A key that signs.
#[derive(Debug)]
pub(crate) struct ServiceAccount {
    file: KeyFile,
    key: EncodingKey,
}

impl ServiceAccount {
    /// Reads the key file's text and signs once, so that a key that cannot sign is found at start.
    pub(crate) fn open(text: &Secret) -> Result<Self, SettingsError> {
        let wrong = |rule: &str| SettingsError::new("service_account", "(secret)", rule);
        let file: KeyFile = serde_json::from_str(text.reveal()).map_err(|_| {
            wrong("JSON with project_id, key_id, private_key and sub_account: use the key file as downloaded")
        })?;
        let key = EncodingKey::from_rsa_pem(file.private_key.reveal().as_bytes())
            .map_err(|_| wrong("private_key must be an RSA key in PEM: use the key file as downloaded"))?;
        let account = Self { file, key };
        match account.sign(Timestamp::from_millis(0)) {
            Some(_) => Ok(account),
            None => Err(wrong("private_key cannot sign PS256: it must have at least 2048 bits")),
        }
    }

    /// The project that it belongs to, and all of whose apps it serves.
    pub(crate) fn project_id(&self) -> &str {
        &self.file.project_id
    }

    /// A token for the hour from `now`.
    pub(crate) fn token(&self, now: Timestamp) -> Token {
        // `open` has seen this key sign. Should it fail all the same, the vendor answers 80200001 to an empty token.
        let value = Secret::new(self.sign(now).unwrap_or_default());
        Token { value, expires_at: now.plus(LIFE), renew_before: RENEW_BEFORE }
    }

    fn sign(&self, now: Timestamp) -> Option<String> {
        let header = Header { kid: Some(self.file.key_id.clone()), ..Header::new(Algorithm::PS256) };
        let (iat, exp) = (now.as_secs(), now.plus(LIFE).as_secs());
        let claims = json!({ "aud": AUDIENCE, "iss": self.file.sub_account, "iat": iat, "exp": exp });
        jsonwebtoken::encode(&header, &claims, &self.key).ok()
    }
}
