#![doc = include_str!("../README.md")]

mod answer;
mod auth;
mod classes;
mod codes;
mod message;
mod options;
mod settings;
mod texts;

use bytes::Bytes;
use http::{Request, Uri};
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Day, Fitted, Job,
    Next, Profile, Push, Rate, Refusal, SettingsError, Timestamp, Token, Vendor, kit::settings::paths, wire,
};
use serde_json::Value;

use answer::{Heard, Stage};
use options::Options;
use settings::Settings;

/// The name in queues, settings and options.
const NAME: &str = "vivo";
/// The memo of a first call whose text was cleaned; else a memo is `task ` and the task of a saved payload.
const CLEANED: &str = "cleaned";
const TASK: &str = "task ";

/// vivo Push.
#[derive(Debug, Clone, Copy)]
pub struct Vivo;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &["android"],
    quotas: &classes::QUOTAS,
    codes: codes::NAMES,
};

impl Vendor for Vivo {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let [auth, send, save, list] = paths(
            "api_url",
            &settings.api_url,
            ["/message/auth", "/message/send", "/message/saveListPayload", "/message/pushToList"],
        )?;
        Ok(Box::new(VivoApp { settings, auth, send, save, list }))
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
struct VivoApp {
    settings: Settings,
    auth: Uri,
    send: Uri,
    save: Uri,
    list: Uri,
}

impl App for VivoApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: self.settings.batch, jobs: 1 }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Targets }
    }

    fn api_rates(&self) -> Vec<(&'static str, u32)> {
        vec![("auth", auth::CALLS_PER_SECOND)]
    }

    fn day(&self) -> &Day {
        &self.settings.day
    }

    fn authentication(&self, _realm: &str, now: Timestamp) -> Authentication {
        Authentication::Endpoint(Box::new(auth::call(&self.settings, &self.auth, now)))
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        auth::read(&self.settings, answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job, &Options::of(job)?)
    }

    fn lesser(&self, job: &Job, class: &Class) -> Option<Class> {
        classes::lesser(&self.settings, job, &Options::of(job).ok()?, class)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        Ok(message::write(&self.settings, job, class, message::Shape::default())?.1)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        self.first(batch.only()?, token, now, false)
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, token: Option<&Token>, answer: &Answer) -> Next {
        let refused = |refusal: Refusal| Next::Done(batch.all(&refusal.verdict()));
        self.after(batch, memo, token, answer).unwrap_or_else(refused)
    }
}

impl VivoApp {
    fn after(
        &self,
        batch: &Batch,
        memo: Option<&str>,
        token: Option<&Token>,
        answer: &Answer,
    ) -> Result<Next, Refusal> {
        let push = batch.only()?;
        let stage = match memo.and_then(|memo| memo.strip_prefix(TASK)) {
            Some(task) => Stage::List(task),
            None if batch.targets() > 1 => Stage::Save,
            None => Stage::Send,
        };
        let call = match answer::read(&self.settings, batch, push, stage, answer) {
            Heard::Over(next) => return Ok(next),
            Heard::Saved(task) => self.list(push, token, &task)?,
            Heard::Text(verdict) if memo == Some(CLEANED) => return Ok(Next::Done(batch.all(&verdict))),
            Heard::Text(_) => self.first(push, token, answer.at, true)?,
        };
        Ok(Next::Call(Box::new(call)))
    }

    /// One device: the push itself. Several: the payload, to be pushed to the list when it is saved.
    fn first(&self, push: &Push, token: Option<&Token>, now: Timestamp, cleaned: bool) -> Result<Call, Refusal> {
        let body = message::first(&self.settings, push, now, cleaned)?;
        let (api, address, commits) = match push.positions.len() {
            1 => ("send", &self.send, true),
            _ => ("save", &self.save, false),
        };
        let memo = cleaned.then(|| CLEANED.to_owned());
        Ok(Call { api, request: authorized(address, body, token)?, commits, memo })
    }

    fn list(&self, push: &Push, token: Option<&Token>, task: &str) -> Result<Call, Refusal> {
        let body = message::list(&self.settings, push, task)?;
        let memo = Some(format!("{TASK}{task}"));
        Ok(Call { api: "list", request: authorized(&self.list, body, token)?, commits: true, memo })
    }
}

fn authorized(address: &Uri, body: Vec<u8>, token: Option<&Token>) -> Result<Request<Bytes>, Refusal> {
    let mut request = wire::post(address, wire::JSON, body);
    // HTTP compares names of headers without case.
    request.headers_mut().insert("authtoken", wire::authorization("", token)?);
    Ok(request)
}
