//! The service account: a JWT that it signs, for an access token of Google's token endpoint (sections 2 and 3).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Uri;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use push_contract::{
    Answer, AuthRefusal, Authentication, Call, Secret, SettingsError, Timestamp, Token,
    kit::{
        fields::{Fields, json},
        oauth,
        settings::secret,
    },
    typed, wire,
};
use serde::Deserialize;
use serde_json::Value;

use crate::settings::Settings;

const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// What tokens are asked for: the least right that sends.
const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";
/// Google takes no assertion that lives longer.
const LIFE: Duration = Duration::from_secs(3600);
/// Access tokens are renewed this long before they end.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// What the key file says, as far as it is needed.
#[derive(Debug, Deserialize)]
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
    file: KeyFile,
    endpoint: Uri,
    key: EncodingKey,
}

impl Account {
    /// Reads the key file's text and signs once, so that a key that cannot sign is found at start.
    pub(crate) fn open(settings: &Settings) -> Result<Self, SettingsError> {
        let wrong = |rule: &str| SettingsError::new("service_account", "(secret)", rule);
        let text = secret(settings.service_account.as_ref(), "service_account", "the key file as downloaded")?;
        let file: KeyFile = serde_json::from_str(text.reveal()).map_err(|_| {
            wrong(
                "JSON with type, project_id, client_email, private_key, private_key_id and token_uri: use the key file",
            )
        })?;
        if file.kind != "service_account" {
            return Err(wrong("type must be service_account: this file is another kind of credential"));
        }
        let key = EncodingKey::from_rsa_pem(file.private_key.reveal().as_bytes())
            .map_err(|_| wrong("private_key must be an RSA key in PEM: use the key file as downloaded"))?;
        let endpoint = typed::filled(&settings.token_url).unwrap_or(&file.token_uri);
        let account = Self { endpoint: typed::address("token_url", endpoint, "")?, file, key };
        match account.assertion(Timestamp::from_millis(0)) {
            Some(_) => Ok(account),
            None => Err(wrong("private_key cannot sign RS256: it must have at least 2048 bits")),
        }
    }

    /// The key file's project, for settings that name none.
    pub(crate) fn project_id(&self) -> &str {
        &self.file.project_id
    }

    /// How the process gets a token: with an assertion of now. One that was made earlier would be refused in an hour.
    pub(crate) fn authentication(&self, now: Timestamp) -> Authentication {
        // `open` has seen this key sign. Should it fail all the same, Google answers invalid_request to an empty one.
        let assertion = self.assertion(now).unwrap_or_default();
        let form = wire::form(&[("grant_type", GRANT_TYPE), ("assertion", &assertion)]);
        let request = wire::post(&self.endpoint, wire::FORM, form);
        Authentication::Endpoint(Box::new(Call { api: "token", request, commits: false, memo: None }))
    }

    /// The audience is the key file's `token_uri`, wherever the request goes.
    fn assertion(&self, now: Timestamp) -> Option<String> {
        let header = Fields::new().with("alg", "RS256").with("typ", "JWT").with("kid", &self.file.private_key_id);
        let claims = Fields::new()
            .with("iss", &self.file.client_email)
            .with("scope", SCOPE)
            .with("aud", &self.file.token_uri)
            .with("iat", now.as_secs())
            .with("exp", now.plus(LIFE).as_secs());
        let [header, claims] = [json(&header).ok()?, json(&claims).ok()?].map(|part| URL_SAFE_NO_PAD.encode(part));
        let message = format!("{header}.{claims}");
        let signature = crypto::sign(message.as_bytes(), &self.key, Algorithm::RS256).ok()?;
        Some(format!("{message}.{signature}"))
    }
}

/// Reads the token endpoint's answer (sections 3.2 and 3.3). Its errors have another form than those of a send.
pub(crate) fn read(answer: &Answer) -> Result<Token, AuthRefusal> {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let misconfigured = |words: &str| AuthRefusal::Misconfigured { detail: format!("HTTP {}: {words}", answer.status) };
    let trouble = |detail: String| AuthRefusal::Unavailable { retry_after: answer.retry_after(), detail };
    match answer.status {
        200 => oauth::granted(&body, answer.at, RENEW_BEFORE).ok_or_else(|| match text("id_token") {
            "" => trouble("HTTP 200 without a token".to_owned()),
            _ => misconfigured("an ID token: scope is unknown to Google"),
        }),
        400 | 401 | 403..=405 => Err(misconfigured(&explain(text("error"), text("error_description")))),
        status => Err(trouble(format!("HTTP {status}"))),
    }
}

/// Errors of the endpoint, what their description contains, and our own words for them: the endpoint's may quote.
#[rustfmt::skip]
const REFUSALS: [(&str, &str, &str); 10] = [
    ("invalid_grant", "Signature", "the key is revoked, or another account's: make a new one"),
    ("invalid_grant", "account not found", "the service account was deleted"),
    ("invalid_grant", "short-lived", "this machine's clock is wrong"),
    ("invalid_grant", "is not set", "the assertion lacks its times"),
    ("invalid_grant", "audience", "token_uri of the key file is not Google's"),
    ("invalid_grant", "", "check the service account and the clock"),
    ("invalid_request", "", "Google cannot read the assertion"),
    ("invalid_scope", "", "Google no longer knows the scope that this worker asks for"),
    ("invalid_client", "", "check the service account"),
    ("unauthorized_client", "", "the account may not have this scope"),
];

fn explain(error: &str, description: &str) -> String {
    let known = REFUSALS.iter().find(|(name, word, _)| *name == error && description.contains(word));
    known.map_or_else(
        || "refused without a reason that is documented: check token_url and the service account".to_owned(),
        |(name, _, words)| format!("{name}: {words}"),
    )
}
