//! RabbitMQ and Redis for a test, a demo or a measurement: private ones, or those that the environment names.

use std::{
    env,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{ChildStdin, Command, Stdio},
    time::Duration,
};

use tokio::{
    sync::{Mutex, OnceCell, mpsc},
    time::timeout,
};

use crate::{
    Context, Result, StackError,
    babysitter::{Act, Addresses, Order, Reply},
    places::{binary, fresh_prefix, profile_dir},
    process::Process,
};

/// Starting a broker among compilers, and everything that is faster.
const DEADLINE: Duration = Duration::from_secs(180);
/// To end servers that are killed and remove their files.
const GRACE: Duration = Duration::from_secs(30);

/// A broker and a store. Private ones end when this is dropped and when this process ends, however it ends.
#[derive(Debug)]
pub struct Servers {
    addresses: Addresses,
    babysitter: Option<Mutex<Link>>,
    owns: Wanted,
}

#[derive(Debug, Clone, Copy)]
struct Wanted {
    broker: bool,
    redis: bool,
}

/// The pipes to the babysitter.
#[derive(Debug)]
struct Link {
    /// Closed first: that is the sign to end.
    orders: Option<ChildStdin>,
    answers: mpsc::UnboundedReceiver<String>,
    process: Option<Process>,
}

/// How private servers are started.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Redis writes an append-only file, so that its data survives SIGKILL (up to the last second).
    pub persistent_redis: bool,
}

impl Servers {
    /// The servers that all tests of this process share. Names in them need a prefix of one's own:
    /// [`Servers::fresh_prefix`]. They end with the process.
    ///
    /// # Errors
    /// If they do not start; the message says where their logs are.
    pub async fn shared() -> Result<&'static Self> {
        static SHARED: OnceCell<Servers> = OnceCell::const_new();
        SHARED.get_or_try_init(|| Self::start(Options::default())).await
    }

    /// Servers for the caller alone, except those that `AMQP_URL` and `REDIS_URL` name: these are used, never started
    /// or stopped. See [`Servers::owns_broker`] and [`Servers::owns_redis`] before making faults.
    ///
    /// # Errors
    /// If one does not start; the message says where its log is.
    pub async fn start(options: Options) -> Result<Self> {
        let given = |name| env::var(name).ok().filter(|url| !url.is_empty());
        Self::open(options, given("AMQP_URL"), given("REDIS_URL"), true).await
    }

    /// A store of the caller's own without a broker, whatever the environment names: for tests of the store alone. There
    /// is no [`Servers::amqp_url`] then.
    ///
    /// # Errors
    /// If it does not start; the message says where its log is.
    pub async fn redis_alone(options: Options) -> Result<Self> {
        Self::open(options, None, None, false).await
    }

    async fn open(options: Options, amqp_url: Option<String>, redis_url: Option<String>, broker: bool) -> Result<Self> {
        let owns = Wanted { broker: broker && amqp_url.is_none(), redis: redis_url.is_none() };
        let mut addresses = Addresses { amqp_url, redis_url, ..Addresses::default() };
        if !owns.broker && !owns.redis {
            return Ok(Self { addresses, babysitter: None, owns });
        }
        let mut command = Command::new(binary("push-stack")?);
        command.arg("serve");
        let flags =
            [(!owns.broker, "--no-broker"), (!owns.redis, "--no-redis"), (options.persistent_redis, "--persistent")];
        command.args(flags.iter().filter(|(set, _)| *set).map(|(_, flag)| flag));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(babysitter_log()?);
        let mut link = Link::open(Process::spawn("push-stack serve", command)?)?;
        let line = link.answer().await?;
        if let Ok(Reply { error: Some(error) }) = serde_json::from_str(&line) {
            return Err(StackError::new(error));
        }
        let started: Addresses = serde_json::from_str(&line).context("reading the babysitter's first line")?;
        addresses.amqp_url = addresses.amqp_url.or(started.amqp_url);
        addresses.redis_url = addresses.redis_url.or(started.redis_url);
        addresses.pids = started.pids;
        Ok(Self { addresses, babysitter: Some(Mutex::new(link)), owns })
    }

    /// Where the broker is.
    #[must_use]
    pub fn amqp_url(&self) -> &str {
        self.addresses.amqp_url.as_deref().unwrap_or_default()
    }

    /// Where the store is.
    #[must_use]
    pub fn redis_url(&self) -> &str {
        self.addresses.redis_url.as_deref().unwrap_or_default()
    }

    /// Whether the broker was started here and may be stopped.
    #[must_use]
    pub fn owns_broker(&self) -> bool {
        self.owns.broker
    }

    /// Whether the store was started here and may be stopped.
    #[must_use]
    pub fn owns_redis(&self) -> bool {
        self.owns.redis
    }

    /// A prefix for queues, exchanges and keys that nobody else uses.
    #[must_use]
    pub fn fresh_prefix(&self) -> String {
        fresh_prefix()
    }

    /// The processes that were started at first.
    #[must_use]
    pub fn pids(&self) -> &[u32] {
        &self.addresses.pids
    }

    /// The broker's handle for faults.
    #[must_use]
    pub fn broker(&self) -> Broker<'_> {
        Broker(self)
    }

    /// The store's handle for faults.
    #[must_use]
    pub fn redis(&self) -> Redis<'_> {
        Redis(self)
    }

    async fn order(&self, owned: bool, order: Order) -> Result<()> {
        let babysitter = self.babysitter.as_ref().filter(|_| owned).ok_or_else(|| {
            StackError::new("this server was named by the environment; unset AMQP_URL and REDIS_URL to test faults")
        })?;
        let mut link = babysitter.lock().await;
        let mut line = serde_json::to_string(&order).context("writing an order")?;
        line.push('\n');
        let orders = link.orders.as_mut().ok_or_else(|| StackError::new("the servers were stopped"))?;
        orders.write_all(line.as_bytes()).context("the babysitter is gone")?;
        let reply: Reply = serde_json::from_str(&link.answer().await?).context("reading the babysitter's answer")?;
        reply.error.map_or(Ok(()), |error| Err(StackError::new(error)))
    }
}

