//! Messages with a past, written by hand: as a worker, the broker or an operator would have left them.

use lapin::{
    BasicProperties, Confirmation,
    options::{BasicGetOptions, BasicNackOptions, BasicPublishOptions, ConfirmSelectOptions},
    types::{AMQPValue, FieldTable},
};
use push_contract::Mask;
use push_e2e::{PATIENCE, Stage, routing_key};
use push_stack::until;
use push_testkit::jobs::JobBuilder;

/// Headers of a copy of this generation about these positions of so many.
pub(super) fn copy(generation: i64, left: &[usize], targets: usize) -> FieldTable {
    let mut headers = FieldTable::default();
    headers.insert("x-push-v".into(), AMQPValue::LongLongInt(1));
    headers.insert("x-push-gen".into(), AMQPValue::LongLongInt(generation));
    headers.insert("x-push-attempt".into(), AMQPValue::LongLongInt(generation));
    let left = Mask::of(targets, left.iter().copied()).encode();
    headers.insert("x-push-left".into(), AMQPValue::LongString(left.into()));
    headers
}

/// The same, counting as redelivered.
pub(super) fn again(mut headers: FieldTable) -> FieldTable {
    headers.insert("x-push-again".into(), AMQPValue::Boolean(true));
    headers
}

/// Publishes a job with these headers to where its producer would.
pub(super) async fn publish(stage: &Stage, job: &JobBuilder, headers: FieldTable) {
    let channel = stage.client.fresh_channel().await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let value = job.value();
    let properties = BasicProperties::default()
        .with_content_type("application/json".into())
        .with_delivery_mode(2)
        .with_message_id(value["id"].as_str().unwrap().into())
        .with_headers(headers);
    let exchange = format!("{}push.jobs", stage.prefix);
    let body = job.text();
    let (key, options) = (routing_key(&value), BasicPublishOptions { mandatory: true, ..Default::default() });
    let confirm = channel.basic_publish(exchange.into(), key.into(), options, body.as_bytes(), properties);
    assert_eq!(confirm.await.unwrap().await.unwrap(), Confirmation::Ack(None), "the broker took it");
}

/// Delivers what lies in a work queue until the broker has had enough and parks it.
pub(super) async fn wear_out(stage: &Stage, queue: &str) {
    stage.client.wait_count(queue, PATIENCE, |ready| ready > 0).await.unwrap();
    let parked = stage.client.count("push.parked.parcel").await.unwrap().unwrap();
    let channel = stage.client.fresh_channel().await.unwrap();
    let name = format!("{}{queue}", stage.prefix);
    let deliver = || async {
        let got = channel.basic_get(name.clone().into(), BasicGetOptions::default()).await.unwrap();
        if let Some(got) = got {
            got.delivery.acker.nack(BasicNackOptions { requeue: true, ..Default::default() }).await.unwrap();
            return None;
        }
        (stage.client.count("push.parked.parcel").await.unwrap()? > parked).then_some(())
    };
    until("the broker parks what it delivered too often", PATIENCE, deliver).await.unwrap();
}
