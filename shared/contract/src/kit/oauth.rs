//! Tokens of OAuth 2: asking for one with a client's secret (RFC 6749, section 4.4), and reading one (section 5.1).

use std::time::Duration;

use http::Uri;
use serde::Deserialize;
use serde_json::Value;

use crate::{Call, Secret, Timestamp, Token, wire};

/// The call for a token with the client's id and secret. The body holds the secret: it is shown nowhere.
#[must_use]
pub fn ask(endpoint: &Uri, client_id: &str, client_secret: &Secret) -> Call {
    let form = wire::form(&[
        ("grant_type", "client_credentials"),
        ("client_id", client_id),
        ("client_secret", client_secret.reveal()),
    ]);
    Call { api: "auth", request: wire::post(endpoint, wire::FORM, form), commits: false, memo: None }
}

/// The token that an answer grants: `access_token`, and `expires_in` in seconds. `None`: it grants none that can be used.
#[must_use]
pub fn granted(body: &Value, at: Timestamp, renew_before: Duration) -> Option<Token> {
    #[derive(Deserialize)]
    struct Granted {
        access_token: Secret,
        expires_in: u32,
    }

    let Granted { access_token, expires_in } = Granted::deserialize(body).ok()?;
    Token::of(access_token, at, Duration::from_secs(expires_in.into()), renew_before)
}

impl Token {
    /// A token that lives from `at`. It is renewed in the first half of its life at the earliest. `None`: it has no
    /// life left, or could not stand in a header.
    #[must_use]
    pub fn of(value: Secret, at: Timestamp, life: Duration, renew_before: Duration) -> Option<Self> {
        let text = value.reveal();
        let usable = !life.is_zero() && !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        usable.then(|| Self { value, expires_at: at.plus(life), renew_before: renew_before.min(life / 2) })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_form_escapes_the_secret() {
        let call = ask(&Uri::from_static("https://host/token"), "42", &Secret::new("a+b="));
        assert_eq!(
            call.request.body().as_ref(),
            b"grant_type=client_credentials&client_id=42&client_secret=a%2Bb%3D".as_slice()
        );
        assert!(!call.commits && !format!("{call:?}").contains("a%2B"));
    }

    #[test]
    fn a_token_must_be_usable() {
        let (at, before) = (Timestamp::from_millis(0), Duration::from_secs(300));
        let read = |body: Value| granted(&body, at, before);
        let token = read(json!({ "access_token": "t", "expires_in": 3600 })).unwrap();
        assert_eq!((token.expires_at.as_secs(), token.renew_before), (3600, before));
        let short = read(json!({ "access_token": "t", "expires_in": 100 })).unwrap();
        assert_eq!(short.renew_before, Duration::from_secs(50));
        for wrong in [
            json!({ "access_token": "t", "expires_in": 0 }),
            json!({ "access_token": "", "expires_in": 9 }),
            json!({ "access_token": "a\nb", "expires_in": 9 }),
            json!({ "expires_in": 9 }),
            json!(null),
        ] {
            assert!(read(wrong.clone()).is_none(), "{wrong}");
        }
    }
}
