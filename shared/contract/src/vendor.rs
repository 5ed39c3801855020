//! The seam: what the pipeline asks of a vendor. Everything here is a function of its arguments; time is one of them.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use crate::{Answer, Batch, Call, Class, Day, Job, Next, Outcome, Reason, Secret, Target, Timestamp, Verdict};

/// A phone vendor: what is the same for every app.
pub trait Vendor: Send + Sync + 'static {
    /// Facts about the vendor.
    fn profile(&self) -> &Profile;

    /// Opens one app from its settings: the vendor's commented defaults, overlaid by the file, overlaid by the
    /// environment, with secrets read. Pure: no file, no network.
    ///
    /// # Errors
    /// [`SettingsError`] names the key, a value that is no secret, and the rule.
    fn open(&self, app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError>;

    /// Every kind with the class it deserves and what it falls back to; `--classes` prints it.
    fn classes(&self) -> Vec<ClassRow>;

    /// The same for further platforms of the vendor's, by name: types of tokens that have a table of their own.
    fn further_classes(&self) -> Vec<(&'static str, Vec<ClassRow>)> {
        Vec::new()
    }

    /// JSON Schema of this vendor's entry in `options`; `--schema` prints it.
    fn options_schema(&self) -> Value;
}

/// Facts about a vendor that the process needs.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The name in queues, settings, options and labels.
    pub name: &'static str,
    /// The vendor's commented default settings (TOML).
    pub defaults: &'static str,
    /// Names of settings that hold a secret: never in the settings file itself, but in `<name>_file` or the environment.
    pub secrets: &'static [&'static str],
    /// Token types; the first is the default of an app.
    pub token_types: &'static [&'static str],
    /// Names of the daily counters that [`Class::quota`] may hold; each has a held queue.
    pub quotas: &'static [&'static str],
    /// Every code of the vendor's tables; others are counted as `other`.
    pub codes: &'static [&'static str],
}

/// One row of a vendor's class table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassRow {
    /// The kind of the contract.
    pub kind: crate::Kind,
    /// The vendor's class for it.
    pub class: String,
    /// The right it needs; absent: none.
    pub needs: Option<String>,
    /// The class without that right.
    pub without: String,
    /// Caps and quotas that a push of this class draws on.
    pub caps: String,
}

/// One configured app of a vendor.
pub trait App: Send + Sync + 'static {
    /// How many targets and jobs one dispatch may have.
    fn call_limits(&self) -> CallLimits;

    /// What the vendor allows, unless the settings say otherwise.
    fn rate(&self) -> Rate;

    /// Limits of single interfaces that push nothing, such as a token endpoint or a call that saves a message: calls a
    /// second, by the name in [`Call::api`]. Each is kept beside the app's own rate.
    fn api_rates(&self) -> Vec<(&'static str, u32)> {
        Vec::new()
    }

    /// What the vendor allows on one of its days: the table `day` of the settings. A vendor that counts nothing by the day has
    /// nothing to say.
    fn day(&self) -> &Day {
        const NONE: &Day = &Day::NONE;
        NONE
    }

    /// The call that asks the vendor what it allows on the day, where there is one; [`App::read_quotas`] reads its
    /// answer.
    fn quota_query(&self) -> Option<Call> {
        None
    }

    /// The limits that such an answer tells, by the name of the quota: they count more than those of the settings.
    fn read_quotas(&self, _answer: &Answer) -> Vec<(&'static str, u64)> {
        Vec::new()
    }

    /// What the settings allow and an operator will probably regret, such as a missing channel. Printed by
    /// `--check-config` and logged at the start; it stops nothing.
    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }

    /// The least time before something is sent again that failed, where the vendor asks for one.
    fn least_retry(&self) -> Duration {
        Duration::ZERO
    }

    /// How connections to the vendor are made.
    fn connection(&self) -> Connection {
        Connection::default()
    }

    /// The part of the vendor's service that a target belongs to: its region, or the service for its type of token.
    /// Targets of one call share it, and a token is good for one of them. A vendor with one service has nothing to say.
    fn realm(&self, _target: &Target) -> &'static str {
        ""
    }

    /// The class of a job for its targets of a realm, where the realms have classes of their own. `None`: the job's.
    ///
    /// What these targets draw on, and how often their devices may get it, follows from it.
    fn class_in(&self, _realm: &str, _job: &Job, _class: &Class) -> Option<Class> {
        None
    }

    /// How calls to a realm are authenticated.
    fn authentication(&self, realm: &str, now: Timestamp) -> Authentication;

    /// Reads the answer of the token endpoint that [`Authentication::Endpoint`] asked.
    ///
    /// # Errors
    /// Whether the credential is wrong or the endpoint is in trouble.
    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal>;

    /// Chooses the vendor's class for a job: its kind, the rights of the app, the producer's overrides.
    ///
    /// # Errors
    /// A refusal of the whole job, such as an override that is unknown.
    fn classify(&self, job: &Job) -> Result<Class, Refusal>;

    /// The class that the job would get if the app had no right to `class`, for jobs whose class the vendor refuses. `None`:
    /// there is no lesser one.
    fn lesser(&self, _job: &Job, _class: &Class) -> Option<Class> {
        None
    }

    /// Fits the job to the vendor: what is dropped, what is changed, whether it can be sent at all.
    ///
    /// # Errors
    /// A refusal of the whole job: too large, or its meaning cannot be carried.
    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal>;

    /// Jobs with equal keys may share a call. `None`: this job is sent alone. Only asked where
    /// [`CallLimits::jobs`] is over one.
    fn gather_key(&self, _job: &Job, _class: &Class) -> Option<String> {
        None
    }

    /// The first request of a dispatch.
    ///
    /// # Errors
    /// A refusal of the whole batch; [`App::fit`] finds what can be found before.
    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal>;

    /// What follows from an answer. `memo` is that of the call.
    fn decode(&self, batch: &Batch, memo: Option<&str>, token: Option<&Token>, answer: &Answer) -> Next;
}

