#![doc = include_str!("../README.md")]

mod answer;
mod classes;
mod codes;
mod headers;
mod options;
mod payload;
mod provider;
mod settings;

use std::time::Duration;

use http::{HeaderValue, header};
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Badge, Batch, Call, CallLimits, Class, ClassRow, Connection, Counted,
    Fitted, Http2, Job, Next, Profile, Push, Rate, Reason, Refusal, Secret, SettingsError, Timestamp, Token, Vendor,
    typed, wire,
};
use serde_json::Value;

use options::Options;
use provider::Signer;
use settings::{Auth, Environment, Settings, TokenType};

/// The name in queues, settings and options.
const NAME: &str = "apns";

/// Apple Push Notification service.
#[derive(Debug, Clone, Copy)]
pub struct Apns;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &[TokenType::Alert.as_str(), TokenType::Voip.as_str()],
    quotas: &[],
    codes: codes::NAMES,
};

impl Vendor for Apns {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let (key, host) = match settings.environment {
            Environment::Production => ("production_url", &settings.production_url),
            Environment::Sandbox => ("sandbox_url", &settings.sandbox_url),
        };
        typed::address(key, host, "/")?;
        let credential = match settings.auth {
            Auth::Token => Credential::Signer(Box::new(Signer::open(&settings)?)),
            Auth::Certificate => Credential::Certificate(certificate(&settings)?),
        };
        let topic = |suffix: &str| {
            HeaderValue::try_from(format!("{}{suffix}", settings.bundle_id))
                .map_err(|_| SettingsError::new("bundle_id", &settings.bundle_id, "letters, digits, dots and dashes"))
        };
        let (base, topics) = (host.trim_end_matches('/').to_owned(), [topic("")?, topic(".voip")?]);
        Ok(Box::new(ApnsApp { base, topics, credential, settings }))
    }

    fn classes(&self) -> Vec<ClassRow> {
        classes::rows()
    }

    fn options_schema(&self) -> Value {
        schemars::schema_for!(Options).to_value()
    }
}

/// What calls are authorised with.
#[derive(Debug)]
enum Credential {
    /// A token in a header.
    Signer(Box<Signer>),
    /// Shown when a connection is made.
    Certificate(Secret),
}

fn certificate(settings: &Settings) -> Result<Secret, SettingsError> {
    let parts = ["-----BEGIN CERTIFICATE-----", "PRIVATE KEY-----"];
    let given = settings.certificate.clone().unwrap_or_else(|| Secret::new(""));
    if parts.iter().all(|part| given.reveal().contains(part)) {
        return Ok(given);
    }
    let (value, rule) = match given.reveal() {
        "" => ("(none)", "needed for auth = \"certificate\": set certificate_file or the environment variable"),
        _ => ("(secret)", "certificate and private key, PEM, one after the other"),
    };
    Err(SettingsError::new("certificate", value, rule))
}

/// One app.
#[derive(Debug)]
struct ApnsApp {
    settings: Settings,
    credential: Credential,
    base: String,
    /// Of alerts and data messages; of VoIP pushes.
    topics: [HeaderValue; 2],
}

impl ApnsApp {
    fn token_type(&self, name: Option<&str>) -> TokenType {
        match name {
            Some(name) if name == TokenType::Voip.as_str() => TokenType::Voip,
            Some(_) => TokenType::Alert,
            None => self.settings.token_type,
        }
    }

    fn type_of(&self, push: &Push) -> TokenType {
        self.token_type(Some(push.token_type(self.settings.token_type.as_str())))
    }
}

impl App for ApnsApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: 1, jobs: 1 }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Calls }
    }

    fn connection(&self) -> Connection {
        let Settings { connections, streams, ping_s, authorities, .. } = &self.settings;
        Connection {
            http2: Some(Http2 {
                connections: *connections,
                streams: *streams,
                ping: Duration::from_secs(*ping_s),
                warm_up: true,
            }),
            identity: match &self.credential {
                Credential::Certificate(certificate) => Some(certificate.clone()),
                Credential::Signer(_) => None,
            },
            authorities: authorities.as_ref().map(|pem| pem.reveal().to_owned()),
        }
    }

    fn authentication(&self, _realm: &str, now: Timestamp) -> Authentication {
        match &self.credential {
            Credential::Signer(signer) => Authentication::Token(signer.token(now)),
            Credential::Certificate(_) => Authentication::InRequest,
        }
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        // There is no token endpoint (section 3.1).
        Err(AuthRefusal::Unavailable { retry_after: None, detail: format!("HTTP {} unasked", answer.status) })
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job, &Options::of(job)?)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        let mut whole = Fitted::default();
        for wanted in [TokenType::Alert, TokenType::Voip] {
            let any = job.targets.iter().any(|target| self.token_type(target.kind.as_deref()) == wanted);
            if any {
                let (_, fitted) = payload::write(&self.settings, job, class, wanted, None)?;
                merge(&mut whole.dropped, fitted.dropped);
                merge(&mut whole.changed, fitted.changed);
            }
        }
        Ok(whole)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let (push, position) = match batch.only().map(|push| (push, push.positions.as_slice()))? {
            (push, [position]) => (push, *position),
            _ => return Err(Refusal::rejected(Reason::BadRequest, ".", "one target a call: Apple has no batch")),
        };
        let (job, target, token_type) = (&push.job, &push.job.targets[position], self.type_of(push));
        let topic = match token_type {
            TokenType::Alert => &self.topics[0],
            TokenType::Voip => {
                classes::may_be_voip(&self.settings, job)?;
                &self.topics[1]
            }
        };
        let address = headers::address(&self.base, &target.token, self.settings.check_tokens)?;
        let badge: Option<Badge> = target.badge;
        let (body, _) = payload::write(&self.settings, job, &push.class, token_type, badge)?;
        let mut request = wire::post(&address, "application/json", body);
        headers::fill(request.headers_mut(), push, position, token_type, topic, now);
        if matches!(self.credential, Credential::Signer(_)) {
            request.headers_mut().insert(header::AUTHORIZATION, wire::authorization("bearer ", token)?);
        }
        Ok(Call { api: "send", request, commits: true, memo: None })
    }

    fn decode(&self, batch: &Batch, _memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        let token_type = batch.pushes.first().map_or(TokenType::Alert, |push| self.type_of(push));
        let pause = Duration::from_secs(self.settings.update_pause_s);
        Next::Done(batch.all(&answer::read(answer, token_type, pause)))
    }
}

fn merge(whole: &mut Vec<String>, more: Vec<String>) {
    for field in more {
        if !whole.contains(&field) {
            whole.push(field);
        }
    }
}
