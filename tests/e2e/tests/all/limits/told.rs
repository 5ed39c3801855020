//! What the vendor tells of its limits counts more than the settings.

use push_e2e::{PATIENCE, Stage};
use push_stack::until;
use serde_json::json;

use super::{
    quota::outcomes,
    quota_closed::{DAY_S, past_midnight},
    scene::fleet,
};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_takes_no_more_lists_that_day_is_not_asked_again() {
    let stage = Stage::shared().await;
    let app = json!({
        "vendor": "vivo", "app": "chat", "app_id": 10004, "app_key": "key", "app_secret": "chat-secret",
        "quota": { "lists": 2 },
    });
    stage.sim.register(&app).await.unwrap();
    let settings = format!(
        "[apps.chat.vivo]\napp_id = 10004\napp_key = 'key'\npackage = 'com.example.chat'\napi_url = '{}/vivo'\n\
         [apps.chat.vivo.day]\nutc_offset_s = {}\n",
        stage.sim.url(),
        past_midnight(DAY_S / 2)
    );
    let worker = stage.worker("vivo", &settings).env("PUSH__APPS__CHAT__VIVO__APP_SECRET", "chat-secret");
    let worker = worker.start().unwrap();
    stage.ready(&worker).await;
    let lists: Vec<_> = (0..10).map(|n| stage.list("chat.group", &format!("l-{n}"), 10).vendor("vivo")).collect();
    let calls = async |api| {
        let labels = [("app", "chat"), ("api", api), ("result", "answer")];
        worker.metric("push_vendor_calls_total", &labels).await.unwrap()
    };
    stage.publish_all(&lists[..8]).await;
    stage.all_settled(80, PATIENCE).await;
    let asked = calls("save").await;
    assert!((3.0..=8.0).contains(&asked), "two lists are taken, and all are under way at once: {asked}");
    stage.publish_all(&lists[8..]).await;
    stage.all_settled(100, PATIENCE).await;
    assert_eq!((calls("save").await, calls("send").await), (asked, 80.0), "eight lists, device by device");
    assert_eq!(outcomes(&stage, "accepted"), 100);
    let code = [("app", "chat"), ("code", "10252")];
    assert_eq!(worker.metric("push_vendor_codes_total", &code).await.unwrap(), asked - 2.0);
    stage.judge().await;
}
