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

const INNOCENT: usize = 20;
/// Five deliveries make a job a suspect; of the suspect nineteen end a process, and the next parks it.
const CRASHES: usize = 5 + 19;
/// Crashes after which the next worker comes while the dead one's claim still holds it off: the job goes round as a
/// busy copy then, five seconds each.
const BUSY_ROUNDS: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_ends_every_process_is_parked_and_can_be_replayed() {
    let stage = Stage::shared().await;
    let guilty = stage.job("chat.direct", "guilty");
    let innocent: Vec<_> = (0..INNOCENT).map(|n| stage.job("chat.direct", &format!("innocent-{n}"))).collect();

    let poisoned = spec(&stage).env("PUSH_PROBE", "claimed:abort:guilty");
    let mut worker = poisoned.start().unwrap();
    stage.ready(&worker).await;
    let hold = json!({"do": "hold", "accept": "before"});
    let held = stage.sim.fault(&json!({"vendor": "parcel", "api": "one", "fault": hold})).await.unwrap();
    stage.publish_all(&innocent).await;
    // All of them are on the wire when the first process ends.
    stage.sim_wait("parcel", "held", INNOCENT as u64).await;
    stage.publish(&guilty).await;

    let parked = |receipts: &[Value]| receipts.iter().any(|receipt| receipt["notice"] == "parked");
    let mut crashes = 0;
    loop {
        tokio::select! {
            ended = worker.wait(PATIENCE) => ended.unwrap(),
            parked = stage.receipts.wait_until(PATIENCE, parked) => break drop(parked.unwrap()),
        };
        stage.fault("kill", now());
        crashes += 1;
        assert!(crashes <= CRASHES, "the guilty job is not parked");
        if crashes == 1 {
            stage.sim.clear_faults(Some(held)).await.unwrap();
            stage.sim.release(None).await.unwrap();
        }
        if crashes > BUSY_ROUNDS {
            forget_heartbeats(&stage).await;
        }
        worker = poisoned.start().unwrap();
    }
    assert_eq!(crashes, CRASHES);
    for job in &innocent {
        let id = job.value()["id"].as_str().unwrap().to_owned();
        stage.settled(&id, 1).await;
        let target = &Account::of(&stage, job).await.targets[&format!("t-{id}-0")];
        assert!(target.told.starts_with("accepted ok"), "{id}: {target:?}");
    }

    let told = receipts(&stage, "guilty");
    assert_eq!((told.len(), &told[0]["results"]), (1, &json!([])), "one notice and no outcome: {told:?}");
    stage.client.wait_count("push.parked.parcel", PATIENCE, |count| count == 1).await.unwrap();
    let parked = stage.client.peek("push.parked.parcel", 2).await.unwrap().remove(0);
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
    stage.judge().await;

    worker.term().unwrap();
    worker.wait(PATIENCE).await.unwrap();
    let healthy = spec(&stage).start().unwrap();
    stage.ready(&healthy).await;
    let parked = stage.client.drain("push.parked.parcel", 2).await.unwrap().remove(0);
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
