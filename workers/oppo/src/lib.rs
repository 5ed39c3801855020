#![doc = include_str!("../README.md")]

mod answer;
mod auth;
mod calls;
mod classes;
mod codes;
mod notification;
mod settings;
mod template;

use http::Uri;
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Day, Fitted, Job,
    Next, Profile, Rate, Refusal, SettingsError, Target, Timestamp, Token, Vendor, kit::settings::paths,
};
use serde_json::Value;

use calls::{INTL, PATHS, Stage};
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
        let (cn, intl) = (paths("cn_url", &settings.cn_url, PATHS)?, paths("intl_url", &settings.intl_url, PATHS)?);
        Ok(Box::new(OppoApp { settings, cn, intl }))
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
struct OppoApp {
    settings: Settings,
    /// The addresses of both services, in the order of [`PATHS`].
    cn: [Uri; 5],
    intl: [Uri; 5],
}

impl OppoApp {
    /// Those of a realm; of none: of mainland China.
    fn addresses(&self, realm: &str) -> &[Uri; 5] {
        if realm == INTL { &self.intl } else { &self.cn }
    }
}

impl App for OppoApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: self.settings.batch, jobs: self.settings.batch }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Targets }
    }

    fn warnings(&self) -> Vec<String> {
        let text = "channel_id is empty: on Android 8 and later messages without a channel show in OPPO's own default \
                    channel; name one that the app creates";
        if self.settings.channel_id.is_empty() { vec![text.to_owned()] } else { Vec::new() }
    }

    fn realm(&self, target: &Target) -> &'static str {
        calls::realm(&target.token)
    }

    fn day(&self) -> &Day {
        &self.settings.day
    }

    fn authentication(&self, realm: &str, now: Timestamp) -> Authentication {
        let [auth, ..] = self.addresses(realm);
        Authentication::Endpoint(Box::new(auth::call(&self.settings, auth, now)))
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        auth::read(answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job)
    }

    fn lesser(&self, job: &Job, class: &Class) -> Option<Class> {
        classes::lesser(&self.settings, job, class)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        Ok(notification::write(&self.settings, job, class, 0, notification::MAX_TTL)?.1)
    }

    fn gather_key(&self, job: &Job, class: &Class) -> Option<String> {
        calls::gather_key(job, class)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        calls::call(self, Stage::of(batch, None), "", batch, token, now)
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, token: Option<&Token>, answer: &Answer) -> Next {
        let call = |stage, message_id: &str| calls::call(self, stage, message_id, batch, token, answer.at);
        let further = |stage, message_id: &str| batch.further(call(stage, message_id));
        answer::read(Stage::of(batch, memo), batch, answer, further)
    }
}
