//! Service-account tokens: a JWT that is itself the bearer credential (section 3.2).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, crypto};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::apps::Account;
use super::codes;
use crate::vendors::Refusal;

const AUDIENCE: &str = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
const DAY_SECONDS: u64 = 86_400;
/// How far a sender's clock may be ahead. The sheet only says to keep it right.
const SKEW_SECONDS: u64 = 300;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    kid: String,
    typ: String,
    alg: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    aud: String,
    iss: String,
    iat: u64,
    exp: u64,
}

/// Whether a bearer credential looks like a JWT; tokens of the token endpoint hold no dots.
pub(super) fn looks_like(credential: &str) -> bool {
    credential.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// Checks a JWT against the account at `now` (milliseconds); gives when it ends (milliseconds).
pub(super) fn check(jwt: &str, account: &Account, now: u64) -> Result<u64, Refusal> {
    let bad = |why: &str| Refusal::new(codes::AUTH, format!("JWT: {why}"));
    let (message, signature) = jwt.rsplit_once('.').ok_or_else(|| bad("needs three parts"))?;
    let (header, claims) = message.split_once('.').ok_or_else(|| bad("needs three parts"))?;
    let header: Header = part(header).ok_or_else(|| bad("the header must hold kid, typ and alg, nothing else"))?;
    if header.alg != "PS256" || header.typ != "JWT" {
        return Err(bad("alg must be PS256 and typ JWT"));
    }
    if account.key_id.as_ref().is_some_and(|key_id| *key_id != header.kid) {
        return Err(bad("kid is not the account's key_id"));
    }
    let claims: Claims = part(claims).ok_or_else(|| bad("the payload must hold aud, iss, iat and exp, integers"))?;
    match crypto::verify(signature, message.as_bytes(), &account.key, Algorithm::PS256) {
        Ok(true) => {}
        Ok(false) | Err(_) => return Err(bad("the signature does not verify as PS256 with the registered key")),
    }
    if claims.aud != AUDIENCE {
        return Err(bad("aud must be the token URL"));
    }
    if claims.iss != account.sub_account {
        return Err(bad("iss must be the sub_account"));
    }
    let seconds = now / 1000;
    if claims.iat > seconds + SKEW_SECONDS || claims.exp <= claims.iat {
        return Err(bad("iat lies ahead, or exp before iat"));
    }
    if claims.exp - claims.iat > DAY_SECONDS {
        return Err(Refusal::new(codes::JWT_TOO_LONG, "JWT: exp may be at most a day after iat"));
    }
    if claims.exp <= seconds {
        return Err(Refusal::new(codes::JWT_EXPIRED, "JWT: exp is past"));
    }
    Ok(claims.exp * 1000)
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
