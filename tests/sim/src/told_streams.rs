//! How many streams a client is told it may open: fewer at first, more once it has proved itself.
//!
//! The HTTP/2 library says the number once, at the start. This wrapper rewrites what it says: the first SETTINGS frame
//! tells the smaller number, and the next one (which the library sends when its window size is set anew) the larger.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// Bytes of a frame's header (RFC 9113, section 4.1).
const HEADER: usize = 9;
/// The type of a SETTINGS frame.
const SETTINGS: u8 = 4;
/// `SETTINGS_MAX_CONCURRENT_STREAMS`.
const MAX_CONCURRENT_STREAMS: u16 = 3;
/// `SETTINGS_INITIAL_WINDOW_SIZE`: what a frame that only tells the new number of streams comes as.
const INITIAL_WINDOW_SIZE: u16 = 4;
/// More than this waits for the socket.
const WAITING_MAX: usize = 256 * 1024;

/// A TLS stream whose SETTINGS frames are rewritten.
pub(crate) struct ToldStreams {
    inner: TlsStream<TcpStream>,
    /// The numbers still to tell: of the first frame, then of the second.
    numbers: [Option<u32>; 2],
    /// Of a frame that is not whole yet: header, and payload too if it is a SETTINGS frame.
    part: BytesMut,
    /// Bytes of the current frame that go through untouched.
    through: usize,
    out: BytesMut,
    /// Set: closing resets the connection.
    reset: Arc<AtomicBool>,
}

impl ToldStreams {
    /// Tells `first`, then `then`.
    pub(crate) fn new(inner: TlsStream<TcpStream>, first: u32, then: u32, reset: Arc<AtomicBool>) -> Self {
        let numbers = [Some(first), Some(then)];
        Self { inner, numbers, part: BytesMut::new(), through: 0, out: BytesMut::new(), reset }
    }

    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let size = if self.through > 0 { self.through } else { self.wanted() }.min(bytes.len());
            let (now, rest) = bytes.split_at(size);
            bytes = rest;
            if self.through > 0 {
                self.out.extend_from_slice(now);
                self.through -= size;
                continue;
            }
            self.part.extend_from_slice(now);
            if self.wanted() == 0 {
                self.finish();
            }
        }
    }

    /// How many bytes of the part are missing.
    fn wanted(&self) -> usize {
        match self.part.get(..HEADER) {
            None => HEADER - self.part.len(),
            Some(header) if is_settings(header) => (HEADER + length(header)).saturating_sub(self.part.len()),
            Some(_) => 0,
        }
    }

    fn finish(&mut self) {
        let mut frame = self.part.split();
        let (header, payload) = frame.split_at_mut(HEADER);
        if is_settings(header) {
            let [first, then] = &mut self.numbers;
            if let Some(number) = first.take() {
                rewrite(payload, MAX_CONCURRENT_STREAMS, number);
            } else if let Some(number) = then.take() {
                rewrite(payload, INITIAL_WINDOW_SIZE, number);
            }
        } else {
            self.through = length(header);
        }
        self.out.extend_from_slice(&frame);
    }

    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.out))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.advance(written);
        }
        Poll::Ready(Ok(()))
    }
}

/// Replaces the entry `id` by the number of streams.
fn rewrite(payload: &mut [u8], id: u16, number: u32) {
    if let Some(entry) = payload.chunks_exact_mut(6).find(|entry| entry.starts_with(&id.to_be_bytes())) {
        entry[..2].copy_from_slice(&MAX_CONCURRENT_STREAMS.to_be_bytes());
        entry[2..].copy_from_slice(&number.to_be_bytes());
    }
}

/// A SETTINGS frame that is no acknowledgement.
fn is_settings(header: &[u8]) -> bool {
    matches!(header, [_, _, _, SETTINGS, flags, ..] if flags & 1 == 0)
}

fn length(header: &[u8]) -> usize {
    header.iter().take(3).fold(0, |length, byte| length << 8 | usize::from(*byte))
}

impl Drop for ToldStreams {
    fn drop(&mut self) {
        // With no time to linger, closing resets.
        if self.reset.load(Ordering::Acquire)
            && let Err(error) = self.inner.get_ref().0.set_zero_linger()
        {
            eprintln!("push-sim: a connection closes without a reset: {error}");
        }
    }
}

impl AsyncRead for ToldStreams {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buf)
    }
}

impl AsyncWrite for ToldStreams {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.out.len() > WAITING_MAX {
            ready!(self.poll_out(cx))?;
        }
        self.take(bytes);
        // Whatever the socket does not take now goes out with the next write or flush.
        match self.poll_out(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(bytes.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
