//! Drives an app as the pipeline does: class, fit, batches, calls.

use std::sync::Arc;

use push_contract::{
    Answer, App, AuthRefusal, Authentication, Batch, Call, Class, Fitted, Job, Next, Push, Refusal, Timestamp, Token,
    Verdict,
};

use super::{
    report::ensure,
    sample::{Asked, Sample},
};
use crate::jobs::{CREATED_AT, job};

/// More calls than any dispatch may need.
const MAX_CALLS: usize = 8;

/// One app with the sample it is tested with.
pub(super) struct Drive<'a> {
    pub(super) app: &'a dyn App,
    pub(super) sample: &'a Sample,
    /// What must never be shown.
    pub(super) secrets: &'a [String],
    /// Address prefixes that calls may go to.
    pub(super) bases: &'a [String],
    pub(super) token: Option<Token>,
}

/// A job that was classified and fitted.
pub(super) struct Ready {
    pub(super) job: Arc<Job>,
    pub(super) class: Arc<Class>,
    pub(super) fitted: Fitted,
}

impl<'a> Drive<'a> {
    /// Authenticates first, as the process would.
    pub(super) fn new(
        app: &'a dyn App,
        sample: &'a Sample,
        secrets: &'a [String],
        bases: &'a [String],
    ) -> Result<Self, String> {
        let mut drive = Self { app, sample, secrets, bases, token: None };
        drive.token = match app.authentication("", CREATED_AT) {
            Authentication::InRequest => None,
            Authentication::Token(token) => Some(token),
            Authentication::Endpoint(call) => {
                ensure(!call.commits, || "a call for a token commits".to_owned())?;
                drive.look_at_call(&call)?;
                let answer = drive.said(&call, &drive.small_batch()?);
                let token = app.read_credential(&answer);
                Some(token.map_err(|refusal| format!("a granted token is refused: {refusal:?}"))?)
            }
        };
        if let Some(token) = &drive.token {
            ensure(token.expires_at > CREATED_AT, || "the token has ended already".to_owned())?;
            let life = token.expires_at.since(CREATED_AT);
            ensure(token.renew_before < life, || "renew_before is longer than the token's life".to_owned())?;
            drive.hides("Debug of the token", &format!("{token:?}"))?;
        }
        Ok(drive)
    }

    /// Classifies and fits.
    pub(super) fn ready(&self, job: Job) -> Result<Ready, Refusal> {
        let class = self.app.classify(&job)?;
        let fitted = self.app.fit(&job, &class)?;
        Ok(Ready { job: Arc::new(job), class: Arc::new(class), fitted })
    }

    /// The job in batches: one type and one badge each, within the limits of a call.
    pub(super) fn batches(&self, ready: &Ready) -> Vec<Batch> {
        let alike = |n: usize| (&ready.job.targets[n].kind, ready.job.targets[n].badge);
        let mut groups: Vec<Vec<usize>> = Vec::new();
        for n in 0..ready.job.targets.len() {
            match groups.iter_mut().find(|group| alike(group[0]) == alike(n)) {
                Some(group) => group.push(n),
                None => groups.push(vec![n]),
            }
        }
        let limit = self.app.call_limits().targets.max(1);
        let chunks = groups.iter().flat_map(|group| group.chunks(limit));
        chunks.map(|positions| Batch { pushes: vec![self.push(ready, positions.to_vec())] }).collect()
    }

    /// Some positions of a job.
    pub(super) fn push(&self, ready: &Ready, positions: Vec<usize>) -> Push {
        let (job, class) = (ready.job.clone(), ready.class.clone());
        Push { expiry: job.expiry(), job, class, positions }
    }

    /// A chat message to as many targets as a call holds, three at most.
    pub(super) fn small_batch(&self) -> Result<Batch, String> {
        let count = self.app.call_limits().targets.clamp(1, 3);
        let tokens = (0..count).map(|n| (self.sample.token)("", n));
        let job = job("chat.direct").title("Li Lei").body("See you at eight").tokens(tokens).build();
        let ready = self.ready(job).map_err(|refusal| format!("a plain chat message is refused: {refusal}"))?;
        self.batches(&ready).into_iter().next().ok_or_else(|| "no batch".to_owned())
    }

    /// The calls of a dispatch whose every call is taken, each looked at.
    pub(super) fn calls(&self, batch: &Batch, now: Timestamp) -> Result<Vec<Call>, String> {
        let mut calls = Vec::new();
        self.each_call(batch, now, |asked| {
            self.look_at_call(asked.call)?;
            (self.sample.check)(asked.call, asked.batch)?;
            calls.push(copy(asked.call));
            Ok(())
        })?;
        ensure(calls.last().is_some_and(|call| call.commits), || {
            "the last call of a dispatch does not commit".to_owned()
        })?;
        Ok(calls)
    }

