//! Settings: commented defaults, then the file, then the environment; all of it checked before the first connection.

mod layers;
mod rights;
mod watch;

use std::{collections::BTreeMap, time::Duration};

use push_contract::{App, AppName, DailyQuota, Day, Profile, SettingsError, Timestamp, Vendor};
use redis::IntoConnectionInfo;
use schemars::JsonSchema;
use serde::Deserialize;

pub use layers::{Sources, load};
pub use watch::Watch;

use crate::renewal::Ending;

/// The commented defaults: also the documentation.
pub const DEFAULTS: &str = include_str!("defaults.toml");

/// A worker's settings. Each key is described in `defaults.toml`.
#[derive(Debug, Clone)]
pub struct Settings {
    /// What does not change without a restart.
    pub process: Process,
    /// Per app, the vendor's own settings: its defaults overlaid by the file and the environment.
    pub apps: BTreeMap<AppName, serde_json::Value>,
    /// Per app, when rights with dates end, by key.
    pub rights_end: BTreeMap<AppName, BTreeMap<String, Timestamp>>,
}

impl Settings {
    /// What of an app ends unless somebody renews it.
    pub(crate) fn endings(&self, name: &AppName, app: &dyn App) -> Vec<Ending> {
        let none = BTreeMap::new();
        Ending::all(&app.connection(), self.rights_end.get(name).unwrap_or(&none))
    }
}

/// The settings that every vendor has.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)] // each key is described in defaults.toml, once
pub struct Process {
    pub amqp: Amqp,
    pub redis: RedisSettings,
    pub admin: Admin,
    pub worker: WorkerSettings,
    pub claims: ClaimSettings,
    pub calls: Calls,
    pub breaker: BreakerSettings,
    pub guard: GuardSettings,
    pub log: Log,
}

macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs)] // each key is described in defaults.toml, once
        pub struct $name { $(pub $field: $type,)* }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let mut out = f.debug_struct(stringify!($name));
                $(if stringify!($field) != "url" { out.field(stringify!($field), &self.$field); })*
                out.finish_non_exhaustive()
            }
        }
    };
}

section! {
    /// `[amqp]`
    Amqp { url: String, prefix: String, topology: Topology, prefetch: u16, heartbeat_s: u16, timeout_ms: u64, }
}
section! {
    /// `[redis]`
    RedisSettings { url: String, prefix: String, timeout_ms: u64, }
}
section! {
    /// `[admin]`
    Admin { listen: std::net::SocketAddr, }
}
section! {
    /// `[worker]`
    WorkerSettings {
        bytes_in_flight: usize, calls_in_flight: usize, attempts: u32, drain_ms: u64, gather_ms: u64, receipts_ms: u64,
        aim: f64, replicas: usize, block_hold_ms: u64, on_wrong_class: OnWrongClass,
        watch_ms: u64,
    }
}
section! {
    /// `[claims]`
    ClaimSettings { window_ms: u64, fence_ms: u64, dead_after_ms: u64, after_loss: AfterLoss, }
}
section! {
    /// `[calls]`
    Calls { connect_ms: u64, timeout_ms: u64, }
}
section! {
    /// `[breaker]`
    BreakerSettings { share: f64, calls: u32, span_ms: u64, pause_ms: u64, }
}
section! {
    /// `[guard]`
    GuardSettings { tokens: u64, share: f64, times_usual: f64, }
}
section! {
    /// `[log]`
    Log { level: String, format: LogFormat, }
}

/// What the worker does about exchanges and queues.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Topology {
    Declare,
    Verify,
    None,
}

/// What happens to a job whose class the vendor refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum OnWrongClass {
    Report,
    Degrade,
    Park,
}

/// What an absent claim proves after the store lost data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum AfterLoss {
    Normal,
    Strict,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum LogFormat {
    Json,
    Text,
}

/// Milliseconds as a duration.
#[must_use]
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

