//! Apps that may not send for a while: a credential that expired or is wrong, a vendor that is down. Their jobs wait
//! where they are and everybody else's flow.

use std::{fs, path::PathBuf};

use lapin::{options::QueueDeclareOptions, types::FieldTable};
use push_e2e::{CATEGORIES, PATIENCE, Stage};
use push_stack::{Worker, WorkerSpec, scratch_dir, until};
use serde_json::json;

use crate::faults::load::{LONG, chats, metric_is, mixed, pair, settled, sum};

const CHAT: [(&str, &str); 1] = [("subject", "app/chat")];
const LANES: [&str; 3] = ["high", "normal", "low"];

/// The client secrets of both apps in files, as an operator has them.
pub(crate) struct Secrets(PathBuf);

impl Secrets {
    /// Files with the secrets that the simulator knows.
    pub(crate) fn of_stage() -> Self {
        let secrets = Self(scratch_dir("secrets").unwrap());
        ["chat", "shop"].iter().for_each(|app| secrets.write(app, &format!("{app}-secret")));
        secrets
    }

    pub(crate) fn write(&self, app: &str, secret: &str) {
        fs::write(self.0.join(app), secret).unwrap();
    }

    /// A Huawei worker that reads them.
    pub(crate) fn worker(&self, stage: &Stage) -> WorkerSpec {
        let app = |(app, client_id): (&str, &str)| {
            format!(
                "[apps.{app}.huawei]\nclient_id = '{client_id}'\nclient_secret_file = '{0}'\nauth_url = '{1}/huawei/oauth2/v3/token'\nsend_url = '{1}/huawei'\ncategories = {2}\nrate_per_second = 1000000\n",
                self.0.join(app).display(),
                stage.sim.url(),
                json!(CATEGORIES)
            )
        };
        stage.worker("huawei", &[("chat", "101"), ("shop", "102")].map(app).concat())
    }
}

