//! A store that is slow, and one that never answers.

use std::time::Duration;

use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Mode, Proxy};

use super::{chats, metric};

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_store_slows_and_doubles_nothing() {
    let stage = Stage::shared().await;
    let proxy = Proxy::start(stage.servers().redis_url()).await.unwrap();
    let slow = Duration::from_millis(150);
    proxy.set(Mode::Delay { to_server: slow, to_client: slow });
    let worker = stage.parcel("list").redis(&proxy.url_for(stage.servers().redis_url())).start().unwrap();
    stage.ready(&worker).await;
    let mut jobs = chats(&stage, "slow", 300);
    jobs.extend((0..100).map(|n| stage.job("marketing", &format!("ad-{n}"))));
    stage.publish_all(&jobs).await;
    stage.all_settled(400, 2 * PATIENCE).await;
    let summary = stage.judge().await;
    assert_eq!(summary.outcomes["parcel"]["accepted"], 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_never_answers_holds_up_what_must_not_double_and_nothing_else() {
    let stage = Stage::shared().await;
    let proxy = Proxy::start(stage.servers().redis_url()).await.unwrap();
    let worker = stage
        .parcel("single")
        .redis(&proxy.url_for(stage.servers().redis_url()))
        .env("PUSH__REDIS__TIMEOUT_MS", "200")
        .start()
        .unwrap();
    stage.ready(&worker).await;
    metric(&worker, "push_store_up", &[], |value| value == 1.0).await;
    proxy.set(Mode::Blackhole);
    let at = now();
    stage.publish(&stage.job("marketing", "ad")).await;
    stage.publish_all(&chats(&stage, "dark", 50)).await;
    for n in 0..50 {
        assert_eq!(stage.settled(&format!("dark-{n}"), 1).await[&0], "accepted");
    }
    assert!(stage.receipts.outcomes("ad").is_empty() && stage.accepted("ad").await.is_empty());
    proxy.set(Mode::Pass);
    proxy.cut();
    assert_eq!(stage.settled("ad", 1).await[&0], "accepted");
    stage.fault("store_down", at);
    stage.judge().await;
}
