//! Codes and answers (sections 4.2 and 8). HTTP is 200 for every business answer, a code is a text.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::simulator::{Answer, Word};

pub(super) const TAKEN: &str = "200";
pub(super) const PARAMETER: &str = "1005";
pub(super) const SIGNATURE: &str = "1006";
pub(super) const APP_ID: &str = "110000";
pub(super) const UNREGISTERED: &str = "110002";
pub(super) const ILLEGAL: &str = "110003";
pub(super) const EMPTY: &str = "110004";
pub(super) const BLACKLISTED: &str = "110009";
/// At the head of an answer: too fast. In the map: the device's switch is off.
pub(super) const TOO_FAST: &str = "110010";
pub(super) const SWITCHED_OFF: &str = "110010";
pub(super) const PUBLIC_CAP: &str = "110011";
pub(super) const DAILY: &str = "110019";
pub(super) const PACKAGE: &str = "110031";
pub(super) const TASK: &str = "110032";
pub(super) const TRANSPARENT: &str = "110053";
/// The push failed inside: those targets are to be sent again.
pub(super) const FAILED: &str = "501";
pub(super) const FOLDED: &str = "520";

/// The vendor's own words, as far as the sheet quotes any.
fn text(code: &str) -> &'static str {
    match code {
        TAKEN => "",
        TOO_FAST => "应用请求频率超过限制",
        _ => "refused",
    }
}

/// A refusal of a whole call: `value` is an empty text, and there is no id.
pub(super) fn refusal(code: &str) -> Answer {
    Answer::json(200, &json!({"code": code, "message": text(code), "value": "", "redirect": ""}))
}

/// What a call without targets gives.
pub(super) fn value(value: &Value) -> Answer {
    Answer::json(200, &json!({"code": TAKEN, "message": "", "value": value, "redirect": ""}))
}

/// A call that was processed: the map names, by code, who was not accepted.
pub(super) fn processed(msg_id: &str, tokens: &[String], words: &[Word]) -> Answer {
    let mut map: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (token, word) in tokens.iter().zip(words).filter(|(_, word)| !word.accepted) {
        map.entry(&word.code).or_default().push(token);
    }
    Answer::json(200, &json!({"code": TAKEN, "message": "", "value": map, "redirect": "", "msgId": msg_id}))
}
