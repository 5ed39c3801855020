//! A hundred thousand jobs of an app that may not send.

use std::collections::HashSet;

use futures_util::StreamExt;
use lapin::{options::BasicConsumeOptions, types::FieldTable};
use push_e2e::{PATIENCE, Stage, now, routing_key};
use push_judge::{Judge, Queued, Receipt, SLACK_MS, Summary};
use serde_json::{Value, json};

use super::load::{LONG, chats, pair, settled, sum};
use crate::blocked::{Secrets, blocked, change_secret, waiting};

const JOBS: u32 = 100_000;
const QUEUE: &str = "push.jobs.huawei.normal.chat";

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_jobs_of_a_blocked_app_stand_in_nobodys_way() {
    let stage = Stage::shared().await;
    let secrets = Secrets::of_stage();
    change_secret(&stage, "rotated").await;
    let (a, b) = pair(&stage, &secrets.worker(&stage)).await;
    publish_backlog(&stage).await;
    blocked([&a, &b], "misconfigured", 1.0).await;
    let shop = chats(&stage, "huawei", "shop", "flows", 2000);
    stage.publish_all(&shop).await;
    let ended = settled(&stage, &shop, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&shop.len()), "{ended:?}");

    // Chat's jobs stay where they are and cost nothing.
    let left = waiting(&stage).await;
    assert!(left >= JOBS - 2000, "only {left} of {JOBS} jobs are left in the queue");
    let taken = sum(&[&a, &b], "push_jobs_received_total", &[("app", "chat")]).await;
    assert!(taken <= 2100.0, "{taken} deliveries of jobs that cannot be sent");
    for message in stage.client.peek(QUEUE, 1000).await.unwrap() {
        let deliveries = message.headers.get("x-delivery-count").and_then(Value::as_u64).unwrap_or(0);
        assert!(deliveries < 3, "{:?} was delivered {deliveries} times", message.message_id);
    }
    for worker in [&a, &b] {
        let peak = worker.memory().unwrap().peak_bytes;
        assert!(peak < 64 << 20, "a backlog costs a worker {} MiB", peak >> 20);
    }

    secrets.write("chat", "rotated");
    stage.sim_wait("huawei", "accepted", 7000).await;
    for worker in [&a, &b] {
        let log = worker.log().unwrap();
        let after = log.split_once("settings taken over").expect("it has taken the new secret over").1;
        assert!(!after.contains("app blocked"), "jobs that it held used the old secret again");
    }
    for worker in [&a, &b] {
        worker.term().unwrap();
        assert_eq!(worker.wait(PATIENCE).await.unwrap().code(), Some(0));
    }
    let summary = judge_backlog(&stage, &shop.iter().map(|job| job.value()).collect::<Vec<_>>()).await;
    assert!(summary.clean(), "a promise was broken:\n{}", summary.explain());
}

fn job(stage: &Stage, n: u32) -> Value {
    stage.job("chat.direct", &format!("backlog-{n}")).vendor("huawei").value()
}

async fn publish_backlog(stage: &Stage) {
    let key = routing_key(&job(stage, 0));
    for start in (0..JOBS).step_by(10_000) {
        let message = |n| (key.clone(), format!("backlog-{n}"), job(stage, n).to_string().into_bytes());
        let said = stage.client.publish_all((start..start + 10_000).map(message).collect()).await.unwrap();
        assert!(said.iter().all(|said| said.confirmed && !said.returned));
    }
}

/// The stage's own verdict fetches message by message, which takes long for so many.
async fn judge_backlog(stage: &Stage, shop: &[Value]) -> Summary {
    let mut judge = Judge::new(SLACK_MS);
    let backlog = (0..JOBS).map(|n| job(stage, n));
    for job in shop.iter().cloned().chain(backlog) {
        let line = json!({
            "at": now(), "id": job["id"], "app": job["app"], "vendor": "huawei", "lane": "normal",
            "tokens": [job["targets"][0]["token"]], "confirmed": true, "expect": "settled", "must_not_double": false,
        });
        judge.published(serde_json::from_value(line).unwrap());
    }
    for line in stage.sim.seen().await.unwrap() {
        if !line["token"].as_str().unwrap_or_default().is_empty() {
            judge.seen(serde_json::from_value(line).unwrap());
        }
    }
    for id in drained(stage).await {
        judge.queued(&Queued { queue: QUEUE.to_owned(), id });
    }
    for receipt in stage.receipts.all() {
        judge.receipt(&Receipt::read(&receipt.to_string()).unwrap());
    }
    judge.finish()
}

/// The ids of all jobs in the queue, which is empty then.
async fn drained(stage: &Stage) -> HashSet<String> {
    let left = stage.client.count(QUEUE).await.unwrap().unwrap();
    let channel = stage.client.fresh_channel().await.unwrap();
    let (queue, options) =
        (format!("{}{QUEUE}", stage.prefix), BasicConsumeOptions { no_ack: true, ..Default::default() });
    let consumer = channel.basic_consume(queue.into(), "drain".into(), options, FieldTable::default()).await.unwrap();
    let ids = consumer.take(left as usize).map(|message| {
        let message = message.expect("a message that was counted");
        message.properties.message_id().as_ref().expect("its id").to_string()
    });
    ids.collect().await
}
