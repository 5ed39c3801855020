//! The JWT that a service account shows for an access token (sections 3.1 and 3.3). The checks run in the sheet's order.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, crypto};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::apps::{App, Apps};

/// Over this an assertion is no short-lived one.
const LIFE_MAX_SECONDS: u64 = 65 * 60;
/// How far a clock may be off (unconfirmed in the sheet).
const SKEW_SECONDS: u64 = 300;
/// What gives the right to send.
const SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/firebase.messaging", "https://www.googleapis.com/auth/cloud-platform"];

/// What the endpoint says instead of a token: `error`, `error_description`.
pub(super) type Wrong = (&'static str, &'static str);

const NOT_DECODABLE: Wrong = ("invalid_request", "Bad Request");
const SIGNATURE: Wrong = ("invalid_grant", "Invalid JWT Signature.");
const NO_ACCOUNT: Wrong = ("invalid_grant", "Invalid grant: account not found");
const NOT_SET: Wrong = ("invalid_grant", "Invalid JWT: iat (issued at) is not set.");
const NOT_SHORT: Wrong = (
    "invalid_grant",
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp \
     values in the JWT claim.",
);
const NO_SCOPE: Wrong = ("invalid_scope", "Invalid OAuth scope or ID token audience provided.");
const AUDIENCE: Wrong = ("invalid_grant", "Invalid JWT: Failed audience check.");

/// Google ignores members that it does not know; a typo in ours must not go unseen.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    aud: String,
    iat: Option<u64>,
    exp: Option<u64>,
}

/// An assertion whose parts could be read.
pub(super) struct Assertion {
    header: Header,
    claims: Claims,
    message: String,
    signature: String,
}

/// What a right assertion is worth.
pub(super) enum Granted {
    /// An access token.
    Access,
    /// Its scope is unknown: an ID token, which sends nothing.
    Identity,
}

impl Assertion {
    pub(super) fn read(jwt: &str) -> Result<Self, Wrong> {
        let (message, signature) = jwt.rsplit_once('.').ok_or(NOT_DECODABLE)?;
        let (header, claims) = message.split_once('.').ok_or(NOT_DECODABLE)?;
        Ok(Self {
            header: part(header).ok_or(NOT_DECODABLE)?,
            claims: part(claims).ok_or(NOT_DECODABLE)?,
            message: message.to_owned(),
            signature: signature.to_owned(),
        })
    }

    /// The app that the assertion says it comes from; proves nothing.
    pub(super) fn claimed(&self, apps: &Apps) -> Option<Arc<App>> {
        apps.of_email(&self.claims.iss)
    }

    /// Checks it at `now` (milliseconds).
    pub(super) fn check(&self, app: Option<&App>, now: u64) -> Result<Granted, Wrong> {
        let Self { header, claims, .. } = self;
        let account = &app.ok_or(NO_ACCOUNT)?.account;
        if header.alg != "RS256" || header.typ != "JWT" || header.kid != account.key_id {
            return Err(SIGNATURE);
        }
        match crypto::verify(&self.signature, self.message.as_bytes(), &account.key, Algorithm::RS256) {
            Ok(true) => {}
            Ok(false) | Err(_) => return Err(SIGNATURE),
        }
        let (Some(iat), Some(exp)) = (claims.iat, claims.exp) else { return Err(NOT_SET) };
        let seconds = now / 1000;
        let in_time = iat <= seconds + SKEW_SECONDS && exp + SKEW_SECONDS > seconds;
        if !in_time || exp <= iat || exp - iat > LIFE_MAX_SECONDS {
            return Err(NOT_SHORT);
        }
        if claims.scope.is_empty() {
            return Err(NO_SCOPE);
        }
        if claims.aud != account.token_uri {
            return Err(AUDIENCE);
        }
        let known = claims.scope.split(' ').any(|scope| SCOPES.contains(&scope));
        Ok(if known { Granted::Access } else { Granted::Identity })
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
