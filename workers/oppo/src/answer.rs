//! Answers (sections 4 and 8): the code decides; without one, the HTTP status.

use std::collections::{HashMap, VecDeque};

use push_contract::{
    Action, Answer, Batch, Next, Reason, Verdict,
    kit::{codes::Meaning, fitting::integer},
};
use serde_json::{Map, Value};

use crate::{
    calls::Stage,
    codes::{self, About},
    settings::Settings,
};

/// What every answer has: a code, mostly a message, on success data.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) code: String,
    message: String,
    pub(crate) data: Value,
}

impl Envelope {
    /// Reads an answer that has a code: a number, at times as text.
    pub(crate) fn read(answer: &Answer) -> Option<Self> {
        let mut fields: Map<String, Value> = serde_json::from_slice(&answer.body).ok()?;
        let code = integer(fields.get("code")?)?.to_string();
        let message = fields.get("message").and_then(Value::as_str).unwrap_or_default().to_owned();
        // A proxy may write a code of its own: what was taken is a 200.
        let known = code != codes::SUCCESS || answer.status == 200;
        known.then(|| Self { code, message, data: fields.remove("data").unwrap_or_default() })
    }
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
    let reader = Reader { settings, batch, answer };
    let Some(envelope) = Envelope::read(answer) else {
        return reader.all(&by_status(stage, answer));
    };
    if envelope.code != codes::SUCCESS {
        return reader.refused(stage, &envelope);
    }
    let data = &envelope.data;
    Heard::Over(Next::Done(match stage {
        Stage::Unicast => vec![taken(&data["messageId"])],
        Stage::Batch => reader.elements(data),
        Stage::Broadcast { .. } => reader.listed(data),
        Stage::Save { .. } => match message_id(data) {
            Some(id) => return Heard::Saved(id),
            None => batch.all(&Verdict::new(Action::Unavailable, Reason::AnswerUnreadable)),
        },
    }))
}

struct Reader<'a> {
    settings: &'a Settings,
    batch: &'a Batch,
    answer: &'a Answer,
}

impl Reader<'_> {
    fn all(&self, verdict: &Verdict) -> Heard {
        Heard::Over(Next::Done(self.batch.all(verdict)))
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
                    None if alone => self.all(&Meaning::BAD_REQUEST.verdict().code(code)),
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
        codes::verdict(code, self.settings.quota_reset_hour, self.answer)
    }

    /// `unicast_batch` (section 4.2): an element for each target, by its id, else by its place. A target without one:
    /// nobody knows.
    fn elements(&self, data: &Value) -> Vec<Verdict> {
        let ids: Vec<&str> = self.batch.tokens().collect();
        let mut places: HashMap<&str, VecDeque<usize>> = HashMap::with_capacity(ids.len());
        for (n, id) in ids.iter().enumerate() {
            places.entry(id).or_default().push_back(n);
        }
        let twice = |n: usize| ids.iter().filter(|id| **id == ids[n]).nth(1).is_some();
        let mut verdicts = self.batch.all(&Meaning::UNREADABLE.verdict());
        for (place, element) in data.as_array().into_iter().flatten().enumerate() {
            let Some(fields) = element.as_object() else { continue };
            let found = match fields.get("registrationId").and_then(Value::as_str) {
                // Two messages for one id are answered in their order.
                Some(id) => places.get_mut(id).and_then(VecDeque::pop_front),
                None => Some(place).filter(|n| *n < verdicts.len()),
            };
            let Some(n) = found else { continue };
            verdicts[n] = self.element(element);
            if verdicts[n].code.as_deref().is_some_and(|code| codes::REPEATED.contains(&code)) && twice(n) {
                // Two jobs for one phone in one call: the first was taken, this one is another message.
                (verdicts[n].action, verdicts[n].reason) = (Action::Unavailable, Reason::SendSingly);
            }
        }
        verdicts
    }

    fn element(&self, element: &Value) -> Verdict {
        let id = element["messageId"].as_str().unwrap_or_default();
        let code = match &element["errorCode"] {
            Value::Null => codes::SUCCESS.to_owned(),
            value => match integer(value) {
                Some(code) => code.to_string(),
                None => return Meaning::UNREADABLE.verdict().vendor_id(id),
            },
        };
        self.coded(&code, element["errorMessage"].as_str().unwrap_or_default()).0.vendor_id(id)
    }

    /// `broadcast` (section 4.3): members of `data` whose name is all digits list the ids that have that code; the
    /// others were taken.
    fn listed(&self, data: &Value) -> Vec<Verdict> {
        let unknown = Meaning::UNREADABLE.verdict();
        let Some(fields) = data.as_object() else { return self.batch.all(&unknown) };
        let mut other = taken(fields.get("task_id").unwrap_or(&data["message_id"]));
        let mut listed: HashMap<&str, Verdict> = HashMap::new();
        let is_code = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        for (name, ids) in fields.iter().filter(|(name, _)| is_code(name)) {
            let verdict = self.coded(name, "").0.vendor_id(other.vendor_id.clone().unwrap_or_default());
            if ids.as_array().is_none_or(|ids| !ids.iter().all(Value::is_string)) {
                // Somebody has this code, and nobody knows who.
                other = Verdict { vendor_id: other.vendor_id, ..unknown.clone() };
            }
            let texts = ids.as_array().into_iter().flatten().filter_map(Value::as_str);
            listed.extend(texts.map(|id| (id, verdict.clone())));
        }
        self.batch.tokens().map(|id| listed.get(id).unwrap_or(&other).clone()).collect()
    }
}

fn taken(id: &Value) -> Verdict {
    Verdict::accepted().code(codes::SUCCESS).vendor_id(id.as_str().unwrap_or_default())
}

/// The id of a saved content: an opaque text.
fn message_id(data: &Value) -> Option<String> {
    data["message_id"].as_str().filter(|id| !id.is_empty()).map(str::to_owned)
}

/// `registration_id`, `registrationId`, `Registration_id`, `registration id`.
fn names_registration_id(message: &str) -> bool {
    let letters: String = message.chars().filter(char::is_ascii_alphabetic).collect();
    letters.to_ascii_lowercase().contains("registrationid")
}

/// Answers without a code (section 8, HTTP).
fn by_status(stage: Stage<'_>, answer: &Answer) -> Verdict {
    let verdict = match answer.status {
        // No interface of OPPO's answers so: the host is another's.
        404 | 405 => Meaning::APP.verdict(),
        400..=428 | 430..=499 => Meaning::BAD_REQUEST.verdict(),
        _ => answer.by_status(!matches!(stage, Stage::Save { .. })),
    };
    verdict.until(Some(codes::slow_until(answer)), None)
}
