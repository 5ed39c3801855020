//! Codes, their texts and their HTTP statuses (sections 4.6 and 8).

use serde_json::{Value, json};

use crate::simulator::Answer;

pub(super) const SUCCESS: &str = "200";
pub(super) const PARAMETER: &str = "400";
pub(super) const TOKEN: &str = "401";
pub(super) const FOREIGN_TOKEN: &str = "403";
pub(super) const ADDRESS: &str = "404";
pub(super) const TOO_FAST: &str = "429";
pub(super) const SOME_FAILED: &str = "80100000";
/// One of the range 801xxxxx, parameters: the sheet knows no code for content.
pub(super) const CONTENT: &str = "80100016";
pub(super) const NO_PERMISSION: &str = "80300002";
pub(super) const ALL_INVALID: &str = "80300007";
pub(super) const TOO_LARGE: &str = "80300008";
pub(super) const TOKEN_COUNT: &str = "80300010";

/// What the vendor's `message` says.
pub(super) fn text(code: &str) -> &'static str {
    match code {
        SUCCESS => "success",
        PARAMETER => "Parameter error",
        TOKEN => "Unauthorized",
        FOREIGN_TOKEN => "Forbidden",
        ADDRESS => "Not found",
        TOO_FAST => "Too many requests",
        SOME_FAILED => "Partial success",
        CONTENT => "Content error",
        NO_PERMISSION => "No permission",
        ALL_INVALID => "All the tokens are invalid",
        TOO_LARGE => "Message body is too large",
        TOKEN_COUNT => "The number of tokens is invalid",
        _ => "Service error",
    }
}

/// The answer for a code, a number. Codes that are HTTP statuses are answered with that status, others with 200; `data`
/// is null on errors.
pub(super) fn answer(code: i64, message: &str, data: Option<&Value>) -> Answer {
    let status = u16::try_from(code).ok().filter(|code| (400..=599).contains(code)).unwrap_or(200);
    let answer = Answer::json(status, &json!({"code": code, "message": message, "data": data}));
    if status == 429 { answer.with("retry-after", "1") } else { answer }
}

/// The refusal of a whole call.
pub(super) fn refusal(code: &str) -> Answer {
    answer(code.parse().unwrap_or_default(), text(code), None)
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_a_number_and_data_is_null() {
        let answer = super::refusal("80300008");
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, r#"{"code":80300008,"data":null,"message":"Message body is too large"}"#);
        assert_eq!(super::refusal("403").status, 403);
    }
}
