//! Tokens that a service account signs (section 3.2). PSS is randomised: signatures are verified, not compared.

use std::{sync::LazyLock, time::Duration};

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rsa::{KeyPair, KeySize, PublicKeyComponents},
    signature::KeyPair as _,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode_header};
use push_contract::{Authentication, Timestamp, Token};
use serde_json::{Value, json};

use crate::support::open;

/// 2026-01-01T00:00:00Z, as in the sheet's vector.
const NOW: Timestamp = Timestamp::from_millis(1_767_225_600_000);

static KEY: LazyLock<KeyPair> = LazyLock::new(|| KeyPair::generate(KeySize::Rsa2048).unwrap());

/// A key file with a key of this run.
pub(crate) fn key_file() -> Value {
    let der: Pkcs8V1Der<'_> = KEY.as_der().unwrap();
    let lines: Vec<String> = STANDARD
        .encode(der.as_ref())
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8(line.to_vec()).unwrap())
        .collect();
    let (begin, end) = ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----");
    json!({
        "project_id": "3158882", "key_id": "0123456789abcdef0123456789abcdef", "sub_account": "109999999",
        "private_key": format!("{begin}\n{}\n{end}\n", lines.join("\n")),
        "auth_uri": "https://oauth-login.cloud.huawei.com/oauth2/v3/authorize",
    })
}

fn settings(key_file: &Value) -> Value {
    json!({ "service_account": key_file.to_string(), "client_secret": null })
}

fn token() -> Token {
    match open(&settings(&key_file())).unwrap().authentication("", NOW) {
        Authentication::Token(token) => token,
        other => panic!("not signed here: {other:?}"),
    }
}

fn public_half() -> DecodingKey {
    let parts: PublicKeyComponents<Vec<u8>> = KEY.public_key().into();
    DecodingKey::from_rsa_raw_components(&parts.n, &parts.e)
}

fn verify(token: &str, key: &DecodingKey, algorithm: Algorithm) -> Result<Value, jsonwebtoken::errors::Error> {
    let mut rules = Validation::new(algorithm);
    rules.validate_exp = false;
    rules.validate_aud = false;
    jsonwebtoken::decode::<Value>(token, key, &rules).map(|token| token.claims)
}

#[test]
fn a_token_verifies_as_ps256_and_not_as_rs256() {
    let token = token();
    assert_eq!((token.expires_at, token.renew_before), (NOW.plus(Duration::from_secs(3600)), Duration::from_secs(300)));
    let text = token.value.reveal();
    let header = decode_header(text).unwrap();
    assert_eq!((header.alg, header.typ.as_deref()), (Algorithm::PS256, Some("JWT")));
    assert_eq!(header.kid.as_deref(), Some("0123456789abcdef0123456789abcdef"));
    let wanted = json!({
        "aud": "https://oauth-login.cloud.huawei.com/oauth2/v3/token", "iss": "109999999",
        "exp": 1_767_229_200, "iat": 1_767_225_600,
    });
    assert_eq!(verify(text, &public_half(), Algorithm::PS256).unwrap(), wanted);

    let signed = text.rsplit_once('.').unwrap();
    let rs256 = jsonwebtoken::crypto::verify(signed.1, signed.0.as_bytes(), &public_half(), Algorithm::RS256);
    assert!(!rs256.unwrap_or(false), "it must not pass as RS256");
}

#[test]
fn the_sheets_vector_verifies() {
    let key = DecodingKey::from_rsa_pem(include_bytes!("vector.pub.pem")).unwrap();
    let text = include_str!("vector.jwt").trim();
    let claims = verify(text, &key, Algorithm::PS256).unwrap();
    assert_eq!((&claims["iss"], &claims["iat"]), (&json!("109999999"), &json!(1_767_225_600)));
    assert!(verify(text, &public_half(), Algorithm::PS256).is_err());
}

#[test]
fn the_project_is_the_key_files() {
    let mut v2 = settings(&key_file());
    v2["client_id"] = "".into();
    v2["project_id"] = "3158882".into();
    assert!(open(&v2).is_ok(), "v2 needs no client ID");
    v2["project_id"] = "1".into();
    let Err(error) = open(&v2) else { panic!("another project is taken") };
    assert_eq!((error.key.as_str(), error.value.as_str()), ("project_id", "1"));
}

#[test]
fn a_wrong_key_file_is_refused_without_being_shown() {
    let mut no_key = key_file();
    no_key["private_key"] = "hunter2".into();
    let mut no_name = key_file();
    no_name.as_object_mut().unwrap().remove("sub_account");
    for file in [no_key, no_name, json!("hunter2")] {
        let Err(error) = open(&settings(&file)) else { panic!("a wrong key file is taken") };
        assert_eq!((error.key.as_str(), error.value.as_str()), ("service_account", "(secret)"));
        assert!(!error.to_string().contains("hunter2"), "{error}");
    }
}
