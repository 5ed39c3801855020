//! What every test of the store works with: keys of its own on a shared Redis, workers, and short ways to ask.

use std::{sync::Arc, time::Duration};

use push_contract::{Mask, Timestamp};
use push_stack::{Options, Servers};
use push_worker::claims::{
    Claim, ClaimKey, ClaimRequest, ClaimTimes, Claimed, Claims, Record, Recorded, RedisStore, Settled, States,
};
use redis::aio::MultiplexedConnection;
use tokio::sync::OnceCell;

/// The vendor of every test.
pub(crate) const VENDOR: &str = "parcel";

const HOUR: Duration = Duration::from_secs(3600);

/// Nothing ends by itself within a test: claims hold and heartbeats count for an hour.
pub(crate) const TIMES: ClaimTimes =
    ClaimTimes { window: Duration::from_secs(6 * 3600), hold: HOUR, dead_after: HOUR, strict: false };

/// Claims are over as soon as they are taken.
pub(crate) const OVER_AT_ONCE: ClaimTimes = ClaimTimes { hold: Duration::ZERO, ..TIMES };

/// Keys of one test.
pub(crate) struct Desk {
    pub(crate) url: String,
    pub(crate) prefix: String,
    pub(crate) redis: MultiplexedConnection,
}

impl Desk {
    /// On the Redis that all tests share, with a store that is seconds old.
    pub(crate) async fn new() -> Self {
        static SERVERS: OnceCell<Servers> = OnceCell::const_new();
        Self::on(SERVERS.get_or_init(own_redis).await).await
    }

    pub(crate) async fn on(servers: &Servers) -> Self {
        let url = servers.redis_url().to_owned();
        let redis = redis::Client::open(url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
        let desk = Self { url, prefix: servers.fresh_prefix(), redis };
        // Births are told apart by their millisecond, and a test may well lose this one within the same.
        desk.age(Duration::from_secs(5)).await;
        desk
    }

    /// The same keys after the server restarted.
    pub(crate) async fn connected_anew(self, servers: &Servers) -> Self {
        let client = redis::Client::open(servers.redis_url()).unwrap();
        Self { redis: client.get_multiplexed_async_connection().await.unwrap(), ..self }
    }

    /// A worker's own view of the store.
    pub(crate) fn worker(&self, name: &str) -> Claims {
        self.worker_with(name, TIMES)
    }

    pub(crate) fn worker_with(&self, name: &str, times: ClaimTimes) -> Claims {
        Claims::Redis(Arc::new(self.store(name, times)))
    }

    pub(crate) fn store(&self, name: &str, times: ClaimTimes) -> RedisStore {
        RedisStore::new(&self.url, &self.prefix, VENDOR, name, times, Duration::from_secs(30)).unwrap()
    }

    /// The store's birth, as a worker learns it.
    pub(crate) async fn born(&self) -> String {
        self.store("who asks", TIMES).beat().await.unwrap().birth
    }

    pub(crate) fn key(&self, rest: &str) -> String {
        format!("{}{{push:{VENDOR}}}:{rest}", self.prefix)
    }

    pub(crate) async fn run<T: redis::FromRedisValue>(&self, command: &[&str]) -> T {
        let mut words = command.iter();
        let mut command = redis::cmd(words.next().unwrap());
        for word in words {
            command.arg(*word);
        }
        command.query_async(&mut self.redis.clone()).await.unwrap()
    }

    /// Every key of this test.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self.run(&["KEYS", &format!("{}*", self.prefix)]).await;
        keys.sort();
        keys
    }

    /// The buckets that hold something.
    pub(crate) async fn buckets(&self) -> Vec<String> {
        let start = self.key("claims:");
        self.keys().await.into_iter().filter(|key| key.starts_with(&start)).collect()
    }

    /// The worker has not been heard of since 1970.
    pub(crate) async fn silence(&self, worker: &str) {
        self.run::<()>(&["HSET", &self.key("live"), worker, "0"]).await;
    }

    /// The store turns out to be born so long ago.
    pub(crate) async fn age(&self, span: Duration) -> String {
        let born = Timestamp::now().as_millis() - i64::try_from(span.as_millis()).unwrap();
        let birth = format!("{born}:planted");
        let run = self.run_id().await;
        self.run::<()>(&["HSET", &self.key("meta"), "run", &run, "born", &birth]).await;
        birth
    }

    pub(crate) async fn run_id(&self) -> String {
        let info: String = self.run(&["INFO", "server"]).await;
        info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap().trim().to_owned()
    }

    /// The store comes back empty.
    pub(crate) async fn wipe(&self) {
        for key in self.keys().await {
            self.run::<()>(&["DEL", &key]).await;
        }
    }

    /// The store restarts and has kept what it has.
    pub(crate) async fn reborn(&self) {
        self.run::<()>(&["HSET", &self.key("meta"), "run", "the run before"]).await;
    }
}

