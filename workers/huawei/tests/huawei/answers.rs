//! Every code and every status of section 8, and the shapes of a partial answer (sections 4.7 and 12.4).

use std::time::Duration;

use push_contract::{Action, Next, Reason, Vendor, Verdict};
use push_huawei::Huawei;
use serde_json::json;

use crate::support::{answer, app, batch, job, later, on_next, prepare, token, verdicts};

fn one(status: u16, body: &str) -> Verdict {
    verdicts(1, &answer(status, body)).remove(0)
}

fn coded(code: &str) -> Verdict {
    one(200, &json!({ "code": code, "msg": "text", "requestId": "r1" }).to_string())
}

fn partial(code: &str, msg: &str, targets: usize) -> Vec<(&'static str, Reason)> {
    let body = json!({ "code": code, "msg": msg, "requestId": "r1" }).to_string();
    let verdicts = verdicts(targets, &answer(200, &body));
    assert!(verdicts.iter().all(|verdict| verdict.code.as_deref() == Some(code)));
    verdicts.iter().map(|verdict| (verdict.action.as_str(), verdict.reason)).collect()
}

const TAKEN: (&str, Reason) = ("accepted", Reason::Ok);
const DEAD: (&str, Reason) = ("device_gone", Reason::TokenRefused);

/// The table of section 8, written down a second time.
pub(crate) const CODES: [(&str, &str, Reason); 32] = [
    ("80000000", "accepted", Reason::Ok),
    ("80000001", "unavailable", Reason::Unavailable),
    ("80100000", "unknown", Reason::AnswerUnreadable),
    ("80100001", "refused", Reason::BadRequest),
    ("80100002", "refused", Reason::BadRequest),
    ("80100003", "refused", Reason::BadRequest),
    ("80100004", "refused", Reason::Expired),
    ("80100013", "refused", Reason::BadRequest),
    ("80100016", "refused", Reason::ContentForbidden),
    ("80100017", "slow_down", Reason::RateLimited),
    ("80100018", "refused", Reason::BadRequest),
    ("80100020", "refused", Reason::BadRequest),
    ("80100022", "refused", Reason::BadRequest),
    ("80200001", "credential_stale", Reason::CredentialStale),
    ("80200003", "credential_stale", Reason::CredentialStale),
    ("80200005", "credential_stale", Reason::CredentialStale),
    ("80200006", "app_misconfigured", Reason::Misconfigured),
    ("80300002", "app_misconfigured", Reason::NoRight),
    ("80300007", "device_gone", Reason::TokenRefused),
    ("80300008", "refused", Reason::PayloadTooLarge),
    ("80300010", "refused", Reason::BadRequest),
    ("80300011", "class_misconfigured", Reason::NoRight),
    ("80300013", "app_misconfigured", Reason::Misconfigured),
    ("80300017", "refused", Reason::BadRequest),
    ("80300028", "refused", Reason::BadRequest),
    ("80300029", "slow_down", Reason::RateLimited),
    ("80300030", "refused", Reason::BadRequest),
    ("80300032", "refused", Reason::BadRequest),
    ("80300036", "app_misconfigured", Reason::CredentialRefused),
    ("80300037", "app_misconfigured", Reason::Misconfigured),
    ("80600003", "unavailable", Reason::Unavailable),
    ("81000001", "unavailable", Reason::Unavailable),
];

/// On HarmonyOS NEXT a call without reasons proves no token dead.
pub(crate) fn next_codes() -> Vec<(&'static str, &'static str, Reason)> {
    CODES.into_iter().map(|row| if row.0 == "80300007" { (row.0, "refused", row.2) } else { row }).collect()
}

fn next(targets: usize, code: &str, msg: &str) -> Next {
    let app = app(&on_next());
    let job = job("chat.direct").targets(targets).title("Li Lei").body("hi").build();
    let (class, _) = prepare(app.as_ref(), &job).unwrap();
    let body = json!({ "code": code, "msg": msg, "requestId": "r1" }).to_string();
    app.decode(&batch(&job, class), None, Some(&token()), &answer(200, &body))
}

fn next_partial(code: &str, msg: &str, targets: usize) -> Vec<(&'static str, Reason)> {
    let Next::Done(verdicts) = next(targets, code, msg) else { panic!("{code} {msg}") };
    assert!(verdicts.iter().all(|verdict| verdict.vendor_id.as_deref() == Some("r1")), "{verdicts:?}");
    verdicts.iter().map(|verdict| (verdict.action.as_str(), verdict.reason)).collect()
}

