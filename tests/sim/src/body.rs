//! An answer's body: whole, or piece by piece.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// What is left to send.
pub(crate) struct Pieces {
    rest: Bytes,
    size: usize,
    clock: Option<Interval>,
}

impl Pieces {
    /// All at once.
    pub(crate) fn whole(rest: Bytes) -> Self {
        Self { size: rest.len(), rest, clock: None }
    }

    /// `size` bytes at a time, `apart` from each other. Needs the runtime's clock.
    pub(crate) fn slow(rest: Bytes, size: usize, apart: Duration) -> Self {
        let mut clock = interval(apart.max(Duration::from_millis(1)));
        clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { rest, size, clock: Some(clock) }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        if let Some(clock) = self.clock.as_mut() {
            ready!(clock.poll_tick(cx));
        }
        let size = self.size.min(self.rest.len());
        let piece = self.rest.split_to(size);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(u64::try_from(self.rest.len()).unwrap_or_default())
    }
}
