//! A job is parked between two of its steps, and replayed or discarded later.

use std::collections::BTreeMap;

use lapin::types::{AMQPValue, FieldTable};
use push_contract::Timestamp;
use push_e2e::{Stage, now};
use push_stack::WorkerSpec;
use push_testkit::jobs::JobBuilder;
use serde_json::json;

use super::{copies, ended, idle, store::Store, taken, told};

const QUEUE: &str = "push.jobs.parcel.low.chat";

/// `replay`: a replayed message is the same generation, so that its record answers: what was recorded is told and not
/// sent again, and what was on the wire ends unknown.
#[tokio::test(flavor = "multi_thread")]
async fn a_replayed_job_is_answered_by_its_record() {
    let stage = Stage::shared().await;
    let jobs = park_between(&stage, &[("recorded", "accepted", 1), ("written", "unknown", 1)]).await;
    for job in jobs.values() {
        copies::publish(&stage, &job.0, copies::again(FieldTable::default())).await;
    }
    answered(&stage, &jobs).await;
}

/// The same for a job that an operator drops: what has an outcome keeps it, what may have been sent, for all the store
/// knows, is not said to be dropped, and what was not sent is never sent, also where a copy was to try again.
#[tokio::test(flavor = "multi_thread")]
async fn a_discarded_job_is_answered_by_its_record_or_dropped() {
    let stage = Stage::shared().await;
    let steps = [
        ("recorded", "accepted", 1),
        ("written", "unknown", 1),
        ("claimed", "unknown", 0),
        ("received", "discarded", 0),
        ("recorded-repeat", "discarded", 0),
    ];
    let refuse =
        json!({"vendor": "parcel", "token_prefix": "t-recorded-repeat", "fault": {"do": "status", "status": 503}});
    stage.sim.fault(&refuse).await.unwrap();
    let mut jobs = park_between(&stage, &steps).await;
    stage.sim.clear_faults(None).await.unwrap();
    for job in jobs.values() {
        copies::publish(&stage, &job.0, discard(copies::again(FieldTable::default()))).await;
    }
    // No worker ever had these: one waited in its work queue, and one is past its time, which counts for less.
    let ago = |seconds: i64| Timestamp::from_millis(now() - seconds * 1000);
    let past = stage.job("chat.direct", "past").created_at(ago(20)).expires_at(ago(10));
    for (id, job) in [("waiting", stage.job("chat.direct", "waiting")), ("past", past)] {
        copies::publish(&stage, &job, discard(FieldTable::default())).await;
        stage.note(&job.value());
        jobs.insert(id, (job, "discarded", 0));
    }
    answered(&stage, &jobs).await;
    let told = |id: &str| told(&stage, id, 0).remove(0);
    assert_eq!(told("waiting")["reason"], "discarded_by_operator");
    assert_eq!(told("written")["doubt"], true);
}

/// A job, its outcome in the end, and how often the vendor took it.
type Jobs = BTreeMap<&'static str, (JobBuilder, &'static str, usize)>;

/// Marketing whose worker dies after each of these steps (their names may go on after a `-`), and then the broker parks it.
async fn park_between(stage: &Stage, steps: &[(&'static str, &'static str, usize)]) -> Jobs {
    Store::of(stage).await.age().await;
    let mut jobs = Jobs::new();
    for (name, outcome, sent) in steps {
        let step = name.split('-').next().unwrap();
        let dying = spec(stage).env("PUSH_PROBE", &format!("{step}:abort")).start().unwrap();
        stage.ready(&dying).await;
        let job = stage.job("marketing", name);
        stage.publish(&job).await;
        stage.fault("kill", ended(&dying).await);
        copies::wear_out(stage, QUEUE).await;
        jobs.insert(name, (job, outcome, *sent));
    }
    assert!(stage.receipts.is_empty(), "{:?}", stage.receipts.all());
    for parked in stage.client.drain("push.parked.parcel", 10).await.unwrap() {
        let (job, ..) = &jobs[parked.message_id.as_deref().unwrap()];
        assert_eq!(parked.body, job.text().as_bytes());
    }
    jobs
}

/// A worker that lives settles what was put back.
async fn answered(stage: &Stage, jobs: &Jobs) {
    let worker = spec(stage).start().unwrap();
    stage.ready(&worker).await;
    for (id, (_, outcome, _)) in jobs {
        assert_eq!(&stage.settled(id, 1).await[&0], outcome, "{id}");
    }
    idle(&worker).await;
    for (id, (_, _, sent)) in jobs {
        assert_eq!((taken(stage, id).await, told(stage, id, 0).len()), (*sent, 1), "{id}");
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
