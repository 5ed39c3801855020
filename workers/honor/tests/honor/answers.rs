//! Every code and every status of section 8, and the lists of an answer (section 4.6).

use push_contract::{Action, Next, Reason, Vendor, Verdict};
use push_honor::Honor;
use serde_json::{Value, json};

use crate::support::{answer, later, next, verdicts};

type Row = (&'static str, &'static str, Reason);

/// The table of section 8, written down a second time. A code is answered to several targets, without lists.
pub(crate) const CODES: [Row; 21] = [
    ("200", "accepted", Reason::Ok),
    ("400", "refused", Reason::BadRequest),
    ("401", "credential_stale", Reason::CredentialStale),
    ("403", "credential_stale", Reason::CredentialStale),
    ("404", "app_misconfigured", Reason::Misconfigured),
    ("413", "refused", Reason::PayloadTooLarge),
    ("429", "slow_down", Reason::RateLimited),
    ("500", "unavailable", Reason::Unavailable),
    ("502", "unavailable", Reason::Unavailable),
    ("503", "slow_down", Reason::RateLimited),
    ("504", "unknown", Reason::AnswerLost),
    ("80000000", "accepted", Reason::Ok),
    ("80100000", "unknown", Reason::AnswerUnreadable),
    ("80200001", "credential_stale", Reason::CredentialStale),
    ("80200003", "credential_stale", Reason::CredentialStale),
    ("80300002", "app_misconfigured", Reason::NoRight),
    ("80300007", "singly", Reason::TokenRefused),
    ("80300008", "refused", Reason::PayloadTooLarge),
    ("80300010", "refused", Reason::BadRequest),
    ("81000001", "unavailable", Reason::Unavailable),
    ("send_result_false", "unavailable", Reason::Unavailable),
];

const TAKEN: (&str, Reason) = ("accepted", Reason::Ok);
const DEAD: (&str, Reason) = ("device_gone", Reason::TokenUnregistered);
const FAILED: (&str, Reason) = ("device_busy", Reason::Unavailable);
const UNREADABLE: (&str, Reason) = ("unknown", Reason::AnswerUnreadable);

fn brief(verdict: &Verdict) -> (&'static str, Reason) {
    (verdict.action.as_str(), verdict.reason)
}

fn said(code: &Value, data: &Value) -> String {
    json!({ "code": code, "message": "text", "data": data }).to_string()
}

/// What is said about so many targets by a code and its data.
fn told(code: u64, data: &Value, targets: usize) -> Vec<(&'static str, Reason)> {
    let verdicts = verdicts(targets, &answer(200, &said(&code.into(), data)));
    assert!(verdicts.iter().all(|verdict| verdict.vendor_id.as_deref() == data["requestId"].as_str()));
    verdicts.iter().map(brief).collect()
}

fn lists(send_result: bool, failed: &[&str], expired: &[&str]) -> Value {
    json!({ "sendResult": send_result, "requestId": "165", "failTokens": failed, "expireTokens": expired })
}

#[test]
fn every_code_has_its_verdict_as_a_number_and_as_a_text() {
    let sorted = |mut codes: Vec<&'static str>| {
        codes.sort_unstable();
        codes
    };
    let tested = sorted(CODES.map(|row| row.0).to_vec());
    assert_eq!(sorted(Honor.profile().codes.to_vec()), tested, "every listed code is tested");
    let unlisted = [
        ("80100001", "refused", Reason::UnlistedCode),
        ("80199999", "refused", Reason::UnlistedCode),
        ("80299999", "credential_stale", Reason::UnlistedCode),
        ("80399999", "unavailable", Reason::UnlistedCode),
        ("801", "unavailable", Reason::UnlistedCode),
        ("0", "unavailable", Reason::UnlistedCode),
        ("-1", "unavailable", Reason::UnlistedCode),
        ("90000000", "unavailable", Reason::UnlistedCode),
    ];
    for (code, action, reason) in CODES.into_iter().chain(unlisted) {
        let Ok(number) = code.parse::<i64>() else { continue };
        for value in [json!(number), json!(code), json!(format!(" {code} "))] {
            match next(&json!({}), 2, &answer(200, &said(&value, &Value::Null))) {
                Next::Singly => assert_eq!(action, "singly", "{code}"),
                Next::Done(verdicts) => {
                    assert_eq!(verdicts.iter().map(brief).collect::<Vec<_>>(), [(action, reason); 2], "{code}");
                    assert_eq!(verdicts[0].code.as_deref(), Some(code));
                }
                other => panic!("{code}: {other:?}"),
            }
        }
    }
}

