//! One app's jobs while the other app of its worker has 200,000 jobs queued and may not send, or hardly, against the
//! same jobs without them.

use std::{collections::HashMap, ops::Range, path::Path, time::Duration};

use futures_util::future::try_join_all;
use push_contract::Timestamp;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep_until};

use super::{DEADLINE, NO_LIMIT, START, end, median};
use crate::{Client, Result, Servers, Sim, StackError, Vendor, Worker, WorkerSpec, names, scratch_dir, settings_file};

/// A vendor with a daily quota, that takes one call per job with a single target.
const VENDOR: &str = "vivo";
/// The app that is measured, and the one that is kept back.
const APP: &str = "chat";
const OTHER: &str = "shop";
/// Where its jobs are moved when their quota is spent, and how the vendor says so.
const HELD: &str = "push.held.vivo.shop.operational";
const SPENT: &str = "10070";
/// What the other app is allowed when it is merely slow.
const HARDLY: u32 = 50;
/// Share of the rate without a neighbour at which delays are measured, for how long, and between two portions.
const PART_LOAD: f64 = 0.4;
const PACED: Duration = Duration::from_secs(5);
const PORTION: Duration = Duration::from_millis(10);
/// Jobs of the other app that are published at once.
const PIPELINED: usize = 10_000;

/// What keeps the other app back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// Nothing: it has no jobs.
    Alone,
    /// The vendor refuses its secret.
    Misconfigured,
    /// The vendor answers each of its calls with an error.
    Unavailable,
    /// The vendor takes little of it.
    Slow,
    /// The vendor says that its quota is spent: its jobs are moved out of the way meanwhile.
    Exhausted,
}

/// The last one for good: its jobs are moved.
const WITH_BACKLOG: [Kept; 4] = [Kept::Misconfigured, Kept::Unavailable, Kept::Slow, Kept::Exhausted];

impl Kept {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Alone => "alone",
            Self::Misconfigured => "misconfigured",
            Self::Unavailable => "unavailable",
            Self::Slow => "slow",
            Self::Exhausted => "exhausted",
        }
    }
}

/// What one run came to.
#[derive(Debug, Clone, Copy)]
struct Figures {
    per_second: f64,
    p99_ms: f64,
    peak_mib: f64,
}

struct Street<'a> {
    servers: &'a Servers,
    sim: &'a Sim,
    client: Client,
    vendors: Vec<Vendor>,
    worker: WorkerSpec,
    jobs: usize,
    /// Jobs a second while delays are measured; known after the first run.
    pace: f64,
}

/// Measures and prints; returns what the summary holds of it.
pub(super) async fn measure(workspace: &Path, servers: &Servers, sim: &Sim, spec: super::BenchSpec) -> Result<Value> {
    let mut street = Street::open(workspace, servers, sim, spec.jobs).await?;
    let mut alone = Vec::new();
    for round in 0..spec.rounds {
        alone.push(street.run(Kept::Alone, &format!("before{round}")).await?);
    }
    street.publish_backlog(spec.queued).await?;
    let mut kept = Vec::new();
    for why in WITH_BACKLOG {
        let mut runs = Vec::new();
        for round in 0..spec.rounds {
            runs.push(street.run(why, &format!("{}{round}", why.as_str())).await?);
        }
        street.forget().await?;
        kept.push((why, runs));
    }
    street.drop_backlog().await?;
    // Once more: a machine that became faster or slower meanwhile is not the neighbour's doing.
    for round in 0..spec.rounds {
        alone.push(street.run(Kept::Alone, &format!("after{round}")).await?);
    }
    street.clean().await?;
    Ok(summary(spec.queued, &alone, &kept))
}

/// Nothing is counted by the day, whatever the hour; what the vendor stops is held.
fn no_daily_limit() -> toml::Table {
    toml::toml! {
        device_caps = { operational = 0 }
        quotas = { operational = { limit = 0, hours = "00:00-24:00", spent = "hold" } }
    }
}

impl<'a> Street<'a> {
    async fn open(workspace: &Path, servers: &'a Servers, sim: &'a Sim, jobs: usize) -> Result<Self> {
        let mut vendors = Vendor::all(workspace)?;
        vendors.retain(|vendor| vendor.name == VENDOR);
        let settings = settings_file(&vendors, sim.places(), &scratch_dir("bench-neighbour")?, |app| {
            app.insert("rate_per_second".into(), i64::from(NO_LIMIT).into());
            app.insert("day".into(), no_daily_limit().into());
        })?;
        let prefix = servers.fresh_prefix();
        let worker = Worker::of(VENDOR, &settings).servers(servers).prefix(&prefix);
        let client = Client::connect(servers.amqp_url(), &prefix).await?;
        let street = Self { servers, sim, client, vendors, worker, jobs, pace: 0.0 };
        street.register(None).await?;
        // Started once for its topology.
        let first = street.worker.start()?;
        first.ready(START).await?;
        end(&first).await?;
        Ok(street)
    }

