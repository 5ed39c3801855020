//! A campaign of app shop: 200,000 jobs in its queues, how often each of them was delivered, and what became of it.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use futures_util::{StreamExt, future::try_join_all, stream::SelectAll};
use lapin::{
    message::Delivery,
    options::BasicConsumeOptions,
    types::{AMQPValue, FieldTable},
};
use push_e2e::{PATIENCE, Stage, now, routing_key};
use push_judge::{Judge, Queued, Receipt, SLACK_MS, Summary};
use push_stack::{Client, scratch_dir};
use serde_json::{Value, json};
use tokio::time::timeout;

/// How many jobs it has.
pub(super) const JOBS: usize = 200_000;
/// Nothing that keeps its app back costs a job more deliveries.
pub(super) const DELIVERIES: u32 = 3;
/// What its jobs' ids begin with.
const TAG: &str = "campaign-";
/// Connections that publish it, and jobs that each has on their way at once.
const PRODUCERS: usize = 4;
const PIPELINED: usize = 10_000;
/// Where its jobs may lie. The wait ladder is as short as its jobs' attempts are few.
const QUEUES: [&str; 4] =
    ["push.jobs.parcel.low.shop", "push.held.parcel.shop.promo", "push.wait.parcel.1s", "push.wait.parcel.5s"];

/// Deliveries by job.
pub(super) type Deliveries = HashMap<String, u32>;

/// The campaign on its stage.
pub(super) struct Campaign<'a> {
    stage: &'a Stage,
    dir: PathBuf,
}

impl<'a> Campaign<'a> {
    pub(super) fn on(stage: &'a Stage) -> Self {
        Self { stage, dir: scratch_dir("campaign").unwrap() }
    }

    /// A folder of its own.
    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where workers note deliveries.
    pub(super) fn deliveries_file(&self) -> PathBuf {
        self.dir.join("deliveries")
    }