#[test]
fn without_a_code_the_status_decides() {
    let further = [("302", "unavailable"), ("405", "unavailable"), ("599", "unavailable")];
    let further = further.map(|(status, action)| (status, action, Reason::UnlistedCode));
    for (status, action, reason) in CODES.into_iter().chain(further) {
        let Some(number) = status.parse::<u16>().ok().filter(|number| *number != 200) else { continue };
        for body in ["", "<html>busy</html>", r#"{"code":40"#, r#"{"status":1}"#, "[]", r#"{"code":"x"}"#] {
            let verdict = verdicts(1, &answer(number, body)).remove(0);
            assert_eq!(brief(&verdict), (action, reason), "{status} {body}");
            assert_eq!(verdict.code.as_deref(), Some(status));
        }
    }
    for body in ["", "<html>", r#"{"code":20"#, "{}", r#"{"code":null}"#, r#"{"code":2e99}"#, r#"{"code":true}"#] {
        assert_eq!(brief(&verdicts(1, &answer(200, body))[0]), UNREADABLE, "{body}");
    }
}

#[test]
fn a_listed_code_counts_more_than_the_status_and_an_unlisted_one_less() {
    for status in [200, 400, 401, 500] {
        let verdict = verdicts(1, &answer(status, &said(&json!(80_300_002), &Value::Null))).remove(0);
        assert_eq!(brief(&verdict), ("app_misconfigured", Reason::NoRight), "{status}");
    }
    let verdict = verdicts(1, &answer(401, &said(&json!(77), &Value::Null))).remove(0);
    assert_eq!((brief(&verdict), verdict.code.as_deref()), (("credential_stale", Reason::CredentialStale), Some("77")));
    // A refusal that says success: nobody knows.
    for code in [200, 80_000_000, 80_100_000] {
        let verdict = verdicts(1, &answer(502, &said(&json!(code), &lists(true, &[], &[])))).remove(0);
        assert_eq!(brief(&verdict), UNREADABLE, "{code}");
    }
}

#[test]
fn retry_after_is_honoured() {
    for (status, body) in [(503, String::new()), (429, String::new()), (200, said(&json!(429), &Value::Null))] {
        let mut busy = answer(status, &body);
        assert_eq!(verdicts(1, &busy)[0].action, Action::SlowDown { until: None });
        busy.headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(verdicts(1, &busy)[0].action, Action::SlowDown { until: Some(later(7)) });
        busy.headers.insert("retry-after", "soon".parse().unwrap());
        assert_eq!(verdicts(1, &busy)[0].action, Action::SlowDown { until: None });
    }
}

#[test]
fn expired_tokens_are_dead_and_failed_ones_are_tried_again() {
    for code in [200, 80_000_000, 80_100_000] {
        assert_eq!(told(code, &lists(true, &["T1"], &["T2"]), 4), [TAKEN, FAILED, DEAD, TAKEN], "{code}");
        assert_eq!(told(code, &lists(false, &["T1", "T2"], &["T2"]), 3), [TAKEN, FAILED, DEAD], "{code}: expired wins");
        let missing = json!({ "requestId": "1", "failTokens": null, "expireTokens": ["T0"] });
        assert_eq!(told(code, &missing, 2), [DEAD, TAKEN], "{code}");
    }
    assert_eq!(told(200, &json!({ "requestId": "1", "sendResult": true }), 2), [TAKEN, TAKEN]);
    assert_eq!(told(200, &lists(true, &["never sent"], &[]), 2), [TAKEN, TAKEN]);
    // Partial, and none of ours is named: some were sent, but which?
    assert_eq!(told(80_100_000, &lists(true, &["never sent"], &[]), 2), [UNREADABLE; 2]);
    assert_eq!(told(80_100_000, &lists(true, &[], &[]), 2), [UNREADABLE; 2]);
}

#[test]
fn a_false_result_without_a_list_is_a_failure_and_is_visible_in_the_code() {
    for code in [200, 80_000_000] {
        let body = said(&code.into(), &lists(false, &[], &[]));
        for verdict in verdicts(2, &answer(200, &body)) {
            assert_eq!(brief(&verdict), ("unavailable", Reason::Unavailable));
            assert_eq!(verdict.code.as_deref(), Some("send_result_false"));
        }
    }
    assert_eq!(told(200, &lists(false, &["never sent"], &[]), 1), [("unavailable", Reason::Unavailable)]);
    let partly = verdicts(2, &answer(200, &said(&json!(200), &lists(false, &[], &["T1"]))));
    assert_eq!((brief(&partly[0]), partly[0].code.as_deref()), (TAKEN, Some("send_result_false")));
    assert_eq!((brief(&partly[1]), partly[1].code.as_deref()), (DEAD, Some("200")));
}

