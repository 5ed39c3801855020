//! What is old by the time it is used.

use std::time::Duration;

use push_e2e::{Stage, now};
use push_stack::{Mode, Proxy};
use serde_json::json;

use super::{idle, reaches, store::Store, taken, told};

/// A claim is as old as the question, not as the answer: one that was long under way is confirmed like any old one.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_was_long_under_way_is_confirmed() {
    let stage = Stage::shared().await;
    Store::of(&stage).await.age().await;
    let proxy = Proxy::start(stage.servers().redis_url()).await.unwrap();
    let spec = stage.parcel("list").env("PUSH__CLAIMS__FENCE_MS", "500").env("PUSH__CLAIMS__DEAD_AFTER_MS", "2000");
    let slow = spec
        .clone()
        .redis(&proxy.url_for(stage.servers().redis_url()))
        .env("PUSH__REDIS__TIMEOUT_MS", "60000")
        .env("PUSH__AMQP__PREFETCH", "1")
        .start()
        .unwrap();
    stage.ready(&slow).await;
    // Once it has asked for a claim the store knows the script: a question then is a single one.
    stage.publish(&stage.job("chat.direct", "first")).await;
    stage.settled("first", 1).await;
    let at = now();
    proxy.set(Mode::Delay { to_server: Duration::ZERO, to_client: Duration::from_secs(3600) });
    let jobs = ["chat.direct", "marketing"].map(|kind| stage.job(kind, kind));
    stage.publish_all(&jobs).await;
    // It has both claims and does not know.
    let store = Store::of(&stage).await;
    store.holds("chat/chat.direct/0").await;
    store.holds("chat/marketing/0").await;
    let second = spec.start().unwrap();
    stage.ready(&second).await;
    stage.publish_all(&jobs).await;
    assert_eq!(stage.settled("chat.direct", 1).await[&0], "accepted");
    assert_eq!(stage.settled("marketing", 1).await[&0], "unknown");
    proxy.set(Mode::Pass);
    reaches(&slow, "push_claims_lost_total", &[("at", "fence")], 2.0).await;
    stage.fault("store_down", at);
    idle(&slow).await;
    idle(&second).await;
    assert_eq!((taken(&stage, "chat.direct").await, taken(&stage, "marketing").await), (1, 0));
    stage.judge().await;
}

/// The connection is lost while a token is fetched: nothing has been written yet, and nothing is any more.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_written_after_a_token_that_came_too_late() {
    let stage = Stage::shared().await;
    Store::of(&stage).await.age().await;
    let proxy = Proxy::start(stage.servers().amqp_url()).await.unwrap();
    let first = stage.parcel("list").amqp(&proxy.url_for(stage.servers().amqp_url())).start().unwrap();
    stage.ready(&first).await;
    let auth = json!({"vendor": "parcel", "api": "auth", "count": 1, "fault": {"do": "hold", "accept": "after"}});
    stage.sim.fault(&auth).await.unwrap();
    stage.publish(&stage.job("marketing", "tokenless")).await;
    stage.sim_wait("parcel", "held", 1).await;
    let at = now();
    proxy.set(Mode::Refuse);
    reaches(&first, "push_amqp_connects_total", &[("result", "failed")], 1.0).await;
    stage.fault("conn", at);
    let second = stage.parcel("list").start().unwrap();
    stage.ready(&second).await;
    reaches(&second, "push_duplicates_total", &[("how", "busy")], 1.0).await;
    stage.sim.release(None).await.unwrap();
    assert_eq!(stage.settled("tokenless", 1).await[&0], "accepted");
    idle(&first).await;
    assert_eq!(first.metric("push_vendor_calls_total", &[]).await.unwrap(), 0.0);
    assert_eq!((taken(&stage, "tokenless").await, told(&stage, "tokenless", 0).len()), (1, 1));
    stage.judge().await;
}
