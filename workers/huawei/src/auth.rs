//! The app's bearer token: asked for with the client's secret (section 3.1), or signed here (section 3.2).

use std::time::Duration;

use http::Uri;
use push_contract::{
    Answer, AuthRefusal, Authentication, Secret, SettingsError, Timestamp, Token,
    kit::{
        oauth,
        settings::{rule, secret},
    },
    typed::address,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    service_account::ServiceAccount,
    settings::{Auth, Platform, Settings},
};

/// Tokens are renewed this long before they end.
pub(crate) const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// What calls are authorised with.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// Of HMS Android, if the settings choose it: the token endpoint and the client's secret.
    client: Option<(Uri, Secret)>,
    /// A key that signs tokens here. HarmonyOS NEXT takes no other.
    pub(crate) account: Option<ServiceAccount>,
}

impl Credentials {
    /// Reads the credentials that the settings name and those that they need.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let text = settings.service_account.as_ref().filter(|text| !text.reveal().trim().is_empty());
        let account = match text {
            None if settings.auth == Auth::Oauth && settings.token_type == Platform::Android => None,
            _ => Some(ServiceAccount::open(secret(text, "service_account", "the service account's key file")?)?),
        };
        let client = if settings.auth == Auth::Oauth && settings.has_android() {
            let secret = secret(settings.client_secret.as_ref(), "client_secret", "the Client Secret")?;
            Some((address("auth_url", &settings.auth_url, "")?, secret.clone()))
        } else {
            None
        };
        let is_own = account.as_ref().is_none_or(|account| account.project_id == settings.project_id);
        let text = "must be the project of the service account: correct it or leave it empty";
        rule(settings.project_id.is_empty() || is_own, "project_id", &settings.project_id, text)?;
        Ok(Self { client, account })
    }

    /// How the process gets a token; nothing where there is no credential, and then nothing is sent either.
    pub(crate) fn authentication(&self, platform: Platform, client_id: &str, now: Timestamp) -> Authentication {
        match (&self.client, &self.account) {
            (Some((endpoint, secret)), _) if platform == Platform::Android => {
                Authentication::Endpoint(Box::new(oauth::ask(endpoint, client_id, secret)))
            }
            (_, Some(account)) => Authentication::Token(account.token(now)),
            (_, None) => Authentication::InRequest,
        }
    }
}

#[derive(Deserialize)]
struct Denied {
    error: u32,
    #[serde(default)]
    sub_error: u32,
}

/// Reads the token endpoint's answer.
pub(crate) fn read(answer: &Answer) -> Result<Token, AuthRefusal> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if let Ok(Denied { error: error @ 1101, sub_error }) = Denied::deserialize(&body) {
        return Err(AuthRefusal::Misconfigured { detail: format!("{error}/{sub_error}: {}", explain(sub_error)) });
    }
    let trouble = |detail: String| AuthRefusal::Unavailable { retry_after: answer.retry_after(), detail };
    match answer.status {
        200 => {}
        status @ (400 | 401 | 403..=405) => {
            let what = match status {
                403 => "the vendor's network policy keeps this address out",
                404 | 405 => "auth_url is not the token endpoint",
                _ => "the token request is refused: check client_id and client_secret",
            };
            return Err(AuthRefusal::Misconfigured { detail: format!("HTTP {status}: {what}") });
        }
        503 => return Err(trouble("HTTP 503: too many token requests".to_owned())),
        status => return Err(trouble(format!("HTTP {status}"))),
    }
    oauth::granted(&body, answer.at, RENEW_BEFORE).ok_or_else(|| trouble("HTTP 200 without a token".to_owned()))
}

/// Known pairs of `error` 1101 and `sub_error` (section 3.1).
const fn explain(sub_error: u32) -> &'static str {
    match sub_error {
        12304 => "client_secret is wrong",
        20002 => "client_id has a wrong format",
        20003 => "client_id is unknown",
        20171 => "client_secret is empty",
        _ => "a parameter is wrong: check client_id and client_secret",
    }
}
