//! The HTTP front: connections in, requests to vendors and control, answers out.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{AbortHandle, JoinSet};

use crate::body::Pieces;
use crate::call::{self, Reply};
use crate::control;
use crate::hub::Hub;
use crate::link::Link;
use crate::record::Record;
use crate::seen_file::SeenFile;
use crate::simulator::{Answer, Ask};

/// The largest body that is read. A call of a thousand long tokens is far below.
const BODY_MAX: usize = 4 << 20;

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
    hub: Arc<Hub>,
    accepting: AbortHandle,
    failure: Option<oneshot::Receiver<io::Error>>,
}

impl Sim {
    /// Listens on `address` (port 0: any free port) and plays all vendors there.
    ///
    /// # Errors
    /// The address is taken, or the seen log cannot be created.
    pub async fn start(address: SocketAddr, seen: Option<&Path>) -> Result<Self, SimError> {
        let listener = TcpListener::bind(address).await.map_err(|source| SimError::Listen { address, source })?;
        let address = listener.local_addr().map_err(|source| SimError::Listen { address, source })?;
        let (file, failure) = match seen {
            None => (None, None),
            Some(path) => {
                let created = SeenFile::create(path);
                let (file, failure) = created.map_err(|source| SimError::Seen { path: path.to_owned(), source })?;
                (Some(file), Some(failure))
            }
        };
        let hub = Arc::new(Hub::new(Record::new(file)));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&hub))).abort_handle();
        Ok(Self { address, hub, accepting, failure })
    }

    /// Where the simulators listen.
    pub fn address(&self) -> SocketAddr {
        self.address
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
        self.accepting.abort();
        self.hub.record.flush().await;
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, hub: Arc<Hub>) {
    // Dropped with this task, and all connections with it.
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                connections.spawn(serve(stream, Arc::clone(&hub)));
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

async fn serve(stream: TcpStream, hub: Arc<Hub>) {
    hub.connections.fetch_add(1, Ordering::Relaxed);
    hub.record.changed.notify_waiters();
    let open = Open { hub, link: Arc::default() };
    // Small answers leave at once; a socket that refuses the option works too.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| respond(Arc::clone(&open.hub), Arc::clone(&open.link), request));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    tokio::select! {
        // How a caller leaves is its own affair.
        _ = &mut connection => {}
        () = open.link.reset_asked() => {
            let stream = connection.into_parts().io.into_inner();
            // With no time to linger, closing resets.
            if let Err(error) = stream.set_zero_linger() {
                eprintln!("push-sim: a connection closes without a reset: {error}");
            }
        }
    }
}

async fn respond(hub: Arc<Hub>, link: Arc<Link>, request: Request<Incoming>) -> Result<Response<Pieces>, http::Error> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, BODY_MAX).collect().await else {
        return render(Answer::empty(StatusCode::PAYLOAD_TOO_LARGE.as_u16()).into());
    };
    let full = head.uri.path();
    let (first, path) = full.get(1..).unwrap_or_default().split_once('/').unwrap_or_default();
    let ask = Ask { method: head.method, path: format!("/{path}"), headers: head.headers, body: body.to_bytes() };
    let reply = match hub.vendor(first).cloned() {
        Some(vendor) => call::serve(hub, link, vendor, ask).await,
        None if first == "control" => control::serve(&hub, &ask, head.uri.query().unwrap_or_default()).await.into(),
        None => Answer::empty(StatusCode::NOT_FOUND.as_u16()).into(),
    };
    render(reply)
}

fn render(reply: Reply) -> Result<Response<Pieces>, http::Error> {
    let Answer { status, headers, body } = reply.answer;
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    response.body(pieces(body, reply.pace))
}

fn pieces(body: Bytes, pace: Option<(usize, Duration)>) -> Pieces {
    match pace {
        None => Pieces::whole(body),
        Some((size, apart)) => Pieces::slow(body, size, apart),
    }
}
