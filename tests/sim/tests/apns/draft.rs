//! A good request, an app and its provider tokens, for each test to spoil.

use std::sync::Arc;

use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use push_sim::vendors::Apns;
use push_sim::{Ask, Line, Ruling, Simulator};
use serde_json::{Value, json};

use crate::support::{first, request};

/// The throw-away key of section 3.4.
pub(crate) const KEY: &str = include_str!("../data/apns_vector.pem");
pub(crate) const VECTOR: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQzEyM0RFRkcifQ.eyJpc3MiOiJERUYxMjNHSElKIiwiaWF0IjoxNzAwMDAwMDAwfQ.rDbHIgTDqXxtRvkbCSeeh8YMzel_XxDHLb-CA6CjB0DTaP1xn5j-lljNDR3WoTs-ZbCLFNKVB-LBbQb252EV7w";
pub(crate) const VECTOR_DER: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQzEyM0RFRkcifQ.eyJpc3MiOiJERUYxMjNHSElKIiwiaWF0IjoxNzAwMDAwMDAwfQ.MEYCIQCsNsciBMOpfG1G-RsJJ56HxgzN6X9fEMctv4IDoKMHQAIhANNo_XGfmP6WWM0NHdahOz5lsIsU0pUH4sFtBvbnYRXv";
/// 100 s after the vector's `iat`, in seconds.
pub(crate) const SECONDS: u64 = 1_700_000_100;
pub(crate) const TOKEN: &str = "00fc13adff785122b4ad28809a3420982341241421348097878e577c991de8f0";
pub(crate) const ID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";

pub(crate) fn registration() -> Value {
    json!({"bundle_id": "com.example.chat", "team_id": "DEF123GHIJ", "key_id": "ABC123DEFG", "key": KEY,
           "granted": ["voip", "time-sensitive"]})
}

pub(crate) fn jwt(header: &Value, claims: &Value) -> String {
    let mut head = Header::new(Algorithm::ES256);
    head.typ = header.get("typ").map(|typ| typ.as_str().unwrap().to_owned());
    head.kid = header.get("kid").map(|kid| kid.as_str().unwrap().to_owned());
    encode(&head, claims, &EncodingKey::from_ec_pem(KEY.as_bytes()).unwrap()).unwrap()
}

pub(crate) fn token(iat: u64) -> String {
    jwt(&json!({"kid": "ABC123DEFG"}), &json!({"iss": "DEF123GHIJ", "iat": iat}))
}

/// A request being written; each test spoils one thing.
pub(crate) struct Draft {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Draft {
    /// Sample (a).
    pub(crate) fn chat() -> Self {
        let headers = [
            ("authorization", format!("bearer {VECTOR}")),
            ("apns-topic", "com.example.chat".to_owned()),
            ("apns-push-type", "alert".to_owned()),
            ("apns-priority", "10".to_owned()),
            ("apns-expiration", "1700086400".to_owned()),
            ("apns-collapse-id", "m-9876543210".to_owned()),
            ("apns-id", ID.to_owned()),
        ];
        let path = format!("/3/device/{TOKEN}");
        Self { method: Method::POST, path, headers: headers.into(), body: chat().to_string().into() }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            self.headers.push((name, value.to_owned()));
        }
        self
    }

    pub(crate) fn body(mut self, body: &Value) -> Self {
        self.body = body.to_string().into();
        self
    }

    pub(crate) fn to(mut self, token: &str) -> Self {
        self.path = format!("/3/device/{token}");
        self
    }

    pub(crate) fn ask(&self) -> Ask {
        let headers: Vec<(&str, &str)> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        Ask { method: self.method.clone(), ..request(&self.path, &headers, &self.body) }
    }
}

pub(crate) fn chat() -> Value {
    json!({"aps":{"alert":{"title":"Alice","subtitle":"Project X","body":"Lunch at one?"},"badge":7,"sound":"default",
      "thread-id":"conv-42","category":"CHAT_MESSAGE","mutable-content":1,"interruption-level":"active"},
      "ext":"{\"job\":\"j-1\",\"conv\":\"42\"}","image":"https://cdn.example.com/a.png"})
}

pub(crate) fn open(extra: &Value) -> Arc<Apns> {
    let apns = Arc::new(Apns::default());
    let mut app = registration();
    app.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    app.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    apns.register("chat", app).unwrap();
    apns
}

pub(crate) fn send_at(apns: &Arc<Apns>, draft: &Draft, line: &Arc<Line>, seconds: u64) -> Ruling {
    (Arc::clone(apns).open_on(draft.ask(), line).judge)(seconds * 1000)
}

pub(crate) fn send(apns: &Arc<Apns>, draft: &Draft) -> Ruling {
    send_at(apns, draft, &Arc::new(Line::new(true, None)), SECONDS)
}

/// Sends to a fresh app.
pub(crate) fn code(draft: &Draft) -> String {
    first(&send(&open(&json!({})), draft)).code.clone()
}

pub(crate) fn voip() -> Draft {
    Draft::chat()
        .header("apns-topic", "com.example.chat.voip")
        .header("apns-push-type", "voip")
        .header("apns-expiration", "0")
        .header("apns-collapse-id", "")
        .body(&json!({"aps":{},"ext":"{\"call\":\"c-1\"}"}))
}

pub(crate) fn background() -> Draft {
    Draft::chat()
        .header("apns-push-type", "background")
        .header("apns-priority", "5")
        .header("apns-collapse-id", "")
        .body(&json!({"aps":{"content-available":1},"ext":"{\"op\":\"sync\",\"seq\":101}"}))
}
