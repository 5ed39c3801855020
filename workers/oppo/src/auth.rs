//! The app's auth token (section 3).

use std::time::Duration;

use http::Uri;
use push_contract::{Action, Answer, AuthRefusal, Call, Secret, Timestamp, Token, kit::fitting::integer, wire};
use sha2::{Digest, Sha256};

use crate::{answer::Envelope, codes, settings::Settings};

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

/// Reads the answer.
pub(crate) fn read(answer: &Answer) -> Result<Token, AuthRefusal> {
    let refused = |is_wrong: bool, detail: String| match is_wrong {
        true => AuthRefusal::Misconfigured { detail },
        false => AuthRefusal::Unavailable { retry_after: answer.retry_after(), detail },
    };
    let Some(Envelope { code, data, .. }) = Envelope::read(answer) else {
        let is_wrong = (400..=499).contains(&answer.status) && answer.status != 429;
        return Err(refused(is_wrong, format!("HTTP {} without a code: is this OPPO's host?", answer.status)));
    };
    if code != codes::SUCCESS {
        let is_wrong = matches!(codes::verdict(&code, answer).0.action, Action::AppMisconfigured | Action::Refused);
        return Err(refused(is_wrong, format!("{code}: {}", explain(&code))));
    }
    let token = data["auth_token"].as_str().filter(|_| answer.status == 200).map(Secret::new);
    // A clock ahead of ours must not make the token live longer.
    let created = integer(&data["create_time"]).map_or(answer.at, |at| Timestamp::from_millis(at).min(answer.at));
    let left = created.plus(LIFE).since(answer.at);
    let token = token.and_then(|token| Token::of(token, answer.at, left, RENEW_BEFORE));
    token.ok_or_else(|| refused(false, "no auth_token that can be used".to_owned()))
}

/// What a code of the auth call means for whoever set the app up. Our words: OPPO's text may quote what was sent.
fn explain(code: &str) -> &'static str {
    match code {
        "14" | "15" => "app_key is not known",
        "16" | "17" => "the signature is wrong: master_secret must be the MasterSecret, not the AppSecret",
        "18" | "19" => "the time is wrong: check the clock, 10 minutes are allowed",
        "26" => "this address is on OPPO's blacklist",
        "27" | "30" => "the app has no right to push by API: apply for it on the platform",
        "28" => "the app is disabled on the platform",
        _ => "OPPO refuses the request for a token",
    }
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
