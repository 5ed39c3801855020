//! Codes and answers (sections 4.3 and 8). HTTP is 200 for every business answer.

use serde_json::{Map, Value, json};

use crate::simulator::Answer;

pub(super) const TAKEN: &str = "0";
pub(super) const FORBIDDEN: &str = "10005";
pub(super) const MEDIA: &str = "10007";
pub(super) const MISSING: &str = "10016";
pub(super) const ILLEGAL: &str = "10017";
pub(super) const TOO_LONG: &str = "10018";
pub(super) const NO_SUCH_API: &str = "10020";
pub(super) const METHOD: &str = "10021";
pub(super) const CALLBACK: &str = "10025";
pub(super) const BLACKLIST: &str = "10031";
pub(super) const NO_TARGETS: &str = "20301";
pub(super) const SECRET: &str = "21301";
pub(super) const PACKAGE: &str = "22022";
pub(super) const NOTIFICATION: &str = "22100";
pub(super) const NOTIFY_ID: &str = "22103";
pub(super) const REVIEW: &str = "26006";
pub(super) const CHANNEL: &str = "27001";
pub(super) const PAYLOAD_TOO_LONG: &str = "65009";
pub(super) const PAIR_COUNT: &str = "65014";
pub(super) const PAIR_LENGTH: &str = "65015";
pub(super) const PARAM_TOO_LONG: &str = "65036";
pub(super) const URL_TOO_LONG: &str = "65037";
pub(super) const QUOTA: &str = "200001";
pub(super) const TOO_FAST: &str = "200002";
/// Not a code of the vendor's, but what names the ids that were refused beside code 0.
pub(super) const BAD: &str = "bad_regids";
/// The same for messages that the day's total swallowed.
pub(super) const EXCEEDED: &str = "channel_exceed_quota";
/// An answer without a code.
pub(super) const UNAUTHORIZED: &str = "http-401";

/// The vendor's `reason` and `description`.
fn texts(code: &str) -> (&'static str, &'static str) {
    match code {
        SECRET => ("Invalid application secret.", "认证失败"),
        NO_TARGETS => ("No valid targets!", "发送消息失败"),
        BLACKLIST => ("AppId(id=2882303761517000000) in the blacklist, forbid to send messages", "应用被封禁"),
        CHANNEL => ("invalid channel info!", "channel信息不匹配"),
        QUOTA => ("exceed quota, quota: 100000, have acked: 100213", "超过当日推送总量"),
        TOO_FAST => ("exceed qps", "请求过于频繁"),
        PACKAGE => ("Invalid package name", "应用包名不合法"),
        _ => ("refused", "请求被拒绝"),
    }
}

/// A refusal of a whole call.
pub(super) fn refusal(code: &str, serial: u64) -> Answer {
    if code == UNAUTHORIZED {
        return Answer::empty(401);
    }
    let number = code.parse::<i64>().map_or(Value::Null, Value::from);
    let (reason, description) = texts(code);
    let trace_id = format!("Xcm{serial:020}i");
    let body = json!({
        "result": "error", "reason": reason, "trace_id": trace_id, "code": number, "description": description,
    });
    Answer::json(200, &body)
}

/// A success of a message.
pub(super) fn success(targets: usize, more: Map<String, Value>, serial: u64) -> Answer {
    let mut data = Map::from_iter([("id".to_owned(), json!(format!("scm{serial:020}b1")))]);
    data.extend(more);
    told(&data, &format!("Received push messages for {targets} REGID"), serial)
}

/// A success; every member of `data` is a text.
pub(super) fn told(data: &Map<String, Value>, info: &str, serial: u64) -> Answer {
    let trace_id = format!("Xdm{serial:020}b");
    let body = json!({
        "result": "ok", "trace_id": trace_id, "code": 0, "data": data, "description": "成功", "info": info,
    });
    Answer::json(200, &body)
}
