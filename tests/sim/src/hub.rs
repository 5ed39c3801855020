//! What all connections share.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::faults::FaultBook;
use crate::h2_front::Streams;
use crate::holds::Holds;
use crate::record::{Counts, Record};
use crate::simulator::Simulator;
use crate::vendors;

/// The vendors, the record and the faults.
pub(crate) struct Hub {
    pub(crate) vendors: Vec<Arc<dyn Simulator>>,
    pub(crate) record: Record,
    pub(crate) faults: FaultBook,
    pub(crate) holds: Holds,
    pub(crate) connections: AtomicU64,
    /// The certificate that callers over TLS must trust.
    pub(crate) authority_pem: String,
    streams: Mutex<Streams>,
    calls: AtomicU64,
}

impl Hub {
    pub(crate) fn new(record: Record, authority_pem: String) -> Self {
        Self {
            vendors: vendors::all(),
            record,
            faults: FaultBook::default(),
            holds: Holds::default(),
            connections: AtomicU64::new(0),
            authority_pem,
            streams: Mutex::default(),
            calls: AtomicU64::new(0),
        }
    }

    /// The number of a new call.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// What new HTTP/2 connections are told about streams.
    pub(crate) fn streams(&self) -> Streams {
        *self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells new HTTP/2 connections something else.
    pub(crate) fn set_streams(&self, streams: Streams) {
        *self.streams.lock().unwrap_or_else(PoisonError::into_inner) = streams;
    }

    /// The vendor of that name.
    pub(crate) fn vendor(&self, name: &str) -> Option<&Arc<dyn Simulator>> {
        self.vendors.iter().find(|vendor| vendor.name() == name)
    }

    /// The vendor whose own paths begin so.
    pub(crate) fn rooted(&self, first: &str) -> Option<&Arc<dyn Simulator>> {
        self.vendors.iter().find(|vendor| vendor.own_root() == Some(first))
    }

    /// Counts of one vendor and app or of all; connections and held calls are always everybody's.
    pub(crate) fn counts(&self, vendor: Option<&str>, app: Option<&str>) -> Counts {
        let mut counts = self.record.counts(vendor, app);
        counts.open_connections = self.connections.load(Ordering::Relaxed);
        counts.held = u64::try_from(self.holds.count()).unwrap_or_default();
        counts
    }

    /// Forgets what was seen and counted, ends faults, releases what is held. Apps stay.
    pub(crate) fn reset(&self) {
        self.faults.clear(None);
        self.holds.release(None);
        self.vendors.iter().for_each(|vendor| vendor.reset());
        self.record.reset();
    }
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
