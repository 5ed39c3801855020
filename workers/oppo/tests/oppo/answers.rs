//! Every code and status of section 8, and the shapes of answers about many (sections 4.2 and 4.3).

use push_contract::{Action, Next, Reason, Vendor, Verdict};
use push_oppo::Oppo;
use serde_json::{Value, json};

use crate::support::{answer, app, batch, chat, done, field, job, later, one, token};

type Said = (&'static str, Reason);

/// The table of section 8, written down a second time.
pub(crate) const CODES: [(&str, &str, Reason); 40] = [
    ("0", "accepted", Reason::Ok),
    ("-1", "unavailable", Reason::Unavailable),
    ("-2", "slow_down", Reason::RateLimited),
    ("11", "credential_stale", Reason::CredentialStale),
    ("29", "credential_stale", Reason::CredentialStale),
    ("12", "refused", Reason::BadRequest),
    ("20", "refused", Reason::BadRequest),
    ("21", "refused", Reason::BadRequest),
    ("22", "refused", Reason::BadRequest),
    ("23", "refused", Reason::BadRequest),
    ("24", "refused", Reason::BadRequest),
    ("25", "refused", Reason::BadRequest),
    ("13", "slow_down", Reason::RateLimited),
    ("14", "app_misconfigured", Reason::CredentialRefused),
    ("15", "app_misconfigured", Reason::CredentialRefused),
    ("16", "app_misconfigured", Reason::CredentialRefused),
    ("17", "app_misconfigured", Reason::CredentialRefused),
    ("18", "app_misconfigured", Reason::Misconfigured),
    ("19", "app_misconfigured", Reason::Misconfigured),
    ("26", "app_misconfigured", Reason::Misconfigured),
    ("27", "app_misconfigured", Reason::NoRight),
    ("28", "app_misconfigured", Reason::Misconfigured),
    ("30", "app_misconfigured", Reason::NoRight),
    ("31", "refused", Reason::BadRequest),
    ("32", "accepted", Reason::Ok),
    ("33", "quota_spent", Reason::QuotaSpent),
    ("34", "refused", Reason::BadRequest),
    ("51", "refused", Reason::BadRequest),
    ("40", "refused", Reason::BadRequest),
    ("41", "refused", Reason::BadRequest),
    ("54", "class_misconfigured", Reason::Misconfigured),
    ("55", "slow_down", Reason::RateLimited),
    ("59", "class_misconfigured", Reason::NoRight),
    ("67", "class_misconfigured", Reason::NoRight),
    ("10000", "device_gone", Reason::TokenMalformed),
    ("10001", "device_gone", Reason::TokenUnregistered),
    ("10002", "refused", Reason::BadRequest),
    ("10003", "refused", Reason::BadRequest),
    ("10004", "accepted", Reason::Ok),
    ("10005", "accepted", Reason::Ok),
];

fn said(verdict: &Verdict) -> Said {
    (verdict.action.as_str(), verdict.reason)
}

fn coded(code: &Value, message: &str) -> Verdict {
    one(&answer(200, &json!({ "code": code, "message": message }).to_string()))
}

#[test]
fn every_code_has_its_verdict() {
    let sorted = |mut codes: Vec<&'static str>| {
        codes.sort_unstable();
        codes
    };
    let tested = sorted(CODES.map(|row| row.0).to_vec());
    assert_eq!(sorted(Oppo.profile().codes.to_vec()), tested, "every listed code is tested");
    let unlisted = [
        ("500", "unavailable", Reason::Unavailable),
        ("599", "unavailable", Reason::Unavailable),
        ("777", "unavailable", Reason::UnlistedCode),
        ("20000", "unavailable", Reason::UnlistedCode),
        ("-3", "unavailable", Reason::UnlistedCode),
    ];
    for (code, action, reason) in CODES.into_iter().chain(unlisted) {
        let number: i64 = code.parse().unwrap();
        for value in [json!(number), json!(code)] {
            let verdict = coded(&value, "text");
            assert_eq!((said(&verdict), verdict.code.as_deref()), ((action, reason), Some(code)), "{code}");
        }
    }
}

#[test]
fn the_text_of_41_tells_a_bad_id_from_another_argument() {
    for text in ["registration_id格式不正确", "Invalid Registration_id", "invalid registrationId: x"] {
        let verdict = coded(&json!(41), text);
        assert_eq!((said(&verdict), verdict.code.as_deref()), (("device_gone", Reason::TokenMalformed), Some("41")));
    }
    assert_eq!(said(&coded(&json!(41), "Illegal argument: title")), ("refused", Reason::BadRequest));
}

