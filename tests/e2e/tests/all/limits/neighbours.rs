//! An app stands in nobody's way, whatever keeps it from sending: app shop has 200,000 jobs queued and may not send, or
//! hardly, and app chat sends all of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Worker, until};
use serde_json::{Value, json};

use super::{
    campaign::{Campaign, DELIVERIES, Deliveries, JOBS},
    scene::alone,
};
use crate::faults::load::{LONG, chats, metric_is, pair, settled};

/// Chat's jobs beside each thing that keeps shop back, and shop's own that draw on no quota.
const CHATS: usize = 2000;
const OWN: usize = 200;
/// Shop's jobs that the vendor takes before the next thing happens.
const MORE: u64 = 500;
/// Most jobs that two workers hold of one queue, and some for those who probe.
const HELD: usize = 2 * 512 + 76;
/// A worker's memory, whatever waits. The shipped worker is promised 64 MiB; these are not optimised.
const MEMORY_BYTES: u64 = 80 << 20;
/// How long a quota is spent: longer than chat needs on a busy machine.
const SPENT_MS: i64 = 20_000;
const NO_LIMIT: u32 = 100_000;
const HARDLY: u32 = 50;

/// Two workers that both apps share, and the campaign of one of them.
struct Street<'a> {
    stage: &'a Stage,
    campaign: Campaign<'a>,
    workers: [Worker; 2],
    secret: PathBuf,
    others: Vec<Value>,
    /// How often shop's jobs had been delivered when the present thing began to keep them back.
    before: Deliveries,
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_thousand_jobs_of_an_app_that_may_not_send_stand_in_nobodys_way() {
    let _alone = alone().await;
    let stage = Stage::shared().await;
    let mut street = Street::open(&stage).await;
    street.misconfigured().await;
    street.unavailable().await;
    street.slow().await;
    street.exhausted().await;
    street.close().await;
}

impl<'a> Street<'a> {
    async fn open(stage: &'a Stage) -> Self {
        let campaign = Campaign::on(stage);
        let secret = campaign.dir().join("secret");
        fs::write(&secret, "shop-secret").unwrap();
        let spec = stage.worker("parcel", &settings(stage, &secret, NO_LIMIT));
        let spec = spec
            .env("PUSH__APPS__CHAT__PARCEL__APP_SECRET", "chat-secret")
            .env("PUSH_DELIVERIES", &campaign.deliveries_file().to_string_lossy())
            // What a worker holds of a stopped app goes back to its queue soon, so that it is delivered once more.
            .env("PUSH__WORKER__BLOCK_HOLD_MS", "1000")
            .env("PUSH__BREAKER__PAUSE_MS", "1000")
            .env("PUSH__BREAKER__SPAN_MS", "1000")
            .env("PUSH__LOG__LEVEL", "info");
        let (a, b) = pair(stage, &spec).await;
        Self { stage, campaign, workers: [a, b], secret, others: Vec::new(), before: Deliveries::new() }
    }

    /// The vendor refuses shop's secret, from before its campaign begins until the file has the right one.
    async fn misconfigured(&mut self) {
        let rotated = json!({
            "vendor": "parcel", "app": "shop", "app_id": "p-shop", "app_secret": "rotated", "rights": ["calls", "alerts"],
        });
        self.stage.sim.register(&rotated).await.unwrap();
        self.campaign.publish().await;
        self.blocked("app/shop", "misconfigured", 1.0).await;
        assert_eq!(self.chat_flows("misconfigured").await, 0, "of shop's jobs were sent");
        fs::write(&self.secret, "rotated").unwrap();
        self.blocked("app/shop", "misconfigured", 0.0).await;
        self.shop_goes_on().await;
        for worker in &self.workers {
            let log = worker.log().unwrap();
            let after = log.split_once("settings taken over").expect("it has taken the new secret over").1;
            assert!(!after.contains("app blocked"), "jobs that it held used the old secret again");
        }
    }

    /// The vendor answers every call for shop with an error.
    async fn unavailable(&mut self) {
        let down = json!({ "vendor": "parcel", "app": "shop", "fault": { "do": "status", "status": 500 } });
        self.before = self.campaign.deliveries();
        let down = self.stage.sim.fault(&down).await.unwrap();
        self.blocked("app/shop", "unavailable", 1.0).await;
        assert_eq!(self.chat_flows("unavailable").await, 0, "of shop's jobs were sent");
        self.stage.sim.clear_faults(Some(down)).await.unwrap();
        self.blocked("app/shop", "unavailable", 0.0).await;
        self.shop_goes_on().await;
    }

    /// The vendor takes few of shop's jobs a second, and the settings say so.
    async fn slow(&mut self) {
        self.before = self.campaign.deliveries();
        self.limit(Some(HARDLY)).await;
        // As many as a worker holds of one queue, but for those on the wire, wait for their turn.
        for worker in &self.workers {
            metric_is(worker, "push_rate_waiting", &[("app", "shop")], |waiting| waiting >= 400.0).await;
        }
        self.chat_flows("slow").await;
        self.limit(None).await;
        self.shop_goes_on().await;
    }

