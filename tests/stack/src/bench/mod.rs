//! `push-stack bench`: the worker against the bare loop, with the same broker, simulator, jobs and machine; and an app
//! beside another one's backlog against the same app without it.

mod bare;
mod load;
mod neighbour;

use std::{fs, path::Path, process::Stdio, time::Duration};

pub use bare::{BareSpec, bare};
use lapin::{
    options::QueueDeclareOptions,
    types::{AMQPValue, FieldTable},
};
use push_contract::Timestamp;
use serde_json::{Value, json};

use crate::{
    Client, Context, Memory, Options, Process, Result, Servers, Sim, StackError, Vendor, Worker, WorkerSpec, binary,
    dies_with_us, names, scratch_dir, settings_file,
};

const DEADLINE: Duration = Duration::from_secs(600);
const START: Duration = Duration::from_secs(60);
const BARE_QUEUE: &str = "push.jobs.bare";
/// So much that no limit binds: what is measured is the worker.
const NO_LIMIT: u32 = 1_000_000;
/// The two programs, as the summary calls them.
const RUNS: [&str; 2] = ["bare", "http1-single"];

/// How much is measured.
#[derive(Debug, Clone, Copy)]
pub struct BenchSpec {
    /// Jobs of each run.
    pub jobs: usize,
    /// Runs of each kind; the median counts.
    pub rounds: usize,
    /// Jobs that wait beside those of the measured app.
    pub queued: usize,
}

struct Bench {
    servers: Servers,
    sim: Sim,
    client: Client,
    vendors: Vec<Vendor>,
    worker: WorkerSpec,
    credential: (String, String),
    jobs: usize,
}

/// Measures, prints, and writes `target/bench/summary.json`.
///
/// # Errors
/// If something does not start or does not finish its jobs: then there is no figure.
pub async fn bench(workspace: &Path, spec: BenchSpec) -> Result<()> {
    let bench = Bench::start(workspace, spec.jobs).await?;
    let mut rates: [Vec<f64>; 2] = Default::default();
    let mut memory = Vec::new();
    for round in 0..spec.rounds {
        rates[0].push(bench.run_bare(round).await?);
        let (rate, used) = bench.run_worker(round).await?;
        rates[1].push(rate);
        memory.push(used.peak_bytes);
        println!("round {}: bare {:.0} jobs/s, worker {rate:.0} jobs/s", round + 1, rates[0][round]);
    }
    bench.clean().await?;
    println!("\nbeside {} jobs of another app:", spec.queued);
    let neighbour = neighbour::measure(workspace, &bench.servers, &bench.sim, spec).await?;
    let [bare, worker] = &rates.each_ref().map(|rates| median(rates));
    let peak_mib = memory.iter().max().copied().unwrap_or_default() as f64 / f64::from(1 << 20);
    let ratio = worker / bare;
    let figures = |rates: &[f64], median: f64| json!({ "jobs_per_second": median, "rounds": rates });
    let summary: Value = json!({
        "jobs": spec.jobs,
        RUNS[0]: figures(&rates[0], *bare),
        RUNS[1]: figures(&rates[1], *worker),
        "ratio": ratio,
        "worker_peak_rss_mib": peak_mib,
        "neighbour": neighbour,
        "cpus": std::thread::available_parallelism().map_or(0, usize::from),
        "release": !cfg!(debug_assertions),
    });
    let out = workspace.join("target/bench");
    fs::create_dir_all(&out).context("making target/bench")?;
    let text = serde_json::to_string_pretty(&summary).context("writing summary.json")?;
    fs::write(out.join("summary.json"), text + "\n").context("writing summary.json")?;
    println!("\n{:<14} {bare:>8.0} jobs/s", RUNS[0]);
    println!("{:<14} {worker:>8.0} jobs/s   {ratio:.2} of the bare loop", RUNS[1]);
    println!("worker, most memory: {peak_mib:.1} MiB; {} jobs a run, median of {}", spec.jobs, spec.rounds);
    Ok(())
}

impl Bench {
    async fn start(workspace: &Path, jobs: usize) -> Result<Self> {
        let mut vendors = Vendor::all(workspace)?;
        vendors.retain(|vendor| vendor.name == load::VENDOR);
        let servers = Servers::start(Options::default()).await?;
        let sim = Sim::start().await?;
        let mut credential = None;
        for vendor in &vendors {
            for app in vendor.registrations(sim.url())? {
                sim.register(&app).await?;
                let text = |key: &str| app[key].as_str().map(str::to_owned);
                if app["app"] == load::APP {
                    credential = text("client_id").zip(text("client_secret"));
                }
            }
        }
        let missing = || StackError::new(format!("no app {} of {} in its stack.toml", load::APP, load::VENDOR));
        let credential = credential.ok_or_else(missing)?;
        let settings = settings_file(&vendors, sim.places(), &scratch_dir("bench")?, |app| {
            app.insert("rate_per_second".into(), i64::from(NO_LIMIT).into());
        })?;
        let prefix = servers.fresh_prefix();
        let worker = Worker::of(load::VENDOR, &settings).servers(&servers).prefix(&prefix);
        let client = Client::connect(servers.amqp_url(), &prefix).await?;
        let channel = client.fresh_channel().await?;
        let mut quorum = FieldTable::default();
        quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let queue = format!("{prefix}{BARE_QUEUE}");
        let declared = channel.queue_declare(queue.into(), QueueDeclareOptions::durable(), quorum).await;
        declared.context("declaring the queue of the bare loop")?;
        // Started once for its topology.
        let first = worker.start()?;
        first.ready(START).await?;
        end(&first).await?;
        Ok(Self { servers, sim, client, vendors, worker, credential, jobs })
    }

