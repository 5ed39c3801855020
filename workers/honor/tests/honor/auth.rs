//! The token endpoint (section 3).

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
    assert_eq!(call.request.uri(), "https://iam.developer.honor.com/auth/token");
    assert_eq!(call.request.method(), "POST");
    assert_eq!(call.request.headers()["content-type"], "application/x-www-form-urlencoded");
    assert!(!call.commits);
    let wanted = "grant_type=client_credentials&client_id=101234567&client_secret=a%2Bb%2Fc%3Dd%26e+f";
    assert_eq!(call.request.body().as_ref(), wanted.as_bytes());
}

#[test]
fn the_older_address_is_a_setting() {
    let old = "https://iam.developer.hihonor.com/auth/realms/developer/protocol/openid-connect/token";
    let app = app(&json!({ "auth_url": old }));
    let Authentication::Endpoint(call) = app.authentication("", later(0)) else { panic!("an endpoint") };
    assert_eq!(call.request.uri(), old);
}

#[test]
fn a_token_lives_as_long_as_the_answer_says() {
    let token = read(200, r#"{"access_token":"eyJ.x","expires_in":3600,"token_type":"Bearer"}"#).unwrap();
    assert_eq!(token.value.reveal(), "eyJ.x");
    assert_eq!((token.expires_at, token.renew_before), (later(3600), Duration::from_secs(300)));
    let token = read(200, r#"{"access_token":"t","expires_in":100}"#).unwrap();
    assert_eq!((token.expires_at, token.renew_before), (later(100), Duration::from_secs(50)));
}

#[test]
fn refusals_name_what_is_wrong_and_repeat_no_text() {
    for error in ["invalid_client", "unauthorized_client", "invalid_grant"] {
        for status in [200, 400, 401, 418] {
            let body = json!({ "error": error, "error_description": "quotes a+b/c=d" }).to_string();
            let Err(AuthRefusal::Misconfigured { detail }) = read(status, &body) else { panic!("{status} {error}") };
            assert!(detail.starts_with(&format!("HTTP {status}, {error}: ")) && !detail.contains("a+b"), "{detail}");
        }
    }
    let Err(AuthRefusal::Misconfigured { detail }) = read(401, r#"{"error":1101}"#) else { panic!("a number") };
    assert!(detail.starts_with("HTTP 401, error 1101: "), "{detail}");
    let Err(AuthRefusal::Misconfigured { detail }) = read(400, r#"{"error":"a+b/c=d"}"#) else { panic!("a word") };
    assert!(detail.starts_with("HTTP 400, error unlisted: "), "{detail}");
    for status in [400, 401, 403, 404, 405] {
        assert!(matches!(read(status, "<html>"), Err(AuthRefusal::Misconfigured { .. })), "{status}");
    }
}

#[test]
fn trouble_is_tried_again() {
    for status in [302, 429, 500, 502, 503, 504, 590] {
        for body in ["", r#"{"error":"invalid_client"}"#] {
            if status == 302 && !body.is_empty() {
                continue;
            }
            assert!(matches!(read(status, body), Err(AuthRefusal::Unavailable { retry_after: None, .. })), "{status}");
        }
    }
    for status in [429, 503] {
        let mut busy = answer(status, "");
        busy.headers.insert("retry-after", "300".parse().unwrap());
        let refusal = app(&json!({})).read_credential(&busy).unwrap_err();
        let AuthRefusal::Unavailable { retry_after, .. } = refusal else { panic!("unavailable") };
        assert_eq!(retry_after, Some(Duration::from_secs(300)));
    }
    for body in [
        "",
        "[]",
        r#"{"error":"server_error"}"#,
        r#"{"access_token":"","expires_in":1}"#,
        r#"{"access_token":"a\nb","expires_in":1}"#,
        r#"{"access_token":"t","expires_in":0}"#,
        r#"{"access_token":"t","expires_in":"3600"}"#,
        r#"{"access_token":"t"}"#,
    ] {
        assert!(matches!(read(200, body), Err(AuthRefusal::Unavailable { .. })), "{body}");
    }
}
