//! The app's token (section 3).

use std::time::Duration;

use http::Uri;
use md5::{Digest, Md5};
use push_contract::{Action, Answer, AuthRefusal, Call, Secret, Timestamp, Token, wire};
use serde_json::{Value, json};

use crate::{
    answer::{self, Stage},
    codes,
    settings::Settings,
};

/// The answer does not say how long a token lives: 24 hours.
const LIFE: Duration = Duration::from_secs(24 * 3600);
/// vivo advises a new one every hour or two; while that fails the old one stays in use.
const RENEW_BEFORE: Duration = Duration::from_secs(23 * 3600);
/// Calls a second; over it the answer is 10093.
pub(crate) const CALLS_PER_SECOND: u32 = 10;
/// Of a vendor's own text, in characters.
const MOST_TEXT: usize = 200;

/// The call for a token. Tokens do not replace each other, so every worker may hold its own.
pub(crate) fn call(settings: &Settings, address: &Uri, now: Timestamp) -> Call {
    let (app_id, key, timestamp) = (settings.app_id, settings.app_key.trim(), now.as_millis());
    let sign = sign(app_id, key, timestamp, settings.secret());
    let body = json!({ "appId": app_id, "appKey": key, "timestamp": timestamp, "sign": sign });
    let request = wire::post(address, wire::JSON, body.to_string());
    Call { api: "auth", request, commits: false, memo: None }
}

/// Lower-case hex of MD5(appId + appKey + timestamp + appSecret).
fn sign(app_id: u64, key: &str, timestamp: i64, secret: &str) -> String {
    format!("{:x}", Md5::digest(format!("{app_id}{key}{timestamp}{}", secret.trim())))
}

/// Reads the token endpoint's answer.
pub(crate) fn read(settings: &Settings, answer: &Answer) -> Result<Token, AuthRefusal> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let result = answer::result(&body);
    let token = body["authToken"].as_str().filter(|_| result.as_deref() == Some(codes::SUCCESS));
    if let Some(token) = token.and_then(|token| Token::of(Secret::new(token), answer.at, LIFE, RENEW_BEFORE)) {
        return Ok(Token { renew_before: RENEW_BEFORE, ..token });
    }
    let (action, detail) = match result {
        None => (answer::by_status(Stage::Save, answer).action, format!("HTTP {} without a result", answer.status)),
        Some(result) => {
            // In full, as a wrong clock shows only here (section 3); but never with the secret in it.
            let said: String = body["desc"].as_str().unwrap_or_default().chars().take(MOST_TEXT).collect();
            let said = if said.contains(settings.secret()) { String::new() } else { said };
            (codes::meaning(settings, &result).action, format!("result {result}: {said}"))
        }
    };
    Err(match action {
        Action::AppMisconfigured | Action::CredentialStale => AuthRefusal::Misconfigured { detail },
        _ => AuthRefusal::Unavailable { retry_after: answer.retry_after(), detail },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vector_of_the_sheet() {
        let secret = " 8fd0d4bb-5e2f-4b0c-9d6a-0c7d1f2e3a4b\n";
        let key = "25509283-3767-4b9e-83fe-b6e55ac6243e";
        assert_eq!(sign(10004, key, 1_766_000_000_000, secret), "fbad102ee205ab7ccc6263100cfeb335");
    }
}
