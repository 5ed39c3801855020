//! A worker freezes between the fence and the bytes, the one gap that nothing can close: only the `started` bit stands
//! before what must not double.

use push_e2e::Stage;
use push_stack::{Mode, Proxy};

use super::{idle, reaches, stopped, store::Store, taken, told};

/// One batch of what may be repeated is sent twice.
#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_after_the_fence_doubles_one_chat_batch() {
    freeze_after_the_fence("chat.group", "accepted", 6).await;
}

/// What must not double ends unknown, and the late write is its only one.
#[tokio::test(flavor = "multi_thread")]
async fn a_freeze_after_the_fence_doubles_no_marketing() {
    freeze_after_the_fence("marketing", "unknown", 3).await;
}

async fn freeze_after_the_fence(kind: &str, outcome: &str, acceptances: usize) {
    let stage = Stage::shared().await;
    Store::of(&stage).await.age().await;
    let proxy = Proxy::start(stage.servers().amqp_url()).await.unwrap();
    // One call that commits: a list, which is saved first, would be fenced again before the call that sends it.
    let spec = stage.parcel("gather").env("PUSH__CLAIMS__FENCE_MS", "500").env("PUSH__CLAIMS__DEAD_AFTER_MS", "2000");
    let first = spec
        .clone()
        .amqp(&proxy.url_for(stage.servers().amqp_url()))
        .env("PUSH_PROBE", "fenced:stop:frozen")
        .start()
        .unwrap();
    stage.ready(&first).await;
    stage.publish_all(&[stage.list(kind, "frozen", 3), stage.list(kind, "other", 3)]).await;
    let at = stopped(&first).await;
    proxy.set(Mode::Refuse);
    let second = spec.start().unwrap();
    stage.ready(&second).await;
    let outcomes = stage.settled("frozen", 3).await;
    assert!(outcomes.values().all(|told| told == outcome), "{outcomes:?}");
    let other = stage.settled("other", 3).await;
    first.cont().unwrap();
    stage.fault("conn", at);
    // It writes, and then finds that its claim was void.
    reaches(&first, "push_claims_lost_total", &[("at", "record")], 1.0).await;
    stage.fault("freeze", at);
    idle(&first).await;
    idle(&second).await;
    assert_eq!(taken(&stage, "frozen").await, acceptances);
    for n in 0..3 {
        let told = told(&stage, "frozen", n);
        assert_eq!((told.len(), &told[0]["doubt"]), (1, &true.into()), "{told:?}");
    }
    // Its neighbour was claimed before the freeze or was not; it is told the same way, and never twice.
    assert_eq!(other.len(), 3);
    stage.judge().await;
}
