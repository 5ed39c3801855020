//! The service account and the token endpoint (sections 2 and 3).

use std::time::Duration;

use push_contract::{AuthRefusal, Authentication, Call, Timestamp, Token};
use serde_json::{Value, json};

use crate::support::{answer, app, key_file, later, open};

fn asked(settings: &Value, now: Timestamp) -> Call {
    match app(settings).authentication("", now) {
        Authentication::Endpoint(call) => *call,
        other => panic!("an endpoint: {other:?}"),
    }
}

fn read(status: u16, body: &str) -> Result<Token, AuthRefusal> {
    app(&json!({})).read_credential(&answer(status, body))
}

#[test]
fn the_sheets_vector_comes_out_byte_for_byte() {
    let call = asked(&json!({}), Timestamp::from_millis(1_700_000_000_000));
    assert_eq!(call.request.uri(), "https://oauth2.googleapis.com/token");
    assert_eq!((call.request.method().as_str(), call.commits), ("POST", false));
    assert_eq!(call.request.headers()["content-type"], "application/x-www-form-urlencoded");
    let jwt = include_str!("vector.jwt").trim();
    assert_eq!(jwt.len(), 700);
    let wanted = format!("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion={jwt}");
    assert_eq!(std::str::from_utf8(call.request.body()).unwrap(), wanted);
}

#[test]
fn every_fetch_has_an_assertion_of_its_own() {
    let now = Timestamp::from_millis(1_700_000_000_000);
    let body = |call: Call| call.request.into_body();
    assert_ne!(body(asked(&json!({}), now)), body(asked(&json!({}), now.plus(Duration::from_secs(3600)))));
    assert_eq!(body(asked(&json!({}), now)), body(asked(&json!({}), now)));
    // Elsewhere it is the same: the audience is the key file's.
    let proxy = asked(&json!({ "token_url": "http://127.0.0.1:9/token" }), now);
    assert_eq!(proxy.request.uri(), "http://127.0.0.1:9/token");
    assert_eq!(body(proxy), body(asked(&json!({}), now)));
}

#[test]
fn a_token_lives_as_long_as_the_answer_says() {
    let token = read(200, r#"{"access_token":"ya29.c.c0AY","expires_in":3599,"token_type":"Bearer"}"#).unwrap();
    assert_eq!(token.value.reveal(), "ya29.c.c0AY");
    assert_eq!((token.expires_at, token.renew_before), (later(3599), Duration::from_secs(300)));
    let token = read(200, r#"{"access_token":"t","expires_in":100}"#).unwrap();
    assert_eq!((token.expires_at, token.renew_before), (later(100), Duration::from_secs(50)));
}

#[test]
fn refusals_name_what_is_wrong_in_our_words() {
    let table = [
        (400, "invalid_request", "Bad Request", "cannot read the assertion"),
        (400, "invalid_grant", "Invalid JWT Signature.", "the key is revoked"),
        (400, "invalid_grant", "Invalid grant: account not found", "was deleted"),
        (400, "invalid_grant", "Invalid JWT: iat (issued at) is not set.", "lacks its times"),
        (400, "invalid_grant", "Invalid JWT: Token must be a short-lived token and so on", "clock is wrong"),
        (400, "invalid_grant", "Invalid JWT: Failed audience check.", "token_uri"),
        (400, "invalid_grant", "Something new", "check the service account and the clock"),
        (400, "invalid_scope", "Invalid OAuth scope or ID token audience provided.", "no longer knows the scope"),
        (401, "invalid_client", "", "invalid_client"),
        (401, "unauthorized_client", "", "unauthorized_client"),
        (403, "new_error", "hunter2", "token_url"),
    ];
    for (status, error, description, wanted) in table {
        let body = json!({ "error": error, "error_description": description }).to_string();
        let Err(AuthRefusal::Misconfigured { detail }) = read(status, &body) else { panic!("{error} {description}") };
        assert!(detail.starts_with(&format!("HTTP {status}: ")) && detail.contains(wanted), "{detail}");
        assert!(!detail.contains("hunter2"), "{detail}");
    }
    for (status, body) in [(404, "<html>"), (405, ""), (200, r#"{"id_token":"a.b.c"}"#)] {
        assert!(matches!(read(status, body), Err(AuthRefusal::Misconfigured { .. })), "{status} {body}");
    }
}

#[test]
fn trouble_is_tried_again() {
    for status in [302, 408, 429, 500, 502, 503, 504] {
        assert!(matches!(read(status, ""), Err(AuthRefusal::Unavailable { retry_after: None, .. })), "{status}");
    }
    let mut later = answer(503, "");
    later.headers.insert("retry-after", "30".parse().unwrap());
    let Err(AuthRefusal::Unavailable { retry_after, .. }) = app(&json!({})).read_credential(&later) else {
        panic!("unavailable")
    };
    assert_eq!(retry_after, Some(Duration::from_secs(30)));
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

#[test]
fn a_wrong_key_file_is_refused_without_being_shown() {
    let spoilt = |name: &str, value: Value| {
        let mut file = key_file();
        file[name] = value;
        file
    };
    let files = [
        spoilt("type", json!("authorized_user")),
        spoilt("private_key", json!("hunter2")),
        spoilt("private_key_id", Value::Null),
        spoilt("client_email", json!(7)),
        json!("hunter2"),
    ];
    for file in files {
        let Err(error) = open(&json!({ "service_account": file.to_string() })) else { panic!("{file} is taken") };
        assert_eq!((error.key.as_str(), error.value.as_str()), ("service_account", "(secret)"));
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
    let Err(error) = open(&json!({ "service_account": spoilt("token_uri", json!("nowhere")).to_string() })) else {
        panic!("no address is taken")
    };
    assert_eq!((error.key.as_str(), error.value.as_str()), ("token_url", "nowhere"));
}
