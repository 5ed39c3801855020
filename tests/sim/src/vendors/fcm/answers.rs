//! Refusals of the send call as section 4.4 has them: status, text, and details of five types.

use serde_json::{Value, json};

use crate::simulator::Answer;

/// A refusal: the answer to give, the code that decides in it, and why.
#[derive(Debug)]
pub(super) struct Denied {
    pub(super) code: &'static str,
    pub(super) answer: Answer,
    pub(super) why: String,
}

impl Denied {
    /// A refusal with the details of its code.
    pub(super) fn new(code: &'static str, why: impl Into<String>) -> Self {
        let answer = row(code).map_or_else(|| Answer::empty(500), Row::answer);
        Self { code, answer, why: why.into() }
    }

    /// The payload is wrong at `field`. `named`: the answer also carries an `FcmError`.
    pub(super) fn at(field: &str, why: impl Into<String>, named: bool) -> Self {
        let why = why.into();
        let violations = json!([{"field": field, "description": why}]);
        let bad = json!({"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations});
        let (text, details) = if named {
            ("Request contains an invalid argument.", json!([fcm_error(INVALID), bad]))
        } else {
            (why.as_str(), json!([bad]))
        };
        Self { code: INVALID, answer: body(400, text, INVALID, details), why }
    }

    /// Over 4096 bytes.
    pub(super) fn too_big(bytes: usize) -> Self {
        let answer = body(400, "Android message is too big", INVALID, json!([fcm_error(INVALID)]));
        Self { code: INVALID, answer, why: format!("{bytes} bytes of keys and values, at most 4096") }
    }

    /// One device had too much. The wording of Google is not known; `device` is what the sheet tells to look for.
    pub(super) fn device() -> Self {
        let violation = json!({"subject": "device", "description": "Device message rate exceeded."});
        let quota = json!({"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [violation]});
        let text = "Resource has been exhausted (e.g. check quota).";
        let answer = body(429, text, EXHAUSTED, json!([fcm_error("QUOTA_EXCEEDED"), quota]));
        Self { code: "QUOTA_EXCEEDED", answer, why: "too many messages to this device for now".to_owned() }
    }
}

pub(super) const INVALID: &str = "INVALID_ARGUMENT";
const EXHAUSTED: &str = "RESOURCE_EXHAUSTED";
const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
const PERMISSION: &str = "PERMISSION_DENIED";

/// Where the code stands in the answer.
#[derive(Clone, Copy)]
enum Place {
    /// `FcmError.errorCode`.
    Fcm,
    /// `ErrorInfo.reason`.
    Info,
    /// `error.status` alone.
    Status,
}

/// Code, its place, HTTP status, `error.status`, text.
struct Row(&'static str, Place, u16, &'static str, &'static str);

const NO_AUTH: &str = "Request is missing required authentication credential. Expected OAuth 2 access token, login \
                       cookie or other valid authentication credential.";
const QUOTA: &str = "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute' of service \
                     'fcm.googleapis.com' for consumer 'project_number:1234567890'.";

/// Section 8.
const ROWS: [Row; 20] = [
    Row(INVALID, Place::Fcm, 400, INVALID, "The registration token is not a valid FCM registration token"),
    Row("THIRD_PARTY_AUTH_ERROR", Place::Fcm, 401, UNAUTHENTICATED, "Auth error from APNS or Web Push Service"),
    Row("APNS_AUTH_ERROR", Place::Fcm, 401, UNAUTHENTICATED, "Auth error from APNS or Web Push Service"),
    Row("SENDER_ID_MISMATCH", Place::Fcm, 403, PERMISSION, "SenderId mismatch"),
    Row("UNREGISTERED", Place::Fcm, 404, "NOT_FOUND", "Requested entity was not found."),
    Row("QUOTA_EXCEEDED", Place::Fcm, 429, EXHAUSTED, "Resource has been exhausted (e.g. check quota)."),
    Row("INTERNAL", Place::Fcm, 500, "INTERNAL", "Internal error encountered."),
    Row("UNAVAILABLE", Place::Fcm, 503, "UNAVAILABLE", "The service is currently unavailable."),
    Row("UNSPECIFIED_ERROR", Place::Fcm, 500, "UNKNOWN", "Unknown error."),
    Row("ACCESS_TOKEN_EXPIRED", Place::Info, 401, UNAUTHENTICATED, NO_AUTH),
    Row("CREDENTIALS_MISSING", Place::Info, 401, UNAUTHENTICATED, NO_AUTH),
    Row("SERVICE_DISABLED", Place::Info, 403, PERMISSION, "Firebase Cloud Messaging API has not been used before."),
    Row("IAM_PERMISSION_DENIED", Place::Info, 403, PERMISSION, "Permission 'cloudmessaging.messages.create' denied."),
    Row("ACCESS_TOKEN_SCOPE_INSUFFICIENT", Place::Info, 403, PERMISSION, "Insufficient authentication scopes."),
    Row("CONSUMER_INVALID", Place::Info, 403, PERMISSION, "Project has been deleted or suspended."),
    Row("RATE_LIMIT_EXCEEDED", Place::Info, 429, EXHAUSTED, QUOTA),
    Row(UNAUTHENTICATED, Place::Status, 401, UNAUTHENTICATED, NO_AUTH),
    Row(PERMISSION, Place::Status, 403, PERMISSION, "The caller does not have permission"),
    Row("NOT_FOUND", Place::Status, 404, "NOT_FOUND", "Requested entity was not found."),
    Row("DEADLINE_EXCEEDED", Place::Status, 504, "DEADLINE_EXCEEDED", "Deadline exceeded."),
];

fn row(code: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.0 == code)
}

impl Row {
    fn answer(&self) -> Answer {
        let Self(code, place, http, status, text) = *self;
        let details = match place {
            Place::Fcm if code.ends_with("AUTH_ERROR") => {
                let apns = json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.ApnsError",
                                  "statusCode": 403, "reason": "InvalidProviderToken"});
                json!([fcm_error(code), apns])
            }
            Place::Fcm => json!([fcm_error(code)]),
            Place::Info => json!([{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code,
                                   "domain": "googleapis.com", "metadata": {"service": "fcm.googleapis.com"}}]),
            Place::Status => Value::Null,
        };
        body(http, text, status, details)
    }
}

fn fcm_error(code: &str) -> Value {
    json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
}

fn body(http: u16, text: &str, status: &str, details: Value) -> Answer {
    let mut error = json!({"code": http, "message": text, "status": status});
    if !details.is_null() {
        error["details"] = details;
    }
    Answer::json(http, &json!({"error": error}))
}

/// A refusal for a fault.
pub(super) fn refusal_of(code: &str) -> Result<Answer, String> {
    let known = || ROWS.map(|row| row.0).join(", ");
    row(code).map(Row::answer).ok_or_else(|| format!("{code} is none of FCM's codes; they are {}", known()))
}

#[cfg(test)]
mod tests {
    use super::{Denied, refusal_of};

    #[test]
    fn answers_are_the_sheets() {
        let gone = r#"{"error":{"code":404,"details":[{"@type":"type.googleapis.com/google.firebase.fcm.v1.FcmError","errorCode":"UNREGISTERED"}],"message":"Requested entity was not found.","status":"NOT_FOUND"}}"#;
        assert_eq!(Denied::new("UNREGISTERED", "").answer.body, gone);
        assert_eq!(refusal_of("RATE_LIMIT_EXCEEDED").map(|answer| answer.status), Ok(429));
        assert!(refusal_of("80300007").is_err());
    }
}
