//! Every code of the tables (sections 4.2 and 8), partial answers, and answers without a result.

use push_contract::{Action, Next, Reason, Timestamp};
use serde_json::{Value, json};

use crate::support::{answer, app, call, chat, decoded, job, json_of, later, verdicts};

/// The sheet's tables, written down a second time: code, action for a chat message, reason.
pub(crate) const CODES: [(&str, &str, Reason); 64] = [
    ("0", "accepted", Reason::Ok),
    ("10000", "credential_stale", Reason::CredentialStale),
    ("10040", "unavailable", Reason::Unavailable),
    ("10043", "app_misconfigured", Reason::Misconfigured),
    ("10045", "app_misconfigured", Reason::Misconfigured),
    ("10050", "refused", Reason::BadRequest),
    ("10054", "refused", Reason::BadRequest),
    ("10055", "refused", Reason::BadRequest),
    ("10056", "refused", Reason::BadRequest),
    ("10057", "refused", Reason::BadRequest),
    ("10058", "refused", Reason::BadRequest),
    ("10059", "refused", Reason::BadRequest),
    ("10060", "refused", Reason::BadRequest),
    ("10061", "refused", Reason::BadRequest),
    ("10062", "refused", Reason::BadRequest),
    ("10063", "refused", Reason::BadRequest),
    ("10064", "refused", Reason::BadRequest),
    ("10065", "refused", Reason::BadRequest),
    ("10066", "refused", Reason::BadRequest),
    ("10067", "refused", Reason::BadRequest),
    ("10068", "refused", Reason::BadRequest),
    ("10069", "refused", Reason::BadRequest),
    // Of a system message: vivo took it for an operational one.
    ("10070", "class_misconfigured", Reason::NoRight),
    ("10071", "class_misconfigured", Reason::NoRight),
    ("10072", "slow_down", Reason::RateLimited),
    ("10073", "quota_spent", Reason::QuotaSpent),
    ("10085", "refused", Reason::ContentForbidden),
    ("10104", "refused", Reason::ContentForbidden),
    ("10089", "app_misconfigured", Reason::Misconfigured),
    ("10093", "unavailable", Reason::RateLimited),
    ("10094", "app_misconfigured", Reason::Misconfigured),
    ("10096", "class_misconfigured", Reason::Misconfigured),
    ("10097", "class_misconfigured", Reason::Misconfigured),
    ("10101", "refused", Reason::ContentForbidden),
    ("10102", "refused", Reason::ContentForbidden),
    ("10103", "refused", Reason::ContentForbidden),
    ("10150", "refused", Reason::BadRequest),
    ("10151", "refused", Reason::BadRequest),
    ("10153", "refused", Reason::BadRequest),
    ("10154", "refused", Reason::BadRequest),
    ("10200", "app_misconfigured", Reason::CredentialRefused),
    ("10201", "app_misconfigured", Reason::CredentialRefused),
    ("10202", "app_misconfigured", Reason::CredentialRefused),
    ("10203", "app_misconfigured", Reason::CredentialRefused),
    ("10204", "app_misconfigured", Reason::CredentialRefused),
    ("10205", "app_misconfigured", Reason::CredentialRefused),
    ("10206", "app_misconfigured", Reason::CredentialRefused),
    ("10207", "app_misconfigured", Reason::CredentialRefused),
    ("10252", "quota_spent", Reason::QuotaSpent),
    ("10254", "quota_spent", Reason::QuotaSpent),
    ("10301", "refused", Reason::BadRequest),
    ("10302", "device_gone", Reason::TokenRefused),
    ("10305", "refused", Reason::BadRequest),
    ("10306", "refused", Reason::BadRequest),
    ("10307", "refused", Reason::TokenRefused),
    ("10352", "refused", Reason::BadRequest),
    ("10353", "refused", Reason::BadRequest),
    ("10471", "refused", Reason::BadRequest),
    ("10473", "refused", Reason::BadRequest),
    ("11000", "refused", Reason::BadRequest),
    ("status_1", "device_gone", Reason::TokenWrongApp),
    ("status_2", "device_gone", Reason::TokenUnregistered),
    ("status_3", "device_gone", Reason::TokenUnregistered),
    ("status_4", "class_misconfigured", Reason::Misconfigured),
];