    /// What all tokens of its jobs begin with.
    pub(super) const fn tokens(&self) -> &'static str {
        "t-campaign-"
    }

    fn job(&self, id: &str) -> Value {
        self.stage.job("marketing", id).app("shop").value()
    }

    /// Publishes all of it, and returns when the broker has confirmed every job.
    pub(super) async fn publish(&self) {
        const ID: &str = "#";
        let job = self.job(ID);
        let (key, text) = (routing_key(&job), job.to_string());
        let producers = (0..PRODUCERS).map(|producer| {
            let (url, prefix) = (self.stage.servers().amqp_url().to_owned(), self.stage.prefix.clone());
            let (key, text) = (key.clone(), text.clone());
            tokio::spawn(async move {
                let client = Client::connect(&url, &prefix).await.unwrap();
                let ids: Vec<usize> = (producer..JOBS).step_by(PRODUCERS).collect();
                for ids in ids.chunks(PIPELINED) {
                    let job = |n: &usize| {
                        let id = format!("{TAG}{n}");
                        let body = text.replace(ID, &id);
                        (key.clone(), id, body.into_bytes())
                    };
                    let said = client.publish_all(ids.iter().map(job).collect()).await.unwrap();
                    assert!(said.iter().all(|said| said.confirmed && !said.returned));
                }
            })
        });
        try_join_all(producers).await.unwrap();
    }

    /// Its jobs that lie in a queue and are in nobody's hands.
    pub(super) async fn waiting(&self) -> usize {
        let mut waiting = 0;
        for queue in QUEUES {
            waiting += self.stage.client.count(queue).await.unwrap().unwrap_or(0) as usize;
        }
        waiting
    }

    /// How often each of its jobs was delivered to a worker so far, whatever copy of it.
    pub(super) fn deliveries(&self) -> Deliveries {
        let mut deliveries = Deliveries::new();
        for id in fs::read_to_string(self.deliveries_file()).unwrap().lines().filter(|id| id.starts_with(TAG)) {
            *deliveries.entry(id.to_owned()).or_default() += 1;
        }
        deliveries
    }

    /// How often that job was delivered since then that was delivered most often.
    pub(super) fn most_since(&self, before: &Deliveries) -> u32 {
        let since = |(id, count): (String, u32)| count - before.get(&id).copied().unwrap_or_default();
        self.deliveries().into_iter().map(since).max().unwrap_or_default()
    }

    /// The judge's word on all of it and on `others`, once no worker runs. It empties the queues: the stage's own verdict
    /// looks at message after message, which takes long for so many.
    pub(super) async fn judged(&self, others: &[Value]) -> Summary {
        let mut judge = Judge::new(SLACK_MS);
        let mut published = |id: &Value, app: &str, lane: &str, token: &Value, must_not_double: bool| {
            let line = json!({
                "at": now(), "id": id, "app": app, "vendor": "parcel", "lane": lane, "tokens": [token],
                "confirmed": true, "expect": "settled", "must_not_double": must_not_double,
            });
            judge.published(serde_json::from_value(line).unwrap());
        };
        for job in others {
            published(&job["id"], job["app"].as_str().unwrap(), "normal", &job["targets"][0]["token"], false);
        }
        for id in (0..JOBS).map(|n| format!("{TAG}{n}")) {
            published(&json!(id), "shop", "low", &json!(format!("t-{id}-0")), true);
        }
        for line in self.stage.sim.seen().await.unwrap() {
            if !line["token"].as_str().unwrap_or_default().is_empty() {
                judge.seen(serde_json::from_value(line).unwrap());
            }
        }
        let receipts = self.stage.receipts.all();
        let open = (0..JOBS).map(|n| format!("{TAG}{n}")).collect();
        for (queue, id) in self.found(without_outcome(open, &receipts)).await {
            judge.queued(&Queued { queue, id });
        }
        for receipt in receipts {
            judge.receipt(&Receipt::read(&receipt.to_string()).unwrap());
        }
        judge.finish()
    }

    /// Takes jobs out of the queues until each of these was found, or nothing more comes.
    async fn found(&self, mut wanted: HashSet<String>) -> Vec<(String, String)> {
        let channel = self.stage.client.fresh_channel().await.unwrap();
        let mut messages = SelectAll::new();
        for queue in QUEUES {
            let name = format!("{}{queue}", self.stage.prefix);
            let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
            let consumer = channel.basic_consume(name.into(), queue.into(), options, FieldTable::default()).await;
            messages.push(consumer.unwrap().map(move |message| (queue, message.unwrap())));
        }
        let mut found = Vec::with_capacity(wanted.len());
        while !wanted.is_empty() {
            let Ok(Some((queue, message))) = timeout(PATIENCE, messages.next()).await else { break };
            let id = message.properties.message_id().as_ref().expect("its id").to_string();
            let again = handed_out(&message);
            assert!(again < i64::from(DELIVERIES), "{id} in {queue} was handed out {again} times before");
            wanted.remove(&id);
            found.push((queue.to_owned(), id));
        }
        found
    }
}

/// Those of the jobs that no receipt tells the end of.
fn without_outcome(mut jobs: HashSet<String>, receipts: &[Value]) -> HashSet<String> {
    let ended =
        receipts.iter().filter(|receipt| receipt["results"].as_array().is_some_and(|results| !results.is_empty()));
    for receipt in ended {
        jobs.remove(receipt["id"].as_str().unwrap_or_default());
    }
    jobs
}

/// How often the broker handed a message out before.
fn handed_out(message: &Delivery) -> i64 {
    let headers = message.properties.headers().as_ref();
    match headers.and_then(|headers| headers.inner().get("x-delivery-count")) {
        None => 0,
        Some(AMQPValue::LongLongInt(count)) => *count,
        Some(other) => panic!("a count of deliveries that is {other:?}"),
    }
}

impl Drop for Campaign<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}
