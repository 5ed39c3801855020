//! HTTP/2: one task a connection, one a stream. Faults may end a stream or the connection.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::server::{Builder, SendResponse};
use h2::{Reason, RecvStream};
use http::{Request, Response};
use serde::{Deserialize, Serialize};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_rustls::server::TlsStream;

use crate::call::Reply;
use crate::hub::Hub;
use crate::line::Line;
use crate::link::{Cut, Link};
use crate::server::{BODY_MAX, answer};
use crate::simulator::Answer;
use crate::told_streams::ToldStreams;

/// The window that RFC 9113 starts with. Saying it again changes nothing.
const WINDOW: u32 = 65_535;

/// How long what was answered has to go out before the connection is reset.
const WRITTEN: Duration = Duration::from_millis(50);

/// How many streams new HTTP/2 connections may have. The defaults are Apple's (sheet `apns.md`, section 3.3).
#[derive(Debug, Clone, Copy, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Streams {
    /// Once a request on the connection was answered that its credential did not fail.
    pub(crate) streams: u32,
    /// Before that.
    pub(crate) first: u32,
}

impl Default for Streams {
    fn default() -> Self {
        Self { streams: 1000, first: 1 }
    }
}

/// What the streams of a connection share with it.
struct Shared {
    hub: Arc<Hub>,
    line: Arc<Line>,
    active: AtomicU32,
    trusted: AtomicBool,
    trust: Notify,
    farewell: Notify,
    broken: Notify,
    /// Streams that end with the connection, and not by a word about them alone.
    speechless: Mutex<Vec<SendResponse<Bytes>>>,
}

/// Serves one connection until it ends.
pub(crate) async fn serve(stream: TlsStream<TcpStream>, hub: Arc<Hub>, certificate: Option<String>) {
    let Streams { streams, first } = hub.streams();
    let reset = Arc::new(AtomicBool::new(false));
    let told = ToldStreams::new(stream, first, streams, Arc::clone(&reset));
    let Ok(mut connection) = Builder::new().max_concurrent_streams(streams.max(first)).handshake(told).await else {
        return;
    };
    let shared = Arc::new(Shared {
        hub,
        line: Arc::new(Line::new(true, certificate)),
        active: AtomicU32::new(0),
        trusted: AtomicBool::new(false),
        trust: Notify::new(),
        farewell: Notify::new(),
        broken: Notify::new(),
        speechless: Mutex::default(),
    });
    // Dropped with the connection, and all its streams with it.
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            accepted = connection.accept() => match accepted {
                Some(Ok((request, respond))) => {
                    // Counted here and not in the task: the order of arrival decides who is refused.
                    let before = shared.active.fetch_add(1, Ordering::AcqRel);
                    let many = before >= first && !shared.trusted.load(Ordering::Acquire);
                    tasks.spawn(stream_task(Counted(Arc::clone(&shared)), request, respond, many));
                }
                // How a caller leaves is its own affair.
                Some(Err(_)) | None => return,
            },
            () = shared.trust.notified() => {
                if connection.set_initial_window_size(WINDOW).is_err() {
                    // The client has not acknowledged the first number yet: after the next answer.
                    shared.trusted.store(false, Ordering::Release);
                }
            }
            () = shared.farewell.notified() => connection.graceful_shutdown(),
            () = shared.broken.notified() => {
                // What was answered before goes out whole: the record calls it delivered.
                tasks.abort_all();
                while tasks.join_next().await.is_some() {}
                let written = async { while let Some(Ok(_)) = connection.accept().await {} };
                let _ = tokio::time::timeout(WRITTEN, written).await;
                reset.store(true, Ordering::Release);
                return;
            }
        }
        while tasks.try_join_next().is_some() {}
    }
}

/// One of the connection's active streams.
struct Counted(Arc<Shared>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Marks the stream's end, also when the task is aborted.
struct Open(Arc<Link>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.close();
    }
}

async fn stream_task(counted: Counted, request: Request<RecvStream>, mut respond: SendResponse<Bytes>, too_many: bool) {
    let shared = &counted.0;
    if too_many {
        return respond.send_reset(Reason::REFUSED_STREAM);
    }
    let open = Open(Arc::default());
    let (head, mut body) = request.into_parts();
    let Some(body) = read(&mut body).await else { return respond.send_reset(Reason::CANCEL) };
    let reply = tokio::select! {
        reply = answer(Arc::clone(&shared.hub), Arc::clone(&open.0), &shared.line, head, body) => reply,
        cut = open.0.cut_asked() => match cut {
            Cut::Stream(code) => return respond.send_reset(Reason::from(code)),
            Cut::Connection => {
                shared.speechless.lock().unwrap_or_else(PoisonError::into_inner).push(respond);
                return shared.broken.notify_one();
            }
        },
        // The caller does not want the answer any more.
        _ = std::future::poll_fn(|cx| respond.poll_reset(cx)) => return,
    };
    let status = reply.answer.status;
    let farewell = reply.farewell;
    // An error is the caller's going, which is seen elsewhere too.
    let _ = send(&mut respond, reply).await;
    if farewell {
        shared.farewell.notify_one();
    }
    if !matches!(status, 401 | 403 | 500..) && !shared.trusted.swap(true, Ordering::AcqRel) {
        shared.trust.notify_one();
    }
}

/// The whole body, `None` if it is too long or the caller left.
async fn read(body: &mut RecvStream) -> Option<Bytes> {
    let mut whole = BytesMut::new();
    while let Some(piece) = body.data().await {
        let piece = piece.ok()?;
        if whole.len() + piece.len() > BODY_MAX {
            return None;
        }
        body.flow_control().release_capacity(piece.len()).ok()?;
        whole.extend_from_slice(&piece);
    }
    Some(whole.freeze())
}

async fn send(respond: &mut SendResponse<Bytes>, reply: Reply) -> Result<(), h2::Error> {
    let Answer { status, headers, body } = reply.answer;
    let mut response = Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(name, value);
    }
    let Ok(response) = response.body(()) else {
        respond.send_reset(Reason::INTERNAL_ERROR);
        return Ok(());
    };
    let mut stream = respond.send_response(response, body.is_empty())?;
    if body.is_empty() {
        return Ok(());
    }
    let (size, apart) = reply.pace.unwrap_or((body.len(), Duration::ZERO));
    let mut rest = body;
    while !rest.is_empty() {
        let piece = rest.split_to(size.min(rest.len()));
        if !apart.is_zero() {
            tokio::time::sleep(apart).await;
        }
        stream.send_data(piece, rest.is_empty())?;
    }
    Ok(())
}