/// How connections to the vendor are made. The process makes them; a vendor never sees a socket.
#[derive(Debug, Clone, Default)]
pub struct Connection {
    /// HTTP/2 and nothing else; absent: HTTP/1.1, or HTTP/2 where the server chooses it.
    pub http2: Option<Http2>,
    /// Client certificate and key, PEM, one after the other.
    pub identity: Option<Secret>,
    /// Further certificate authorities, PEM; for simulators and proxies.
    pub authorities: Option<String>,
}

/// How HTTP/2 connections are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Http2 {
    /// How many connections the load is spread over.
    pub connections: usize,
    /// Most calls at once on one of them.
    pub streams: usize,
    /// How often a connection is asked for a sign of life.
    pub ping: Duration,
    /// Whether also one on which nothing is awaited.
    pub ping_idle: bool,
    /// Whether a new connection gets one call first, and the rest once that is answered.
    pub warm_up: bool,
}

/// How many targets and jobs a dispatch may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CallLimits {
    /// Targets of one job in a call: 1 for vendors with one call per target.
    pub targets: usize,
    /// Different jobs in a call: 1 where they cannot be gathered.
    pub jobs: usize,
}

/// What a vendor's rate limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Counted {
    /// Calls.
    Calls,
    /// Targets: a list of 1000 costs 1000.
    Targets,
}

/// A rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Rate {
    /// How many a second.
    pub per_second: u32,
    /// Of what.
    pub counted: Counted,
}

/// How an app's calls are authenticated. The vendor describes it; the process fetches, caches and renews.
#[derive(Debug)]
pub enum Authentication {
    /// Nothing to fetch: a fixed key or a signature per request, made inside `encode`.
    InRequest,
    /// A token made here; asked again when it is about to end.
    Token(Token),
    /// A token endpoint; its answer goes to [`App::read_credential`].
    Endpoint(Box<Call>),
}

/// A bearer token.
#[derive(Debug, Clone)]
pub struct Token {
    /// The text.
    pub value: Secret,
    /// When it ends.
    pub expires_at: Timestamp,
    /// How long before its end a new one is fetched.
    pub renew_before: Duration,
}

/// What a token endpoint said instead of a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthRefusal {
    /// The credential is wrong: the app is blocked until its file changes or a probe succeeds.
    Misconfigured {
        /// The vendor's code and text, without secrets.
        detail: String,
    },
    /// Trouble at the endpoint: tried again.
    Unavailable {
        /// Not before, where the vendor says so.
        retry_after: Option<Duration>,
        /// The vendor's code and text, without secrets.
        detail: String,
    },
}

/// What fitting did to a job.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Fitted {
    /// Fields that the vendor has no place for.
    pub dropped: Vec<String>,
    /// Fields that are sent otherwise than written.
    pub changed: Vec<String>,
}

/// A job that cannot be sent to this vendor, found before any call.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {field}: {rule}", reason.as_str())]
pub struct Refusal {
    /// The terminal outcome.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
    /// The field of the job.
    pub field: String,
    /// The rule it breaks. Never quotes content.
    pub rule: String,
}

impl Refusal {
    /// A job that is refused for good.
    pub fn rejected(reason: Reason, field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { outcome: Outcome::Rejected, reason, field: field.into(), rule: rule.into() }
    }

    /// A job whose meaning the vendor cannot carry.
    pub fn unsupported(field: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { outcome: Outcome::Unsupported, reason: Reason::NotPossible, field: field.into(), rule: rule.into() }
    }

    /// The refusal as a verdict, for a dispatch that meets it in `encode`: one that ends in the same outcome.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let action = match self.outcome {
            Outcome::InvalidToken => crate::Action::DeviceGone { invalid_since: None },
            Outcome::Misconfigured => crate::Action::ClassMisconfigured,
            _ => crate::Action::Refused,
        };
        Verdict::new(action, self.reason)
    }
}

/// A setting that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key} = {value}: {rule}")]
pub struct SettingsError {
    /// The key, as a path.
    pub key: String,
    /// The value, or `(secret)`.
    pub value: String,
    /// The rule it breaks, and what to do.
    pub rule: String,
}

impl SettingsError {
    /// A wrong setting.
    pub fn new(key: impl Into<String>, value: impl Into<String>, rule: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), rule: rule.into() }
    }
}
