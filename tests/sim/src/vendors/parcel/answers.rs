//! Codes and the shapes of answers ("Answers" of the sheet).

use serde_json::{Map, Value, json};

use crate::simulator::Answer;

pub(super) const TAKEN: &str = "0";
pub(super) const UNREGISTERED: &str = "1001";
pub(super) const MALFORMED: &str = "1002";
pub(super) const OTHER_TYPE: &str = "1003";
pub(super) const CAPPED: &str = "1004";
pub(super) const BUSY: &str = "1005";
pub(super) const WRONG: &str = "2001";
pub(super) const TOO_LARGE: &str = "2002";
pub(super) const FORBIDDEN: &str = "2003";
pub(super) const SINGLY: &str = "3001";
pub(super) const STRANGER: &str = "3002";
pub(super) const CREDENTIAL: &str = "4011";
pub(super) const SIGNATURE: &str = "4012";
pub(super) const TOKEN: &str = "4013";
pub(super) const SUSPENDED: &str = "4014";
pub(super) const TOO_FAST: &str = "5001";
pub(super) const NO_RIGHT: &str = "5002";
pub(super) const SPENT: &str = "5003";

/// The code as the number that goes over the wire.
fn number(code: &str) -> Value {
    code.parse::<u32>().map_or(Value::Null, Value::from)
}

/// A refusal of a whole call.
pub(super) fn refusal(code: &str) -> Answer {
    let status = if code == CREDENTIAL { 401 } else { 200 };
    let answer = Answer::json(status, &json!({"code": number(code)}));
    if code == TOO_FAST { answer.with("retry-after", "1") } else { answer }
}

/// A refusal because the day's quota is spent until `until` (milliseconds).
pub(super) fn spent(until: u64) -> Answer {
    Answer::json(200, &json!({"code": number(SPENT), "until": until}))
}

/// What is said about one target: the code, and since when it is gone.
pub(super) fn about(code: &str, now: u64) -> Map<String, Value> {
    let mut fields = Map::new();
    fields.insert("code".to_owned(), number(code));
    if code == UNREGISTERED {
        // A day ago, to the minute: the same for all targets of a call.
        fields.insert("since".to_owned(), Value::from((now - now % 60_000).saturating_sub(86_400_000)));
    }
    fields
}
