//! TLS and HTTP/2: what a client sees of streams, and of faults over them.

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use h2::client::SendRequest;
use h2::{Error, Reason};
use http::{Request, StatusCode};
use serde_json::{Value, json};
use support::{Stage, now, sign, within};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

async fn tls(stage: &Stage, protocol: &[u8]) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(stage.sim.authority_pem().as_bytes()).unwrap()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let stream = TcpStream::connect(stage.sim.tls_address()).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(protocol));
    stream
}

/// A connection over which Parcel's app has asked for a token.
struct Phone {
    requests: SendRequest<Bytes>,
    bearer: String,
}

impl Phone {
    async fn connect(stage: &Stage) -> Self {
        let (requests, connection) = h2::client::handshake(tls(stage, b"h2").await).await.unwrap();
        tokio::spawn(async move { connection.await.unwrap_or_default() });
        Self { requests, bearer: String::new() }
    }

    /// As [`Phone::connect`], and trusted: more than one stream is open to it.
    async fn trusted(stage: &Stage) -> Self {
        let mut phone = Self::connect(stage).await;
        let form = [("content-type", "application/x-www-form-urlencoded")];
        let (status, body) = phone.call("/parcel/auth", &form, b"grant=app&app_id=p1&app_secret=s3cret").await.unwrap();
        assert_eq!(status, StatusCode::OK);
        phone.bearer = format!("Bearer {}", body["token"].as_str().unwrap());
        phone
    }

