//! One app at Parcel: the seam's questions, answered from its settings.

use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, CallLimits, Class, Counted, Day, Fitted, Job, Next, Rate,
    Refusal, Timestamp, Token,
};

use super::{
    answers::{self, About},
    calls::{self, First},
    class, message,
    settings::{Calls, Settings},
};

#[derive(Debug)]
pub(super) struct ParcelApp {
    settings: Settings,
}

impl ParcelApp {
    pub(super) const fn new(settings: Settings) -> Self {
        Self { settings }
    }
}

impl App for ParcelApp {
    fn call_limits(&self) -> CallLimits {
        match self.settings.calls {
            Calls::Gather => CallLimits { targets: calls::MANY_MAX, jobs: calls::MANY_MAX },
            Calls::List => CallLimits { targets: self.settings.list_targets, jobs: 1 },
            Calls::Single => CallLimits { targets: 1, jobs: 1 },
        }
    }

    fn rate(&self) -> Rate {
        Rate { per_second: self.settings.rate_per_second, counted: Counted::Targets }
    }

    fn api_rates(&self) -> Vec<(&'static str, u32)> {
        self.settings.api_rates.clone()
    }

    fn day(&self) -> &Day {
        &self.settings.day
    }

    fn authentication(&self, _realm: &str, _now: Timestamp) -> Authentication {
        Authentication::Endpoint(Box::new(calls::auth(&self.settings)))
    }

    fn read_credential(&self, answer: &Answer) -> Result<Token, AuthRefusal> {
        answers::token(answer)
    }

    fn classify(&self, job: &Job) -> Result<Class, Refusal> {
        class::classify(job, &self.settings.rights)
    }

    fn fit(&self, job: &Job, class: &Class) -> Result<Fitted, Refusal> {
        message::fit(job, class)
    }

    fn gather_key(&self, _job: &Job, class: &Class) -> Option<String> {
        // 5002 and 5003 at the head of an answer speak of one class; a call must not hold two.
        (self.settings.calls == Calls::Gather).then(|| class.name.clone())
    }

    fn encode(&self, batch: &Batch, token: Option<&Token>, now: Timestamp) -> Result<Call, Refusal> {
        calls::first(&self.settings, batch, token, now)
    }

    fn decode(&self, batch: &Batch, memo: Option<&str>, token: Option<&Token>, answer: &Answer) -> Next {
        // Only the second call of a dispatch carries a memo: its task.
        let about = match (memo, First::of(&self.settings, batch)) {
            (Some(_), _) => About::List,
            (None, First::Save) => About::Save,
            (None, First::Many) => About::Many,
            (None, First::One) => About::One,
        };
        let object = match answers::head(about, batch, answer) {
            Ok(object) => object,
            Err(next) => return next,
        };
        match about {
            About::One => Next::Done(answers::one(batch, &object)),
            About::Many => Next::Done(answers::many(batch, &object, answer)),
            About::List => Next::Done(answers::list(batch, &object, answer)),
            About::Save => {
                let list = answers::save(&object).and_then(|task| {
                    calls::list(&self.settings, batch, task, token, answer.at).map_err(|refusal| refusal.verdict())
                });
                list.map_or_else(|verdict| Next::Done(batch.all(&verdict)), |call| Next::Call(Box::new(call)))
            }
        }
    }
}
