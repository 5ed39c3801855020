//! The app's auth token (section 3).

use std::time::Duration;

use http::Uri;
use push_contract::{Action, Answer, AuthRefusal, Call, Secret, Timestamp, Token, kit::fitting::integer, wire};
use sha2::{Digest, Sha256};

use crate::{answer, codes, settings::Settings};

/// How long a token lives.
const LIFE: Duration = Duration::from_secs(24 * 3600);
/// Tokens are renewed after 22 hours.
const RENEW_BEFORE: Duration = Duration::from_secs(2 * 3600);

/// The request for a token. The signature ends 10 minutes after `now`, so it is made anew each time.
pub(crate) fn call(settings: &Settings, endpoint: &Uri, now: Timestamp) -> Call {
    let (app_key, timestamp) = (settings.app_key.as_str(), now.as_millis().to_string());
    let sign = settings.master_secret.as_ref().map(|secret| sign(app_key, &timestamp, secret)).unwrap_or_default();
    let form = wire::form(&[("app_key", app_key), ("sign", &sign), ("timestamp", &timestamp)]);
    Call { api: "auth", request: wire::post(endpoint, wire::FORM, form), commits: false, memo: None }
}

/// Lower-case SHA-256 of AppKey, timestamp and MasterSecret without separators.
fn sign(app_key: &str, timestamp: &str, master_secret: &Secret) -> String {
    let hash = Sha256::new().chain_update(app_key).chain_update(timestamp).chain_update(master_secret.reveal());
    format!("{:x}", hash.finalize())
}

/// Reads the answer. OPPO's own text is not repeated: it may quote what was sent.
pub(crate) fn read(answer: &Answer) -> Result<Token, AuthRefusal> {
    let envelope = answer::Envelope::read(answer);
    if let Some(token) = envelope.as_ref().and_then(|envelope| granted(envelope, answer.at)) {
        return Ok(token);
    }
    let (action, detail) = match envelope {
        None => (answer::by_status(answer, false).action, format!("HTTP {}: is this OPPO's host?", answer.status)),
        Some(answer::Envelope { code, .. }) => {
            let what = match code.as_str() {
                codes::SUCCESS => "no auth_token that can be used",
                "14" | "15" => "app_key is not known",
                "16" | "17" => "master_secret must be the MasterSecret, not the AppSecret",
                "18" | "19" => "check the clock: 10 minutes are allowed",
                _ => "OPPO grants no token; if that stays, see the app and its right to push by API on the platform",
            };
            (codes::verdict(&code, "", answer).0.action, format!("{code}: {what}"))
        }
    };
    Err(match action {
        Action::AppMisconfigured | Action::Refused => AuthRefusal::Misconfigured { detail },
        _ => AuthRefusal::Unavailable { retry_after: answer.retry_after(), detail },
    })
}

/// The token of an answer, if it can be used. A clock ahead of ours must not make it live longer.
fn granted(answer::Envelope { code, data, .. }: &answer::Envelope, now: Timestamp) -> Option<Token> {
    let token = data["auth_token"].as_str().filter(|_| code == codes::SUCCESS)?;
    let created = integer(&data["create_time"]).map_or(now, |at| Timestamp::from_millis(at).min(now));
    Token::of(Secret::new(token), now, created.plus(LIFE).since(now), RENEW_BEFORE)
}

#[cfg(test)]
mod tests {
    use push_contract::Secret;

    #[test]
    fn the_signature_is_that_of_the_sheet() {
        let secret = Secret::new("0a1b2c3d4e5f60718293a4b5c6d7e8f9");
        let sign = super::sign("b5ce3b6a4c1d4f2e9a7d0c8f1e2d3c4b", "1732073400123", &secret);
        assert_eq!(sign, "64a723140fd3a4e590246c8f558f2259d105e380da9b2d03a70c625b0c897f5a");
    }
}
