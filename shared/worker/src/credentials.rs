//! The token of one app for one realm: fetched once for all, renewed ahead of its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwapOption;
use push_contract::{AuthRefusal, Authentication, Timestamp, Token};
use tokio::sync::Mutex;

use crate::{app::AppState, metrics::Metrics, transport::Sent};

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoToken {
    /// The vendor refuses the credential.
    Refused(String),
    /// The token endpoint is in trouble.
    Trouble {
        /// Not before.
        retry_after: Option<Duration>,
        /// What was seen.
        detail: String,
    },
}

/// Who waited behind a failed fetch does not ask again at once.
const FAILURE_COUNTS: Duration = Duration::from_millis(100);
/// While the old token is good, a renewal that failed waits so long for the next try at first and at most: endpoints
/// count calls.
const RENEW_AGAIN: [Duration; 2] = [Duration::from_secs(10), Duration::from_secs(60)];

/// A fetch that failed.
#[derive(Debug)]
struct Failure {
    at: Instant,
    /// When it is worth another try as long as the old token is good.
    again: Instant,
    /// How many in a row.
    failures: u32,
    error: NoToken,
}

impl Failure {
    fn new(error: NoToken, before: Option<&Self>) -> Self {
        let (at, failures) = (Instant::now(), before.map_or(0, |before| before.failures.saturating_add(1)));
        let told = match &error {
            NoToken::Trouble { retry_after, .. } => retry_after.unwrap_or_default(),
            NoToken::Refused(_) => Duration::ZERO,
        };
        let [first, most] = RENEW_AGAIN;
        let again = at + told.max(push_pacing::pause(failures, first, most, fastrand::f64()));
        Self { at, again, failures, error }
    }
}

/// The cached token of one app for one realm of its vendor.
#[derive(Debug, Default)]
pub struct Credentials {
    token: ArcSwapOption<Token>,
    /// One fetch at a time; who waited finds the token of who fetched, or the failure.
    fetch: Mutex<Option<Failure>>,
    /// The vendor signs each request: there is nothing to fetch.
    in_request: AtomicBool,
}

impl Credentials {
    /// A token that is good now, or none where the vendor signs each request.
    ///
    /// # Errors
    /// See [`NoToken`].
    pub async fn get(&self, app: &AppState, realm: &str, metrics: &Metrics) -> Result<Option<Arc<Token>>, NoToken> {
        if self.in_request.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let now = Timestamp::now();
        let cached = self.token.load_full();
        if let Some(token) = &cached {
            let renew_at =
                token.expires_at.as_millis() - i64::try_from(token.renew_before.as_millis()).unwrap_or(i64::MAX);
            if now.as_millis() < renew_at {
                return Ok(cached);
            }
        }
        let good = cached.filter(|token| now < token.expires_at);
        // While the old token is good only one caller renews it; the others go on.
        let mut last_failure = match (&good, self.fetch.try_lock()) {
            (Some(_), Err(_)) => return Ok(good),
            (_, Ok(guard)) => guard,
            (None, Err(_)) => self.fetch.lock().await,
        };
        let known = self.token.load_full();
        if let Some(token) =
            known.filter(|token| good.as_ref().is_none_or(|old| !Arc::ptr_eq(old, token)) && now < token.expires_at)
        {
            return Ok(Some(token));
        }
        match &*last_failure {
            Some(failure) if good.is_some() && Instant::now() < failure.again => return Ok(good),
            Some(failure) if good.is_none() && failure.at.elapsed() < FAILURE_COUNTS => {
                return Err(failure.error.clone());
            }
            _ => {}
        }
        let fetched = fetch(app, realm, now).await;
        match &fetched {
            Ok(None) => self.in_request.store(true, Ordering::Relaxed),
            Ok(token) => self.token.store(token.clone()),
            Err(_) => {}
        }
        *last_failure = fetched.as_ref().err().map(|error| Failure::new(error.clone(), last_failure.as_ref()));
        drop(last_failure);
        let name = app.name.as_str();
        metrics.credential_fetches.with_label_values(&[name, if fetched.is_ok() { "ok" } else { "failed" }]).inc();
        match (fetched, good) {
            (Ok(None), _) => Ok(None),
            (Ok(Some(token)), _) => {
                metrics.credential_expiry.with_label_values(&[name]).set(token.expires_at.as_secs());
                Ok(Some(token))
            }
            (Err(_), Some(token)) => Ok(Some(token)),
            (Err(error), None) => Err(error),
        }
    }

    /// The vendor called this token stale: it is not used again.
    pub fn forget(&self, stale: Option<&Arc<Token>>) {
        let known = self.token.load_full();
        if stale.zip(known.as_ref()).is_some_and(|(stale, known)| Arc::ptr_eq(stale, known)) {
            self.token.compare_and_swap(&known, None);
        }
    }
}

async fn fetch(app: &AppState, realm: &str, now: Timestamp) -> Result<Option<Arc<Token>>, NoToken> {
    match app.vendor.authentication(realm, now) {
        Authentication::InRequest => Ok(None),
        Authentication::Token(token) => Ok(Some(Arc::new(token))),
        Authentication::Endpoint(call) => {
            app.before_call(call.api).await;
            let answer = match app.transport.send(*call).await {
                Sent::Answer(answer) => answer,
                Sent::NotSent(detail) | Sent::Lost(detail) => {
                    return Err(NoToken::Trouble { retry_after: None, detail });
                }
            };
            match app.vendor.read_credential(&answer) {
                Ok(token) => Ok(Some(Arc::new(token))),
                Err(AuthRefusal::Misconfigured { detail }) => Err(NoToken::Refused(detail)),
                Err(AuthRefusal::Unavailable { retry_after, detail }) => Err(NoToken::Trouble { retry_after, detail }),
            }
        }
    }
}
