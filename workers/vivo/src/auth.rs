//! The app's token (section 3).

use std::{fmt::Write, time::Duration};

use http::Uri;
use md5::{Digest, Md5};
use push_contract::{Answer, AuthRefusal, Call, Secret, Timestamp, Token, wire};
use serde_json::{Value, json};

use crate::{answer, codes, settings::Settings};

/// The answer does not say how long a token lives: 24 hours.
const LIFE: Duration = Duration::from_secs(24 * 3600);
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
    let digest = Md5::digest(format!("{app_id}{key}{timestamp}{}", secret.trim()));
    digest.iter().fold(String::new(), |mut hex, byte| {
        // Writing into a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Reads the token endpoint's answer.
pub(crate) fn read(settings: &Settings, answer: &Answer) -> Result<Token, AuthRefusal> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let retry_after = answer.retry_after();
    let Some(result) = answer::result(&body) else {
        let detail = format!("HTTP {} without a result", answer.status);
        return Err(match answer.status {
            400..=499 if !matches!(answer.status, 408 | 429) => AuthRefusal::Misconfigured { detail },
            _ => AuthRefusal::Unavailable { retry_after, detail },
        });
    };
    if result == codes::SUCCESS {
        let renew_before = LIFE.saturating_sub(Duration::from_secs(settings.renew_after_seconds));
        let token = body["authToken"].as_str().map(Secret::new);
        let token = token.and_then(|token| Token::of(token, answer.at, LIFE, renew_before));
        let detail = "result 0 without an authToken".to_owned();
        let token = token.ok_or(AuthRefusal::Unavailable { retry_after, detail })?;
        return Ok(Token { renew_before, ..token });
    }
    // In full, as a wrong clock shows only here (section 3); but never with the secret in it.
    let said: String = body["desc"].as_str().unwrap_or_default().chars().take(MOST_TEXT).collect();
    let said = if said.contains(settings.secret()) { String::new() } else { said };
    let detail = format!("result {result}: {said}");
    match codes::blames_the_app(settings, &result) {
        true => Err(AuthRefusal::Misconfigured { detail }),
        false => Err(AuthRefusal::Unavailable { retry_after, detail }),
    }
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
