//! The stage that end-to-end tests play on: private servers, a simulator, workers, a producer, and the judge at the
//! end.
//!
//! ```ignore
//! let stage = Stage::shared().await;
//! let worker = stage.parcel("list").start().unwrap();
//! stage.ready(&worker).await;
//! stage.publish(&stage.job("chat.direct", "j1").targets(10)).await;
//! stage.settled("j1", 10).await;
//! stage.judge().await;
//! ```
#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

use std::{collections::BTreeMap, sync::Mutex, time::Duration};

use push_contract::{Kind, Timestamp};
use push_judge::{Judge, Queued, Receipt, SLACK_MS, Summary};
use push_stack::{Client, Options, Receipts, Servers, Sim, Worker, WorkerSpec};
use push_testkit::jobs::{JobBuilder, job};
use serde_json::{Value, json};

/// Longest wait for anything that should come. Long, because the machine may be busy; a test that waits for what
/// comes never waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

enum Held {
    Shared(&'static Servers),
    Own(Box<Servers>),
}

/// One test's stage.
pub struct Stage {
    servers: Held,
    /// The simulator, of this test alone.
    pub sim: Sim,
    /// The producer.
    pub client: Client,
    /// Everything that came back.
    pub receipts: Receipts,
    /// Prefix of every name of this test.
    pub prefix: String,
    published: Mutex<Vec<Value>>,
    faults: Mutex<Vec<Value>>,
}

impl Stage {
    /// A stage on the servers that all tests share. It must not stop or empty them.
    pub async fn shared() -> Self {
        Self::on(Held::Shared(Servers::shared().await.expect("shared servers"))).await
    }

    /// A stage with servers of its own, which it may stop, kill and empty.
    pub async fn own(options: Options) -> Self {
        Self::on(Held::Own(Box::new(Servers::start(options).await.expect("own servers")))).await
    }

    async fn on(servers: Held) -> Self {
        let held = match &servers {
            Held::Shared(servers) => servers,
            Held::Own(servers) => servers.as_ref(),
        };
        let prefix = held.fresh_prefix();
        let client = Client::connect(held.amqp_url(), &prefix).await.expect("a producer");
        let receipts = client.receipts();
        let sim = Sim::start().await.expect("a simulator");
        for app in ["chat", "shop"] {
            let parcel = json!({"vendor": "parcel", "app": app, "app_id": format!("p-{app}"), "app_secret": format!("{app}-secret"), "rights": ["calls", "alerts"]});
            let client_id = if app == "chat" { "101" } else { "102" };
            let huawei = json!({"vendor": "huawei", "app": app, "client_id": client_id, "client_secret": format!("{app}-secret"), "project_id": format!("p{client_id}"), "granted": CATEGORIES});
            sim.register(&parcel).await.expect("an app at the simulator");
            sim.register(&huawei).await.expect("an app at the simulator");
        }
        Self { servers, sim, client, receipts, prefix, published: Mutex::default(), faults: Mutex::default() }
    }

    /// The servers.
    pub fn servers(&self) -> &Servers {
        match &self.servers {
            Held::Shared(servers) => servers,
            Held::Own(servers) => servers,
        }
    }

    /// A Parcel worker for the apps chat and shop. `calls`: gather, list or single.
    pub fn parcel(&self, calls: &str) -> WorkerSpec {
        let mut settings = String::new();
        for app in ["chat", "shop"] {
            settings.push_str(&format!(
                "[apps.{app}.parcel]\napp_id = 'p-{app}'\nauth_url = '{0}'\nsend_url = '{0}'\ncalls = '{calls}'\nrights = ['calls', 'alerts']\nrate_per_second = 100000\n",
                self.sim.url()
            ));
        }
        self.worker("parcel", &settings)
            .env("PUSH__APPS__CHAT__PARCEL__APP_SECRET", "chat-secret")
            .env("PUSH__APPS__SHOP__PARCEL__APP_SECRET", "shop-secret")
    }