    async fn call(&mut self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<(StatusCode, Value), Error> {
        let mut request = Request::post(format!("https://127.0.0.1{path}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut free = within(self.requests.clone().ready()).await?;
        let (answer, mut sending) = free.send_request(request.body(()).unwrap(), false)?;
        sending.send_data(Bytes::copy_from_slice(body), true)?;
        let (head, mut stream) = within(answer).await?.into_parts();
        let mut whole = BytesMut::new();
        while let Some(piece) = within(stream.data()).await {
            let piece = piece?;
            stream.flow_control().release_capacity(piece.len())?;
            whole.extend_from_slice(&piece);
        }
        Ok((head.status, serde_json::from_slice(&whole).unwrap_or_default()))
    }

    async fn push(&mut self, job: &str) -> Result<(StatusCode, Value), Error> {
        let body = format!(r#"{{"id":"{job}.0","title":"t","class":"talk","ttl":60,"token":"T1"}}"#);
        let time = now().to_string();
        let sign = sign("s3cret", &time, body.as_bytes());
        let bearer = self.bearer.clone();
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/json"),
            ("x-parcel-time", &time),
            ("x-parcel-sign", &sign),
        ];
        self.call("/parcel/one", &headers, body.as_bytes()).await
    }
}

#[tokio::test]
async fn vendors_answer_over_tls_by_either_version() {
    let mut stage = Stage::set(None).await;
    let mut phone = Phone::trusted(&stage).await;
    assert_eq!(phone.push("j1").await.unwrap().1["code"], json!(0));
    assert_eq!(stage.seen().await[0]["job"], json!("j1"));
    assert_eq!(stage.get("/control/authority").await.body, stage.sim.authority_pem().as_bytes());
    // Apple's clients take a host and no path.
    let (status, answer) = phone.call("/3/device/00", &[], b"{}").await.unwrap();
    assert_eq!((status, &answer["reason"]), (StatusCode::BAD_REQUEST, &json!("InvalidPushType")));

    let mut old = tls(&stage, b"http/1.1").await;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    old.write_all(b"GET /control/counts HTTP/1.1\r\nhost: sim\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut text = String::new();
    within(old.read_to_string(&mut text)).await.unwrap();
    assert!(text.starts_with("HTTP/1.1 200") && text.contains("\"open_connections\":3"), "{text}");
}

#[tokio::test]
async fn a_new_connection_has_one_stream_until_it_is_trusted() {
    let mut stage = Stage::set(None).await;
    stage.post("/control/http2", r#"{"streams":70}"#).await;
    let mut phone = Phone::connect(&stage).await;
    stage.fault(r#"{"do":"status","status":403}"#).await;
    let (status, _) = phone.push("j1").await.unwrap();
    assert_eq!((status, phone.requests.current_max_send_streams()), (StatusCode::FORBIDDEN, 1));
    stage.control.call("DELETE", "/control/faults", &[], b"").await.unwrap();
    let mut phone = Phone::trusted(&stage).await;
    // The new number comes behind the answer; the next answer is behind it.
    phone.push("j1").await.unwrap();
    assert_eq!(phone.requests.current_max_send_streams(), 70);
}

#[tokio::test]
async fn a_stream_ends_alone_and_a_connection_with_all() {
    let mut stage = Stage::set(None).await;
    let mut phone = Phone::trusted(&stage).await;
    for (fault, taken) in [("reset_before", false), ("reset_after", true)] {
        let id = stage.fault(&format!(r#"{{"do":"{fault}","h2":7}}"#)).await;
        let error = phone.push("j1").await.unwrap_err();
        assert_eq!(
            (error.reason(), error.is_remote(), error.is_go_away()),
            (Some(Reason::REFUSED_STREAM), true, false)
        );
        let line = stage.seen().await.pop().unwrap();
        assert_eq!((&line["accepted"], &line["delivered"]), (&json!(taken), &json!(false)));
        stage.control.call("DELETE", &format!("/control/faults/{id}"), &[], b"").await.unwrap();
        assert_eq!(phone.push("j2").await.unwrap().0, StatusCode::OK, "the connection lives");
    }
    stage.fault(r#"{"do":"reset_after"}"#).await;
    let error = phone.push("j3").await.unwrap_err();
    assert!(error.is_io() && !error.is_reset(), "{error:?}");
    assert!(phone.push("j4").await.is_err(), "the connection is gone");
}

#[tokio::test]
async fn goaway_comes_behind_the_answer() {
    let mut stage = Stage::set(None).await;
    let mut phone = Phone::trusted(&stage).await;
    stage.fault(r#"{"do":"goaway"}"#).await;
    assert_eq!(phone.push("j1").await.unwrap().0, StatusCode::OK);
    let line = stage.seen().await.pop().unwrap();
    assert_eq!((&line["accepted"], &line["delivered"]), (&json!(true), &json!(true)));
    // The client may or may not have heard of it yet; at last it has.
    let error = loop {
        if let Err(error) = phone.push("j2").await {
            break error;
        }
    };
    assert!(error.is_go_away() || error.is_io(), "{error:?}");
    assert_eq!(stage.get("/control/wait?what=open_connections&at_most=1").await.status, 200);
}

#[tokio::test]
async fn a_stream_that_hangs_holds_up_no_other() {
    let mut stage = Stage::set(None).await;
    let mut phone = Phone::trusted(&stage).await;
    stage.post("/control/faults", r#"{"vendor":"parcel","api":"one","count":1,"fault":{"do":"hang"}}"#).await;
    let mut other = Phone { requests: phone.requests.clone(), bearer: phone.bearer.clone() };
    tokio::select! {
        biased;
        answer = phone.push("j1") => panic!("an answer to a stream that hangs: {answer:?}"),
        () = async {
            assert_eq!(stage.get("/control/wait?vendor=parcel&what=calls").await.status, 200);
            assert_eq!(other.push("j2").await.unwrap().0, StatusCode::OK);
        } => {}
    }
    stage.post("/control/faults", r#"{"vendor":"parcel","api":"one","count":1,"fault":{"do":"huge"}}"#).await;
    assert_eq!(other.push("j3").await.unwrap().0, StatusCode::OK, "2 MB through the windows of a stream");
}

#[tokio::test]
async fn the_numbers_of_streams_are_checked() {
    let mut stage = Stage::set(None).await;
    for wrong in [r#"{"first":0}"#, r#"{"first":2,"streams":1}"#, r#"{"max":1}"#] {
        assert_eq!(stage.control.call("POST", "/control/http2", &[], wrong.as_bytes()).await.unwrap().status, 400);
    }
}