fn coded(code: impl Into<Value>) -> push_contract::Answer {
    answer(200, &json!({ "result": code.into(), "desc": "text" }).to_string())
}

/// Action and reason of the only verdict, or of the first.
fn said(settings: &Value, job: &push_testkit::jobs::JobBuilder, answer: &push_contract::Answer) -> (Action, Reason) {
    let verdict = verdicts(app(settings).as_ref(), &job.build(), None, answer).remove(0);
    (verdict.action, verdict.reason)
}

#[test]
fn every_result_has_its_verdict_as_number_and_as_text() {
    let off = json!({ "clean_texts": false });
    for (code, action, reason) in CODES {
        let Ok(number) = code.parse::<i64>() else { continue };
        let (action, reason) = match code {
            "10093" => ("slow_down", reason),
            _ => (action, reason),
        };
        for value in [json!(number), json!(code)] {
            let (found, why) = said(&off, &chat(), &coded(value));
            assert_eq!((found.as_str(), why), (action, reason), "{code}");
        }
    }
}

#[test]
fn unlisted_results_are_judged_by_their_range() {
    for (code, action) in
        [(10001, "refused"), (10399, "refused"), (10655, "refused"), (10500, "unavailable"), (-1, "unavailable")]
    {
        let (found, why) = said(&json!({}), &chat(), &coded(code));
        assert_eq!((found.as_str(), why), (action, Reason::UnlistedCode), "{code}");
    }
}

#[test]
fn settings_say_which_other_result_a_result_means() {
    let results = json!({ "results": { "10043": "10050", "10307": "10302", "12345": "10072" } });
    let table = [(10043, "refused"), (10307, "device_gone"), (12345, "slow_down"), (10045, "app_misconfigured")];
    for (code, action) in table {
        let verdict = verdicts(app(&results).as_ref(), &chat().build(), None, &coded(code)).remove(0);
        assert_eq!((verdict.action.as_str(), verdict.code), (action, Some(code.to_string())));
    }
    let list = decoded(app(&results).as_ref(), &chat().targets(2).build(), Some("498"), &coded(10307));
    assert!(matches!(list, Next::Singly), "{list:?}");
}

#[test]
fn totals_and_hours_stop_their_own_class_until_it_reopens() {
    let at = |text| Some(Timestamp::parse(text).unwrap());
    let news = job("news").title("t").body("b");
    // A total until the vendor's day ends, hours until seven in China.
    let (day, seven) = ((None, Reason::QuotaSpent), (at("2026-11-21T23:00:00Z"), Reason::QuietHours));
    for (job, code, (until, reason)) in
        [(&news, 10070, day), (&news, 10073, day), (&news, 10071, seven), (&chat(), 10073, day)]
    {
        assert_eq!(said(&json!({}), job, &coded(code)), (Action::QuotaSpent { until }, reason), "{code}");
    }
}

#[test]
fn barred_hours_end_when_the_settings_say() {
    let hours = |hours: Value| json!({ "day": { "quotas": { "operational": { "hours": hours } } } });
    // Answered at 16:00 in China.
    let table = [
        (hours(json!("08:30-22:00")), "2026-11-22T00:30:00Z"),
        (hours(json!("17:00-23:00")), "2026-11-21T09:00:00Z"),
        (hours(json!("07:00-16:00")), "2026-11-21T23:00:00Z"),
        (hours(json!("00:00-23:00")), "2026-11-21T16:00:00Z"),
        (json!({ "day": { "utc_offset_s": 32400 } }), "2026-11-21T22:00:00Z"),
        (hours(Value::Null), "2026-11-21T23:00:00Z"),
    ];
    for (settings, opens) in table {
        let until = Some(Timestamp::parse(opens).unwrap());
        let told = said(&settings, &job("news").title("t").body("b"), &coded(10071));
        assert_eq!(told, (Action::QuotaSpent { until }, Reason::QuietHours), "{settings}");
    }
}