/// Faults of the broker. Every call returns when the fault has happened.
#[derive(Debug, Clone, Copy)]
pub struct Broker<'a>(&'a Servers);

/// Faults of the store. Every call returns when the fault has happened.
#[derive(Debug, Clone, Copy)]
pub struct Redis<'a>(&'a Servers);

macro_rules! faults {
    ($server:ident $order:ident $owned:ident: $($(#[$doc:meta])* $name:ident $act:ident;)*) => {
        impl $server<'_> {
            $(
                $(#[$doc])*
                ///
                /// # Errors
                /// If it is not in a state for that, or not ours.
                pub async fn $name(self) -> Result<()> {
                    self.0.order(self.0.owns.$owned, Order::$order { act: Act::$act }).await
                }
            )*
        }
    };
}

faults! { Broker Broker broker:
    /// Ends the node in order; its data stays.
    stop Stop;
    /// Ends the node with SIGKILL; its data stays.
    kill Kill;
    /// Starts it again on its port with its data; returns when it takes clients.
    start Start;
    /// Starts it again on its port without its data.
    start_empty StartEmpty;
    /// SIGSTOP: it accepts connections and never answers.
    freeze Freeze;
    /// SIGCONT.
    thaw Thaw;
}

faults! { Redis Redis redis:
    /// Ends it in order; its data is saved.
    stop Stop;
    /// SIGKILL; its data is lost unless it is persistent.
    kill Kill;
    /// SIGSTOP: it accepts connections and never answers.
    freeze Freeze;
    /// SIGCONT.
    thaw Thaw;
}

impl Broker<'_> {
    /// Raises or clears the memory alarm: publishers are blocked while it is on.
    ///
    /// # Errors
    /// If the broker is not ours or does not obey.
    pub async fn memory_alarm(self, on: bool) -> Result<()> {
        self.0.order(self.0.owns.broker, Order::MemoryAlarm { on }).await
    }
}

impl Redis<'_> {
    /// Starts it again on its port, with what was saved or empty. It is a new birth either way.
    ///
    /// # Errors
    /// If it runs already, or is not ours.
    pub async fn start(self, keep_data: bool) -> Result<()> {
        let act = if keep_data { Act::Start } else { Act::StartEmpty };
        self.0.order(self.0.owns.redis, Order::Redis { act }).await
    }
}

impl Link {
    fn open(mut process: Process) -> Result<Self> {
        let orders = process.take_stdin();
        let stdout = process.take_stdout().ok_or_else(|| StackError::new("the babysitter has no output"))?;
        // A thread, not a task: these servers outlive the runtime of the test that started them.
        let (sender, answers) = mpsc::unbounded_channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(std::result::Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Ok(Self { orders, answers, process: Some(process) })
    }

    async fn answer(&mut self) -> Result<String> {
        let line = timeout(DEADLINE, self.answers.recv()).await.context("the babysitter does not answer")?;
        let log = babysitter_log_path()?;
        line.ok_or_else(|| StackError::new(format!("the babysitter ended; see {}", log.display())))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        drop(self.orders.take());
        // The babysitter now kills its servers and removes their files; killed itself, it could not.
        if let Some(process) = self.process.take() {
            process.wait_blocking(GRACE);
        }
    }
}

fn babysitter_log_path() -> Result<PathBuf> {
    Ok(profile_dir()?.join("stack").join("babysitter.log"))
}

fn babysitter_log() -> Result<File> {
    let path = babysitter_log_path()?;
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).context(format!("making {}", dir.display()))?;
    }
    File::options().append(true).create(true).open(&path).context(format!("opening {}", path.display()))
}