#[test]
fn every_code_has_its_verdict_on_harmonyos_next() {
    for (code, action, reason) in next_codes() {
        let verdict = match next(1, code, "text") {
            Next::Done(mut verdicts) => verdicts.remove(0),
            Next::Split(verdict) if code == "80300030" => verdict,
            other => panic!("{code}: {other:?}"),
        };
        assert_eq!((verdict.action.as_str(), verdict.reason), (action, reason), "{code}");
    }
}

/// Section 12.4, the table of reasons.
#[test]
fn every_reason_has_its_verdict_on_harmonyos_next() {
    for (reason, action, why) in [
        ("tokenFormatError", "device_gone", Reason::TokenMalformed),
        ("tokenPlatformNotSupport", "device_gone", Reason::TokenRefused),
        ("noRight", "device_gone", Reason::TokenWrongApp),
        ("countryNotSupport", "refused", Reason::TokenRefused),
        ("noPushTypeRight", "class_misconfigured", Reason::NoRight),
        ("noRightToSendThisLiveNotificationEvent", "class_misconfigured", Reason::NoRight),
        ("disableSendHuaweiMsgBecauseOfPenalty", "app_misconfigured", Reason::Misconfigured),
        ("appinfoError", "app_misconfigured", Reason::Misconfigured),
        ("atomicUnableSendUnsubscribedMsg", "refused", Reason::BadRequest),
        ("differentImgVerifyPolicy", "refused", Reason::BadRequest),
        ("notSupportPlayVoice", "refused", Reason::BadRequest),
        ("somethingNew", "refused", Reason::UnlistedCode),
    ] {
        for key in [reason.to_owned(), format!(" {reason} ")] {
            let all = json!({ "failure": 2, "illegalTokens": { key.as_str(): ["T0", "T1"] } }).to_string();
            assert_eq!(next_partial("80300007", &all, 2), [(action, why); 2], "{key}");
            let some = json!({ "success": 1, "failure": 1, "illegalTokens": { key.as_str(): ["T1"] } }).to_string();
            assert_eq!(next_partial("80100000", &some, 2), [TAKEN, (action, why)], "{key}");
        }
    }
}

