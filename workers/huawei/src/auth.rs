//! The app's bearer token: asked for with the client's secret (section 3.1), or signed here (section 3.2).

use std::time::Duration;

use http::{HeaderValue, Uri};
use push_contract::{
    Answer, AuthRefusal, Authentication, Call, Secret, SettingsError, Timestamp, Token, typed::address, wire,
};
use serde::Deserialize;
use serde_json::Value;

use crate::{
    service_account::ServiceAccount,
    settings::{Auth, Settings},
};

/// Tokens are renewed this long before they end.
pub(crate) const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// What calls are authorised with.
#[derive(Debug)]
pub(crate) enum Credential {
    /// A form for the token endpoint.
    Client { endpoint: Uri, form: Secret },
    /// A key that signs tokens here.
    ServiceAccount(Box<ServiceAccount>),
}

impl Credential {
    /// Reads the credential that the settings choose.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let needed = |secret: &Option<Secret>, key: &str| {
            let rule = format!("needed for this auth: set {key}_file or the environment variable");
            secret.clone().filter(|s| !s.reveal().is_empty()).ok_or_else(|| SettingsError::new(key, "(none)", rule))
        };
        match settings.auth {
            Auth::Oauth => {
                let secret = needed(&settings.client_secret, "client_secret")?;
                let fields = [
                    ("grant_type", "client_credentials"),
                    ("client_id", &settings.client_id),
                    ("client_secret", secret.reveal()),
                ];
                let endpoint = address("auth_url", &settings.auth_url, "")?;
                Ok(Self::Client { endpoint, form: Secret::new(wire::form(&fields)) })
            }
            Auth::ServiceAccount => {
                let account = ServiceAccount::open(&needed(&settings.service_account, "service_account")?)?;
                if !settings.project_id.is_empty() && settings.project_id != account.project_id {
                    let rule = "must be the project of the service account: correct it or leave it empty";
                    return Err(SettingsError::new("project_id", &settings.project_id, rule));
                }
                Ok(Self::ServiceAccount(Box::new(account)))
            }
        }
    }

    /// How the process gets a token.
    pub(crate) fn authentication(&self, now: Timestamp) -> Authentication {
        match self {
            Self::Client { endpoint, form } => {
                let body = form.reveal().to_owned().into_bytes();
                let request = wire::post(endpoint, wire::FORM, body);
                Authentication::Endpoint(Box::new(Call { api: "auth", request, commits: false, memo: None }))
            }
            Self::ServiceAccount(account) => Authentication::Token(account.token(now)),
        }
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    expires_in: u32,
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

fn is_bearer(token: &Secret) -> bool {
    !token.reveal().is_empty() && HeaderValue::from_str(token.reveal()).is_ok()
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
