//! A worker process under test.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    time::Duration,
};

use crate::{
    Context, Result, Servers, StackError,
    exposition::sum_of,
    http::Http,
    places::{binary, free_port, scratch_dir},
    process::{Process, Signal, clean_environment, dies_with_us},
    until::until,
};

/// What a worker is started with.
#[derive(Debug, Clone, Default)]
pub struct WorkerSpec {
    vendor: String,
    settings: String,
    environment: Vec<(String, String)>,
    args: Vec<String>,
    admin_port: Option<u16>,
}

/// A running `push-<vendor>`. Dropping it kills it; [`Worker::term`] and [`Worker::wait`] end it in order.
#[derive(Debug)]
pub struct Worker {
    process: Process,
    dir: PathBuf,
    admin: Http,
    admin_port: u16,
}

impl Worker {
    /// A worker of `vendor` with a settings file in TOML.
    #[must_use]
    pub fn of(vendor: &str, settings: &str) -> WorkerSpec {
        WorkerSpec { vendor: vendor.into(), settings: settings.into(), ..WorkerSpec::default() }
    }

    /// The process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.process.pid()
    }

    /// The port of `/metrics`, `/readyz` and the other admin pages.
    #[must_use]
    pub fn admin_port(&self) -> u16 {
        self.admin_port
    }

    /// Its settings file. Writing to it is what an operator's edit does.
    #[must_use]
    pub fn settings_path(&self) -> PathBuf {
        self.dir.join("settings.toml")
    }

    /// SIGKILL.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn kill(&self) -> Result<()> {
        self.process.signal(Signal::Kill)
    }

    /// SIGTERM: it stops consuming, settles what is on the wire and ends.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn term(&self) -> Result<()> {
        self.process.signal(Signal::Term)
    }

    /// SIGSTOP: frozen in the middle of whatever it does.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn stop_signal(&self) -> Result<()> {
        self.process.signal(Signal::Stop)
    }

    /// SIGCONT.
    ///
    /// # Errors
    /// If the system refuses.
    pub fn cont(&self) -> Result<()> {
        self.process.signal(Signal::Cont)
    }

    /// How it ended, if it has.
    #[must_use]
    pub fn exited(&self) -> Option<ExitStatus> {
        self.process.exited()
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// If it still runs after `deadline`.
    pub async fn wait(&self, deadline: Duration) -> Result<ExitStatus> {
        self.process.wait(deadline).await
    }

    /// Waits until `/readyz` says 200.
    ///
    /// # Errors
    /// If it does not within `deadline`, or the worker ends; the message holds the end of its log.
    pub async fn ready(&self, deadline: Duration) -> Result<()> {
        let ready = || async { self.admin.get("/readyz").await.ok().filter(|(status, _)| *status == 200).map(drop) };
        let outcome = tokio::select! {
            outcome = until("the worker is ready", deadline, ready) => outcome,
            status = self.process.wait(deadline) => Err(StackError::new(match status {
                Ok(status) => format!("the worker ended with {status} before it was ready"),
                Err(error) => error.to_string(),
            })),
        };
        outcome.map_err(|error| StackError::new(format!("{error}\n{}", self.log_tail())))
    }

    /// The text of `/metrics`.
    ///
    /// # Errors
    /// If the worker does not answer.
    pub async fn metrics(&self) -> Result<String> {
        let (status, text) = self.admin.get("/metrics").await?;
        if status == 200 { Ok(text) } else { Err(StackError::new(format!("/metrics answered {status}"))) }
    }

    /// The sum of a metric's series that carry all of `labels`; 0 if there is none.
    ///
    /// # Errors
    /// If the worker does not answer.
    pub async fn metric(&self, name: &str, labels: &[(&str, &str)]) -> Result<f64> {
        Ok(sum_of(&self.metrics().await?, name, labels))
    }

    /// An admin page: status and body.
    ///
    /// # Errors
    /// If the worker does not answer.
    pub async fn admin(&self, path: &str) -> Result<(u16, String)> {
        self.admin.get(path).await
    }

    /// What it wrote to standard error so far: a JSON object a line.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn log(&self) -> Result<String> {
        fs::read_to_string(self.dir.join("log.jsonl")).context("reading the worker's log")
    }

    /// Waits until a line of the log contains `text`, and returns that line.
    ///
    /// # Errors
    /// If there is none within `deadline`.
    pub async fn logged(&self, text: &str, deadline: Duration) -> Result<String> {
        let find = || async {
            let log = self.log().ok()?;
            log.lines().find(|line| line.contains(text)).map(str::to_owned)
        };
        until(&format!("the worker logs {text:?}"), deadline, find).await
    }

    /// The memory it holds now and the most it held, in bytes.
    ///
    /// # Errors
    /// If it has ended.
    pub fn memory(&self) -> Result<Memory> {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.pid())).context("reading the worker's memory")?;
        let bytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key))?;
            line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
        };
        let both = bytes("VmRSS:").zip(bytes("VmHWM:"));
        let (resident_bytes, peak_bytes) = both.ok_or_else(|| StackError::new("the worker has ended"))?;
        Ok(Memory { resident_bytes, peak_bytes })
    }

    fn log_tail(&self) -> String {
        let log = self.log().unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(15)..].join("\n")
    }
}

