//! Registered apps: what AppGallery Connect would know (section 2).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use jsonwebtoken::DecodingKey;
use rcgen::KeyPair;
use serde::Deserialize;
use serde_json::Value;

use super::{next, rules};

/// Most tokens per app within 5 minutes (section 3.1).
const TOKENS_PER_5_MINUTES: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    client_id: String,
    client_secret: Option<String>,
    project_id: Option<String>,
    /// The key file as downloaded, JSON as text; or its parts, with the public half of the key.
    service_account: Option<String>,
    service_account_public_key: Option<String>,
    sub_account: Option<String>,
    key_id: Option<String>,
    #[serde(default)]
    granted: Vec<String>,
    #[serde(default)]
    high_priority: bool,
    /// Categories of HarmonyOS NEXT.
    #[serde(default)]
    next_granted: Vec<String>,
    #[serde(default)]
    in_app_call: bool,
    /// Scenes of live views.
    #[serde(default)]
    live_views: Vec<String>,
    #[serde(default)]
    instant_background: bool,
    rate_per_second: Option<u32>,
    #[serde(default = "hour")]
    token_seconds: u64,
    #[serde(default = "token_limit")]
    token_limit: usize,
}

fn hour() -> u64 {
    3600
}

fn token_limit() -> usize {
    TOKENS_PER_5_MINUTES
}

/// One registered app.
pub(super) struct App {
    pub(super) name: String,
    pub(super) client_id: String,
    pub(super) client_secret: Option<String>,
    pub(super) project_id: Option<String>,
    pub(super) account: Option<Account>,
    pub(super) granted: Vec<String>,
    pub(super) high_priority: bool,
    pub(super) next_granted: Vec<String>,
    pub(super) in_app_call: bool,
    pub(super) live_views: Vec<String>,
    pub(super) instant_background: bool,
    pub(super) token_seconds: u64,
    pub(super) token_limit: usize,
}

/// The public half of a service account (section 3.2).
pub(super) struct Account {
    pub(super) key: DecodingKey,
    pub(super) sub_account: String,
    pub(super) key_id: Option<String>,
}

/// The apps by name.
#[derive(Default)]
pub(super) struct Apps {
    by_name: RwLock<HashMap<String, Arc<App>>>,
}

impl Apps {
    /// Registers or replaces an app; gives its rate in devices per second, if one is set.
    pub(super) fn register(&self, name: &str, settings: Value) -> Result<Option<u32>, String> {
        let given: Registration = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let rate = given.rate_per_second;
        let app = Arc::new(check(name, given)?);
        let mut apps = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(other) = apps.values().find(|other| other.name != app.name && other.client_id == app.client_id) {
            return Err(format!("client_id {} belongs to app {}; give each app its own", app.client_id, other.name));
        }
        apps.insert(app.name.clone(), app);
        Ok(rate)
    }

    pub(super) fn named(&self, name: &str) -> Option<Arc<App>> {
        self.find(|app| app.name == name)
    }

    pub(super) fn of_client(&self, client_id: &str) -> Option<Arc<App>> {
        self.find(|app| app.client_id == client_id)
    }

    /// The first app of the project, by name: with a project-wide credential v2 cannot tell its apps apart.
    pub(super) fn of_project(&self, project_id: &str) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        let of_project = apps.values().filter(|app| app.project_id.as_deref() == Some(project_id));
        of_project.min_by(|one, other| one.name.cmp(&other.name)).cloned()
    }

    fn find(&self, wanted: impl Fn(&App) -> bool) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().find(|app| wanted(app)).cloned()
    }
}

/// The service account's key file, as far as Huawei's side of it goes. Other members stand in it too.
#[derive(Deserialize)]
struct KeyFile {
    project_id: String,
    key_id: String,
    private_key: String,
    sub_account: String,
}

fn check(name: &str, mut given: Registration) -> Result<App, String> {
    if !is_client_id(&given.client_id) {
        return Err("client_id must match ^[0-9]{1,64}$".to_owned());
    }
    all_known("granted", &given.granted, &rules::CATEGORIES)?;
    all_known("next_granted", &given.next_granted, &next::CATEGORIES)?;
    if !(1..=3600).contains(&given.token_seconds) {
        return Err("token_seconds must be 1 to 3600".to_owned());
    }
    if let Some(text) = given.service_account.take() {
        read_key_file(&mut given, &text)?;
    }
    let account = match (given.service_account_public_key, given.sub_account) {
        (None, _) => None,
        (Some(_), None) => return Err("sub_account is needed beside service_account_public_key".to_owned()),
        (Some(pem), Some(sub_account)) => {
            let key = DecodingKey::from_rsa_pem(pem.as_bytes())
                .map_err(|error| format!("service_account_public_key must be an RSA public key as PEM: {error}"))?;
            Some(Account { key, sub_account, key_id: given.key_id })
        }
    };
    if account.is_none() && given.client_secret.is_none() {
        return Err("give client_secret, service_account_public_key, or both".to_owned());
    }
    Ok(App {
        name: name.to_owned(),
        client_id: given.client_id,
        client_secret: given.client_secret,
        project_id: given.project_id,
        account,
        granted: given.granted,
        high_priority: given.high_priority,
        next_granted: given.next_granted,
        in_app_call: given.in_app_call,
        live_views: given.live_views,
        instant_background: given.instant_background,
        token_seconds: given.token_seconds,
        token_limit: given.token_limit,
    })
}

fn all_known(field: &str, given: &[String], known: &[&str]) -> Result<(), String> {
    match given.iter().find(|category| !known.contains(&category.as_str())) {
        Some(unknown) => Err(format!("{field}: {unknown} is no such category; they are {}", known.join(", "))),
        None => Ok(()),
    }
}

/// Takes project, account and the public half of the key from the key file.
fn read_key_file(given: &mut Registration, text: &str) -> Result<(), String> {
    let file: KeyFile =
        serde_json::from_str(text).map_err(|error| format!("service_account must be the key file as text: {error}"))?;
    if given.project_id.as_ref().is_some_and(|project| *project != file.project_id) {
        return Err("project_id must be the service account's".to_owned());
    }
    let pair = KeyPair::from_pem(&file.private_key)
        .map_err(|error| format!("service_account: private_key must be PKCS #8, RSA: {error}"))?;
    given.project_id = Some(file.project_id);
    given.service_account_public_key = Some(pair.public_key_pem());
    given.sub_account = Some(file.sub_account);
    given.key_id = Some(file.key_id);
    Ok(())
}

/// `^[0-9]{1,64}$` (section 2).
pub(super) fn is_client_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
