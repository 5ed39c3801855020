#![doc = include_str!("../README.md")]

mod answer;
mod auth;
mod calls;
mod classes;
mod codes;
mod notification;
mod options;
mod registration;
mod settings;
mod template;

use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Fitted, Job, Next,
    Profile, Rate, Refusal, Secret, SettingsError, Timestamp, Token, Vendor,
};
use serde_json::Value;

use answer::Heard;
use calls::{Addresses, Caller, Stage};
use options::Options;
use settings::Settings;

/// The name in queues, settings and options.
const NAME: &str = "oppo";

/// OPPO Push.
#[derive(Debug, Clone, Copy)]
pub struct Oppo;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &["android"],
    quotas: &[classes::MARKETING_QUOTA],
    codes: codes::NAMES,
};

impl Vendor for Oppo {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let addresses = Addresses::open(&settings)?;
        let master_secret = settings.secret().cloned().unwrap_or_else(|| Secret::new(""));
        Ok(Box::new(OppoApp { settings, addresses, master_secret }))
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
struct OppoApp {
    settings: Settings,
    addresses: Addresses,
    master_secret: Secret,
}

impl OppoApp {
    fn caller<'a>(&'a self, token: Option<&'a Token>, now: Timestamp) -> Caller<'a> {
        Caller { settings: &self.settings, addresses: &self.addresses, token, now }
    }
}

impl App for OppoApp {
    fn call_limits(&self) -> CallLimits {
        let targets = self.settings.batch;
        CallLimits { targets, jobs: if self.settings.gather { targets } else { 1 } }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Targets }
    }

    fn warnings(&self) -> Vec<String> {
        self.settings.warnings()
    }

    fn authentication(&self, _realm: &str, now: Timestamp) -> Authentication {
        let call = auth::call(&self.addresses.auth, &self.settings.app_key, &self.master_secret, now);
        Authentication::Endpoint(Box::new(call))
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        auth::read(answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job, &Options::of(job)?)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        let fitted = notification::fit(&self.settings, job, class)?;
        let ids = job.targets.iter().map(|target| target.token.as_str());
        registration::check(&registration::judge(&self.settings, ids))?;
        Ok(fitted)
    }

    fn gather_key(&self, job: &Job, class: &Class) -> Option<String> {
        calls::gather_key(&self.settings, job, class)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        self.caller(token, now).first(batch)
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, token: Option<&Token>, answer: &Answer) -> Next {
        let stage = Stage::of(&self.settings, batch, memo);
        let again = matches!(stage, Stage::Save { again: true });
        let caller = self.caller(token, answer.at);
        let call = match answer::read(&self.settings, stage, batch, answer) {
            Heard::Over(next) => return next,
            Heard::Saved(message_id) => caller.broadcast(batch, &message_id, again),
            Heard::Lost => caller.save(batch, true),
        };
        call.map_or_else(|refusal| Next::Done(batch.all(&refusal.verdict())), |call| Next::Call(Box::new(call)))
    }
}
