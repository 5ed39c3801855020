//! Every code in both places, every status, and the shapes of `value` (sections 4.2 and 8).

use push_contract::{Action, Next, Reason, Vendor, Verdict};
use push_meizu::Meizu;
use serde_json::{Value, json};

use crate::support::{answer, app, batch, chat, job, later, next, processed, refused, verdicts};

/// The first table of section 8, written down a second time: codes at the head of an answer.
pub(crate) const HEADS: [(&str, &str, Reason); 21] = [
    ("200", "accepted", Reason::Ok),
    ("300", "unavailable", Reason::Unavailable),
    ("500", "unavailable", Reason::Unavailable),
    ("1001", "unavailable", Reason::Unavailable),
    ("1003", "slow_down", Reason::RateLimited),
    ("1005", "refused", Reason::BadRequest),
    ("1006", "app_misconfigured", Reason::CredentialRefused),
    ("110000", "app_misconfigured", Reason::CredentialRefused),
    ("110001", "app_misconfigured", Reason::CredentialRefused),
    ("110002", "device_gone", Reason::TokenUnregistered),
    ("110003", "device_gone", Reason::TokenMalformed),
    ("110004", "refused", Reason::BadRequest),
    ("110009", "app_misconfigured", Reason::Misconfigured),
    ("110010", "slow_down", Reason::RateLimited),
    ("110019", "quota_spent", Reason::QuotaSpent),
    ("110031", "app_misconfigured", Reason::Misconfigured),
    ("110032", "refused", Reason::BadRequest),
    ("110033", "app_misconfigured", Reason::CredentialRefused),
    ("110051", "quota_spent", Reason::QuotaSpent),
    // To notifications; data messages have a test of their own.
    ("110053", "refused", Reason::BadRequest),
    ("-1", "unavailable", Reason::Unavailable),
];

/// The second table: codes in the map.
pub(crate) const TARGETS: [(&str, &str, Reason); 11] = [
    ("201", "class_misconfigured", Reason::NoRight),
    ("501", "unavailable", Reason::Unavailable),
    ("513", "unavailable", Reason::Unavailable),
    ("518", "slow_down", Reason::RateLimited),
    ("519", "unavailable", Reason::Unavailable),
    ("520", "device_capped", Reason::DeviceCapped),
    ("110002", "device_gone", Reason::TokenUnregistered),
    ("110003", "device_gone", Reason::TokenMalformed),
    ("110005", "refused", Reason::BadRequest),
    ("110010", "device_gone", Reason::TokenSwitchedOff),
    ("110011", "device_capped", Reason::DeviceCapped),
];

const TAKEN: (&str, Reason) = ("accepted", Reason::Ok);
const DEAD: (&str, Reason) = ("device_gone", Reason::TokenUnregistered);
const UNREAD: (&str, Reason) = ("unknown", Reason::AnswerUnreadable);

fn short(verdicts: &[Verdict]) -> Vec<(&'static str, Reason)> {
    verdicts.iter().map(|verdict| (verdict.action.as_str(), verdict.reason)).collect()
}

fn of(targets: usize, value: &Value) -> Vec<(&'static str, Reason)> {
    short(&verdicts(&json!({}), targets, &processed(value)))
}