    async fn limit(&self, per_second: Option<u32>) {
        let rate = json!({ "vendor": "parcel", "app": "shop", "per_second": per_second });
        self.stage.sim.post("/control/rate", &rate).await.unwrap();
        let wanted = per_second.unwrap_or(NO_LIMIT);
        for worker in &self.workers {
            fs::write(worker.settings_path(), settings(self.stage, &self.secret, wanted)).unwrap();
        }
        for worker in &self.workers {
            let limit = [("app", "shop"), ("what", "limit")];
            metric_is(worker, "push_rate_limit", &limit, |limit| limit == f64::from(wanted)).await;
        }
    }

    /// The vendor says that shop's quota of promotions is spent for a while: they are moved out of the way, once. What
    /// is no promotion goes on.
    async fn exhausted(&mut self) {
        let spent = json!({
            "vendor": "parcel", "app": "shop", "token_prefix": self.campaign.tokens(),
            "fault": { "do": "code", "code": 5003, "fields": { "until": now() + SPENT_MS } },
        });
        self.before = self.campaign.deliveries();
        let spent = self.stage.sim.fault(&spent).await.unwrap();
        self.blocked("quota/shop/promo", "quota", 1.0).await;
        assert_eq!(self.chat_flows("exhausted").await, 0, "of shop's promotions were sent");
        let own = chats(self.stage, "parcel", "shop", "no-promotion", OWN);
        self.all_accepted("no promotion", &own).await;
        let moved = self.campaign.most_since(&self.before);
        assert_eq!(moved, 1, "a promotion was delivered {moved} times while its quota was spent");
        self.stage.sim.clear_faults(Some(spent)).await.unwrap();
        self.blocked("quota/shop/promo", "quota", 0.0).await;
        self.shop_goes_on().await;
    }

    /// Chat publishes, and all of it is accepted while shop's jobs wait. Returns how many of shop's were sent meanwhile.
    async fn chat_flows(&mut self, why: &str) -> u64 {
        let before = self.shops_taken(0).await;
        let jobs = chats(self.stage, "parcel", "chat", why, CHATS);
        self.all_accepted(why, &jobs).await;
        let waiting = self.campaign.waiting().await;
        let taken = self.shops_taken(0).await;
        assert!(waiting + taken as usize + HELD >= JOBS, "{why}: {waiting} of shop's jobs wait, {taken} were sent");
        self.few_deliveries(why);
        for worker in &self.workers {
            let peak = worker.memory().unwrap().peak_bytes;
            assert!(peak < MEMORY_BYTES, "{why}: a backlog costs a worker {} MiB", peak >> 20);
        }
        taken - before
    }

    async fn all_accepted(&mut self, why: &str, jobs: &[push_testkit::jobs::JobBuilder]) {
        self.stage.publish_all(jobs).await;
        let ended = settled(self.stage, jobs, LONG).await;
        assert_eq!(ended.get("accepted"), Some(&jobs.len()), "{why}: {ended:?}");
        self.others.extend(jobs.iter().map(|job| job.value()));
    }

    fn few_deliveries(&self, why: &str) {
        let most = self.campaign.most_since(&self.before);
        assert!(most <= DELIVERIES, "{why}: a job was delivered {most} times");
    }

    async fn blocked(&self, subject: &str, why: &str, wanted: f64) {
        for worker in &self.workers {
            let labels = [("subject", subject), ("why", why)];
            metric_is(worker, "push_blocked", &labels, |blocked| blocked == wanted).await;
        }
    }

    /// What the vendor has taken of shop's, once it is at least so much.
    async fn shops_taken(&self, at_least: u64) -> u64 {
        let look = || async {
            let counts = self.stage.sim.get("/control/counts?vendor=parcel&app=shop").await.ok()?;
            counts["accepted"].as_u64().filter(|taken| *taken >= at_least)
        };
        until(&format!("{at_least} of shop's jobs are taken"), PATIENCE, look).await.unwrap()
    }

    async fn shop_goes_on(&self) {
        let before = self.shops_taken(0).await;
        self.shops_taken(before + MORE).await;
    }

    /// What was handed to a worker settles; the rest lies where it is, and the judge misses nothing.
    async fn close(self) {
        for worker in &self.workers {
            worker.term().unwrap();
        }
        for worker in &self.workers {
            assert_eq!(worker.wait(PATIENCE).await.unwrap().code(), Some(0));
        }
        self.few_deliveries("at the end");
        let summary = self.campaign.judged(&self.others).await;
        assert!(summary.clean(), "a promise was broken:\n{}", summary.explain());
    }
}

fn settings(stage: &Stage, secret: &Path, shops_rate: u32) -> String {
    let app = |app: &str, rate: u32, more: &str| {
        format!(
            "[apps.{app}.parcel]\napp_id = 'p-{app}'\nauth_url = '{0}'\nsend_url = '{0}'\ncalls = 'single'\nrights = ['calls', 'alerts']\nrate_per_second = {rate}\n{more}\n[apps.{app}.parcel.day.quotas.promo]\nspent = 'hold'\n",
            stage.sim.url()
        )
    };
    app("chat", NO_LIMIT, "") + &app("shop", shops_rate, &format!("app_secret_file = '{}'", secret.display()))
}
