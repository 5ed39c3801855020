//! Registered apps, their rights and what is left of their quotas.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    app_id: String,
    app_secret: String,
    #[serde(default)]
    rights: Vec<String>,
    rate_per_second: Option<u32>,
    #[serde(default)]
    quota: HashMap<String, usize>,
    #[serde(default = "hour")]
    token_seconds: u64,
}

fn hour() -> u64 {
    3600
}

/// One registered app.
pub(super) struct App {
    pub(super) name: String,
    pub(super) app_id: String,
    pub(super) app_secret: String,
    pub(super) token_seconds: u64,
    rights: Vec<String>,
    /// What is left per class; a class that is not named has no quota.
    left: Mutex<HashMap<String, usize>>,
}

impl App {
    /// Whether the app may use `class`.
    pub(super) fn may(&self, class: &str) -> bool {
        let right = match class {
            "call" => "calls",
            "alert" => "alerts",
            _ => return true,
        };
        self.rights.iter().any(|held| held == right)
    }

    /// Takes one of each class from the quotas, all or nothing; else the class that is spent.
    pub(super) fn draw<'a>(&self, classes: impl Iterator<Item = &'a str> + Clone) -> Result<(), String> {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let mut after = left.clone();
        for class in classes {
            if let Some(rest) = after.get_mut(class) {
                *rest = rest.checked_sub(1).ok_or_else(|| class.to_owned())?;
            }
        }
        *left = after;
        Ok(())
    }
}

/// The apps by name.
#[derive(Default)]
pub(super) struct Apps {
    by_name: RwLock<HashMap<String, Arc<App>>>,
}

impl Apps {
    /// Registers or replaces an app; gives its rate in targets per second, if one is set.
    pub(super) fn register(&self, name: &str, settings: Value) -> Result<Option<u32>, String> {
        let given: Registration = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        if let Some(unknown) = given.rights.iter().find(|right| !["calls", "alerts"].contains(&right.as_str())) {
            return Err(format!("rights: {unknown} is none; they are calls and alerts"));
        }
        if let Some(unknown) = given.quota.keys().find(|class| !["news", "promo"].contains(&class.as_str())) {
            return Err(format!("quota: {unknown} has none; news and promo have"));
        }
        if !(1..=3600).contains(&given.token_seconds) {
            return Err("token_seconds must be 1 to 3600".to_owned());
        }
        let mut apps = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if apps.values().any(|other| other.name != name && other.app_id == given.app_id) {
            return Err(format!("app_id {} belongs to another app; give each app its own", given.app_id));
        }
        let app = App {
            name: name.to_owned(),
            app_id: given.app_id,
            app_secret: given.app_secret,
            token_seconds: given.token_seconds,
            rights: given.rights,
            left: Mutex::new(given.quota),
        };
        apps.insert(name.to_owned(), Arc::new(app));
        Ok(given.rate_per_second)
    }

    pub(super) fn named(&self, name: &str) -> Option<Arc<App>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn of_id(&self, app_id: &str) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().find(|app| app.app_id == app_id).cloned()
    }
}