/// What a process holds of the machine's memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// Resident now.
    pub resident_bytes: u64,
    /// The most that was resident.
    pub peak_bytes: u64,
}

impl WorkerSpec {
    /// The broker and the store to work with.
    #[must_use]
    pub fn servers(self, servers: &Servers) -> Self {
        self.amqp(servers.amqp_url()).redis(servers.redis_url())
    }

    /// The broker, or a proxy in front of it.
    #[must_use]
    pub fn amqp(self, url: &str) -> Self {
        self.env("PUSH__AMQP__URL", url)
    }

    /// The store, or a proxy in front of it.
    #[must_use]
    pub fn redis(self, url: &str) -> Self {
        self.env("PUSH__REDIS__URL", url)
    }

    /// The prefix of every name in the broker and the store.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        self.env("PUSH__AMQP__PREFIX", prefix).env("PUSH__REDIS__PREFIX", prefix)
    }

    /// An environment variable: any setting as `PUSH__SECTION__KEY`.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// A command-line argument.
    #[must_use]
    pub fn arg(mut self, arg: &str) -> Self {
        self.args.push(arg.into());
        self
    }

    /// The admin port, instead of any free one.
    #[must_use]
    pub fn admin_port(mut self, port: u16) -> Self {
        self.admin_port = Some(port);
        self
    }

    /// Starts the worker; [`Worker::ready`] waits for it.
    ///
    /// # Errors
    /// If its binary is not built.
    pub fn start(&self) -> Result<Worker> {
        let name = format!("push-{}", self.vendor);
        let program = binary(&name)?;
        let dir = scratch_dir(&name)?;
        let settings = dir.join("settings.toml");
        fs::write(&settings, &self.settings).context("writing the worker's settings")?;
        let admin_port = self.admin_port.map_or_else(free_port, Ok)?;
        let mut command = dies_with_us(&program);
        clean_environment(&mut command);
        command.args(&self.args).envs(self.environment.iter().map(|(key, value)| (key, value)));
        command.env("PUSH_CONFIG", &settings).env("PUSH__ADMIN__LISTEN", format!("127.0.0.1:{admin_port}"));
        command.stdin(Stdio::null()).stdout(file(&dir, "stdout")?).stderr(file(&dir, "log.jsonl")?);
        let process = Process::spawn(name, command)?;
        let admin = Http::new(format!("http://127.0.0.1:{admin_port}"))?;
        Ok(Worker { process, dir, admin, admin_port })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // A test that returns an error does not panic: KEEP_LOGS=1 is for looking at it.
        if std::thread::panicking() || std::env::var_os("KEEP_LOGS").is_some() {
            eprintln!("the log of worker {}: {}", self.pid(), self.dir.join("log.jsonl").display());
        } else {
            // Left behind, it is only disk space below target/.
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

fn file(dir: &Path, name: &str) -> Result<File> {
    File::create(dir.join(name)).context(format!("making {name} of the worker"))
}
