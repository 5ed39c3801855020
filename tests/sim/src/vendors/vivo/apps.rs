//! Registered apps, their standing and what is left of their quotas (sections 1, 2 and 7).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Deserialize;
use serde_json::Value;

/// Counters that a registration may limit: messages of either class, and saved payloads.
const COUNTERS: [&str; 3] = ["system", "operational", "lists"];
/// Section 3: a token lives 24 hours.
const TOKEN_SECONDS: u64 = 86_400;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    app_id: u64,
    app_key: String,
    app_secret: String,
    #[serde(default)]
    subscription: bool,
    #[serde(default)]
    under_review: bool,
    #[serde(default)]
    hours: bool,
    #[serde(default)]
    text_rules: bool,
    #[serde(default)]
    count_units: bool,
    test_devices: Option<Vec<String>>,
    #[serde(default)]
    quota: HashMap<String, usize>,
    rate_per_second: Option<u32>,
    #[serde(default = "day")]
    token_seconds: u64,
}

fn day() -> u64 {
    TOKEN_SECONDS
}

/// One registered app.
pub(super) struct App {
    pub(super) name: String,
    pub(super) app_id: u64,
    pub(super) app_key: String,
    pub(super) app_secret: String,
    pub(super) token_seconds: u64,
    /// Has the permission for SUBSCRIPTION.
    pub(super) subscription: bool,
    /// May send test messages only.
    pub(super) under_review: bool,
    /// Whether operational messages are barred at night.
    pub(super) hours: bool,
    /// Whether texts of real messages are looked at (section 5, "Text rules").
    pub(super) text_rules: bool,
    /// Whether texts are counted in UTF-16 units, without the wide blocks.
    pub(super) count_units: bool,
    test_devices: Option<Vec<String>>,
    /// What is left per counter; a counter that is not named has no limit.
    left: Mutex<HashMap<String, usize>>,
}

impl App {
    /// Whether a test message may go to this device; without a list every device is one for tests.
    pub(super) fn tests_on(&self, token: &str) -> bool {
        self.test_devices.as_ref().is_none_or(|devices| devices.iter().any(|device| device == token))
    }

    /// Takes `n` from a counter, all or nothing.
    pub(super) fn draw(&self, counter: &str, n: usize) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        match left.get_mut(counter) {
            None => true,
            Some(rest) => match rest.checked_sub(n) {
                Some(after) => {
                    *rest = after;
                    true
                }
                None => false,
            },
        }
    }
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
        if let Some(unknown) = given.quota.keys().find(|counter| !COUNTERS.contains(&counter.as_str())) {
            return Err(format!("quota: {unknown} has none; {} have", COUNTERS.join(", ")));
        }
        if !(1..=TOKEN_SECONDS).contains(&given.token_seconds) {
            return Err(format!("token_seconds must be 1 to {TOKEN_SECONDS}"));
        }
        let mut apps = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if apps.values().any(|other| other.name != name && other.app_id == given.app_id) {
            return Err(format!("app_id {} belongs to another app; give each app its own", given.app_id));
        }
        let app = App {
            name: name.to_owned(),
            app_id: given.app_id,
            app_key: given.app_key,
            app_secret: given.app_secret,
            token_seconds: given.token_seconds,
            subscription: given.subscription,
            under_review: given.under_review,
            hours: given.hours,
            text_rules: given.text_rules,
            count_units: given.count_units,
            test_devices: given.test_devices,
            left: Mutex::new(given.quota),
        };
        apps.insert(name.to_owned(), Arc::new(app));
        Ok(given.rate_per_second)
    }

    pub(super) fn named(&self, name: &str) -> Option<Arc<App>> {
        self.by_name.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn of_id(&self, app_id: u64) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().find(|app| app.app_id == app_id).cloned()
    }
}
