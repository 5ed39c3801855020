//! Codes, their texts and their HTTP statuses (sections 4.7 and 8).

use serde_json::json;

use crate::simulator::Answer;

pub(super) const SUCCESS: &str = "80000000";
pub(super) const SOME_ILLEGAL: &str = "80100000";
pub(super) const PARAMETER: &str = "80100001";
pub(super) const STRUCTURE: &str = "80100003";
pub(super) const EXPIRED_MESSAGE: &str = "80100004";
pub(super) const COLLAPSE_KEY: &str = "80100013";
pub(super) const SENSITIVE: &str = "80100016";
pub(super) const AUTH: &str = "80200001";
pub(super) const TOKEN_EXPIRED: &str = "80200003";
pub(super) const JWT_EXPIRED: &str = "80200005";
pub(super) const NO_PERMISSION: &str = "80300002";
pub(super) const ALL_ILLEGAL: &str = "80300007";
pub(super) const TOO_LARGE: &str = "80300008";
pub(super) const TOKEN_COUNT: &str = "80300010";
pub(super) const NO_HIGH_PRIORITY: &str = "80300011";
pub(super) const TEST_TOKEN_COUNT: &str = "80300030";
pub(super) const JWT_TOO_LONG: &str = "80300036";

/// What the vendor's `msg` says.
pub(super) fn text(code: &str) -> &'static str {
    match code {
        SUCCESS => "Success",
        PARAMETER => "Parameter error",
        STRUCTURE => "Illegal payload",
        EXPIRED_MESSAGE => "Expire time error",
        COLLAPSE_KEY => "collapse_key is invalid",
        SENSITIVE => "Anti-Spam: word is forbidden in [CONTENT]",
        AUTH => "Oauth authentication error",
        TOKEN_EXPIRED => "Oauth token expired",
        JWT_EXPIRED => "JWT expired",
        NO_PERMISSION => "No permission to send message to these tokens",
        ALL_ILLEGAL => "All the tokens are invalid",
        TOO_LARGE => "Message body size is over 4KB",
        TOKEN_COUNT => "The number of tokens is invalid",
        NO_HIGH_PRIORITY => "No permission to send high-priority messages",
        TEST_TOKEN_COUNT => "The number of tokens of a test message is over the limit",
        JWT_TOO_LONG => "JWT life is over one day",
        _ => "Service error",
    }
}

/// The answer for a code. The sheet leaves 200 or 400 open for business errors: both occur here, so that nobody relies
/// on the status.
pub(super) fn answer(code: &str, msg: &str, request_id: &str) -> Answer {
    let status = match code {
        SUCCESS | SOME_ILLEGAL | SENSITIVE | ALL_ILLEGAL => 200,
        "80000001" | "81000001" => 500,
        code if code.starts_with("802") => 401,
        _ => 400,
    };
    Answer::json(status, &json!({"code": code, "msg": msg, "requestId": request_id}))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_code_is_a_string() {
        let answer = super::answer("80300008", "too large", "");
        assert_eq!(answer.status, 400);
        assert_eq!(answer.body, r#"{"code":"80300008","msg":"too large","requestId":""}"#);
    }
}
