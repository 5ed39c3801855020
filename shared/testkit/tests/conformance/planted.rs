//! The suite finds what it is there to find: each fault is planted into Parcel and must be named.

use std::{
    panic::catch_unwind,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use bytes::Bytes;
use http::{HeaderValue, Uri};
use push_contract::{
    Action, Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, ClassRow, Fitted, Job, Next,
    Profile, Rate, Reason, Refusal, SettingsError, Timestamp, Token, Vendor, Verdict,
};
use push_testkit::{conformance, parcel::Parcel, settings};
use serde_json::{Value, json};

/// What the vendor does wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    KindMissing,
    SchemaTakesAnything,
    TakesUnknownSettings,
    ErrorShowsSecret,
    IgnoresHost,
    ClaimsRight,
    DoublesMarketing,
    IgnoresSubtitle,
    IgnoresSilent,
    ChangesData,
    NothingTooLarge,
    LosesTarget,
    RandomHeader,
    RelativeAddress,
    NeverCommits,
    VerdictMissing,
    PanicsOnHtml,
    AcceptsGarbage,
    BuriesOn404,
    IgnoresRetryAfter,
    SinglyForEver,
    WrongAction,
    TokenFromGarbage,
}

struct Planted(Fault);

struct PlantedApp {
    app: Box<dyn App>,
    fault: Fault,
}

/// The suite names the fault in the check that is there for it.
fn finds(fault: Fault, words: &str) {
    let outcome = catch_unwind(|| conformance::run(&Planted(fault), super::sample::sample()));
    let panic = outcome.expect_err("the suite found nothing");
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains(words), "{fault:?} is not named by {words:?}:\n{text}");
}

#[test]
fn in_profile_and_settings() {
    finds(Fault::KindMissing, "marketing stands there 0 times");
    finds(Fault::SchemaTakesAnything, "additionalProperties: false");
    finds(Fault::TakesUnknownSettings, "settings: an unknown key: must be refused");
    finds(Fault::ErrorShowsSecret, "settings: app_secret is a list: the error shows a secret");
    finds(Fault::IgnoresHost, "goes to another host");
}

#[test]
fn in_classes_and_fields() {
    finds(Fault::ClaimsRight, "is not what the table says");
    finds(Fault::DoublesMarketing, "must not double");
    finds(Fault::IgnoresSubtitle, "subtitle: is neither sent nor reported");
    finds(Fault::IgnoresSilent, "silent: is neither sent nor reported");
    finds(Fault::ChangesData, "byte for byte");
    finds(Fault::NothingTooLarge, "must be refused as payload_too_large");
}

#[test]
fn in_calls() {
    finds(Fault::LosesTarget, "is in no call");
    finds(Fault::RandomHeader, "two encodings at one time differ");
    finds(Fault::RelativeAddress, "the address is not absolute");
    finds(Fault::NeverCommits, "does not commit");
}

#[test]
fn in_answers() {
    finds(Fault::VerdictMissing, "verdicts for 3 targets");
    finds(Fault::PanicsOnHtml, "HTML: panicked: a planted panic");
    finds(Fault::AcceptsGarbage, "HTTP 200 is no Verdict");
    finds(Fault::BuriesOn404, "HTTP 404 is no Verdict");
    finds(Fault::IgnoresRetryAfter, "429, HTML, Retry-After: HTTP 429 is no Verdict");
    finds(Fault::SinglyForEver, "that has no end");
    finds(Fault::WrongAction, "code 1004: the verdict is");
    finds(Fault::TokenFromGarbage, "token endpoint: HTML: is read as a token");
}

impl Vendor for Planted {
    fn profile(&self) -> &Profile {
        Parcel.profile()
    }

    fn open(&self, app: &str, given: &Value) -> Result<Box<dyn App>, SettingsError> {
        let mut given = given.clone();
        match self.0 {
            Fault::TakesUnknownSettings => given = settings::overlaid(given, &json!({ "no_such_setting": null })),
            Fault::IgnoresHost => given["send_url"] = "https://parcel.example".into(),
            _ => {}
        }
        let app = Parcel.open(app, &given).map_err(|error| match self.0 {
            Fault::ErrorShowsSecret => SettingsError { value: given["app_secret"].to_string(), ..error },
            _ => error,
        })?;
        Ok(Box::new(PlantedApp { app, fault: self.0 }))
    }

