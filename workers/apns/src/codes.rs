//! Reasons of refusals (section 8).

use push_contract::{
    Reason, Verdict,
    kit::codes::{Codes, Meaning},
};

/// Too many new provider tokens: a pause, with the token that there is.
pub(crate) const TOKEN_UPDATES: &str = "TooManyProviderTokenUpdates";

#[rustfmt::skip]
const TABLE: Codes<Meaning> = Codes(&[
    // Malformed, or of the other environment: there it may live.
    (&["BadDeviceToken"], Meaning::gone(Reason::TokenRefused)),
    // Of another app or another type of token: it lives. The wrong type must not look like a dead token.
    (&["DeviceTokenNotForTopic"], Meaning::refused(Reason::TokenWrongApp)),
    (&["BadCollapseId", "BadExpirationDate", "BadMessageId", "BadPriority", "InvalidPushType", "DuplicateHeaders",
       "PayloadEmpty", "MissingDeviceToken", "BadPath", "MethodNotAllowed"], Meaning::BAD_REQUEST),
    // The second of the environments is documented, the third seen on the wire.
    (&["BadTopic", "MissingTopic", "BadCertificateEnvironment", "BadEnvironmentKeyIdInToken",
       "BadEnvironmentKeyInToken"], Meaning::APP),
    (&["TopicDisallowed", "Forbidden"], Meaning::APP_RIGHT),
    (&["InvalidProviderToken", "MissingProviderToken", "BadCertificate"], Meaning::CREDENTIAL),
    // The second: the connection is bound to another key: once more, then misconfigured.
    (&["ExpiredProviderToken", "UnrelatedKeyIdInToken"], Meaning::STALE),
    (&["Unregistered", "ExpiredToken"], Meaning::gone(Reason::TokenUnregistered)),
    (&["PayloadTooLarge"], Meaning::TOO_LARGE),
    // Too many for this one device, and no word of the day: later, and nobody else waits.
    (&["TooManyRequests"], Meaning::BUSY),
    (&[TOKEN_UPDATES], Meaning::SLOW),
    (&["IdleTimeout", "InternalServerError", "ServiceUnavailable", "Shutdown"], Meaning::UNAVAILABLE),
    // Of broadcasts and channels, which are never used here.
    (&["FeatureNotEnabled", "MissingChannelId", "BadChannelId", "ChannelNotRegistered", "BadRequestParams",
       "BadRequestPayload", "MissingPushType", "CannotCreateChannelConfig", "TopicMismatch"], Meaning::BAD_REQUEST),
]);

/// Every listed reason, for metric labels.
pub(crate) const NAMES: &[&str] = &TABLE.names::<{ TABLE.count() }>();

/// What a reason means; an unlisted one is judged by its status.
pub(crate) fn verdict(code: &str, status: u16) -> Verdict {
    let unlisted = match status {
        429 => Meaning { reason: Reason::UnlistedCode, ..Meaning::SLOW },
        400..=499 => Meaning::refused(Reason::UnlistedCode),
        _ => Meaning::UNLISTED,
    };
    TABLE.find(code).unwrap_or(unlisted).verdict().code(code)
}
