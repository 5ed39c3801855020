//! Provider tokens (sections 3.1 and 3.4).

use std::{collections::BTreeSet, time::Duration};

use http::HeaderMap;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use push_contract::{Answer, AuthRefusal, Authentication, Timestamp};
use serde_json::json;

use crate::support::{app, open, provider_token};

/// The vector's signature in the wrong form.
const DER: &str = "MEYCIQCsNsciBMOpfG1G-RsJJ56HxgzN6X9fEMctv4IDoKMHQAIhANNo_XGfmP6WWM0NHdahOz5lsIsU0pUH4sFtBvbnYRXv";
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEnUkbeDYpzEGX2BiuKCA87euuIfN1
fNHFMAcBEcmhFCZnkktmplhqYoI9H6buM02SCtmIzE4IqyNLDFWJ/vmt2w==
-----END PUBLIC KEY-----
";
/// A slot's begin: 2026-11-21T08:00:00Z.
const SLOT: i64 = 1_795_248_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(seconds * 1000)
}

/// `iat` of a token.
fn iat(token: &str) -> i64 {
    use base64::Engine as _;
    let claims = token.split('.').nth(1).unwrap();
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(claims).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims.as_object().unwrap().len(), 2, "iss and iat, nothing else");
    claims["iat"].as_i64().unwrap()
}

#[test]
fn a_signature_is_raw_and_verifies() {
    let key = DecodingKey::from_ec_pem(PUBLIC.as_bytes()).unwrap();
    let token = provider_token(app(&json!({})).as_ref(), at(SLOT + 600));
    let (message, signature) = token.value.reveal().rsplit_once('.').unwrap();
    assert_eq!(signature.len(), 86, "64 bytes, no DER");
    assert!(crypto::verify(signature, message.as_bytes(), &key, Algorithm::ES256).unwrap());
    assert!(!crypto::verify(DER, message.as_bytes(), &key, Algorithm::ES256).unwrap_or(false));
    assert!(message.starts_with("eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQzEyM0RFRkcifQ."), "alg and kid, nothing else");
}

#[test]
fn replicas_share_a_token_without_knowing_of_each_other() {
    let tokens: BTreeSet<String> = (60..1860)
        .step_by(60)
        .map(|second| provider_token(app(&json!({})).as_ref(), at(SLOT + second)).value.reveal().to_owned())
        .collect();
    assert_eq!(tokens.len(), 1, "one token for half an hour, from the slot's second minute on");
    assert_eq!(iat(tokens.first().unwrap()), SLOT);
    let before = provider_token(app(&json!({})).as_ref(), at(SLOT + 59));
    assert_eq!(iat(before.value.reveal()), SLOT - 1800);
}

#[test]
fn a_token_is_renewed_between_twenty_minutes_and_an_hour() {
    let app = app(&json!({}));
    let mut now = SLOT + 700;
    let mut last = None;
    for _ in 0..20 {
        let token = provider_token(app.as_ref(), at(now));
        let issued = iat(token.value.reveal());
        assert_eq!(token.expires_at, at(issued + 3600));
        let renew = token.expires_at.as_secs() - i64::try_from(token.renew_before.as_secs()).unwrap();
        assert!(renew - now <= 1860 && renew - issued <= 1860, "never older than 31 minutes");
        assert!(last.is_none_or(|last| issued - last == 1800), "in turn");
        (last, now) = (Some(issued), renew);
    }
}

#[test]
fn a_stale_token_is_replaced_once_in_twenty_minutes() {
    let app = app(&json!({}));
    let ask = |seconds: i64| {
        let token = provider_token(app.as_ref(), at(SLOT + seconds));
        let renew = token.expires_at.as_secs() - i64::try_from(token.renew_before.as_secs()).unwrap();
        (iat(token.value.reveal()) - SLOT, renew - SLOT)
    };
    assert_eq!(ask(400), (0, 1860));
    assert_eq!(ask(430), (420, 1860), "asked again: it was stale; whole minutes");
    assert_eq!(ask(500), (420, 1860), "and again: the same");
    assert_eq!(ask(1619), (420, 1860));
    assert_eq!(ask(1860), (1800, 3660), "the next slot, 24 minutes later");
    assert_eq!(ask(3500), (3480, 5460), "too close to the next slot: the one after");
    assert_eq!(ask(3660), (3480, 5460));
}

#[test]
fn a_clock_that_is_set_back_brings_no_old_token_back() {
    let app = app(&json!({}));
    let ask = |seconds: i64| iat(provider_token(app.as_ref(), at(SLOT + seconds)).value.reveal()) - SLOT;
    assert_eq!(ask(100), 0);
    // Half a minute back, into the slot before: the token out of turn is the newest that can be made.
    assert_eq!(ask(30), 0);
}

#[test]
fn there_is_no_token_endpoint_and_a_certificate_needs_no_token() {
    let answer = Answer { status: 200, headers: HeaderMap::new(), body: "{}".into(), at: at(SLOT) };
    let refusal = app(&json!({})).read_credential(&answer).unwrap_err();
    assert!(matches!(refusal, AuthRefusal::Unavailable { .. }));
    let pem = "-----BEGIN CERTIFICATE-----\nx\n-----BEGIN PRIVATE KEY-----\n";
    let app = open(&json!({ "auth": "certificate", "certificate": pem, "key": null })).unwrap();
    assert!(matches!(app.authentication("", at(SLOT)), Authentication::InRequest));
    assert_eq!(app.connection().identity.unwrap().reveal(), pem);
}

#[test]
fn connections_are_few_and_kept() {
    let connection = app(&json!({ "authorities": "PEM", "connections": 3 })).connection();
    let http2 = connection.http2.unwrap();
    assert_eq!((http2.connections, http2.streams, http2.ping), (3, 500, Duration::from_secs(60)));
    assert!(http2.warm_up && http2.ping_idle && connection.identity.is_none());
    assert_eq!(connection.authorities.as_deref(), Some("PEM"));
}
