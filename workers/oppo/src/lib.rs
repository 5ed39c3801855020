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
    Profile, Rate, Refusal, SettingsError, Target, Timestamp, Token, Vendor, kit::names::named,
};
use serde_json::Value;

use answer::Heard;
use calls::{Caller, Hosts, Stage};
use notification::Delivery;
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
        Ok(Box::new(OppoApp { hosts: Hosts::open(&settings)?, settings }))
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
    hosts: Hosts,
}

impl App for OppoApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: self.settings.batch, jobs: self.settings.batch }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Targets }
    }

    fn warnings(&self) -> Vec<String> {
        self.settings.warnings()
    }

    fn realm(&self, target: &Target) -> &'static str {
        registration::realm(&self.settings, &target.token)
    }

    /// A token for each region; what is not sent needs none.
    fn authentication(&self, realm: &str, now: Timestamp) -> Authentication {
        let region = if realm.is_empty() { Some(self.settings.region) } else { named(realm) };
        let Some(region) = region else { return Authentication::InRequest };
        Authentication::Endpoint(Box::new(auth::call(&self.settings, &self.hosts.at(region).auth, now)))
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
        Ok(notification::write(&self.settings, job, class, Delivery::hardest(job))?.1)
    }

    fn gather_key(&self, job: &Job, class: &Class) -> Option<String> {
        calls::gather_key(&self.settings, job, class)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        Caller::of(&self.settings, &self.hosts, batch, token, now)?.first(batch)
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, token: Option<&Token>, answer: &Answer) -> Next {
        let stage = Stage::of(&self.settings, batch, memo);
        let again = matches!(stage, Stage::Save { again: true });
        let heard = answer::read(&self.settings, stage, batch, answer);
        let caller = || Caller::of(&self.settings, &self.hosts, batch, token, answer.at);
        let call = match heard {
            Heard::Over(next) => return next,
            Heard::Saved(message_id) => caller().map(|caller| caller.broadcast(batch, &message_id, again)),
            Heard::Lost => caller().and_then(|caller| caller.save(batch, true)),
        };
        call.map_or_else(|refusal| Next::Done(batch.all(&refusal.verdict())), |call| Next::Call(Box::new(call)))
    }
}
