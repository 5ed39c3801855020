#![doc = include_str!("../README.md")]

mod answer;
mod calls;
mod classes;
mod codes;
mod message;
mod notify_key;
mod options;
mod settings;

use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Fitted, Job, Next, Profile,
    Rate, Refusal, SettingsError, Timestamp, Token, Vendor, typed::address,
};
use serde_json::Value;

use answer::Heard;
use calls::State;
use message::Shape;
use options::Options;
use settings::Settings;

/// The name in queues, settings and options.
const NAME: &str = "meizu";

/// Meizu's Flyme Push.
#[derive(Debug, Clone, Copy)]
pub struct Meizu;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &["android"],
    quotas: classes::QUOTAS,
    codes: codes::NAMES,
};

impl Vendor for Meizu {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        // Both are checked, so that a change of the region meets no surprise.
        address("cn_url", &settings.cn_url, "")?;
        address("intl_url", &settings.intl_url, "")?;
        Ok(Box::new(MeizuApp { settings }))
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
struct MeizuApp {
    settings: Settings,
}

impl App for MeizuApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: self.settings.batch, jobs: 1 }
    }

    fn rate(&self) -> Rate {
        self.settings.rate()
    }

    fn warnings(&self) -> Vec<String> {
        self.settings.warnings()
    }

    fn authentication(&self, _realm: &str, _now: Timestamp) -> Authentication {
        Authentication::InRequest
    }

    fn read_credential(&self, _answer: &Answer) -> Result<Token, AuthRefusal> {
        Err(AuthRefusal::Misconfigured { detail: "Meizu has no tokens: every request is signed".to_owned() })
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job, &Options::of(job)?)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        calls::check(job.targets.iter().map(|target| target.token.as_str()))?;
        Ok(message::write(&self.settings, job, class, &Shape::default())?.1)
    }

    fn encode(&self, batch: &Batch, _token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let push = calls::only(batch)?;
        self.call(batch, &State::first(&self.settings, push)?, now)
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        let state = State::of(memo);
        let next = match answer::read(&self.settings, state.stage, batch, answer) {
            Heard::Verdicts(verdicts) => return Next::Done(verdicts),
            Heard::Split(verdict) => return Next::Split(verdict),
            Heard::NoPicture => batch.pushes.first().map(|push| State::without_picture(&self.settings, push)),
            Heard::Value(value) => batch.pushes.first().and_then(|push| state.after(&self.settings, push, &value)),
            Heard::Moved(url, verdict) => match state.moved_to(&self.settings, &url) {
                None => return Next::Done(batch.all(&verdict)),
                again => again,
            },
        };
        let Some(next) = next else { return Next::Done(batch.all(&answer::unreadable(state.stage))) };
        match self.call(batch, &next, answer.at) {
            Ok(call) => Next::Call(Box::new(call)),
            Err(refusal) => Next::Done(batch.all(&refusal.verdict())),
        }
    }
}

impl MeizuApp {
    fn call(&self, batch: &Batch, state: &State, now: Timestamp) -> Result<Call, Refusal> {
        calls::call(&self.settings, calls::only(batch)?, state, now)
    }
}
