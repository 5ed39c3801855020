//! Apps, counts, waiting and the seen log over the socket, and the program itself.

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

mod support;

use std::process::Stdio;

use serde_json::{Value, json};
use support::{Client, Stage, within};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::Command;

#[tokio::test]
async fn counts_and_the_log_grow_with_each_call() {
    let mut stage = Stage::set(None).await;
    let mut client = Client::connect(stage.sim.address()).await;
    for token in ["T1", "dead-1", "T1"] {
        stage.push_on(&mut client, "j1", token).await;
        within(client.read()).await.unwrap();
    }
    let counts = stage.get("/control/counts?vendor=parcel").await.json();
    let expected = json!({"calls": 3, "targets": 3, "accepted": 2, "refused": 1, "auth_calls": 1, "mismatch": 0,
        "open_connections": 2, "held": 0, "per_second_max": counts["per_second_max"]});
    assert_eq!(counts, expected);
    assert!(counts["per_second_max"]["parcel/chat"]["targets"].as_u64().unwrap() >= 1);
    assert_eq!(stage.get("/control/counts?vendor=huawei").await.json()["calls"], json!(0));
    let seen = stage.seen().await;
    let calls: Vec<&Value> = seen.iter().map(|line| &line["call"]).collect();
    assert_eq!(calls, [&json!(2), &json!(3), &json!(4)], "the token's call was the first");
    assert_eq!((&seen[1]["code"], &seen[1]["why"]), (&json!("1001"), &json!("unregistered token")));
    assert_eq!(
        (&seen[0]["class"], &seen[0]["ttl_seconds"], &seen[0]["api"]),
        (&json!("talk"), &json!(60), &json!("one"))
    );
    let rest = stage.get("/control/seen?from=2").await;
    assert_eq!((rest.header("x-next-line"), rest.body.split(|byte| *byte == b'\n').count()), (Some("3"), 2));
    assert!(stage.get("/control/seen?from=3").await.body.is_empty());

    stage.post("/control/reset", "").await;
    assert!(stage.seen().await.is_empty());
    assert_eq!(stage.get("/control/counts").await.json()["calls"], json!(0));
    stage.push_on(&mut client, "j1", "T1").await;
    assert_eq!(within(client.read()).await.unwrap().json()["code"], json!(0), "apps and tokens stay");
}

#[tokio::test]
async fn waiting_ends_with_the_event_or_the_deadline() {
    let mut stage = Stage::set(None).await;
    let mut waiting = Client::connect(stage.sim.address()).await;
    waiting.write("GET", "/control/wait?vendor=parcel&what=accepted&at_least=2&timeout_ms=15000", &[], b"").await;
    for _ in 0..2 {
        let mut client = stage.push("j1", "T1").await;
        within(client.read()).await.unwrap();
    }
    assert_eq!(within(waiting.read()).await.unwrap().json()["accepted"], json!(2));
    let late = stage.get("/control/wait?what=accepted&at_least=3&timeout_ms=1").await;
    assert_eq!((late.status, &late.json()["accepted"]), (408, &json!(2)));
    assert_eq!(stage.get("/control/wait?what=luck").await.status, 400);
    assert_eq!(stage.get("/control/wait?whom=me").await.status, 400);
}

#[tokio::test]
async fn vendors_share_one_port() {
    let mut stage = Stage::set(None).await;
    let app = r#"{"vendor":"huawei","app":"chat","client_id":"1","client_secret":"s"}"#;
    stage.post("/control/apps", app).await;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let body = b"grant_type=client_credentials&client_id=1&client_secret=s";
    let heard = stage.control.call("POST", "/huawei/oauth2/v3/token", &form, body).await.unwrap();
    let bearer = format!("Bearer {}", heard.json()["access_token"].as_str().unwrap());
    let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
    let body = br#"{"message":{"data":"{\"ext\":\"{\\\"job\\\":\\\"j1\\\"}\"}","android":{"bi_tag":"j2"},"token":["T1","T2"]}}"#;
    let heard = stage.control.call("POST", "/huawei/v1/1/messages:send", &headers, body).await.unwrap();
    assert_eq!(heard.json()["code"], json!("80000000"));
    let counts = stage.get("/control/counts?vendor=huawei&app=chat").await.json();
    assert_eq!((&counts["calls"], &counts["accepted"], &counts["mismatch"]), (&json!(1), &json!(2), &json!(2)));
    assert_eq!((&stage.seen().await[1]["token"], &stage.seen().await[1]["job"]), (&json!("T2"), &json!("j1")));
}

