//! What the demo's operator does, with the operator's own tool: drops the jobs that wait in parking because the vendor
//! refuses their class.

use std::{
    collections::HashMap,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use crate::{Client, Context, Fleet, Process, Result, StackError, dies_with_us, names::parked};

/// How long the tool may take: parking holds some hundred messages.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the tool is, and where it writes what it did last.
#[derive(Debug)]
pub(super) struct Operator {
    python: PathBuf,
    tool: PathBuf,
    log: PathBuf,
    /// What lies in parking where the tool found nothing to drop.
    left: HashMap<String, usize>,
}

impl Operator {
    pub(super) fn new(workspace: &Path, out: &Path) -> Self {
        Self {
            python: workspace.join("target/venv/bin/python"),
            tool: workspace.join("docs/messages.py"),
            log: out.join("operator.log"),
            left: HashMap::new(),
        }
    }

    /// Looks where more lies in parking than the bad messages that belong there, `to_park` of each vendor, and drops
    /// what is there for its class. Returns the vendors of whose jobs some were dropped.
    ///
    /// # Errors
    /// If the tool fails; its log says why.
    pub(super) async fn drop_refused(
        &mut self,
        fleet: &Fleet,
        client: &Client,
        to_park: &HashMap<String, usize>,
    ) -> Result<Vec<String>> {
        let mut dropped = Vec::new();
        for vendor in &fleet.vendors {
            let queue = parked(&vendor.name);
            let there = client.count(&queue).await?.unwrap_or_default() as usize;
            let known = self.left.get(&vendor.name).or(to_park.get(&vendor.name)).copied().unwrap_or_default();
            if there <= known {
                continue;
            }
            if self.discard(fleet, &queue).await? {
                dropped.push(vendor.name.clone());
            } else {
                self.left.insert(vendor.name.clone(), there);
            }
        }
        Ok(dropped)
    }

    /// Whether there was something to drop.
    async fn discard(&self, fleet: &Fleet, queue: &str) -> Result<bool> {
        let mut command = dies_with_us(&self.python);
        command.arg(&self.tool).arg("discard").arg(format!("{}{queue}", fleet.prefix));
        command.args(["--reason", "class_misconfigured", "--prefix", &fleet.prefix]);
        // Not an argument: the address of a user's own broker holds a password.
        command.env("AMQP_URL", fleet.servers.amqp_url());
        let log = File::create(&self.log).context("making operator.log")?;
        command.stdin(Stdio::null()).stdout(log.try_clone().context("making operator.log")?).stderr(log);
        let status = Process::spawn("messages.py", command)?.wait(PATIENCE).await?;
        if !status.success() {
            return Err(StackError::new(format!("messages.py ended with {status}; see {}", self.log.display())));
        }
        let said = fs::read_to_string(&self.log).context("reading operator.log")?;
        Ok(said.lines().last().is_some_and(|line| !line.starts_with("0 given")))
    }
}
