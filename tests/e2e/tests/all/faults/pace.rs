//! Two workers stay inside one limit.

use push_e2e::Stage;
use serde_json::json;

use super::load::{LONG, pair, settled};

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_never_send_more_than_the_vendor_allows_in_any_second() {
    let stage = Stage::shared().await;
    stage.sim.post("/control/rate", &json!({ "vendor": "huawei", "app": "chat", "per_second": 500 })).await.unwrap();
    let spec = stage.huawei().env("PUSH__APPS__CHAT__HUAWEI__RATE_PER_SECOND", "500");
    let (_a, _b) = pair(&stage, &spec).await;
    let jobs: Vec<_> = (0..1000)
        .map(|n| stage.list("chat.group", &format!("pace-{n}"), if n % 20 == 0 { 30 } else { 1 }).vendor("huawei"))
        .collect();
    stage.publish_all(&jobs).await;
    let ended = settled(&stage, &jobs, LONG).await;
    assert_eq!(ended.len(), 1, "{ended:?}");
    let counts = stage.sim.counts("huawei").await.unwrap();
    let most = counts["per_second_max"]["huawei/chat"]["targets"].as_u64().unwrap();
    assert!(most <= 500, "{most} in one second: {counts}");
    assert_eq!(counts["refused"], 0, "the vendor's flow control struck: {counts}");
    stage.judge().await;
}
