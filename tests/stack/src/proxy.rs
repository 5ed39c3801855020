//! A TCP proxy between a worker and a server, for faults that the server itself does not have.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::{Instant, sleep_until},
};

use crate::{Context, Result, StackError};

/// What the proxy does with connections and bytes. It can be changed at any time and holds at once, also for what is
/// connected already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Everything passes.
    Pass,
    /// Every byte arrives later, in order.
    Delay {
        /// By how much on the way to the server.
        to_server: Duration,
        /// By how much on the way back.
        to_client: Duration,
    },
    /// Connections are accepted and stay open, and no byte passes.
    Blackhole,
    /// Connections are open to the client and gone for the server, as when a router between them has lost its memory:
    /// the server ends what it kept for them, and the client hears nothing. Changing the mode cuts them.
    Forget,
    /// Nobody listens, and what was connected is cut.
    Refuse,
}

/// A proxy in front of one address. Dropping it cuts everything.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    upstream: String,
    mode: Arc<watch::Sender<Mode>>,
    cuts: watch::Sender<u64>,
    open: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Proxy {
    /// Starts in front of the server that `url` names, such as `amqp://...` or `redis://...`.
    ///
    /// # Errors
    /// If the URL has no host and port, or no port is free.
    pub async fn start(url: &str) -> Result<Self> {
        let upstream = authority(url)?.to_owned();
        let listener = TcpListener::bind(("127.0.0.1", crate::free_port()?)).await.context("starting a proxy")?;
        let address = listener.local_addr().context("starting a proxy")?;
        let mode = Arc::new(watch::Sender::new(Mode::Pass));
        let cuts = watch::Sender::new(0);
        let (opened, open) = watch::channel(0);
        let front = Front { address, upstream: upstream.clone(), mode: Arc::clone(&mode), opened };
        let task = tokio::spawn(front.run(listener, cuts.subscribe()));
        Ok(Self { address, upstream, mode, cuts, open, task })
    }

    /// `url` with the proxy in place of its server.
    #[must_use]
    pub fn url_for(&self, url: &str) -> String {
        url.replacen(&self.upstream, &self.address.to_string(), 1)
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes what it does.
    pub fn set(&self, mode: Mode) {
        self.mode.send_replace(mode);
    }

    /// Cuts every connection that is open now; new ones are served.
    pub fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    /// How many connections are open.
    #[must_use]
    pub fn connections(&self) -> usize {
        *self.open.borrow()
    }

    /// Waits until `n` connections or more are open.
    ///
    /// # Errors
    /// If they are not within `deadline`.
    pub async fn connected(&self, n: usize, deadline: Duration) -> Result<()> {
        let mut open = self.open.clone();
        let reached = tokio::time::timeout(deadline, open.wait_for(|count| *count >= n)).await;
        let reached = reached.context(format!("not {n} connections through the proxy within {deadline:?}"))?;
        reached.map(drop).context("the proxy has ended")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Front {
    address: SocketAddr,
    upstream: String,
    mode: Arc<watch::Sender<Mode>>,
    opened: watch::Sender<usize>,
}

impl Front {
    async fn run(self, listener: TcpListener, mut cuts: watch::Receiver<u64>) {
        let mut mode = self.mode.subscribe();
        let mut listener = Some(listener);
        let mut connections = JoinSet::new();
        loop {
            self.opened.send_replace(connections.len());
            let refusing = *mode.borrow_and_update() == Mode::Refuse;
            if refusing {
                listener = None;
                connections.abort_all();
            } else if listener.is_none() {
                listener = TcpListener::bind(self.address).await.ok();
            }
            tokio::select! {
                Some(client) = accept(listener.as_ref()) => {
                    connections.spawn(connect(client, self.upstream.clone(), Arc::clone(&self.mode)));
                }
                Some(_) = connections.join_next() => {}
                Ok(()) = cuts.changed() => connections.abort_all(),
                Ok(()) = mode.changed() => {}
                else => return,
            }
        }
    }
}

async fn accept(listener: Option<&TcpListener>) -> Option<TcpStream> {
    match listener {
        Some(listener) => listener.accept().await.ok().map(|(stream, _)| stream),
        None => std::future::pending().await,
    }
}

async fn connect(mut client: TcpStream, upstream: String, mode: Arc<watch::Sender<Mode>>) {
    let mut now = mode.subscribe();
    if *now.borrow() != Mode::Forget {
        // A server that is down is a connection cut.
        let Ok(server) = TcpStream::connect(&upstream).await else { return };
        tokio::select! {
            () = carry(&mut client, server, &mode) => return,
            _ = now.wait_for(|mode| *mode == Mode::Forget) => {}
        }
    }
    // The client's end stays open and silent.
    let _ = now.wait_for(|mode| *mode != Mode::Forget).await;
}

async fn carry(client: &mut TcpStream, mut server: TcpStream, mode: &watch::Sender<Mode>) {
    // Latency is what this proxy adds on purpose only.
    if client.set_nodelay(true).and_then(|()| server.set_nodelay(true)).is_err() {
        return;
    }
    // Halves that only borrow: dropping an owned one would tell the client that the server has gone.
    let (client_in, client_out) = client.split();
    let (server_in, server_out) = server.split();
    let there = pass(client_in, server_out, mode.subscribe(), |mode| match mode {
        Mode::Delay { to_server, .. } => to_server,
        _ => Duration::ZERO,
    });
    let back = pass(server_in, client_out, mode.subscribe(), |mode| match mode {
        Mode::Delay { to_client, .. } => to_client,
        _ => Duration::ZERO,
    });
    // One side closed: so does the other. Neither protocol here uses half-closed connections.
    tokio::select! {
        () = there => {}
        () = back => {}
    }
}

/// One direction: bytes wait in a queue for their time, so that a delay is a delay and not a narrow pipe.
async fn pass(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut mode: watch::Receiver<Mode>,
    delay: fn(Mode) -> Duration,
) {
    let (sender, mut queue) = mpsc::channel::<(Instant, Vec<u8>)>(256);
    let read = async {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now(), buffer[..n].to_vec())).await.is_err() {
                break;
            }
        }
        drop(sender);
    };
    let write = async {
        while let Some((arrived, bytes)) = queue.recv().await {
            loop {
                let wait = delay(*mode.borrow_and_update());
                if wait.is_zero() {
                    break;
                }
                tokio::select! {
                    () = sleep_until(arrived + wait) => break,
                    // Another mode holds at once, also for what is under way.
                    Ok(()) = mode.changed() => {}
                }
            }
            if mode.wait_for(|mode| *mode != Mode::Blackhole).await.is_err() || to.write_all(&bytes).await.is_err() {
                break;
            }
        }
    };
    tokio::join!(read, write);
}

