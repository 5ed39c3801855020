//! Redis goes away for a while, and comes back without its last writes: with servers that may be stopped.

use push_e2e::{Stage, now};
use push_stack::{Options, Worker};
use serde_json::json;

use super::{idle, reaches, store::Store, taken, tally, told};

#[tokio::test(flavor = "multi_thread")]
async fn redis_is_away_and_comes_back_with_less() {
    let stage = Stage::own(Options::default()).await;
    if !stage.servers().owns_redis() {
        eprintln!("skipped: Redis is not ours to stop");
        return;
    }
    let worker = stage.parcel("single").env("PUSH__CALLS__TIMEOUT_MS", "60000").start().unwrap();
    stage.ready(&worker).await;
    a_store_that_lost_its_last_writes_is_not_believed(&stage).await;
    without_the_store_only_what_may_be_repeated_is_sent(&stage, &worker).await;
    a_claim_whose_answer_was_late_is_no_other_workers(&stage, &worker).await;
    what_a_delivery_has_recorded_is_not_sent_again_without_the_store(&stage, &worker).await;
    idle(&worker).await;
    stage.judge().await;
}

/// `stamp`: a record older than the store's birth says that its open positions may have been sent, whatever it says.
async fn a_store_that_lost_its_last_writes_is_not_believed(stage: &Stage) {
    // Windows of 64 positions: the first two are recorded, the third is on the wire when the store falls back to the
    // time when only the first had been started.
    let tokens = (0..130).map(|n| format!("w{}-{n}", n / 64));
    let hold = |window| json!({"vendor": "parcel", "token_prefix": format!("w{window}-"), "fault": {"do": "hold", "accept": "after"}});
    let first = stage.sim.fault(&hold(0)).await.unwrap();
    let third = stage.sim.fault(&hold(2)).await.unwrap();
    stage.publish(&stage.job("marketing", "windows").tokens(tokens)).await;
    stage.sim_wait("parcel", "held", 64).await;
    let mut store = Store::of(stage).await;
    let early = store.snapshot().await;
    stage.sim.release(Some(first)).await.unwrap();
    stage.sim_wait("parcel", "accepted", 130).await;
    let at = now();
    stage.servers().redis().kill().await.unwrap();
    stage.servers().redis().start(false).await.unwrap();
    Store::of(stage).await.restore(&early).await;
    stage.fault("store_lost", at);
    stage.sim.release(Some(third)).await.unwrap();
    stage.sim.clear_faults(None).await.unwrap();
    let outcomes = stage.settled("windows", 130).await;
    assert_eq!(tally(&outcomes), [("accepted", 2), ("unknown", 128)].into());
    let accepted = stage.accepted("windows").await;
    assert!(accepted.len() == 130 && accepted.values().all(|times| *times == 1), "{accepted:?}");
}

/// While Redis is away, chat is sent without memory; what must not double waits, and so does every outcome that sends
/// nothing, in every class.
async fn without_the_store_only_what_may_be_repeated_is_sent(stage: &Stage, worker: &Worker) {
    let at = now();
    stage.servers().redis().kill().await.unwrap();
    let over = push_contract::Timestamp::from_millis(at - 60_000);
    stage
        .publish_all(&[
            stage.job("marketing", "waits"),
            stage.job("chat.direct", "over").created_at(over).expires_at(over.plus(std::time::Duration::from_secs(1))),
            stage.job("chat.direct", "goes"),
        ])
        .await;
    assert_eq!(stage.settled("goes", 1).await[&0], "accepted");
    reaches(worker, "push_in_work", &[], 2.0).await;
    let failed = worker.metric("push_store_errors_total", &[("what", "claim")]).await.unwrap();
    // Both have asked again, more than once.
    reaches(worker, "push_store_errors_total", &[("what", "claim")], failed + 6.0).await;
    for id in ["waits", "over"] {
        assert_eq!(told(stage, id, 0).len(), 0, "{id}");
    }
    assert_eq!(taken(stage, "waits").await, 0);
    stage.servers().redis().start(false).await.unwrap();
    assert_eq!(stage.settled("waits", 1).await[&0], "accepted");
    assert_eq!(stage.settled("over", 1).await[&0], "expired");
    stage.fault("store_down", at);
    stage.fault("store_lost", at);
    assert_eq!((taken(stage, "waits").await, taken(stage, "goes").await), (1, 1));
}

/// A store that hung does what it was asked when it goes on. A worker that had given up waiting must know its own claim
/// again: by what must not double and waited, and by what was sent without it meanwhile.
async fn a_claim_whose_answer_was_late_is_no_other_workers(stage: &Stage, worker: &Worker) {
    let failed = worker.metric("push_store_errors_total", &[("what", "claim")]).await.unwrap();
    let hold = json!({"vendor": "parcel", "token_prefix": "t-sent", "fault": {"do": "hold", "accept": "after"}});
    stage.sim.fault(&hold).await.unwrap();
    let at = now();
    stage.servers().redis().freeze().await.unwrap();
    stage.publish_all(&[stage.job("marketing", "waited"), stage.job("chat.direct", "sent")]).await;
    stage.sim_wait("parcel", "held", 1).await;
    reaches(worker, "push_store_errors_total", &[("what", "claim")], failed + 3.0).await;
    assert_eq!((taken(stage, "waited").await, told(stage, "waited", 0).len()), (0, 0));
    stage.servers().redis().thaw().await.unwrap();
    assert_eq!(stage.settled("waited", 1).await[&0], "accepted", "nothing of it was ever sent");
    stage.fault("store_down", at);
    stage.sim.clear_faults(None).await.unwrap();
    stage.sim.release(None).await.unwrap();
    assert_eq!(stage.settled("sent", 1).await[&0], "accepted");
    idle(worker).await;
    for id in ["waited", "sent"] {
        assert_eq!((taken(stage, id).await, told(stage, id, 0).len()), (1, 1), "{id}");
    }
    assert_eq!(worker.metric("push_duplicates_total", &[]).await.unwrap(), 0.0, "nothing was met twice");
}

/// Without memory is not without its own: the vendor took two targets and let the third wait when the store went away.
async fn what_a_delivery_has_recorded_is_not_sent_again_without_the_store(stage: &Stage, worker: &Worker) {
    let slow = json!({"do": "code", "code": 5001, "headers": {"retry-after": "5"}});
    let fault = json!({"vendor": "parcel", "token_prefix": "slow-", "count": 1, "fault": slow});
    stage.sim.fault(&fault).await.unwrap();
    let recorded = worker.metric("push_store_seconds_count", &[("what", "record")]).await.unwrap();
    let failed = worker.metric("push_store_errors_total", &[("what", "claim")]).await.unwrap();
    stage.publish(&stage.job("chat.group", "partly").tokens(["quick-1", "quick-2", "slow-3"])).await;
    reaches(worker, "push_store_seconds_count", &[("what", "record")], recorded + 1.0).await;
    let at = now();
    stage.servers().redis().stop().await.unwrap();
    reaches(worker, "push_store_errors_total", &[("what", "claim")], failed + 1.0).await;
    stage.servers().redis().start(true).await.unwrap();
    let outcomes = stage.settled("partly", 3).await;
    stage.fault("store_down", at);
    assert_eq!(tally(&outcomes), [("accepted", 3)].into());
    idle(worker).await;
    let accepted = stage.accepted("partly").await;
    assert!(accepted.len() == 3 && accepted.values().all(|times| *times == 1), "{accepted:?}");
}
