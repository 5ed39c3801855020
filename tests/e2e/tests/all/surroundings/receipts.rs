//! The receipts' queue and exchange deleted under a working fleet.

use futures_util::StreamExt;
use lapin::{
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::{AMQPValue, FieldTable},
};
use push_e2e::{PATIENCE, Stage};
use serde_json::Value;

use super::{chats, metric};

/// The ids of the jobs whose receipts lie in the stream, from its beginning, once there are so many.
async fn in_the_stream(stage: &Stage, count: usize) -> Vec<String> {
    let channel = stage.client.fresh_channel().await.unwrap();
    channel.basic_qos(100, BasicQosOptions::default()).await.unwrap();
    let mut from_start = FieldTable::default();
    from_start.insert("x-stream-offset".into(), AMQPValue::LongString("first".into()));
    let queue = format!("{}push.receipts.log", stage.prefix);
    let consumer = channel.basic_consume(queue.into(), "look".into(), BasicConsumeOptions::default(), from_start);
    let mut consumer = consumer.await.unwrap();
    let mut ids = Vec::new();
    let read = async {
        while ids.len() < count {
            let delivery = consumer.next().await.unwrap().unwrap();
            let receipts: Vec<Value> = serde_json::from_slice(&delivery.data).unwrap();
            ids.extend(receipts.iter().map(|receipt| receipt["id"].as_str().unwrap().to_owned()));
            delivery.ack(BasicAckOptions::default()).await.unwrap();
        }
    };
    tokio::time::timeout(PATIENCE, read).await.expect("receipts in the stream");
    channel.close(200, "done".into()).await.unwrap();
    ids.sort();
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_keeps_receipts_whose_queue_is_gone_and_a_deleted_exchange_comes_back() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("single").start().unwrap();
    stage.ready(&worker).await;
    stage.client.delete_queue("push.receipts").await.unwrap();
    stage.publish_all(&chats(&stage, "unread", 20)).await;
    metric(&worker, "push_jobs_settled_total", &[], |settled| settled >= 20.0).await;
    metric(&worker, "push_receipts_returned_total", &[], |returned| returned == 0.0).await;
    let mut wanted: Vec<String> = (0..20).map(|n| format!("unread-{n}")).collect();
    wanted.sort();
    assert_eq!(in_the_stream(&stage, 20).await, wanted);

    // Publishing to no exchange ends the channel: the worker must not go on trying on a dead one.
    stage.client.delete_exchange("push.receipts").await.unwrap();
    stage.publish_all(&chats(&stage, "restored", 20)).await;
    for n in 0..20 {
        assert_eq!(stage.settled(&format!("restored-{n}"), 1).await[&0], "accepted");
    }
    for name in ["unread", "restored"] {
        for n in 0..20 {
            let taken: usize = stage.accepted(&format!("{name}-{n}")).await.values().sum();
            assert_eq!(taken, 1, "{name}-{n}");
        }
    }
    let log = worker.log().unwrap();
    let complaints = log.lines().filter(|line| line.contains("not confirmed")).count();
    assert!(complaints < 100, "{complaints} complaints: the worker tries again and again in vain");
}

#[tokio::test(flavor = "multi_thread")]
async fn receipts_without_a_queue_are_counted_and_stop_nobody() {
    let stage = Stage::shared().await;
    let worker = stage.parcel("single").start().unwrap();
    stage.ready(&worker).await;
    stage.publish_all(&chats(&stage, "before", 50)).await;
    stage.all_settled(50, PATIENCE).await;
    stage.client.delete_queue("push.receipts").await.unwrap();
    stage.client.delete_queue("push.receipts.log").await.unwrap();
    stage.publish_all(&chats(&stage, "after", 50)).await;
    metric(&worker, "push_receipts_returned_total", &[], |value| value >= 50.0).await;
    metric(&worker, "push_jobs_settled_total", &[], |value| value >= 100.0).await;
    for lane in ["high", "normal", "low"] {
        stage.client.wait_count(&format!("push.jobs.parcel.{lane}.chat"), PATIENCE, |left| left == 0).await.unwrap();
    }
    let summary = stage.verdict(&["parcel"]).await;
    assert_eq!((summary.lost, summary.doubled), (50, 0), "only the receipts of the second half are missing");
}