impl Drop for Secrets {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Gives the app another secret at the vendor and lets its tokens expire.
pub(crate) async fn change_secret(stage: &Stage, secret: &str) {
    let app = json!({ "vendor": "huawei", "app": "chat", "client_id": "101", "client_secret": secret, "project_id": "p101", "granted": CATEGORIES });
    stage.sim.register(&app).await.unwrap();
    expire(stage).await;
}

async fn expire(stage: &Stage) {
    stage.sim.post("/control/expire", &json!({ "vendor": "huawei", "app": "chat" })).await.unwrap();
}

/// The simulator's count of chat's calls (`calls`, `auth_calls`), once it is at least so high.
async fn chats_count(stage: &Stage, what: &str, at_least: u64) -> u64 {
    let look = || async {
        let counts = stage.sim.get("/control/counts?vendor=huawei&app=chat").await.ok()?;
        counts[what].as_u64().filter(|count| *count >= at_least)
    };
    until(&format!("{what} of chat is {at_least}"), PATIENCE, look).await.unwrap()
}

/// Waits until so many more calls were made for chat.
async fn probes(stage: &Stage, more: u64) {
    let before = chats_count(stage, "calls", 0).await;
    chats_count(stage, "calls", before + more).await;
}

/// Chat's jobs that lie in its queues.
pub(crate) async fn waiting(stage: &Stage) -> u32 {
    let mut waiting = 0;
    for lane in LANES {
        waiting += stage.client.count(&format!("push.jobs.huawei.{lane}.chat")).await.unwrap().unwrap_or(0);
    }
    waiting
}

/// Waits until all of chat's jobs lie in its queues. There may be more: on a busy machine RabbitMQ loses
/// acknowledgements at the end of a consumer.
async fn all_wait(stage: &Stage, jobs: u32) {
    let look = || async { (waiting(stage).await >= jobs).then_some(()) };
    if until("chat's jobs lie in their queues", PATIENCE, look).await.is_err() {
        panic!("{} of {jobs} jobs lie in chat's queues", waiting(stage).await);
    }
}

pub(crate) async fn blocked(workers: [&Worker; 2], why: &str, wanted: f64) {
    for worker in workers {
        metric_is(worker, "push_blocked", &[CHAT[0], ("why", why)], |blocked| blocked == wanted).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_credential_is_renewed_once_by_each_worker_and_costs_no_job() {
    let stage = Stage::shared().await;
    let (_a, _b) = pair(&stage, &stage.huawei()).await;
    let jobs = chats(&stage, "huawei", "chat", "expire", 3000);
    stage.publish_all(&jobs).await;
    stage.sim_wait("huawei", "accepted", 500).await;
    assert_eq!(chats_count(&stage, "auth_calls", 2).await, 2, "a worker needs one token");
    expire(&stage).await;
    let ended = settled(&stage, &jobs, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&jobs.len()), "{ended:?}");
    assert_eq!(chats_count(&stage, "auth_calls", 4).await, 4, "each worker renews its token once");
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_blocks_its_app_alone_until_the_file_is_right() {
    let stage = Stage::shared().await;
    let secrets = Secrets::of_stage();
    let spec = secrets.worker(&stage).env("PUSH__WORKER__BLOCK_HOLD_MS", "1000");
    let (a, b) = pair(&stage, &spec).await;
    let before = mixed(&stage, "huawei", "before", 500);
    stage.publish_all(&before).await;
    settled(&stage, &before, LONG).await;

    change_secret(&stage, "rotated").await;
    let (chat, shop) = (chats(&stage, "huawei", "chat", "waits", 400), chats(&stage, "huawei", "shop", "flows", 400));
    stage.publish_all(&chat).await;
    stage.publish_all(&shop).await;
    blocked([&a, &b], "misconfigured", 1.0).await;
    let ended = settled(&stage, &shop, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&shop.len()), "{ended:?}");
    all_wait(&stage, 400).await;

    secrets.write("chat", "rotated");
    let ended = settled(&stage, &chat, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&chat.len()), "{ended:?}");
    blocked([&a, &b], "misconfigured", 0.0).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_credential_that_is_called_stale_blocks_the_app_until_a_probe_gets_through() {
    let stage = Stage::shared().await;
    let (a, b) = pair(&stage, &stage.huawei().env("PUSH__BREAKER__PAUSE_MS", "1000")).await;
    let stale =
        json!({ "vendor": "huawei", "app": "chat", "api": "send", "fault": { "do": "code", "code": "80200003" } });
    let stale = stage.sim.fault(&stale).await.unwrap();
    let chat = chats(&stage, "huawei", "chat", "stale", 300);
    stage.publish_all(&chat).await;
    blocked([&a, &b], "misconfigured", 1.0).await;
    probes(&stage, 2).await;
    stage.sim.clear_faults(Some(stale)).await.unwrap();
    let ended = settled(&stage, &chat, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&chat.len()), "{ended:?}");
    blocked([&a, &b], "misconfigured", 0.0).await;
    let asked = chats_count(&stage, "auth_calls", 0).await;
    assert!(asked <= 20, "the token endpoint was asked {asked} times");
    stage.judge().await;
}

/// The vendor does this to every call for chat, for a while. Returns how many jobs lost an attempt to it.
///
/// A call to the vendor may take so long. What is answered later has no answer for the worker, and the judge knows of no
/// fault: so it is only short where no answer comes at all.
async fn outage(stage: &Stage, fault: serde_json::Value, timeout_ms: u32) -> usize {
    let spec = stage.huawei().env("PUSH__BREAKER__PAUSE_MS", "1000").env("PUSH__BREAKER__SPAN_MS", "1000");
    // Most of what a worker holds waits for a free call when the app is blocked.
    let spec = spec.env("PUSH__CALLS__TIMEOUT_MS", &timeout_ms.to_string()).env("PUSH__WORKER__CALLS_IN_FLIGHT", "20");
    // A consumer that is cancelled is counted as long as it holds jobs.
    let (a, b) = pair(stage, &spec.env("PUSH__WORKER__BLOCK_HOLD_MS", "1000")).await;
    let before = chats(stage, "huawei", "chat", "well", 100);
    stage.publish_all(&before).await;
    settled(stage, &before, LONG).await;
    let down = json!({ "vendor": "huawei", "app": "chat", "api": "send", "fault": fault });
    let down = stage.sim.fault(&down).await.unwrap();
    let (chat, shop) = (chats(stage, "huawei", "chat", "down", 1000), chats(stage, "huawei", "shop", "up", 500));
    stage.publish_all(&chat).await;
    stage.publish_all(&shop).await;
    blocked([&a, &b], "unavailable", 1.0).await;
    settled(stage, &shop, LONG).await;
    // Nobody takes chat's jobs now but whoever probes, one at a time.
    let one_consumer = || async {
        let mut consumers = 0;
        for lane in LANES {
            consumers = consumers.max(consumers_of(stage, &format!("push.jobs.huawei.{lane}.chat")).await);
        }
        (consumers <= 1).then_some(())
    };
    until("chat has no consumer but the probe's", PATIENCE, one_consumer).await.unwrap();
    probes(stage, 2).await;
    stage.sim.clear_faults(Some(down)).await.unwrap();
    let ended = settled(stage, &chat, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&chat.len()), "{ended:?}");
    blocked([&a, &b], "unavailable", 0.0).await;
    let opened = sum(&[&a, &b], "push_breaker_opened_total", &[("app", "chat")]).await;
    assert!(opened <= 10.0, "one outage opened the breaker {opened} times: its pauses grow beyond reason");
    stage.receipts.since(0, |all| all.iter().filter(|receipt| receipt["attempt"] != 0).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_is_down_is_left_alone_and_few_jobs_lose_an_attempt() {
    let stage = Stage::shared().await;
    let lost = outage(&stage, json!({ "do": "status", "status": 500 }), 10_000).await;
    // Those that opened the breaker: after a hundred that went well, a hundred at each worker at most.
    assert!(lost <= 300, "{lost} of 1000 jobs lost an attempt to the outage");
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_never_answers_is_left_alone() {
    let stage = Stage::shared().await;
    let lost = outage(&stage, json!({ "do": "hang_before" }), 2000).await;
    // An attempt without an answer counts, for those that were on the wire and for probes.
    assert!(lost <= 100, "{lost} of 1000 jobs lost an attempt to the outage");
    stage.judge().await;
}

async fn consumers_of(stage: &Stage, queue: &str) -> u32 {
    let channel = stage.client.fresh_channel().await.unwrap();
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let name = format!("{}{queue}", stage.prefix);
    let state = channel.queue_declare(name.into(), passive, FieldTable::default()).await.unwrap();
    channel.close(200, "done".into()).await.unwrap();
    state.consumer_count()
}
