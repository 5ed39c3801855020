//! `push-stack demo`: everything once, and a verdict on every job.

mod faults;
mod leftovers;
mod operator;
mod progress;
mod publisher;
mod report;
mod tally;

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Write},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use push_judge::{Judge, Queued, Receipt, SLACK_MS, Summary, for_each_line};
use serde_json::{Value, json};

use self::{faults::Script, operator::Operator, progress::Progress, publisher::Publisher, tally::Tally};
use crate::{Client, Context, Fleet, FleetSpec, Receipts, Result, names};

/// Without a new outcome for so long, the demo stops waiting and judges what there is.
const STALLED: Duration = Duration::from_secs(150);
/// How often the publisher's log is read and the line of progress is written.
const LOOK: Duration = Duration::from_millis(200);
const REPLICAS: usize = 2;
const ENVIRONMENT: [(&str, &str); 2] = [
    // A device that is always busy uses up its attempts within seconds, not minutes.
    ("PUSH__WORKER__ATTEMPTS", "3"),
    // Jobs whose class the vendor refuses wait for an operator.
    ("PUSH__WORKER__ON_WRONG_CLASS", "park"),
];

/// How large the demo is.
#[derive(Debug, Clone, Copy)]
pub struct DemoSpec {
    /// Different jobs.
    pub jobs: usize,
    /// At least so many targets in all.
    pub targets: usize,
}

/// Runs the demo and prints what became of everything. Returns whether every promise was kept.
///
/// # Errors
/// If the stack does not start, the publisher gives up, or a log cannot be read.
pub async fn demo(workspace: &Path, spec: DemoSpec) -> Result<bool> {
    let out = workspace.join("target/demo");
    if out.exists() {
        fs::remove_dir_all(&out).context("emptying target/demo")?;
    }
    fs::create_dir_all(&out).context("making target/demo")?;
    let mut run = Run::start(workspace, out).await?;
    let finished = run.work(workspace, spec).await?;
    run.finish(finished).await
}

struct Run {
    fleet: Fleet,
    client: Client,
    receipts: Receipts,
    tally: Tally,
    progress: Progress,
    faults: Vec<Value>,
    out: PathBuf,
}

impl Run {
    async fn start(workspace: &Path, out: PathBuf) -> Result<Self> {
        let mut progress = Progress::new();
        progress.show("starting RabbitMQ, Redis, the simulators and the workers");
        let fleet =
            Fleet::start(FleetSpec { workspace, dir: &out, replicas: REPLICAS, environment: &ENVIRONMENT }).await?;
        let client = Client::connect(fleet.servers.amqp_url(), &fleet.prefix).await?;
        let receipts = client.receipts();
        progress.note(&format!("{} workers are ready", fleet.workers.len()));
        Ok(Self { fleet, client, receipts, tally: Tally::default(), progress, faults: Vec::new(), out })
    }

    /// Publishes, makes faults and waits until everything is settled or parked; `false` if it stalled before.
    async fn work(&mut self, workspace: &Path, spec: DemoSpec) -> Result<bool> {
        let mut publisher = Publisher::start(workspace, &self.fleet, &self.out, spec.jobs, spec.targets)?;
        let mut script = Script::default();
        let mut operator = Operator::new(workspace, &self.out);
        let mut read = 0;
        let mut moved = Instant::now();
        loop {
            let all_published = publisher.finished()?;
            let before = (self.tally.published, self.tally.settled);
            publisher.follow(|line| self.tally.published(line))?;
            read += self.receipts.since(read, |new| {
                new.iter().for_each(|receipt| self.tally.receipt(receipt));
                new.len()
            });
            if before != (self.tally.published, self.tally.settled) {
                moved = Instant::now();
            }
            let percent = self.tally.settled * 100 / spec.targets.max(self.tally.targets).max(1);
            for what in script.advance(percent, &self.fleet.sim, &self.fleet.vendors).await? {
                self.happened(what);
            }
            self.show();
            if all_published && self.tally.open > 0 {
                for vendor in operator.drop_refused(&self.fleet, &self.client, &self.tally.to_park).await? {
                    self.happened(&format!("an operator drops the parked jobs whose class {vendor} refuses"));
                }
            }
            let settled = all_published && self.tally.open == 0;
            let Tally { to_park, to_stay_unrouted, .. } = &self.tally;
            if settled && leftovers::parked_all(&self.client, to_park, *to_stay_unrouted).await? {
                return Ok(true);
            }
            if moved.elapsed() > STALLED {
                let open: Vec<&str> = self.tally.some_open().collect();
                self.progress.note(&format!("nothing new for {STALLED:?}; still open: {}", open.join(" ")));
                return Ok(false);
            }
            self.receipts.more_than(read, LOOK).await;
            // Receipts come many at a time; looking at each would cost more than it tells.
            tokio::time::sleep(LOOK / 4).await;
        }
    }

