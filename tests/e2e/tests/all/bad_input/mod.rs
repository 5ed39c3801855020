//! Anything at all in the queue, and anything at all from the vendor: each is settled in the one way the design says,
//! counted, logged once without content, and nothing behind it waits.

mod answers;
mod headers;
mod large;
mod no_text;
mod refused;
mod unreadable;

use lapin::{
    BasicProperties, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
};
use push_e2e::{PATIENCE, Stage};
use push_stack::{Worker, until};
use push_testkit::jobs::JobBuilder;
use serde_json::Value;

/// A word in the content and the tokens of every bad message. It must never be logged.
const MARKER: &str = "plover-7313";
/// Where bad messages of this folder's tests are parked.
const PARKED: &str = "push.parked.huawei";

/// A chat job for Huawei whose content and token hold the marker.
fn marked(stage: &Stage, id: &str) -> JobBuilder {
    stage.job("chat.direct", id).vendor("huawei").tokens([token(id)]).title(MARKER).body(MARKER)
}

/// The token of a marked job.
fn token(id: &str) -> String {
    format!("{MARKER}-{id}")
}

/// An ordinary job for Huawei: what stands behind a bad one.
fn good(stage: &Stage, id: &str) -> JobBuilder {
    stage.job("chat.direct", id).vendor("huawei")
}

/// Publishes with properties that the ordinary producer does not have.
async fn publish_with(stage: &Stage, routing_key: &str, properties: BasicProperties, body: &[u8]) {
    let channel = stage.client.fresh_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let exchange = format!("{}push.jobs", stage.prefix);
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let confirm = channel.basic_publish(exchange.into(), routing_key.into(), options, body, properties).await.unwrap();
    let said = confirm.await.unwrap();
    assert!(matches!(said, Confirmation::Ack(None)), "{said:?}");
    channel.close(200, "done".into()).await.unwrap();
}

/// The only line of the log that names the message, once there is one.
async fn only_line(worker: &Worker, id: &str) -> Value {
    worker.logged(&naming(id), PATIENCE).await.unwrap();
    let log = worker.log().unwrap();
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(&naming(id))).collect();
    assert_eq!(lines.len(), 1, "{id} must be logged once: {lines:#?}");
    serde_json::from_str(lines[0]).unwrap()
}

fn naming(id: &str) -> String {
    format!(r#""id":"{id}""#)
}

/// Neither the log nor the metrics hold content or tokens.
async fn nothing_leaked(worker: &Worker) {
    let log = worker.log().unwrap();
    let leaks: Vec<&str> = log.lines().filter(|line| line.contains(MARKER)).collect();
    assert!(leaks.is_empty(), "content in the log: {leaks:#?}");
    let metrics = worker.metrics().await.unwrap();
    assert!(!metrics.contains(MARKER), "content in a label:\n{metrics}");
}

/// Waits until a metric has this value. Counters are raised a moment after what they count can be seen.
async fn counted(worker: &Worker, name: &str, labels: &[(&str, &str)], value: f64) {
    let look = || async { worker.metric(name, labels).await.ok().filter(|found| (found - value).abs() < 0.5) };
    if until("the metric", PATIENCE, look).await.is_err() {
        panic!("{name}{labels:?} is {:?}, not {value}", worker.metric(name, labels).await);
    }
}

/// The first receipt of a job.
fn receipt(stage: &Stage, id: &str) -> Value {
    let all = stage.receipts.all();
    all.into_iter().find(|receipt| receipt["id"] == id).unwrap_or_else(|| panic!("no receipt of {id}"))
}

/// `[outcome, reason]` by position, from all receipts of a job.
fn verdicts(stage: &Stage, id: &str) -> Vec<[String; 2]> {
    let receipts = stage.receipts.all();
    let mut all: Vec<_> = receipts
        .iter()
        .filter(|receipt| receipt["id"] == id)
        .flat_map(|receipt| receipt["results"].as_array().into_iter().flatten())
        .map(|result| {
            (
                result["n"].as_u64(),
                ["outcome", "reason"].map(|field| result[field].as_str().unwrap_or_default().to_owned()),
            )
        })
        .collect();
    all.sort();
    all.into_iter().map(|(_, verdict)| verdict).collect()
}
