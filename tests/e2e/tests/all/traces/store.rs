//! The store as a test sees it: how old it is, what it has lost.

use push_e2e::{PATIENCE, Stage, now};
use push_stack::until;
use redis::{AsyncCommands, aio::MultiplexedConnection};

/// The keys of one stage.
pub(super) struct Store {
    redis: MultiplexedConnection,
    prefix: String,
}

/// Keys as they were: name, milliseconds to live, what `DUMP` said.
pub(super) type Snapshot = Vec<(String, i64, Vec<u8>)>;

impl Store {
    pub(super) async fn of(stage: &Stage) -> Self {
        let client = redis::Client::open(stage.servers().redis_url()).unwrap();
        let redis = client.get_multiplexed_async_connection().await.unwrap();
        Self { redis, prefix: stage.prefix.clone() }
    }

    /// Makes the store an hour old, as any store in service is: a young one proves nothing about a redelivered message.
    pub(super) async fn age(&mut self) {
        let info: String = redis::cmd("INFO").arg("server").query_async(&mut self.redis).await.unwrap();
        let run = info.lines().find_map(|line| line.strip_prefix("run_id:")).unwrap().trim();
        let born = format!("{}:{}", now() - 3_600_000, &run[..8]);
        let key = format!("{}{{push:parcel}}:meta", self.prefix);
        let () = self.redis.hset_multiple(key, &[("run", run), ("born", &born)]).await.unwrap();
    }

    /// Empties the store in one step, as far as this stage's workers can see: other tests have keys in it too.
    pub(super) async fn wipe(&mut self) {
        let script = redis::Script::new("return redis.call('DEL', unpack(redis.call('KEYS', ARGV[1] .. '*')))");
        let gone: usize = script.arg(&self.prefix).invoke_async(&mut self.redis).await.unwrap();
        assert!(gone > 0, "there was nothing to lose");
    }

    /// Everything that is in it.
    pub(super) async fn snapshot(&mut self) -> Snapshot {
        let mut snapshot = Vec::new();
        let names: Vec<String> = self.redis.keys(format!("{}*", self.prefix)).await.unwrap();
        for name in names {
            let (left, dump): (i64, Vec<u8>) =
                redis::pipe().pttl(&name).cmd("DUMP").arg(&name).query_async(&mut self.redis).await.unwrap();
            snapshot.push((name, left.max(0), dump));
        }
        snapshot
    }

    /// Puts back what once was in it.
    pub(super) async fn restore(&mut self, snapshot: &Snapshot) {
        for (name, left, dump) in snapshot {
            let mut restore = redis::cmd("RESTORE");
            let () = restore.arg(name).arg(left).arg(dump).arg("REPLACE").query_async(&mut self.redis).await.unwrap();
        }
    }

    /// Waits until there is a record of a message (`app/id/generation`).
    pub(super) async fn holds(&self, field: &str) {
        self.becomes(field, "is there", |_| true).await;
    }

    /// Waits until the record of a message is shrunk: it names no token any more.
    pub(super) async fn shrunk(&self, field: &str) {
        self.becomes(field, "is shrunk", |record| !record.windows(7).any(|bytes| bytes == b"\"token\"")).await;
    }

    async fn becomes(&self, field: &str, what: &str, as_wanted: impl Fn(&[u8]) -> bool) {
        let look = || async {
            let mut redis = self.redis.clone();
            let buckets: Vec<String> = redis.keys(format!("{}*:claims:*", self.prefix)).await.ok()?;
            for bucket in buckets {
                let record: Option<Vec<u8>> = redis.hget(bucket, field).await.ok()?;
                if let Some(record) = record {
                    return as_wanted(&record).then_some(());
                }
            }
            None
        };
        let seen = until(&format!("the record of {field} {what}"), PATIENCE, look).await;
        seen.unwrap_or_else(|error| panic!("{error}"));
    }
}
