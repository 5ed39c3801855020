#![doc = include_str!("../README.md")]

mod answer;
mod classes;
mod codes;
mod message;
mod options;
mod settings;
mod template;

use http::{HeaderValue, Uri, header};
use push_contract::{
    Action, Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Counted, Fitted, Job,
    Lane, Next, Outcome, Profile, Push, Rate, Reason, Refusal, SettingsError, Timestamp, Token, Vendor, Verdict,
    typed::address, wire,
};
use serde::Serialize;
use serde_json::Value;

use answer::Heard;
use message::{Delivery, Message};
use options::Options;
use settings::{Settings, Version};

/// The name in queues, settings and options.
const NAME: &str = "xiaomi";
/// Section 1.
const FORM: &str = "application/x-www-form-urlencoded;charset=UTF-8";
/// The memo of a call that is repeated without the address for callbacks.
const WITHOUT_CALLBACK: &str = "without callback";

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
        // Verbatim (section 3): it usually ends in `=`.
        let rule = "needed: set app_secret_file or the environment variable; printable characters";
        let wrong = || SettingsError::new("app_secret", "(none, or not shown)", rule);
        let secret = settings.secret().ok_or_else(wrong)?;
        let mut key = HeaderValue::from_str(&format!("key={}", secret.reveal())).map_err(|_| wrong())?;
        key.set_sensitive(true);
        let hosts = settings.hosts();
        // All are checked, so that a change of the region meets no surprise.
        hosts.iter().try_for_each(|(key, host)| address(key, host, "").map(drop))?;
        let (host_key, host) = hosts[0];
        let version = match settings.api_version {
            Version::V2 => "/v2/message/regid",
            Version::V3 => "/v3/message/regid",
            Version::V4 => "/v4/message/regid",
        };
        Ok(Box::new(XiaomiApp {
            send: address(host_key, host, version)?,
            multi: address(host_key, host, "/v2/multi_messages/regids")?,
            key,
            settings,
        }))
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
}

/// An element of `messages` (section 4.2).
#[derive(Serialize)]
struct Element<'a> {
    target: &'a str,
    message: &'a Message<'a>,
}

impl XiaomiApp {
    fn message<'a>(&'a self, push: &'a Push, now: Timestamp, callback: bool) -> Result<Message<'a>, Refusal> {
        let ttl_ms = u64::try_from(push.expiry.since(now).as_millis()).unwrap_or(u64::MAX);
        Ok(message::write(&self.settings, &push.job, &push.class, Delivery { ttl_ms, callback })?.0)
    }

    /// One job: a form. Several: each target has its message, and they stand in a form as JSON.
    fn call(&self, batch: &Batch, now: Timestamp, callback: bool) -> Result<Call, Refusal> {
        let (api, address, body) = match batch.pushes.as_slice() {
            [push] => {
                let message = self.message(push, now, callback)?;
                let ids = push.tokens().filter(|id| is_id(id)).collect::<Vec<_>>().join(",");
                if ids.is_empty() {
                    let gone = Refusal::rejected(Reason::TokenMalformed, "targets", "no registration id has a comma");
                    return Err(Refusal { outcome: Outcome::InvalidToken, ..gone });
                }
                let fields = message.fields();
                let mut all = vec![("registration_id", ids.as_str())];
                all.extend(fields.iter().map(|(name, value)| (&**name, &**value)));
                ("send", &self.send, wire::form(&all))
            }
            pushes => {
                let mut elements = Vec::with_capacity(batch.targets());
                for push in pushes {
                    let message = &self.message(push, now, callback)?;
                    for target in push.tokens() {
                        let text = serde_json::to_string(&Element { target, message });
                        elements.push(text.map_err(|_| unwritable("cannot be written as JSON"))?);
                    }
                }
                let messages = format!("[{}]", elements.join(","));
                let body = wire::form(&[("messages", &messages), ("time_to_send", "0")]);
                if body.len() > self.settings.gather_max_bytes {
                    // The batch is halved; a job alone goes out by the other interface.
                    return Err(unwritable("the jobs of the call are longer than gather_max_bytes"));
                }
                ("multi", &self.multi, body)
            }
        };
        let mut request = wire::post(address, FORM, body);
        request.headers_mut().insert(header::AUTHORIZATION, self.key.clone());
        let memo = (!callback).then(|| WITHOUT_CALLBACK.to_owned());
        Ok(Call { api, request, commits: true, memo })
    }
}

/// Whether a token can be a registration id. A comma would make two of it.
fn is_id(token: &str) -> bool {
    !token.contains(',')
}

fn unwritable(rule: &str) -> Refusal {
    Refusal::rejected(Reason::PayloadTooLarge, ".", rule)
}

impl App for XiaomiApp {
    fn call_limits(&self) -> CallLimits {
        let jobs = if self.settings.gathers() { self.settings.gather_jobs } else { 1 };
        CallLimits { targets: self.settings.batch, jobs }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Calls }
    }

    fn warnings(&self) -> Vec<String> {
        self.settings.warnings()
    }

    fn authentication(&self, _realm: &str, _now: Timestamp) -> Authentication {
        Authentication::InRequest
    }

    fn read_credential(&self, _answer: &Answer) -> Result<Token, AuthRefusal> {
        Err(AuthRefusal::Misconfigured { detail: "Xiaomi's key is fixed: there is no token endpoint".to_owned() })
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        classes::classify(&self.settings, job, &Options::of(job)?)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        // Neither time nor callbacks change what fits.
        let to = Delivery { ttl_ms: u64::MAX, callback: true };
        Ok(message::write(&self.settings, job, class, to)?.1)
    }

    /// One target each, so that the call's limit of targets is that of its jobs; nothing that is in a hurry; and one
    /// channel, since an exceeded total names channels and not messages.
    fn gather_key(&self, job: &Job, class: &Class) -> Option<String> {
        let single = matches!(job.targets.as_slice(), [target] if is_id(&target.token));
        let may = self.settings.gathers() && single && job.lane() != Lane::High;
        let channel = || classes::channel(&self.settings, class).map(|channel| channel.id.as_str()).unwrap_or_default();
        may.then(|| format!("{} {}", class.name, channel()))
    }

    fn encode(&self, batch: &Batch, _token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        self.call(batch, now, true)
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, _token: Option<&Token>, answer: &Answer) -> Next {
        let called_back = memo.is_none() && !self.settings.callback_url.is_empty();
        match answer::read(&self.settings, batch, called_back, answer) {
            Heard::Over(Next::Done(mut verdicts)) => {
                let malformed = Verdict::new(Action::DeviceGone { invalid_since: None }, Reason::TokenMalformed);
                for (verdict, _) in verdicts.iter_mut().zip(batch.tokens()).filter(|(_, token)| !is_id(token)) {
                    verdict.clone_from(&malformed);
                }
                Next::Done(verdicts)
            }
            Heard::Over(next) => next,
            Heard::WithoutCallback => match self.call(batch, answer.at, false) {
                Ok(call) => Next::Call(Box::new(call)),
                Err(refusal) => Next::Done(batch.all(&refusal.verdict())),
            },
        }
    }
}
