//! Redis restarts with and without its data, and is away for a while, under load.

use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Options, Worker};
use push_testkit::jobs::JobBuilder;
use serde_json::{Value, json};

use super::load::{LONG, chats, metric_is, mixed, pair, settled, slow_vendor};

struct Scene {
    stage: Stage,
    workers: [Worker; 2],
}

impl Scene {
    async fn set() -> Self {
        let stage = Stage::own(Options { persistent_redis: true }).await;
        // Claims that end after ten seconds instead of thirty, and a breaker that soon forgets.
        let claims = stage.huawei().env("PUSH__CLAIMS__FENCE_MS", "2000").env("PUSH__CALLS__TIMEOUT_MS", "2000");
        let spec = claims.env("PUSH__CALLS__CONNECT_MS", "1000").env("PUSH__BREAKER__SPAN_MS", "1000");
        let workers = pair(&stage, &spec).await.into();
        slow_vendor(&stage, "huawei", 60).await;
        Self { stage, workers }
    }

    /// A load in the middle of its way.
    async fn load(&self, tag: &str) -> Vec<JobBuilder> {
        let load = mixed(&self.stage, "huawei", tag, 1500);
        let before = self.stage.sim.counts("huawei").await.unwrap()["accepted"].as_u64().unwrap();
        self.stage.publish_all(&load).await;
        self.stage.sim_wait("huawei", "accepted", before + 300).await;
        load
    }

    /// Publishes so many chat messages and sees all of them accepted, whatever state the store is in.
    async fn chat_goes_on(&self, app: &str, tag: &str) {
        let chat = chats(&self.stage, "huawei", app, tag, 500);
        self.stage.publish_all(&chat).await;
        self.all_accepted(&chat).await;
    }

    async fn all_accepted(&self, jobs: &[JobBuilder]) {
        let ended = settled(&self.stage, jobs, LONG).await;
        assert_eq!(ended.get("accepted"), Some(&jobs.len()), "{ended:?}");
    }

    async fn restarts_with_its_data(&self) {
        let load = self.load("restart").await;
        let at = now();
        self.stage.servers().redis().stop().await.unwrap();
        self.stage.servers().redis().start(true).await.unwrap();
        self.stage.fault("store_down", at);
        settled(&self.stage, &load, LONG).await;
    }

    /// Without the store chat goes on, and what must not double waits.
    async fn is_away(&self) {
        let stage = &self.stage;
        let load = self.load("away").await;
        let at = now();
        stage.servers().redis().kill().await.unwrap();
        for worker in &self.workers {
            metric_is(worker, "push_store_up", &[], |up| up == 0.0).await;
        }
        let marketing = |n| stage.job("marketing", &format!("waits-{n}")).vendor("huawei").app("shop");
        let marketing: Vec<_> = (0..100).map(marketing).collect();
        stage.publish_all(&marketing).await;
        self.chat_goes_on("chat", "without").await;
        self.block_ends().await;
        for n in 0..marketing.len() {
            assert_eq!(stage.receipts.outcomes(&format!("waits-{n}")).len(), 0, "ended without the store");
        }
        let sent = |line: &Value| line["job"].as_str().is_some_and(|job| job.starts_with("waits-"));
        assert!(!stage.sim.seen().await.unwrap().iter().any(sent), "sent without the store");
        stage.servers().redis().start(true).await.unwrap();
        stage.fault("store_down", at);
        settled(stage, &load, LONG).await;
        settled(stage, &marketing, LONG).await;
    }

    /// Also a block ends without the store: whoever cannot ask the others probes for itself.
    async fn block_ends(&self) {
        let stage = &self.stage;
        // A call meets its oldest fault alone.
        stage.sim.clear_faults(None).await.unwrap();
        let down = json!({ "do": "status", "status": 500 });
        let down = json!({ "vendor": "huawei", "app": "shop", "api": "send", "fault": down });
        let down = stage.sim.fault(&down).await.unwrap();
        let waiting = chats(stage, "huawei", "shop", "blocked", 500);
        stage.publish_all(&waiting).await;
        metric_is(&self.workers[0], "push_blocked", &[("subject", "app/shop")], |blocked| blocked == 1.0).await;
        stage.sim.clear_faults(Some(down)).await.unwrap();
        slow_vendor(stage, "huawei", 60).await;
        self.all_accepted(&waiting).await;
    }

    /// A store that accepts and never answers is as good as none.
    async fn hangs(&self) {
        let load = self.load("hangs").await;
        let at = now();
        self.stage.servers().redis().freeze().await.unwrap();
        self.chat_goes_on("chat", "unheard").await;
        self.stage.servers().redis().thaw().await.unwrap();
        self.stage.fault("store_down", at);
        settled(&self.stage, &load, LONG).await;
    }

    /// Nobody knows any more what the worker that was killed had sent.
    async fn comes_back_without_its_data(&self) {
        let load = self.load("forget").await;
        let at = now();
        self.stage.servers().redis().stop().await.unwrap();
        self.workers[0].kill().unwrap();
        self.workers[0].wait(PATIENCE).await.unwrap();
        self.stage.servers().redis().start(false).await.unwrap();
        self.stage.fault("store_lost", at);
        settled(&self.stage, &load, LONG).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn redis_may_restart_go_away_hang_and_forget() {
    let scene = Scene::set().await;
    if !scene.stage.servers().owns_redis() {
        eprintln!("skipped: Redis is not ours to stop");
        return;
    }
    scene.restarts_with_its_data().await;
    scene.is_away().await;
    scene.hangs().await;
    scene.comes_back_without_its_data().await;
    scene.stage.judge().await;
}
