#![doc = include_str!("../README.md")]

mod answer;
mod classes;
mod codes;
mod message;
mod settings;
mod template;

use std::time::Duration;

use http::{HeaderValue, Uri, header};
use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Day, Fitted, Job,
    Lane, Next, Outcome, Profile, Push, Rate, Reason, Refusal, SettingsError, Timestamp, Token, Vendor,
    kit::{
        fields::{Fields, json},
        settings::{paths, secret},
    },
    wire,
};
use serde_json::Value;

use classes::Options;
use settings::Settings;

/// The name in queues, settings and options.
const NAME: &str = "xiaomi";
/// Section 1.
const FORM: &str = "application/x-www-form-urlencoded;charset=UTF-8";
/// Several messages in one call (section 4.2).
const MULTI: &str = "/v2/multi_messages/regids";
/// What Xiaomi allows on the day (section 4.4); asked at most once a second.
const QUOTA: &str = "/v1/trace/quota/get";

/// Xiaomi Mi Push.
#[derive(Debug, Clone, Copy)]
pub struct Xiaomi;

static PROFILE: Profile = Profile {
    name: NAME,
    defaults: include_str!("defaults.toml"),
    secrets: settings::SECRETS,
    token_types: &["android"],
    quotas: classes::QUOTAS,
    codes: codes::NAMES,
};

impl Vendor for Xiaomi {
    fn profile(&self) -> &Profile {
        &PROFILE
    }

    fn open(&self, _app: &str, settings: &Value) -> Result<Box<dyn App>, SettingsError> {
        let settings = Settings::read(settings)?;
        let secret = secret(settings.app_secret.as_ref(), "app_secret", "the AppSecret")?;
        // Verbatim (section 3): it usually ends in `=`.
        let key = HeaderValue::from_str(&format!("key={}", secret.reveal()));
        let mut key = key.map_err(|_| SettingsError::new("app_secret", "(not shown)", "printable characters"))?;
        key.set_sensitive(true);
        let single = format!("/{}/message/regid", settings.api_version);
        // All are checked, so that a change of the region meets no surprise.
        let hosts = settings.hosts();
        hosts.iter().try_for_each(|(key, host)| paths(key, host, [""]).map(drop))?;
        let (host_key, host) = hosts[0];
        let [send, multi, quota] = paths(host_key, host, [&single, MULTI, QUOTA])?;
        Ok(Box::new(XiaomiApp { send, multi, quota, key, settings }))
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
struct XiaomiApp {
    settings: Settings,
    key: HeaderValue,
    send: Uri,
    multi: Uri,
    quota: Uri,
}

impl XiaomiApp {
    /// One job: a form with a list of targets.
    fn single(&self, push: &Push, now: Timestamp) -> Result<String, Refusal> {
        let ids = push.tokens().filter(|id| is_id(id)).collect::<Vec<_>>().join(",");
        if ids.is_empty() {
            let gone = Refusal::rejected(Reason::TokenMalformed, "targets", "no registration id has a comma");
            return Err(Refusal { outcome: Outcome::InvalidToken, ..gone });
        }
        let (message, _) = message::write(&self.settings, &push.job, &push.class, push.expiry.since(now))?;
        Ok(form(&Fields::new().with("registration_id", ids).and(Some(message.form()))))
    }

    /// Several jobs: each target has its message, and they stand in a form as JSON.
    fn multi(&self, batch: &Batch, now: Timestamp) -> Result<String, Refusal> {
        let mut elements = Vec::with_capacity(batch.targets());
        for push in &batch.pushes {
            let (message, _) = message::write(&self.settings, &push.job, &push.class, push.expiry.since(now))?;
            let message = message.object();
            elements.extend(push.tokens().map(|id| Fields::new().with("target", id).with("message", &message)));
        }
        let messages = String::from_utf8_lossy(&json(&elements)?).into_owned();
        let body = form(&Fields::new().with("messages", messages).with("time_to_send", 0));
        if body.len() > self.settings.gather_max_bytes {
            // The batch is halved; a job alone goes out by the other interface.
            let rule = "the jobs of the call are longer than gather_max_bytes";
            return Err(Refusal::rejected(Reason::PayloadTooLarge, ".", rule));
        }
        Ok(body)
    }
}

fn form(fields: &Fields) -> String {
    let fields: Vec<_> = fields.form().collect();
    wire::form(&fields.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>())
}

/// Whether a token can be a registration id. A comma would make two of it.
fn is_id(token: &str) -> bool {
    !token.contains(',')
}

impl App for XiaomiApp {
    fn call_limits(&self) -> CallLimits {
        CallLimits { targets: self.settings.batch, jobs: self.settings.jobs_per_call() }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Calls }
    }

    fn api_rates(&self) -> Vec<(&'static str, u32)> {
        vec![("quota", 1)]
    }

    fn day(&self) -> &Day {
        &self.settings.day
    }

    fn quota_query(&self) -> Option<Call> {
        let mut request = wire::get(&self.quota);
        request.headers_mut().insert(header::AUTHORIZATION, self.key.clone());
        Some(Call { api: "quota", request, commits: false, memo: None })
    }

    fn read_quotas(&self, answer: &Answer) -> Vec<(&'static str, u64)> {
        answer::quotas(answer)
    }

    fn authentication(&self, _realm: &str, _now: Timestamp) -> Authentication {
        Authentication::InRequest
    }

    fn read_credential(&self, _answer: &Answer) -> Result<Token, AuthRefusal> {
        Err(AuthRefusal::Misconfigured { detail: "Xiaomi's key is fixed: there is no token endpoint".to_owned() })
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job)
    }

    fn lesser(&self, job: &Job, class: &Class) -> Option<Class> {
        classes::lesser(&self.settings, job, class)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        // Time does not change what fits.
        Ok(message::write(&self.settings, job, class, Duration::MAX)?.1)
    }

    /// One target each, so that the call's limit of targets is that of its jobs; nothing that is in a hurry; and one
    /// channel, since an exceeded total names channels and not messages.
    fn gather_key(&self, job: &Job, class: &Class) -> Option<String> {
        let single = matches!(job.targets.as_slice(), [target] if is_id(&target.token));
        let may = self.settings.jobs_per_call() > 1 && single && job.lane() != Lane::High;
        let channel = || classes::channel(&self.settings, class).map(|channel| channel.id.as_str()).unwrap_or_default();
        may.then(|| format!("{} {}", class.name, channel()))
    }

    fn encode(&self, batch: &Batch, _token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let (api, address, body) = match batch.pushes.as_slice() {
            [push] => ("send", &self.send, self.single(push, now)?),
            _ => ("multi", &self.multi, self.multi(batch, now)?),
        };
        let mut request = wire::post(address, FORM, body);
        request.headers_mut().insert(header::AUTHORIZATION, self.key.clone());
        Ok(Call { api, request, commits: true, memo: None })
    }

    fn decode(&self, batch: &Batch, _memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        answer::read(batch, answer)
    }
}
