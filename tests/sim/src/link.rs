//! One connection as seen by the calls on it: whether it is open, and how to reset it.

use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Shared by a connection and its calls.
#[derive(Default)]
pub(crate) struct Link {
    closed: AtomicBool,
    reset: Notify,
}

impl Link {
    /// Whether the caller was still there when last looked.
    pub(crate) fn is_open(&self) -> bool {
        !self.closed.load(Ordering::Acquire)
    }

    /// The connection ended.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Resets the connection under the call that awaits this.
    pub(crate) async fn reset<T>(&self) -> T {
        self.reset.notify_one();
        pending().await
    }

    /// Ends when a call asks for a reset.
    pub(crate) async fn reset_asked(&self) {
        self.reset.notified().await;
    }
}
