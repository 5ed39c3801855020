//! Answers (sections 4 and 8): the code decides; without one, the HTTP status.

use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

use push_contract::{Action, Answer, Batch, Next, Reason, Timestamp, Verdict};
use serde_json::{Map, Value};

use crate::{
    calls::Stage,
    codes::{self, About, Times},
    registration,
    settings::{Duplicate, Settings},
};

/// OPPO asks for at least a second after a code that says: slower (section 7).
const PAUSE: Duration = Duration::from_secs(1);

/// What every answer has: a code, mostly a message, on success data.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) code: String,
    message: String,
    pub(crate) data: Value,
}

impl Envelope {
    /// Reads an answer that has a code.
    pub(crate) fn read(answer: &Answer) -> Option<Self> {
        let mut fields: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
        let code = code(fields.get("code")?)?;
        let message = fields.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        // A proxy may write a code of its own: what was taken is a 200.
        let known = code != codes::SUCCESS || answer.status == 200;
        known.then(|| Self { code, message, data: fields.remove("data").unwrap_or_default() })
    }
}

/// A code is a number, at times as text.
fn code(value: &Value) -> Option<String> {
    let number = value.as_i64().or_else(|| value.as_str()?.parse().ok())?;
    Some(number.to_string())
}

/// What an answer leads to.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Nothing more to do in this dispatch.
    Over(Next),
    /// The content is saved under this id.
    Saved(String),
    /// The saved content is not known: save it again.
    Lost,
}

/// Reads an answer.
pub(crate) fn read(settings: &Settings, stage: Stage<'_>, batch: &Batch, answer: &Answer) -> Heard {
    let reader = Reader { settings, batch, answer, known: registration::judge(settings, batch.tokens()) };
    let Some(envelope) = Envelope::read(answer) else {
        return reader.all(&by_status(stage, answer));
    };
    if envelope.code != codes::SUCCESS {
        return reader.refused(stage, &envelope);
    }
    let verdicts = match stage {
        Stage::Unicast => vec![taken(envelope.data.get("messageId"))],
        Stage::Batch => reader.elements(&envelope.data),
        Stage::Broadcast { .. } => reader.listed(&envelope.data),
        Stage::Save { .. } => {
            return match message_id(&envelope.data) {
                Some(id) => Heard::Saved(id),
                None => reader.all(&Verdict::new(Action::Unavailable, Reason::AnswerUnreadable)),
            };
        }
    };
    reader.done(verdicts)
}

struct Reader<'a> {
    settings: &'a Settings,
    batch: &'a Batch,
    answer: &'a Answer,
    /// Targets that were not in the call.
    known: Vec<Option<Verdict>>,
}

