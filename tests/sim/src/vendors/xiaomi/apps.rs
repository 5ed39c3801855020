//! Registered apps: what Xiaomi's push operations platform would know (sections 2 and 6).

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use serde::Deserialize;
use serde_json::Value;

/// At most so many channels an app (section 2).
const MOST_CHANNELS: usize = 30;
/// At most so many variables a template (section 6).
const MOST_VARIABLES: usize = 9;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    app_secret: String,
    packages: Vec<String>,
    #[serde(default)]
    channels: HashMap<String, Channel>,
    #[serde(default)]
    channel_needed: bool,
    #[serde(default)]
    template_needed: bool,
    #[serde(default)]
    transparent: bool,
    #[serde(default)]
    overseas: bool,
    #[serde(default = "yes")]
    multi_names_bad: bool,
    public_quota: Option<u64>,
    default_quota: Option<u64>,
    rate_per_second: Option<u32>,
}

fn yes() -> bool {
    true
}

/// What a channel was approved for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Class {
    Private,
    Public,
    Subscription,
    /// No channel at all.
    #[serde(skip)]
    Default,
}

impl Class {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
            Self::Subscription => "subscription",
            Self::Default => "default",
        }
    }

    /// The longest `time_to_live` in milliseconds (section 1).
    pub(super) const fn most_ttl_ms(self) -> i64 {
        const DAY: i64 = 86_400_000;
        match self {
            Self::Private | Self::Subscription => 10 * DAY,
            Self::Public | Self::Default => DAY,
        }
    }
}

/// An approved channel with the templates that are bound to it, each with its variables.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) class: Class,
    #[serde(default)]
    pub(super) templates: HashMap<String, BTreeSet<String>>,
}

/// One registered app.
pub(super) struct App {
    pub(super) name: String,
    app_secret: String,
    pub(super) packages: Vec<String>,
    pub(super) channels: HashMap<String, Channel>,
    pub(super) channel_needed: bool,
    pub(super) template_needed: bool,
    /// Transparent messages ended in 2022; an app that still has them is made up.
    pub(super) transparent: bool,
    pub(super) overseas: bool,
    /// Whether an answer about several messages names refused ids (unconfirmed).
    pub(super) multi_names_bad: bool,
    quotas: HashMap<Class, u64>,
    acked: Mutex<HashMap<Class, u64>>,
}

impl App {
    fn acked(&self) -> MutexGuard<'_, HashMap<Class, u64>> {
        self.acked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The day's total of a class, and what of it is delivered. Every push is delivered at once here.
    pub(super) fn day(&self, class: Class) -> Option<(u64, u64)> {
        let quota = *self.quotas.get(&class)?;
        Some((quota, self.acked().get(&class).copied().unwrap_or_default()))
    }

    /// Takes `count` pushes from the day's total of a class, all or nothing.
    pub(super) fn draw(&self, class: Class, count: usize) -> bool {
        let Some(quota) = self.quotas.get(&class) else { return true };
        let mut acked = self.acked();
        let spent = acked.entry(class).or_default();
        let within = spent.saturating_add(count as u64) <= *quota;
        if within {
            *spent += count as u64;
        }
        within
    }

    /// A new day.
    fn forget(&self) {
        self.acked().clear();
    }
}

/// The apps by name.
#[derive(Default)]
pub(super) struct Apps {
    by_name: RwLock<HashMap<String, Arc<App>>>,
}

impl Apps {
    /// Registers or replaces an app; gives its rate in calls per second, if one is set.
    pub(super) fn register(&self, name: &str, settings: Value) -> Result<Option<u32>, String> {
        let given: Registration = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        if given.app_secret.is_empty() || given.packages.is_empty() {
            return Err("app_secret and packages must not be empty".to_owned());
        }
        if given.channels.len() > MOST_CHANNELS {
            return Err(format!("channels: at most {MOST_CHANNELS}"));
        }
        let mut templates = given.channels.values().flat_map(|channel| channel.templates.values());
        if templates.any(|variables| variables.len() > MOST_VARIABLES) {
            return Err(format!("templates: at most {MOST_VARIABLES} variables"));
        }
        let mut apps = self.by_name.write().unwrap_or_else(PoisonError::into_inner);
        if apps.values().any(|other| other.name != name && other.app_secret == given.app_secret) {
            return Err("app_secret belongs to another app; give each app its own".to_owned());
        }
        let quotas = [(Class::Public, given.public_quota), (Class::Default, given.default_quota)];
        let app = App {
            name: name.to_owned(),
            app_secret: given.app_secret,
            packages: given.packages,
            channels: given.channels,
            channel_needed: given.channel_needed,
            template_needed: given.template_needed,
            transparent: given.transparent,
            overseas: given.overseas,
            multi_names_bad: given.multi_names_bad,
            quotas: quotas.into_iter().filter_map(|(class, quota)| Some((class, quota?))).collect(),
            acked: Mutex::default(),
        };
        apps.insert(name.to_owned(), Arc::new(app));
        Ok(given.rate_per_second)
    }

    /// The app of a secret.
    pub(super) fn of_secret(&self, secret: &str) -> Option<Arc<App>> {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().find(|app| app.app_secret == secret).cloned()
    }

    pub(super) fn reset(&self) {
        let apps = self.by_name.read().unwrap_or_else(PoisonError::into_inner);
        apps.values().for_each(|app| app.forget());
    }
}