    /// Tells the simulator of both apps. `others_secret`: another one than the worker has.
    async fn register(&self, others_secret: Option<&str>) -> Result<()> {
        for vendor in &self.vendors {
            for mut app in vendor.registrations(self.sim.url())? {
                if app["app"] == OTHER {
                    // What the demo's shop may send in a day is not what keeps this one back.
                    app["quota"] = json!({});
                    app["app_secret"] = others_secret.map_or(app["app_secret"].take(), Value::from);
                }
                self.sim.register(&app).await?;
            }
        }
        Ok(())
    }

    /// One run: how many of the app's jobs go a second when all of them wait, and how long one takes when they come at
    /// a part of that rate.
    async fn run(&mut self, why: Kept, run: &str) -> Result<Figures> {
        self.register((why == Kept::Misconfigured).then_some("another")).await?;
        let code = json!({ "do": "code", "code": SPENT });
        let error = json!({ "do": "status", "status": 500 });
        if let Some(fault) =
            [(Kept::Exhausted, code), (Kept::Unavailable, error)].into_iter().find(|(on, _)| *on == why)
        {
            let fault = json!({ "vendor": VENDOR, "app": OTHER, "api": "send", "fault": fault.1 });
            self.sim.fault(&fault).await?;
        }
        let per_second = if why == Kept::Slow { HARDLY } else { NO_LIMIT };
        let rate = json!({ "vendor": VENDOR, "app": OTHER, "per_second": per_second });
        self.sim.post("/control/rate", &rate).await?;
        self.publish(APP, run, 0..self.jobs).await?;
        let limit = format!("PUSH__APPS__{}__{}__RATE_PER_SECOND", OTHER.to_uppercase(), VENDOR.to_uppercase());
        let worker = self.worker.clone().env(&limit, &per_second.to_string()).start()?;
        self.sim.wait_for(VENDOR, Some(APP), "accepted", self.jobs as u64, DEADLINE).await?;
        let taken = self.taken().await?;
        let span = taken.values().max().zip(taken.values().min()).map_or(1, |(last, first)| last - first);
        let rate = self.jobs as f64 * 1000.0 / span.max(1) as f64;
        if self.pace == 0.0 {
            self.pace = rate * PART_LOAD;
        }
        let p99_ms = self.delays(run).await?;
        let peak_mib = worker.memory()?.peak_bytes as f64 / f64::from(1 << 20);
        end(&worker).await?;
        self.client.purge("push.receipts").await?;
        self.sim.post("/control/reset", &json!({})).await?;
        println!("{:<14} {rate:>8.0} jobs/s {p99_ms:>8.1} ms {peak_mib:>6.1} MiB", why.as_str());
        Ok(Figures { per_second: rate, p99_ms, peak_mib })
    }

    /// Publishes at an even pace, and returns how many milliseconds 99 of 100 jobs take at most, from `created_at` to
    /// the vendor's acceptance.
    async fn delays(&self, run: &str) -> Result<f64> {
        let portions = (PACED.as_micros() / PORTION.as_micros()) as usize;
        let each = ((self.pace * PORTION.as_secs_f64()) as usize).max(1);
        let begin = Instant::now();
        let run = format!("{run}-paced");
        let published = try_join_all((0..portions).map(async |portion| {
            sleep_until(begin + PORTION * portion as u32).await;
            let at = Timestamp::now().as_millis();
            let jobs = portion * each..(portion + 1) * each;
            self.publish(APP, &run, jobs.clone()).await.map(|()| (jobs, at))
        }));
        let published = published.await?;
        let jobs = portions * each;
        self.sim.wait_for(VENDOR, Some(APP), "accepted", (self.jobs + jobs) as u64, DEADLINE).await?;
        let taken = self.taken().await?;
        let mut delays = Vec::with_capacity(jobs);
        for (n, at) in published.into_iter().flat_map(|(jobs, at)| jobs.map(move |n| (n, at))) {
            let id = id(&run, n);
            let taken = taken.get(&id).ok_or_else(|| StackError::new(format!("the vendor did not take {id}")))?;
            delays.push((taken - at) as f64);
        }
        delays.sort_by(f64::total_cmp);
        Ok(delays[delays.len() * 99 / 100])
    }