    /// A Huawei worker for the apps chat and shop.
    pub fn huawei(&self) -> WorkerSpec {
        let mut settings = String::new();
        for (app, client_id) in [("chat", "101"), ("shop", "102")] {
            settings.push_str(&format!(
                "[apps.{app}.huawei]\nclient_id = '{client_id}'\nauth_url = '{0}/huawei/oauth2/v3/token'\nsend_url = '{0}/huawei'\nbadge_class = 'com.example.Main'\ncategories = {1}\nrate_per_second = 1000000\n",
                self.sim.url(),
                json!(CATEGORIES)
            ));
        }
        self.worker("huawei", &settings)
            .env("PUSH__APPS__CHAT__HUAWEI__CLIENT_SECRET", "chat-secret")
            .env("PUSH__APPS__SHOP__HUAWEI__CLIENT_SECRET", "shop-secret")
    }

    /// A worker with these settings, on this stage's servers and names.
    pub fn worker(&self, vendor: &str, settings: &str) -> WorkerSpec {
        Worker::of(vendor, settings)
            .servers(self.servers())
            .prefix(&self.prefix)
            .env("PUSH__LOG__LEVEL", "push_worker=debug,info")
    }

    /// Waits until a worker is ready.
    pub async fn ready(&self, worker: &Worker) {
        worker.ready(PATIENCE).await.expect("the worker gets ready");
    }

    /// A job that carries its id in its data, so that the simulator can tell whose push it got.
    pub fn job(&self, kind: &str, id: &str) -> JobBuilder {
        job(kind)
            .id(id)
            .tokens([format!("t-{id}-0")])
            .body("hello")
            .data(&json!({"job": id}).to_string())
            .created_at(Timestamp::now())
    }

    /// The same with so many targets of its own.
    pub fn list(&self, kind: &str, id: &str, targets: usize) -> JobBuilder {
        self.job(kind, id).tokens((0..targets).map(|n| format!("t-{id}-{n}")))
    }

    /// Publishes a job in the lane of its kind, and notes it for the judge.
    pub async fn publish(&self, job: &JobBuilder) {
        self.publish_all(std::slice::from_ref(job)).await;
    }

    /// Publishes many.
    pub async fn publish_all(&self, jobs: &[JobBuilder]) {
        let messages = jobs.iter().map(|job| {
            let value = job.value();
            let id = value["id"].as_str().unwrap().to_owned();
            (routing_key(&value), id, job.text().into_bytes())
        });
        let said = self.client.publish_all(messages.collect()).await.expect("publishing");
        let mut published = self.published.lock().unwrap();
        for (job, said) in jobs.iter().zip(said) {
            assert!(said.confirmed && !said.returned, "the broker did not take a job: {said:?}");
            published.push(line(&job.value(), "settled"));
        }
    }

    /// Publishes a body that is expected in parking, under this message id, to a queue of the vendor and app.
    pub async fn publish_bad(&self, vendor: &str, app: &str, id: &str, body: &[u8]) {
        let said = self.client.publish(&format!("{vendor}.normal.{app}"), id, body).await.expect("publishing");
        assert!(said.confirmed && !said.returned, "{said:?}");
        self.published.lock().unwrap().push(json!({
            "at": now(), "id": id, "app": app, "vendor": vendor, "lane": "normal", "tokens": [], "confirmed": true, "expect": "parked", "must_not_double": true,
        }));
    }

    /// Notes a message for the judge that the test published by other means.
    pub fn note(&self, job: &Value) {
        self.published.lock().unwrap().push(line(job, "settled"));
    }

    /// Notes a fault for the judge: `kill`, `freeze`, `conn`, `store_lost` or `store_down`, from `at` until now.
    pub fn fault(&self, what: &str, at: i64) {
        self.faults.lock().unwrap().push(json!({"at": at, "until": now(), "what": what}));
    }

    /// Waits until every position of a job has an outcome; returns them by position.
    pub async fn settled(&self, id: &str, targets: usize) -> BTreeMap<u64, String> {
        self.receipts.settled(id, targets, PATIENCE).await.unwrap_or_else(|error| panic!("{id}: {error}"))
    }

    /// Waits until so many targets have an outcome in all.
    pub async fn all_settled(&self, targets: usize, patience: Duration) {
        let enough = |receipts: &[Value]| {
            let mut ended = std::collections::HashSet::new();
            for receipt in receipts {
                for result in receipt["results"].as_array().into_iter().flatten() {
                    ended.insert((receipt["id"].as_str().unwrap_or_default(), result["n"].as_u64()));
                }
            }
            ended.len() >= targets
        };
        self.receipts
            .wait_until(patience, enough)
            .await
            .unwrap_or_else(|error| panic!("waiting for {targets} outcomes: {error}"));
    }

