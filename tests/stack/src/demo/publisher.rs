//! The load publisher: a Python program that is not ours to trust, and the log that it writes.

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
};

use crate::{Context, Fleet, Process, Result, StackError, dies_with_us};

/// The running publisher.
#[derive(Debug)]
pub(super) struct Publisher {
    process: Process,
    lines: BufReader<File>,
    half: String,
    log: PathBuf,
}

impl Publisher {
    /// Starts publishing `jobs` jobs with at least `targets` targets; `out/published.jsonl` gets a line for each.
    pub(super) fn start(workspace: &Path, fleet: &Fleet, out: &Path, jobs: usize, targets: usize) -> Result<Self> {
        let python = workspace.join("target/venv/bin/python");
        if !python.is_file() {
            return Err(StackError::new(format!("{} is not there; run make setup", python.display())));
        }
        let published = out.join("published.jsonl");
        File::create(&published).context("making published.jsonl")?;
        let log = out.join("publisher.log");
        let vendors: Vec<&str> = fleet.vendors.iter().map(|vendor| vendor.name.as_str()).collect();
        let mut command = dies_with_us(&python);
        command.arg(workspace.join("tests/load/publish.py"));
        // Not an argument: the address of a user's own broker holds a password.
        command.env("AMQP_URL", fleet.servers.amqp_url());
        command.args(["--prefix", &fleet.prefix, "--apps", "chat,shop"]);
        command.args(["--vendors", &vendors.join(","), "--jobs", &jobs.to_string(), "--targets", &targets.to_string()]);
        command.arg("--out").arg(&published).stdin(Stdio::null()).stdout(Stdio::null());
        command.stderr(File::create(&log).context("making publisher.log")?);
        let lines = BufReader::new(File::open(&published).context("reading published.jsonl")?);
        Ok(Self { process: Process::spawn("publish.py", command)?, lines, half: String::new(), log })
    }

    /// Calls `take` for each line written since the last call.
    pub(super) fn follow(&mut self, mut take: impl FnMut(&str)) -> Result<()> {
        while self.lines.read_line(&mut self.half).context("reading published.jsonl")? > 0 {
            // A line that is half written is finished the next time.
            if self.half.ends_with('\n') {
                take(&self.half);
                self.half.clear();
            }
        }
        Ok(())
    }

    /// Whether it has published everything.
    ///
    /// # Errors
    /// If it gave up.
    pub(super) fn finished(&self) -> Result<bool> {
        match self.process.exited() {
            None => Ok(false),
            Some(status) if status.success() => Ok(true),
            Some(status) => Err(StackError::new(format!("publish.py ended with {status}; see {}", self.log.display()))),
        }
    }
}