#[test]
fn without_a_reason_a_token_of_harmonyos_next_lives() {
    let kept = ("refused", Reason::TokenRefused);
    for msg in ["All the tokens are invalid", "{}", "", r#"{"illegal_tokens":["T0","T1"]}"#] {
        assert_eq!(next_partial("80300007", msg, 2), [kept; 2], "{msg}");
    }
    assert_eq!(next_partial("80100000", r#"{"illegal_tokens":["T1"]}"#, 2), [TAKEN, kept]);
}

#[test]
fn a_test_message_to_too_many_is_split() {
    assert!(matches!(next(11, "80300030", "too many"), Next::Split(verdict) if verdict.reason == Reason::BadRequest));
}

#[test]
fn every_code_has_its_verdict() {
    let mut listed = Huawei.profile().codes.to_vec();
    listed.sort_unstable();
    assert_eq!(listed, CODES.map(|row| row.0), "every listed code is tested");
    let unlisted = [
        ("82000001", "refused", Reason::BadRequest),
        ("82000013", "refused", Reason::BadRequest),
        ("80199999", "refused", Reason::UnlistedCode),
        ("80299999", "credential_stale", Reason::UnlistedCode),
        ("80399999", "class_misconfigured", Reason::UnlistedCode),
        ("90000000", "unavailable", Reason::UnlistedCode),
        ("", "unavailable", Reason::UnlistedCode),
    ];
    for (code, action, reason) in CODES.into_iter().chain(unlisted).filter(|row| row.0 != "80300030") {
        let verdict = coded(code);
        assert_eq!((verdict.action.as_str(), verdict.reason), (action, reason), "{code}");
        assert_eq!((verdict.code.as_deref(), verdict.vendor_id.as_deref()), (Some(code), Some("r1")));
    }
}

#[test]
fn the_code_counts_more_than_the_status() {
    for status in [200, 400, 401, 503] {
        let body = r#"{"code":"80200003","msg":"expired","requestId":""}"#;
        let verdict = one(status, body);
        assert_eq!((verdict.action, verdict.vendor_id), (Action::CredentialStale, None), "{status}");
    }
}

#[test]
fn without_a_code_the_status_decides() {
    let table = [
        (200, "unknown", Reason::AnswerUnreadable),
        (302, "unavailable", Reason::AnswerUnreadable),
        (400, "refused", Reason::BadRequest),
        (401, "credential_stale", Reason::CredentialStale),
        (403, "unavailable", Reason::AnswerUnreadable),
        (404, "app_misconfigured", Reason::Misconfigured),
        (429, "slow_down", Reason::RateLimited),
        (500, "unavailable", Reason::Unavailable),
        (502, "unavailable", Reason::Unavailable),
        (503, "slow_down", Reason::RateLimited),
        (504, "unknown", Reason::AnswerLost),
    ];
    for (status, action, reason) in table {
        for body in ["", "<html>busy</html>", r#"{"code":"800000"#, r#"{"status":1}"#, "[]"] {
            let verdict = one(status, body);
            assert_eq!((verdict.action.as_str(), verdict.reason), (action, reason), "{status} {body}");
        }
    }
}

#[test]
fn retry_after_is_honoured() {
    for (status, body) in [(503, ""), (200, r#"{"code":"80100017","msg":"busy","requestId":""}"#)] {
        let mut busy = answer(status, body);
        assert_eq!(verdicts(1, &busy)[0].action, Action::SlowDown { until: None });
        busy.headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(verdicts(1, &busy)[0].action, Action::SlowDown { until: Some(later(7)) });
        busy.headers.insert("retry-after", "soon".parse().unwrap());
        assert_eq!(verdicts(1, &busy)[0].action, Action::SlowDown { until: None });
    }
    assert_eq!(later(7).since(later(0)), Duration::from_secs(7));
}

#[test]
fn a_partial_answer_names_the_dead_tokens() {
    let list = r#"{"success":3,"failure":1,"illegal_tokens":["T2"]}"#;
    assert_eq!(partial("80100000", list, 4), [TAKEN, TAKEN, DEAD, TAKEN]);
    let ids = verdicts(
        2,
        &answer(
            200,
            &json!({ "code": "80100000", "msg": r#"{"illegal_tokens":["T0"]}"#, "requestId": "r1" }).to_string(),
        ),
    );
    assert!(ids.iter().all(|verdict| verdict.vendor_id.as_deref() == Some("r1")));
    assert_eq!(partial("80100000", r#"{"illegalTokens":["T0","never sent"]}"#, 2), [DEAD, TAKEN]);
    assert_eq!(partial("80100000", r#"{"success":2,"failure":0}"#, 2), [TAKEN, TAKEN]);
}

#[test]
fn reasons_say_whether_a_token_is_dead() {
    let by_reason = r#"{"success":0,"failure":6,"illegalTokens":{"tokenFormatError":["T0"]," noRight ":["T1"],
        "countryNotSupport":["T2"],"noPushTypeRight":["T3"],"appinfoError":["T4"],"notSupportPlayVoice":["T5"]}}"#;
    let wanted = [
        ("device_gone", Reason::TokenMalformed),
        ("device_gone", Reason::TokenWrongApp),
        ("refused", Reason::TokenRefused),
        ("class_misconfigured", Reason::NoRight),
        ("app_misconfigured", Reason::Misconfigured),
        ("refused", Reason::BadRequest),
    ];
    assert_eq!(partial("80100000", by_reason, 7)[..6], wanted);
    assert_eq!(partial("80100000", by_reason, 7)[6], TAKEN);
    assert_eq!(partial("80300007", by_reason, 7)[..6], wanted);
    // Under no reason, yet all are said to be refused: no proof that this one is dead.
    assert_eq!(partial("80300007", by_reason, 7)[6], ("refused", Reason::TokenRefused));
}

#[test]
fn all_tokens_are_dead_when_nothing_else_is_said() {
    for msg in ["All the tokens are invalid", "Invalid Token", "{}", ""] {
        assert_eq!(partial("80300007", msg, 2), [DEAD, DEAD], "{msg}");
    }
}

#[test]
fn an_unreadable_list_leaves_every_target_unknown() {
    let torn = [
        r#"{"success":1,"fail"#,
        "",
        r#"{"success":1,"failure":1}"#,
        r#"{"illegal_tokens":[1]}"#,
        r#"{"illegal_tokens":"T0"}"#,
    ];
    for msg in torn {
        assert_eq!(partial("80100000", msg, 2), [("unknown", Reason::AnswerUnreadable); 2], "{msg}");
    }
}
