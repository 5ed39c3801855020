//! The app's bearer token: OAuth2 client credentials (section 3).

use std::time::Duration;

use http::{HeaderValue, Uri};
use push_contract::{Answer, AuthRefusal, Call, Secret, SettingsError, Token, typed::address, wire};
use serde::Deserialize;
use serde_json::Value;

use crate::settings::Settings;

/// Tokens are renewed this long before they end.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// What says that the app's credential is wrong.
const REFUSED: [&str; 3] = ["invalid_client", "unauthorized_client", "invalid_grant"];

/// A form for the token endpoint.
#[derive(Debug)]
pub(crate) struct Credential {
    endpoint: Uri,
    form: Secret,
}

impl Credential {
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let secret = settings.client_secret.as_ref().map(Secret::reveal).filter(|secret| !secret.is_empty());
        let secret = secret.ok_or_else(|| {
            let rule = "needed: set client_secret_file or the environment variable to the Client Secret";
            SettingsError::new("client_secret", "(none)", rule)
        })?;
        let form = wire::form(&[
            ("grant_type", "client_credentials"),
            ("client_id", &settings.client_id),
            ("client_secret", secret),
        ]);
        Ok(Self { endpoint: address("auth_url", &settings.auth_url, "")?, form: Secret::new(form) })
    }

    /// The call for a token.
    pub(crate) fn call(&self) -> Call {
        let request = wire::post(&self.endpoint, wire::FORM, self.form.reveal().to_owned().into_bytes());
        Call { api: "auth", request, commits: false, memo: None }
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    expires_in: u32,
}

/// Reads the token endpoint's answer. Which status a refusal has is unconfirmed: `error` counts more, but a server in
/// trouble is not believed when it speaks of the credential.
pub(crate) fn read(answer: &Answer) -> Result<Token, AuthRefusal> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let error = error_of(&body);
    let trouble = |detail: String| AuthRefusal::Unavailable { retry_after: answer.retry_after(), detail };
    match (answer.status, error) {
        (429 | 503, _) => return Err(trouble(format!("HTTP {}: too many token requests", answer.status))),
        (status @ 500.., _) => return Err(trouble(format!("HTTP {status}"))),
        (status, Some(error)) if REFUSED.contains(&error.as_str()) => {
            let what = "refused: check client_id (not the App ID) and client_secret (not the App Secret)";
            return Err(AuthRefusal::Misconfigured { detail: format!("HTTP {status}, {error}: {what}") });
        }
        (status @ (400 | 401 | 403..=405), error) => {
            let error = error.map(|error| format!(", error {error}")).unwrap_or_default();
            let what = match status {
                404 | 405 => "auth_url is not the token endpoint",
                _ => "the token request is refused: check client_id and client_secret",
            };
            return Err(AuthRefusal::Misconfigured { detail: format!("HTTP {status}{error}: {what}") });
        }
        (200, None) => {}
        (status, error) => {
            return Err(trouble(format!("HTTP {status}, error {}", error.as_deref().unwrap_or("unknown"))));
        }
    }
    match Granted::deserialize(&body) {
        Ok(Granted { access_token, expires_in }) if expires_in > 0 && is_bearer(&access_token) => {
            let life = Duration::from_secs(expires_in.into());
            Ok(Token {
                value: access_token,
                expires_at: answer.at.plus(life),
                renew_before: RENEW_BEFORE.min(life / 2),
            })
        }
        _ => Err(trouble("HTTP 200 without a token".to_owned())),
    }
}

/// `error`, a word or a number. Words that are not known are not repeated: they are the endpoint's own text.
fn error_of(body: &Value) -> Option<String> {
    match body.get("error")? {
        Value::Null => None,
        Value::String(word) if REFUSED.contains(&word.as_str()) || word.parse::<u32>().is_ok() => Some(word.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => Some("unlisted".to_owned()),
    }
}

fn is_bearer(token: &Secret) -> bool {
    !token.reveal().is_empty() && HeaderValue::from_str(token.reveal()).is_ok()
}
