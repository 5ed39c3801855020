#![doc = include_str!("../README.md")]

mod answer;
mod auth;
mod classes;
mod codes;
mod message;
mod options;
mod settings;

use http::{HeaderValue, Uri, header};
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Day, Fitted, Job,
    Next, Profile, Rate, Reason, Refusal, Secret, SettingsError, Timestamp, Token, Vendor,
    kit::{oauth, settings::secret},
    typed::address,
    wire,
};
use serde_json::Value;

use message::Delivery;
use options::Options;
use settings::{RateCounts, Settings};

/// The name in queues, settings and options.
const NAME: &str = "honor";

/// As the sheet writes it (section 4).
const JSON: &str = "application/json; charset=UTF-8";

/// Honor Push.
#[derive(Debug, Clone, Copy)]
pub struct Honor;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &["android"],
    quotas: &[classes::TEST_QUOTA],
    codes: codes::NAMES,
};

impl Vendor for Honor {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let secret = secret(settings.client_secret.as_ref(), "client_secret", "the Client Secret")?.clone();
        let auth = address("auth_url", &settings.auth_url, "")?;
        let path = format!("/api/v1/{}/sendMessage", settings.app_id);
        let send = address("send_url", &settings.send_url, &path)?;
        Ok(Box::new(HonorApp { settings, secret, auth, send }))
    }

    fn classes(&self) -> Vec<ClassRow> {
        classes::rows()
    }

    fn options_schema(&self) -> Value {
        schemars::schema_for!(Options).to_value()
    }
}

/// One app.
#[derive(Debug)]
struct HonorApp {
    settings: Settings,
    secret: Secret,
    auth: Uri,
    send: Uri,
}

impl App for HonorApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: self.settings.batch, jobs: 1 }
    }

    fn rate(&self) -> Rate {
        let counted = match self.settings.rate_counts {
            RateCounts::Devices => Counted::Targets,
            RateCounts::Calls => Counted::Calls,
        };
        Rate { per_second: self.settings.rate_per_second, counted }
    }

    fn api_rates(&self) -> Vec<(&'static str, u32)> {
        vec![("auth", self.settings.tokens_per_second)]
    }

    fn warnings(&self) -> Vec<String> {
        let marketing = "self_classification = false: Honor takes every notification for marketing, silent and 2 per \
                         device and day";
        if self.settings.self_classification { Vec::new() } else { vec![marketing.to_owned()] }
    }

    fn day(&self) -> &Day {
        &self.settings.day
    }

    fn authentication(&self, _realm: &str, _now: Timestamp) -> Authentication {
        Authentication::Endpoint(Box::new(oauth::ask(&self.auth, &self.settings.client_id, &self.secret)))
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        auth::read(answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job, &Options::of(job)?)
    }

    fn lesser(&self, job: &Job, class: &Class) -> Option<Class> {
        classes::lesser(&self.settings, job, &Options::of(job).ok()?, class)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        let (body, fitted) = message::write(&self.settings, job, class, Delivery::longest(job))?;
        let most = self.settings.max_bytes;
        if body.len() > most {
            let rule = format!("{} bytes without tokens, at most {most}: shorten data", body.len());
            return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
        }
        Ok(fitted)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let push = batch.only()?;
        let delivery = Delivery {
            tokens: push.tokens().collect(),
            badge: push.positions.first().and_then(|n| push.job.targets[*n].badge),
            ttl_seconds: push.expiry.since(now).as_secs(),
        };
        let (body, _) = message::write(&self.settings, &push.job, &push.class, delivery)?;
        let mut request = wire::post(&self.send, JSON, body);
        let headers = request.headers_mut();
        headers.insert(header::AUTHORIZATION, wire::authorization("Bearer ", token)?);
        // Milliseconds; seconds are refused.
        headers.insert("timestamp", HeaderValue::from(now.as_millis()));
        Ok(Call { api: "send", request, commits: true, memo: None })
    }

    fn decode(&self, batch: &Batch, _memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        answer::read(&self.settings, batch, answer)
    }
}
