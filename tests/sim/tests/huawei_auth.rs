//! Huawei's credentials: the token endpoint and service-account tokens (sheet `huawei.md`, section 3).

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use push_sim::vendors::Huawei;
use push_sim::{Ruling, Simulator};
use serde_json::{Value, json};
use support::{NOW, ask, first, json_of, request};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const DATA: &[u8] = br#"{"message":{"data":"x","token":["T1"]}}"#;
const KEY: &str = include_str!("data/throwaway.pem");
const PUBLIC: &str = include_str!("data/throwaway.pub.pem");
const SECOND: u64 = 1000;

fn huawei() -> Arc<Huawei> {
    let huawei = Arc::new(Huawei::default());
    let app = |id: &str| {
        json!({"client_id": id, "client_secret": "a+b/c=d&e f", "project_id": "9", "token_limit": 3,
               "service_account_public_key": PUBLIC, "sub_account": "109999999", "key_id": "k1"})
    };
    huawei.register("chat", app("1")).unwrap();
    huawei.register("shop", app("2")).unwrap();
    huawei
}

fn token(huawei: &Arc<Huawei>, client: &str, now: u64) -> String {
    let body = format!("grant_type=client_credentials&client_id={client}&client_secret=a%2Bb%2Fc%3Dd%26e+f");
    let ruling = ask(huawei, "/oauth2/v3/token", &[FORM], body.as_bytes(), now);
    json_of(&ruling.answer)["access_token"].as_str().unwrap().to_owned()
}

fn send(huawei: &Arc<Huawei>, path: &str, credential: &str, now: u64) -> Ruling {
    ask(huawei, path, &[JSON, ("authorization", &format!("Bearer {credential}"))], DATA, now)
}

fn code_of(ruling: &Ruling) -> &str {
    &first(ruling).code
}

fn jwt(header: &Value, claims: &Value, algorithm: Algorithm) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let key = EncodingKey::from_rsa_pem(KEY.as_bytes()).unwrap();
    let signature = crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn header() -> Value {
    json!({"kid": "k1", "typ": "JWT", "alg": "PS256"})
}

fn claims() -> Value {
    let at = NOW / SECOND;
    let aud = "https://oauth-login.cloud.huawei.com/oauth2/v3/token";
    json!({"aud": aud, "iss": "109999999", "exp": at + 3600, "iat": at})
}

#[test]
fn the_token_answer_is_the_sheets() {
    let huawei = huawei();
    let body = b"grant_type=client_credentials&client_id=1&client_secret=a%2Bb%2Fc%3Dd%26e+f";
    let ruling = ask(&huawei, "/oauth2/v3/token", &[FORM], body, NOW);
    let answer = json_of(&ruling.answer);
    assert_eq!(
        (ruling.answer.status, &answer["expires_in"], &answer["token_type"]),
        (200, &json!(3600), &json!("Bearer"))
    );
    assert!(ruling.answer.headers.contains(&("cache-control".to_owned(), "no-store".to_owned())));
    let raw = String::from_utf8(ruling.answer.body.to_vec()).unwrap();
    assert!(raw.contains("\\/") && !answer["access_token"].as_str().unwrap().contains('\\'), "slashes go out escaped");
}

