//! Provider tokens, certificates, and what a connection is bound to (section 3).

use std::sync::Arc;

use push_sim::{Line, Simulator};
use serde_json::{Value, json};

use crate::draft::{Draft, KEY, SECONDS, TOKEN, VECTOR, VECTOR_DER, code, jwt, open, send, send_at, token};
use crate::support::{first, patch};

#[test]
fn provider_tokens_are_checked() {
    let good = json!({"iss": "DEF123GHIJ", "iat": SECONDS});
    let kid = json!({"kid": "ABC123DEFG"});
    let with = |key: &str, value: Value| {
        let mut claims = good.clone();
        patch(&mut claims, &format!("/{key}"), value);
        jwt(&kid, &claims)
    };
    let cases = [
        (VECTOR.to_owned(), "200"),
        (jwt(&json!({"kid": "ABC123DEFG", "typ": "JWT"}), &good), "200"),
        (VECTOR_DER.to_owned(), "InvalidProviderToken"),
        (VECTOR.replace("rDbH", "rDbI"), "InvalidProviderToken"),
        (jwt(&json!({}), &good), "InvalidProviderToken"),
        (jwt(&json!({"kid": "ABC123DEFH"}), &good), "InvalidProviderToken"),
        (with("iss", json!("DEF123GHIK")), "InvalidProviderToken"),
        (with("exp", json!(SECONDS + 60)), "InvalidProviderToken"),
        (with("iat", json!(SECONDS.to_string())), "InvalidProviderToken"),
        (with("iat", json!(SECONDS + 31)), "InvalidProviderToken"),
        (with("iat", json!(SECONDS - 3599)), "200"),
        (with("iat", json!(SECONDS - 3600)), "ExpiredProviderToken"),
    ];
    for (n, (token, reason)) in cases.into_iter().enumerate() {
        assert_eq!(code(&Draft::chat().header("authorization", &format!("bearer {token}"))), reason, "case {n}");
    }
    let public = open(&json!({"key": include_str!("../data/apns_vector.pub.pem")}));
    assert!(first(&send(&public, &Draft::chat())).accepted, "a public key serves as well");
}

#[test]
fn tokens_age_and_may_not_be_renewed_too_often() {
    let apns = open(&json!({"token_updates": 2}));
    let line = || Arc::new(Line::new(true, None));
    let shown = |iat: u64, at: u64| {
        let draft = Draft::chat().header("authorization", &format!("bearer {}", token(iat)));
        first(&send_at(&apns, &draft.header("apns-expiration", "0"), &line(), at)).code.clone()
    };
    let first_shown = format!("bearer {}", token(SECONDS));
    let again = |at: u64| {
        let draft = Draft::chat().header("authorization", &first_shown).header("apns-expiration", "0");
        first(&send_at(&apns, &draft, &line(), at)).code.clone()
    };
    assert_eq!(again(SECONDS), "200");
    assert_eq!(shown(SECONDS + 1, SECONDS + 1), "200");
    assert_eq!(shown(SECONDS + 2, SECONDS + 2), "TooManyProviderTokenUpdates");
    assert_eq!(again(SECONDS + 2), "200", "what was shown before stays good");
    assert_eq!(shown(SECONDS + 3, SECONDS + 1200), "200", "twenty minutes later");
    assert_eq!(again(SECONDS + 3600), "ExpiredProviderToken");
    apns.desk().expire("chat");
    assert_eq!(again(SECONDS + 1200), "ExpiredProviderToken");
    assert_eq!(shown(SECONDS + 1200, SECONDS + 1201), "200", "what was made stale is not counted");
}

#[test]
fn a_connection_that_carried_an_expired_token_is_of_no_more_use() {
    let apns = open(&json!({}));
    let line = Arc::new(Line::new(true, None));
    let show = |iat: u64, line: &Arc<Line>| {
        let draft = Draft::chat().header("authorization", &format!("bearer {}", token(iat)));
        first(&send_at(&apns, &draft, line, SECONDS)).code.clone()
    };
    assert_eq!(show(SECONDS + 31, &line), "InvalidProviderToken");
    assert_eq!(show(SECONDS, &line), "200", "another refusal spoils nothing");
    assert_eq!(show(SECONDS - 3600, &line), "ExpiredProviderToken");
    assert_eq!(show(SECONDS, &line), "ExpiredProviderToken", "whatever token comes next");
    assert_eq!(show(SECONDS, &Arc::new(Line::new(true, None))), "200", "on a connection of its own");
}

#[test]
fn a_connection_is_bound_by_its_first_push() {
    let apns = open(&json!({}));
    let other = json!({"bundle_id": "com.example.shop", "team_id": "DEF123GHIJ", "key_id": "ABC123DEFH", "key": KEY});
    apns.register("shop", other).unwrap();
    let jwt = jwt(&json!({"kid": "ABC123DEFH"}), &json!({"iss": "DEF123GHIJ", "iat": SECONDS}));
    let shop = Draft::chat().header("apns-topic", "com.example.shop").header("authorization", &format!("bearer {jwt}"));
    let line = Arc::new(Line::new(true, None));
    let code = |draft: &Draft| first(&send_at(&apns, draft, &line, SECONDS)).code.clone();
    assert_eq!(code(&shop.header("apns-priority", "7")), "BadPriority");
    assert_eq!(code(&Draft::chat()), "200", "a push that was refused binds nothing");
    let shop = Draft::chat().header("apns-topic", "com.example.shop").header("authorization", &format!("bearer {jwt}"));
    assert_eq!(code(&shop), "UnrelatedKeyIdInToken");
    assert_eq!(first(&send(&apns, &shop)).code, "200", "on a connection of its own");
}

#[test]
fn a_certificate_stands_for_a_token() {
    let pem = include_str!("../data/apns_client.pem");
    let apns = open(&json!({"key": null, "certificate": pem}));
    let plain = Draft::chat().header("authorization", "");
    let with = |shown: Option<&str>, draft: &Draft| {
        first(&send_at(&apns, draft, &Arc::new(Line::new(true, shown.map(str::to_owned))), SECONDS)).code.clone()
    };
    // `openssl x509 -fingerprint -sha256`
    let own = include_str!("../data/apns_client.sha256").trim();
    assert_eq!(with(Some(own), &plain), "200");
    assert_eq!(with(Some("00"), &plain), "BadCertificate");
    assert_eq!(with(None, &plain), "MissingProviderToken");
    assert_eq!(with(Some(own), &Draft::chat()), "InvalidProviderToken");
    let there = Draft { path: format!("/sandbox/3/device/{TOKEN}"), ..plain };
    assert_eq!(with(Some(own), &there), "BadCertificateEnvironment");
}