    /// When the vendor took the app's jobs, by id.
    async fn taken(&self) -> Result<HashMap<String, i64>> {
        let seen = self.sim.seen().await?;
        let accepted = seen.into_iter().filter(|line| line["app"] == APP && line["accepted"] == true);
        Ok(accepted.filter_map(|line| Some((line["job"].as_str()?.to_owned(), line["at"].as_i64()?))).collect())
    }

    async fn publish(&self, app: &str, run: &str, jobs: Range<usize>) -> Result<()> {
        let (kind, lane) = if app == APP { ("chat.direct", "normal") } else { ("marketing", "low") };
        let key = format!("{VENDOR}.{lane}.{app}");
        let now = Timestamp::now();
        let message = |n| {
            let id = id(run, n);
            let job = json!({
                "v": 1, "id": id, "app": app, "vendor": VENDOR, "kind": kind,
                "targets": [{ "token": format!("t-{id}") }],
                "notification": { "title": "Li Lei", "body": "See you at eight, we have a table by the window" },
                "data": { "job": id },
                "created_at": now.to_string(),
            });
            (key.clone(), id, job.to_string().into_bytes())
        };
        let answers = self.client.publish_all(jobs.map(message).collect()).await?;
        if answers.iter().any(|answer| !answer.confirmed || answer.returned) {
            return Err(StackError::new(format!("{key} did not take all jobs")));
        }
        Ok(())
    }

    async fn publish_backlog(&self, queued: usize) -> Result<()> {
        for from in (0..queued).step_by(PIPELINED) {
            self.publish(OTHER, "queued", from..queued.min(from + PIPELINED)).await?;
        }
        Ok(())
    }

    /// Nothing of what kept the other app back is in the store any more.
    async fn forget(&self) -> Result<()> {
        names::remove_keys(self.servers.redis_url(), self.client.prefix()).await
    }

    async fn drop_backlog(&self) -> Result<()> {
        for queue in names::job_queues(&self.vendors).into_iter().chain([HELD.to_owned()]) {
            self.client.purge(&queue).await?;
        }
        Ok(())
    }

    async fn clean(&self) -> Result<()> {
        if !self.servers.owns_broker() {
            names::remove_all(&self.client, &self.vendors).await?;
        }
        if self.servers.owns_redis() { Ok(()) } else { self.forget().await }
    }
}

fn id(run: &str, n: usize) -> String {
    format!("bench-{run}-{n:07}")
}

/// What the summary holds, printed as well: each as a part of what the app does alone.
fn summary(queued: usize, alone: &[Figures], kept: &[(Kept, Vec<Figures>)]) -> Value {
    let of = |runs: &[Figures], figure: fn(&Figures) -> f64| median(&runs.iter().map(figure).collect::<Vec<_>>());
    let (rate, p99) = (of(alone, |run| run.per_second), of(alone, |run| run.p99_ms));
    println!("\n{:<14} {rate:>8.0} jobs/s, p99 {p99:.1} ms", Kept::Alone.as_str());
    let rounds = |runs: &[Figures]| {
        json!({
            "jobs_per_second": runs.iter().map(|run| run.per_second).collect::<Vec<_>>(),
            "p99_ms": runs.iter().map(|run| run.p99_ms).collect::<Vec<_>>(),
        })
    };
    let mut summary = json!({
        "queued": queued,
        "alone": { "jobs_per_second": rate, "p99_ms": p99, "rounds": rounds(alone) },
    });
    let mut peak = 0.0_f64;
    for (why, runs) in kept {
        let (with, late) = (of(runs, |run| run.per_second), of(runs, |run| run.p99_ms));
        let (rate_ratio, p99_ratio) = (with / rate, late / p99);
        println!("{:<14} {with:>8.0} jobs/s ({rate_ratio:.2}), p99 {late:.1} ms ({p99_ratio:.2})", why.as_str());
        peak = runs.iter().map(|run| run.peak_mib).fold(peak, f64::max);
        summary[why.as_str()] = json!({
            "jobs_per_second": with, "p99_ms": late, "rate_ratio": rate_ratio, "p99_ratio": p99_ratio,
            "rounds": rounds(runs),
        });
    }
    println!("with {queued} jobs of its neighbour queued; worker, most memory: {peak:.1} MiB");
    summary["worker_peak_rss_mib"] = json!(peak);
    summary
}
