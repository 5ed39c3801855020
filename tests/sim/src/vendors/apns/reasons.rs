//! Reasons with their statuses, and answers as section 4.5 has them.

use serde_json::json;

use crate::simulator::Answer;

pub(super) const OK: &str = "200";
pub(super) const BAD_COLLAPSE_ID: &str = "BadCollapseId";
pub(super) const BAD_DEVICE_TOKEN: &str = "BadDeviceToken";
pub(super) const BAD_EXPIRATION_DATE: &str = "BadExpirationDate";
pub(super) const BAD_MESSAGE_ID: &str = "BadMessageId";
pub(super) const BAD_PRIORITY: &str = "BadPriority";
pub(super) const BAD_TOPIC: &str = "BadTopic";
pub(super) const NOT_FOR_TOPIC: &str = "DeviceTokenNotForTopic";
pub(super) const DUPLICATE_HEADERS: &str = "DuplicateHeaders";
pub(super) const INVALID_PUSH_TYPE: &str = "InvalidPushType";
pub(super) const MISSING_DEVICE_TOKEN: &str = "MissingDeviceToken";
pub(super) const MISSING_TOPIC: &str = "MissingTopic";
pub(super) const PAYLOAD_EMPTY: &str = "PayloadEmpty";
pub(super) const TOPIC_DISALLOWED: &str = "TopicDisallowed";
pub(super) const BAD_CERTIFICATE: &str = "BadCertificate";
pub(super) const BAD_CERTIFICATE_ENVIRONMENT: &str = "BadCertificateEnvironment";
pub(super) const BAD_KEY_ENVIRONMENT: &str = "BadEnvironmentKeyIdInToken";
pub(super) const EXPIRED_PROVIDER_TOKEN: &str = "ExpiredProviderToken";
pub(super) const FORBIDDEN: &str = "Forbidden";
pub(super) const INVALID_PROVIDER_TOKEN: &str = "InvalidProviderToken";
pub(super) const MISSING_PROVIDER_TOKEN: &str = "MissingProviderToken";
pub(super) const UNRELATED_KEY: &str = "UnrelatedKeyIdInToken";
pub(super) const BAD_PATH: &str = "BadPath";
pub(super) const METHOD_NOT_ALLOWED: &str = "MethodNotAllowed";
pub(super) const EXPIRED_TOKEN: &str = "ExpiredToken";
pub(super) const UNREGISTERED: &str = "Unregistered";
pub(super) const PAYLOAD_TOO_LARGE: &str = "PayloadTooLarge";
pub(super) const TOO_MANY_UPDATES: &str = "TooManyProviderTokenUpdates";
pub(super) const TOO_MANY_REQUESTS: &str = "TooManyRequests";
pub(super) const SERVICE_UNAVAILABLE: &str = "ServiceUnavailable";
/// Apple ignores headers and keys that it does not know; a typo in ours must not go unseen. The sheet lists both names
/// among the reasons of broadcasts.
pub(super) const UNKNOWN_HEADER: &str = "BadRequestParams";
pub(super) const WRONG_PAYLOAD: &str = "BadRequestPayload";

/// The status that goes with a reason (section 8).
pub(super) fn status(reason: &str) -> Option<u16> {
    Some(match reason {
        BAD_COLLAPSE_ID | BAD_DEVICE_TOKEN | BAD_EXPIRATION_DATE | BAD_MESSAGE_ID | BAD_PRIORITY | BAD_TOPIC
        | NOT_FOR_TOPIC | DUPLICATE_HEADERS | "IdleTimeout" | INVALID_PUSH_TYPE | MISSING_DEVICE_TOKEN
        | MISSING_TOPIC | PAYLOAD_EMPTY | TOPIC_DISALLOWED | UNKNOWN_HEADER | WRONG_PAYLOAD => 400,
        BAD_CERTIFICATE
        | BAD_CERTIFICATE_ENVIRONMENT
        | BAD_KEY_ENVIRONMENT
        | "BadEnvironmentKeyInToken"
        | EXPIRED_PROVIDER_TOKEN
        | FORBIDDEN
        | INVALID_PROVIDER_TOKEN
        | MISSING_PROVIDER_TOKEN
        | UNRELATED_KEY => 403,
        BAD_PATH => 404,
        METHOD_NOT_ALLOWED => 405,
        EXPIRED_TOKEN | UNREGISTERED => 410,
        PAYLOAD_TOO_LARGE => 413,
        TOO_MANY_UPDATES | TOO_MANY_REQUESTS => 429,
        "InternalServerError" => 500,
        SERVICE_UNAVAILABLE | "Shutdown" => 503,
        _ => return None,
    })
}

/// A refusal.
pub(super) fn answer(status: u16, reason: &str, id: Option<&str>, timestamp: Option<u64>) -> Answer {
    let mut body = json!({"reason": reason});
    if let Some(timestamp) = timestamp {
        body["timestamp"] = json!(timestamp);
    }
    with_id(Answer::json(status, &body), id)
}

/// The push was taken.
pub(super) fn taken(id: Option<&str>) -> Answer {
    with_id(Answer::empty(200), id)
}

/// The caller's id as it came: clients of others compare it byte by byte. One that is made here is in capitals, which a
/// caller must not mind (section 4.5).
fn with_id(answer: Answer, id: Option<&str>) -> Answer {
    let id = id.map_or_else(
        || {
            let [a, b] = [fastrand::u64(..), fastrand::u64(..)];
            format!(
                "{:08X}-{:04X}-4{:03X}-8{:03X}-{:012X}",
                a >> 32,
                a >> 16 & 0xffff,
                a & 0xfff,
                b >> 52,
                b & 0xffff_ffff_ffff
            )
        },
        str::to_owned,
    );
    answer.with("apns-id", &id)
}
