//! The token endpoint (section 3.1).

use std::time::Duration;

use push_contract::{AuthRefusal, Authentication, Token};
use serde_json::json;

use crate::support::{answer, app, later};

fn read(status: u16, body: &str) -> Result<Token, AuthRefusal> {
    app(&json!({})).read_credential(&answer(status, body))
}

#[test]
fn the_form_is_the_sheets_example() {
    let Authentication::Endpoint(call) = app(&json!({})).authentication("", later(0)) else { panic!("an endpoint") };
    assert_eq!(call.request.uri(), "https://oauth-login.cloud.huawei.com/oauth2/v3/token");
    assert_eq!(call.request.method(), "POST");
    assert_eq!(call.request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert!(!call.commits);
    assert_eq!(app(&json!({})).api_rates(), [(call.api, 3)], "1000 in five minutes");
    let wanted = "grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3Dd%26e+f";
    assert_eq!(call.request.body().as_ref(), wanted.as_bytes());
}

#[test]
fn a_token_lives_as_long_as_the_answer_says() {
    let token = read(200, r#"{"access_token":"CgB6e3x9\/w==","expires_in":3600,"token_type":"Bearer"}"#).unwrap();
    assert_eq!(token.value.reveal(), "CgB6e3x9/w==");
    assert_eq!((token.expires_at, token.renew_before), (later(3600), Duration::from_secs(300)));
    let token = read(200, r#"{"access_token":"t","expires_in":100}"#).unwrap();
    assert_eq!((token.expires_at, token.renew_before), (later(100), Duration::from_secs(50)));
}

#[test]
fn refusals_name_what_is_wrong() {
    let pairs = [
        (12304, "client_secret is wrong"),
        (20002, "client_id has a wrong format"),
        (20003, "client_id is unknown"),
        (20171, "client_secret is empty"),
        (1, "a parameter is wrong"),
    ];
    for (sub_error, text) in pairs {
        let body = json!({ "error": 1101, "sub_error": sub_error, "error_description": "quotes a+b/c=d" }).to_string();
        let Err(AuthRefusal::Misconfigured { detail }) = read(400, &body) else { panic!("{sub_error}") };
        assert!(detail.starts_with(&format!("1101/{sub_error}: {text}")) && !detail.contains("a+b"), "{detail}");
    }
    for status in [400, 401, 403, 404, 405] {
        assert!(matches!(read(status, "<html>"), Err(AuthRefusal::Misconfigured { .. })), "{status}");
    }
}

#[test]
fn trouble_is_tried_again() {
    for status in [302, 429, 500, 502, 503, 504, 590] {
        assert!(matches!(read(status, ""), Err(AuthRefusal::Unavailable { retry_after: None, .. })), "{status}");
    }
    let mut busy = answer(503, "");
    busy.headers.insert("retry-after", "300".parse().unwrap());
    let refusal = app(&json!({})).read_credential(&busy).unwrap_err();
    let AuthRefusal::Unavailable { retry_after, .. } = refusal else { panic!("unavailable") };
    assert_eq!(retry_after, Some(Duration::from_secs(300)));
    for body in [
        "",
        "[]",
        r#"{"access_token":"","expires_in":1}"#,
        r#"{"access_token":"a\nb","expires_in":1}"#,
        r#"{"access_token":"t","expires_in":0}"#,
        r#"{"access_token":"t"}"#,
    ] {
        assert!(matches!(read(200, body), Err(AuthRefusal::Unavailable { .. })), "{body}");
    }
}
