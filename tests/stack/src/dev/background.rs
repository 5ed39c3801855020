//! Starts and ends the process that holds the stack, and no other.

use std::{
    fs,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};

use crate::{
    Context, Result, StackError,
    dev::{dir, env_path},
    until::until,
};

const START: Duration = Duration::from_secs(240);
const END: Duration = Duration::from_secs(90);

/// Which process it is. The start time tells it from a later one with the same id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Holder {
    pid: i32,
    started: u64,
}

/// Starts the stack in the background and prints the file with its addresses.
///
/// # Errors
/// If it runs already or does not start; the message names its log.
pub async fn up(workspace: &Path) -> Result<()> {
    if let Some(holder) = running(workspace) {
        let env = env_path(workspace);
        return Err(StackError::new(format!(
            "the stack is up already, process {}: source {}, or make down first",
            holder.pid,
            env.display()
        )));
    }
    let dir = dir(workspace);
    fs::create_dir_all(&dir).context("making target/dev")?;
    let env = env_path(workspace);
    if env.exists() {
        fs::remove_file(&env).context("removing the old target/dev/env")?;
    }
    let log_path = dir.join("log");
    let log = || File::options().append(true).create(true).open(&log_path).context("opening target/dev/log");
    let exe = std::env::current_exe().context("finding this executable")?;
    // A session of its own: closing the terminal does not end it.
    let mut command = Command::new("setsid");
    command.arg(exe).arg("hold").current_dir(workspace).stdin(Stdio::null()).stdout(log()?).stderr(log()?);
    let child = command.spawn().context("starting push-stack hold")?;
    let pid = i32::try_from(child.id()).context("a process id that is none")?;
    let holder = Holder { pid, started: start_time(pid).unwrap_or_default() };
    let text = serde_json::to_string(&holder).context("writing the process id")?;
    fs::write(pid_path(workspace), text).context("writing target/dev/pid")?;
    let decided = until("the stack is up", START, || async {
        if env.is_file() { Some(true) } else { alive(holder).is_none().then_some(false) }
    });
    if decided.await? {
        println!("{}", env.display());
        return Ok(());
    }
    Err(StackError::new(format!("the stack did not start: {}", last_line(&log_path))))
}

/// Ends the stack that [`up`] started.
///
/// # Errors
/// If it does not end.
pub async fn down(workspace: &Path) -> Result<()> {
    let Some(holder) = running(workspace) else {
        println!("the stack is not up");
        return Ok(());
    };
    signal(holder, Signal::Term)?;
    let ended = || async { alive(holder).is_none().then_some(()) };
    if until("the stack ends", END, ended).await.is_err() {
        // The kernel kills what it started along with it.
        signal(holder, Signal::Kill)?;
        until("the stack is killed", END, ended).await?;
    }
    fs::remove_file(pid_path(workspace)).context("removing target/dev/pid")
}

fn pid_path(workspace: &Path) -> PathBuf {
    dir(workspace).join("pid")
}

fn running(workspace: &Path) -> Option<Holder> {
    let text = fs::read_to_string(pid_path(workspace)).ok()?;
    alive(serde_json::from_str(&text).ok()?)
}

fn alive(holder: Holder) -> Option<Holder> {
    (start_time(holder.pid)? == holder.started).then_some(holder)
}

/// When a process started, in ticks since the machine did; `None` when it has ended.
fn start_time(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program may contain anything but is the last thing in parentheses.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

fn signal(holder: Holder, signal: Signal) -> Result<()> {
    let pid = Pid::from_raw(holder.pid).ok_or_else(|| StackError::new("target/dev/pid holds no process id"))?;
    kill_process(pid, signal).context(format!("signalling process {}", holder.pid))
}

fn last_line(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap_or_default();
    text.lines().last().unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Holder, alive, start_time};

    #[test]
    fn a_process_is_told_from_a_later_one_with_its_id() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let holder = Holder { pid, started: start_time(pid).unwrap() };
        assert_eq!(alive(holder), Some(holder));
        assert_eq!(alive(Holder { started: holder.started + 1, ..holder }), None);
    }
}