impl Process {
    /// The rules that the types do not carry.
    fn check(&self) -> Result<(), SettingsError> {
        let rule = |ok: bool, key: &str, value: String, rule: &str| {
            if ok { Ok(()) } else { Err(SettingsError::new(key, value, rule)) }
        };
        rule(
            self.amqp.url.parse::<lapin::uri::AMQPUri>().is_ok(),
            "amqp.url",
            "(secret)".into(),
            "must be an address such as amqp://user:password@host:5672/%2f, or amqps://...",
        )?;
        rule(
            self.redis.url.is_empty() || self.redis.url.as_str().into_connection_info().is_ok(),
            "redis.url",
            "(secret)".into(),
            "must be an address such as redis://:password@host:6379, or rediss://..., or be empty for standalone",
        )?;
        rule(
            (1..=2000).contains(&self.amqp.prefetch),
            "amqp.prefetch",
            self.amqp.prefetch.to_string(),
            "must be 1 to 2000 (quorum queues cap it there)",
        )?;
        rule(self.amqp.timeout_ms >= 100, "amqp.timeout_ms", self.amqp.timeout_ms.to_string(), "must be at least 100")?;
        rule(
            self.redis.timeout_ms >= 10,
            "redis.timeout_ms",
            self.redis.timeout_ms.to_string(),
            "must be at least 10",
        )?;
        rule(
            self.worker.bytes_in_flight >= 1 << 20,
            "worker.bytes_in_flight",
            self.worker.bytes_in_flight.to_string(),
            "must be at least 1048576",
        )?;
        rule(
            (1..=100_000).contains(&self.worker.calls_in_flight),
            "worker.calls_in_flight",
            self.worker.calls_in_flight.to_string(),
            "must be 1 to 100000",
        )?;
        rule(
            (1..=100).contains(&self.worker.attempts),
            "worker.attempts",
            self.worker.attempts.to_string(),
            "must be 1 to 100",
        )?;
        rule(
            self.worker.aim > 0.0 && self.worker.aim <= 1.0,
            "worker.aim",
            self.worker.aim.to_string(),
            "must be over 0 and at most 1",
        )?;
        rule(
            (1..=10_000).contains(&self.worker.replicas),
            "worker.replicas",
            self.worker.replicas.to_string(),
            "must be 1 to 10000",
        )?;
        rule(self.worker.watch_ms >= 50, "worker.watch_ms", self.worker.watch_ms.to_string(), "must be at least 50")?;
        rule(
            self.claims.window_ms >= 60_000,
            "claims.window_ms",
            self.claims.window_ms.to_string(),
            "must be at least 60000",
        )?;
        rule(
            self.claims.dead_after_ms > self.claims.fence_ms + 1000,
            "claims.dead_after_ms",
            self.claims.dead_after_ms.to_string(),
            "must be over claims.fence_ms + 1000: a living worker must not count as dead while it writes a batch",
        )?;
        rule(
            self.breaker.share > 0.0 && self.breaker.share <= 1.0,
            "breaker.share",
            self.breaker.share.to_string(),
            "must be over 0 and at most 1",
        )?;
        rule(
            self.calls.timeout_ms >= 100,
            "calls.timeout_ms",
            self.calls.timeout_ms.to_string(),
            "must be at least 100",
        )?;
        rule(
            tracing_subscriber::EnvFilter::try_new(&self.log.level).is_ok(),
            "log.level",
            self.log.level.clone(),
            "must be error, warn, info, debug or trace, or a filter such as push_worker=debug,info",
        )
    }
}

/// Checks that every app of the vendor opens; the first error names app, key and rule. Gives what the apps warn of.
///
/// # Errors
/// What the vendor finds wrong.
pub fn check_apps(vendor: &dyn Vendor, settings: &Settings) -> Result<Vec<String>, SettingsError> {
    let name = vendor.profile().name;
    let mut warnings = Vec::new();
    for (app, values) in &settings.apps {
        let opened = open_app(vendor, app, values)?;
        let own = opened.warnings().into_iter().chain(guesses(opened.day()));
        let own = own.map(|warning| format!("apps.{app}.{name}: {warning}"));
        let now = Timestamp::now();
        let endings = settings.endings(app, opened.as_ref());
        let endings = endings.iter().filter_map(|ending| ending.warning(now));
        warnings.extend(own.chain(endings.map(|warning| format!("apps.{app}.{name}.{warning}"))));
    }
    if settings.apps.is_empty() {
        return Err(SettingsError::new(
            format!("apps.<app>.{name}"),
            "(absent)",
            format!("no app has a [apps.<app>.{name}] section: a worker without an app has nothing to do"),
        ));
    }
    Ok(warnings)
}

/// Opens an app: the vendor's rules, and those for the vendor's day.
///
/// # Errors
/// What is wrong, with the whole path of the key.
pub fn open_app(vendor: &dyn Vendor, app: &AppName, values: &serde_json::Value) -> Result<Box<dyn App>, SettingsError> {
    let profile = vendor.profile();
    let opened = vendor.open(app.as_str(), values).map_err(|error| prefixed(error, app, profile.name))?;
    let mut classes: Vec<String> = vendor.classes().into_iter().flat_map(|row| [row.class, row.without]).collect();
    classes.sort_unstable();
    classes.dedup();
    opened.day().check(profile.quotas, &classes).map_err(|error| prefixed(error, app, profile.name))?;
    Ok(opened)
}

/// Quotas whose limit is what every app gets, because nobody said how many devices this one has.
fn guesses(day: &Day) -> Vec<String> {
    let guessed = day.quotas.iter().filter(|(_, quota)| quota.limit.is_guess() && quota.limit.number() > 0);
    let tell = |(name, quota): (&String, &DailyQuota)| {
        let number = quota.limit.number();
        format!(
            "day.quotas.{name}.limit.devices is not set: {number} targets a day, what every app gets. Set it to the number of devices that the vendor's console shows, or limit to the figure itself"
        )
    };
    guessed.map(tell).collect()
}

/// A vendor names its own keys; the operator needs the whole path.
pub fn prefixed(mut error: SettingsError, app: &AppName, vendor: &str) -> SettingsError {
    error.key = format!("apps.{app}.{vendor}.{}", error.key);
    error
}

/// The names of a vendor's secret settings, and of those that may be read from a file.
fn secret_names(profile: &Profile) -> impl Iterator<Item = &'static str> {
    profile.secrets.iter().copied()
}