#[test]
fn no_token_is_buried_in_test_mode_or_under_review() {
    let guarded = (Action::ClassMisconfigured, Reason::Misconfigured);
    let user =
        |status: u32| json!({ "result": 10302, "invalidUser": { "status": status, "userid": "T0" } }).to_string();
    for (settings, job) in [(json!({}), chat().test()), (json!({ "under_review": true }), chat())] {
        assert_eq!(said(&settings, &job, &coded(10302)), guarded);
        for status in [1, 2, 3, 4] {
            assert_eq!(said(&settings, &job, &answer(200, &user(status))), guarded, "{status}");
        }
    }
    let dead = |status, reason| {
        let (action, why) = said(&json!({}), &chat(), &answer(200, &user(status)));
        assert_eq!((action.as_str(), why), ("device_gone", reason), "{status}");
    };
    dead(1, Reason::TokenWrongApp);
    dead(2, Reason::TokenUnregistered);
    assert_eq!(said(&json!({}), &chat(), &answer(200, &user(4))), guarded);
}

#[test]
fn without_a_result_the_status_decides() {
    let table = [
        (200, "unknown", Reason::AnswerUnreadable),
        (302, "unavailable", Reason::AnswerUnreadable),
        (400, "app_misconfigured", Reason::Misconfigured),
        (404, "app_misconfigured", Reason::Misconfigured),
        (408, "unavailable", Reason::Unavailable),
        (429, "slow_down", Reason::RateLimited),
        (500, "unknown", Reason::AnswerLost),
        (502, "unknown", Reason::AnswerLost),
        (503, "unavailable", Reason::Unavailable),
        (504, "unknown", Reason::AnswerLost),
    ];
    for (status, action, reason) in table {
        for body in ["", "Internal Server Error", r#"{"result":"#, r#"{"result":null}"#, "[]", r#"{"code":0}"#] {
            let (found, why) = said(&json!({}), &chat(), &answer(status, body));
            assert_eq!((found.as_str(), why), (action, reason), "{status} {body}");
            // Before a list is pushed nothing can have been sent.
            let (found, why) = said(&json!({}), &chat().targets(2), &answer(status, body));
            let wanted = match (action, status) {
                ("unknown", 200) => ("unavailable", Reason::AnswerUnreadable),
                ("unknown", _) => ("unavailable", Reason::Unavailable),
                _ => (action, reason),
            };
            assert_eq!((found.as_str(), why), wanted, "{status} {body}");
        }
    }
}