/// A Redis that a test may stop and empty.
pub(crate) async fn own_redis() -> Servers {
    Servers::redis_alone(Options::default()).await.expect("a Redis")
}

/// The message of generation 0.
pub(crate) fn message() -> ClaimKey {
    generation(0)
}

pub(crate) fn generation(generation: u32) -> ClaimKey {
    ClaimKey::new("chat", "job-1", generation)
}

/// Positions as digits: `101`.
pub(crate) fn mask(digits: &str) -> Mask {
    Mask::of(digits.len(), digits.bytes().enumerate().filter_map(|(n, digit)| (digit == b'1').then_some(n)))
}

/// A first delivery of a repeatable job created now, whose channel was never verified, to be sent to `left`.
pub(crate) fn ask(left: &str) -> ClaimRequest {
    ClaimRequest {
        key: message(),
        left: mask(left),
        doubt: Mask::none(left.len()),
        marked: false,
        verified: String::new(),
        created_ms: Timestamp::now().as_millis(),
        repeatable: true,
        send: mask(left),
        room: left.len(),
        delivery: 0,
    }
}

/// The same on a channel that has answered since this birth.
pub(crate) fn first(left: &str, birth: &str) -> ClaimRequest {
    ClaimRequest { verified: birth.to_owned(), ..ask(left) }
}

/// The same, delivered again.
pub(crate) fn again(left: &str) -> ClaimRequest {
    ClaimRequest { marked: true, ..ask(left) }
}

/// The same for a class that must not double.
pub(crate) fn once(ask: ClaimRequest) -> ClaimRequest {
    ClaimRequest { repeatable: false, ..ask }
}

/// The claim that must be ours.
pub(crate) async fn taken(worker: &Claims, ask: &ClaimRequest) -> Claim {
    match worker.claim(ask).await.unwrap() {
        Claimed::Go(claim) => claim,
        other => panic!("no claim: {other:?}"),
    }
}

/// The record that must be settled.
pub(crate) async fn met(worker: &Claims, ask: &ClaimRequest) -> Settled {
    match worker.claim(ask).await.unwrap() {
        Claimed::Settled(settled) => settled,
        other => panic!("not settled: {other:?}"),
    }
}

/// Writes outcomes and gives the claim back.
pub(crate) async fn note(worker: &Claims, left: &str, claim: &Claim, outcomes: &str) -> Recorded {
    note_and_go_on(worker, left, claim, outcomes, "", 0).await
}

/// Gives the claim back: surely nothing of its window was taken.
pub(crate) async fn reopen(worker: &Claims, left: &str, claim: &Claim) -> Recorded {
    let outcomes = claim.window.digits().replace('0', ".").replace('1', "-");
    note(worker, left, claim, &outcomes).await
}

/// Writes outcomes and asks for so many of the next.
pub(crate) async fn note_and_go_on(
    worker: &Claims,
    left: &str,
    claim: &Claim,
    outcomes: &str,
    next: &str,
    room: usize,
) -> Recorded {
    note_as(worker, &message(), left, claim, outcomes, next, room).await
}

/// The same for another generation.
pub(crate) async fn note_as(
    worker: &Claims,
    key: &ClaimKey,
    left: &str,
    claim: &Claim,
    outcomes: &str,
    next: &str,
    room: usize,
) -> Recorded {
    let (left, next) = (mask(left), mask(next));
    let ended = outcomes.replace(['.', '-', 'r', 'q'], "");
    let record = Record {
        key,
        left: &left,
        number: claim.number,
        stamp: &claim.stamp,
        outcomes: &States::read(outcomes),
        meta: "meta",
        results: &ended.chars().map(String::from).collect::<Vec<_>>().join(","),
        next: &next,
        room,
        delivery: 0,
    };
    worker.record(&record).await.unwrap()
}

/// What a claim says, in short: states, ambiguous positions, positions to send.
pub(crate) fn told(claim: &Claim) -> String {
    format!("{} {} {}", claim.states.as_str(), claim.ambiguous.digits(), claim.window.digits())
}

/// An answer of any kind, in short.
pub(crate) fn said(answer: &Claimed) -> String {
    match answer {
        Claimed::Go(claim) => format!("go {}", told(claim)),
        Claimed::Settled(settled) => format!("settled {}", settled.states.as_str()),
        Claimed::Busy => "busy".to_owned(),
        Claimed::Verify(_) => "verify".to_owned(),
        Claimed::Broken => "broken".to_owned(),
    }
}

/// The same for a record.
pub(crate) fn wrote(answer: &Recorded) -> String {
    match answer {
        Recorded::Settled(settled) => format!("settled {}", settled.states.as_str()),
        Recorded::Next(states, window) => format!("next {} {}", states.as_str(), window.digits()),
        Recorded::Stopped => "stopped".to_owned(),
        Recorded::Again => "again".to_owned(),
        Recorded::Lost => "lost".to_owned(),
    }
}
