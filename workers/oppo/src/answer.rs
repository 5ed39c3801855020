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

/// What follows from an answer. `further` makes another call: its stage, and the id of a saved content.
pub(crate) fn read(stage: Stage, batch: &Batch, answer: &Answer, further: impl FnOnce(Stage, &str) -> Next) -> Next {
    let all = |verdict: Verdict| Next::Done(batch.all(&verdict));
    let Some(Envelope { code, message, data }) = Envelope::read(answer) else {
        return all(by_status(answer, stage.broadcast().is_none()));
    };
    let (verdict, about) = codes::verdict(&code, &message, answer);
    let saved = stage.broadcast().zip(data["message_id"].as_str().and_then(filled));
    match (code.as_str(), stage, saved) {
        // A content that is saved already may say under which id.
        (codes::SUCCESS | codes::DUPLICATE, _, Some((stage, id))) => further(stage, id),
        (codes::NO_DATA, Stage::Broadcast, _) => further(Stage::SaveAgain, ""),
        (codes::SUCCESS, Stage::Unicast, _) => all(taken(&data["messageId"])),
        (codes::SUCCESS, Stage::UnicastBatch, _) => Next::Done(elements(batch, &data, answer)),
        (codes::SUCCESS, Stage::Broadcast | Stage::BroadcastAgain, _) => Next::Done(listed(batch, &data, answer)),
        // Nothing was sent yet.
        (codes::SUCCESS, ..) => all(Verdict::new(Action::Unavailable, Reason::AnswerUnreadable)),
        // The broadcast is the duplicate, not an id.
        (codes::DUPLICATE, Stage::Broadcast | Stage::BroadcastAgain, _) => all(verdict),
        // Any other code at the head fails everything in the call.
        _ if about == About::Target && batch.targets() > 1 => Next::Singly,
        _ if about == About::Message && batch.pushes.len() > 1 => Next::Whole(verdict),
        _ => all(verdict),
    }
}

/// `unicast_batch` (section 4.2): an element for each target, by its id, else by its place. A target without one:
/// nobody knows.
fn elements(batch: &Batch, data: &Value, answer: &Answer) -> Vec<Verdict> {
    let mut places: HashMap<&str, VecDeque<usize>> = HashMap::new();
    for (n, id) in batch.tokens().enumerate() {
        places.entry(id).or_default().push_back(n);
    }
    let twice = places.len() < batch.targets();
    let mut verdicts = batch.all(&Meaning::UNREADABLE.verdict());
    for (place, element) in data.as_array().into_iter().flatten().enumerate() {
        let place = match element["registrationId"].as_str() {
            // Two messages for one id are answered in their order.
            Some(id) => places.get_mut(id).and_then(VecDeque::pop_front),
            None => Some(place).filter(|_| element.is_object()),
        };
        let Some(found) = place.and_then(|place| verdicts.get_mut(place)) else { continue };
        let code = match &element["errorCode"] {
            Value::Null => Some(0),
            code => integer(code),
        };
        let verdict = match code.map(|code| code.to_string()) {
            // Two jobs for one phone in one call: the first was taken, this one is another message.
            Some(code) if twice && codes::REPEATED.contains(&code.as_str()) => {
                Verdict::new(Action::Unavailable, Reason::SendSingly).code(code)
            }
            Some(code) => codes::verdict(&code, element["errorMessage"].as_str().unwrap_or_default(), answer).0,
            None => Meaning::UNREADABLE.verdict(),
        };
        *found = verdict.vendor_id(element["messageId"].as_str().unwrap_or_default());
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
    for (code, ids) in fields.iter().filter(|(name, _)| is_code(name)) {
        let verdict = codes::verdict(code, "", answer).0.vendor_id(&task);
        let ids = ids.as_array().map_or(&[Value::Null][..], Vec::as_slice);
        if !ids.iter().all(Value::is_string) {
            // Somebody has this code, and nobody knows who.
            other = unknown.clone().vendor_id(&task);
        }
        listed.extend(ids.iter().filter_map(Value::as_str).map(|id| (id, verdict.clone())));
    }
    batch.tokens().map(|id| listed.get(id).unwrap_or(&other).clone()).collect()
}

fn taken(id: &Value) -> Verdict {
    Verdict::accepted().code(codes::SUCCESS).vendor_id(id.as_str().unwrap_or_default())
}

/// Answers without a code (section 8, HTTP).
pub(crate) fn by_status(answer: &Answer, commits: bool) -> Verdict {
    let verdict = match answer.status {
        // No interface of OPPO's answers so: the host is another's.
        404 | 405 => Meaning::APP.verdict(),
        400..=428 | 430..=499 => Meaning::BAD_REQUEST.verdict(),
        _ => answer.by_status(commits),
    };
    verdict.until(Some(codes::slow_until(answer)), None)
}
