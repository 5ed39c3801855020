//! Collects receipts as a backend would, and wakes whoever waits for them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures_util::StreamExt;
use lapin::{
    Connection, ConnectionProperties,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::FieldTable,
};
use serde_json::Value;
use tokio::{sync::watch, task::JoinHandle, time::timeout};

use crate::{Context, Result, StackError};

/// Between two attempts to reach a broker that is away or a queue that is not declared yet.
const AGAIN: Duration = Duration::from_millis(100);

/// The receipts that arrived, in order, duplicates included. It connects again by itself after a broker's restart.
/// Dropping it ends the collecting.
#[derive(Debug)]
pub struct Receipts {
    all: Arc<Mutex<Vec<Value>>>,
    arrived: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Receipts {
    pub(crate) fn collect(url: String, queue: String) -> Self {
        let all = Arc::new(Mutex::new(Vec::new()));
        let (sender, arrived) = watch::channel(0);
        let store = Arc::clone(&all);
        let task = tokio::spawn(async move {
            loop {
                // Whatever ended it: the broker may come back, the queue may be declared yet.
                let _ = consume(&url, &queue, &store, &sender).await;
                tokio::time::sleep(AGAIN).await;
            }
        });
        Self { all, arrived, task }
    }

    /// What has arrived so far.
    #[must_use]
    pub fn all(&self) -> Vec<Value> {
        self.lock().clone()
    }

    /// How many have arrived so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether none has arrived.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls `look` with the receipts from the `from`-th on. For those who follow along without copying everything.
    pub fn since<T>(&self, from: usize, look: impl FnOnce(&[Value]) -> T) -> T {
        let all = self.lock();
        look(&all[from.min(all.len())..])
    }

    /// The outcome of each target of a job that has one, by position.
    #[must_use]
    pub fn outcomes(&self, job: &str) -> BTreeMap<u64, String> {
        let all = self.lock();
        let of_job = all.iter().filter(|receipt| receipt["id"] == job);
        let results = of_job.filter_map(|receipt| receipt["results"].as_array()).flatten();
        results.filter_map(|r| Some((r["n"].as_u64()?, r["outcome"].as_str()?.to_owned()))).collect()
    }

    /// Waits until the receipts that have arrived are as `wanted`, looking at each arrival, and returns them all.
    ///
    /// # Errors
    /// If they are not within `deadline`; the message holds the last few.
    pub async fn wait_until(&self, deadline: Duration, wanted: impl Fn(&[Value]) -> bool) -> Result<Vec<Value>> {
        let mut arrived = self.arrived.clone();
        let reached = timeout(deadline, arrived.wait_for(|_| wanted(&self.lock()))).await;
        match reached {
            Ok(Ok(_)) => Ok(self.all()),
            Ok(Err(_)) => Err(StackError::new("collecting receipts has ended")),
            Err(_) => {
                let all = self.lock();
                let last: Vec<String> = all[all.len().saturating_sub(5)..].iter().map(Value::to_string).collect();
                let what = format!("the wanted receipts did not arrive within {deadline:?}");
                Err(StackError::new(format!("{what}; {} did, the last: {}", all.len(), last.join("\n"))))
            }
        }
    }

    /// Waits until `targets` targets of a job have an outcome, and returns them by position.
    ///
    /// # Errors
    /// If they have not within `deadline`.
    pub async fn settled(&self, job: &str, targets: usize, deadline: Duration) -> Result<BTreeMap<u64, String>> {
        let mut arrived = self.arrived.clone();
        let reached = timeout(deadline, arrived.wait_for(|_| self.outcomes(job).len() >= targets)).await;
        let got = self.outcomes(job);
        match reached {
            Ok(Ok(_)) => Ok(got),
            _ => Err(StackError::new(format!("{job} has {got:?} after {deadline:?}, not {targets} outcomes"))),
        }
    }

    /// Waits until more than `count` have arrived, or `patience` is over.
    pub async fn more_than(&self, count: usize, patience: Duration) {
        let mut arrived = self.arrived.clone();
        // Both ends are answers: the caller looks at what there is.
        let _ = timeout(patience, arrived.wait_for(|arrived| *arrived > count)).await;
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Value>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Receipts {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn consume(url: &str, queue: &str, all: &Mutex<Vec<Value>>, arrived: &watch::Sender<usize>) -> Result<()> {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.context("connecting")?;
    let channel = connection.create_channel().await.context("opening a channel")?;
    channel.basic_qos(500, BasicQosOptions::default()).await.context("setting the prefetch")?;
    let consumer =
        channel.basic_consume(queue.into(), "receipts".into(), BasicConsumeOptions::default(), FieldTable::default());
    let mut deliveries = consumer.await.context("consuming")?;
    while let Some(delivery) = deliveries.next().await {
        let delivery = delivery.context("consuming")?;
        // A message that is no array is kept as it is: the test that reads it will say so.
        let message = serde_json::from_slice(&delivery.data).unwrap_or(Value::Null);
        let receipts = match message {
            Value::Array(receipts) => receipts,
            other => vec![other],
        };
        let count = {
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(receipts);
            all.len()
        };
        arrived.send_replace(count);
        delivery.ack(BasicAckOptions::default()).await.context("acknowledging")?;
    }
    Ok(())
}
