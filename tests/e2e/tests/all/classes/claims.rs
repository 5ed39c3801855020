//! What a producer claims in `options`: without the right it is sent with less or not at all, never as claimed.

use push_e2e::Stage;
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};
use toml::Table;

use super::{House, data_for, objections, receipts, shown_for};

const VENDORS: [&str; 7] = ["apns", "honor", "huawei", "meizu", "oppo", "vivo", "xiaomi"];

/// Jobs of an app without rights, each with an override that claims one.
fn claims() -> Vec<JobBuilder> {
    let claim = |platform: (&str, &str), kind: &str, tag: &str, options: Value| {
        shown_for(platform, "shop", kind, tag).options(platform.0, options)
    };
    let (android, next) = (("huawei", "android"), ("huawei", "next"));
    vec![
        claim(("apns", "alert"), "news", "critical", json!({ "interruption_level": "critical" })),
        claim(("apns", "alert"), "news", "timely", json!({ "interruption_level": "time-sensitive" })),
        claim(("honor", ""), "news", "normal", json!({ "importance": "NORMAL" })),
        claim(android, "news", "im", json!({ "category": "IM" })),
        claim(android, "chat.direct", "call", json!({ "category": "VOIP" })),
        data_for(android, "shop", "call.invite", "wakes").options("huawei", json!({ "category": "VOIP" })),
        claim(next, "news", "im", json!({ "category": "IM" })),
        claim(next, "chat.direct", "call", json!({ "category": "VOIP" })),
        claim(("meizu", ""), "news", "private", json!({ "category": "private" })),
        claim(("oppo", ""), "news", "im", json!({ "category": "IM" })),
        claim(("vivo", ""), "news", "subscription", json!({ "category": "SUBSCRIPTION" })),
        claim(("xiaomi", ""), "news", "im", json!({ "category": "IM" })),
    ]
}

async fn sent(stage: &Stage, house: &House) -> Vec<Value> {
    let _workers = house.open(stage, &VENDORS).await;
    let jobs = claims();
    stage.publish_all(&jobs).await;
    receipts(stage, &jobs).await.into_values().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_without_the_right_is_sent_as_less() {
    let stage = Stage::shared().await;
    let receipts = sent(&stage, &House::of(&stage)).await;
    for receipt in &receipts {
        assert_eq!(receipt["results"][0]["outcome"], "accepted", "{receipt:#}");
        assert!(receipt["degraded_from"].is_string(), "{receipt:#}");
    }
    let objections = objections(&stage).await;
    assert!(objections.is_empty(), "{objections:#?}");
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_without_the_right_is_refused_where_the_settings_say_so() {
    let stage = Stage::shared().await;
    let mut house = House::of(&stage);
    for vendor in VENDORS {
        house.set(vendor, "shop", Table::from_iter([("on_missing_right".to_owned(), "refuse".into())]));
    }
    let receipts = sent(&stage, &house).await;
    for receipt in &receipts {
        let result = &receipt["results"][0];
        assert_eq!(
            (&result["outcome"], &result["reason"]),
            (&json!("misconfigured"), &json!("no_right")),
            "{receipt:#}"
        );
    }
    assert_eq!(stage.sim.seen().await.unwrap(), Vec::<Value>::new());
    stage.judge().await;
}
