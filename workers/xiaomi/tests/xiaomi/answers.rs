//! Every code and status of section 8, and the shapes of answers about many (section 4.3).

use push_contract::{Action, Batch, Next, Reason, Vendor, Verdict};
use push_xiaomi::Xiaomi;
use serde_json::{Value, json};

use crate::support::{answer, app, batch, chat, done, fields, job, later, next, one};

type Said = (&'static str, Reason);

/// The table of section 8, written down a second time; codes that are alike share a line.
const TABLE: [(&str, &str, Reason); 21] = [
    ("0", "accepted", Reason::Ok),
    ("-1 1 10001 10002 10003 10009 10010 10011 20607 26003 65029 65030", "unavailable", Reason::Unavailable),
    ("10004 10005 10014 10036", "app_misconfigured", Reason::NoRight),
    ("10006", "app_misconfigured", Reason::CredentialRefused),
    ("10012 10020 10021 10013", "app_misconfigured", Reason::Misconfigured),
    ("10007 10008 10016 10017 21305 65011 100", "refused", Reason::BadRequest),
    ("65014 65015 65036 65037 10025 65038", "refused", Reason::BadRequest),
    ("10018 65009", "refused", Reason::PayloadTooLarge),
    ("10022 10023 10024 10027 10028 200002 26004 22101", "slow_down", Reason::RateLimited),
    ("10026 10031 10033", "app_misconfigured", Reason::Misconfigured),
    ("10029 20301 bad_regids", "device_gone", Reason::TokenRefused),
    ("10030 10032 10035 10038 10039", "unavailable", Reason::Unavailable),
    ("10034 200001 channel_exceed_quota", "quota_spent", Reason::QuotaSpent),
    ("10037 22102", "unavailable", Reason::Unavailable),
    (
        "20209 20215 20216 20315 26005 65006 65007 65008 65010 65012 65013 65016 65017 65035 65040 65028",
        "refused",
        Reason::BadRequest,
    ),
    ("21301 21302 21303", "app_misconfigured", Reason::CredentialRefused),
    ("22000 22001 22002 22003 22004 22005 22006 22007 22008", "app_misconfigured", Reason::Misconfigured),
    ("22020 22021 22022", "app_misconfigured", Reason::Misconfigured),
    ("22100 22103", "refused", Reason::BadRequest),
    ("26006 27001", "class_misconfigured", Reason::Misconfigured),
    ("65003", "device_busy", Reason::Unavailable),
];

/// Code, action, reason.
pub(crate) fn codes() -> Vec<(&'static str, &'static str, Reason)> {
    let each = |(codes, action, reason): (&'static str, &'static str, Reason)| {
        codes.split(' ').map(move |code| (code, action, reason))
    };
    TABLE.into_iter().flat_map(each).collect()
}

/// The refusal of a call; `reason` is what Xiaomi writes for 20301.
pub(crate) fn refusal(code: i64, reason: &str) -> String {
    json!({ "result": "error", "reason": reason, "trace_id": "Xcm1", "code": code, "description": "text" }).to_string()
}

fn said(verdict: &Verdict) -> Said {
    (verdict.action.as_str(), verdict.reason)
}

#[test]
fn every_code_has_its_verdict() {
    let mut listed: Vec<&str> = codes().iter().map(|row| row.0).collect();
    let mut known = Xiaomi.profile().codes.to_vec();
    listed.sort_unstable();
    known.sort_unstable();
    assert_eq!(listed, known, "every listed code is tested");
    let unlisted = [("777", "unavailable", Reason::UnlistedCode), ("66001", "unavailable", Reason::UnlistedCode)];
    for (code, action, reason) in codes().into_iter().chain(unlisted) {
        let Ok(number) = code.parse::<i64>() else { continue };
        let text = refusal(number, "No valid targets!");
        for text in [text.clone(), text.replace(&format!(":{number},"), &format!(":\"{number}\","))] {
            let verdict = one(&answer(200, &text));
            assert_eq!((said(&verdict), verdict.code.as_deref()), ((action, reason), Some(code)), "{code}");
        }
    }
}

#[test]
fn a_code_is_about_the_call_a_message_or_the_targets() {
    let way = |code: i64| match next(&answer(200, &refusal(code, "No valid targets!"))) {
        Next::Done(_) => "call",
        Next::Whole(_) => "message",
        Next::Split(_) => "targets",
        other => panic!("{other:?}"),
    };
    for code in [10017, 27001, 65009, 22100, 26006, 10025] {
        assert_eq!(way(code), "message", "{code}");
    }
    for code in [20301, 10029, 65003] {
        assert_eq!(way(code), "targets", "{code}");
    }
    for code in [21301, 200_001, 200_002, 10031, -1, 22022, 777] {
        assert_eq!(way(code), "call", "{code}");
    }
}

#[test]
fn a_failed_sending_buries_tokens_only_if_it_names_targets() {
    assert_eq!(said(&one(&answer(200, &refusal(20301, "No valid targets!")))), ("device_gone", Reason::TokenRefused));
    for reason in ["", "send failed", "发送消息失败"] {
        assert_eq!(said(&one(&answer(200, &refusal(20301, reason)))), ("device_busy", Reason::Unavailable));
    }
}

#[test]
fn without_a_code_the_status_decides() {
    let table = [
        (200, "unknown", Reason::AnswerUnreadable),
        (302, "unavailable", Reason::AnswerUnreadable),
        (400, "refused", Reason::BadRequest),
        (401, "app_misconfigured", Reason::CredentialRefused),
        (403, "app_misconfigured", Reason::CredentialRefused),
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
    // A code that only repeats the status is a proxy's.
    let copied = [
        (401, "app_misconfigured", Reason::CredentialRefused),
        (404, "app_misconfigured", Reason::Misconfigured),
        (429, "slow_down", Reason::RateLimited),
        (503, "unavailable", Reason::Unavailable),
    ];
    for (status, action, reason) in copied {
        let verdict = one(&answer(status, &format!(r#"{{"code":{status}}}"#)));
        assert_eq!((said(&verdict), verdict.code), ((action, reason), None), "{status}");
    }
    // A success with a status that is none says nothing; a listed refusal is one with any.
    assert_eq!(said(&one(&answer(500, r#"{"code":0}"#))), ("unavailable", Reason::Unavailable));
    let refused = one(&answer(401, &refusal(21301, "Invalid application secret.")));
    assert_eq!(
        (said(&refused), refused.code.as_deref()),
        (("app_misconfigured", Reason::CredentialRefused), Some("21301"))
    );
}

#[test]
fn waits_are_kept_and_are_a_second_at_least() {
    for (status, body) in
        [(429, String::new()), (503, String::new()), (200, refusal(200_002, "")), (200, refusal(10022, ""))]
    {
        let until = |header: Option<&'static str>| {
            let mut busy = answer(status, &body);
            if let Some(wait) = header {
                busy.headers.insert("retry-after", wait.parse().unwrap());
            }
            one(&busy).action
        };
        assert_eq!(until(Some("7")), Action::SlowDown { until: Some(later(7)) }, "{status}");
        if status != 503 {
            assert_eq!(until(None), Action::SlowDown { until: Some(later(1)) });
            assert_eq!(until(Some("0")), Action::SlowDown { until: Some(later(1)) });
        }
    }
}

#[test]
fn a_total_is_spent_until_the_vendors_day_ends() {
    let app = app(&json!({}));
    let batch = batch(app.as_ref(), &[job("news").title("t").body("b").build()]);
    let spent = answer(200, &refusal(200_001, "exceed quota, quota: 100000, have acked: 100213"));
    assert_eq!(done(app.decode(&batch, None, None, &spent))[0].action, Action::QuotaSpent { until: None });
}

/// Verdicts on a list of three ids.
fn list(data: &Value) -> Vec<Said> {
    let app = app(&json!({}));
    let batch = batch(app.as_ref(), &[chat().tokens(["A", "B", "C"]).build()]);
    read(app.as_ref(), &batch, data)
}

fn read(app: &dyn push_contract::App, batch: &Batch, data: &Value) -> Vec<Said> {
    let body = json!({ "result": "ok", "code": 0, "trace_id": "Xdm1", "data": data }).to_string();
    done(app.decode(batch, None, None, &answer(200, &body))).iter().map(said).collect()
}

const TAKEN: Said = ("accepted", Reason::Ok);
const GONE: Said = ("device_gone", Reason::TokenRefused);
const UNREAD: Said = ("unknown", Reason::AnswerUnreadable);
const SPENT: Said = ("quota_spent", Reason::QuotaSpent);
const WHO: Said = ("unknown", Reason::QuotaSpent);

#[test]
fn bad_ids_are_read_in_any_spelling_and_strangers_are_nobody() {
    for name in ["bad_regids", "badRegIds", "badRegids", "Bad_Reg_Ids"] {
        assert_eq!(list(&json!({ "id": "scm1", name: "B, C" })), [TAKEN, GONE, GONE], "{name}");
    }
    assert_eq!(list(&json!({ "bad_regids": "X" })), [TAKEN; 3]);
    assert_eq!(list(&json!({ "bad_regids": "" })), [TAKEN; 3]);
    assert_eq!(list(&json!({ "bad_regids": null })), [TAKEN; 3]);
    for unread in [json!(1), json!({}), json!(["A"]), json!(true)] {
        assert_eq!(list(&json!({ "bad_regids": unread })), [UNREAD; 3]);
    }
    assert_eq!(list(&json!("a text")), [TAKEN; 3]);
    let by_trace = one(&answer(200, r#"{"code":0,"trace_id":"Xdm1","data":""}"#));
    assert_eq!(by_trace.vendor_id.as_deref(), Some("Xdm1"));
}

#[test]
fn a_token_with_a_comma_is_never_sent() {
    let app = app(&json!({}));
    let list = batch(app.as_ref(), &[chat().tokens(["A", "B,C"]).build()]);
    assert_eq!(fields(&app.encode(&list, None, later(0)).unwrap())["registration_id"], "A");
    let malformed = ("device_gone", Reason::TokenMalformed);
    assert_eq!(read(app.as_ref(), &list, &json!({ "id": "scm1" })), [TAKEN, malformed]);
    let alone = chat().tokens(["B,C"]).build();
    let refusal = app.encode(&batch(app.as_ref(), std::slice::from_ref(&alone)), None, later(0)).unwrap_err();
    assert_eq!(said(&refusal.verdict()), malformed);
    assert_eq!(app.gather_key(&alone, &app.classify(&alone).unwrap()), None);
}

#[test]
fn an_exceeded_total_is_told_by_number() {
    let app = app(&json!({}));
    let one = |n: usize| job("news").id(&format!("j{n}")).tokens([format!("T{n}")]).title("t").body("b").build();
    let batch = batch(app.as_ref(), &[one(0), one(1)]);
    let told = |text: Value| read(app.as_ref(), &batch, &json!({ "id": "scm1", "channel_exceed_quota": text }));
    for (text, verdict) in [
        (json!("138010:2"), SPENT),
        (json!("no_channel:1 138010:1"), SPENT),
        (json!("138010:1"), WHO),
        (json!("138010:0"), TAKEN),
        (json!(""), TAKEN),
        (Value::Null, TAKEN),
        (json!("138010"), WHO),
        (json!("138010:x"), WHO),
        (json!(format!("138010:{0} 138010:{0}", usize::MAX)), SPENT),
        (json!(7), WHO),
    ] {
        assert_eq!(told(text.clone()), [verdict; 2], "{text}");
    }
    let bad = json!({ "channel_exceed_quota": "138010:2", "bad_regids": "T0" });
    assert_eq!(read(app.as_ref(), &batch, &bad), [GONE, SPENT]);
    // Whether a bad id is counted too is not said.
    let told = |bad: &str, text: &str| json!({ "channel_exceed_quota": text, "bad_regids": bad });
    assert_eq!(read(app.as_ref(), &batch, &told("T0", "138010:1")), [GONE, WHO]);
    // One message to a list is one.
    assert_eq!(list(&json!({ "channel_exceed_quota": "138001:1" })), [SPENT; 3]);
    assert_eq!(list(&told("B", "138001:1")), [SPENT, GONE, SPENT]);
}
