//! Who is asking: the provider token (section 3.1) or the certificate, and what the connection is bound to (3.2).

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, crypto};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Apns;
use super::apps::{App, Environment, Signer};
use super::reasons::{
    BAD_CERTIFICATE, BAD_CERTIFICATE_ENVIRONMENT, BAD_KEY_ENVIRONMENT, EXPIRED_PROVIDER_TOKEN, INVALID_PROVIDER_TOKEN,
    MISSING_PROVIDER_TOKEN, TOO_MANY_UPDATES, UNRELATED_KEY,
};
use crate::desk::Worth;
use crate::line::Line;
use crate::simulator::Ask;
use crate::vendors::Refusal;

const HOUR_SECONDS: u64 = 3600;
const TWENTY_MINUTES_MS: u64 = 1_200_000;
/// How far a sender's clock may be ahead. The sheet only says to keep it right.
const SKEW_SECONDS: u64 = 30;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    kid: String,
    #[serde(default)]
    typ: Option<String>,
}

/// "No `exp`, no `aud`."
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims {
    iss: String,
    iat: u64,
}

/// The provider tokens that each team showed lately: when, by which app, which.
#[derive(Default)]
pub(super) struct Updates {
    shown: Mutex<HashMap<String, VecDeque<(u64, String)>>>,
}

impl Updates {
    /// Whether a team may show one more token: `limit` new ones within 20 minutes, those apart that were made stale
    /// meanwhile. Counts it if so.
    fn may(&self, team: &str, token: &str, limit: usize, now: u64, is_good: impl Fn(&str) -> bool) -> bool {
        let mut teams = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = teams.entry(team.to_owned()).or_default();
        shown.retain(|(at, other)| at + TWENTY_MINUTES_MS > now && is_good(other));
        let may = shown.len() < limit;
        if may {
            shown.push_back((now, token.to_owned()));
        }
        may
    }
}

/// The credential of a request, once it is found good; the connection is bound to it by the first push that is taken.
pub(super) fn check(
    apns: &Apns,
    app: &App,
    environment: Environment,
    line: &Line,
    ask: &Ask,
    now: u64,
) -> Result<String, Refusal> {
    let refuse = |reason, why: &str| Err(Refusal::new(reason, why));
    let Some(authorization) = ask.header("authorization") else {
        return match (line.certificate(), &app.certificate) {
            (None, _) => refuse(MISSING_PROVIDER_TOKEN, "neither authorization nor a client certificate"),
            (Some(shown), Some(known)) if shown == known => {
                if app.environment == environment {
                    Ok(format!("certificate {shown}"))
                } else {
                    refuse(BAD_CERTIFICATE_ENVIRONMENT, "the certificate is for the other environment")
                }
            }
            (Some(_), _) => refuse(BAD_CERTIFICATE, "the certificate is not the app's"),
        };
    };
    let Some(signer) = &app.signer else {
        return refuse(INVALID_PROVIDER_TOKEN, "the app has a certificate and no key");
    };
    let Some(token) = authorization.strip_prefix("bearer ") else {
        return refuse(INVALID_PROVIDER_TOKEN, "authorization must be 'bearer <jwt>', in small letters, one space");
    };
    if line.is_spoilt() {
        return refuse(EXPIRED_PROVIDER_TOKEN, "the connection carried an expired token: open another");
    }
    // "After `ExpiredProviderToken` the connection is wedged."
    verify(apns, app, signer, token, now).inspect_err(|refusal| {
        if refusal.code == EXPIRED_PROVIDER_TOKEN {
            line.spoil();
        }
    })?;
    if app.environment != environment {
        return refuse(BAD_KEY_ENVIRONMENT, "the key is for the other environment");
    }
    let credential = format!("{} {}", signer.team_id, signer.key_id);
    match line.bound() {
        Some(bound) if bound == credential => Ok(credential),
        Some(bound) if bound.starts_with(&signer.team_id) => {
            refuse(UNRELATED_KEY, "the connection is bound to another key")
        }
        Some(_) => refuse(INVALID_PROVIDER_TOKEN, "the connection is bound to another team"),
        None => Ok(credential),
    }
}

fn verify(apns: &Apns, app: &App, signer: &Signer, token: &str, now: u64) -> Result<(), Refusal> {
    // One team's token serves all its apps; each app has its own word about it.
    let entry = |token: &str| format!("{} {token}", app.name);
    match apns.desk.worth(&entry(token), now) {
        Worth::Good(_) => return Ok(()),
        Worth::Stale(_) => return Err(Refusal::new(EXPIRED_PROVIDER_TOKEN, "the token was made stale, or is too old")),
        Worth::Unknown => {}
    }
    let issued = read(signer, token).map_err(|why| Refusal::new(INVALID_PROVIDER_TOKEN, why))?;
    let seconds = now / 1000;
    if issued > seconds + SKEW_SECONDS {
        return Err(Refusal::new(INVALID_PROVIDER_TOKEN, "iat lies ahead"));
    }
    if issued + HOUR_SECONDS <= seconds {
        return Err(Refusal::new(EXPIRED_PROVIDER_TOKEN, "iat is over an hour old"));
    }
    let is_good = |other: &str| matches!(apns.desk.worth(other, now), Worth::Good(_));
    // Counted per team; by app here, so that registering one app does not touch another's count.
    let team = format!("{} {}", signer.team_id, app.name);
    if !apns.updates.may(&team, &entry(token), app.token_updates, now, is_good) {
        return Err(Refusal::new(TOO_MANY_UPDATES, "too many new provider tokens within 20 minutes"));
    }
    apns.desk.verified(&app.name, &entry(token), (issued + HOUR_SECONDS) * 1000);
    Ok(())
}

/// Checks form and signature; gives `iat`.
fn read(signer: &Signer, token: &str) -> Result<u64, &'static str> {
    let (message, signature) = token.rsplit_once('.').ok_or("a JWT has three parts")?;
    let (header, claims) = message.split_once('.').ok_or("a JWT has three parts")?;
    let header: Header = part(header).ok_or("the header must hold alg and kid, nothing else but typ")?;
    if header.alg != "ES256" || header.typ.is_some_and(|typ| typ != "JWT") {
        return Err("alg must be ES256, typ JWT or absent");
    }
    if header.kid != signer.key_id {
        return Err("kid is not the app's key_id");
    }
    let claims: Claims = part(claims).ok_or("the claims must be iss and iat, nothing else")?;
    if claims.iss != signer.team_id {
        return Err("iss is not the app's team_id");
    }
    if signature.len() != 86 {
        return Err("the signature must be 64 raw bytes: r and s, no DER");
    }
    match crypto::verify(signature, message.as_bytes(), &signer.key, Algorithm::ES256) {
        Ok(true) => Ok(claims.iat),
        Ok(false) | Err(_) => Err("the signature does not verify with the app's key"),
    }
}

fn part<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()
}
