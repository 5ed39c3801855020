//! A job is parked between two of its steps, and replayed or discarded later.

use std::collections::BTreeMap;

use lapin::types::{AMQPValue, FieldTable};
use push_contract::Timestamp;
use push_e2e::{Stage, now};
use push_stack::WorkerSpec;
use push_testkit::jobs::JobBuilder;

use super::{copies, ended, idle, store::Store, taken, told};

const QUEUE: &str = "push.jobs.parcel.low.chat";

/// `replay`: a replayed message is the same generation, so that its record answers: what was recorded is told and not
/// sent again, and what was on the wire ends unknown.
#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_job_is_answered_by_its_record() {
    let stage = Stage::shared().await;
    let jobs = park_between(&stage, &[("recorded", "accepted"), ("written", "unknown")]).await;
    for job in jobs.values() {
        copies::publish(&stage, &job.0, copies::again(FieldTable::default())).await;
    }
    answered(&stage, &jobs).await;
}

/// The same for a job that an operator drops: what has an outcome keeps it, what may have been sent is not said to be
/// dropped, and what was not sent is never sent, were it even claimed.
#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_job_is_answered_by_its_record_or_dropped() {
    let stage = Stage::shared().await;
    let steps = [("recorded", "accepted"), ("written", "unknown"), ("received", "discarded")];
    let mut jobs = park_between(&stage, &steps).await;
    for job in jobs.values() {
        copies::publish(&stage, &job.0, discard(copies::again(FieldTable::default()))).await;
    }
    // No worker ever had these: one waited in its work queue, and one is past its time, which counts for less.
    let ago = |seconds: i64| Timestamp::from_millis(now() - seconds * 1000);
    let past = stage.job("chat.direct", "past").created_at(ago(20)).expires_at(ago(10));
    for (id, job) in [("waiting", stage.job("chat.direct", "waiting")), ("past", past)] {
        copies::publish(&stage, &job, discard(FieldTable::default())).await;
        stage.note(&job.value());
        jobs.insert(id, (job, "discarded"));
    }
    answered(&stage, &jobs).await;
    let told = |id: &str| told(&stage, id, 0).remove(0);
    assert_eq!(told("waiting")["reason"], "discarded_by_operator");
    assert_eq!(told("written")["doubt"], true);
}

type Jobs = BTreeMap<&'static str, (JobBuilder, &'static str)>;

/// Marketing whose worker dies after each of these steps until the broker parks the job, by step, with the outcome that
/// it must have in the end.
async fn park_between(stage: &Stage, steps: &[(&'static str, &'static str)]) -> Jobs {
    Store::of(stage).await.age().await;
    let mut jobs = Jobs::new();
    for (step, outcome) in steps {
        let dying = spec(stage).env("PUSH_PROBE", &format!("{step}:abort")).start().unwrap();
        stage.ready(&dying).await;
        let job = stage.job("marketing", step);
        stage.publish(&job).await;
        stage.fault("kill", ended(&dying).await);
        copies::wear_out(stage, QUEUE).await;
        jobs.insert(step, (job, outcome));
    }
    assert!(stage.receipts.is_empty(), "{:?}", stage.receipts.all());
    for parked in stage.client.drain("push.parked.parcel", 10).await.unwrap() {
        let (job, _) = &jobs[parked.message_id.as_deref().unwrap()];
        assert_eq!(parked.body, job.text().as_bytes());
    }
    jobs
}

/// A worker that lives settles what was put back.
async fn answered(stage: &Stage, jobs: &Jobs) {
    let worker = spec(stage).start().unwrap();
    stage.ready(&worker).await;
    for (id, (_, outcome)) in jobs {
        assert_eq!(&stage.settled(id, 1).await[&0], outcome, "{id}");
    }
    idle(&worker).await;
    for (id, (_, outcome)) in jobs {
        let sent = usize::from(*outcome != "discarded");
        assert_eq!((taken(stage, id).await, told(stage, id, 0).len()), (sent, 1), "{id}");
    }
    stage.judge().await;
}

fn spec(stage: &Stage) -> WorkerSpec {
    stage.parcel("list").env("PUSH__CLAIMS__FENCE_MS", "500").env("PUSH__CLAIMS__DEAD_AFTER_MS", "2000")
}

/// The same headers on a job that an operator drops.
fn discard(mut headers: FieldTable) -> FieldTable {
    headers.insert("x-push-discard".into(), AMQPValue::Boolean(true));
    headers
}
