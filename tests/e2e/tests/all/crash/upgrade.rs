//! An upgrade with jobs in flight: workers of this version beside those of a later one, whose copies and records they
//! meet. What they can read they finish; what they cannot is parked, and nothing is lost when it is put back.

use std::collections::BTreeSet;

use lapin::{
    Confirmation,
    options::{BasicAckOptions, BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions},
    types::AMQPValue,
};
use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Message, Worker, until};

const PARKED: &str = "push.parked.parcel";
/// Jobs that are repeated once: each has a copy, written by whoever has it and read by whoever comes.
const JOBS: usize = 60;

/// What was published: ids and targets.
fn published() -> Vec<(String, usize)> {
    let jobs = (0..JOBS).map(|n| (format!("job-{n}"), 1));
    jobs.chain([("found".to_owned(), 2)]).collect()
}

async fn publish(stage: &Stage, jobs: std::ops::Range<usize>) {
    let job = |n| stage.job("chat.direct", &format!("job-{n}")).tokens([format!("busy-1-job-{n}")]);
    stage.publish_all(&jobs.map(job).collect::<Vec<_>>()).await;
}

/// A worker of the later version dies when it has recorded a job: an outcome for one target, a repetition for the other.
/// Then both versions work side by side, and the later one is killed once more. Returns the old one and the new one.
async fn side_by_side(stage: &Stage, later: &str) -> (Worker, Worker) {
    // So many busy targets would open the breaker.
    let present = stage.parcel("list").env("PUSH__BREAKER__CALLS", "100000");
    let newer = present.clone().env("PUSH_LATER", later);
    let dying = newer.clone().env("PUSH_PROBE", "recorded:abort:found").start().unwrap();
    stage.ready(&dying).await;
    stage.publish(&stage.job("chat.direct", "found").tokens(["t-found", "busy-1-found"])).await;
    dying.wait(PATIENCE).await.unwrap();
    stage.fault("kill", now());

    let old = present.start().unwrap();
    stage.ready(&old).await;
    let killed = newer.start().unwrap();
    stage.ready(&killed).await;
    publish(stage, 0..JOBS / 2).await;
    stage.sim_wait("parcel", "calls", 10).await;
    killed.kill().unwrap();
    killed.wait(PATIENCE).await.unwrap();
    stage.fault("kill", now());
    let new = newer.start().unwrap();
    stage.ready(&new).await;
    publish(stage, JOBS / 2..JOBS).await;
    (old, new)
}

/// Waits until of every target there is an outcome, or its job is parked; gives what is parked.
async fn told_or_parked(stage: &Stage) -> Vec<Message> {
    let look = || async {
        let parked = stage.client.peek(PARKED, 2 * JOBS).await.ok()?;
        let ids: BTreeSet<&str> = parked.iter().filter_map(|message| message.message_id.as_deref()).collect();
        let done = |(id, targets): &(String, usize)| {
            ids.contains(id.as_str()) || stage.receipts.outcomes(id).len() == *targets
        };
        published().iter().all(done).then_some(parked)
    };
    until("every job to be told of or parked", PATIENCE, look).await.unwrap()
}

/// The old one leaves, and then nothing is left that the new one cannot do.
async fn only_the_new_one(stage: &Stage, old: &Worker) {
    old.term().unwrap();
    assert_eq!(old.wait(PATIENCE).await.unwrap().code(), Some(0));
    put_back(stage).await;
    for (id, targets) in published() {
        assert!(stage.settled(&id, targets).await.values().all(|outcome| outcome == "accepted"), "{id}");
    }
}

/// Moves what is parked to where it came from: each message with its headers, under the key that they name.
async fn put_back(stage: &Stage) {
    let channel = stage.client.fresh_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let queue = format!("{}{PARKED}", stage.prefix);
    while let Some(got) = channel.basic_get(queue.as_str().into(), BasicGetOptions::default()).await.unwrap() {
        let delivery = got.delivery;
        let key = match &delivery.properties.headers().as_ref().unwrap().inner()["x-push-park-key"] {
            AMQPValue::LongString(key) => key.to_string(),
            other => panic!("a key: {other:?}"),
        };
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let exchange = format!("{}push.jobs", stage.prefix);
        let properties = delivery.properties.clone();
        let said = channel.basic_publish(exchange.into(), key.into(), options, &delivery.data, properties);
        assert_eq!(said.await.unwrap().await.unwrap(), Confirmation::Ack(None), "the broker took it");
        delivery.acker.ack(BasicAckOptions::default()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_version_adds_is_passed_over() {
    let stage = Stage::shared().await;
    let (old, _new) = side_by_side(&stage, "wider").await;
    assert_eq!(told_or_parked(&stage).await.len(), 0);
    let found = old.metric("push_duplicates_total", &[("app", "chat"), ("how", "settled")]).await.unwrap();
    assert!(found >= 1.0, "the old one finished what the new one had recorded");
    only_the_new_one(&stage, &old).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_version_writes_otherwise_is_parked_and_ends_when_it_is_put_back() {
    let stage = Stage::shared().await;
    let (old, _new) = side_by_side(&stage, "other").await;
    let parked = told_or_parked(&stage).await;
    assert!(parked.iter().all(|message| message.headers["x-push-park-reason"] == "newer_version"), "{parked:?}");
    assert!(parked.iter().any(|message| message.message_id.as_deref() == Some("found")), "the record: {parked:?}");
    let copies = parked.iter().filter(|message| message.headers.get("x-push-v").is_some_and(|version| *version == 2));
    assert!(copies.clone().all(|message| message.headers["x-push-later"] == "new"), "whole: {parked:?}");
    assert!(copies.count() > 0, "copies: {parked:?}");
    only_the_new_one(&stage, &old).await;
    stage.judge().await;
}