impl Reader<'_> {
    /// The targets that were in the call.
    fn sent(&self) -> Vec<&str> {
        self.batch.tokens().zip(&self.known).filter(|(_, known)| known.is_none()).map(|(id, _)| id).collect()
    }

    /// A verdict for each target that was in the call; the others have theirs already.
    fn done(&self, verdicts: Vec<Verdict>) -> Heard {
        let mut verdicts = verdicts.into_iter();
        let lost = || Verdict::new(Action::Unknown, Reason::AnswerUnreadable);
        let each = self.known.iter().map(|known| known.clone().unwrap_or_else(|| verdicts.next().unwrap_or_else(lost)));
        Heard::Over(Next::Done(each.collect()))
    }

    fn all(&self, verdict: &Verdict) -> Heard {
        self.done(vec![verdict.clone(); self.batch.targets()])
    }

    /// A code other than 0 at the head: it fails everything in the call.
    fn refused(&self, stage: Stage<'_>, envelope: &Envelope) -> Heard {
        let code = envelope.code.as_str();
        let (verdict, about) = self.coded(code, &envelope.message);
        let alone = self.batch.targets() == 1;
        match stage {
            Stage::Broadcast { again: false, .. } if code == codes::NO_DATA => return Heard::Lost,
            Stage::Broadcast { .. } if code == codes::DUPLICATE => return self.all(&verdict),
            Stage::Save { .. } if about == About::Target => {
                // No id was in the call, so no id is to blame. A content that is saved already may say under which id.
                let kept = (code == codes::DUPLICATE).then(|| message_id(&envelope.data)).flatten();
                return match kept {
                    Some(id) => Heard::Saved(id),
                    None if alone => self.all(&Verdict::new(Action::Refused, Reason::BadRequest).code(code)),
                    None => Heard::Over(Next::Singly),
                };
            }
            _ => {}
        }
        match about {
            About::Target if !alone => Heard::Over(Next::Singly),
            About::Message if self.batch.pushes.len() > 1 => Heard::Over(Next::Whole(verdict)),
            _ => self.all(&verdict),
        }
    }

    /// What a code means here; its text tells a bad registration id from another bad argument.
    fn coded(&self, code: &str, message: &str) -> (Verdict, About) {
        if code == codes::ARGUMENT && names_registration_id(message) {
            return (codes::illegal_id(), About::Target);
        }
        let (verdict, about) = codes::verdict(code, times(self.settings.quota_reset_hour, self.answer));
        if code == codes::DUPLICATE && self.settings.duplicate == Duplicate::Refused {
            return (Verdict { action: Action::Refused, reason: Reason::BadRequest, ..verdict }, about);
        }
        (verdict, about)
    }

    /// `unicast_batch` (section 4.2): an element for each target, by its id, else by its place. A target without one:
    /// nobody knows.
    fn elements(&self, data: &Value) -> Vec<Verdict> {
        let sent = self.sent();
        let mut places: HashMap<&str, VecDeque<usize>> = HashMap::with_capacity(sent.len());
        for (n, id) in sent.iter().enumerate() {
            places.entry(id).or_default().push_back(n);
        }
        let twice = |n: usize| sent.iter().filter(|id| **id == sent[n]).nth(1).is_some();
        let mut verdicts = vec![Verdict::new(Action::Unknown, Reason::AnswerUnreadable); sent.len()];
        for (place, element) in data.as_array().into_iter().flatten().enumerate() {
            let Some(fields) = element.as_object() else { continue };
            let found = match fields.get("registrationId").and_then(Value::as_str) {
                // Two messages for one id are answered in their order.
                Some(id) => places.get_mut(id).and_then(VecDeque::pop_front),
                None => Some(place).filter(|n| *n < sent.len()),
            };
            let Some(n) = found else { continue };
            let verdict = self.element(fields);
            let repeated = verdict.code.as_deref().is_some_and(|code| codes::REPEATED.contains(&code));
            verdicts[n] = if repeated && twice(n) {
                // Two jobs for one phone in one call: the first was taken, this one is another message.
                Verdict { action: Action::Unavailable, reason: Reason::SendSingly, ..verdict }
            } else {
                verdict
            };
        }
        verdicts
    }

    fn element(&self, fields: &Map<String, Value>) -> Verdict {
        let id = fields.get("messageId").and_then(Value::as_str).unwrap_or_default();
        let code = match fields.get("errorCode") {
            None | Some(Value::Null) => codes::SUCCESS.to_owned(),
            Some(value) => match code(value) {
                Some(code) => code,
                None => return Verdict::new(Action::Unknown, Reason::AnswerUnreadable).vendor_id(id),
            },
        };
        let message = fields.get("errorMessage").and_then(Value::as_str).unwrap_or_default();
        self.coded(&code, message).0.vendor_id(id)
    }

    /// `broadcast` (section 4.3): members of `data` whose name is all digits list the ids that have that code; the
    /// others were taken.
    fn listed(&self, data: &Value) -> Vec<Verdict> {
        let mut other = taken(data.get("task_id").or_else(|| data.get("message_id")));
        let unknown = Verdict::new(Action::Unknown, Reason::AnswerUnreadable);
        let mut listed: HashMap<&str, Verdict> = HashMap::new();
        let Some(fields) = data.as_object() else { return vec![unknown; self.known.len()] };
        let is_code = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        for (name, ids) in fields.iter().filter(|(name, _)| is_code(name)) {
            let verdict = self.coded(name, "").0.vendor_id(other.vendor_id.clone().unwrap_or_default());
            let ids = ids.as_array();
            let texts: Vec<&str> = ids.into_iter().flatten().filter_map(Value::as_str).collect();
            if ids.is_none_or(|ids| ids.len() != texts.len()) {
                // Somebody has this code, and nobody knows who.
                other = Verdict { vendor_id: other.vendor_id, ..unknown.clone() };
            }
            listed.extend(texts.into_iter().map(|id| (id, verdict.clone())));
        }
        self.sent().into_iter().map(|id| listed.get(id).unwrap_or(&other).clone()).collect()
    }
}

fn taken(id: Option<&Value>) -> Verdict {
    Verdict::accepted().code(codes::SUCCESS).vendor_id(id.and_then(Value::as_str).unwrap_or_default())
}

/// The id of a saved content: an opaque text.
fn message_id(data: &Value) -> Option<String> {
    data.get("message_id").and_then(Value::as_str).filter(|id| !id.is_empty()).map(str::to_owned)
}

/// `registration_id`, `registrationId`, `Registration_id`, `registration id`.
fn names_registration_id(message: &str) -> bool {
    let letters: String = message.chars().filter(char::is_ascii_alphabetic).collect();
    letters.to_ascii_lowercase().contains("registrationid")
}

/// Answers without a code (section 8, HTTP).
fn by_status(stage: Stage<'_>, answer: &Answer) -> Verdict {
    let commits = !matches!(stage, Stage::Save { .. });
    let slow = || Action::SlowDown { until: Some(times(0, answer).slow_until) };
    let (action, reason) = match answer.status {
        // 200 and no code: OPPO may well have taken the call.
        200..=299 if commits => (Action::Unknown, Reason::AnswerUnreadable),
        // No interface of OPPO's answers so: the host is another's.
        404 | 405 => (Action::AppMisconfigured, Reason::Misconfigured),
        429 => (slow(), Reason::RateLimited),
        400..=499 => (Action::Refused, Reason::BadRequest),
        503 if answer.retry_after().is_some() => (slow(), Reason::RateLimited),
        // A proxy gave up waiting; what stands behind it may have taken the call.
        504 if commits => (Action::Unknown, Reason::AnswerLost),
        500..=599 => (Action::Unavailable, Reason::Unavailable),
        _ => (Action::Unavailable, Reason::AnswerUnreadable),
    };
    Verdict::new(action, reason)
}

/// When OPPO may be asked again: `Retry-After`, else a second; for the quota the hour in China at which it opens.
pub(crate) fn times(quota_reset_hour: u8, answer: &Answer) -> Times {
    const HOUR: i64 = 3_600_000;
    const DAY: i64 = 24 * HOUR;
    let shift = (8 - i64::from(quota_reset_hour)) * HOUR;
    let opens = (answer.at.as_millis().saturating_add(shift).div_euclid(DAY) + 1) * DAY - shift;
    Times {
        slow_until: answer.at.plus(answer.retry_after().unwrap_or(PAUSE).max(PAUSE)),
        quota_until: Timestamp::from_millis(opens),
    }
}
