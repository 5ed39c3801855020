//! Every code, every kind of 429, every status of sections 4.4 and 8.

use push_contract::{Action, Answer, Reason, Vendor, Verdict};
use push_fcm::Fcm;
use serde_json::{Value, json};

use crate::support::{answer, app, busy, slow, verdict, verdict_of};

/// Where a code stands in an answer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Fcm,
    Info,
    Status,
    TokenEndpoint,
}
use Place::{Info, Status, TokenEndpoint};

/// The table of section 8, written down a second time: code, action, our reason, HTTP status, place.
pub(crate) const CODES: [(&str, &str, Reason, u16, Place); 26] = [
    ("INVALID_ARGUMENT", "refused", Reason::BadRequest, 400, Place::Fcm),
    ("UNREGISTERED", "device_gone", Reason::TokenUnregistered, 404, Place::Fcm),
    ("SENDER_ID_MISMATCH", "device_gone", Reason::TokenWrongApp, 403, Place::Fcm),
    ("QUOTA_EXCEEDED", "device_busy", Reason::RateLimited, 429, Place::Fcm),
    ("RESOURCE_EXHAUSTED", "device_busy", Reason::RateLimited, 429, Status),
    ("RATE_LIMIT_EXCEEDED", "slow_down", Reason::RateLimited, 429, Info),
    ("UNAVAILABLE", "unavailable", Reason::Unavailable, 503, Place::Fcm),
    ("INTERNAL", "unavailable", Reason::Unavailable, 500, Place::Fcm),
    ("UNSPECIFIED_ERROR", "unavailable", Reason::Unavailable, 500, Place::Fcm),
    ("DEADLINE_EXCEEDED", "unknown", Reason::AnswerLost, 504, Status),
    ("THIRD_PARTY_AUTH_ERROR", "class_misconfigured", Reason::CredentialRefused, 401, Place::Fcm),
    ("APNS_AUTH_ERROR", "class_misconfigured", Reason::CredentialRefused, 401, Place::Fcm),
    ("UNAUTHENTICATED", "credential_stale", Reason::CredentialStale, 401, Status),
    ("ACCESS_TOKEN_EXPIRED", "credential_stale", Reason::CredentialStale, 401, Info),
    ("CREDENTIALS_MISSING", "credential_stale", Reason::CredentialStale, 401, Info),
    ("PERMISSION_DENIED", "app_misconfigured", Reason::NoRight, 403, Status),
    ("IAM_PERMISSION_DENIED", "app_misconfigured", Reason::NoRight, 403, Info),
    ("ACCESS_TOKEN_SCOPE_INSUFFICIENT", "app_misconfigured", Reason::NoRight, 403, Info),
    ("SERVICE_DISABLED", "app_misconfigured", Reason::Misconfigured, 403, Info),
    ("CONSUMER_INVALID", "app_misconfigured", Reason::Misconfigured, 403, Info),
    ("NOT_FOUND", "app_misconfigured", Reason::Misconfigured, 404, Status),
    ("invalid_request", "app_misconfigured", Reason::CredentialRefused, 400, TokenEndpoint),
    ("invalid_grant", "app_misconfigured", Reason::CredentialRefused, 400, TokenEndpoint),
    ("invalid_scope", "app_misconfigured", Reason::CredentialRefused, 400, TokenEndpoint),
    ("invalid_client", "app_misconfigured", Reason::CredentialRefused, 401, TokenEndpoint),
    ("unauthorized_client", "app_misconfigured", Reason::CredentialRefused, 401, TokenEndpoint),
];

