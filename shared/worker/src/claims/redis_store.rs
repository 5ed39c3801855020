//! The store of a fleet: one Redis, every key of a vendor under one hash tag.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use push_contract::{Mask, Timestamp};
use redis::{ErrorKind, Script, Value};

use super::{
    Beat, Claim, ClaimKey, ClaimRequest, ClaimTimes, Claimed, Record, Recorded, Settled, States, StoreDown,
    link::Link,
    reply::{Reply, text_of},
    together::{Question, Together},
};

macro_rules! script {
    ($file:literal) => {
        LazyLock::new(|| {
            Script::new(concat!(include_str!("scripts/prelude.lua"), include_str!(concat!("scripts/", $file))))
        })
    };
}

static CLAIM: LazyLock<Script> = script!("claim.lua");
static FENCE: LazyLock<Script> = script!("fence.lua");
static RECORD: LazyLock<Script> = script!("record.lua");
static SHRINK: LazyLock<Script> = script!("shrink.lua");
static BEAT: LazyLock<Script> = script!("beat.lua");
static COLLAPSE: LazyLock<Script> = script!("collapse.lua");

/// Claims, heartbeats, blocks and collapse keys in Redis.
#[derive(Debug)]
pub struct RedisStore {
    pub(super) link: Link,
    pub(super) tag: String,
    worker: String,
    times: ClaimTimes,
    claims: Arc<Together>,
    records: Arc<Together>,
    up: AtomicBool,
    /// Redis time minus ours, ms.
    offset: AtomicI64,
}