    fn happened(&mut self, what: &str) {
        self.progress.note(what);
        self.faults.push(json!({ "seconds": self.progress.elapsed().as_secs(), "what": what }));
    }

    fn show(&mut self) {
        let Tally { published, targets, settled, open, .. } = &self.tally;
        let text = format!("published {published} messages; settled {settled} of {targets} targets, {open} jobs open");
        self.progress.show(&text);
    }

    async fn finish(mut self, finished: bool) -> Result<bool> {
        self.show();
        self.progress.note("ending the workers, looking into the queues, judging");
        self.fleet.stop_workers().await?;
        let queued = leftovers::look(&self.client, &self.fleet.vendors).await?;
        // Its record is complete when it has ended.
        self.fleet.sim.process().stop(Duration::from_secs(20)).await?;
        write_lines(&self.out.join("receipts.jsonl"), &self.receipts.all())?;
        if !self.fleet.prefix.is_empty() {
            names::remove_all(&self.client, &self.fleet.vendors).await?;
            names::remove_keys(self.fleet.servers.redis_url(), &self.fleet.prefix).await?;
        }
        let summary = judge(&self.out, &queued)?;
        let mut whole = serde_json::to_value(&summary).context("writing summary.json")?;
        whole["finished"] = json!(finished);
        whole["seconds"] = json!(self.progress.elapsed().as_secs());
        whole["faults"] = json!(self.faults);
        let text = serde_json::to_string_pretty(&whole).context("writing summary.json")?;
        fs::write(self.out.join("summary.json"), text + "\n").context("writing summary.json")?;
        self.progress.note(&format!("the logs are in {}", self.out.display()));
        println!("\n{}", report::report(&summary));
        eprint!("{}", summary.explain());
        Ok(finished && summary.clean())
    }
}

fn write_lines(path: &Path, lines: &[Value]) -> Result<()> {
    let doing = || format!("writing {}", path.display());
    let mut file = BufWriter::new(File::create(path).context(doing())?);
    for line in lines {
        writeln!(file, "{line}").context(doing())?;
    }
    file.flush().context(doing())
}

fn judge(out: &Path, queued: &[Queued]) -> Result<Summary> {
    let mut judge = Judge::new(SLACK_MS);
    let open = |name: &str| File::open(out.join(name)).map(BufReader::new).context(format!("opening {name}"));
    for_each_line(open("published.jsonl")?, |line| serde_json::from_str(line).map(|line| judge.published(line)))
        .context("published.jsonl")?;
    for_each_line(open("seen.jsonl")?, |line| serde_json::from_str(line).map(|line| judge.seen(line)))
        .context("seen.jsonl")?;
    for_each_line(open("receipts.jsonl")?, |line| Receipt::read(line).map(|receipt| judge.receipt(&receipt)))
        .context("receipts.jsonl")?;
    queued.iter().for_each(|line| judge.queued(line));
    Ok(judge.finish())
}
