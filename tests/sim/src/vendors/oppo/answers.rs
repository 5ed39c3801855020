//! Codes and answers (section 8). HTTP is 200 for every business answer.

use serde_json::{Value, json};

use crate::simulator::Answer;

pub(super) const TAKEN: &str = "0";
pub(super) const TOKEN_INVALID: &str = "11";
pub(super) const METHOD: &str = "12";
pub(super) const KEY_INVALID: &str = "14";
pub(super) const KEY_MISSING: &str = "15";
pub(super) const SIGN_INVALID: &str = "16";
pub(super) const SIGN_MISSING: &str = "17";
pub(super) const TIME_MISSING: &str = "18";
pub(super) const TIME_INVALID: &str = "19";
pub(super) const ENCODING: &str = "25";
pub(super) const DISABLED: &str = "28";
pub(super) const TOKEN_MISSING: &str = "29";
pub(super) const NO_PUSH_RIGHT: &str = "30";
pub(super) const NO_DATA: &str = "31";
pub(super) const DUPLICATE: &str = "32";
pub(super) const QUOTA: &str = "33";
pub(super) const MISSING: &str = "40";
pub(super) const ILLEGAL: &str = "41";
pub(super) const PICTURE: &str = "51";
pub(super) const TEMPLATE: &str = "54";
pub(super) const TOO_FAST: &str = "55";
pub(super) const CATEGORY: &str = "67";
pub(super) const ID_ILLEGAL: &str = "10000";
pub(super) const ID_UNSUBSCRIBED: &str = "10001";
pub(super) const ID_REPEATED: &str = "10004";

/// The code as the number that goes over the wire.
pub(super) fn number(code: &str) -> Value {
    code.parse::<i64>().map_or(Value::Null, Value::from)
}

/// OPPO's own words for a code, where it is known to have some.
pub(super) fn text(code: &str) -> &'static str {
    match code {
        TAKEN => "success",
        TOKEN_INVALID => "Invalid AuthToken",
        TOO_FAST | "13" => "App Call Limited",
        TEMPLATE => "private_msg_template_id is null",
        CATEGORY => "Category error/Private classify channel notify_level invalid",
        ID_ILLEGAL => "registration_id格式不正确",
        ID_UNSUBSCRIBED => "registration_id not subscribed",
        ID_REPEATED => "registration_id repeated",
        _ => "refused",
    }
}

/// A refusal of a whole call; no data.
pub(super) fn refusal(code: &str) -> Answer {
    Answer::json(200, &json!({"code": number(code), "message": text(code)}))
}

/// A refusal of a whole call, with the one thing that OPPO's text is known to name: a bad registration id.
pub(super) fn refusal_saying(code: &str, why: &str) -> Answer {
    let text = if code == ILLEGAL && why.contains("registration_id") { "Invalid registration_id" } else { text(code) };
    Answer::json(200, &json!({"code": number(code), "message": text}))
}

/// A success.
pub(super) fn success(message: &str, data: &Value) -> Answer {
    Answer::json(200, &json!({"code": 0, "message": message, "data": data}))
}
