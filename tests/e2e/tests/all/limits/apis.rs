//! Interfaces that have limits of their own: six workers together stay inside them.

use std::time::Duration;

use push_e2e::Stage;
use push_stack::WorkerSpec;
use serde_json::json;

use super::scene::{alone, fleet, limited, taken};

const LONG: Duration = Duration::from_secs(150);
const WORKERS: usize = 6;
const PER_SECOND: u64 = 5;

/// A worker that keeps to so many calls of an interface.
fn spec(stage: &Stage, calls: &str, api: &str) -> WorkerSpec {
    limited(stage, calls, 1000).env("PUSH__APPS__CHAT__PARCEL__API_RATES", &format!("{{ {api} = {PER_SECOND} }}"))
}

/// The most calls of a kind within any second; one more than the limit is allowed below 20 a second.
async fn kept(stage: &Stage, kind: &str) {
    let counts = stage.sim.counts("parcel").await.unwrap();
    let most = counts["per_second_max"]["parcel/chat"][kind].as_u64().unwrap();
    assert!((2..=PER_SECOND + 1).contains(&most), "{most} {kind} within one second, {PER_SECOND} allowed: {counts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_start_at_once_do_not_overrun_the_token_endpoint() {
    const FETCHES: u64 = 25;
    let _alone = alone().await;
    let stage = Stage::shared().await;
    // A token is old after half a second: each worker would fetch two a second, and all of them one at first.
    let app = json!({
        "vendor": "parcel", "app": "chat", "app_id": "p-chat", "app_secret": "chat-secret", "token_seconds": 1,
    });
    stage.sim.register(&app).await.unwrap();
    let _fleet = fleet(&stage, &spec(&stage, "single", "auth"), WORKERS).await;
    for burst in 0.. {
        let jobs: Vec<_> = (0..300).map(|n| stage.job("chat.direct", &format!("b{burst}-{n}"))).collect();
        stage.publish_all(&jobs).await;
        taken(&stage, 300 * (burst + 1), LONG).await;
        if stage.sim.counts("parcel").await.unwrap()["auth_calls"].as_u64() >= Some(FETCHES) {
            break;
        }
    }
    kept(&stage, "auth_calls").await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_that_save_a_list_keep_to_a_limit_of_their_own() {
    let _alone = alone().await;
    let stage = Stage::shared().await;
    let _fleet = fleet(&stage, &spec(&stage, "list", "save"), WORKERS).await;
    let jobs: Vec<_> = (0..30).map(|n| stage.list("chat.group", &format!("l-{n}"), 2)).collect();
    stage.publish_all(&jobs).await;
    stage.all_settled(60, LONG).await;
    kept(&stage, "prepare_calls").await;
    stage.judge().await;
}

/// The old token is good for ten seconds more: nobody needs a new one at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_renewal_that_fails_is_left_alone_for_a_while() {
    let stage = Stage::shared().await;
    let app = json!({
        "vendor": "parcel", "app": "chat", "app_id": "p-chat", "app_secret": "chat-secret", "token_seconds": 20,
    });
    stage.sim.register(&app).await.unwrap();
    let _fleet = fleet(&stage, &limited(&stage, "single", 1000), 1).await;
    let mut bursts = 0;
    let mut burst = async || {
        let jobs: Vec<_> = (0..20).map(|n| stage.job("chat.direct", &format!("b{bursts}-{n}"))).collect();
        stage.publish_all(&jobs).await;
        bursts += 1;
        taken(&stage, 20 * bursts, LONG).await;
        stage.sim.counts("parcel").await.unwrap()["auth_calls"].as_u64().unwrap()
    };
    assert_eq!(burst().await, 1);
    let trouble = json!({"vendor": "parcel", "api": "auth", "fault": {"do": "status", "status": 503}});
    stage.sim.fault(&trouble).await.unwrap();
    // Half of its life later it is time for a new one.
    while burst().await == 1 {}
    assert_eq!((burst().await, burst().await), (2, 2), "it was asked for again");
    stage.judge().await;
}
