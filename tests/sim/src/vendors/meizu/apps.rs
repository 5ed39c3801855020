//! Registered apps: what the Flyme push platform would know (sections 2 and 6).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use serde::Deserialize;
use serde_json::Value;

/// A day of the vendor begins at midnight in Shanghai.
const ZONE_MS: u64 = 8 * 3_600_000;
const DAY_MS: u64 = 24 * 3_600_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    app_id: String,
    app_secret: String,
    #[serde(default)]
    vip: bool,
    /// Addresses for receipts that are registered in the console.
    #[serde(default)]
    callbacks: Vec<String>,
    /// Packages of a multi-package app.
    #[serde(default)]
    packages: Vec<String>,
    /// Whether the app may still send transparent messages.
    #[serde(default)]
    transparent: bool,
    /// Public messages per device and day: 5 for news apps, 3 for others. Absent: not counted.
    public_cap: Option<u32>,
    daily_quota: Option<usize>,
    rate_per_second: Option<u32>,
}

/// One registered app.
pub(super) struct App {
    pub(super) name: String,
    pub(super) app_id: String,
    pub(super) app_secret: String,
    pub(super) vip: bool,
    pub(super) callbacks: Vec<String>,
    pub(super) packages: Vec<String>,
    pub(super) transparent: bool,
    public_cap: Option<u32>,
    counts: Mutex<Counts>,
}

struct Counts {
    /// What is left of today's pushes.
    left: Option<usize>,
    day: u64,
    public: HashMap<String, u32>,
}

impl App {
    /// Takes `count` pushes from the day's quota, all or nothing.
    pub(super) fn draw(&self, count: usize) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        match counts.left.map(|left| left.checked_sub(count)) {
            None => true,
            Some(None) => false,
            Some(rest) => {
                counts.left = rest;
                true
            }
        }
    }

    /// Whether the device may have one more public message today. Counts it if so.
    pub(super) fn may_have_public(&self, token: &str, now: u64) -> bool {
        let Some(cap) = self.public_cap else { return true };
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let day = (now + ZONE_MS) / DAY_MS;
        if counts.day != day {
            counts.day = day;
            counts.public.clear();
        }
        let had = counts.public.entry(token.to_owned()).or_default();
        let may = *had < cap;
        *had += u32::from(may);
        may
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
        if given.app_id.is_empty() || !given.app_id.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err("app_id is a whole number, as text".to_owned());
        }
        if given.app_secret.is_empty() {
            return Err("app_secret is empty".to_owned());
        }
        let mut apps = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if apps.values().any(|other| other.name != name && other.app_id == given.app_id) {
            return Err(format!("app_id {} belongs to another app; give each app its own", given.app_id));
        }
        let app = App {
            name: name.to_owned(),
            app_id: given.app_id,
            app_secret: given.app_secret,
            vip: given.vip,
            callbacks: given.callbacks,
            packages: given.packages,
            transparent: given.transparent,
            public_cap: given.public_cap,
            counts: Mutex::new(Counts { left: given.daily_quota, day: 0, public: HashMap::new() }),
        };
        apps.insert(name.to_owned(), Arc::new(app));
        Ok(given.rate_per_second)
    }

    pub(super) fn of_id(&self, app_id: &str) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().find(|app| app.app_id == app_id).cloned()
    }
}
