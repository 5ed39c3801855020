//! A private RabbitMQ node: own ports, own name server, own folders, loopback only.

use std::{
    env, fs,
    fs::File,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Act;
use crate::{
    Context, Result, StackError,
    places::free_port,
    process::{Process, Signal, clean_environment, dies_with_us},
    until::until,
};

/// The Debian package's scripts. The wrapper in /usr/sbin insists on the user `rabbitmq`; these do not.
const SCRIPTS: &str = "/usr/lib/rabbitmq/bin";
/// A node starts in 3 s on an idle machine and in ten times that among compilers.
const START: Duration = Duration::from_secs(120);
const GRACE: Duration = Duration::from_secs(30);
/// What a client says first; the broker answers with `connection.start` once it takes clients.
const PROTOCOL_HEADER: &[u8] = b"AMQP\0\0\x09\x01";

pub(super) struct Rabbit {
    dir: PathBuf,
    port: u16,
    metrics_port: Option<u16>,
    distribution_port: u16,
    epmd_port: u16,
    epmd: Process,
    node: Option<Process>,
}

impl Rabbit {
    /// Lays out the folders and starts the node's own name server; the node itself is not started.
    ///
    /// The plugin for `metrics` is there from the start: enabling it in a node that runs fails now and then, because its
    /// agent reads the connections of nodes while those of the command come and go (seen in RabbitMQ 3.10).
    pub(super) async fn lay_out(dir: PathBuf, metrics: bool) -> Result<Self> {
        let server = Path::new(SCRIPTS).join("rabbitmq-server");
        if !server.is_file() {
            return Err(StackError::new(format!("{} is not there; run make setup", server.display())));
        }
        for folder in ["home", "mnesia", "log", "conf.d"] {
            fs::create_dir_all(dir.join(folder)).context(format!("making {folder} of the broker"))?;
        }
        let (port, distribution_port, epmd_port) = (free_port()?, free_port()?, free_port()?);
        let write = |name: &str, text: String| fs::write(dir.join(name), text).context(format!("writing {name}"));
        write("rabbitmq-env.conf", String::new())?;
        let metrics_port = metrics.then(free_port).transpose()?;
        let plugin = if metrics { "rabbitmq_prometheus" } else { "" };
        write("enabled_plugins", format!("[{plugin}].\n"))?;
        write("rabbitmq.conf", configuration(port, metrics_port))?;
        let mut command = dies_with_us(Path::new("epmd"));
        command.args(["-port", &epmd_port.to_string(), "-address", "127.0.0.1"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log(&dir, "epmd.log")?);
        let epmd = Process::spawn("epmd", command)?;
        until("epmd listens", START, || async { TcpStream::connect(("127.0.0.1", epmd_port)).await.ok() }).await?;
        Ok(Self { dir, port, metrics_port, distribution_port, epmd_port, epmd, node: None })
    }

    pub(super) fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }

    /// Where the node serves its own metrics.
    pub(super) fn metrics(&self) -> Option<String> {
        self.metrics_port.map(|port| format!("127.0.0.1:{port}"))
    }

    pub(super) fn pids(&self) -> impl Iterator<Item = u32> {
        [Some(self.epmd.pid()), self.node.as_ref().map(Process::pid)].into_iter().flatten()
    }

    pub(super) async fn act(&mut self, act: Act) -> Result<()> {
        match act {
            Act::Start | Act::StartEmpty => {
                if act == Act::StartEmpty {
                    let mnesia = self.dir.join("mnesia");
                    fs::remove_dir_all(&mnesia).context("emptying the broker")?;
                    fs::create_dir_all(&mnesia).context("emptying the broker")?;
                }
                self.start().await
            }
            Act::Stop => self.running()?.stop(GRACE).await.map(|()| self.node = None),
            Act::Kill => {
                let node = self.running()?;
                node.signal(Signal::Kill)?;
                node.wait(GRACE).await.map(|_| self.node = None)
            }
            Act::Freeze => self.running()?.signal(Signal::Stop),
            Act::Thaw => self.running()?.signal(Signal::Cont),
        }
    }

    /// A limit of one megabyte is always exceeded.
    pub(super) async fn memory_alarm(&self, on: bool) -> Result<()> {
        let limit: &[&str] = if on { &["absolute", "1MB"] } else { &["0.4"] };
        let mut command = self.script("rabbitmqctl");
        command.arg("set_vm_memory_high_watermark").args(limit);
        command.stdin(Stdio::null()).stdout(log(&self.dir, "ctl.log")?).stderr(log(&self.dir, "ctl.log")?);
        let status = Process::spawn("rabbitmqctl", command)?.wait(START).await?;
        if status.success() {
            return Ok(());
        }
        Err(StackError::new(format!("rabbitmqctl ended with {status}; see {}", self.dir.join("ctl.log").display())))
    }

    fn running(&self) -> Result<&Process> {
        self.node.as_ref().ok_or_else(|| StackError::new("the broker is not running"))
    }

    async fn start(&mut self) -> Result<()> {
        if self.node.is_some() {
            return Err(StackError::new("the broker is running already"));
        }
        let mut command = self.script("rabbitmq-server");
        command.stdin(Stdio::null()).stdout(log(&self.dir, "broker.log")?).stderr(log(&self.dir, "broker.log")?);
        let node = Process::spawn("rabbitmq-server", command)?;
        let failed = || StackError::new(format!("the broker did not start; see {}/broker.log", self.dir.display()));
        tokio::select! {
            ready = until("the broker takes clients", START, || answers(self.port)) => ready.map_err(|_| failed())?,
            _ = node.wait(START) => return Err(failed()),
        }
        self.node = Some(node);
        Ok(())
    }

    fn script(&self, name: &str) -> Command {
        let mut command = dies_with_us(&Path::new(SCRIPTS).join(name));
        clean_environment(&mut command);
        for (key, _) in env::vars_os() {
            if key.to_string_lossy().starts_with("RABBITMQ_") {
                command.env_remove(key);
            }
        }
        let path = |name: &str| self.dir.join(name);
        command
            // The node's own process instead of a shell that waits for it: what we signal is what runs.
            .env("RUNNING_UNDER_SYSTEMD", "true")
            .env("HOME", path("home"))
            .env("ERL_EPMD_PORT", self.epmd_port.to_string())
            .env("RABBITMQ_NODENAME", format!("push{}@localhost", self.port))
            .env("RABBITMQ_DIST_PORT", self.distribution_port.to_string())
            .env("RABBITMQ_CONF_ENV_FILE", path("rabbitmq-env.conf"))
            .env("RABBITMQ_CONFIG_FILE", path("rabbitmq.conf"))
            .env("RABBITMQ_CONFIG_FILES", path("conf.d"))
            .env("RABBITMQ_ADVANCED_CONFIG_FILE", path("advanced.config"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", path("enabled_plugins"))
            .env("RABBITMQ_MNESIA_BASE", path("mnesia"))
            .env("RABBITMQ_LOG_BASE", path("log"))
            .env("RABBITMQ_PID_FILE", path("pid"))
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "+S 2:2 -start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
            )
            .env("RABBITMQ_CTL_ERL_ARGS", "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}");
        command
    }
}

async fn answers(port: u16) -> Option<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    stream.write_all(PROTOCOL_HEADER).await.ok()?;
    stream.read_u8().await.ok().map(drop)
}

fn log(dir: &Path, name: &str) -> Result<File> {
    File::options().append(true).create(true).open(dir.join(name)).context(format!("opening {name}"))
}

fn configuration(port: u16, metrics_port: Option<u16>) -> String {
    let metrics = metrics_port.map(|port| format!("prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {port}\n"));
    format!(
        "listeners.tcp.1 = 127.0.0.1:{port}
log.file = false
log.console = true
log.console.level = warning
disk_free_limit.absolute = 50MB
# The write-ahead log of quorum queues stays in memory until it is full.
raft.wal_max_size_bytes = 67108864
{}",
        metrics.unwrap_or_default()
    )
}
