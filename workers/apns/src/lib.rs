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

use http::header;
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Connection, Counted, Fitted,
    Http2, Job, Next, Profile, Rate, Reason, Refusal, Secret, SettingsError, Timestamp, Token, Vendor,
    kit::{
        names::named,
        settings::{rule, secret},
    },
    typed, wire,
};
use serde_json::Value;

use options::Options;
use provider::Signer;
use settings::{Auth, Environment, Settings, TokenType};

/// The name in queues, settings and options.
const NAME: &str = "apns";

/// How often an idle connection is asked for a sign of life (section 3.3).
const PING: Duration = Duration::from_secs(60);

/// Apple Push Notification service.
#[derive(Debug, Clone, Copy)]
pub struct Apns;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &["alert", "voip"],
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
        let base = host.trim_end_matches('/').to_owned();
        Ok(Box::new(ApnsApp { base, credential, settings }))
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
    let what = "certificate and private key, PEM, one after the other";
    let given = secret(settings.certificate.as_ref(), "certificate", what)?;
    let both = ["-----BEGIN CERTIFICATE-----", "PRIVATE KEY-----"].iter().all(|part| given.reveal().contains(part));
    rule(both, "certificate", "(secret)", what)?;
    Ok(given.clone())
}

/// One app.
#[derive(Debug)]
struct ApnsApp {
    settings: Settings,
    credential: Credential,
    base: String,
}

impl App for ApnsApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: 1, jobs: 1 }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Calls }
    }

    fn connection(&self) -> Connection {
        let Settings { connections, streams, ref authorities, .. } = self.settings;
        Connection {
            http2: Some(Http2 { connections, streams, ping: PING, ping_idle: true, warm_up: true }),
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
        // An alert has less room: what fits into it fits into a VoIP push, and what it loses covers what that loses.
        let alerts = job.targets.iter().any(|target| self.settings.type_of(target) == TokenType::Alert);
        let token_type = if alerts { TokenType::Alert } else { TokenType::Voip };
        Ok(payload::write(&self.settings, job, class, token_type, None)?.1)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let (push, position) = match batch.only().map(|push| (push, push.positions.as_slice()))? {
            (push, [position]) => (push, *position),
            _ => return Err(Refusal::rejected(Reason::BadRequest, ".", "one target a call: Apple has no batch")),
        };
        let (job, target) = (&push.job, &push.job.targets[position]);
        let token_type = self.settings.type_of(target);
        if token_type == TokenType::Voip {
            classes::may_be_voip(&self.settings, job)?;
        }
        let address = headers::address(&self.base, &target.token, self.settings.check_tokens)?;
        let (body, _) = payload::write(&self.settings, job, &push.class, token_type, target.badge)?;
        let mut request = wire::post(&address, "application/json", body);
        headers::fill(request.headers_mut(), push, position, token_type, &self.settings.bundle_id, now);
        if matches!(self.credential, Credential::Signer(_)) {
            request.headers_mut().insert(header::AUTHORIZATION, wire::authorization("bearer ", token)?);
        }
        Ok(Call { api: "send", request, commits: true, memo: None })
    }

    fn decode(&self, batch: &Batch, _memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        let token_type = batch.pushes.first().and_then(|push| named(push.token_type("")));
        Next::Done(batch.all(&answer::read(answer, token_type.unwrap_or(self.settings.token_type))))
    }
}
