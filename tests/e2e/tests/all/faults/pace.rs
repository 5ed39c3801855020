//! Two workers stay inside one limit, and one takes all of it when the other is gone.

use push_e2e::{PATIENCE, Stage};
use serde_json::json;

use super::load::{LONG, metric_is, pair, settled};

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_share_one_limit_and_one_takes_it_over() {
    let stage = Stage::shared().await;
    stage.sim.post("/control/rate", &json!({ "vendor": "huawei", "app": "chat", "per_second": 500 })).await.unwrap();
    let spec = stage.huawei().env("PUSH__APPS__CHAT__HUAWEI__RATE_PER_SECOND", "500");
    let (a, b) = pair(&stage, &spec.env("PUSH__CLAIMS__DEAD_AFTER_MS", "7000")).await;
    let targets = |n| {
        if n == 0 {
            1000
        } else if n % 20 == 0 {
            30
        } else {
            1
        }
    };
    let jobs: Vec<_> =
        (0..1500).map(|n| stage.list("chat.group", &format!("pace-{n}"), targets(n)).vendor("huawei")).collect();
    stage.publish_all(&jobs).await;
    stage.sim_wait("huawei", "accepted", 1000).await;
    a.term().unwrap();
    assert_eq!(a.wait(PATIENCE).await.unwrap().code(), Some(0));
    // What waits for its turn when the other is gone must not go out beside what that one sent.
    metric_is(&b, "push_replicas", &[], |living| living == 1.0).await;
    let ended = settled(&stage, &jobs, LONG).await;
    assert_eq!(ended.len(), 1, "{ended:?}");
    let counts = stage.sim.counts("huawei").await.unwrap();
    let most = counts["per_second_max"]["huawei/chat"]["targets"].as_u64().unwrap();
    assert!(most <= 500, "{most} in one second: {counts}");
    stage.judge().await;
}
