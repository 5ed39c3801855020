//! The front: connections in, requests to vendors and control, answers out. HTTP/1.1 here, HTTP/2 in `h2_front`.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::request::Parts;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::body::Pieces;
use crate::call::{self, Reply};
use crate::control;
use crate::h2_front;
use crate::hub::Hub;
use crate::line::Line;
use crate::link::Link;
use crate::record::Record;
use crate::seen_file::SeenFile;
use crate::simulator::{Answer, Ask};
use crate::tls::{self, Tls};

/// The largest body that is read. A call of a thousand long tokens is far below.
pub(crate) const BODY_MAX: usize = 4 << 20;
/// How long a caller may take to agree on TLS.
const HANDSHAKE: Duration = Duration::from_secs(20);

/// Why the simulators did not start, or stopped.
#[derive(Debug, thiserror::Error)]
pub enum SimError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}; give --listen another address, port 0 for any free one")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No certificates can be made.
    #[error("no certificates for TLS can be made: {0}")]
    Tls(String),
    /// The seen log cannot be created.
    #[error("cannot create the seen log {}: {source}; its folder must exist and be writable", path.display())]
    Seen {
        /// The file asked for.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The seen log could not be written any more.
    #[error("the seen log is incomplete: {0}; free some space and run again")]
    SeenBroken(io::Error),
}

/// Running simulators. They stop when this is dropped; [`Sim::stop`] also waits for the seen log.
pub struct Sim {
    address: SocketAddr,
    tls_address: SocketAddr,
    hub: Arc<Hub>,
    accepting: [AbortHandle; 2],
    failure: Option<oneshot::Receiver<io::Error>>,
}

impl Sim {
    /// Listens on `address` (port 0: any free port) and plays all vendors there; also on a free port beside it with TLS,
    /// for HTTP/2 and HTTP/1.1.
    ///
    /// # Errors
    /// The address is taken, or the seen log cannot be created.
    pub async fn start(address: SocketAddr, seen: Option<&Path>) -> Result<Self, SimError> {
        let (listener, address) = listen(address).await?;
        let (tls_listener, tls_address) = listen(SocketAddr::new(address.ip(), 0)).await?;
        let tls = Tls::make().map_err(SimError::Tls)?;
        let (file, failure) = match seen {
            None => (None, None),
            Some(path) => {
                let created = SeenFile::create(path);
                let (file, failure) = created.map_err(|source| SimError::Seen { path: path.to_owned(), source })?;
                (Some(file), Some(failure))
            }
        };
        let hub = Arc::new(Hub::new(Record::new(file), tls.authority_pem));
        let plain = tokio::spawn(accept(listener, Arc::clone(&hub), None)).abort_handle();
        let secure = tokio::spawn(accept(tls_listener, Arc::clone(&hub), Some(tls.acceptor))).abort_handle();
        Ok(Self { address, tls_address, hub, accepting: [plain, secure], failure })
    }

    /// Where the simulators listen.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where the simulators listen with TLS.
    pub fn tls_address(&self) -> SocketAddr {
        self.tls_address
    }

    /// The certificate of the authority that signed theirs, PEM.
    pub fn authority_pem(&self) -> &str {
        &self.hub.authority_pem
    }

    /// Ends when the seen log can no longer be written; without a seen log never.
    pub async fn broken(&mut self) -> SimError {
        match self.failure.as_mut() {
            Some(failure) => {
                // The sender goes silently only when this value is dropped.
                let error = failure.await.unwrap_or_else(|_| io::Error::other("its writer has ended"));
                SimError::SeenBroken(error)
            }
            None => std::future::pending().await,
        }
    }

    /// Stops listening, closes all connections, and waits until the seen log is complete.
    pub async fn stop(self) {
        self.accepting.iter().for_each(AbortHandle::abort);
        self.hub.record.flush().await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.accepting.iter().for_each(AbortHandle::abort);
    }
}

async fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), SimError> {
    let failed = |source| SimError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

async fn accept(listener: TcpListener, hub: Arc<Hub>, tls: Option<TlsAcceptor>) {
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, Arc::clone(&hub), tls.clone()));
            }
            // Out of descriptors, or a caller that left in the queue: the next may do better.
            Err(error) => {
                eprintln!("push-sim: cannot accept a connection: {error}; going on");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

/// Counts an open connection and marks its end, also when the task is aborted.
struct Open {
    hub: Arc<Hub>,
    link: Arc<Link>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.link.close();
        self.hub.connections.fetch_sub(1, Ordering::Relaxed);
        self.hub.record.changed.notify_waiters();
    }
}

async fn serve(stream: TcpStream, hub: Arc<Hub>, tls: Option<TlsAcceptor>) {
    hub.connections.fetch_add(1, Ordering::Relaxed);
    hub.record.changed.notify_waiters();
    let open = Open { hub: Arc::clone(&hub), link: Arc::default() };
    // Small answers leave at once; a socket that refuses the option works too.
    let _ = stream.set_nodelay(true);
    let Some(acceptor) = tls else {
        return serve_http1(stream, &open, Line::default(), |stream| stream).await;
    };
    // A caller that does not trust our authority, or says nothing, just goes.
    let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let session = stream.get_ref().1;
    let certificate = tls::client_certificate(session);
    if session.alpn_protocol() == Some(b"h2") {
        h2_front::serve(stream, hub, certificate).await;
    } else {
        serve_http1(stream, &open, Line::new(false, certificate), |stream: TlsStream<TcpStream>| stream.into_inner().0)
            .await;
    }
}

async fn serve_http1<S>(stream: S, open: &Open, line: Line, socket: impl FnOnce(S) -> TcpStream)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let line = Arc::new(line);
    let service =
        service_fn(|request| respond(Arc::clone(&open.hub), Arc::clone(&open.link), Arc::clone(&line), request));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // How a caller leaves is its own affair.
        _ = &mut connection => {}
        // HTTP/1.1 has nothing smaller to cut than the connection.
        _ = open.link.cut_asked() => {
            let stream = socket(connection.into_parts().io.into_inner());
            // With no time to linger, closing resets.
            if let Err(error) = stream.set_zero_linger() {
                eprintln!("push-sim: a connection closes without a reset: {error}");
            }
        }
    }
}

async fn respond(
    hub: Arc<Hub>,
    link: Arc<Link>,
    line: Arc<Line>,
    request: Request<Incoming>,
) -> Result<Response<Pieces>, http::Error> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_MAX).collect().await else {
        return render(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE.as_u16()).into());
    };
    render(answer(hub, link, &line, head, body.to_bytes()).await)
}

/// What a whole request is answered with, by whatever version of HTTP it came.
pub(crate) async fn answer(hub: Arc<Hub>, link: Arc<Link>, line: &Arc<Line>, head: Parts, body: Bytes) -> Reply {
    let full = head.uri.path();
    let (first, path) = full.get(1..).unwrap_or_default().split_once('/').unwrap_or_default();
    let rooted = hub.rooted(first).cloned();
    let path = if rooted.is_some() { full.to_owned() } else { format!("/{path}") };
    let ask = Ask { method: head.method, path, headers: head.headers, body };
    match rooted.or_else(|| hub.vendor(first).cloned()) {
        Some(vendor) => call::serve(hub, link, line, vendor, ask).await,
        None if first == "control" => control::serve(&hub, &ask, head.uri.query().unwrap_or_default()).await.into(),
        None => Answer::empty(StatusCode::NOT_FOUND.as_u16()).into(),
    }
}

fn render(reply: Reply) -> Result<Response<Pieces>, http::Error> {
    let Answer { status, headers, body } = reply.answer;
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    if reply.farewell {
        response = response.header(http::header::CONNECTION, "close");
    }
    response.body(pieces(body, reply.pace))
}

fn pieces(body: Bytes, pace: Option<(usize, Duration)>) -> Pieces {
    match pace {
        None => Pieces::whole(body),
        Some((size, apart)) => Pieces::slow(body, size, apart),
    }
}
