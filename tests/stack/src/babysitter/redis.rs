//! A private Redis.

use std::{fs, path::PathBuf, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Act;
use crate::{
    Context, Result, StackError,
    places::free_port,
    process::{Process, Signal, dies_with_us},
    until::until,
};

const START: Duration = Duration::from_secs(60);
const GRACE: Duration = Duration::from_secs(20);

pub(super) struct Redis {
    dir: PathBuf,
    port: u16,
    persistent: bool,
    process: Option<Process>,
}

impl Redis {
    pub(super) fn lay_out(dir: PathBuf, persistent: bool) -> Result<Self> {
        fs::create_dir_all(dir.join("data")).context("making the folder of Redis")?;
        Ok(Self { port: free_port()?, dir, persistent, process: None })
    }

    pub(super) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.process.as_ref().map(Process::pid)
    }

    pub(super) async fn act(&mut self, act: Act) -> Result<()> {
        match act {
            Act::Start => self.start().await,
            Act::StartEmpty => {
                let data = self.dir.join("data");
                fs::remove_dir_all(&data).context("emptying Redis")?;
                fs::create_dir_all(&data).context("emptying Redis")?;
                self.start().await
            }
            // Saved, whether or not it writes as it goes: a stop in order loses nothing.
            Act::Stop => {
                let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.context("stopping Redis")?;
                stream.write_all(b"SHUTDOWN SAVE\r\n").await.context("stopping Redis")?;
                self.running()?.wait(GRACE).await.map(|_| self.process = None)
            }
            Act::Kill => {
                let process = self.running()?;
                process.signal(Signal::Kill)?;
                process.wait(GRACE).await.map(|_| self.process = None)
            }
            Act::Freeze => self.running()?.signal(Signal::Stop),
            Act::Thaw => self.running()?.signal(Signal::Cont),
        }
    }

    fn running(&self) -> Result<&Process> {
        self.process.as_ref().ok_or_else(|| StackError::new("Redis is not running"))
    }

    async fn start(&mut self) -> Result<()> {
        if self.process.is_some() {
            return Err(StackError::new("Redis is running already"));
        }
        let port = self.port.to_string();
        let append = if self.persistent { "yes" } else { "no" };
        let mut command = dies_with_us(&PathBuf::from("redis-server"));
        command.args(["--bind", "127.0.0.1", "--port", &port, "--save", "", "--appendonly", append]);
        command.args(["--lazyfree-lazy-expire", "yes", "--daemonize", "no"]);
        command.arg("--dir").arg(self.dir.join("data")).arg("--logfile").arg(self.dir.join("redis.log"));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process::spawn("redis-server", command)?;
        let failed = || {
            let log = self.dir.join("redis.log");
            StackError::new(format!("Redis did not start; see {}, or run make setup if it is missing", log.display()))
        };
        tokio::select! {
            ready = until("Redis answers", START, || answers(self.port)) => ready.map_err(|_| failed())?,
            _ = process.wait(START) => return Err(failed()),
        }
        self.process = Some(process);
        Ok(())
    }
}

/// `+PONG`; while it reads its files it says `-LOADING`.
async fn answers(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    stream.write_all(b"PING\r\n").await.ok()?;
    (stream.read_u8().await.ok()? == b'+').then_some(())
}
