//! The call for a token (section 3).

use std::time::Duration;

use push_contract::{AuthRefusal, Authentication, Timestamp, Token};
use serde_json::json;

use crate::support::{MASTER_SECRET, answer, app, later};

fn read(status: u16, body: &str) -> Result<Token, AuthRefusal> {
    app(&json!({})).read_credential(&answer(status, body))
}

#[test]
fn the_form_is_the_sheets_vector() {
    let at = Timestamp::from_millis(1_732_073_400_123);
    let Authentication::Endpoint(call) = app(&json!({})).authentication("", at) else { panic!("an endpoint") };
    assert_eq!(call.request.uri(), "https://api-push-cn.heytapmobi.com/server/v1/auth");
    assert_eq!((call.request.method().as_str(), call.commits), ("POST", false));
    assert_eq!(call.request.headers()["content-type"], "application/x-www-form-urlencoded");
    let wanted = "app_key=b5ce3b6a4c1d4f2e9a7d0c8f1e2d3c4b&\
                  sign=64a723140fd3a4e590246c8f558f2259d105e380da9b2d03a70c625b0c897f5a&timestamp=1732073400123";
    assert_eq!(call.request.body().as_ref(), wanted.as_bytes());
    let debug = format!("{:?} {:?}", app(&json!({})).authentication("", at), app(&json!({})).warnings());
    assert!(!debug.contains(MASTER_SECRET) && !debug.contains("64a723"), "{debug}");
}

#[test]
fn each_service_has_tokens_of_its_own() {
    let app = app(&json!({}));
    for (realm, host) in [("cn", "api-push-cn.heytapmobi.com"), ("intl", "api-intl.push.oppomobile.com")] {
        let Authentication::Endpoint(call) = app.authentication(realm, later(0)) else { panic!("an endpoint") };
        assert_eq!(call.request.uri(), format!("https://{host}/server/v1/auth").as_str());
    }
}

#[test]
fn a_token_lives_a_day_from_its_creation() {
    let created = later(0).as_millis() - 1000;
    for text in [created.to_string(), format!("\"{created}\"")] {
        let body = format!(r#"{{"code":0,"message":"success","data":{{"auth_token":"58ad","create_time":{text}}}}}"#);
        let token = read(200, &body).unwrap();
        assert_eq!(token.value.reveal(), "58ad");
        assert_eq!((token.expires_at, token.renew_before), (later(86_399), Duration::from_secs(7200)));
    }
    // Without a time, and with one ahead of our clock, it starts now.
    let ahead = later(600).as_millis();
    for data in [json!({ "auth_token": "t" }), json!({ "auth_token": "t", "create_time": ahead })] {
        assert_eq!(read(200, &json!({ "code": 0, "data": data }).to_string()).unwrap().expires_at, later(86_400));
    }
    // An old one that OPPO gave again has less left.
    let old = later(0).as_millis() - 23 * 3_600_000;
    let body = json!({ "code": 0, "data": { "auth_token": "t", "create_time": old } }).to_string();
    assert_eq!(read(200, &body).unwrap().renew_before, Duration::from_secs(1800));
}

#[test]
fn refusals_name_what_is_wrong_and_quote_nothing() {
    let table = [
        (14, "app_key"),
        (15, "app_key"),
        (16, "not the AppSecret"),
        (17, "not the AppSecret"),
        (18, "clock"),
        (19, "clock"),
        (26, "platform"),
        (27, "right to push"),
        (28, "platform"),
        (30, "right to push"),
        (12, "no token"),
        (40, "no token"),
    ];
    for (code, text) in table {
        let body = json!({ "code": code, "message": "quotes s3cret" }).to_string();
        let Err(AuthRefusal::Misconfigured { detail }) = read(200, &body) else { panic!("{code}") };
        assert!(detail.starts_with(&format!("{code}: ")) && detail.contains(text), "{detail}");
        assert!(!detail.contains("s3cret"), "{detail}");
    }
    for status in [400, 403, 404] {
        assert!(matches!(read(status, "<html>"), Err(AuthRefusal::Misconfigured { .. })), "{status}");
    }
}

#[test]
fn trouble_is_tried_again() {
    for code in [-1, -2, 13, 55, 503, 777] {
        let body = json!({ "code": code, "message": "busy" }).to_string();
        assert!(matches!(read(200, &body), Err(AuthRefusal::Unavailable { .. })), "{code}");
    }
    for status in [302, 429, 500, 503] {
        assert!(matches!(read(status, ""), Err(AuthRefusal::Unavailable { retry_after: None, .. })), "{status}");
    }
    let mut busy = answer(503, "");
    busy.headers.insert("retry-after", "300".parse().unwrap());
    let Err(AuthRefusal::Unavailable { retry_after, .. }) = app(&json!({})).read_credential(&busy) else {
        panic!("unavailable")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(300)));
    for data in [json!(null), json!({}), json!({ "auth_token": "" }), json!({ "auth_token": "a b" })] {
        let body = json!({ "code": 0, "data": data }).to_string();
        assert!(matches!(read(200, &body), Err(AuthRefusal::Unavailable { .. })), "{body}");
    }
    let ended = json!({ "code": 0, "data": { "auth_token": "t", "create_time": 0 } }).to_string();
    assert!(matches!(read(200, &ended), Err(AuthRefusal::Unavailable { .. })));
}
