//! Every fault as a caller sees it on the socket, and what the seen log says of it.

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::io::ErrorKind;

use serde_json::{Value, json};
use support::{Client, Stage, now, within};

/// Orders a fault, sends one push into it, and gives the answer with the log's line.
async fn struck(fault: &str) -> (std::io::Result<support::Heard>, Value) {
    let mut stage = Stage::set(None).await;
    stage.fault(fault).await;
    let mut client = stage.push("j1", "T1").await;
    let heard = within(client.read()).await;
    let mut seen = stage.seen().await;
    assert_eq!(seen.len(), 1);
    (heard, seen.remove(0))
}

/// `accepted` and `delivered` of a line.
fn fate(line: &Value) -> (bool, bool) {
    assert_eq!((&line["job"], &line["token"], &line["vendor"]), (&json!("j1"), &json!("T1"), &json!("parcel")));
    (line["accepted"].as_bool().unwrap(), line["delivered"].as_bool().unwrap())
}

#[tokio::test]
async fn statuses_codes_and_redirects_are_not_taken() {
    let (heard, line) = struck(r#"{"do":"status","status":503,"body":"busy","headers":{"retry-after":"7"}}"#).await;
    let heard = heard.unwrap();
    assert_eq!((heard.status, heard.header("retry-after"), &heard.body[..]), (503, Some("7"), &b"busy"[..]));
    assert_eq!((fate(&line), &line["code"]), ((false, true), &json!("http-503")));

    let (heard, line) = struck(r#"{"do":"code","code":5003,"fields":{"until":5}}"#).await;
    assert_eq!(heard.unwrap().json(), json!({"code": 5003, "until": 5}));
    assert_eq!((fate(&line), &line["code"]), ((false, true), &json!("5003")));

    let (heard, line) = struck(r#"{"do":"redirect","to":"http://127.0.0.1:1/"}"#).await;
    let heard = heard.unwrap();
    assert_eq!((heard.status, heard.header("location")), (302, Some("http://127.0.0.1:1/")));
    assert_eq!(fate(&line), (false, true));
}

#[tokio::test]
async fn resets_are_resets() {
    let (heard, line) = struck(r#"{"do":"reset_before"}"#).await;
    assert_eq!(heard.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(fate(&line), (false, false));
    let (heard, line) = struck(r#"{"do":"reset_after"}"#).await;
    assert_eq!(heard.unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(fate(&line), (true, false));
}

#[tokio::test]
async fn strange_answers_to_what_was_taken() {
    let (heard, line) = struck(r#"{"do":"huge","bytes":2000000}"#).await;
    assert_eq!(heard.unwrap().body.len(), 2_000_000);
    assert_eq!(fate(&line), (true, false));

    let (heard, line) = struck(r#"{"do":"gzip"}"#).await;
    let heard = heard.unwrap();
    assert_eq!((heard.header("content-encoding"), &heard.body[..2]), (Some("gzip"), &[0x1f, 0x8b][..]));
    assert_eq!(fate(&line), (true, false));
    let (heard, _) = struck(r#"{"do":"gzip","garbage":true}"#).await;
    assert_eq!(heard.unwrap().json()["code"], json!(0));

    let (heard, line) = struck(r#"{"do":"body","text":"<html>","accepted":true}"#).await;
    assert_eq!((heard.unwrap().body, fate(&line)), (b"<html>".to_vec(), (true, false)));
    let (heard, line) = struck(r#"{"do":"body","text":"","accepted":false}"#).await;
    assert_eq!((heard.unwrap().status, fate(&line)), (200, (false, false)));
}

#[tokio::test]
async fn late_and_slow_answers_are_whole() {
    let before = now();
    let (heard, line) = struck(r#"{"do":"delay","ms":30}"#).await;
    assert_eq!(heard.unwrap().json()["code"], json!(0));
    assert_eq!(fate(&line), (true, true));
    assert!(line["at"].as_u64().unwrap() >= before + 30, "taken when the delay is over");
    let (heard, line) = struck(r#"{"do":"slow_bytes","ms":1,"bytes":3}"#).await;
    assert_eq!(heard.unwrap().json()["code"], json!(0));
    assert_eq!(fate(&line), (true, false), "nobody can say whether a caller has the patience");
}

#[tokio::test]
async fn hanging_calls_are_silent() {
    for (fault, taken) in [(r#"{"do":"hang"}"#, true), (r#"{"do":"hang_before"}"#, false)] {
        let mut stage = Stage::set(None).await;
        stage.fault(fault).await;
        let mut client = stage.push("j1", "T1").await;
        let heard = stage.get("/control/wait?vendor=parcel&what=calls&at_least=1").await;
        assert_eq!(heard.status, 200);
        assert_eq!(fate(&stage.seen().await[0]), (taken, false));
        tokio::select! {
            biased;
            _ = client.read() => panic!("an answer to a call that hangs"),
            heard = stage.get("/control/counts") => assert_eq!(heard.json()["open_connections"], json!(2)),
        }
    }
}

#[tokio::test]
async fn held_calls_wait_for_release() {
    for (accept, at_once) in [("after", 1), ("before", 0)] {
        let mut stage = Stage::set(None).await;
        let id = stage.fault(&format!(r#"{{"do":"hold","accept":"{accept}"}}"#)).await;
        let mut client = stage.push("j1", "T1").await;
        let held = stage.get("/control/wait?what=held&at_least=1").await.json();
        assert_eq!((&held["held"], &held["accepted"]), (&json!(1), &json!(at_once)));
        assert_eq!(stage.post("/control/release", &format!(r#"{{"id":{}}}"#, id + 1)).await, json!({"released": 0}));
        assert_eq!(stage.post("/control/release", &format!(r#"{{"id":{id}}}"#)).await, json!({"released": 1}));
        assert_eq!(within(client.read()).await.unwrap().json()["code"], json!(0));
        assert_eq!(fate(&stage.seen().await[0]), (true, at_once == 0));
    }
}

#[tokio::test]
async fn what_is_held_is_taken_although_the_caller_left() {
    let mut stage = Stage::set(None).await;
    stage.fault(r#"{"do":"hold","accept":"before"}"#).await;
    let client = stage.push("j1", "T1").await;
    stage.get("/control/wait?what=held").await;
    drop(client);
    assert_eq!(stage.get("/control/wait?what=open_connections&at_most=1").await.status, 200);
    stage.post("/control/release", "").await;
    assert_eq!(stage.get("/control/wait?what=accepted").await.status, 200);
    assert_eq!(fate(&stage.seen().await[0]), (true, false));
}

#[tokio::test]
async fn faults_strike_whom_they_name_and_as_often() {
    let mut stage = Stage::set(None).await;
    let order = json!({"vendor": "parcel", "app": "chat", "token_prefix": "x-", "skip": 1, "count": 2,
                       "fault": {"do": "code", "code": 9001}});
    let id = stage.post("/control/faults", &order.to_string()).await["id"].as_u64().unwrap();
    let mut client = Client::connect(stage.sim.address()).await;
    let mut codes = Vec::new();
    for token in ["T1", "x-1", "x-1", "T1", "x-1", "x-1"] {
        stage.push_on(&mut client, "j1", token).await;
        codes.push(within(client.read()).await.unwrap().json()["code"].as_u64().unwrap());
    }
    assert_eq!(codes, [0, 0, 9001, 0, 9001, 0]);
    let listed = stage.get("/control/faults").await.json();
    assert_eq!((&listed[0]["id"], &listed[0]["struck"]), (&json!(id), &json!(2)));
    let heard = stage.control.call("DELETE", &format!("/control/faults/{id}"), &[], b"").await.unwrap();
    assert_eq!(heard.json(), json!({"cleared": 1}));
}

#[tokio::test]
async fn token_calls_meet_faults_too() {
    let mut stage = Stage::set(None).await;
    let order =
        r#"{"vendor":"parcel","api":"auth","fault":{"do":"status","status":503,"headers":{"Retry-After":"2"}}}"#;
    stage.post("/control/faults", order).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = b"grant=app&app_id=p1&app_secret=s3cret";
    let heard = stage.control.call("POST", "/parcel/auth", &form, body).await.unwrap();
    assert_eq!((heard.status, heard.header("retry-after")), (503, Some("2")));
    assert_eq!(stage.get("/control/counts?vendor=parcel").await.json()["auth_calls"], json!(2));
    for wrong in [
        r#"{"vendor":"parcel","api":"send","fault":{"do":"hang"}}"#,
        r#"{"vendor":"parcel","fault":{"do":"explode"}}"#,
        r#"{"vendor":"parcel","fault":{"do":"hang","ms":1}}"#,
        r#"{"vendor":"parcel","fault":{"do":"code","code":"x"}}"#,
        r#"{"vendor":"parcel","fault":{"do":"status","status":99}}"#,
        r#"{"vendor":"nobody","fault":{"do":"hang"}}"#,
    ] {
        let heard = stage.control.call("POST", "/control/faults", &[], wrong.as_bytes()).await.unwrap();
        assert_eq!(heard.status, 400, "{wrong}");
        assert!(heard.json()["error"].is_string());
    }
}
