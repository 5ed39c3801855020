//! The app's bearer token: asked for with the client's secret (section 3.1), or signed here (section 3.2).

use std::time::Duration;

use http::Uri;
use push_contract::{
    Answer, AuthRefusal, Authentication, Secret, SettingsError, Timestamp, Token,
    kit::{
        oauth,
        settings::{number, rule, secret},
    },
    typed::address,
};
use serde_json::Value;

use crate::{
    service_account::ServiceAccount,
    settings::{Platform, Settings},
};

/// Tokens are renewed this long before they end.
pub(crate) const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// 1000 tokens in five minutes, spread (section 3.1).
pub(crate) const TOKENS_PER_SECOND: u32 = 3;

/// What calls are authorised with.
#[derive(Debug)]
pub(crate) struct Credentials {
    /// Of HMS Android: the token endpoint and the client's secret. Without it the service account signs there too.
    client: Option<(Uri, Secret)>,
    /// A key that signs tokens here. HarmonyOS NEXT takes no other.
    pub(crate) account: Option<ServiceAccount>,
}

impl Credentials {
    /// Reads the credentials that the settings name, and those that the app's type of token needs.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let Settings { token_type, client_id, project_id, .. } = settings;
        let given = |text: &&Secret| !text.reveal().trim().is_empty();
        let account = match settings.service_account.as_ref().filter(given) {
            None if *token_type == Platform::Android => None,
            text => Some(ServiceAccount::open(secret(text, "service_account", "the service account's key file")?)?),
        };
        let client = match settings.client_secret.as_ref().filter(given) {
            None if account.is_some() => None,
            text => {
                let secret = secret(text, "client_secret", "the Client Secret, or give a service account")?;
                Some((address("auth_url", &settings.auth_url, "")?, secret.clone()))
            }
        };
        let is_addressed = *token_type == Platform::Next || !project_id.is_empty();
        if client.is_some() || !is_addressed || !client_id.is_empty() {
            number("client_id", client_id, "the app's OAuth 2.0 client ID")?;
        }
        if !project_id.is_empty() {
            number("project_id", project_id, "project settings show it")?;
            let is_own = account.as_ref().is_none_or(|account| account.project_id() == project_id);
            rule(is_own, "project_id", project_id, "must be the project of the service account: correct it")?;
        }
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

/// Reads the token endpoint's answer. Its texts are not repeated: they may quote what was sent.
pub(crate) fn read(answer: &Answer) -> Result<Token, AuthRefusal> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let (status, error, sub_error) = (answer.status, body["error"].as_u64(), body["sub_error"].as_u64());
    let wrong = |detail: String| Err(AuthRefusal::Misconfigured { detail });
    let trouble = |what: &str| AuthRefusal::Unavailable {
        retry_after: answer.retry_after(),
        detail: format!("HTTP {status}{what}"),
    };
    match (error, status) {
        (Some(1101), _) => wrong(format!("1101/{}: {}", sub_error.unwrap_or_default(), explain(sub_error))),
        (_, 400 | 401) => wrong(format!("HTTP {status}: refused: check client_id and client_secret")),
        (_, 403) => wrong("HTTP 403: the vendor's network policy keeps this address out".to_owned()),
        (_, 404 | 405) => wrong(format!("HTTP {status}: auth_url is not the token endpoint")),
        (_, 200) => oauth::granted(&body, answer.at, RENEW_BEFORE).ok_or_else(|| trouble(" without a token")),
        (_, 503) => Err(trouble(": too many token requests")),
        _ => Err(trouble("")),
    }
}

/// Known pairs of `error` 1101 and `sub_error` (section 3.1).
const fn explain(sub_error: Option<u64>) -> &'static str {
    match sub_error {
        Some(12304) => "client_secret is wrong",
        Some(20002) => "client_id has a wrong format",
        Some(20003) => "client_id is unknown",
        Some(20171) => "client_secret is empty",
        _ => "a parameter is wrong: check client_id and client_secret",
    }
}
