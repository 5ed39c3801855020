//! Daily quotas kept by a fleet: all of one is used and no more, whoever dies; every lane has its share.

use std::time::Duration;

use push_e2e::{PATIENCE, Stage, now};
use push_stack::{WorkerSpec, until};
use serde_json::json;

use super::scene::{alone, fleet, taken};

const LONG: Duration = Duration::from_secs(150);

/// A Parcel worker with this table `day.quotas.news` and what else stands in `day`.
pub(super) fn spec(stage: &Stage, day: &str, quota: &str) -> WorkerSpec {
    stage
        .worker("parcel", &settings(stage, day, quota))
        .env("PUSH__APPS__CHAT__PARCEL__APP_SECRET", "chat-secret")
        .env("PUSH__WORKER__WATCH_MS", "50")
        .env("PUSH__LOG__LEVEL", "info")
}

/// The settings file of [`spec`].
pub(super) fn settings(stage: &Stage, day: &str, quota: &str) -> String {
    let sim = stage.sim.url();
    format!(
        "[apps.chat.parcel]\napp_id = 'p-chat'\nauth_url = '{sim}'\nsend_url = '{sim}'\ncalls = 'single'\n\
         rate_per_second = 100000\n[apps.chat.parcel.day]\n{day}\n[apps.chat.parcel.day.quotas.news]\n{quota}\n"
    )
}

/// Results by outcome.
pub(super) fn outcomes(stage: &Stage, outcome: &str) -> usize {
    let receipts = stage.receipts.all();
    let results = receipts.iter().flat_map(|receipt| receipt["results"].as_array().into_iter().flatten());
    results.filter(|result| result["outcome"] == outcome).count()
}

/// Pushes that the vendor took.
pub(super) async fn accepted(stage: &Stage) -> u64 {
    let counts = stage.sim.get("/control/counts?vendor=parcel&app=chat").await.unwrap();
    counts["accepted"].as_u64().unwrap()
}

/// News, and whether in a lane above the one that it belongs into.
pub(super) fn news(stage: &Stage, tag: &str, kind: &str, jobs: usize) -> Vec<push_testkit::jobs::JobBuilder> {
    let class = json!({ "class": "news" });
    (0..jobs).map(|n| stage.job(kind, &format!("{tag}-{n}")).options("parcel", class.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quota_is_used_whole_and_never_exceeded() {
    const LIMIT: u64 = 10_000;
    const JOBS: usize = 30_000;
    let _alone = alone().await;
    let stage = Stage::shared().await;
    let spec = spec(&stage, "", &format!("limit = {LIMIT}\nceilings = {{ high = 1.0, normal = 1.0, low = 1.0 }}"));
    let mut fleet = fleet(&stage, &spec, 4).await;
    let jobs = news(&stage, "n", "news", JOBS);
    let (first, rest) = jobs.split_at(JOBS / 3);
    stage.publish_all(first).await;
    taken(&stage, LIMIT / 3, LONG).await;
    let killed = now();
    let dead = fleet.pop().unwrap();
    dead.kill().unwrap();
    stage.fault("kill", killed);
    stage.publish_all(rest).await;
    stage.all_settled(JOBS, LONG).await;
    let (taken, unknown) = (accepted(&stage).await, outcomes(&stage, "unknown") as u64);
    assert!(taken <= LIMIT, "{taken} taken");
    assert!(taken + unknown >= LIMIT - 10, "{taken} taken and {unknown} unknown");
    assert!(outcomes(&stage, "quota_exhausted") as u64 >= JOBS as u64 - LIMIT - unknown);
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn chat_still_flows_when_marketing_has_spent_its_share() {
    let stage = Stage::shared().await;
    let spec = spec(&stage, "", "limit = 100\nceilings = { normal = 0.9 }");
    let fleet = fleet(&stage, &spec, 2).await;
    stage.publish_all(&news(&stage, "low", "news", 200)).await;
    stage.all_settled(200, LONG).await;
    assert_eq!(accepted(&stage).await, 80);
    stage.publish_all(&news(&stage, "normal", "chat.direct", 20)).await;
    stage.all_settled(220, LONG).await;
    assert_eq!(accepted(&stage).await, 90);
    stage.publish_all(&news(&stage, "high", "account.security", 20)).await;
    stage.all_settled(240, LONG).await;
    assert_eq!(accepted(&stage).await, 100);
    assert_eq!(outcomes(&stage, "quota_exhausted"), 140);
    let labels = |lane| [("app", "chat"), ("quota", "news"), ("lane", lane)];
    for lane in ["high", "normal", "low"] {
        let shown =
            || async { fleet[0].metric("push_quota_exhausted", &labels(lane)).await.ok().filter(|on| *on == 1.0) };
        until("it is told as spent", PATIENCE, shown).await.unwrap();
    }
    let used = [("app", "chat"), ("quota", "news"), ("what", "used")];
    let told = || async { fleet[1].metric("push_quota", &used).await.ok().filter(|used| *used == 100.0) };
    until("the other one tells it, too", PATIENCE, told).await.unwrap();
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_vendor_did_not_take_is_not_counted() {
    let stage = Stage::shared().await;
    let worker = spec(&stage, "", "limit = 20\nceilings = { low = 1.0 }").start().unwrap();
    stage.ready(&worker).await;
    let gone = json!({ "do": "code", "code": "1002" });
    stage.sim.fault(&json!({ "vendor": "parcel", "token_prefix": "t-dead-", "fault": gone })).await.unwrap();
    stage.publish_all(&news(&stage, "dead", "news", 15)).await;
    stage.all_settled(15, PATIENCE).await;
    assert_eq!(outcomes(&stage, "invalid_token"), 15);
    stage.publish_all(&news(&stage, "good", "news", 30)).await;
    stage.all_settled(45, PATIENCE).await;
    assert_eq!((accepted(&stage).await, outcomes(&stage, "quota_exhausted")), (20, 10));
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_gets_its_share_of_a_class_and_other_classes_still_come() {
    let stage = Stage::shared().await;
    let spec = spec(&stage, "device_caps = { news = 2 }", "limit = 0");
    let fleet = fleet(&stage, &spec, 2).await;
    let to_one = |kind: &str, id: &str| stage.job(kind, id).tokens(["t-one"]);
    // Not taken, so not counted.
    let busy = json!({ "do": "code", "code": "2003" });
    let fault = json!({ "vendor": "parcel", "token_prefix": "t-one", "count": 1, "fault": busy });
    stage.sim.fault(&fault).await.unwrap();
    stage.publish(&to_one("news", "refused")).await;
    assert_eq!(stage.settled("refused", 1).await[&0], "rejected");
    let jobs: Vec<_> = (0..6).map(|n| to_one("news", &format!("n-{n}"))).collect();
    stage.publish_all(&jobs).await;
    stage.all_settled(7, PATIENCE).await;
    assert_eq!((accepted(&stage).await, outcomes(&stage, "device_capped")), (2, 4));
    stage.publish_all(&[to_one("marketing", "promo"), to_one("chat.direct", "chat"), stage.job("news", "other")]).await;
    stage.all_settled(10, PATIENCE).await;
    assert_eq!(accepted(&stage).await, 5);
    drop(fleet);
    stage.judge().await;
}
