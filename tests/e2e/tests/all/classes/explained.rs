//! `--explain` says which class every vendor chose and why, and shows the request without a secret or a token.

use push_contract::Kind;
use push_e2e::Stage;
use serde_json::Value;

use super::{House, PLATFORMS, shown_for};
use crate::surroundings::run;

#[tokio::test(flavor = "multi_thread")]
async fn every_vendor_explains_class_right_limits_and_request() {
    let stage = Stage::shared().await;
    let house = House::of(&stage);
    let secrets: Vec<String> = house.registrations.iter().flat_map(secrets_of).collect();
    assert!(secrets.len() >= 16, "{} secrets", secrets.len());
    for platform in PLATFORMS {
        let settings = house.file(platform.0);
        for (app, kind) in [("chat", Kind::CallInvite), ("shop", Kind::OrderUpdate), ("shop", Kind::Marketing)] {
            let job = shown_for(platform, app, kind.as_str(), "explained");
            let (code, said) = run(platform.0, &["--explain", "-"], &settings, &[], &job.text()).await;
            assert_eq!(code, Some(0), "{said}");
            let told: Value = serde_json::from_str(&said).unwrap();
            let token = job.value()["targets"][0]["token"].as_str().unwrap().to_owned();
            for secret in secrets.iter().chain([&token]) {
                assert!(!said.contains(secret.as_str()), "{platform:?} shows {secret}: {said}");
            }
            let because = told["right"]["because"].as_str().unwrap_or_default();
            assert!(told["class"]["name"].is_string() && !because.is_empty(), "{platform:?}: {said}");
            assert_eq!(told["right"]["missing"], told["class"]["degraded_from"].is_string(), "{platform:?}: {said}");
            assert!(told["limits"]["rate"]["per_second"].is_u64(), "{platform:?}: {said}");
            assert!(told["limits"]["caps"].is_string() || told["class"]["name"] == "MISS_CALL", "{platform:?}: {said}");
            assert!(
                told["request"]["address"].is_string() && !told["request"]["body"].is_null(),
                "{platform:?}: {said}"
            );
        }
    }
}

/// Texts of a registration that are secrets; of keys and key files their longest line.
fn secrets_of(registration: &Value) -> Vec<String> {
    let names = ["client_secret", "app_secret", "master_secret", "key", "service_account"];
    let texts = names.iter().filter_map(|name| registration[*name].as_str());
    texts.map(|text| text.lines().max_by_key(|line| line.len()).unwrap_or_default().to_owned()).collect()
}
