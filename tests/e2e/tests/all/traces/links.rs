//! The connection to the broker is lost at the wrong moment.

use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Mode, Proxy};

use super::{idle, reaches, stopped, store::Store, taken, told};

/// `until`: what is dropped before its bytes is given back, or nobody could tell it from what was sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_whose_bytes_never_left_is_given_back() {
    let stage = Stage::shared().await;
    Store::of(&stage).await.age().await;
    let proxy = Proxy::start(stage.servers().amqp_url()).await.unwrap();
    // While it gathers, between the claim and the bytes, the first worker has time to notice what happened.
    let first = stage
        .parcel("gather")
        .amqp(&proxy.url_for(stage.servers().amqp_url()))
        .env("PUSH__WORKER__GATHER_MS", "3000")
        .env("PUSH_PROBE", "claimed:stop")
        .start()
        .unwrap();
    stage.ready(&first).await;
    stage.publish(&stage.job("marketing", "dropped")).await;
    let at = stopped(&first).await;
    proxy.set(Mode::Refuse);
    let second = stage.parcel("gather").start().unwrap();
    stage.ready(&second).await;
    // It meets the claim of a living worker first.
    reaches(&second, "push_duplicates_total", &[("how", "busy")], 1.0).await;
    first.cont().unwrap();
    stage.fault("freeze", at);
    stage.fault("conn", at);
    assert_eq!(stage.settled("dropped", 1).await[&0], "accepted");
    // The first gave back what it had claimed, without a call.
    reaches(&first, "push_store_seconds_count", &[("what", "record")], 1.0).await;
    assert_eq!(first.metric("push_vendor_calls_total", &[]).await.unwrap(), 0.0);
    idle(&second).await;
    let told = told(&stage, "dropped", 0);
    assert_eq!((told.len(), &told[0]["doubt"]), (1, &serde_json::Value::Null), "{told:?}");
    assert_eq!(taken(&stage, "dropped").await, 1);
    stage.judge().await;
}

/// `channel`: a message that is not marked proves something only if its channel has answered since the store's birth.
#[tokio::test(flavor = "multi_thread")]
async fn a_channel_that_died_unnoticed_proves_nothing_to_a_new_store() {
    let stage = Stage::shared().await;
    let mut store = Store::of(&stage).await;
    store.age().await;
    let proxy = Proxy::start(stage.servers().amqp_url()).await.unwrap();
    let first = stage
        .parcel("list")
        .amqp(&proxy.url_for(stage.servers().amqp_url()))
        .env("PUSH__AMQP__TIMEOUT_MS", "3000")
        .env("PUSH_PROBE", "received:stop")
        .start()
        .unwrap();
    stage.ready(&first).await;
    stage.publish(&stage.job("marketing", "twice")).await;
    let at = stopped(&first).await;
    proxy.set(Mode::Forget);
    let second = stage.parcel("list").start().unwrap();
    stage.ready(&second).await;
    assert_eq!(stage.settled("twice", 1).await[&0], "accepted");
    idle(&second).await;
    let lost = now();
    store.wipe().await;
    stage.fault("store_lost", lost);
    first.cont().unwrap();
    stage.fault("freeze", at);
    stage.fault("conn", at);
    // It asks the store, which knows nothing, and its channel, which does not answer.
    reaches(&first, "push_store_seconds_count", &[("what", "claim")], 1.0).await;
    first.logged("broker connection lost", PATIENCE).await.unwrap();
    idle(&first).await;
    proxy.set(Mode::Pass);
    reaches(&first, "push_amqp_connects_total", &[("result", "ok")], 2.0).await;
    assert_eq!(taken(&stage, "twice").await, 1);
    assert_eq!(told(&stage, "twice", 0).len(), 1);
    stage.judge().await;
}