#[test]
fn without_a_code_the_status_decides() {
    let table = [
        (200, "unknown", Reason::AnswerUnreadable),
        (302, "unavailable", Reason::AnswerUnreadable),
        (400, "refused", Reason::BadRequest),
        (404, "app_misconfigured", Reason::Misconfigured),
        (405, "app_misconfigured", Reason::Misconfigured),
        (413, "refused", Reason::BadRequest),
        (429, "slow_down", Reason::RateLimited),
        (500, "unavailable", Reason::Unavailable),
        (502, "unavailable", Reason::Unavailable),
        (503, "unavailable", Reason::Unavailable),
        (504, "unknown", Reason::AnswerLost),
    ];
    for (status, action, reason) in table {
        for body in ["", "<html>busy</html>", r#"{"code":"#, r#"{"code":true}"#, "[]"] {
            assert_eq!(said(&one(&answer(status, body))), (action, reason), "{status} {body}");
        }
    }
    // A success with a status that is none says nothing; a refusal is one with any.
    assert_eq!(said(&one(&answer(500, r#"{"code":0}"#))), ("unavailable", Reason::Unavailable));
    assert_eq!(said(&one(&answer(400, r#"{"code":11}"#))), ("credential_stale", Reason::CredentialStale));
}

#[test]
fn waits_are_kept() {
    for (status, body) in [(429, ""), (503, ""), (200, r#"{"code":55}"#), (200, r#"{"code":-2}"#)] {
        let mut busy = answer(status, body);
        if status != 503 {
            assert_eq!(one(&busy).action, Action::SlowDown { until: Some(later(1)) }, "a second at least");
        }
        busy.headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(one(&busy).action, Action::SlowDown { until: Some(later(7)) });
        busy.headers.insert("retry-after", "0".parse().unwrap());
        assert_eq!(one(&busy).action, Action::SlowDown { until: Some(later(1)) });
    }
}

#[test]
fn a_quota_is_spent_until_the_vendors_day_ends() {
    let app = app(&json!({}));
    let batch = batch(app.as_ref(), &[job("marketing").title("t").body("b").build()]);
    let spent = done(app.decode(&batch, None, Some(&token()), &answer(200, r#"{"code":33}"#))).remove(0).action;
    assert_eq!(spent, Action::QuotaSpent { until: None });
}

/// What is said about each of three phones by an answer to a batch.
fn of_batch(data: &Value) -> Vec<Said> {
    let app = app(&json!({}));
    let batch = batch(app.as_ref(), &[chat().targets(3).build()]);
    let body = json!({ "code": 0, "message": "", "data": data }).to_string();
    done(app.decode(&batch, None, Some(&token()), &answer(200, &body))).iter().map(said).collect()
}

const TAKEN: Said = ("accepted", Reason::Ok);
const LOST: Said = ("unknown", Reason::AnswerUnreadable);
const GONE: Said = ("device_gone", Reason::TokenUnregistered);

#[test]
fn elements_of_a_batch_are_met_by_id_then_by_place() {
    let taken = |id: &str| json!({ "messageId": "m", "registrationId": id });
    assert_eq!(of_batch(&json!([taken("T2"), taken("T0"), taken("T1")])), [TAKEN; 3]);
    let dead = json!({ "messageId": "m", "registrationId": "T2", "errorCode": "10001" });
    assert_eq!(of_batch(&json!([dead, taken("T0"), taken("T1")])), [TAKEN, TAKEN, GONE]);
    assert_eq!(of_batch(&json!([{}, { "errorCode": 10001 }, { "errorCode": 0 }])), [TAKEN, GONE, TAKEN]);
    assert_eq!(of_batch(&json!([taken("T1")])), [LOST, TAKEN, LOST]);
    assert_eq!(of_batch(&json!([taken("X"), taken("T1"), 7])), [LOST, TAKEN, LOST]);
    assert_eq!(of_batch(&json!([{ "registrationId": "T0", "errorCode": [] }])), [LOST; 3]);
    for data in [Value::Null, json!({}), json!([]), json!("ok")] {
        assert_eq!(of_batch(&data), [LOST; 3], "{data}");
    }
}

#[test]
fn a_broadcast_names_the_ids_that_failed() {
    let app = app(&json!({}));
    let batch = batch(app.as_ref(), &[job("news").title("t").body("b").targets(3).build()]);
    let of = |data: Value| {
        let body = json!({ "code": 0, "message": "success", "data": data }).to_string();
        let verdicts = done(app.decode(&batch, Some("broadcast"), Some(&token()), &answer(200, &body)));
        verdicts.iter().map(said).collect::<Vec<_>>()
    };
    assert_eq!(of(json!({ "task_id": "x" })), [TAKEN; 3]);
    assert_eq!(of(json!({ "task_id": "x", "10001": ["T1", "X"], "10004": ["T2"] })), [TAKEN, GONE, TAKEN]);
    assert_eq!(of(json!({ "10001": ["T1", 7] })), [LOST, GONE, LOST]);
    assert_eq!(of(json!({ "10001": "T1" })), [LOST; 3]);
    assert_eq!(of(json!([])), [LOST; 3]);
}

#[test]
fn two_messages_for_one_phone_are_two_messages() {
    let app = app(&json!({}));
    let jobs = [chat().id("a").build(), chat().id("b").build()];
    let batch = batch(app.as_ref(), &jobs);
    let data = json!([{ "registrationId": "T0", "messageId": "1" }, { "registrationId": "T0", "errorCode": 10004 }]);
    let body = json!({ "code": 0, "data": data }).to_string();
    let verdicts = done(app.decode(&batch, None, Some(&token()), &answer(200, &body)));
    assert_eq!(verdicts.iter().map(said).collect::<Vec<_>>(), [TAKEN, ("unavailable", Reason::SendSingly)]);
}

#[test]
fn a_code_at_the_head_blames_the_call_a_message_or_an_id() {
    let app = app(&json!({}));
    let (one, two) = (chat().targets(1).build(), chat().id("job-2").targets(2).build());
    let head = |batch, code: i64, text: &str| {
        let body = json!({ "code": code, "message": text }).to_string();
        app.decode(batch, None, Some(&token()), &answer(200, &body))
    };
    let gathered = batch(app.as_ref(), &[one.clone(), chat().id("job-3").build()]);
    let several = batch(app.as_ref(), &[two]);
    let alone = batch(app.as_ref(), &[one]);
    for code in [40, 41, 54, 67] {
        assert!(matches!(head(&gathered, code, ""), Next::Whole(_)), "{code}");
        assert!(matches!(head(&several, code, ""), Next::Done(_)), "{code}");
    }
    for (code, text) in [(10000, ""), (10001, ""), (32, ""), (41, "registration_id")] {
        assert!(matches!(head(&gathered, code, text), Next::Singly), "{code}");
        assert!(matches!(head(&several, code, text), Next::Singly), "{code}");
        assert!(matches!(head(&alone, code, text), Next::Done(_)), "{code}");
    }
    assert!(matches!(head(&gathered, 33, ""), Next::Done(_)));
}

#[test]
fn a_saved_content_is_saved_again_once() {
    let app = app(&json!({}));
    let batch = batch(app.as_ref(), &[job("news").title("t").body("b").targets(2).build()]);
    let next = |memo: Option<&str>, body: &str| match app.decode(&batch, memo, Some(&token()), &answer(200, body)) {
        Next::Call(call) => *call,
        other => panic!("{other:?}"),
    };
    let saved = r#"{"code":0,"data":{"message_id":"m 1"}}"#;
    let first = next(None, saved);
    assert_eq!((first.api, first.commits, field(&first, "message_id").as_deref()), ("broadcast", true, Some("m 1")));
    let again = next(first.memo.as_deref(), r#"{"code":31}"#);
    assert_eq!((again.api, again.commits), ("save", false));
    let second = next(again.memo.as_deref(), saved);
    assert_eq!((second.api, field(&second, "message_id").as_deref()), ("broadcast", Some("m 1")));
    let body = r#"{"code":31,"message":"no data"}"#;
    let verdicts = done(app.decode(&batch, second.memo.as_deref(), Some(&token()), &answer(200, body)));
    assert!(verdicts.iter().all(|verdict| said(verdict) == ("refused", Reason::BadRequest)), "{verdicts:?}");
    // Before the call that commits nothing is unknown.
    let unread = done(app.decode(&batch, None, Some(&token()), &answer(200, "{}")));
    assert_eq!(said(&unread[0]), ("unavailable", Reason::AnswerUnreadable));
}