    async fn run_bare(&self, round: usize) -> Result<f64> {
        let run = format!("bare{round}");
        self.publish(&run, "", BARE_QUEUE).await?;
        let queue = format!("{}{BARE_QUEUE}", self.client.prefix());
        let (id, secret) = &self.credential;
        let mut command = dies_with_us(&binary("push-stack")?);
        // Not an argument: the address of a user's own broker holds a password.
        command.env("AMQP_URL", self.servers.amqp_url());
        command.args(["bench-bare", &queue, self.sim.url(), &self.jobs.to_string()]);
        command.args([id, secret, &run]).stdin(Stdio::null());
        let program = Process::spawn("push-stack bench-bare", command)?;
        let status = program.wait(DEADLINE).await?;
        if !status.success() {
            return Err(StackError::new(format!("the bare loop ended with {status}")));
        }
        self.rate().await
    }

    async fn run_worker(&self, round: usize) -> Result<(f64, Memory)> {
        let key = format!("{}.{}.{}", load::VENDOR, load::LANE, load::APP);
        self.publish(&format!("worker{round}"), "push.jobs", &key).await?;
        let worker = self.worker.start()?;
        self.sim.wait(load::VENDOR, "accepted", self.jobs as u64, DEADLINE).await?;
        let memory = worker.memory()?;
        end(&worker).await?;
        self.client.purge("push.receipts").await?;
        Ok((self.rate().await?, memory))
    }

    /// All jobs of a run, before it starts.
    async fn publish(&self, run: &str, exchange: &str, key: &str) -> Result<()> {
        let now = Timestamp::now();
        let key = if exchange.is_empty() { format!("{}{key}", self.client.prefix()) } else { key.to_owned() };
        let messages = (0..self.jobs).map(|n| {
            let (id, body) = load::job(run, n, now);
            (key.clone(), id, body)
        });
        let answers = self.client.publish_to(exchange, messages.collect()).await?;
        if answers.iter().any(|answer| !answer.confirmed || answer.returned) {
            return Err(StackError::new(format!("{key} did not take all jobs")));
        }
        Ok(())
    }

    /// Jobs per second from the first to the last that the vendor took; then it forgets them.
    async fn rate(&self) -> Result<f64> {
        let seen = self.sim.seen().await?;
        let taken = seen.iter().filter(|line| line["accepted"] == true).filter_map(|line| line["at"].as_i64());
        let (first, last, count) =
            taken.fold((i64::MAX, i64::MIN, 0), |(first, last, count), at| (first.min(at), last.max(at), count + 1));
        if count != self.jobs {
            return Err(StackError::new(format!("the vendor took {count} pushes of {} jobs", self.jobs)));
        }
        self.sim.post("/control/reset", &json!({})).await?;
        Ok(count as f64 * 1000.0 / (last - first).max(1) as f64)
    }

    async fn clean(&self) -> Result<()> {
        if !self.servers.owns_broker() {
            self.client.delete_queue(BARE_QUEUE).await?;
            names::remove_all(&self.client, &self.vendors).await?;
        }
        if !self.servers.owns_redis() {
            names::remove_keys(self.servers.redis_url(), self.client.prefix()).await?;
        }
        Ok(())
    }
}

async fn end(worker: &Worker) -> Result<()> {
    worker.term()?;
    worker.wait(START).await.map(drop)
}

/// Of an even number the mean of the middle two.
fn median(figures: &[f64]) -> f64 {
    let mut figures = figures.to_vec();
    figures.sort_by(f64::total_cmp);
    let at = |n: usize| figures.get(n).copied().unwrap_or_default();
    (at(figures.len().saturating_sub(1) / 2) + at(figures.len() / 2)) / 2.0
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_middle_counts() {
        for (figures, middle) in [(&[9.0, 1.0, 3.0] as &[f64], 3.0), (&[9.0, 1.0, 3.0, 4.0], 3.5), (&[2.0], 2.0)] {
            assert!((super::median(figures) - middle).abs() < f64::EPSILON, "{figures:?}");
        }
    }
}
