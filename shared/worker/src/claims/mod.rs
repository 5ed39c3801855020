//! Claims: who may send which positions of which message, and what is known about each.
//!
//! The rules are those of the checked model behind the design. A claim is taken immediately before bytes go to the
//! transport, an outcome is published only after it was recorded through a claim, and whoever lost its claim publishes
//! nothing. Two stores keep the same promises: Redis, for a fleet, and the process itself, for a single worker.

mod devices;
mod link;
mod memory;
mod rates;
mod redis_store;
mod reply;
mod states;
mod together;

use std::sync::Arc;

use push_contract::Mask;

pub use memory::MemoryStore;
pub use redis_store::RedisStore;
pub use states::States;

/// The store cannot be reached, or did not answer in time.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the store did not answer {what}: {why}")]
pub struct StoreDown {
    /// What was asked.
    pub what: &'static str,
    /// The client's own words.
    pub why: String,
}

/// One message as the store knows it: app, id and generation (the vendor is part of the store's key prefix).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ClaimKey {
    field: String,
    shard: u32,
}

/// How many hashes a window is spread over. More keep each small, so that expiry does not stall the server.
const SHARDS: u32 = 256;

impl ClaimKey {
    /// The key of a message.
    #[must_use]
    pub fn new(app: &str, id: &str, generation: u32) -> Self {
        let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Self { field: format!("{app}/{id}/{generation}"), shard: hash % SHARDS }
    }
}

/// What a claim asks.
#[derive(Debug, Clone)]
pub struct ClaimRequest {
    /// The message.
    pub key: ClaimKey,
    /// Positions of this message, its `x-push-left`.
    pub left: Mask,
    /// Positions in doubt, its `x-push-doubt`.
    pub doubt: Mask,
    /// The broker or the message says that it may have been handled before.
    pub marked: bool,
    /// The store's birth since which the message's channel has answered a synchronous call.
    pub verified: String,
    /// `created_at` of the job, ms.
    pub created_ms: i64,
    /// Whether ambiguous positions may be sent again.
    pub repeatable: bool,
    /// Positions to send; the others have their outcome already and are only to be recorded.
    pub send: Mask,
    /// Most positions to start.
    pub room: usize,
    /// One delivery of the message, of its own number in this worker; 0: none. Whoever did not hear the answer asks
    /// again under it, and does not take its own claim for another's.
    pub delivery: u64,
}

/// A claim that is ours.
#[derive(Debug, Clone)]
pub struct Claim {
    /// New at every take; 0 when the store was away and nothing was claimed.
    pub number: u64,
    /// The store's birth when it was taken; empty without a claim.
    pub stamp: String,
    /// What is known about every position.
    pub states: States,
    /// Positions that may have been sent before.
    pub ambiguous: Mask,
    /// Positions to send now.
    pub window: Mask,
    /// When it was taken or last confirmed.
    pub since: std::time::Instant,
}

/// A settled message: all there is to publish again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settled {
    /// What is known about every position.
    pub states: States,
    /// The caller's meta text of the last record.
    pub meta: String,
    /// The callers' results, joined with commas; empty once shrunk.
    pub results: String,
}

/// The answer to a claim.
#[derive(Debug, Clone)]
pub enum Claimed {
    /// Ours.
    Go(Claim),
    /// Every position of this message has an outcome.
    Settled(Settled),
    /// A living worker holds it.
    Busy,
    /// Nothing proves that it was never sent until its channel has answered after this birth of the store.
    Verify(String),
    /// Its record cannot be read; another version wrote it.
    Broken,
}

/// What is written after a window.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    /// The message.
    pub key: &'a ClaimKey,
    /// Its positions.
    pub left: &'a Mask,
    /// The claim's number, 0 without one.
    pub number: u64,
    /// The claim's stamp.
    pub stamp: &'a str,
    /// New states, `.` where nothing is new, `-` where the vendor surely did not take it.
    pub outcomes: &'a States,
    /// A text kept beside the outcomes; the last one stays.
    pub meta: &'a str,
    /// A text appended to the results.
    pub results: &'a str,
    /// Positions that the next window may start.
    pub next: &'a Mask,
    /// How many of them; 0 gives the claim back.
    pub room: usize,
    /// The delivery that asked for the claim; see [`ClaimRequest::delivery`].
    pub delivery: u64,
}

/// The answer to a record.
#[derive(Debug, Clone)]
pub enum Recorded {
    /// Every position of this message has an outcome.
    Settled(Settled),
    /// Written; these positions are next.
    Next(States, Mask),
    /// Written and given back.
    Stopped,
    /// Written, but the store is younger than the claim: claim anew as redelivered.
    Again,
    /// Another claim was taken; nothing was written.
    Lost,
}

/// Times of the protocol.
#[derive(Debug, Clone, Copy)]
pub struct ClaimTimes {
    /// Length of the de-duplication window.
    pub window: std::time::Duration,
    /// How long a claim holds: fence age + call timeout + margin.
    pub hold: std::time::Duration,
    /// A worker without a heartbeat for this long is dead.
    pub dead_after: std::time::Duration,
    /// After a loss of data only the store's age proves anything.
    pub strict: bool,
}

/// The store of claims.
#[derive(Debug)]
pub enum Claims {
    /// Shared by a fleet.
    Redis(Arc<RedisStore>),
    /// The process itself.
    Memory(Box<MemoryStore>),
}

/// What a heartbeat brings back.
#[derive(Debug, Clone, Default)]
pub struct Beat {
    /// The store's birth.
    pub birth: String,
    /// Living workers of this vendor, this one included.
    pub living: usize,
    /// Block records: subject and JSON text.
    pub blocks: Vec<(String, String)>,
}

impl Claims {
    /// Takes a claim.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn claim(&self, ask: &ClaimRequest) -> Result<Claimed, StoreDown> {
        match self {
            Self::Redis(store) => store.claim(ask).await,
            Self::Memory(store) => Ok(store.claim(ask)),
        }
    }

    /// Confirms a claim before bytes are written. `false`: it is lost.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn fence(&self, key: &ClaimKey, claim: &Claim) -> Result<bool, StoreDown> {
        match self {
            Self::Redis(store) => store.fence(key, claim).await,
            Self::Memory(store) => Ok(store.fence(key, claim)),
        }
    }

    /// Writes outcomes, and claims the next window or gives the claim back.
    ///
    /// # Errors
    /// When the store does not answer; whether it wrote is then unknown, and writing again is safe.
    pub async fn record(&self, record: &Record<'_>) -> Result<Recorded, StoreDown> {
        match self {
            Self::Redis(store) => store.record(record).await,
            Self::Memory(store) => Ok(store.record(record)),
        }
    }

    /// Shrinks the records of acknowledged messages.
    ///
    /// # Errors
    /// When the store does not answer; the records then stay whole until they age out.
    pub async fn shrink(&self, messages: &[(ClaimKey, Mask)]) -> Result<(), StoreDown> {
        match self {
            Self::Redis(store) => store.shrink(messages).await,
            Self::Memory(store) => {
                store.shrink(messages);
                Ok(())
            }
        }
    }

    /// Whether the store answers right now, as far as is known.
    #[must_use]
    pub fn is_up(&self) -> bool {
        match self {
            Self::Redis(store) => store.is_up(),
            Self::Memory(_) => true,
        }
    }
}
