//! The app's bearer token: OAuth2 client credentials (section 3).

use std::time::Duration;

use push_contract::{Answer, AuthRefusal, Token, kit::oauth};
use serde_json::Value;

/// Tokens are renewed this long before they end.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// What says that the app's credential is wrong.
const REFUSED: [&str; 3] = ["invalid_client", "unauthorized_client", "invalid_grant"];

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
    oauth::granted(&body, answer.at, RENEW_BEFORE).ok_or_else(|| trouble("HTTP 200 without a token".to_owned()))
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