/// The `host:port` of a URL.
fn authority(url: &str) -> Result<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let has_port = host.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    if has_port { Ok(host) } else { Err(StackError::new(format!("no host and port in {host:?}"))) }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::{TcpListener, TcpStream},
    };

    use super::{Mode, Proxy, authority};

    const DEADLINE: Duration = Duration::from_secs(20);

    #[test]
    fn the_server_of_a_url() {
        assert_eq!(authority("amqp://guest:guest@127.0.0.1:5672/%2f").unwrap(), "127.0.0.1:5672");
        assert_eq!(authority("redis://127.0.0.1:6379").unwrap(), "127.0.0.1:6379");
        assert!(authority("redis://localhost").is_err());
    }

    /// A proxy in front of an echo server.
    async fn echo() -> Proxy {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("echo://{}/", server.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = server.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        Proxy::start(&url).await.unwrap()
    }

    async fn say(stream: &mut TcpStream) -> std::io::Result<u8> {
        stream.write_all(b"x").await?;
        stream.read_u8().await
    }

    /// The clock is paused: the wait for a byte that must not come takes no time.
    #[tokio::test(start_paused = true)]
    async fn a_blackhole_holds_bytes_and_gives_them_back() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        assert_eq!(say(&mut stream).await.unwrap(), b'x');
        proxy.set(Mode::Blackhole);
        stream.write_all(b"y").await.unwrap();
        assert!(tokio::time::timeout(DEADLINE, stream.read_u8()).await.is_err());
        proxy.set(Mode::Pass);
        assert_eq!(stream.read_u8().await.unwrap(), b'y');
    }

    #[tokio::test]
    async fn cutting_ends_connections_and_refusing_refuses_them() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut stream).await.unwrap();
        proxy.cut();
        assert!(stream.read_u8().await.is_err());
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        say(&mut stream).await.unwrap();
        proxy.set(Mode::Refuse);
        assert!(stream.read_u8().await.is_err());
        assert!(TcpStream::connect(proxy.address()).await.is_err());
        proxy.set(Mode::Pass);
        let again = || async {
            let mut stream = TcpStream::connect(proxy.address()).await.ok()?;
            say(&mut stream).await.ok()
        };
        crate::until("the proxy listens again", DEADLINE, again).await.unwrap();
    }

    #[tokio::test]
    async fn forgetting_ends_the_servers_side_alone() {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy::start(&format!("test://{}/", server.local_addr().unwrap())).await.unwrap();
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut served, _) = server.accept().await.unwrap();
        proxy.set(Mode::Forget);
        assert!(served.read_u8().await.is_err(), "the server is told");
        client.write_all(b"x").await.unwrap();
        let nothing = client.try_read(&mut [0]).unwrap_err();
        assert_eq!(nothing.kind(), std::io::ErrorKind::WouldBlock, "the client is not");
        proxy.set(Mode::Pass);
        assert!(client.read_u8().await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn delays_hold_both_ways() {
        let proxy = echo().await;
        let mut stream = TcpStream::connect(proxy.address()).await.unwrap();
        proxy.set(Mode::Delay { to_server: Duration::from_secs(5), to_client: Duration::from_secs(2) });
        let start = tokio::time::Instant::now();
        say(&mut stream).await.unwrap();
        assert!(start.elapsed() >= Duration::from_secs(7));
        let hour = Duration::from_secs(3600);
        proxy.set(Mode::Delay { to_server: hour, to_client: hour });
        let start = tokio::time::Instant::now();
        stream.write_all(b"y").await.unwrap();
        assert!(tokio::time::timeout(DEADLINE, stream.read_u8()).await.is_err());
        proxy.set(Mode::Pass);
        assert_eq!(stream.read_u8().await.unwrap(), b'y');
        assert!(start.elapsed() < hour, "what was under way no longer waits");
    }
}
