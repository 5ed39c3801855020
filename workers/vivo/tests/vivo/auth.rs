//! The token endpoint (section 3).

use std::time::Duration;

use push_contract::{AuthRefusal, Authentication, Timestamp, Token};
use serde_json::json;

use crate::support::{answer, app, json_of, later};

fn read(status: u16, body: &str) -> Result<Token, AuthRefusal> {
    app(&json!({})).read_credential(&answer(status, body))
}

#[test]
fn the_request_is_the_sheets_vector() {
    let at = Timestamp::from_millis(1_766_000_000_000);
    let Authentication::Endpoint(call) = app(&json!({})).authentication("", at) else { panic!("an endpoint") };
    assert_eq!(call.request.uri(), "https://api-push.vivo.com.cn/message/auth");
    assert_eq!((call.request.method().as_str(), call.commits), ("POST", false));
    assert_eq!(app(&json!({})).api_rates(), [(call.api, 10)], "10093 beyond it");
    assert_eq!(call.request.headers()["content-type"], "application/json;charset=UTF-8");
    let wanted = json!({ "appId": 10004, "appKey": "25509283-3767-4b9e-83fe-b6e55ac6243e", "timestamp": 1_766_000_000_000_i64,
        "sign": "fbad102ee205ab7ccc6263100cfeb335" });
    assert_eq!(json_of(&call), wanted);
}

#[test]
fn a_token_lives_a_day_and_is_renewed_after_an_hour() {
    let granted = r#"{"result":0,"desc":"","authToken":"24ojds98fu3jqrioeu982134jieds9fq43u09uaf"}"#;
    let token = read(200, granted).unwrap();
    assert_eq!(token.value.reveal(), "24ojds98fu3jqrioeu982134jieds9fq43u09uaf");
    assert_eq!((token.expires_at, token.renew_before), (later(86_400), Duration::from_secs(23 * 3600)));
}

#[test]
fn wrong_credentials_are_told_from_trouble() {
    let wrong = |status, body: &str| matches!(read(status, body), Err(AuthRefusal::Misconfigured { .. }));
    for code in [10200, 10201, 10202, 10203, 10204, 10205, 10206, 10207, 10000, 10043, 10045, 10089, 10094] {
        assert!(wrong(200, &json!({ "result": code, "desc": "x" }).to_string()), "{code}");
    }
    assert!(wrong(404, "not here") && wrong(403, ""));
    for (status, body) in [
        (200, r#"{"result":10093}"#),
        (200, r#"{"result":10040}"#),
        (200, r#"{"result":99}"#),
        (200, r#"{"result":0}"#),
        (200, r#"{"result":0,"authToken":""}"#),
        (200, r#"{"result":0,"authToken":"a\nb"}"#),
        (200, "<html>"),
        (429, ""),
        (500, "Internal Server Error"),
    ] {
        assert!(matches!(read(status, body), Err(AuthRefusal::Unavailable { .. })), "{status} {body}");
    }
    let mut busy = answer(200, r#"{"result":10093}"#);
    busy.headers.insert("retry-after", "7".parse().unwrap());
    let refusal = app(&json!({})).read_credential(&busy).unwrap_err();
    assert!(matches!(refusal, AuthRefusal::Unavailable { retry_after: Some(wait), .. } if wait.as_secs() == 7));
}

#[test]
fn the_vendors_words_are_told_unless_they_hold_the_secret() {
    let detail = |desc: &str| match read(200, &json!({ "result": 10203, "desc": desc }).to_string()) {
        Err(AuthRefusal::Misconfigured { detail }) => detail,
        other => panic!("{other:?}"),
    };
    assert_eq!(detail("timestamp is 11 minutes off"), "result 10203: timestamp is 11 minutes off");
    assert_eq!(detail("bad 8fd0d4bb-5e2f-4b0c-9d6a-0c7d1f2e3a4b"), "result 10203: ");
    assert!(detail(&"长".repeat(5000)).chars().count() < 250);
}