    fn classes(&self) -> Vec<ClassRow> {
        let mut rows = Parcel.classes();
        if self.0 == Fault::KindMissing {
            rows.pop();
        }
        rows
    }

    fn options_schema(&self) -> Value {
        if self.0 == Fault::SchemaTakesAnything { json!({ "type": "object" }) } else { Parcel.options_schema() }
    }
}

impl PlantedApp {
    fn spoil(&self, mut call: Call) -> Call {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let request = &mut call.request;
        let change = |body: &Bytes, from: &str, to: &str| {
            Bytes::from(String::from_utf8_lossy(body).replace(from, to).into_bytes())
        };
        match self.fault {
            Fault::RandomHeader => {
                let number = HeaderValue::from(COUNT.fetch_add(1, Ordering::Relaxed));
                request.headers_mut().insert("x-request", number);
            }
            Fault::RelativeAddress => *request.uri_mut() = Uri::from_static("/parcel/one"),
            Fault::NeverCommits => call.commits = false,
            Fault::ChangesData => *request.body_mut() = change(request.body(), "1.0", "1"),
            Fault::LosesTarget => *request.body_mut() = change(request.body(), "S1.", "S0."),
            _ => {}
        }
        call
    }

    fn misread(&self, batch: &Batch, answer: &Answer) -> Option<Next> {
        let html = answer.body.starts_with(b"<");
        let all = |action, reason| Some(Next::Done(batch.all(&Verdict::new(action, reason))));
        match self.fault {
            Fault::PanicsOnHtml if html => panic!("a planted panic"),
            Fault::AcceptsGarbage if html && answer.status == 200 => all(Action::Accepted, Reason::Ok),
            Fault::BuriesOn404 if answer.status == 404 => {
                all(Action::DeviceGone { invalid_since: None }, Reason::TokenUnregistered)
            }
            Fault::IgnoresRetryAfter if answer.status == 429 => {
                all(Action::SlowDown { until: None }, Reason::RateLimited)
            }
            Fault::SinglyForEver => Some(Next::Singly),
            _ => None,
        }
    }
}

impl App for PlantedApp {
    fn call_limits(&self) -> CallLimits {
        self.app.call_limits()
    }

    fn rate(&self) -> Rate {
        self.app.rate()
    }

    fn authentication(&self, realm: &str, now: Timestamp) -> Authentication {
        self.app.authentication(realm, now)
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        let good = Answer { body: Bytes::from_static(br#"{"token":"t0ken","expires_in":60}"#), ..answer.clone() };
        self.app.read_credential(if self.fault == Fault::TokenFromGarbage { &good } else { answer })
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        let class = self.app.classify(job)?;
        Ok(match self.fault {
            Fault::ClaimsRight => Class { name: class.degraded_from.clone().unwrap_or(class.name), ..class },
            Fault::DoublesMarketing => Class { repeatable: true, ..class },
            _ => class,
        })
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        match self.app.fit(job, class) {
            Err(_) if self.fault == Fault::NothingTooLarge => Ok(Fitted::default()),
            Ok(mut fitted) => {
                fitted.dropped.retain(|name| self.fault != Fault::IgnoresSubtitle || name != "subtitle");
                Ok(fitted)
            }
            refused => refused,
        }
    }

    fn gather_key(&self, job: &Job, class: &Class) -> Option<String> {
        self.app.gather_key(job, class)
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        let mut batch = batch.clone();
        if self.fault == Fault::IgnoresSilent {
            batch.pushes.iter_mut().for_each(|push| Arc::make_mut(&mut push.job).silent = false);
        }
        self.app.encode(&batch, token, now).map(|call| self.spoil(call))
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, token: Option<&Token>, answer: &Answer) -> Next {
        if let Some(next) = self.misread(batch, answer) {
            return next;
        }
        match self.app.decode(batch, memo, token, answer) {
            Next::Call(call) => Next::Call(Box::new(self.spoil(*call))),
            Next::Done(mut verdicts) => {
                if self.fault == Fault::VerdictMissing {
                    verdicts.pop();
                }
                for verdict in &mut verdicts {
                    if self.fault == Fault::WrongAction && verdict.action == Action::DeviceCapped {
                        verdict.action = Action::Refused;
                    }
                }
                Next::Done(verdicts)
            }
            next => next,
        }
    }
}
