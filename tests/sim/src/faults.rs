//! Faults: what shall go wrong, with which calls, and how often.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::record::Aimed;

/// Which calls a fault strikes.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Order {
    pub(crate) vendor: String,
    /// Only this app's calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) app: Option<String>,
    /// Only this call of the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) api: Option<String>,
    /// Only calls with such a token among their targets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) token_prefix: Option<String>,
    /// How many matching calls go by unharmed first.
    #[serde(default)]
    pub(crate) skip: u64,
    /// How many calls it strikes; absent: until it is deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) count: Option<u64>,
    pub(crate) fault: Fault,
}

/// What goes wrong. Where a doc says "taken", the vendor judged the call and may have accepted it.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Fault {
    /// Taken and answered, so many milliseconds late.
    Delay { ms: u64 },
    /// Not taken; this HTTP status.
    Status {
        status: u16,
        #[serde(default)]
        body: String,
        #[serde(default)]
        headers: BTreeMap<String, String>,
    },
    /// Not taken; the vendor's own refusal by `code`, with extra headers and JSON fields.
    Code {
        code: Value,
        status: Option<u16>,
        #[serde(default)]
        headers: BTreeMap<String, String>,
        #[serde(default)]
        fields: Map<String, Value>,
    },
    /// Not taken; the connection is reset, or over HTTP/2 the stream alone, with the error code `h2`.
    ResetBefore {
        #[serde(skip_serializing_if = "Option::is_none")]
        h2: Option<u32>,
    },
    /// Taken; the connection (or the stream) is reset before any byte of the answer.
    ResetAfter {
        #[serde(skip_serializing_if = "Option::is_none")]
        h2: Option<u32>,
    },
    /// Taken and answered; then the connection takes no more: GOAWAY, or `connection: close`.
    Goaway {},
    /// Taken; never answered.
    Hang {},
    /// Not taken; never answered.
    HangBefore {},
    /// Taken; the answer's body comes `bytes` at a time, `ms` apart.
    SlowBytes {
        ms: u64,
        #[serde(default = "one")]
        bytes: usize,
    },
    /// Taken; the answer is this many bytes of JSON text.
    Huge {
        #[serde(default = "two_megabytes")]
        bytes: usize,
    },
    /// HTTP 200 with any text; taken or not.
    Body { text: String, accepted: bool },
    /// Taken; the answer is compressed unasked, or only says so.
    Gzip {
        #[serde(default)]
        garbage: bool,
    },
    /// Not taken; sends the caller elsewhere.
    Redirect {
        to: String,
        #[serde(default = "found")]
        status: u16,
    },
    /// The answer waits for `/control/release`; the call is taken before or after that.
    Hold { accept: Accept },
}

/// When a held call is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Accept {
    /// Only once it is released: it is held before acceptance.
    Before,
    /// At once: it is held after acceptance.
    After,
}

fn one() -> usize {
    1
}

fn two_megabytes() -> usize {
    2 << 20
}

fn found() -> u16 {
    302
}

/// A fault that strikes a call.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    pub(crate) id: u64,
    pub(crate) fault: Fault,
}

/// All faults, oldest first.
#[derive(Default)]
pub(crate) struct FaultBook {
    inner: Mutex<Inner>,
    /// Looked at without the lock: most calls meet no fault.
    live: AtomicUsize,
}

#[derive(Default)]
struct Inner {
    entries: Vec<Entry>,
    last: u64,
}

/// A fault and how often it was met.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) id: u64,
    #[serde(flatten)]
    order: Order,
    /// Calls struck so far.
    struck: u64,
    #[serde(skip)]
    passed: u64,
}

impl FaultBook {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a fault and gives its id.
    pub(crate) fn add(&self, order: Order) -> u64 {
        let mut inner = self.lock();
        inner.last += 1;
        let id = inner.last;
        inner.entries.push(Entry { id, order, struck: 0, passed: 0 });
        self.live.store(inner.entries.len(), Ordering::Release);
        id
    }

    /// Removes one fault, or all. Gives how many were there.
    pub(crate) fn clear(&self, id: Option<u64>) -> usize {
        let mut inner = self.lock();
        let before = inner.entries.len();
        inner.entries.retain(|entry| id.is_some_and(|id| id != entry.id));
        self.live.store(inner.entries.len(), Ordering::Release);
        before - inner.entries.len()
    }

    /// The faults, spent ones included.
    pub(crate) fn list(&self) -> Vec<Entry> {
        self.lock().entries.clone()
    }

    /// The fault that strikes this call: the oldest that matches and is not spent.
    pub(crate) fn pick(&self, vendor: &str, call: &Aimed) -> Option<Strike> {
        if self.live.load(Ordering::Acquire) == 0 {
            return None;
        }
        let mut inner = self.lock();
        for entry in inner.entries.iter_mut().filter(|entry| entry.order.matches(vendor, call)) {
            if entry.passed < entry.order.skip {
                entry.passed += 1;
            } else if entry.order.count.is_none_or(|count| entry.struck < count) {
                entry.struck += 1;
                return Some(Strike { id: entry.id, fault: entry.order.fault.clone() });
            }
        }
        None
    }
}

impl Order {
    fn matches(&self, vendor: &str, call: &Aimed) -> bool {
        self.vendor == vendor
            && self.app.as_ref().is_none_or(|app| call.app.as_ref() == Some(app))
            && self.api.as_ref().is_none_or(|api| api == call.api)
            && self.token_prefix.as_ref().is_none_or(|start| call.aims.iter().any(|aim| aim.token.starts_with(start)))
    }
}
