//! What the demo's operator does, with the operator's own tool: drops the jobs that wait in parking because the vendor
//! refuses their class.

use std::{
    collections::HashMap,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use crate::{Client, Context, Fleet, Process, Result, StackError, dies_with_us, names::parked};

/// How long the tool may take: parking holds some hundred messages.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the tool is, and where it writes what it did.
#[derive(Debug)]
pub(super) struct Operator {
    python: PathBuf,
    tool: PathBuf,
    log: PathBuf,
}

impl Operator {
    pub(super) fn new(workspace: &Path, out: &Path) -> Self {
        Self {
            python: workspace.join("target/venv/bin/python"),
            tool: workspace.join("docs/messages.py"),
            log: out.join("operator.log"),
        }
    }

    /// Looks where more lies in parking than the bad messages that belong there, `to_park` of each vendor, and drops
    /// what is there for its class. Returns the vendors where that was done.
    ///
    /// # Errors
    /// If the tool fails; its log says why.
    pub(super) async fn drop_refused(
        &self,
        fleet: &Fleet,
        client: &Client,
        to_park: &HashMap<String, usize>,
    ) -> Result<Vec<String>> {
        let mut dropped = Vec::new();
        for vendor in &fleet.vendors {
            let queue = parked(&vendor.name);
            let expected = to_park.get(&vendor.name).copied().unwrap_or_default();
            if client.count(&queue).await?.unwrap_or_default() as usize > expected {
                self.discard(fleet, &queue).await?;
                dropped.push(vendor.name.clone());
            }
        }
        Ok(dropped)
    }

    async fn discard(&self, fleet: &Fleet, queue: &str) -> Result<()> {
        let mut command = dies_with_us(&self.python);
        command.arg(&self.tool).arg("discard").arg(format!("{}{queue}", fleet.prefix));
        command.args(["--reason", "class_misconfigured", "--prefix", &fleet.prefix]);
        // Not an argument: the address of a user's own broker holds a password.
        command.env("AMQP_URL", fleet.servers.amqp_url());
        let log = File::options().create(true).append(true).open(&self.log).context("opening operator.log")?;
        command.stdin(Stdio::null()).stdout(log.try_clone().context("opening operator.log")?).stderr(log);
        let status = Process::spawn("messages.py", command)?.wait(PATIENCE).await?;
        if status.success() {
            return Ok(());
        }
        Err(StackError::new(format!("messages.py ended with {status}; see {}", self.log.display())))
    }
}
