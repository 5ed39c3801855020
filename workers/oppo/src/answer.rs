//! Answers (sections 4 and 8): the code decides; without one, the HTTP status.

use std::collections::{HashMap, VecDeque};

use push_contract::{
    Action, Answer, Batch, Next, Reason, Verdict,
    kit::{codes::Meaning, fitting::integer},
    typed::filled,
};
use serde_json::{Map, Value};

use crate::{
    calls::Stage,
    codes::{self, About},
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
    /// A further call, of this stage; and the id of the saved content, if it sends one.
    Further(Stage, String),
}

/// Reads an answer.
pub(crate) fn read(stage: Stage, batch: &Batch, answer: &Answer) -> Heard {
    let Some(Envelope { code, message, data }) = Envelope::read(answer) else {
        return Heard::Over(Next::Done(batch.all(&by_status(stage, answer))));
    };
    let saved = stage.broadcast().zip(data["message_id"].as_str().and_then(filled));
    Heard::Over(match (code.as_str(), stage, saved) {
        // A content that is saved already may say under which id.
        (codes::SUCCESS | codes::DUPLICATE, _, Some((stage, id))) => return Heard::Further(stage, id.to_owned()),
        (codes::NO_DATA, Stage::Broadcast, _) => return Heard::Further(Stage::SaveAgain, String::new()),
        (codes::SUCCESS, Stage::Unicast, _) => Next::Done(vec![taken(&data["messageId"])]),
        (codes::SUCCESS, Stage::UnicastBatch, _) => Next::Done(elements(batch, &data, answer)),
        (codes::SUCCESS, Stage::Broadcast | Stage::BroadcastAgain, _) => Next::Done(listed(batch, &data, answer)),
        // Nothing was sent yet.
        (codes::SUCCESS, ..) => Next::Done(batch.all(&Verdict::new(Action::Unavailable, Reason::AnswerUnreadable))),
        // The broadcast is the duplicate, not an id.
        (codes::DUPLICATE, Stage::Broadcast | Stage::BroadcastAgain, _) => {
            Next::Done(batch.all(&codes::verdict(&code, answer).0))
        }
        // Any other code at the head fails everything in the call.
        _ => match coded(&code, &message, answer) {
            (_, About::Target) if batch.targets() > 1 => Next::Singly,
            (verdict, About::Message) if batch.pushes.len() > 1 => Next::Whole(verdict),
            (verdict, _) => Next::Done(batch.all(&verdict)),
        },
    })
}

/// What a code means; its text (`registration_id`, `registrationId`, `Registration id`) tells a bad registration id from
/// another bad argument.
fn coded(code: &str, message: &str, answer: &Answer) -> (Verdict, About) {
    let letters: String = message.chars().filter(char::is_ascii_alphabetic).collect();
    if code == codes::ARGUMENT && letters.to_ascii_lowercase().contains("registrationid") {
        return (codes::illegal_id(), About::Target);
    }
    codes::verdict(code, answer)
}

/// `unicast_batch` (section 4.2): an element for each target, by its id, else by its place. A target without one:
/// nobody knows.
fn elements(batch: &Batch, data: &Value, answer: &Answer) -> Vec<Verdict> {
    let ids: Vec<&str> = batch.tokens().collect();
    let mut places: HashMap<&str, VecDeque<usize>> = HashMap::with_capacity(ids.len());
    for (n, id) in ids.iter().enumerate() {
        places.entry(id).or_default().push_back(n);
    }
    let twice = |n: usize| ids.iter().filter(|id| **id == ids[n]).nth(1).is_some();
    let mut verdicts = batch.all(&Meaning::UNREADABLE.verdict());
    for (place, element) in data.as_array().into_iter().flatten().enumerate() {
        let found = match element["registrationId"].as_str() {
            // Two messages for one id are answered in their order.
            Some(id) => places.get_mut(id).and_then(VecDeque::pop_front),
            None => Some(place).filter(|n| element.is_object() && *n < ids.len()),
        };
        let Some(n) = found else { continue };
        let code = Some(&element["errorCode"]).filter(|code| !code.is_null()).map_or(Some(0), integer);
        let text = element["errorMessage"].as_str().unwrap_or_default();
        let verdict = match code.map(|code| code.to_string()) {
            // Two jobs for one phone in one call: the first was taken, this one is another message.
            Some(code) if codes::REPEATED.contains(&code.as_str()) && twice(n) => {
                Verdict::new(Action::Unavailable, Reason::SendSingly).code(code)
            }
            Some(code) => coded(&code, text, answer).0,
            None => Meaning::UNREADABLE.verdict(),
        };
        verdicts[n] = verdict.vendor_id(element["messageId"].as_str().unwrap_or_default());
    }
    verdicts
}

/// `broadcast` (section 4.3): members of `data` whose name is all digits list the ids that have that code; the others
/// were taken.
fn listed(batch: &Batch, data: &Value, answer: &Answer) -> Vec<Verdict> {
    let unknown = Meaning::UNREADABLE.verdict();
    let Some(fields) = data.as_object() else { return batch.all(&unknown) };
    let mut other = taken(fields.get("task_id").unwrap_or(&data["message_id"]));
    let task = other.vendor_id.clone().unwrap_or_default();
    let mut listed: HashMap<&str, Verdict> = HashMap::new();
    let is_code = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
    for (name, ids) in fields.iter().filter(|(name, _)| is_code(name)) {
        let verdict = coded(name, "", answer).0.vendor_id(&task);
        if ids.as_array().is_none_or(|ids| !ids.iter().all(Value::is_string)) {
            // Somebody has this code, and nobody knows who.
            other = unknown.clone().vendor_id(&task);
        }
        let texts = ids.as_array().into_iter().flatten().filter_map(Value::as_str);
        listed.extend(texts.map(|id| (id, verdict.clone())));
    }
    batch.tokens().map(|id| listed.get(id).unwrap_or(&other).clone()).collect()
}

fn taken(id: &Value) -> Verdict {
    Verdict::accepted().code(codes::SUCCESS).vendor_id(id.as_str().unwrap_or_default())
}

/// Answers without a code (section 8, HTTP).
fn by_status(stage: Stage, answer: &Answer) -> Verdict {
    let verdict = match answer.status {
        // No interface of OPPO's answers so: the host is another's.
        404 | 405 => Meaning::APP.verdict(),
        400..=428 | 430..=499 => Meaning::BAD_REQUEST.verdict(),
        _ => answer.by_status(stage.broadcast().is_none()),
    };
    verdict.until(Some(codes::slow_until(answer)), None)
}
