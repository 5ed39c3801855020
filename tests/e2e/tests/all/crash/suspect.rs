//! A job that ends every process that handles it is parked, its neighbours are delivered all the same, and it can be
//! replayed once somebody has healed what was wrong.

use lapin::{
    BasicProperties,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::{AMQPValue, FieldTable},
};
use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Message, WorkerSpec};
use serde_json::{Value, json};

use super::account::{Account, Target, receipts};

/// Jobs that a worker has beside the guilty one: its window holds eight until the first of them ends.
const BESIDE: usize = 7;
/// Jobs behind it in the queue.
const BEHIND: usize = 13;
/// Crashes that make a job a suspect, and crashes of the suspect before the next delivery parks it.
const OPEN: usize = 5;
const ALONE: usize = 19;
/// Of the suspect's crashes, those after which the next worker comes while the dead one's claim still holds it off: the
/// job goes round as a busy copy then, five seconds each.
const BUSY: std::ops::RangeInclusive<usize> = OPEN + 1..=OPEN + 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ends_every_process_is_parked_and_can_be_replayed() {
    let stage = Stage::shared().await;
    let guilty = stage.job("chat.direct", "guilty");
    let some = |name: &str, count| (0..count).map(|n| stage.job("chat.direct", &format!("{name}-{n}"))).collect();
    let (beside, behind): (Vec<_>, Vec<_>) = (some("beside", BESIDE), some("behind", BEHIND));

    let poisoned = spec(&stage).env("PUSH_PROBE", "claimed:abort:guilty");
    let mut worker = poisoned.start().unwrap();
    stage.ready(&worker).await;
    // These do not get through at first, so that every process takes all of them with it.
    let hang = json!({"vendor": "parcel", "token_prefix": "t-beside", "fault": {"do": "hang_before"}});
    let hang = stage.sim.fault(&hang).await.unwrap();
    stage.publish_all(&beside).await;
    stage.sim_wait("parcel", "calls", BESIDE as u64).await;
    stage.publish(&guilty).await;
    stage.publish_all(&behind).await;

    let parked = |receipts: &[Value]| receipts.iter().any(|receipt| receipt["notice"] == "parked");
    let mut crashes = 0;
    loop {
        tokio::select! {
            ended = worker.wait(PATIENCE) => ended.unwrap(),
            parked = stage.receipts.wait_until(PATIENCE, parked) => break drop(parked.unwrap()),
        };
        stage.fault("kill", now());
        crashes += 1;
        assert!(crashes <= OPEN + ALONE, "the guilty job is not parked");
        if crashes == OPEN {
            // From here on suspects run one at a time. Each takes a moment: beside the guilty one it would be hit.
            stage.sim.clear_faults(Some(hang)).await.unwrap();
            let delay = json!({"vendor": "parcel", "api": "one", "fault": {"do": "delay", "ms": 50}});
            stage.sim.fault(&delay).await.unwrap();
        }
        if !BUSY.contains(&crashes) {
            forget_heartbeats(&stage).await;
        }
        worker = poisoned.start().unwrap();
    }
    assert_eq!(crashes, OPEN + ALONE);
    for job in beside.iter().chain(&behind) {
        stage.settled(job.value()["id"].as_str().unwrap(), 1).await;
    }
    for job in &beside {
        let account = Account::of(&stage, job).await;
        let told: Vec<_> = account.targets.values().map(|target| (target.taken, target.told.as_str())).collect();
        assert_eq!(told, [(1, "accepted ok in doubt")], "it was alone when it got through: {account:?}");
    }
    for job in &behind {
        let account = Account::of(&stage, job).await;
        assert!(account.targets.values().all(|target| target.told.starts_with("accepted ok")), "{account:?}");
    }

    let told = receipts(&stage, "guilty");
    assert_eq!((told.len(), &told[0]["results"]), (1, &json!([])), "one notice and no outcome: {told:?}");
    stage.judge().await;
    let parked = unpark(&stage).await;
    assert_eq!(parked.body, guilty.text().into_bytes());
    assert_eq!(parked.message_id.as_deref(), Some("guilty"));
    for (header, value) in [
        ("x-push-park-reason", json!("delivery_limit")),
        ("x-push-park-rule", json!("delivered 20 times without an end")),
        ("x-push-park-key", json!("parcel.normal.chat")),
        ("x-push-suspect", json!(true)),
        ("x-push-gen", json!(0)),
        ("x-push-deliveries", Value::Null),
        ("x-death", Value::Null),
    ] {
        assert_eq!(parked.headers.get(header).unwrap_or(&Value::Null), &value, "{header} of {:?}", parked.headers);
    }

    worker.term().unwrap();
    worker.wait(PATIENCE).await.unwrap();
    let healthy = spec(&stage).start().unwrap();
    stage.ready(&healthy).await;
    replay(&stage, parked).await;
    stage.settled("guilty", 1).await;
    let expected = Account::new(1, &guilty, |_, busy| Target::of(1, busy, true, false));
    assert_eq!(Account::of(&stage, &guilty).await, expected);
    stage.judge().await;
}

fn spec(stage: &Stage) -> WorkerSpec {
    stage
        .parcel("single")
        .env("PUSH__AMQP__PREFETCH", "32")
        .env("PUSH__CALLS__TIMEOUT_MS", "60000")
        .env("PUSH__CLAIMS__FENCE_MS", "500")
        .env("PUSH__CLAIMS__DEAD_AFTER_MS", "2000")
}

/// As if the dead worker's heartbeat had lapsed, without waiting for it two dozen times.
async fn forget_heartbeats(stage: &Stage) {
    let client = redis::Client::open(stage.servers().redis_url()).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let key = format!("{}{{push:parcel}}:live", stage.prefix);
    let () = redis::cmd("DEL").arg(key).query_async(&mut redis).await.unwrap();
}

/// Takes the one message out of parking.
async fn unpark(stage: &Stage) -> Message {
    // The judge has looked into the queue; the broker takes its time to put back what is only looked at.
    stage.client.wait_count("push.parked.parcel", PATIENCE, |count| count == 1).await.unwrap();
    stage.client.drain("push.parked.parcel", 1).await.unwrap().remove(0)
}

/// What an operator's tool does: the body and headers as they were, to where it came from, marked as seen before.
async fn replay(stage: &Stage, parked: Message) {
    let key = parked.headers["x-push-park-key"].as_str().unwrap().to_owned();
    let mut headers = FieldTable::default();
    for (name, value) in parked.headers.iter().filter(|(name, _)| name.starts_with("x-push-")) {
        let value = match value {
            Value::Bool(value) => AMQPValue::Boolean(*value),
            Value::Number(value) => AMQPValue::LongLongInt(value.as_i64().unwrap()),
            value => AMQPValue::LongString(value.as_str().unwrap().into()),
        };
        headers.insert(name.as_str().into(), value);
    }
    headers.insert("x-push-again".into(), AMQPValue::Boolean(true));
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(2)
        .with_message_id(parked.message_id.unwrap().into())
        .with_headers(headers);
    let channel = stage.client.fresh_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let exchange = format!("{}push.jobs", stage.prefix);
    let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
    let sent = channel.basic_publish(exchange.into(), key.into(), options, &parked.body, properties).await.unwrap();
    let said = sent.await.unwrap();
    assert!(said.is_ack() && said.take_message().is_none(), "the broker did not take the replay");
}