/// What a code at the head comes to, whether it ends the dispatch or splits it.
fn head(code: &str) -> Verdict {
    match next(&json!({}), 2, &refused(code)) {
        Next::Done(mut verdicts) => verdicts.remove(1),
        Next::Split(verdict) => verdict,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_code_has_its_verdict_where_it_stands() {
    let mut told: Vec<&str> = HEADS.iter().chain(&TARGETS).map(|row| row.0).collect();
    let mut listed = Meizu.profile().codes.to_vec();
    told.sort_unstable();
    listed.sort_unstable();
    told.dedup();
    assert_eq!(listed, told, "every listed code is tested");
    for (code, action, reason) in HEADS.into_iter().chain([("119999", "refused", Reason::UnlistedCode)]) {
        let verdict = head(code);
        assert_eq!((verdict.action.as_str(), verdict.reason), (action, reason), "{code}");
        assert_eq!(verdict.code.as_deref(), Some(code));
    }
    for (code, action, reason) in TARGETS.into_iter().chain([("777", "unavailable", Reason::UnlistedCode)]) {
        let verdicts = verdicts(&json!({}), 2, &processed(&json!({ code: ["T1"] })));
        assert_eq!(short(&verdicts), [TAKEN, (action, reason)], "{code}");
        assert_eq!((verdicts[1].code.as_deref(), verdicts[1].vendor_id.as_deref()), (Some(code), Some("m1")));
    }
}

#[test]
fn a_bad_token_of_a_refused_call_is_looked_for() {
    for code in ["110002", "110003"] {
        assert!(matches!(next(&json!({}), 3, &refused(code)), Next::Split(_)), "{code}");
    }
}

#[test]
fn code_110010_means_two_things() {
    assert_eq!(head("110010").reason, Reason::RateLimited);
    assert_eq!(of(1, &json!({ "110010": ["T0"] })), [("device_gone", Reason::TokenSwitchedOff)]);
}

#[test]
fn who_is_not_in_the_map_was_accepted() {
    assert_eq!(of(3, &json!({ "110002": ["T0", "T2"] })), [DEAD, TAKEN, DEAD]);
    for nothing in [json!({}), json!(""), json!(null), json!([]), json!("{}"), json!({ "110002": [] })] {
        assert_eq!(of(2, &nothing), [TAKEN, TAKEN], "{nothing}");
    }
    let bare = answer(200, r#"{"code":200}"#);
    assert_eq!(short(&verdicts(&json!({}), 1, &bare)), [TAKEN], "value may be absent, code a number");
}

#[test]
fn a_map_inside_a_text_and_one_the_other_way_round_are_read() {
    assert_eq!(of(2, &json!(r#"{"110002":["T1"]}"#)), [TAKEN, DEAD]);
    assert_eq!(of(2, &json!({ "T1": "110002" })), [TAKEN, DEAD]);
    assert_eq!(of(2, &json!({ "T1": 110_002, "110003": ["T0"] })), [("device_gone", Reason::TokenMalformed), DEAD]);
}

#[test]
fn what_cannot_be_read_accepts_nobody() {
    let strange = [
        json!("<html>"),
        json!(7),
        json!(true),
        json!(["T0"]),
        json!({ "110002": null }),
        json!({ "110002": { "T0": 1 } }),
        json!({ "110002": [7] }),
        json!({ "110002": "T0" }),
        json!({ "110002": ["a stranger"] }),
    ];
    for value in strange {
        assert_eq!(of(2, &value), [UNREAD, UNREAD], "{value}");
    }
    assert_eq!(of(2, &json!({ "110002": ["T0"], "110003": 1.5 })), [DEAD, UNREAD], "what can be read holds");
}

#[test]
fn without_a_code_the_status_decides() {
    let table = [
        (200, "unknown", Reason::AnswerUnreadable),
        (301, "unavailable", Reason::AnswerUnreadable),
        (400, "refused", Reason::BadRequest),
        (401, "app_misconfigured", Reason::Misconfigured),
        (403, "app_misconfigured", Reason::Misconfigured),
        (404, "app_misconfigured", Reason::Misconfigured),
        (408, "unavailable", Reason::Unavailable),
        (413, "refused", Reason::BadRequest),
        (429, "slow_down", Reason::RateLimited),
        (500, "unknown", Reason::AnswerLost),
        (502, "unknown", Reason::AnswerLost),
        (503, "unavailable", Reason::Unavailable),
        (504, "unknown", Reason::AnswerLost),
        (520, "unavailable", Reason::Unavailable),
    ];
    for (status, action, reason) in table {
        for body in ["", "<html>busy</html>", r#"{"code":"20"#, r#"{"status":1}"#, r#"{"code":[]}"#, "[]"] {
            assert_eq!(short(&verdicts(&json!({}), 1, &answer(status, body))), [(action, reason)], "{status} {body}");
        }
    }
    // A proxy's code is none of Meizu's, and no bad status accepts.
    for code in ["404", "200"] {
        let page = answer(404, &json!({ "code": code }).to_string());
        assert_eq!(verdicts(&json!({}), 1, &page)[0].action, Action::AppMisconfigured);
    }
    let told = answer(500, r#"{"code":"110019","value":""}"#);
    assert_eq!(verdicts(&json!({}), 1, &told)[0].reason, Reason::QuotaSpent);
}

#[test]
fn retry_after_is_obeyed() {
    for mut busy in
        [answer(503, ""), answer(429, ""), refused("110010"), refused("1003"), processed(&json!({ "518": ["T0"] }))]
    {
        if busy.status != 503 {
            assert_eq!(verdicts(&json!({}), 1, &busy)[0].action, Action::SlowDown { until: None });
        }
        busy.headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(verdicts(&json!({}), 1, &busy)[0].action, Action::SlowDown { until: Some(later(7)) });
    }
}

#[test]
fn a_quota_is_spent_until_the_vendors_day_ends() {
    assert_eq!(verdicts(&json!({}), 1, &refused("110051"))[0].action, Action::QuotaSpent { until: None });
}

#[test]
fn transparent_messages_spend_a_quota_of_their_own() {
    let app = app(&json!({ "data_messages": "transparent" }));
    let said = |job: &push_contract::Job| {
        let batch = batch(app.as_ref(), job);
        match app.decode(&batch, None, None, &refused("110053")) {
            Next::Done(verdicts) => (batch.pushes[0].class.quota.clone().unwrap(), verdicts[0].action.as_str()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(said(&job("chat.direct").data("{}").build()), ("transparent".to_owned(), "quota_spent"));
    assert_eq!(said(&chat().build()), ("daily".to_owned(), "refused"));
}