#[test]
fn wrong_token_requests_get_their_sub_error() {
    let cases = [
        ("grant_type=client_credentials&client_id=1&client_secret=a+b/c=d&e f", 20001),
        ("grant_type=client_credentials&client_id=1&client_secret=wrong", 12304),
        ("grant_type=client_credentials&client_id=x1&client_secret=a", 20002),
        ("grant_type=client_credentials&client_id=77&client_secret=a", 20003),
        ("grant_type=client_credentials&client_id=1&client_secret=", 20171),
        ("grant_type=password&client_id=1&client_secret=a", 20001),
        ("grant_type=client_credentials&client_id=1&client_secret=a&scope=b", 20001),
        ("grant_type=client_credentials&client_id=1&client_id=1&client_secret=a", 20001),
    ];
    let huawei = huawei();
    for (body, sub_error) in cases {
        let ruling = ask(&huawei, "/oauth2/v3/token", &[FORM], body.as_bytes(), NOW);
        let answer = json_of(&ruling.answer);
        assert_eq!(
            (ruling.answer.status, &answer["error"], &answer["sub_error"]),
            (400, &json!(1101), &json!(sub_error))
        );
    }
    assert_eq!(ask(&huawei, "/oauth2/v3/token", &[JSON], b"", NOW).answer.status, 400);
    assert_eq!(ask(&huawei, "/oauth2/v9/token", &[FORM], b"", NOW).answer.status, 404);
    let mut get = request("/oauth2/v3/token", &[FORM], b"");
    get.method = http::Method::GET;
    assert_eq!((Arc::clone(&huawei).open(get).judge)(NOW).answer.status, 405);
}

#[test]
fn token_requests_are_limited_in_five_minutes() {
    let huawei = huawei();
    (0..3).for_each(|_| drop(token(&huawei, "1", NOW)));
    let body = b"grant_type=client_credentials&client_id=1&client_secret=a%2Bb%2Fc%3Dd%26e+f";
    let ruling = ask(&huawei, "/oauth2/v3/token", &[FORM], body, NOW + 299 * SECOND);
    assert_eq!(ruling.answer.status, 503);
    drop(token(&huawei, "1", NOW + 300 * SECOND));
}

#[test]
fn a_token_is_good_for_its_app_and_its_time() {
    let huawei = huawei();
    let token = token(&huawei, "1", NOW);
    let later = NOW + 3600 * SECOND;
    assert!(first(&send(&huawei, "/v1/1/messages:send", &token, later - 1)).accepted);
    assert!(first(&send(&huawei, "/v2/9/messages:send", &token, NOW)).accepted);
    let refused = [
        (send(&huawei, "/v1/2/messages:send", &token, NOW), "80200001", 401),
        (send(&huawei, "/v1/3/messages:send", &token, NOW), "80200001", 401),
        (send(&huawei, "/v2/8/messages:send", &token, NOW), "80300002", 400),
        (send(&huawei, "/v1/1/messages:send", "made-up", NOW), "80200001", 401),
        (send(&huawei, "/v1/1/messages:send", &token, later), "80200003", 401),
        (ask(&huawei, "/v1/1/messages:send", &[JSON], DATA, NOW), "80200001", 401),
        (ask(&huawei, "/v1/1/messages:send", &[JSON, ("authorization", &token)], DATA, NOW), "80200001", 401),
        (send(&huawei, "/v3/9/messages:send", &token, NOW), "80200001", 401),
        (send(&huawei, "/v4/9/messages:send", &token, NOW), "http-404", 404),
    ];
    for (ruling, code, status) in &refused {
        assert_eq!((code_of(ruling), ruling.answer.status), (*code, *status));
    }
    huawei.desk().expire("chat");
    assert_eq!(code_of(&send(&huawei, "/v1/1/messages:send", &token, NOW)), "80200003");
}

#[test]
fn the_vector_of_the_sheet_verifies() {
    let huawei = Arc::new(Huawei::default());
    let app = json!({"client_id": "1", "sub_account": "109999999", "key_id": "0123456789abcdef0123456789abcdef",
                     "service_account_public_key": include_str!("data/sheet_vector.pub.pem")});
    huawei.register("chat", app).unwrap();
    let vector = include_str!("data/sheet_vector.jwt").trim();
    assert!(first(&send(&huawei, "/v1/1/messages:send", vector, NOW)).accepted);
    let (message, _) = vector.rsplit_once('.').unwrap();
    assert_eq!(code_of(&send(&huawei, "/v1/1/messages:send", &format!("{message}.AAAA"), NOW)), "80200001");
}

