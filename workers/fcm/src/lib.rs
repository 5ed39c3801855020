#![doc = include_str!("../README.md")]

mod account;
mod answer;
mod classes;
mod codes;
mod message;
mod options;
mod settings;

use std::time::Duration;

use http::{Uri, header};
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Connection, Counted, Fitted,
    Http2, Job, Next, Profile, Rate, Reason, Refusal, SettingsError, Timestamp, Token, Vendor, typed, wire,
};
use serde_json::Value;

use account::Account;
use answer::Reader;
use message::{Delivery, MAX_TTL};
use options::Options;
use settings::{FID, Settings};

/// The name in queues, settings and options.
const NAME: &str = "fcm";

/// "Never retry before 10 s" (section 7).
const LEAST_RETRY: Duration = Duration::from_secs(10);

/// Firebase Cloud Messaging, HTTP v1.
#[derive(Debug, Clone, Copy)]
pub struct Fcm;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: settings::TOKEN_TYPES,
    quotas: &[],
    codes: codes::NAMES,
};

impl Vendor for Fcm {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let account = Account::open(&settings)?;
        let project = typed::filled(&settings.project_id).unwrap_or(account.project_id());
        let path = format!("/v1/projects/{project}/messages:send");
        let send = typed::address("send_url", &settings.send_url, &path)?;
        Ok(Box::new(FcmApp { settings, account, send, reader: Reader::default() }))
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
struct FcmApp {
    settings: Settings,
    account: Account,
    send: Uri,
    reader: Reader,
}

impl App for FcmApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: 1, jobs: 1 }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Calls }
    }

    fn least_retry(&self) -> Duration {
        LEAST_RETRY
    }

    fn connection(&self) -> Connection {
        let Settings { connections, streams, ref authorities, .. } = self.settings;
        let http2 = Http2 {
            connections,
            streams,
            // Google ends a connection that is asked for a sign of life too often.
            ping: Duration::from_secs(300),
            ping_idle: false,
            // Google ends a connection that got more streams than it allows before it could say how many.
            warm_up: true,
        };
        let authorities = authorities.as_ref().map(|pem| pem.reveal().to_owned());
        Connection { http2: Some(http2), identity: None, authorities }
    }

    fn authentication(&self, _realm: &str, now: Timestamp) -> Authentication {
        self.account.authentication(now)
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        account::read(answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        Ok(classes::classify(job, &Options::of(job)?))
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        let delivery = Delivery { position: 0, in_fid: false, ttl_seconds: MAX_TTL };
        Ok(message::write(&self.settings, job, class, &delivery)?.1)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let push = batch.only()?;
        let &[position] = push.positions.as_slice() else {
            return Err(Refusal::rejected(Reason::BadRequest, ".", "one target a call: Google has no batch"));
        };
        let in_fid = self.settings.use_fid && push.token_type(&self.settings.token_type) == FID;
        let delivery = Delivery { position, in_fid, ttl_seconds: push.expiry.since(now).as_secs() };
        let (body, _) = message::write(&self.settings, &push.job, &push.class, &delivery)?;
        let mut request = wire::post(&self.send, "application/json", body);
        request.headers_mut().insert(header::AUTHORIZATION, wire::authorization("Bearer ", token)?);
        Ok(Call { api: "send", request, commits: true, memo: None })
    }

    fn decode(&self, batch: &Batch, _memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        let token = batch.tokens().next().unwrap_or_default();
        Next::Done(batch.all(&self.reader.read(answer, token)))
    }
}
