//! One configured app while the worker runs.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use push_contract::{App, AppName, Counted, Push, Rate, SettingsError, Timestamp, Vendor};
use push_pacing::{Breaker, BreakerRules, Guard, GuardRules, SlowDowns, batch_limit};
use tokio::sync::{Semaphore, watch};

use crate::{
    credentials::Credentials,
    lists::Lists,
    pace::Pace,
    settings::{Process, Settings, ms, open_app, prefixed},
    transport::Transport,
};

/// Positions that a vendor with one call per target claims at once.
const WINDOW: usize = 64;

/// An app: its vendor part, and what the process keeps about it.
pub struct AppState {
    /// The name.
    pub name: AppName,
    /// The vendor's part.
    pub vendor: Box<dyn App>,
    /// The token type of targets that name none.
    pub default_type: String,
    /// How many targets a call may have.
    pub lists: Lists,
    /// The vendor's limit.
    pub rate: Rate,
    /// Where jobs wait for their turn under it.
    pub pace: Arc<Pace>,
    /// The same for interfaces that have limits of their own.
    api_paces: BTreeMap<&'static str, Arc<Pace>>,
    /// HTTP.
    pub transport: Transport,
    /// Vendor calls at once.
    pub calls: Semaphore,
    /// One job at a time while the app is probed.
    pub probe: Semaphore,
    /// Cached tokens, by realm.
    credentials: Mutex<BTreeMap<&'static str, Arc<Credentials>>>,
    settings: serde_json::Value,
    gate: watch::Sender<Option<Timestamp>>,
    breaker: Mutex<Breaker>,
    guard: Mutex<Guard>,
    slow: Mutex<SlowDowns>,
    failures: AtomicUsize,
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("name", &self.name).finish_non_exhaustive()
    }
}

impl AppState {
    fn open(
        vendor: &dyn Vendor,
        name: &AppName,
        values: &serde_json::Value,
        process: &Process,
    ) -> Result<Self, SettingsError> {
        let profile = vendor.profile();
        let app = open_app(vendor, name, values)?;
        let connection = app.connection();
        let transport = Transport::new(ms(process.calls.connect_ms), ms(process.calls.timeout_ms), &connection)
            .map_err(|error| {
                let key = if connection.identity.is_some() { "certificate" } else { "authorities" };
                prefixed(
                    SettingsError::new(key, "(secret)", format!("no HTTP client can be made with it: {error}")),
                    name,
                    profile.name,
                )
            })?;
        let rate = app.rate();
        let api_pace =
            |(api, per_second)| (api, Arc::new(Pace::of_api(name.as_str(), api, per_second, process.worker.aim)));
        let lists = Lists::of(batch_limit(rate, app.call_limits().targets.max(1)));
        let rules = &process.breaker;
        let guard = &process.guard;
        Ok(Self {
            name: name.clone(),
            default_type: values
                .get("token_type")
                .and_then(serde_json::Value::as_str)
                .or(profile.token_types.first().copied())
                .unwrap_or_default()
                .to_owned(),
            lists,
            rate,
            transport,
            credentials: Mutex::default(),
            calls: Semaphore::new(process.worker.calls_in_flight),
            probe: Semaphore::new(1),
            settings: values.clone(),
            pace: Arc::new(Pace::new(name.as_str(), rate, process.worker.aim)),
            api_paces: app.api_rates().into_iter().map(api_pace).collect(),
            gate: watch::Sender::new(None),
            breaker: Mutex::new(Breaker::new(BreakerRules {
                share: rules.share,
                calls: rules.calls,
                span: ms(rules.span_ms),
                pause: ms(rules.pause_ms),
            })),
            guard: Mutex::new(Guard::new(
                GuardRules { tokens: guard.tokens, share: guard.share, times_usual: guard.times_usual },
                Timestamp::now(),
            )),
            slow: Mutex::default(),
            failures: AtomicUsize::new(0),
            vendor: app,
        })
    }

    /// Every pace that somebody must work on.
    pub fn paces(&self) -> impl Iterator<Item = &Arc<Pace>> {
        std::iter::once(&self.pace).chain(self.api_paces.values())
    }

