//! Every kind to every platform.

use push_contract::Kind;
use push_e2e::Stage;
use serde_json::Value;

use super::{House, PLATFORMS, data_for, objections, receipts, shown_for};

const VENDORS: [&str; 8] = ["apns", "fcm", "honor", "huawei", "meizu", "oppo", "vivo", "xiaomi"];

/// Every kind in three forms to every platform: what is shown, what is shown silently, and data alone.
async fn send_everything(app: &str) -> (Stage, Vec<Value>) {
    let stage = Stage::shared().await;
    let _workers = House::of(&stage).open(&stage, &VENDORS).await;
    let mut jobs = Vec::new();
    for platform in PLATFORMS {
        for kind in Kind::ALL {
            let shown = |tag| shown_for(platform, app, kind.as_str(), tag);
            jobs.extend([shown("shown"), shown("quiet").silent(), data_for(platform, app, kind.as_str(), "data")]);
        }
    }
    for kind in Kind::ALL {
        jobs.push(shown_for(("apns", "voip"), app, kind.as_str(), "shown"));
    }
    stage.publish_all(&jobs).await;
    let receipts = receipts(&stage, &jobs).await;
    (stage, receipts.into_values().collect())
}

/// What its id says that a job is: platform and form.
fn says<'a>(receipt: &'a Value, part: &str) -> bool {
    let id: &'a str = receipt["id"].as_str().unwrap();
    id.split(':').any(|word| word == part)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_vendor_objects_to_an_app_with_every_right() {
    let (stage, receipts) = send_everything("chat").await;
    let objections = objections(&stage).await;
    assert!(objections.is_empty(), "{} objections, such as {:#?}", objections.len(), &objections[..1]);
    for receipt in &receipts {
        assert!(receipt["degraded_from"].is_null(), "degraded in spite of every right: {receipt:#}");
    }
    ended(&receipts, "chat");
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_vendor_objects_to_an_app_without_any_right() {
    let (stage, receipts) = send_everything("shop").await;
    let objections = objections(&stage).await;
    assert!(objections.is_empty(), "{} objections, such as {:#?}", objections.len(), &objections[..1]);
    // Apart from Google, who grants nothing, a chat message deserves more than such an app may claim.
    for (vendor, _) in PLATFORMS.iter().filter(|(vendor, _)| !["fcm", "apns", "vivo"].contains(vendor)) {
        let chats = receipts.iter().filter(|receipt| receipt["vendor"] == *vendor && receipt["kind"] == "chat.direct");
        let shown: Vec<_> = chats.filter(|receipt| says(receipt, "shown")).collect();
        assert!(!shown.is_empty() && shown.iter().all(|receipt| receipt["degraded_from"].is_string()), "{shown:#?}");
    }
    ended(&receipts, "shop");
    stage.judge().await;
}

/// All was accepted, but for what a platform cannot carry or an app may not send at all.
fn ended(receipts: &[Value], app: &str) {
    for receipt in receipts {
        let result = &receipt["results"][0];
        let call = matches!(receipt["kind"].as_str(), Some("call.invite" | "call.cancel"));
        let expected = match receipt["vendor"].as_str().unwrap() {
            // These have no messages that show nothing.
            "meizu" | "oppo" | "vivo" | "xiaomi" if says(receipt, "data") => "unsupported",
            "apns" if says(receipt, "voip") && app == "shop" => "misconfigured",
            "apns" if says(receipt, "voip") && !call => "unsupported",
            _ => "accepted",
        };
        assert_eq!(result["outcome"], expected, "{receipt:#}");
        let named = receipt["class"].as_str().is_some_and(|class| !class.is_empty());
        assert!(named || expected != "accepted", "no class: {receipt:#}");
    }
}
