//! What the vendor tells of its limits counts more than the settings.

use push_e2e::{PATIENCE, Stage};
use push_stack::until;
use serde_json::json;

use super::{quota::outcomes, scene::fleet};

#[tokio::test(flavor = "multi_thread")]
async fn the_vendors_figure_replaces_that_of_the_settings() {
    const TOLD: u64 = 12;
    let stage = Stage::shared().await;
    let channels = json!({ "138010": { "class": "public" } });
    let app = json!({
        "vendor": "xiaomi", "app": "chat", "app_secret": "chat-secret", "packages": ["com.example.chat"],
        "channels": channels, "public_quota": TOLD,
    });
    stage.sim.register(&app).await.unwrap();
    let settings = format!(
        "[apps.chat.xiaomi]\npackages = ['com.example.chat']\ncn_url = '{}/xiaomi'\ngather_jobs = 1\n\
         channels = {{ PUBLIC = {{ id = '138010' }} }}\n\
         [apps.chat.xiaomi.day.quotas.public]\nlimit = 1000\nceilings = {{ low = 1.0 }}\n",
        stage.sim.url()
    );
    let secret = "PUSH__APPS__CHAT__XIAOMI__APP_SECRET";
    let fleet = fleet(&stage, &stage.worker("xiaomi", &settings).env(secret, "chat-secret"), 3).await;
    let limit = [("app", "chat"), ("quota", "public"), ("what", "limit")];
    for worker in &fleet {
        let told = || async { worker.metric("push_quota", &limit).await.ok().filter(|limit| *limit == TOLD as f64) };
        until("the vendor's figure is kept", PATIENCE, told).await.unwrap();
    }
    let jobs: Vec<_> = (0..30).map(|n| stage.job("news", &format!("n-{n}")).title("News").vendor("xiaomi")).collect();
    stage.publish_all(&jobs).await;
    stage.all_settled(jobs.len(), PATIENCE).await;
    let counts = stage.sim.counts("xiaomi").await.unwrap();
    // Twelve were sent, and nobody learnt from a refusal that there are no more.
    assert_eq!((counts["accepted"].as_u64(), counts["refused"].as_u64()), (Some(TOLD), Some(0)), "{counts}");
    assert_eq!(outcomes(&stage, "quota_exhausted"), jobs.len() - 12);
    let asked = counts["per_second_max"]["xiaomi/chat"]["prepare_calls"].as_u64();
    assert!((1..=2).contains(&asked.unwrap()), "three workers ask one after the other: {counts}");
}
