//! Registered apps: what the developer account would know (sections 2 and 6).

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::DecodingKey;
use rcgen::KeyPair;
use serde::Deserialize;
use serde_json::Value;

use crate::tls::fingerprint;

/// New provider tokens per team within 20 minutes. Apple publishes no number; a fleet in step shows one or two.
const TOKEN_UPDATES: usize = 4;

/// Which of Apple's two worlds a key, a token and an app's build belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub(super) enum Environment {
    #[default]
    Production,
    Sandbox,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    bundle_id: String,
    team_id: Option<String>,
    key_id: Option<String>,
    /// Private (PKCS #8) or public, PEM.
    key: Option<String>,
    /// PEM; a key beside it is not looked at.
    certificate: Option<String>,
    #[serde(default)]
    environment: Environment,
    /// Rights: `voip`, `time-sensitive`, `critical`.
    #[serde(default)]
    granted: Vec<String>,
    /// Device tokens may be any text, for loads whose tokens are made for all vendors.
    #[serde(default)]
    any_token: bool,
    #[serde(default = "token_updates")]
    token_updates: usize,
    rate_per_second: Option<u32>,
}

fn token_updates() -> usize {
    TOKEN_UPDATES
}

/// One registered app.
pub(super) struct App {
    pub(super) name: String,
    pub(super) bundle_id: String,
    pub(super) signer: Option<Signer>,
    /// SHA-256 of its certificate, as hex.
    pub(super) certificate: Option<String>,
    pub(super) environment: Environment,
    pub(super) granted: Vec<String>,
    pub(super) any_token: bool,
    pub(super) token_updates: usize,
}

/// Who may sign provider tokens.
pub(super) struct Signer {
    pub(super) team_id: String,
    pub(super) key_id: String,
    pub(super) key: DecodingKey,
}

/// The apps by bundle ID.
#[derive(Default)]
pub(super) struct Apps {
    by_bundle: RwLock<BTreeMap<String, Arc<App>>>,
}

impl Apps {
    /// Registers or replaces an app; gives its rate in pushes per second, if one is set.
    pub(super) fn register(&self, name: &str, settings: Value) -> Result<Option<u32>, String> {
        let given: Registration = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let rate = given.rate_per_second;
        let app = check(name, given)?;
        let mut apps = self.by_bundle.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = apps.get(&app.bundle_id).filter(|other| other.name != name) {
            return Err(format!("bundle_id {} belongs to app {}; give each app its own", app.bundle_id, other.name));
        }
        apps.retain(|_, other| other.name != name);
        apps.insert(app.bundle_id.clone(), Arc::new(app));
        Ok(rate)
    }

    pub(super) fn of_bundle(&self, bundle_id: &str) -> Option<Arc<App>> {
        self.by_bundle.read().unwrap_or_else(PoisonError::into_inner).get(bundle_id).cloned()
    }
}

fn check(name: &str, given: Registration) -> Result<App, String> {
    let known = ["voip", "time-sensitive", "critical"];
    if let Some(right) = given.granted.iter().find(|right| !known.contains(&right.as_str())) {
        return Err(format!("granted: {right} is no right; there are {}", known.join(", ")));
    }
    let signer = match given.key {
        None => None,
        Some(pem) => Some(Signer {
            key: public_key(&pem)?,
            team_id: given.team_id.filter(|id| id.len() == 10).ok_or("team_id: 10 characters are needed beside key")?,
            key_id: given.key_id.filter(|id| id.len() == 10).ok_or("key_id: 10 characters are needed beside key")?,
        }),
    };
    let certificate = match given.certificate {
        None => None,
        Some(pem) => Some(fingerprint(&first_certificate(&pem).ok_or("certificate must hold one, as PEM")?)),
    };
    if signer.is_none() && certificate.is_none() {
        return Err("give key with team_id and key_id, or certificate".to_owned());
    }
    Ok(App {
        name: name.to_owned(),
        bundle_id: given.bundle_id,
        signer,
        certificate,
        environment: given.environment,
        granted: given.granted,
        any_token: given.any_token,
        token_updates: given.token_updates,
    })
}

/// The key that verifies; of a private key its public half.
fn public_key(pem: &str) -> Result<DecodingKey, String> {
    let public = if pem.contains("PRIVATE KEY") {
        KeyPair::from_pem(pem).map_err(|error| format!("key must be PKCS #8, EC P-256: {error}"))?.public_key_pem()
    } else {
        pem.to_owned()
    };
    DecodingKey::from_ec_pem(public.as_bytes()).map_err(|error| format!("key must be an EC key as PEM: {error}"))
}

/// The bytes of the first certificate of a PEM text.
fn first_certificate(pem: &str) -> Option<Vec<u8>> {
    let (_, rest) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = rest.split_once("-----END CERTIFICATE-----")?;
    STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
}
