//! The quota query (section 4.4): how it is asked, and what is read of its answer.

use serde_json::json;

use crate::support::{SECRET, answer, app};

fn told(status: u16, body: &str) -> Vec<(&'static str, u64)> {
    app(&json!({})).read_quotas(&answer(status, body))
}

#[test]
fn the_call_is_a_get_with_the_key_at_the_apps_region() {
    let app = app(&json!({ "region": "eu" }));
    let call = app.quota_query().unwrap();
    assert_eq!(call.request.uri(), "https://fr-api.xmpush.global.xiaomi.com/v1/trace/quota/get");
    assert_eq!((call.request.method().as_str(), call.commits), ("GET", false));
    let key = &call.request.headers()["authorization"];
    assert!(key.is_sensitive() && key == &format!("key={SECRET}"));
    assert!(call.request.body().is_empty());
    assert_eq!(app.api_rates(), [(call.api, 1)], "at most once per second");
}

#[test]
fn the_total_is_a_number_or_a_text_under_any_spelling() {
    for data in [
        json!({ "day_quota": "2000000", "day_acked": "15032" }),
        json!({ "day_quota": 2_000_000 }),
        json!({ "dayQuota": " 2000000 ", "more": [] }),
    ] {
        let body = json!({ "result": "ok", "code": 0, "data": data, "description": "成功" });
        assert_eq!(told(200, &body.to_string()), [("public", 2_000_000)], "{body}");
    }
}

#[test]
fn odd_answers_tell_nothing() {
    for data in [
        json!({}),
        json!(null),
        json!("2000000"),
        json!([1]),
        json!({ "day_quota": null }),
        json!({ "day_quota": "" }),
        json!({ "day_quota": "unlimited" }),
        json!({ "day_quota": 0 }),
        json!({ "day_quota": -1 }),
        json!({ "day_quota": 1.5 }),
        json!({ "day_quota": "99999999999999999999" }),
        json!({ "day_quota": { "public": 5 } }),
    ] {
        let body = json!({ "code": 0, "data": data });
        assert!(told(200, &body.to_string()).is_empty(), "{body}");
    }
    let good = r#"{"code":0,"data":{"day_quota":"5"}}"#;
    assert!(told(502, good).is_empty(), "a proxy");
    for body in ["", "x", "[]", r#"{"data":{"day_quota":"5"}}"#, r#"{"code":21301,"data":{"day_quota":"5"}}"#] {
        assert!(told(200, body).is_empty(), "{body}");
    }
}