#[tokio::test]
async fn apps_change_in_mid_run() {
    let mut stage = Stage::set(None).await;
    let mut client = Client::connect(stage.sim.address()).await;
    let mut code = async |stage: &Stage| {
        stage.push_on(&mut client, "j1", "T1").await;
        within(client.read()).await.unwrap().json()["code"].as_u64().unwrap()
    };
    stage.post("/control/suspend", r#"{"vendor":"parcel","app":"chat","on":true}"#).await;
    assert_eq!(code(&stage).await, 4014);
    stage.post("/control/suspend", r#"{"vendor":"parcel","app":"chat","on":false}"#).await;
    stage.post("/control/rate", r#"{"vendor":"parcel","app":"chat","per_second":0}"#).await;
    assert_eq!(code(&stage).await, 5001);
    stage.post("/control/rate", r#"{"vendor":"parcel","app":"chat"}"#).await;
    assert_eq!(code(&stage).await, 0);
    stage.post("/control/apps", r#"{"vendor":"parcel","app":"chat","app_id":"p1","app_secret":"new"}"#).await;
    assert_eq!(code(&stage).await, 4012);
    stage.post("/control/expire", r#"{"vendor":"parcel","app":"chat"}"#).await;
    assert_eq!(code(&stage).await, 4013);
    for (path, body, status) in [
        ("/control/apps", r#"{"vendor":"parcel","app":"chat","app_id":"p1"}"#, 400),
        ("/control/apps", r#"{"vendor":"parcel"}"#, 400),
        ("/control/expire", r#"{"vendor":"parcel","app":"nobody"}"#, 404),
        ("/control/rate", r#"{"vendor":"parcel","app":"chat","per_minute":1}"#, 400),
        ("/control/nothing", "", 404),
        ("/nothing", "", 404),
    ] {
        assert_eq!(
            stage.control.call("POST", path, &[], body.as_bytes()).await.unwrap().status,
            status,
            "{path} {body}"
        );
    }
}

#[tokio::test]
async fn the_program_says_where_it_listens_and_leaves_a_whole_log() {
    let folder = std::env::temp_dir().join(format!("push-sim-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let seen = folder.join("seen.jsonl");
    let mut program = Command::new(env!("CARGO_BIN_EXE_push-sim"));
    let mut child = program.arg("--seen").arg(&seen).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    within(out.read_line(&mut line)).await.unwrap();
    let places = line.trim().strip_prefix("push-sim listening on http://").unwrap();
    let (address, tls) = places.split_once(" https://").unwrap();
    let _: std::net::SocketAddr = tls.parse().unwrap();
    let address = address.parse().unwrap();
    let mut client = Client::connect(address).await;
    let refused = client.call("POST", "/parcel/one", &[], b"{}").await.unwrap();
    assert_eq!(refused.json(), json!({"code": 4013}));
    // The only process this test signals is its own child.
    let id = child.id().unwrap().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().await.unwrap().success());
    assert!(within(child.wait()).await.unwrap().success());
    let mut rest = String::new();
    out.read_to_string(&mut rest).await.unwrap();
    assert_eq!(rest, "", "exactly one line");
    let log = std::fs::read_to_string(&seen).unwrap();
    let line: Value = serde_json::from_str(log.trim()).unwrap();
    assert_eq!((&line["code"], &line["accepted"], &line["token"]), (&json!("4013"), &json!(false), &json!("")));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_wrong_command_line_says_what_is_right() {
    for wrong in [&["--port", "1"][..], &["--listen"], &["--listen", "here"]] {
        let output = Command::new(env!("CARGO_BIN_EXE_push-sim")).args(wrong).output().await.unwrap();
        assert_eq!(output.status.code(), Some(64));
        assert!(String::from_utf8_lossy(&output.stderr).contains("usage: push-sim"));
    }
}
