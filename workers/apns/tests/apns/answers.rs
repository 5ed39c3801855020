//! Every reason and every status of section 8.

use push_apns::Apns;
use push_contract::{Action, Reason, Timestamp, Vendor, Verdict};
use serde_json::json;

use crate::support::{answer, later, slow, verdict, verdict_on};

fn refused(status: u16, reason: &str) -> Verdict {
    verdict(&answer(status, &json!({ "reason": reason }).to_string()))
}

/// The table of section 8, written down a second time: reason, action, our reason, status.
pub(crate) const CODES: [(&str, &str, Reason, u16); 42] = [
    ("BadDeviceToken", "device_gone", Reason::TokenRefused, 400),
    ("DeviceTokenNotForTopic", "refused", Reason::TokenWrongApp, 400),
    ("BadCollapseId", "refused", Reason::BadRequest, 400),
    ("BadExpirationDate", "refused", Reason::BadRequest, 400),
    ("BadMessageId", "refused", Reason::BadRequest, 400),
    ("BadPriority", "refused", Reason::BadRequest, 400),
    ("InvalidPushType", "refused", Reason::BadRequest, 400),
    ("DuplicateHeaders", "refused", Reason::BadRequest, 400),
    ("PayloadEmpty", "refused", Reason::BadRequest, 400),
    ("MissingDeviceToken", "refused", Reason::BadRequest, 400),
    ("BadTopic", "app_misconfigured", Reason::Misconfigured, 400),
    ("MissingTopic", "app_misconfigured", Reason::Misconfigured, 400),
    ("TopicDisallowed", "app_misconfigured", Reason::NoRight, 400),
    ("IdleTimeout", "unavailable", Reason::Unavailable, 400),
    ("ExpiredProviderToken", "credential_stale", Reason::CredentialStale, 403),
    ("InvalidProviderToken", "app_misconfigured", Reason::CredentialRefused, 403),
    ("MissingProviderToken", "app_misconfigured", Reason::CredentialRefused, 403),
    ("UnrelatedKeyIdInToken", "credential_stale", Reason::CredentialStale, 403),
    ("BadEnvironmentKeyIdInToken", "app_misconfigured", Reason::Misconfigured, 403),
    ("BadEnvironmentKeyInToken", "app_misconfigured", Reason::Misconfigured, 403),
    ("BadCertificate", "app_misconfigured", Reason::CredentialRefused, 403),
    ("BadCertificateEnvironment", "app_misconfigured", Reason::Misconfigured, 403),
    ("Forbidden", "app_misconfigured", Reason::NoRight, 403),
    ("BadPath", "refused", Reason::BadRequest, 404),
    ("MethodNotAllowed", "refused", Reason::BadRequest, 405),
    ("Unregistered", "device_gone", Reason::TokenUnregistered, 410),
    ("ExpiredToken", "device_gone", Reason::TokenUnregistered, 410),
    ("PayloadTooLarge", "refused", Reason::PayloadTooLarge, 413),
    ("TooManyRequests", "device_busy", Reason::RateLimited, 429),
    ("TooManyProviderTokenUpdates", "slow_down", Reason::RateLimited, 429),
    ("InternalServerError", "unavailable", Reason::Unavailable, 500),
    ("ServiceUnavailable", "unavailable", Reason::Unavailable, 503),
    ("Shutdown", "unavailable", Reason::Unavailable, 503),
    ("FeatureNotEnabled", "refused", Reason::BadRequest, 400),
    ("MissingChannelId", "refused", Reason::BadRequest, 400),
    ("BadChannelId", "refused", Reason::BadRequest, 400),
    ("ChannelNotRegistered", "refused", Reason::BadRequest, 400),
    ("BadRequestParams", "refused", Reason::BadRequest, 400),
    ("BadRequestPayload", "refused", Reason::BadRequest, 400),
    ("MissingPushType", "refused", Reason::BadRequest, 400),
    ("CannotCreateChannelConfig", "refused", Reason::BadRequest, 400),
    ("TopicMismatch", "refused", Reason::BadRequest, 400),
];

#[test]
fn every_reason_has_its_verdict() {
    let sorted = |mut codes: Vec<&'static str>| {
        codes.sort_unstable();
        codes
    };
    let tested = sorted(CODES.map(|row| row.0).to_vec());
    assert_eq!(sorted(Apns.profile().codes.to_vec()), tested, "every listed reason is tested");
    let unlisted = [
        ("SomethingNew", "refused", Reason::UnlistedCode, 400),
        ("SomethingNew", "refused", Reason::UnlistedCode, 410),
        ("SomethingNew", "slow_down", Reason::UnlistedCode, 429),
        ("SomethingNew", "unavailable", Reason::UnlistedCode, 500),
        ("", "refused", Reason::UnlistedCode, 403),
    ];
    for (code, action, reason, status) in CODES.into_iter().chain(unlisted) {
        let verdict = refused(status, code);
        assert_eq!((verdict.action.as_str(), verdict.reason), (action, reason), "{status} {code}");
        assert_eq!(verdict.code.as_deref(), Some(code));
    }
}

