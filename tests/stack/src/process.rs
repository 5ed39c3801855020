//! A process that cannot outlive this one.

use std::{
    io,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, ExitStatus},
    sync::{LazyLock, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use rustix::process::{Pid, kill_process};
use tokio::{sync::watch, time::timeout};

pub use rustix::process::Signal;

use crate::{Context, Result, StackError};

/// A running child. Dropping it kills it and waits until it is gone.
#[derive(Debug)]
pub struct Process {
    name: String,
    pid: Pid,
    exit: watch::Receiver<Option<ExitStatus>>,
    reaper: Option<JoinHandle<()>>,
    stdin: Option<ChildStdin>,
    stdout: Option<ChildStdout>,
}

type Order = (Command, mpsc::Sender<io::Result<Child>>);

/// The kernel's "signal at the parent's death" means the death of the parent's *thread*, and threads of tests and of
/// runtimes come and go. So one thread that never ends starts every process.
static STARTER: LazyLock<mpsc::Sender<Order>> = LazyLock::new(|| {
    let (sender, orders) = mpsc::channel::<Order>();
    std::thread::spawn(move || {
        for (mut command, reply) in orders {
            // A caller that no longer waits was dropped; so is its child's handle.
            let _ = reply.send(command.spawn());
        }
    });
    sender
});

/// A command for a program that is killed when this process ends, however that happens.
#[must_use]
pub fn dies_with_us(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}

/// Removes what a child must not inherit: settings of another fleet, and proxies between loopback addresses.
pub fn clean_environment(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_ascii_uppercase();
        if text.starts_with("PUSH_") || text.ends_with("_PROXY") {
            command.env_remove(name);
        }
    }
}

impl Process {
    /// Starts `command`. `name` is for messages.
    ///
    /// # Errors
    /// If the system cannot start it.
    pub fn spawn(name: impl Into<String>, command: Command) -> Result<Self> {
        let name = name.into();
        let (reply, child) = mpsc::channel();
        STARTER.send((command, reply)).context("the thread that starts processes is gone")?;
        let child = child.recv().context("the thread that starts processes is gone")?;
        let mut child = child.context(format!("starting {name}"))?;
        let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
        let pid = pid.ok_or_else(|| StackError::new(format!("{name} has no process id")))?;
        let (stdin, stdout) = (child.stdin.take(), child.stdout.take());
        let (sender, exit) = watch::channel(None);
        let reaper = std::thread::spawn(move || {
            if let Ok(status) = child.wait() {
                sender.send_replace(Some(status));
            }
        });
        Ok(Self { name, pid, exit, reaper: Some(reaper), stdin, stdout })
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// The pipe to its standard input, once, if it was asked for.
    pub fn take_stdin(&mut self) -> Option<ChildStdin> {
        self.stdin.take()
    }

    /// The pipe from its standard output, once, if it was asked for.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.stdout.take()
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn exited(&self) -> Option<ExitStatus> {
        *self.exit.borrow()
    }

    /// Sends a signal. A process that has ended is left alone: its id may be another's by now.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        if self.exited().is_some() {
            return Ok(());
        }
        kill_process(self.pid, signal).context(format!("signalling {}", self.name))
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If it still runs after `deadline`.
    pub async fn wait(&self, deadline: Duration) -> Result<ExitStatus> {
        let mut exit = self.exit.clone();
        let ended = timeout(deadline, exit.wait_for(Option::is_some)).await;
        let status = ended.context(format!("{} still runs after {deadline:?}", self.name))?;
        let status = *status.context(format!("waiting for {}", self.name))?;
        status.ok_or_else(|| StackError::new(format!("{} ended without a status", self.name)))
    }

    /// Asks it to end, and kills it if it has not after `grace`.
    ///
    /// # Errors
    /// If the system refuses to signal it.
    pub async fn stop(&self, grace: Duration) -> Result<()> {
        self.signal(Signal::Term)?;
        if self.wait(grace).await.is_err() {
            self.signal(Signal::Kill)?;
            self.wait(grace).await?;
        }
        Ok(())
    }
}

impl Process {
    /// Waits until it has ended, outside of a runtime; gives up after `deadline`.
    pub(crate) fn wait_blocking(&self, deadline: Duration) {
        let end = std::time::Instant::now() + deadline;
        while self.exited().is_none() && std::time::Instant::now() < end {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Nobody can be told; the kernel kills it with this process at the latest.
        let _ = self.signal(Signal::Kill);
        if let Some(reaper) = self.reaper.take() {
            let _ = reaper.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{path::Path, time::Duration};

    use super::{Process, Signal, dies_with_us};

    const DEADLINE: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn a_stopped_process_can_be_killed_and_its_end_is_told() {
        let mut command = dies_with_us(Path::new("sleep"));
        command.arg("600");
        let process = Process::spawn("sleep", command).unwrap();
        process.signal(Signal::Stop).unwrap();
        assert!(process.wait(Duration::from_millis(1)).await.is_err());
        process.signal(Signal::Kill).unwrap();
        assert_eq!(process.wait(DEADLINE).await.unwrap().code(), None);
        process.signal(Signal::Kill).unwrap();
    }

    #[tokio::test]
    async fn dropping_ends_it() {
        let mut command = dies_with_us(Path::new("sleep"));
        command.arg("600");
        let process = Process::spawn("sleep", command).unwrap();
        let proc = format!("/proc/{}", process.pid());
        assert!(Path::new(&proc).exists());
        drop(process);
        assert!(!Path::new(&proc).exists());
    }
}