    /// Waits for something at the simulator; see `/control/wait`.
    pub async fn sim_wait(&self, vendor: &str, what: &str, at_least: u64) {
        self.sim
            .wait(vendor, what, at_least, PATIENCE)
            .await
            .unwrap_or_else(|error| panic!("{what} >= {at_least}: {error}"));
    }

    /// The acceptances of a job at the simulator, by token.
    pub async fn accepted(&self, id: &str) -> BTreeMap<String, usize> {
        let mut taken = BTreeMap::new();
        for line in self.sim.seen().await.expect("the record") {
            if line["job"] == id && line["accepted"] == true {
                *taken.entry(line["token"].as_str().unwrap_or_default().to_owned()).or_default() += 1;
            }
        }
        taken
    }

    /// Judges everything so far, as it lies in the logs and queues. `vendors` whose queues are looked into.
    pub async fn verdict(&self, vendors: &[&str]) -> Summary {
        let mut judge = Judge::new(SLACK_MS);
        for line in self.published.lock().unwrap().iter() {
            judge.published(serde_json::from_value(line.clone()).expect("a line of published"));
        }
        for line in self.sim.seen().await.expect("the record") {
            if !line["token"].as_str().unwrap_or_default().is_empty() {
                judge.seen(serde_json::from_value(line).expect("a line of seen"));
            }
        }
        for receipt in self.receipts.all() {
            judge.receipt(&Receipt::read(&receipt.to_string()).expect("a receipt"));
        }
        for vendor in vendors {
            for queue in job_queues(vendor) {
                if self.client.count(&queue).await.ok().flatten().unwrap_or(0) > 0 {
                    for message in self.client.peek(&queue, 1_000_000).await.expect("a queue") {
                        judge.queued(&Queued { queue: queue.clone(), id: message.message_id.unwrap_or_default() });
                    }
                }
            }
        }
        for line in self.faults.lock().unwrap().iter() {
            judge.fault(serde_json::from_value(line.clone()).expect("a fault"));
        }
        judge.finish()
    }

    /// Judges, and fails the test unless every promise was kept.
    pub async fn judge(&self) -> Summary {
        let summary = self.verdict(&["parcel", "huawei"]).await;
        assert!(summary.clean(), "a promise was broken:\n{}", summary.explain());
        summary
    }
}

/// The categories that both apps have at the vendor.
pub const CATEGORIES: [&str; 9] =
    ["IM", "VOIP", "SUBSCRIPTION", "ACCOUNT", "EXPRESS", "FINANCE", "WORK", "DEVICE_REMINDER", "MAIL"];

/// Milliseconds since 1970.
pub fn now() -> i64 {
    Timestamp::now().as_millis()
}

fn kind_of(job: &Value) -> Kind {
    serde_json::from_value(job["kind"].clone()).unwrap_or(Kind::ChatDirect)
}

/// The routing key of a job in the lane of its kind.
pub fn routing_key(job: &Value) -> String {
    format!(
        "{}.{}.{}",
        job["vendor"].as_str().unwrap_or_default(),
        kind_of(job).lane(),
        job["app"].as_str().unwrap_or_default()
    )
}

fn line(job: &Value, expect: &str) -> Value {
    let tokens: Vec<&Value> = job["targets"].as_array().into_iter().flatten().map(|target| &target["token"]).collect();
    json!({
        "at": now(), "id": job["id"], "app": job["app"], "vendor": job["vendor"], "lane": kind_of(job).lane().as_str(), "tokens": tokens,
        "confirmed": true, "expect": expect, "must_not_double": !kind_of(job).repeatable(),
    })
}

fn job_queues(vendor: &str) -> Vec<String> {
    let mut all = vec!["push.parked.unrouted".to_owned(), format!("push.parked.{vendor}")];
    all.extend([1, 5, 15, 60, 300, 1800].map(|seconds| format!("push.wait.{vendor}.{seconds}s")));
    for app in ["chat", "shop"] {
        all.extend(["high", "normal", "low"].map(|lane| format!("push.jobs.{vendor}.{lane}.{app}")));
        all.extend(["news", "promo", "test"].map(|quota| format!("push.held.{vendor}.{app}.{quota}")));
    }
    all
}