#[test]
fn acceptance_is_a_status_and_an_id() {
    let mut taken = answer(200, "");
    assert_eq!(verdict(&taken), Verdict::accepted());
    taken.headers.insert("apns-id", "3F2504E0-4F89-41D3-9A0C-0305E82C3301".parse().unwrap());
    let id = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    assert_eq!(verdict(&taken), Verdict::accepted().vendor_id(id), "ids are compared in any case");
    taken.body = "padding".into();
    assert_eq!(verdict(&taken).action, Action::Accepted);
    for (status, body) in [(200, "<html>"), (200, "{}"), (201, ""), (204, "")] {
        let verdict = verdict(&answer(status, body));
        assert_eq!((verdict.action, verdict.reason), (Action::Unknown, Reason::AnswerUnreadable), "{status} {body}");
    }
}

#[test]
fn a_dead_token_is_dead_since() {
    let gone = |timestamp: &str| {
        let body = format!(r#"{{"reason":"Unregistered","timestamp":{timestamp}}}"#);
        verdict(&answer(410, &body)).action
    };
    let since = Some(Timestamp::from_millis(1_699_990_000_123));
    assert_eq!(gone("1699990000123"), Action::DeviceGone { invalid_since: since });
    for odd in ["null", "0", "-1", "1e300", "\"1699990000123\"", "[]"] {
        assert_eq!(gone(odd), Action::DeviceGone { invalid_since: None }, "{odd}");
    }
    assert_eq!(refused(410, "ExpiredToken").action, Action::DeviceGone { invalid_since: None });
}

#[test]
fn a_wrong_topic_of_voip_pushes_leaves_alerts_alone() {
    for reason in ["BadTopic", "MissingTopic", "TopicDisallowed"] {
        let answer = answer(400, &json!({ "reason": reason }).to_string());
        assert_eq!(verdict_on("voip", &answer).action, Action::ClassMisconfigured, "{reason}");
        assert_eq!(verdict_on("alert", &answer).action, Action::AppMisconfigured, "{reason}");
    }
    let key = answer(403, r#"{"reason":"InvalidProviderToken"}"#);
    assert_eq!(verdict_on("voip", &key).action, Action::AppMisconfigured);
}

#[test]
fn too_many_provider_tokens_pause_the_app() {
    let updates = |wait: Option<&str>| {
        let mut answer = answer(429, r#"{"reason":"TooManyProviderTokenUpdates"}"#);
        answer.headers.extend(wait.map(|wait| (http::header::RETRY_AFTER, wait.parse().unwrap())));
        verdict(&answer).action
    };
    assert_eq!(updates(None), slow(60));
    assert_eq!((updates(Some("7")), updates(Some("900"))), (slow(60), slow(900)));
}

#[test]
fn without_a_reason_the_status_decides() {
    let table = [
        (302, "unavailable", Reason::AnswerUnreadable),
        (400, "unavailable", Reason::AnswerUnreadable),
        (403, "unavailable", Reason::AnswerUnreadable),
        (404, "unavailable", Reason::AnswerUnreadable),
        (410, "unavailable", Reason::AnswerUnreadable),
        (429, "slow_down", Reason::RateLimited),
        (500, "unavailable", Reason::Unavailable),
        (502, "unavailable", Reason::Unavailable),
        (503, "unavailable", Reason::Unavailable),
        (504, "unknown", Reason::AnswerLost),
    ];
    for (status, action, reason) in table {
        for body in ["", "<html>busy</html>", r#"{"reason":"BadDev"#, r#"{"reason":7}"#, "[]"] {
            let verdict = verdict(&answer(status, body));
            assert_eq!((verdict.action.as_str(), verdict.reason), (action, reason), "{status} {body}");
        }
    }
}

#[test]
fn retry_after_is_obeyed_where_it_is_there() {
    for (status, body) in [(503, r#"{"reason":"ServiceUnavailable"}"#), (500, ""), (429, ""), (502, "<html>")] {
        let mut busy = answer(status, body);
        busy.headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(verdict(&busy).action, slow(7), "{status}");
    }
    let mut one = answer(429, r#"{"reason":"TooManyRequests"}"#);
    assert_eq!(verdict(&one).action, Action::DeviceBusy { until: None }, "one device's limit stops nobody else");
    one.headers.insert("retry-after", "7".parse().unwrap());
    assert_eq!(verdict(&one).action, Action::DeviceBusy { until: Some(later(7)) });
}
