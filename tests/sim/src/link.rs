//! One call's way back to its caller: whether it is open, and how to cut it.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

/// How an answer is kept from its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// This HTTP/2 stream ends with that error code; over HTTP/1.1 the connection is reset.
    Stream(u32),
    /// The connection is reset, with all calls on it.
    Connection,
}

/// Shared by a connection, or a stream of one, and the calls on it.
#[derive(Default)]
pub(crate) struct Link {
    closed: AtomicBool,
    cut: Mutex<Option<Cut>>,
    asked: Notify,
}

impl Link {
    /// Whether the caller was still there when last looked.
    pub(crate) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    /// The connection or the stream ended.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Cuts the way back under the call that awaits this.
    pub(crate) async fn cut<T>(&self, how: Cut) -> T {
        *self.cut.lock().unwrap_or_else(PoisonError::into_inner) = Some(how);
        self.asked.notify_one();
        pending().await
    }

    /// Ends when a call asks for a cut.
    pub(crate) async fn cut_asked(&self) -> Cut {
        loop {
            if let Some(cut) = *self.cut.lock().unwrap_or_else(PoisonError::into_inner) {
                return cut;
            }
            self.asked.notified().await;
        }
    }
}
