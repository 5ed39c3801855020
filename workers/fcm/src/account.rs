//! The service account: a JWT that it signs, for an access token of Google's token endpoint (sections 2 and 3).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderValue, Uri};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use push_contract::{Answer, AuthRefusal, Authentication, Call, Secret, SettingsError, Timestamp, Token, typed, wire};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::settings::Settings;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Google takes no assertion that lives longer.
const LIFE: Duration = Duration::from_secs(3600);
/// Access tokens are renewed this long before they end.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// What the key file says, as far as it is needed.
#[derive(Deserialize)]
struct KeyFile {
    #[serde(rename = "type")]
    kind: String,
    project_id: String,
    client_email: String,
    private_key: Secret,
    private_key_id: String,
    token_uri: String,
}

/// A key that signs.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) project_id: String,
    email: String,
    key_id: String,
    scope: String,
    audience: String,
    endpoint: Uri,
    key: EncodingKey,
}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: i64,
    exp: i64,
}

impl Account {
    /// Reads the key file's text and signs once, so that a key that cannot sign is found at start.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let wrong = |value: &str, rule: &str| SettingsError::new("service_account", value, rule);
        let given = settings.service_account.as_ref().filter(|text| !text.reveal().is_empty());
        let text = given.ok_or_else(|| wrong("(none)", "set service_account_file or the environment variable"))?;
        let file: KeyFile = serde_json::from_str(text.reveal()).map_err(|_| {
            let names = "type, project_id, client_email, private_key, private_key_id and token_uri";
            wrong("(secret)", &format!("JSON with {names}: use the key file as downloaded"))
        })?;
        if file.kind != "service_account" {
            return Err(wrong("(secret)", "type must be service_account: this file is another kind of credential"));
        }
        let key = EncodingKey::from_rsa_pem(file.private_key.reveal().as_bytes())
            .map_err(|_| wrong("(secret)", "private_key must be an RSA key in PEM: use the key file as downloaded"))?;
        let endpoint = typed::filled(&settings.token_url).unwrap_or(&file.token_uri);
        let account = Self {
            endpoint: typed::address("token_url", endpoint, "")?,
            project_id: typed::filled(&settings.project_id).unwrap_or(&file.project_id).to_owned(),
            email: file.client_email,
            key_id: file.private_key_id,
            scope: settings.scope.clone(),
            audience: file.token_uri,
            key,
        };
        match account.assertion(Timestamp::from_millis(0)) {
            Some(_) => Ok(account),
            None => Err(wrong("(secret)", "private_key cannot sign RS256: it must have at least 2048 bits")),
        }
    }

    /// How the process gets a token: with an assertion of now. One that was made earlier would be refused in an hour.
    pub(crate) fn authentication(&self, now: Timestamp) -> Authentication {
        // `open` has seen this key sign. Should it fail all the same, Google answers invalid_request to an empty one.
        let assertion = self.assertion(now).unwrap_or_default();
        let form = wire::form(&[("grant_type", GRANT_TYPE), ("assertion", &assertion)]);
        let request = wire::post(&self.endpoint, wire::FORM, form);
        Authentication::Endpoint(Box::new(Call { api: "token", request, commits: false, memo: None }))
    }

    fn assertion(&self, now: Timestamp) -> Option<String> {
        let header = Header { alg: "RS256", typ: "JWT", kid: &self.key_id };
        let (iat, exp) = (now.as_secs(), now.plus(LIFE).as_secs());
        let claims = Claims { iss: &self.email, scope: &self.scope, aud: &self.audience, iat, exp };
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header).ok()?);
        let claims = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&claims).ok()?);
        let message = format!("{header}.{claims}");
        let signature = crypto::sign(message.as_bytes(), &self.key, Algorithm::RS256).ok()?;
        Some(format!("{message}.{signature}"))
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: Secret,
    expires_in: u32,
}

/// Reads the token endpoint's answer (sections 3.2 and 3.3). Its errors have another form than those of a send.
pub(crate) fn read(answer: &Answer) -> Result<Token, AuthRefusal> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let trouble = |detail: String| AuthRefusal::Unavailable { retry_after: answer.retry_after(), detail };
    let misconfigured = |detail: String| Err(AuthRefusal::Misconfigured { detail });
    match answer.status {
        200 => {}
        status @ (400 | 401 | 403..=405) => {
            let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
            return misconfigured(format!("HTTP {status}: {}", explain(text("error"), text("error_description"))));
        }
        status => return Err(trouble(format!("HTTP {status}"))),
    }
    match Granted::deserialize(&body) {
        Ok(Granted { access_token, expires_in }) if expires_in > 0 && is_bearer(&access_token) => {
            let life = Duration::from_secs(expires_in.into());
            let expires_at = answer.at.plus(life);
            Ok(Token { value: access_token, expires_at, renew_before: RENEW_BEFORE.min(life / 2) })
        }
        _ if body.get("id_token").is_some() => {
            misconfigured("HTTP 200: an ID token: scope is unknown to Google".into())
        }
        _ => Err(trouble("HTTP 200 without a token".to_owned())),
    }
}

fn is_bearer(token: &Secret) -> bool {
    !token.reveal().is_empty() && HeaderValue::from_str(token.reveal()).is_ok()
}

/// The errors that the sheet lists, with our own words: the endpoint's may quote.
fn explain(error: &str, description: &str) -> String {
    let grant = [
        ("Signature", "invalid_grant: the key is revoked, or another account's: make a new one"),
        ("account not found", "invalid_grant: the service account was deleted"),
        ("short-lived", "invalid_grant: this machine's clock is wrong"),
        ("is not set", "invalid_grant: the assertion lacks its times"),
        ("audience", "invalid_grant: token_uri of the key file is not Google's"),
    ];
    match error {
        "invalid_grant" => {
            let known = grant.iter().find(|(word, _)| description.contains(word));
            known.map_or("invalid_grant: check the service account and the clock", |(_, text)| text)
        }
        "invalid_request" => "invalid_request: Google cannot read the assertion",
        "invalid_scope" => "invalid_scope: check scope",
        "invalid_client" => "invalid_client: check the service account",
        "unauthorized_client" => "unauthorized_client: the account may not have this scope",
        _ => "refused without a reason that is documented: check token_url and the service account",
    }
    .to_owned()
}
