//! A job is parked between two of its steps and replayed later.

use std::collections::BTreeMap;

use lapin::types::FieldTable;
use push_e2e::Stage;

use super::{copies, ended, idle, store::Store, taken, told};

const QUEUE: &str = "push.jobs.parcel.low.chat";

/// `replay`: a replayed message is the same generation, so that its record answers: what was recorded is told and not
/// sent again, and what was on the wire ends unknown.
#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_job_is_answered_by_its_record() {
    let stage = Stage::shared().await;
    Store::of(&stage).await.age().await;
    let spec = stage.parcel("list").env("PUSH__CLAIMS__FENCE_MS", "500").env("PUSH__CLAIMS__DEAD_AFTER_MS", "2000");
    let mut jobs = BTreeMap::new();
    for (step, outcome) in [("recorded", "accepted"), ("written", "unknown")] {
        let dying = spec.clone().env("PUSH_PROBE", &format!("{step}:abort")).start().unwrap();
        stage.ready(&dying).await;
        let job = stage.job("marketing", step);
        stage.publish(&job).await;
        stage.fault("kill", ended(&dying).await);
        copies::wear_out(&stage, QUEUE).await;
        jobs.insert(step, (job, outcome));
    }
    assert!(stage.receipts.is_empty(), "{:?}", stage.receipts.all());
    for parked in stage.client.drain("push.parked.parcel", 10).await.unwrap() {
        let (job, _) = &jobs[parked.message_id.as_deref().unwrap()];
        assert_eq!(parked.body, job.text().as_bytes());
        copies::publish(&stage, job, copies::again(FieldTable::default())).await;
    }
    let worker = spec.start().unwrap();
    stage.ready(&worker).await;
    for (id, (_, outcome)) in &jobs {
        assert_eq!(&stage.settled(id, 1).await[&0], outcome, "{id}");
    }
    idle(&worker).await;
    for id in jobs.keys() {
        assert_eq!((taken(&stage, id).await, told(&stage, id, 0).len()), (1, 1), "{id}");
    }
    stage.judge().await;
}
