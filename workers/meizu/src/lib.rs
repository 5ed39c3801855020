#![doc = include_str!("../README.md")]

mod answer;
mod calls;
mod classes;
mod codes;
mod message;
mod notify_key;
mod settings;

use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Day, Fitted, Job, Next,
    Profile, Rate, Refusal, SettingsError, Timestamp, Token, Vendor,
};
use serde_json::Value;

use answer::Heard;
use calls::State;
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
        Ok(Box::new(MeizuApp { settings: Settings::read(settings)? }))
    }

    fn classes(&self) -> Vec<ClassRow> {
        classes::rows()
    }

    fn options_schema(&self) -> Value {
        schemars::schema_for!(classes::Options).to_value()
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

    fn day(&self) -> &Day {
        &self.settings.day
    }

    fn authentication(&self, _realm: &str, _now: Timestamp) -> Authentication {
        Authentication::InRequest
    }

    fn read_credential(&self, _answer: &Answer) -> Result<Token, AuthRefusal> {
        Err(AuthRefusal::Misconfigured { detail: "Meizu has no tokens: every request is signed".to_owned() })
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        calls::check(job.targets.iter().map(|target| target.token.as_str()))?;
        Ok(message::write(&self.settings, job, class, &message::Shape::default())?.1)
    }

    fn encode(&self, batch: &Batch, _token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let push = batch.only()?;
        calls::call(&self.settings, push, &State::first(&self.settings, push), now)
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        let (settings, state) = (&self.settings, State::of(memo));
        let push = match batch.only() {
            Ok(push) => push,
            Err(refusal) => return Next::Done(batch.all(&refusal.verdict())),
        };
        let (further, verdict) = match answer::read(state.stage, batch, answer) {
            Heard::Over(next) => return next,
            Heard::Given(value) => (state.after(settings, push, &value), answer::unreadable(state.stage)),
            Heard::Moved(url, verdict) => (state.moved_to(settings, &url), verdict),
        };
        match further.map(|state| calls::call(settings, push, &state, answer.at)) {
            Some(call) => batch.further(call),
            None => Next::Done(batch.all(&verdict)),
        }
    }
}