    /// Goes through a dispatch whose every call is taken.
    pub(super) fn each_call(
        &self,
        batch: &Batch,
        now: Timestamp,
        mut see: impl FnMut(&Asked<'_>) -> Result<(), String>,
    ) -> Result<(), String> {
        let encoded = self.app.encode(batch, self.token.as_ref(), now);
        let mut call = encoded.map_err(|refusal| format!("encode refuses what fit took: {refusal}"))?;
        for _ in 0..MAX_CALLS {
            see(&Asked { batch, call: &call })?;
            match self.decode(batch, &call, &self.said(&call, batch)) {
                Next::Call(further) => call = *further,
                next => {
                    let verdicts = settled(batch, next)?;
                    let taken = verdicts.iter().all(|verdict| verdict.action.as_str() == "accepted");
                    return ensure(taken, || format!("{}: what was taken is no `accepted`: {verdicts:?}", call.api));
                }
            }
        }
        Err(format!("the dispatch asks for more than {MAX_CALLS} calls"))
    }

    pub(super) fn decode(&self, batch: &Batch, call: &Call, answer: &Answer) -> Next {
        self.app.decode(batch, call.memo.as_deref(), self.token.as_ref(), answer)
    }

    /// The answer of a vendor that takes the call.
    pub(super) fn said(&self, call: &Call, batch: &Batch) -> Answer {
        (self.sample.taken)(&Asked { batch, call })
    }

    /// Everything of the calls that is the same in every run.
    pub(super) fn print(&self, calls: &[Call]) -> String {
        let mut text = String::new();
        for call in calls {
            let mut headers: Vec<String> = call
                .request
                .headers()
                .iter()
                .filter(|(name, _)| !self.sample.masked.contains(&name.as_str()))
                .map(|(name, value)| format!("{name}: {value:?}"))
                .collect();
            headers.sort();
            let body = String::from_utf8_lossy(call.request.body());
            text.push_str(&format!("{} {}\n{headers:?}\n{body}\n", call.request.method(), call.request.uri()));
        }
        text
    }

    fn look_at_call(&self, call: &Call) -> Result<(), String> {
        let uri = call.request.uri().to_string();
        ensure(matches!(call.request.uri().scheme_str(), Some("http" | "https")), || {
            format!("{}: the address is not absolute", call.api)
        })?;
        ensure(self.bases.is_empty() || self.bases.iter().any(|base| uri.starts_with(base)), || {
            format!("{} goes to another host than the settings name", call.api)
        })?;
        self.hides("Debug of a call", &format!("{call:?}"))
    }

    /// That no secret and no token stands in a text.
    pub(super) fn hides(&self, what: &str, text: &str) -> Result<(), String> {
        let token = self.token.as_ref().map(|token| token.value.reveal());
        let mut hidden = self.secrets.iter().map(String::as_str).chain(token);
        ensure(!hidden.any(|secret| text.contains(secret)), || format!("{what} shows a secret"))
    }
}

/// One verdict per target, or why not.
pub(super) fn settled(batch: &Batch, next: Next) -> Result<Vec<Verdict>, String> {
    let verdicts = match next {
        Next::Done(verdicts) => verdicts,
        Next::Whole(verdict) | Next::Split(verdict) => batch.all(&verdict),
        Next::Singly if batch.targets() > 1 => return Ok(Vec::new()),
        Next::NoLists(verdict) if batch.targets() > 1 => batch.all(&verdict),
        Next::Singly | Next::NoLists(_) => {
            return Err("asks to send a single target singly: that has no end".to_owned());
        }
        Next::Call(_) => return Err("asks for a further call".to_owned()),
    };
    let (count, targets) = (verdicts.len(), batch.targets());
    ensure(count == targets, || format!("{count} verdicts for {targets} targets"))?;
    Ok(verdicts)
}

/// The action that an [`AuthRefusal`] stands for.
pub(super) fn auth_action(refusal: &AuthRefusal) -> &'static str {
    match refusal {
        AuthRefusal::Misconfigured { .. } => "app_misconfigured",
        AuthRefusal::Unavailable { .. } => "unavailable",
    }
}

fn copy(call: &Call) -> Call {
    Call { api: call.api, request: call.request.clone(), commits: call.commits, memo: call.memo.clone() }
}
