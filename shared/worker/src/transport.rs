//! One HTTP request out, one bounded answer in; and whether the request was sent.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use push_contract::{Answer, Call, Timestamp};

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

/// The HTTP client of one worker.
#[derive(Debug, Clone)]
pub struct Transport {
    client: reqwest::Client,
}

impl Transport {
    /// A client with these time limits. Redirects are not followed and no proxy is taken from the environment: a push
    /// goes where the settings say or nowhere.
    ///
    /// # Errors
    /// When the TLS stack cannot be set up.
    pub fn new(connect: Duration, whole: Duration) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .connect_timeout(connect)
            .timeout(whole)
            // Below the idle time of common servers, so that a request seldom meets a connection that is being closed.
            .pool_idle_timeout(Duration::from_secs(25))
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .build()?;
        Ok(Self { client })
    }

    /// Sends one request.
    pub async fn send(&self, call: Call) -> Sent {
        let request = match reqwest::Request::try_from(call.request) {
            Ok(request) => request,
            Err(error) => return Sent::NotSent(plain(error)),
        };
        let mut response = match self.client.execute(request).await {
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