#[test]
fn retry_after_is_honoured() {
    for (status, body) in [(503, ""), (429, ""), (200, r#"{"result":10072}"#)] {
        let mut busy = answer(status, body);
        busy.headers.insert("retry-after", "7".parse().unwrap());
        assert_eq!(said(&json!({}), &chat(), &busy).0, Action::SlowDown { until: Some(later(7)) });
    }
}

#[test]
fn a_list_is_saved_then_pushed_and_names_who_was_not_taken() {
    let app = app(&json!({}));
    let job = chat().targets(4).build();
    let saved = answer(200, r#"{"result":0,"desc":"","taskId":"498"}"#);
    let Next::Call(list) = decoded(app.as_ref(), &job, None, &saved) else { panic!("a second call") };
    assert_eq!((list.api, list.commits, list.memo.as_deref()), ("list", true, Some("task 498")));
    assert_eq!(list.request.headers()["authtoken"], "token-of-the-test");
    let sent = json_of(&list);
    assert_eq!((&sent["taskId"], &sent["regIds"]), (&json!("498"), &json!(["T0", "T1", "T2", "T3"])));

    let users = r#"{"result":0,"invalidUsers":[{"status":1,"userid":"T1"},{"status":"3","userid":"T3"},{"status":2,"userid":"X"}]}"#;
    let told = verdicts(app.as_ref(), &job, Some("498"), &answer(200, users));
    let told: Vec<_> = told.iter().map(|v| (v.action.as_str(), v.code.as_deref(), v.vendor_id.as_deref())).collect();
    let (taken, id) = (("accepted", Some("0"), Some("498")), Some("498"));
    assert_eq!(told, [taken, ("device_gone", Some("status_1"), id), taken, ("device_gone", Some("status_3"), id)]);
}

#[test]
fn an_unreadable_list_of_users_leaves_the_rest_unknown() {
    let app = app(&json!({}));
    let job = chat().targets(2).build();
    let actions = |users: Value| {
        let answer = answer(200, &json!({ "result": 0, "invalidUsers": users }).to_string());
        let told = verdicts(app.as_ref(), &job, Some("498"), &answer);
        told.iter().map(|verdict| verdict.action.as_str()).collect::<Vec<_>>()
    };
    assert_eq!(actions(json!(null)), ["accepted", "accepted"]);
    assert_eq!(actions(json!("T0")), ["unknown", "unknown"]);
    assert_eq!(actions(json!([{ "status": 2, "userid": "T0" }, { "status": 1 }])), ["device_gone", "unknown"]);
    assert_eq!(actions(json!([{ "userid": "T0" }, { "status": 9, "userid": "T1" }])), ["refused", "refused"]);
}

#[test]
fn numeric_user_ids_are_read_too() {
    let job = chat().tokens(["15513410784181118114"]).build();
    let users = r#"{"result":0,"taskId":"1","invalidUser":{"status":1,"userid":15513410784181118114}}"#;
    let told = verdicts(app(&json!({})).as_ref(), &job, None, &answer(200, users));
    assert_eq!(told[0].action, Action::DeviceGone { invalid_since: None });
}

#[test]
fn a_list_falls_back_to_single_sends() {
    let app = app(&json!({}));
    let job = chat().targets(2).build();
    for task in [None, Some("498")] {
        let next = decoded(app.as_ref(), &job, task, &coded(10302));
        assert!(matches!(next, Next::Singly), "{task:?}: {next:?}");
    }
    let spent = decoded(app.as_ref(), &job, None, &coded(10252));
    assert!(matches!(spent, Next::NoLists(_)), "{spent:?}");
}

#[test]
fn a_refused_text_is_cleaned_and_sent_once_more_with_another_id() {
    let app = app(&json!({}));
    for (targets, api) in [(1, "send"), (2, "save")] {
        let job = chat().body("[123]").sender("u1", "Li Lei").targets(targets).build();
        let first = call(app.as_ref(), &job, std::time::Duration::ZERO);
        let Next::Call(second) = decoded(app.as_ref(), &job, None, &coded(10085)) else { panic!("a second call") };
        assert_eq!((first.api, second.api, second.commits), (api, api, api == "send"));
        let (first, second) = (json_of(&first), json_of(&second));
        assert_eq!((&first["content"], &second["content"]), (&json!("[123]"), &json!("Li Lei: (123)")));
        assert_ne!(first["requestId"], second["requestId"]);
        assert_eq!(first["notifyId"], second["notifyId"]);
        let class = app.classify(&job).unwrap();
        let again = app.decode(&crate::support::batch(&job, class), Some("cleaned"), None, &coded(10085));
        assert!(matches!(again, Next::Done(_)), "{again:?}");
    }
    for (settings, job) in [(json!({ "clean_texts": false }), chat()), (json!({}), chat().test())] {
        assert_eq!(said(&settings, &job, &coded(10104)), (Action::Refused, Reason::ContentForbidden));
    }
}

#[test]
fn the_name_before_a_plain_text_is_cleaned_too() {
    let app = app(&json!({}));
    for (nickname, wanted) in [
        ("Li Lei", "Li Lei: 456"),
        ("[群主]小明", "(群主)小明: 456"),
        ("测试员", "测 试员: 456"),
        ("123", "Hi,456"),
        (" ", "Hi,456"),
    ] {
        let job = chat().body("456").sender("u1", nickname).build();
        let Next::Call(second) = decoded(app.as_ref(), &job, None, &coded(10085)) else { panic!("a second call") };
        assert_eq!(json_of(&second)["content"], wanted, "{nickname}");
    }
}