impl RedisStore {
    /// A store for one vendor. Nothing is connected yet.
    ///
    /// `prefix` comes before every key; `worker` is unique to this run of the process; `timeout` bounds every call.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(
        url: &str,
        prefix: &str,
        vendor: &str,
        worker: &str,
        times: ClaimTimes,
        timeout: Duration,
    ) -> Result<Self, redis::RedisError> {
        use redis::IntoConnectionInfo;
        let info = url.into_connection_info()?;
        let tcp = redis::io::tcp::TcpSettings::default().set_nodelay(true);
        let hold = times.hold.as_millis().to_string().into_bytes();
        let dead_after = times.dead_after.as_millis().to_string().into_bytes();
        let claiming = vec![hold.clone(), dead_after, flag(times.strict).to_vec()];
        Ok(Self {
            link: Link::new(redis::Client::open(info.set_tcp_settings(tcp))?, timeout),
            tag: format!("{prefix}{{push:{vendor}}}"),
            worker: worker.to_owned(),
            times,
            claims: Arc::new(Together::new("claim", &CLAIM, claiming)),
            records: Arc::new(Together::new("record", &RECORD, vec![hold])),
            up: AtomicBool::new(false),
            offset: AtomicI64::new(0),
        })
    }

    /// Whether the last call was answered.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }

    fn first_window(&self) -> i64 {
        let now = Timestamp::now().as_millis() + self.offset.load(Ordering::Relaxed);
        now.div_euclid(self.window_ms()) - 1
    }

    fn window_ms(&self) -> i64 {
        i64::try_from(self.times.window.as_millis()).unwrap_or(i64::MAX).max(1)
    }

    fn hold_ms(&self) -> u64 {
        u64::try_from(self.times.hold.as_millis()).unwrap_or(u64::MAX)
    }

    /// Runs one script. `messages` are those whose buckets it may touch; `arguments` come after the three common ones
    /// and, where there are messages, the first window.
    pub(super) async fn run(
        &self,
        what: &'static str,
        script: &Script,
        messages: &[&ClaimKey],
        keys: &[String],
        arguments: &[&[u8]],
    ) -> Result<Reply, StoreDown> {
        let down = |why: String| StoreDown { what, why };
        for _ in 0..3 {
            let session = match self.link.session().await {
                Ok(session) => session,
                Err(error) => {
                    self.up.store(false, Ordering::Relaxed);
                    return Err(down(error.to_string()));
                }
            };
            let first = self.first_window();
            let mut call = script.prepare_invoke();
            call.key(format!("{}:meta", self.tag)).key(format!("{}:live", self.tag));
            for message in messages {
                for window in first..first + 3 {
                    call.key(format!("{}:claims:{window}:{}", self.tag, message.shard));
                }
            }
            for key in keys {
                call.key(format!("{}:{key}", self.tag));
            }
            call.arg(&session.run).arg(&self.worker).arg(self.window_ms());
            if !messages.is_empty() {
                call.arg(first);
            }
            for argument in arguments {
                call.arg(*argument);
            }
            let mut connection = session.connection.clone();
            match call.invoke_async::<Value>(&mut connection).await {
                Ok(value) => {
                    self.up.store(true, Ordering::Relaxed);
                    let reply = Reply::read(value).ok_or_else(|| down("an answer of another shape".to_owned()))?;
                    self.offset.store(reply.now - Timestamp::now().as_millis(), Ordering::Relaxed);
                    if reply.what != "clock" {
                        return Ok(reply);
                    }
                }
                Err(error) => {
                    // A script that the server refuses is our bug and no outage; a server that is loading is one.
                    if error.kind() != ErrorKind::Server(redis::ServerErrorKind::ResponseError) {
                        self.up.store(false, Ordering::Relaxed);
                        self.link.forget(&session);
                    }
                    return Err(down(error.to_string()));
                }
            }
        }
        Err(down("clocks that do not meet".to_owned()))
    }

    pub(super) async fn claim(self: &Arc<Self>, ask: &ClaimRequest) -> Result<Claimed, StoreDown> {
        // As old as the question: the store may have granted it any time since.
        let since = Instant::now();
        let left = ask.left.digits();
        let question = Question {
            key: ask.key.clone(),
            positions: left.len(),
            arguments: vec![
                ask.key.field.clone().into_bytes(),
                left.into_bytes(),
                ask.doubt.digits().into_bytes(),
                flag(ask.marked).to_vec(),
                ask.verified.clone().into_bytes(),
                ask.created_ms.to_string().into_bytes(),
                flag(ask.repeatable).to_vec(),
                ask.send.digits().into_bytes(),
                ask.room.to_string().into_bytes(),
                ask.delivery.to_string().into_bytes(),
            ],
        };
        let reply = self.claims.ask(self, question).await?;
        match reply.what.as_str() {
            "settled" => Ok(Claimed::Settled(reply.settled())),
            "busy" => Ok(Claimed::Busy),
            "verify" => Ok(Claimed::Verify(reply.birth)),
            "broken" => Ok(Claimed::Broken),
            "go" => Ok(Claimed::Go(Claim {
                number: reply.text(0).parse().unwrap_or(0),
                states: States::read(&reply.text(1)),
                ambiguous: mask(&reply.text(2)),
                window: mask(&reply.text(3)),
                stamp: reply.birth,
                since,
            })),
            other => Err(StoreDown { what: "claim", why: format!("an unknown answer {other}") }),
        }
    }

    pub(super) async fn fence(&self, key: &ClaimKey, claim: &Claim) -> Result<bool, StoreDown> {
        let reply = self
            .run(
                "fence",
                &FENCE,
                &[key],
                &[],
                &[
                    key.field.as_bytes(),
                    claim.number.to_string().as_bytes(),
                    claim.stamp.as_bytes(),
                    self.hold_ms().to_string().as_bytes(),
                ],
            )
            .await?;
        Ok(reply.what == "ok")
    }

    pub(super) async fn record(self: &Arc<Self>, record: &Record<'_>) -> Result<Recorded, StoreDown> {
        let left = record.left.digits();
        let question = Question {
            key: record.key.clone(),
            positions: left.len(),
            arguments: vec![
                record.key.field.clone().into_bytes(),
                left.into_bytes(),
                record.number.to_string().into_bytes(),
                record.stamp.as_bytes().to_vec(),
                record.outcomes.as_str().as_bytes().to_vec(),
                record.meta.as_bytes().to_vec(),
                record.results.as_bytes().to_vec(),
                record.next.digits().into_bytes(),
                record.room.to_string().into_bytes(),
                record.delivery.to_string().into_bytes(),
            ],
        };
        let reply = self.records.ask(self, question).await?;
        match reply.what.as_str() {
            "settled" => Ok(Recorded::Settled(reply.settled())),
            "alone" => Ok(Recorded::Settled(Settled {
                states: States::read(&reply.text(0)),
                meta: record.meta.to_owned(),
                results: record.results.to_owned(),
            })),
            "next" => Ok(Recorded::Next(States::read(&reply.text(0)), mask(&reply.text(1)))),
            "stopped" => Ok(Recorded::Stopped),
            "again" => Ok(Recorded::Again),
            "lost" => Ok(Recorded::Lost),
            other => Err(StoreDown { what: "record", why: format!("an unknown answer {other}") }),
        }
    }

    pub(super) async fn shrink(&self, messages: &[(ClaimKey, Mask)]) -> Result<(), StoreDown> {
        let keys: Vec<&ClaimKey> = messages.iter().map(|(key, _)| key).collect();
        let digits: Vec<String> = messages.iter().map(|(_, of)| of.digits()).collect();
        let mut arguments: Vec<&[u8]> = Vec::with_capacity(messages.len() * 2);
        for (key, of) in keys.iter().zip(&digits) {
            arguments.push(key.field.as_bytes());
            arguments.push(of.as_bytes());
        }
        self.run("shrink", &SHRINK, &keys, &[], &arguments).await?;
        Ok(())
    }

    /// Renews the heartbeat and reads what every replica must know.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn beat(&self) -> Result<Beat, StoreDown> {
        let dead_after = self.times.dead_after.as_millis().to_string();
        let reply = self.run("beat", &BEAT, &[], &["blocks".to_owned()], &[dead_after.as_bytes()]).await?;
        let blocks = reply.rest.get(1..).unwrap_or_default();
        let blocks = blocks.chunks_exact(2).map(|pair| (text_of(&pair[0]), text_of(&pair[1]))).collect();
        Ok(Beat { living: reply.text(0).parse().unwrap_or(1), birth: reply.birth, blocks })
    }

    /// Notes a job under its collapse key (or only looks) and returns a digit per token: `1` where a newer job is known.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn collapse(
        &self,
        key: &str,
        note: bool,
        rank: &str,
        remember: Duration,
        tokens: &[String],
    ) -> Result<Mask, StoreDown> {
        let remember = remember.as_millis().to_string();
        let mut arguments: Vec<&[u8]> = vec![flag(note), rank.as_bytes(), remember.as_bytes()];
        arguments.extend(tokens.iter().map(String::as_bytes));
        let reply = self.run("collapse", &COLLAPSE, &[], &[format!("collapse:{key}")], &arguments).await?;
        Ok(mask(&reply.text(0)))
    }

    /// Writes or clears a block record.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn set_block(&self, subject: &str, record: Option<&str>) -> Result<(), StoreDown> {
        let key = format!("{}:blocks", self.tag);
        let command = match record {
            Some(record) => redis::cmd("HSET").arg(key).arg(subject).arg(record).to_owned(),
            None => redis::cmd("HDEL").arg(key).arg(subject).to_owned(),
        };
        self.plain("block", &command).await.map(|_| ())
    }

    /// Takes a lock that ends by itself; `true` when it is ours, also when it was ours before.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn lock(&self, name: &str, hold: Duration) -> Result<bool, StoreDown> {
        let key = format!("{}:lock:{name}", self.tag);
        let hold_ms = u64::try_from(hold.as_millis()).unwrap_or(u64::MAX);
        let taken =
            self.plain("lock", redis::cmd("SET").arg(&key).arg(&self.worker).arg("NX").arg("PX").arg(hold_ms)).await?;
        if taken != Value::Nil {
            return Ok(true);
        }
        let owner = self.plain("lock", redis::cmd("GET").arg(&key)).await?;
        let ours = text_of(&owner) == self.worker;
        if ours {
            self.plain("lock", redis::cmd("PEXPIRE").arg(&key).arg(hold_ms)).await?;
        }
        Ok(ours)
    }

    /// Keeps a text for whoever comes after us, for so long.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn keep(&self, name: &str, text: &str, hold: Duration) -> Result<(), StoreDown> {
        let key = format!("{}:kept:{name}", self.tag);
        let hold_ms = u64::try_from(hold.as_millis()).unwrap_or(u64::MAX);
        self.plain("keep", redis::cmd("SET").arg(&key).arg(text).arg("PX").arg(hold_ms)).await.map(|_| ())
    }

    /// What was kept under a name; empty if nothing is.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn kept(&self, name: &str) -> Result<String, StoreDown> {
        let key = format!("{}:kept:{name}", self.tag);
        self.plain("kept", redis::cmd("GET").arg(&key)).await.map(|value| text_of(&value))
    }

    async fn plain(&self, what: &'static str, command: &redis::Cmd) -> Result<Value, StoreDown> {
        let down = |error: redis::RedisError| StoreDown { what, why: error.to_string() };
        let session = self.link.session().await.map_err(down)?;
        let mut connection = session.connection.clone();
        let answer = command.query_async::<Value>(&mut connection).await;
        if answer.is_err() {
            self.link.forget(&session);
        }
        answer.map_err(down)
    }
}

fn flag(on: bool) -> &'static [u8] {
    if on { b"1" } else { b"0" }
}

fn mask(digits: &str) -> Mask {
    Mask::of(digits.len(), digits.bytes().enumerate().filter_map(|(n, digit)| (digit == b'1').then_some(n)))
}
