//! One HTTP request out, one bounded answer in; and whether the request was sent.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use bytes::{Bytes, BytesMut};
use push_contract::{Answer, Call, Connection, Timestamp};
use tokio::sync::{OnceCell, Semaphore};

/// The longest answer that is read. A vendor's answer to a thousand targets is shorter.
const MAX_ANSWER: usize = 512 * 1024;

/// What became of a request.
#[derive(Debug)]
pub enum Sent {
    /// A whole answer.
    Answer(Answer),
    /// It surely never left: no connection could be made.
    NotSent(String),
    /// It left, or may have, and no whole answer came back.
    Lost(String),
}

/// How one app's vendor is reached: the lines in use, and how others are made.
#[derive(Debug)]
pub struct Transport {
    lines: ArcSwap<Lines>,
    /// Held by who replaces them.
    replacing: Mutex<()>,
    connect: Duration,
    whole: Duration,
    how: Connection,
}

/// The HTTP clients of one app: one for HTTP/1.1, which opens connections as it needs them, several for HTTP/2, where a
/// client keeps one connection.
#[derive(Debug)]
pub struct Lines(Vec<Line>);

/// One client. Over HTTP/2 that is one connection.
#[derive(Debug)]
struct Line {
    client: reqwest::Client,
    streams: Semaphore,
    /// Empty until the first call was answered, where a new connection must be warmed up with one call alone.
    warm: OnceCell<()>,
}

impl Transport {
    /// Clients with these time limits. Redirects are not followed and no proxy is taken from the environment: a push
    /// goes where the settings say or nowhere.
    ///
    /// # Errors
    /// When the TLS stack, a certificate or a key cannot be used.
    pub fn new(connect: Duration, whole: Duration, how: &Connection) -> reqwest::Result<Self> {
        let lines = ArcSwap::from_pointee(Lines::open(connect, whole, how)?);
        Ok(Self { lines, replacing: Mutex::default(), connect, whole, how: how.clone() })
    }

    /// The lines in use. Taken before the token that goes over them: what [`Self::replace`] made forgotten never goes over
    /// the new ones.
    pub fn lines(&self) -> Arc<Lines> {
        self.lines.load_full()
    }

    /// Sends one request over the lines in use.
    pub async fn send(&self, call: Call) -> Sent {
        self.lines().send(call).await
    }

    /// A token that went over these lines was called stale. Where connections are kept, each that carried it is spoilt:
    /// whatever comes next gets new ones, once however many calls say so, and a token called stale over lines that were
    /// replaced meanwhile may be good. What is on its way over the old ones ends there; then they close.
    ///
    /// `forget` makes the token forgotten, if it is to be.
    pub fn replace(&self, spoilt: &Arc<Lines>, forget: impl FnOnce()) {
        if self.how.http2.is_none() {
            return forget();
        }
        let _one = self.replacing.lock().unwrap_or_else(PoisonError::into_inner);
        if !Arc::ptr_eq(&self.lines.load(), spoilt) {
            return;
        }
        // Made before the token is forgotten, so that hardly anything takes the next token to the old lines.
        let fresh = Lines::open(self.connect, self.whole, &self.how);
        forget();
        match fresh {
            Ok(fresh) => self.lines.store(Arc::new(fresh)),
            Err(error) => tracing::warn!(detail = plain(error), "no new connections: the old ones stay"),
        }
    }
}

impl Lines {
    fn open(connect: Duration, whole: Duration, how: &Connection) -> reqwest::Result<Self> {
        let builder = || {
            let mut builder = reqwest::Client::builder()
                .connect_timeout(connect)
                .timeout(whole)
                .redirect(reqwest::redirect::Policy::none())
                .no_proxy();
            if let Some(identity) = &how.identity {
                builder = builder.identity(reqwest::Identity::from_pem(identity.reveal().as_bytes())?);
            }
            if let Some(authorities) = &how.authorities {
                builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(authorities.as_bytes())?);
            }
            Ok::<_, reqwest::Error>(builder)
        };
        let line =
            |client, streams, warm| Line { client, streams: Semaphore::new(streams), warm: OnceCell::new_with(warm) };
        let lines = match how.http2 {
            None => {
                // Below the idle time of common servers, so that a request seldom meets a connection being closed.
                let client =
                    builder()?.pool_idle_timeout(Duration::from_secs(25)).retry(reqwest::retry::never()).build()?;
                vec![line(client, Semaphore::MAX_PERMITS, Some(()))]
            }
            Some(http2) => (0..http2.connections.max(1))
                .map(|_| {
                    // The client's own retry stays on: it sends again only what the server says it never looked at.
                    let client = builder()?
                        .http2_prior_knowledge()
                        .http2_keep_alive_interval(http2.ping)
                        .http2_keep_alive_timeout(Duration::from_secs(10))
                        .http2_keep_alive_while_idle(http2.ping_idle)
                        .http2_initial_connection_window_size(1 << 20)
                        .pool_idle_timeout(None)
                        .build()?;
                    Ok(line(client, http2.streams.max(1), (!http2.warm_up).then_some(())))
                })
                .collect::<reqwest::Result<_>>()?,
        };
        Ok(Self(lines))
    }

    /// The less loaded of two lines taken by chance.
    fn line(&self) -> &Line {
        let one = &self.0[fastrand::usize(..self.0.len())];
        let other = &self.0[fastrand::usize(..self.0.len())];
        if one.streams.available_permits() >= other.streams.available_permits() { one } else { other }
    }

    /// Sends one request.
    pub async fn send(&self, call: Call) -> Sent {
        let request = match reqwest::Request::try_from(call.request) {
            Ok(request) => request,
            Err(error) => return Sent::NotSent(plain(error)),
        };
        let line = self.line();
        // Never closed, so it always grants.
        let _stream = line.streams.acquire().await;
        if line.warm.initialized() {
            return send(&line.client, request).await;
        }
        let mut request = Some(request);
        let mut sent = None;
        let warmed = line.warm.get_or_try_init(|| async {
            let first = match request.take() {
                Some(request) => send(&line.client, request).await,
                None => return Err(()),
            };
            let answered = matches!(&first, Sent::Answer(answer) if answer.status < 300);
            sent = Some(first);
            if answered { Ok(()) } else { Err(()) }
        });
        let _ = warmed.await;
        match (sent, request) {
            (Some(sent), _) => sent,
            (None, Some(request)) => send(&line.client, request).await,
            (None, None) => Sent::NotSent("the connection was not warmed up".to_owned()),
        }
    }
}

/// Sends one request over one client.
async fn send(client: &reqwest::Client, request: reqwest::Request) -> Sent {
    let mut response = match client.execute(request).await {
        Ok(response) => response,
        Err(error) if error.is_connect() || error.is_builder() => return Sent::NotSent(plain(error)),
        Err(error) => return Sent::Lost(plain(error)),
    };
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = BytesMut::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > MAX_ANSWER => {
                // Too long to be one of the vendor's. The vendor has spoken, though: what it says is unreadable.
                return Sent::Answer(Answer { status, headers, body: Bytes::new(), at: Timestamp::now() });
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => return Sent::Answer(Answer { status, headers, body: body.freeze(), at: Timestamp::now() }),
            Err(error) => return Sent::Lost(plain(error)),
        }
    }
}

/// The error without the address, which may hold an app's ids.
fn plain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
