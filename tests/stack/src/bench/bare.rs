//! The bare loop: consume, one POST, acknowledge, and nothing else. It is the ceiling that workers are measured
//! against, so it is written to be fast: no claims, no receipts, no reading of jobs, no retries.

use std::{collections::BTreeSet, sync::Arc};

use futures_util::{StreamExt, stream};
use lapin::{
    Channel, Connection, ConnectionProperties,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use reqwest::Client;
use serde_json::Value;
use tokio::sync::mpsc;

use super::load;
use crate::{Context, Result, StackError};

/// The worker's default prefetch.
const PREFETCH: u16 = 256;
/// The worker's default number of calls at once.
const CALLS: usize = 256;
/// Acknowledgements that are gathered into one.
const ACKS: usize = 32;

/// What the loop is started with: command-line arguments of `push-stack bench-bare`.
#[derive(Debug, Clone)]
pub struct BareSpec {
    /// The broker.
    pub amqp: String,
    /// The queue with the jobs.
    pub queue: String,
    /// The simulator's address.
    pub sim: String,
    /// How many jobs to do before it ends.
    pub jobs: usize,
    /// The app's id at the vendor.
    pub client_id: String,
    /// The app's secret at the vendor; it is the simulator's.
    pub client_secret: String,
    /// Names this run in tokens.
    pub run: String,
}

/// Does all jobs and ends.
///
/// # Errors
/// If the broker or the simulator does not do its part: then there is nothing to measure.
pub async fn bare(spec: BareSpec) -> Result<()> {
    let http = Client::builder().no_proxy().http1_only().pool_max_idle_per_host(CALLS).build();
    let http = http.context("making an HTTP client")?;
    let bearer: Arc<str> = format!("Bearer {}", token(&http, &spec).await?).into();
    let url: Arc<str> = format!("{}/huawei/v1/{}/messages:send", spec.sim, spec.client_id).into();
    let connection = Connection::connect(&spec.amqp, ConnectionProperties::default()).await.context("connecting")?;
    let channel = connection.create_channel().await.context("opening a channel")?;
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await.context("setting the prefetch")?;
    let queue = spec.queue.as_str().into();
    let consumer = channel.basic_consume(queue, "bare".into(), BasicConsumeOptions::default(), FieldTable::default());
    let deliveries = consumer.await.context("consuming")?;
    let (done, finished) = mpsc::unbounded_channel();
    let acknowledging = tokio::spawn(acknowledge(channel.clone(), finished));
    let mut calls = deliveries
        .take(spec.jobs)
        .zip(stream::iter(0..))
        .map(|(delivery, n)| {
            let (http, url, bearer, run) = (http.clone(), Arc::clone(&url), Arc::clone(&bearer), spec.run.clone());
            tokio::spawn(async move {
                let delivery = delivery.context("consuming")?;
                let body = load::request(&run, n);
                let post = http.post(&*url).header("authorization", &*bearer);
                let answer = post.header("content-type", "application/json").body(body).send().await.context("POST")?;
                let ok = answer.status().is_success();
                let text = answer.bytes().await.context("POST")?;
                if !ok || !text.windows(8).any(|part| part == b"80000000") {
                    return Err(StackError::new(format!("refused: {}", String::from_utf8_lossy(&text))));
                }
                Ok(delivery.delivery_tag)
            })
        })
        .buffer_unordered(CALLS);
    while let Some(call) = calls.next().await {
        done.send(call.context("a call panicked")??).context("acknowledging has ended")?;
    }
    drop(done);
    acknowledging.await.context("acknowledging panicked")??;
    connection.close(200, "done".into()).await.context("closing")
}

/// Acknowledges what is done without a gap, many at a time.
async fn acknowledge(channel: Channel, mut finished: mpsc::UnboundedReceiver<u64>) -> Result<()> {
    let mut out_of_order = BTreeSet::new();
    let (mut contiguous, mut told) = (0, 0);
    let mut batch = Vec::with_capacity(ACKS);
    while finished.recv_many(&mut batch, ACKS).await > 0 {
        out_of_order.extend(batch.drain(..));
        while out_of_order.remove(&(contiguous + 1)) {
            contiguous += 1;
        }
        if contiguous - told >= ACKS as u64 || (contiguous > told && finished.is_empty()) {
            channel.basic_ack(contiguous, BasicAckOptions { multiple: true }).await.context("acknowledging")?;
            told = contiguous;
        }
    }
    Ok(())
}

async fn token(http: &Client, spec: &BareSpec) -> Result<String> {
    let form =
        format!("grant_type=client_credentials&client_id={}&client_secret={}", spec.client_id, spec.client_secret);
    let post = http.post(format!("{}/huawei/oauth2/v3/token", spec.sim));
    let post = post.header("content-type", "application/x-www-form-urlencoded").body(form);
    let answer = post.send().await.context("fetching a token")?.bytes().await.context("fetching a token")?;
    let answer: Value = serde_json::from_slice(&answer).context("fetching a token")?;
    let token = answer["access_token"].as_str().map(str::to_owned);
    token.ok_or_else(|| StackError::new(format!("no token in {answer}")))
}
