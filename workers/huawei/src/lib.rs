#![doc = include_str!("../README.md")]

mod android;
mod answer;
mod auth;
mod classes;
mod codes;
mod options;
mod service_account;
mod settings;

use http::{Uri, header};
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Fitted, Job, Next,
    Profile, Rate, Reason, Refusal, SettingsError, Timestamp, Token, Vendor, typed::address, wire,
};
use serde_json::Value;

use android::Delivery;
use auth::Credential;
use options::Options;
use settings::{Settings, UrlVersion};

/// The name in queues, settings and options.
const NAME: &str = "huawei";

/// Huawei Push Kit.
#[derive(Debug, Clone, Copy)]
pub struct Huawei;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &["android"],
    quotas: &[classes::TEST_QUOTA],
    codes: codes::NAMES,
};

impl Vendor for Huawei {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let credential = Credential::open(&settings)?;
        let project = match &credential {
            Credential::ServiceAccount(account) => account.project_id.as_str(),
            Credential::Client { .. } => settings.project_id.as_str(),
        };
        let path = match settings.url_version {
            UrlVersion::V1 => format!("/v1/{}/messages:send", settings.client_id),
            UrlVersion::V2 if project.is_empty() => {
                return Err(SettingsError::new("project_id", "", "needed for url_version = \"v2\""));
            }
            UrlVersion::V2 => format!("/v2/{project}/messages:send"),
        };
        let send = address("send_url", &settings.send_url, &path)?;
        Ok(Box::new(HuaweiApp { settings, credential, send }))
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
struct HuaweiApp {
    settings: Settings,
    credential: Credential,
    send: Uri,
}

impl App for HuaweiApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: self.settings.batch, jobs: 1 }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Targets }
    }

    fn authentication(&self, _realm: &str, now: Timestamp) -> Authentication {
        self.credential.authentication(now)
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        auth::read(answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job, &Options::of(job)?)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        let (body, fitted) = android::write(&self.settings, job, class, Delivery::longest(job))?;
        if body.len() > android::MAX_BYTES {
            let rule = format!("{} bytes without tokens, at most {}: shorten data", body.len(), android::MAX_BYTES);
            return Err(Refusal::rejected(Reason::PayloadTooLarge, "data", rule));
        }
        Ok(fitted)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let [push] = batch.pushes.as_slice() else {
            return Err(Refusal::rejected(Reason::BadRequest, ".", "one job a call: the content is said once"));
        };
        let delivery = Delivery {
            tokens: push.tokens().collect(),
            badge: push.positions.first().and_then(|n| push.job.targets[*n].badge),
            ttl_seconds: push.expiry.since(now).as_secs(),
        };
        let (body, _) = android::write(&self.settings, &push.job, &push.class, delivery)?;
        let mut request = wire::post(&self.send, wire::JSON, body);
        request.headers_mut().insert(header::AUTHORIZATION, wire::authorization("Bearer ", token)?);
        Ok(Call { api: "send", request, commits: true, memo: None })
    }

    fn decode(&self, batch: &Batch, _memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        Next::Done(answer::read(batch, answer))
    }
}