#[test]
fn a_service_account_serves_its_project_until_its_token_ends() {
    let huawei = huawei();
    let token = jwt(&header(), &claims(), Algorithm::PS256);
    assert!(first(&send(&huawei, "/v1/1/messages:send", &token, NOW)).accepted);
    assert!(first(&send(&huawei, "/v1/2/messages:send", &token, NOW)).accepted);
    assert!(first(&send(&huawei, "/v2/9/messages:send", &token, NOW)).accepted);
    assert_eq!(code_of(&send(&huawei, "/v1/1/messages:send", &token, NOW + 3600 * SECOND)), "80200005");
    huawei.desk().expire("chat");
    assert_eq!(code_of(&send(&huawei, "/v1/1/messages:send", &token, NOW)), "80200005");
    let fresh = jwt(&header(), &claims(), Algorithm::PS256);
    assert!(first(&send(&huawei, "/v1/1/messages:send", &fresh, NOW)).accepted, "a newly signed one is new");
}

#[test]
fn wrong_service_account_tokens() {
    let at = NOW / SECOND;
    let with = |mut value: Value, field: &str, new: Value| {
        value[field] = new;
        value
    };
    let cases = [
        (with(header(), "alg", json!("RS256")), claims(), Algorithm::RS256, "80200001"),
        (header(), claims(), Algorithm::RS256, "80200001"),
        (with(header(), "kid", json!("k2")), claims(), Algorithm::PS256, "80200001"),
        (with(header(), "typ", json!("jwt")), claims(), Algorithm::PS256, "80200001"),
        (with(header(), "x5u", json!("y")), claims(), Algorithm::PS256, "80200001"),
        (header(), with(claims(), "aud", json!("https://example.com")), Algorithm::PS256, "80200001"),
        (header(), with(claims(), "iss", json!("1")), Algorithm::PS256, "80200001"),
        (header(), with(claims(), "iat", json!("now")), Algorithm::PS256, "80200001"),
        (header(), with(claims(), "iat", json!(at + 400)), Algorithm::PS256, "80200001"),
        (header(), with(claims(), "exp", json!(at + 86_401)), Algorithm::PS256, "80300036"),
        (header(), with(with(claims(), "iat", json!(at - 60)), "exp", json!(at)), Algorithm::PS256, "80200005"),
    ];
    let huawei = huawei();
    for (header, claims, algorithm, code) in cases {
        let ruling = send(&huawei, "/v1/1/messages:send", &jwt(&header, &claims, algorithm), NOW);
        assert_eq!(code_of(&ruling), code, "{header} {claims}: {:?}", first(&ruling).why);
    }
    let day = with(claims(), "exp", json!(at + 86_400));
    let ruling = send(&huawei, "/v1/1/messages:send", &jwt(&header(), &day, Algorithm::PS256), NOW);
    assert!(first(&ruling).accepted, "a day is the most");
}

#[test]
fn a_replaced_registration_holds_at_once() {
    let huawei = huawei();
    let token = jwt(&header(), &claims(), Algorithm::PS256);
    assert!(first(&send(&huawei, "/v1/1/messages:send", &token, NOW)).accepted);
    huawei.register("chat", json!({"client_id": "1", "client_secret": "new", "project_id": "9"})).unwrap();
    assert_eq!(code_of(&send(&huawei, "/v1/1/messages:send", &token, NOW)), "80200001", "no service account any more");
    for wrong in [
        json!({"client_id": "x", "client_secret": "s"}),
        json!({"client_id": "2", "client_secret": "s"}),
        json!({"client_id": "1"}),
        json!({"client_id": "1", "client_secret": "s", "granted": ["im"]}),
        json!({"client_id": "1", "client_secret": "s", "colour": 1}),
        json!({"client_id": "1", "sub_account": "s", "service_account_public_key": "no pem"}),
    ] {
        assert!(huawei.register("chat", wrong.clone()).is_err(), "{wrong}");
    }
}