    /// Waits, right before a call that pushes nothing is written, for its turn under a limit of its own.
    pub async fn before_call(&self, api: &str) {
        if let Some(pace) = self.api_paces.get(api) {
            pace.before_write(None, 1).await;
        }
    }

    /// The realm of a push's targets.
    #[must_use]
    pub fn realm(&self, push: &Push) -> &'static str {
        push.positions.first().map_or("", |n| self.vendor.realm(&push.job.targets[*n]))
    }

    /// The tokens of a realm.
    #[must_use]
    pub fn credentials(&self, realm: &'static str) -> Arc<Credentials> {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner).entry(realm).or_default().clone()
    }

    /// Most targets that one job may claim at once: so many calls that they are a tenth of a second's worth at most, for
    /// what was paid for together is sent together.
    #[must_use]
    pub fn window(&self) -> usize {
        let (tenth, call) = (self.pace.limits().most() as usize, self.targets_per_call());
        let most = match self.rate.counted {
            Counted::Targets => tenth,
            Counted::Calls => tenth.saturating_mul(call),
        };
        call.max(WINDOW).min(most).max(1)
    }

    /// Most targets in a call now.
    #[must_use]
    pub fn targets_per_call(&self) -> usize {
        self.lists.per_call(Timestamp::now())
    }

    /// Until when the vendor wants nothing from this app, if that is in the future.
    #[must_use]
    pub fn gate(&self) -> Option<Timestamp> {
        self.gate.borrow().filter(|until| *until > Timestamp::now())
    }

    /// Sends nothing before this time.
    pub fn shut_until(&self, until: Timestamp) {
        self.gate.send_if_modified(|gate| {
            let later = gate.is_none_or(|known| known < until);
            if later {
                *gate = Some(until);
            }
            later
        });
    }

    /// How long to pause after one more failure to connect or to fetch a token.
    #[must_use]
    pub fn next_pause(&self) -> Duration {
        let failures = self.failures.fetch_add(1, Ordering::Relaxed);
        push_pacing::pause(
            u32::try_from(failures).unwrap_or(u32::MAX),
            Duration::from_millis(200),
            Duration::from_secs(10),
            fastrand::f64(),
        )
    }

    /// Notes how a call went; returns how long to block the app, if that opens the breaker.
    #[must_use]
    pub fn note_call(&self, failed: bool) -> Option<Duration> {
        if !failed {
            self.failures.store(0, Ordering::Relaxed);
        }
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).note(failed, Timestamp::now())
    }

    /// How long to block the app after something that no repetition cures.
    #[must_use]
    pub fn open_breaker(&self) -> Duration {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner).open()
    }

    /// The vendor asked to slow down, and named a time or not: when to go on.
    #[must_use]
    pub fn note_slow_down(&self, until: Option<Timestamp>) -> Timestamp {
        let pause = || self.slow.lock().unwrap_or_else(PoisonError::into_inner).asked(Timestamp::now());
        until.unwrap_or_else(pause)
    }

    /// The vendor answered a call on its merits.
    pub fn note_answer(&self) {
        self.slow.lock().unwrap_or_else(PoisonError::into_inner).answered();
    }

    /// Notes tokens and dead tokens of a call; returns whether dead ones are suspect.
    #[must_use]
    pub fn note_tokens(&self, tokens: usize, dead: usize) -> bool {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner).note(tokens as u64, dead as u64, Timestamp::now())
    }
}

/// The apps of a worker, by name.
pub type Apps = BTreeMap<AppName, Arc<AppState>>;

/// Opens every app. An app whose settings did not change stays as it is, with its token, pace and breaker.
///
/// # Errors
/// The first setting that the vendor finds wrong; nothing is changed then.
pub fn open_apps(vendor: &dyn Vendor, settings: &Settings, known: &Apps) -> Result<Apps, SettingsError> {
    settings
        .apps
        .iter()
        .map(|(name, values)| {
            let app = match known.get(name) {
                Some(app) if app.settings == *values => app.clone(),
                _ => Arc::new(AppState::open(vendor, name, values, &settings.process)?),
            };
            Ok((name.clone(), app))
        })
        .collect()
}