#[test]
fn lists_beside_a_refusal_still_count() {
    let refused = ("refused", Reason::BadRequest);
    assert_eq!(told(400, &lists(false, &["T1"], &["T0"]), 3), [DEAD, FAILED, refused]);
    let slow = ("slow_down", Reason::RateLimited);
    assert_eq!(told(503, &lists(false, &["T1"], &[]), 2), [slow, FAILED]);
}

#[test]
fn all_tokens_invalid_buries_those_named_or_the_one_that_was_alone() {
    const ALL: u64 = 80_300_007;
    assert_eq!(told(ALL, &lists(false, &["T1"], &["T0"]), 3), [DEAD, FAILED, FAILED], "not named: no proof");
    let alone = next(&json!({}), 1, &answer(200, &said(&ALL.into(), &Value::Null)));
    let Next::Done(alone) = alone else { panic!("{alone:?}") };
    assert_eq!(brief(&alone[0]), ("device_gone", Reason::TokenRefused));
    for data in [Value::Null, json!({}), lists(false, &[], &[]), lists(false, &["never sent"], &[])] {
        let many = next(&json!({}), 3, &answer(200, &said(&ALL.into(), &data)));
        assert!(matches!(many, Next::Singly), "{data}: {many:?}");
    }
}

#[test]
fn data_that_cannot_be_read_accepts_nobody_and_buries_nobody() {
    let odd = [
        json!("ok"),
        json!([]),
        json!(7),
        json!({ "failTokens": "T0" }),
        json!({ "failTokens": [1] }),
        json!({ "expireTokens": { "T0": 1 } }),
        json!({ "sendResult": "true" }),
    ];
    for data in odd {
        for code in [200, 80_000_000, 80_100_000, 80_300_007] {
            assert_eq!(told(code, &data, 1), [UNREADABLE], "{code} {data}");
        }
        assert_eq!(told(400, &data, 1), [("refused", Reason::BadRequest)], "{data}");
    }
}

#[test]
fn the_message_never_decides() {
    for text in [json!("failed"), json!(500), json!(null), json!({}), json!(["x"])] {
        let body = json!({ "code": 200, "message": text, "msg": text, "data": lists(true, &[], &[]) }).to_string();
        assert_eq!(brief(&verdicts(1, &answer(200, &body))[0]), TAKEN, "{text}");
    }
    let numbered = r#"{"code":200,"data":{"sendResult":true,"requestId":165}}"#;
    assert_eq!(verdicts(1, &answer(200, numbered))[0].vendor_id.as_deref(), Some("165"));
}

#[test]
fn the_settings_give_a_code_another_meaning() {
    let table = [
        ("accepted", TAKEN),
        ("bad_request", ("refused", Reason::BadRequest)),
        ("too_large", ("refused", Reason::PayloadTooLarge)),
        ("content_forbidden", ("refused", Reason::ContentForbidden)),
        ("credential_stale", ("credential_stale", Reason::CredentialStale)),
        ("app_misconfigured", ("app_misconfigured", Reason::Misconfigured)),
        ("class_misconfigured", ("class_misconfigured", Reason::Misconfigured)),
        ("no_right", ("app_misconfigured", Reason::NoRight)),
        ("invalid_tokens", ("device_gone", Reason::TokenRefused)),
        ("device_capped", ("device_capped", Reason::DeviceCapped)),
        ("quota_spent", ("quota_spent", Reason::QuotaSpent)),
        ("slow_down", ("slow_down", Reason::RateLimited)),
        ("unavailable", ("unavailable", Reason::Unavailable)),
        ("partial", UNREADABLE),
    ];
    for (meaning, wanted) in table {
        for code in ["90000000", "80300008"] {
            let settings = json!({ "codes": { code: meaning } });
            let body = said(&json!(code), &Value::Null);
            let Next::Done(verdicts) = next(&settings, 1, &answer(200, &body)) else { panic!("{meaning}") };
            assert_eq!(brief(&verdicts[0]), wanted, "{meaning}");
        }
    }
}
