//! Results and the shapes of answers (sections 3, 4 and 8).

use serde_json::{Value, json};

use crate::simulator::Answer;

pub(super) const TAKEN: &str = "0";
pub(super) const TOKEN: &str = "10000";
pub(super) const STATE: &str = "10043";
pub(super) const REVIEW: &str = "10045";
pub(super) const NO_TARGET: &str = "10050";
pub(super) const NOTIFY_TYPE: &str = "10054";
pub(super) const TITLE_EMPTY: &str = "10055";
pub(super) const TITLE_LONG: &str = "10056";
pub(super) const CONTENT_EMPTY: &str = "10057";
pub(super) const CONTENT_LONG: &str = "10058";
pub(super) const LIFE: &str = "10059";
pub(super) const SKIP_TYPE: &str = "10060";
pub(super) const URL_EMPTY: &str = "10061";
pub(super) const URL_LONG: &str = "10062";
pub(super) const CUSTOM_EMPTY: &str = "10063";
pub(super) const CUSTOM_LONG: &str = "10064";
pub(super) const NETWORK: &str = "10065";
pub(super) const MAP_PAIRS: &str = "10066";
pub(super) const MAP: &str = "10067";
pub(super) const PAGE_EMPTY: &str = "10068";
pub(super) const PAGE_LONG: &str = "10069";
pub(super) const OPERATIONAL_SPENT: &str = "10070";
pub(super) const HOURS: &str = "10071";
pub(super) const TOO_FAST: &str = "10072";
pub(super) const SYSTEM_SPENT: &str = "10073";
pub(super) const TEXT: &str = "10085";
pub(super) const AUTH_TOO_FAST: &str = "10093";
pub(super) const OTHER_APP: &str = "10094";
pub(super) const CATEGORY: &str = "10096";
pub(super) const DISAGREE: &str = "10097";
pub(super) const REVIEWED: &str = "10101";
pub(super) const NO_LIST: &str = "10150";
pub(super) const TASK: &str = "10151";
pub(super) const COUNT: &str = "10153";
pub(super) const LISTS_SPENT: &str = "10252";
pub(super) const ILLEGAL: &str = "10302";
pub(super) const CALLBACK: &str = "10305";
pub(super) const PARAM: &str = "10306";
pub(super) const ID_EMPTY: &str = "10352";
pub(super) const ID_LONG: &str = "10353";
pub(super) const CLASSIFICATION: &str = "11000";
/// What the sheet has no number for, such as an unknown field: the vendor cannot read the body.
pub(super) const UNREADABLE: &str = "http-400";

/// `status` of an invalid user (section 4.2).
pub(super) const UNKNOWN: i64 = 1;
pub(super) const GONE: i64 = 2;
pub(super) const NO_TEST_DEVICE: i64 = 4;

/// The result as the number that goes over the wire.
fn number(code: &str) -> Value {
    code.parse::<u32>().map_or(Value::Null, Value::from)
}

/// What the vendor says beside a result; the sheet quotes three.
fn desc(code: &str) -> &'static str {
    match code {
        TAKEN => "请求成功",
        TOKEN => "权限认证失败",
        REVIEW => "应用审核中不可发送正式消息",
        ILLEGAL => "regId不合法",
        _ => "请求失败",
    }
}

/// A refusal of a whole call: HTTP 200 with a result that is not 0.
pub(super) fn refusal(code: &str) -> Answer {
    if code == UNREADABLE {
        return Answer::empty(400);
    }
    Answer::json(200, &json!({"result": number(code), "desc": desc(code)}))
}

/// A result with more fields beside it.
pub(super) fn said(code: &str, fields: &[(&str, Value)]) -> Answer {
    let mut body = json!({"result": number(code), "desc": desc(code)});
    for (name, value) in fields {
        body[*name] = value.clone();
    }
    Answer::json(200, &body)
}

/// One entry of `invalidUser(s)`.
pub(super) fn invalid(status: i64, token: &str) -> Value {
    json!({"status": status, "userid": token})
}
