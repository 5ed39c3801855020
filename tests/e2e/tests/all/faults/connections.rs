//! Connections that a vendor makes useless.

use push_e2e::Stage;
use serde_json::json;

use super::load::{LONG, chats, settled, slow_vendor, sum};
use crate::classes::House;

/// Apple goes on refusing what comes over a connection that carried an expired token, whatever token comes next.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_token_takes_its_connections_along_and_costs_no_job() {
    let stage = Stage::shared().await;
    let workers = House::of(&stage).open(&stage, &["apns"]).await;
    // The token is to expire while there is much to do.
    slow_vendor(&stage, "apns", 50).await;
    let jobs = chats(&stage, "apns", "chat", "expire", 3000);
    stage.publish_all(&jobs).await;
    stage.sim_wait("apns", "accepted", 300).await;
    stage.sim.post("/control/expire", &json!({ "vendor": "apns", "app": "chat" })).await.unwrap();
    let ended = settled(&stage, &jobs, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&jobs.len()), "{ended:?}");
    let codes = [("app", "chat"), ("code", "ExpiredProviderToken")];
    let refused = sum(&[&workers["apns"]], "push_vendor_codes_total", &codes).await;
    assert!(refused > 0.0, "no call met the expired token");
    stage.judge().await;
}