/// Types of details with their contents.
type Details = Vec<(&'static str, Value)>;

fn detail(kind: &str, mut rest: Value) -> Value {
    let prefix = if matches!(kind, "FcmError" | "ApnsError") { "firebase.fcm.v1" } else { "rpc" };
    rest["@type"] = format!("type.googleapis.com/google.{prefix}.{kind}").into();
    rest
}

/// An error as Google writes it. `details` are pairs of type and content.
fn error(http: u16, text: &str, status: &str, details: &[(&str, Value)]) -> Answer {
    let details: Vec<Value> = details.iter().map(|(kind, rest)| detail(kind, rest.clone())).collect();
    let mut error = json!({ "code": http, "message": text, "status": status });
    if !details.is_empty() {
        error["details"] = details.into();
    }
    answer(http, &json!({ "error": error }).to_string())
}

fn fcm(code: &str) -> (&'static str, Value) {
    ("FcmError", json!({ "errorCode": code }))
}

/// The answer with this code in its place.
pub(crate) fn coded(code: &str) -> Option<Answer> {
    let (_, _, _, http, place) = *CODES.iter().find(|row| row.0 == code)?;
    Some(match place {
        Place::Fcm => error(http, "text", "SOME_STATUS", &[fcm(code)]),
        Info => error(http, "text", "SOME_STATUS", &[("ErrorInfo", json!({ "reason": code }))]),
        Status => error(http, "text", code, &[]),
        TokenEndpoint => answer(http, &json!({ "error": code, "error_description": "text" }).to_string()),
    })
}

fn seen(verdict: &Verdict) -> (&'static str, Reason) {
    (verdict.action.as_str(), verdict.reason)
}

fn with_wait(mut answer: Answer, wait: &str) -> Answer {
    answer.headers.insert("retry-after", wait.parse().unwrap());
    answer
}

#[test]
fn every_code_has_its_verdict() {
    assert_eq!(Fcm.profile().codes, CODES.map(|row| row.0), "every listed code is tested");
    for (code, action, reason, _, place) in CODES {
        let answer = coded(code).unwrap();
        if place == TokenEndpoint {
            assert!(app(&json!({})).read_credential(&answer).is_err(), "{code}");
            continue;
        }
        let verdict = verdict(&answer);
        assert_eq!((seen(&verdict), verdict.code.as_deref()), ((action, reason), Some(code)), "{code}");
    }
}

#[test]
fn an_unlisted_code_is_judged_by_its_status() {
    for (http, action) in
        [(400, "refused"), (401, "refused"), (404, "refused"), (429, "device_busy"), (500, "unavailable")]
    {
        let verdict = verdict(&error(http, "text", "NOT_FOUND", &[fcm("SOMETHING_NEW")]));
        assert_eq!((seen(&verdict), verdict.code.as_deref()), ((action, Reason::UnlistedCode), Some("SOMETHING_NEW")));
    }
    // Below FcmError what is known decides.
    let new = error(403, "text", "PERMISSION_DENIED", &[("ErrorInfo", json!({ "reason": "BILLING_DISABLED" }))]);
    assert_eq!(
        (seen(&verdict(&new)), verdict(&new).code.as_deref()),
        (("app_misconfigured", Reason::NoRight), Some("PERMISSION_DENIED"))
    );
    let new = error(418, "text", "TEAPOT", &[("ErrorInfo", json!({ "reason": "NEW" }))]);
    assert_eq!((seen(&verdict(&new)), verdict(&new).code.as_deref()), (("refused", Reason::UnlistedCode), Some("NEW")));
    let unspecified = error(400, "text", "INVALID_ARGUMENT", &[fcm("UNSPECIFIED_ERROR")]);
    assert_eq!(seen(&verdict(&unspecified)), ("refused", Reason::BadRequest));
}

#[test]
fn acceptance_is_a_name() {
    let taken = answer(200, r#"{"name":"projects/demo-project/messages/0:1500415314455276%31bd1c9631bd1c96"}"#);
    assert_eq!(verdict(&taken), Verdict::accepted().vendor_id("0:1500415314455276%31bd1c9631bd1c96"));
    assert_eq!(verdict(&answer(200, r#"{"name":"x"}"#)).vendor_id.as_deref(), Some("x"));
    for body in ["", "{}", "<html>", r#"{"name":""}"#, r#"{"name":7}"#, r#"{"error":{"status":"NOT_FOUND"}}"#] {
        assert_eq!(seen(&verdict(&answer(200, body))), ("unknown", Reason::AnswerUnreadable), "{body}");
    }
    assert_eq!(seen(&verdict(&answer(204, ""))), ("unknown", Reason::AnswerUnreadable));
}

#[test]
fn invalid_argument_is_the_token_or_our_own_fault() {
    let general = "Request contains an invalid argument.";
    let field = |field: &str| ("BadRequest", json!({ "fieldViolations": [{ "field": field, "description": "x" }] }));
    let apns = |reason: &str| ("ApnsError", json!({ "statusCode": 410, "reason": reason }));
    let (code, status) = (fcm("INVALID_ARGUMENT"), "INVALID_ARGUMENT");
    let malformed = ("device_gone", Reason::TokenMalformed);
    let wrong = ("refused", Reason::BadRequest);
    let text = "The registration token is not a valid FCM registration token";
    let table: Vec<(&str, Details, (&str, Reason))> = vec![
        (text, vec![code.clone()], malformed),
        (general, vec![code.clone(), field("message.token")], malformed),
        (general, vec![code.clone(), field("message.fid")], malformed),
        (
            "APNs device token is disabled.",
            vec![code.clone(), apns("Unregistered")],
            ("device_gone", Reason::TokenUnregistered),
        ),
        (general, vec![code.clone(), apns("BadDeviceToken")], ("device_gone", Reason::TokenRefused)),
        (general, vec![code.clone(), apns("PayloadTooLarge")], wrong),
        ("Recipient of the message is not set.", vec![code.clone(), field("message")], wrong),
        (general, vec![code.clone(), field("message.android.ttl")], wrong),
        ("Android message is too big", vec![code.clone()], ("refused", Reason::PayloadTooLarge)),
        (general, vec![], wrong),
        ("Invalid value at 'message.data[0].value' (TYPE_STRING), 12", vec![field("message.data[0].value")], wrong),
        // Without an FcmError no token is buried.
        (text, vec![], wrong),
        (general, vec![field("message.token")], wrong),
        (general, vec![apns("Unregistered")], wrong),
    ];
    for (text, details, wanted) in table {
        let verdict = verdict(&error(400, text, status, &details));
        assert_eq!((seen(&verdict), verdict.code.as_deref()), (wanted, Some(status)), "{text} {details:?}");
    }
}

#[test]
fn only_unregistered_is_a_dead_token() {
    let third = error(
        401,
        "Request is missing required authentication credential",
        "UNAUTHENTICATED",
        &[fcm("THIRD_PARTY_AUTH_ERROR")],
    );
    assert_eq!(verdict(&third).action, Action::ClassMisconfigured, "a new token of Google's does not help");
    for (status, body) in [(404, "<html>"), (404, ""), (403, "<html>")] {
        assert_eq!(verdict(&answer(status, body)).action, Action::AppMisconfigured, "{status}");
    }
}

/// Kinds of 429: project, device, topic, undecided.
#[test]
fn a_429_is_about_the_project_or_a_device() {
    let exhausted = |text: &str, details: Details| error(429, text, "RESOURCE_EXHAUSTED", &details);
    let quota = fcm("QUOTA_EXCEEDED");
    let info = ("ErrorInfo", json!({ "reason": "RATE_LIMIT_EXCEEDED" }));
    let failure = |subject: &str, text: &str| {
        ("QuotaFailure", json!({ "violations": [{ "subject": subject, "description": text }] }))
    };
    let project = "Quota exceeded for quota metric 'Send requests' and limit 'Send requests per minute' of service";
    let table = [
        (exhausted("x", vec![info.clone()]), slow(60)),
        (exhausted("x", vec![quota.clone(), info.clone()]), slow(60)),
        (exhausted(project, vec![quota.clone()]), slow(60)),
        (exhausted(project, vec![]), slow(60)),
        (exhausted("x", vec![quota.clone(), failure("Device", "x")]), busy(120)),
        (exhausted("x", vec![quota.clone(), failure("x", "DEVICE message rate exceeded")]), busy(120)),
        (exhausted("Device rate", vec![]), busy(120)),
        (exhausted("x", vec![quota.clone()]), busy(60)),
        (exhausted("Topic quota exceeded.", vec![quota.clone()]), busy(60)),
        (exhausted("x", vec![]), busy(60)),
        (exhausted("x", vec![fcm("SOMETHING_NEW")]), busy(60)),
        (exhausted("Device rate", vec![fcm("SOMETHING_NEW")]), busy(120)),
        (exhausted(project, vec![fcm("SOMETHING_NEW")]), slow(60)),
        (answer(429, "<html>"), slow(60)),
    ];
    for (answer, action) in table {
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        assert_eq!(verdict(&answer).action, action, "{body}");
        let long = if action == slow(60) {
            slow(7)
        } else if action == busy(120) {
            busy(7)
        } else {
            busy(60)
        };
        assert_eq!(verdict(&with_wait(answer.clone(), "7")).action, long, "{body}");
        let long = if long == slow(7) { slow(300) } else { busy(300) };
        assert_eq!(verdict(&with_wait(answer, "300")).action, long, "{body}");
    }
}

#[test]
fn many_undecided_tokens_mean_the_project() {
    let app = app(&json!({}));
    let at = |seconds: i64| Answer {
        at: push_contract::Timestamp::from_millis(seconds * 1000),
        ..coded("QUOTA_EXCEEDED").unwrap()
    };
    let action = |token: &str, seconds| verdict_of(app.as_ref(), token, &at(seconds)).action.as_str();
    for n in 0..20 {
        assert_eq!(action("noisy", n), "device_busy", "one device, however often");
    }
    for token in ["a", "b", "c"] {
        assert_eq!(action(token, 20), "device_busy");
    }
    assert_eq!(action("d", 21), "slow_down", "the fifth token within ten seconds");
    assert_eq!(action("a", 22), "slow_down");
    assert_eq!(action("e", 40), "device_busy", "long ago");
}

#[test]
fn many_tokens_with_an_unlisted_429_mean_the_project() {
    let app = app(&json!({}));
    let new = error(429, "text", "SOME_STATUS", &[fcm("SOMETHING_NEW")]);
    let verdicts = ["a", "b", "c", "d", "e"].map(|token| verdict_of(app.as_ref(), token, &new));
    for verdict in &verdicts {
        assert_eq!((verdict.reason, verdict.code.as_deref()), (Reason::UnlistedCode, Some("SOMETHING_NEW")));
    }
    let wanted = ["device_busy", "device_busy", "device_busy", "device_busy", "slow_down"];
    assert_eq!(verdicts.map(|verdict| verdict.action.as_str()), wanted);
}

#[test]
fn without_a_code_the_status_decides() {
    let table = [
        (302, "unavailable", Reason::AnswerUnreadable),
        (400, "refused", Reason::BadRequest),
        (401, "credential_stale", Reason::CredentialStale),
        (403, "app_misconfigured", Reason::NoRight),
        (404, "app_misconfigured", Reason::Misconfigured),
        (413, "refused", Reason::BadRequest),
        (429, "slow_down", Reason::RateLimited),
        (500, "unavailable", Reason::Unavailable),
        (502, "unavailable", Reason::Unavailable),
        (503, "unavailable", Reason::Unavailable),
        (504, "unknown", Reason::AnswerLost),
    ];
    for (status, action, reason) in table {
        for body in ["", "<html>busy</html>", r#"{"error":"x"}"#, r#"{"error":{"status":7,"details":{}}}"#, "[]"] {
            assert_eq!(seen(&verdict(&answer(status, body))), (action, reason), "{status} {body}");
        }
    }
}

#[test]
fn retry_after_is_obeyed() {
    for busy in [coded("UNAVAILABLE").unwrap(), coded("INTERNAL").unwrap(), answer(502, "<html>"), answer(503, "")] {
        assert_eq!(verdict(&with_wait(busy.clone(), "30")).action, slow(30));
        assert_eq!(verdict(&with_wait(busy, "Sat, 21 Nov 2026 08:00:45 GMT")).action, slow(45));
    }
}
