//! What the tests share: asking a vendor directly, and a client that shows what happens on the socket.

#![allow(dead_code, reason = "every test binary uses another part")]
#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use push_sim::{Answer, Ask, Ruling, Sim, Simulator, Word};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A time for tests that need none of their own: the time of the sheets' vectors.
pub(crate) const NOW: u64 = 1_767_225_600_000;

/// Asks a vendor without a socket.
pub(crate) fn ask<S: Simulator + 'static>(
    sim: &Arc<S>,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
    now: u64,
) -> Ruling {
    let opened = Arc::clone(sim).open(request(path, headers, body));
    let targets = opened.aims.len();
    let ruling = (opened.judge)(now);
    for n in 0..targets {
        assert!(ruling.words.about(n).is_some(), "a word for every target");
    }
    ruling
}

pub(crate) fn request(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Ask {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        map.append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
    }
    Ask { method: Method::POST, path: path.to_owned(), headers: map, body: body.to_vec().into() }
}

pub(crate) fn json_of(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

/// The word about the first target, or about the call.
pub(crate) fn first(ruling: &Ruling) -> &Word {
    ruling.words.about(0).unwrap()
}

/// Sets (or with `Null` removes) what a JSON pointer names, making objects on the way.
pub(crate) fn patch(value: &mut Value, pointer: &str, new: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    if value.pointer(parent).is_none() {
        patch(value, parent, serde_json::json!({}));
    }
    let object = value.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    if new.is_null() {
        object.remove(name);
    } else {
        object.insert(name.to_owned(), new);
    }
}

/// An answer as it came over the socket.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Heard {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim())
    }
}

/// A connection of our own, so that resets and silence can be told apart.
pub(crate) struct Client(TcpStream);

impl Client {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self(stream)
    }

    pub(crate) async fn write(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: sim\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        self.0.write_all(format!("{head}\r\n").as_bytes()).await.unwrap();
        self.0.write_all(body).await.unwrap();
    }

    /// Reads one answer; an error is what the socket did instead.
    pub(crate) async fn read(&mut self) -> io::Result<Heard> {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            if self.0.read_buf(&mut bytes).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut heard = Heard { status: head[9..12].parse().unwrap(), head, body: bytes[end..].to_vec() };
        let length: usize = heard.header("content-length").map_or(0, |length| length.parse().unwrap());
        while heard.body.len() < length {
            if self.0.read_buf(&mut heard.body).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(heard)
    }

    pub(crate) async fn call(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Heard> {
        self.write(method, path, headers, body).await;
        within(self.read()).await
    }
}

/// The deadline of every wait: far above what anything takes.
pub(crate) async fn within<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(Duration::from_secs(20), what).await.expect("the event did not come in time")
}

/// Running simulators with a Parcel app, and a connection for control.
pub(crate) struct Stage {
    pub(crate) sim: Sim,
    pub(crate) control: Client,
    token: String,
}

impl Stage {
    pub(crate) async fn set(seen: Option<&std::path::Path>) -> Self {
        let sim = Sim::start(([127, 0, 0, 1], 0).into(), seen).await.unwrap();
        let control = Client::connect(sim.address()).await;
        let mut stage = Self { sim, control, token: String::new() };
        let app = r#"{"vendor":"parcel","app":"chat","app_id":"p1","app_secret":"s3cret"}"#;
        stage.post("/control/apps", app).await;
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let body = b"grant=app&app_id=p1&app_secret=s3cret";
        let heard = stage.control.call("POST", "/parcel/auth", &form, body).await.unwrap();
        stage.token = heard.json()["token"].as_str().unwrap().to_owned();
        stage
    }

    pub(crate) async fn post(&mut self, path: &str, body: &str) -> Value {
        let heard = self.control.call("POST", path, &[], body.as_bytes()).await.unwrap();
        assert_eq!(heard.status, 200, "{path} {body}: {}", String::from_utf8_lossy(&heard.body));
        heard.json()
    }

    pub(crate) async fn get(&mut self, path: &str) -> Heard {
        self.control.call("GET", path, &[], b"").await.unwrap()
    }

    /// Orders a fault for Parcel's `one`.
    pub(crate) async fn fault(&mut self, fault: &str) -> u64 {
        let order = format!(r#"{{"vendor":"parcel","api":"one","fault":{fault}}}"#);
        self.post("/control/faults", &order).await["id"].as_u64().unwrap()
    }

    /// The seen log from its beginning.
    pub(crate) async fn seen(&mut self) -> Vec<Value> {
        let text = String::from_utf8(self.get("/control/seen").await.body).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Writes one push of job `job` to `token` on a connection of its own.
    pub(crate) async fn push(&self, job: &str, token: &str) -> Client {
        let mut client = Client::connect(self.sim.address()).await;
        self.push_on(&mut client, job, token).await;
        client
    }

    pub(crate) async fn push_on(&self, client: &mut Client, job: &str, token: &str) {
        let body = format!(r#"{{"id":"{job}.0","title":"t","class":"talk","ttl":60,"token":"{token}"}}"#);
        let time = now().to_string();
        let sign = sign("s3cret", &time, body.as_bytes());
        let bearer = format!("Bearer {}", self.token);
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("x-parcel-time", &time),
            ("x-parcel-sign", &sign),
        ];
        client.write("POST", "/parcel/one", &headers, body.as_bytes()).await;
    }
}

pub(crate) fn now() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// Parcel's signature.
pub(crate) fn sign(secret: &str, time: &str, body: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    format!("{:x}", Sha256::digest([secret.as_bytes(), time.as_bytes(), body].concat()))
}
