//! Registered apps: what OPPO's push platform would know (sections 2 and 6).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Deserialize;
use serde_json::Value;

/// Communication & service: each is applied for.
pub(super) const SERVICE: [&str; 6] = ["IM", "ACCOUNT", "TODO", "DEVICE_REMINDER", "ORDER", "SUBSCRIPTION"];
/// Content & marketing: open to every app.
pub(super) const MARKETING: [&str; 4] = ["NEWS", "CONTENT", "MARKETING", "SOCIAL"];
/// A token lives 24 hours.
const DAY_SECONDS: u64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    app_key: String,
    master_secret: String,
    app_id: Option<String>,
    #[serde(default)]
    granted: Vec<String>,
    #[serde(default)]
    strong_reminder: bool,
    #[serde(default)]
    pictures: bool,
    #[serde(default)]
    templates: HashMap<String, Template>,
    /// Categories that are refused without a template.
    #[serde(default = "im")]
    template_needed: Vec<String>,
    #[serde(default)]
    refuse_repeats: bool,
    #[serde(default = "yes")]
    api_right: bool,
    marketing_quota: Option<usize>,
    rate_per_second: Option<u32>,
    #[serde(default = "day")]
    token_seconds: u64,
}

fn im() -> Vec<String> {
    vec!["IM".to_owned()]
}

fn yes() -> bool {
    true
}

fn day() -> u64 {
    DAY_SECONDS
}

/// The variables of an approved template.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Template {
    pub(super) title: BTreeSet<String>,
    pub(super) content: BTreeSet<String>,
}

/// One registered app.
pub(super) struct App {
    pub(super) name: String,
    pub(super) app_key: String,
    pub(super) master_secret: String,
    pub(super) app_id: String,
    pub(super) granted: Vec<String>,
    pub(super) strong_reminder: bool,
    pub(super) pictures: bool,
    pub(super) templates: HashMap<String, Template>,
    pub(super) template_needed: Vec<String>,
    pub(super) refuse_repeats: bool,
    pub(super) api_right: bool,
    pub(super) token_seconds: u64,
    /// What is left of today's content & marketing.
    left: Mutex<Option<usize>>,
}

impl App {
    /// Takes `count` content & marketing messages from the day's quota, all or nothing.
    pub(super) fn draw(&self, count: usize) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.map(|left| left.checked_sub(count)) {
            None => true,
            Some(None) => false,
            Some(rest) => {
                *left = rest;
                true
            }
        }
    }
}

/// The apps by name.
#[derive(Default)]
pub(super) struct Apps {
    by_name: RwLock<HashMap<String, Arc<App>>>,
}

impl Apps {
    /// Registers or replaces an app; gives its rate in users per second, if one is set.
    pub(super) fn register(&self, name: &str, settings: Value) -> Result<Option<u32>, String> {
        let given: Registration = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let known = |category: &&String| !SERVICE.contains(&category.as_str());
        if let Some(unknown) = given.granted.iter().chain(&given.template_needed).find(known) {
            return Err(format!("{unknown} is no right; they are {}", SERVICE.join(", ")));
        }
        if !(1..=DAY_SECONDS).contains(&given.token_seconds) {
            return Err("token_seconds must be 1 to 86400".to_owned());
        }
        let mut apps = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if apps.values().any(|other| other.name != name && other.app_key == given.app_key) {
            return Err(format!("app_key {} belongs to another app; give each app its own", given.app_key));
        }
        let app = App {
            name: name.to_owned(),
            app_id: given.app_id.unwrap_or_else(|| format!("APP{}", given.app_key)),
            app_key: given.app_key,
            master_secret: given.master_secret,
            granted: given.granted,
            strong_reminder: given.strong_reminder,
            pictures: given.pictures,
            templates: given.templates,
            template_needed: given.template_needed,
            refuse_repeats: given.refuse_repeats,
            api_right: given.api_right,
            token_seconds: given.token_seconds,
            left: Mutex::new(given.marketing_quota),
        };
        apps.insert(name.to_owned(), Arc::new(app));
        Ok(given.rate_per_second)
    }

    pub(super) fn named(&self, name: &str) -> Option<Arc<App>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn of_key(&self, app_key: &str) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().find(|app| app.app_key == app_key).cloned()
    }
}
