//! Registered apps: what Honor's developer platform would know (section 2).

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use serde::Deserialize;
use serde_json::Value;

/// Most tokens per app within 5 minutes: Huawei's figure, none is documented (section 3).
const TOKENS_PER_5_MINUTES: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    app_id: String,
    client_id: String,
    client_secret: String,
    #[serde(default)]
    self_classification: bool,
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

/// One registered app. App ID (in the address) and Client ID (in the form) are different values.
pub(super) struct App {
    pub(super) name: String,
    pub(super) app_id: String,
    pub(super) client_id: String,
    pub(super) client_secret: String,
    pub(super) self_classification: bool,
    pub(super) token_seconds: u64,
    pub(super) token_limit: usize,
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
        let others = apps.values().filter(|other| other.name != app.name);
        let same = |other: &&Arc<App>| other.app_id == app.app_id || other.client_id == app.client_id;
        if let Some(other) = others.into_iter().find(same) {
            return Err(format!("app_id or client_id belongs to app {}; give each app its own", other.name));
        }
        apps.insert(app.name.clone(), app);
        Ok(rate)
    }

    pub(super) fn of_id(&self, app_id: &str) -> Option<Arc<App>> {
        self.find(|app| app.app_id == app_id)
    }

    pub(super) fn of_client(&self, client_id: &str) -> Option<Arc<App>> {
        self.find(|app| app.client_id == client_id)
    }

    fn find(&self, wanted: impl Fn(&App) -> bool) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().find(|app| wanted(app)).cloned()
    }
}

fn check(name: &str, given: Registration) -> Result<App, String> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(&given.app_id) {
        return Err("app_id must be digits".to_owned());
    }
    if given.client_id.is_empty() || given.client_secret.is_empty() {
        return Err("client_id and client_secret must not be empty".to_owned());
    }
    if given.client_id == given.app_id {
        return Err("client_id is another value than app_id".to_owned());
    }
    if !(1..=86_400).contains(&given.token_seconds) {
        return Err("token_seconds must be 1 to 86400".to_owned());
    }
    Ok(App {
        name: name.to_owned(),
        app_id: given.app_id,
        client_id: given.client_id,
        client_secret: given.client_secret,
        self_classification: given.self_classification,
        token_seconds: given.token_seconds,
        token_limit: given.token_limit,
    })
}
