//! The connection that a request came over, as far as a vendor's rules ask about it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// Protocol, client certificate, what a vendor bound the connection to, and whether it is of any more use.
#[derive(Debug, Default)]
pub struct Line {
    http2: bool,
    certificate: Option<String>,
    bound: Mutex<Option<String>>,
    spoilt: AtomicBool,
}

impl Line {
    /// A connection; `certificate` is the SHA-256 of the client's certificate (DER) as hex, where it showed one and
    /// proved to have its key.
    pub fn new(http2: bool, certificate: Option<String>) -> Self {
        Self { http2, certificate, ..Self::default() }
    }

    /// Whether requests came over HTTP/2.
    pub fn is_http2(&self) -> bool {
        self.http2
    }

    /// The client's certificate.
    pub fn certificate(&self) -> Option<&str> {
        self.certificate.as_deref()
    }

    /// What the connection is bound to, if it is.
    pub fn bound(&self) -> Option<String> {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Binds the connection; what it is bound to first stays.
    pub fn bind(&self, to: &str) {
        self.bound.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| to.to_owned());
    }

    /// From now on what comes over it fails as what spoilt it did.
    pub fn spoil(&self) {
        self.spoilt.store(true, Ordering::Release);
    }

    /// Whether something spoilt it.
    pub fn is_spoilt(&self) -> bool {
        self.spoilt.load(Ordering::Acquire)
    }
}
