//! Answers (sections 4.3 and 8): the code decides, beside code 0 what `data` says; without a code, the HTTP status.

use std::{collections::HashMap, time::Duration};

use push_contract::{Action, Answer, Batch, Next, Push, Reason, Verdict};
use serde_json::{Map, Value};

use crate::{
    classes,
    codes::{self, About, Times},
    settings::Settings,
};

/// Xiaomi asks for at least a second after a code that says: slower (section 7).
const PAUSE: Duration = Duration::from_secs(1);
/// The name of messages without a channel among those that exceeded a total.
const NO_CHANNEL: &str = "no_channel";

/// What an answer leads to.
#[derive(Debug)]
pub(crate) enum Heard {
    /// Nothing more to do in this dispatch.
    Over(Next),
    /// The address for callbacks is refused: the message goes out without it.
    WithoutCallback,
}

/// Reads an answer; `called_back`: the message asked for callbacks.
pub(crate) fn read(settings: &Settings, batch: &Batch, called_back: bool, answer: &Answer) -> Heard {
    let times = times(settings, answer);
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let whole = |verdict: &Verdict| Heard::Over(Next::Done(batch.all(verdict)));
    let Some(code) = code(&body) else { return whole(&by_status(answer, times)) };
    if code == codes::SUCCESS {
        // A proxy may write a code of its own: what was taken is a 200.
        let taken = (200..300).contains(&answer.status);
        return if taken {
            Heard::Over(Next::Done(success(settings, batch, &body, times)))
        } else {
            whole(&by_status(answer, times))
        };
    }
    if called_back && codes::CALLBACK.contains(&code.as_str()) {
        return Heard::WithoutCallback;
    }
    let reason = body.get("reason").and_then(Value::as_str).unwrap_or_default();
    let (verdict, about) = codes::verdict(&code, reason, times);
    match about {
        About::Call => whole(&verdict),
        About::Message => Heard::Over(Next::Whole(verdict)),
        About::Targets => Heard::Over(Next::Split(verdict)),
    }
}

/// A code is a number, perhaps as text.
fn code(body: &Value) -> Option<String> {
    let code = body.get("code")?;
    let number = code.as_i64().or_else(|| code.as_str()?.trim().parse().ok())?;
    Some(number.to_string())
}

/// Code 0: who is not named was taken.
fn success(settings: &Settings, batch: &Batch, body: &Value, times: Times) -> Vec<Verdict> {
    let none = Map::new();
    let data = body.get("data").and_then(Value::as_object).unwrap_or(&none);
    let id = [data.get("id"), body.get("trace_id")].into_iter().flatten().find_map(Value::as_str).unwrap_or_default();
    let taken = Verdict::accepted().code(codes::SUCCESS).vendor_id(id);
    let Some(bad) = bad_ids(data) else {
        // Somebody was refused, and nobody knows who.
        return batch.all(&Verdict::new(Action::Unknown, Reason::AnswerUnreadable).vendor_id(id));
    };
    let (gone, _) = codes::verdict(codes::BAD, "", times);
    let gone = gone.vendor_id(id);
    let (spent, _) = codes::verdict(codes::EXCEEDED, "", times);
    let spent = spent.vendor_id(id);
    let exceeded = data.get(codes::EXCEEDED).filter(|value| !value.is_null()).map(exceeded);
    let mut verdicts = Vec::with_capacity(batch.targets());
    for push in &batch.pushes {
        let other = match &exceeded {
            None => taken.clone(),
            Some(None) => Verdict { action: Action::Unknown, ..spent.clone() },
            Some(Some(counts)) => match counts.get(channel(settings, push)).copied().unwrap_or(0) {
                0 => taken.clone(),
                // As many as there are: none of them was taken. Fewer: it does not say which.
                count if count >= elements(settings, batch, push) => spent.clone(),
                _ => Verdict { action: Action::Unknown, ..spent.clone() },
            },
        };
        verdicts.extend(push.tokens().map(|token| if bad.contains(&token) { gone.clone() } else { other.clone() }));
    }
    verdicts
}

/// The ids under any spelling of `bad_regids`, joined with commas; `None`: they cannot be read.
fn bad_ids(data: &Map<String, Value>) -> Option<Vec<&str>> {
    let spelt = |name: &str| name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).eq("badregids".chars());
    match data.iter().find(|(name, _)| spelt(name)).map(|(_, value)| value) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(ids)) => Some(ids.split(',').map(str::trim).collect()),
        Some(Value::Array(ids)) => ids.iter().map(Value::as_str).collect(),
        Some(_) => None,
    }
}

/// How many messages were dropped per channel: `no_channel:2 a:3`.
fn exceeded(value: &Value) -> Option<HashMap<&str, usize>> {
    let count = |pair: &'_ str| -> Option<usize> { pair.rsplit_once(':')?.1.parse().ok() };
    value.as_str()?.split_whitespace().map(|pair| Some((pair.rsplit_once(':')?.0, count(pair)?))).collect()
}

fn channel<'a>(settings: &'a Settings, push: &Push) -> &'a str {
    classes::channel(settings, &push.class).map_or(NO_CHANNEL, |channel| &channel.id)
}

/// How many messages of the call are in the channel of this one.
fn elements(settings: &Settings, batch: &Batch, push: &Push) -> usize {
    if let [_] = batch.pushes.as_slice() {
        // One message, however many ids.
        return 1;
    }
    let wanted = channel(settings, push);
    batch.pushes.iter().filter(|other| channel(settings, other) == wanted).map(|other| other.positions.len()).sum()
}

/// Answers without a code (section 8, HTTP).
fn by_status(answer: &Answer, times: Times) -> Verdict {
    let slow = Action::SlowDown { until: Some(times.slow_until) };
    let (action, reason) = match answer.status {
        // 200 and no code: Xiaomi may well have taken the call.
        200..=299 => (Action::Unknown, Reason::AnswerUnreadable),
        401 | 403 => (Action::AppMisconfigured, Reason::CredentialRefused),
        // No interface of Xiaomi's answers so: the host is another's.
        404 | 405 => (Action::AppMisconfigured, Reason::Misconfigured),
        429 => (slow, Reason::RateLimited),
        400..=499 => (Action::Refused, Reason::BadRequest),
        503 if answer.retry_after().is_some() => (slow, Reason::RateLimited),
        // A proxy gave up waiting; what stands behind it may have taken the call.
        504 => (Action::Unknown, Reason::AnswerLost),
        500..=599 => (Action::Unavailable, Reason::Unavailable),
        _ => (Action::Unavailable, Reason::AnswerUnreadable),
    };
    Verdict::new(action, reason)
}

fn times(settings: &Settings, answer: &Answer) -> Times {
    Times {
        slow_until: answer.at.plus(answer.retry_after().unwrap_or(PAUSE).max(PAUSE)),
        quota_until: settings.quota_reset(answer.at),
    }
}
