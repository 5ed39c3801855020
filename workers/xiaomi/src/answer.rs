//! Answers (sections 4.3 and 8): the code decides, beside code 0 what `data` says; without a code, the HTTP status.

use std::{collections::HashMap, time::Duration};

use push_contract::{
    Action, Answer, Batch, Next, Push, Reason, Verdict,
    kit::{codes::Meaning, fitting::integer},
};
use serde_json::{Map, Value};

use crate::{
    classes,
    codes::{self, About},
    settings::{CHINA, Settings},
};

/// Xiaomi asks for at least a second after a code that says: slower (section 7).
const PAUSE: Duration = Duration::from_secs(1);
/// The name of messages without a channel among those that exceeded a total.
const NO_CHANNEL: &str = "no_channel";

/// Reads an answer.
pub(crate) fn read(settings: &Settings, batch: &Batch, answer: &Answer) -> Next {
    let slow = answer.at.after_pause(answer.retry_after(), PAUSE);
    let quota = answer.at.next_daily(settings.quota_reset_hour, CHINA);
    let timed = |verdict: Verdict| verdict.until(Some(slow), Some(quota));
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let Some(code) = body.get("code").and_then(integer).map(|code| code.to_string()) else {
        return Next::Done(batch.all(&timed(by_status(answer))));
    };
    if code == codes::SUCCESS {
        // A proxy may write a code of its own: what was taken is a 200.
        return Next::Done(match answer.status {
            200..=299 => success(settings, batch, &body, &timed(Meaning::SPENT.verdict())),
            _ => batch.all(&timed(by_status(answer))),
        });
    }
    let reason = body.get("reason").and_then(Value::as_str).unwrap_or_default();
    let (meaning, about) = codes::find(&code, reason);
    let verdict = timed(meaning.verdict()).code(code);
    match about {
        About::Call => Next::Done(batch.all(&verdict)),
        About::Message => Next::Whole(verdict),
        About::Targets => Next::Split(verdict),
    }
}

/// Code 0: who is not named was taken.
fn success(settings: &Settings, batch: &Batch, body: &Value, spent: &Verdict) -> Vec<Verdict> {
    let none = Map::new();
    let data = body.get("data").and_then(Value::as_object).unwrap_or(&none);
    let id = [data.get("id"), body.get("trace_id")].into_iter().flatten().find_map(Value::as_str).unwrap_or_default();
    let Some(bad) = bad_ids(data) else {
        // Somebody was refused, and nobody knows who.
        return batch.all(&Meaning::UNREADABLE.verdict().vendor_id(id));
    };
    let taken = Verdict::accepted().code(codes::SUCCESS).vendor_id(id);
    let gone = codes::GONE.verdict().code(codes::BAD).vendor_id(id);
    let spent = spent.clone().code(codes::EXCEEDED).vendor_id(id);
    let perhaps = Verdict { action: Action::Unknown, ..spent.clone() };
    let exceeded = data.get(codes::EXCEEDED).filter(|value| !value.is_null()).map(exceeded);
    let of = |push: &Push| match &exceeded {
        None => &taken,
        Some(None) => &perhaps,
        Some(Some(counts)) => match counts.get(channel(settings, push)).copied().unwrap_or(0) {
            0 => &taken,
            // As many as there are: none of them was taken. Fewer: it does not say which.
            count if count >= messages(settings, batch, push) => &spent,
            _ => &perhaps,
        },
    };
    let each = batch.pushes.iter().flat_map(|push| push.tokens().map(move |token| (token, of(push))));
    each.map(|(token, other)| if bad.contains(&token) { &gone } else { other }).cloned().collect()
}

/// The ids under any spelling of `bad_regids`, joined with commas; `None`: they cannot be read.
fn bad_ids(data: &Map<String, Value>) -> Option<Vec<&str>> {
    let spelt = |name: &str| name.replace('_', "").eq_ignore_ascii_case("badregids");
    match data.iter().find(|(name, _)| spelt(name)).map(|(_, value)| value) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(ids) => Some(ids.as_str()?.split(',').map(str::trim).collect()),
    }
}

/// How many messages were dropped per channel: `no_channel:2 a:3`.
fn exceeded(told: &Value) -> Option<HashMap<&str, usize>> {
    let mut counts = HashMap::new();
    for pair in told.as_str()?.split_whitespace() {
        let (channel, count) = pair.rsplit_once(':')?;
        counts.insert(channel, count.parse().ok()?);
    }
    Some(counts)
}

fn channel<'a>(settings: &'a Settings, push: &Push) -> &'a str {
    classes::channel(settings, &push.class).map_or(NO_CHANNEL, |channel| &channel.id)
}

/// How many messages of the call are in the channel of this one. To however many ids, a job alone is one.
fn messages(settings: &Settings, batch: &Batch, push: &Push) -> usize {
    let wanted = channel(settings, push);
    batch.pushes.iter().filter(|other| channel(settings, other) == wanted).count()
}

/// Answers without a code (section 8, HTTP).
fn by_status(answer: &Answer) -> Verdict {
    match answer.status {
        401 | 403 => Meaning::CREDENTIAL.verdict(),
        // No interface of Xiaomi's answers so: the host is another's.
        404 | 405 => Meaning::APP.verdict(),
        408 | 429 => answer.by_status(true),
        400..=499 => Verdict::new(Action::Refused, Reason::BadRequest),
        _ => answer.by_status(true),
    }
}
