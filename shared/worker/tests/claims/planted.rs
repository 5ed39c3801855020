//! Records as the store holds them: written and read past the scripts.

use push_worker::claims::ClaimKey;
use redis::Script;

use crate::desk::{Desk, ask, taken};

/// A record: its fields are those of `scripts/prelude.lua`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Planted {
    pub(crate) number: u64,
    pub(crate) owner: String,
    pub(crate) until: u64,
    pub(crate) stamp: String,
    pub(crate) states: String,
    pub(crate) meta: String,
    pub(crate) results: String,
}

/// A time that no test lives to see, ms.
const FAR: u64 = 9_000_000_000_000_000;

/// Who holds a planted record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Held {
    /// Nobody: given back.
    Free,
    /// A living worker.
    Living,
    /// A living worker whose time is up.
    Over,
    /// A worker without a heartbeat.
    Dead,
    /// The worker that asks.
    Asker,
}

impl Desk {
    /// Puts a record of these states into the store, from this birth of it or from an earlier one.
    pub(crate) async fn plant(&self, key: &ClaimKey, states: &str, held: Held, earlier: bool) {
        let planter = self.worker("living");
        let digits = "1".repeat(states.len());
        let mut empty = ask(&digits);
        empty.key = key.clone();
        empty.marked = true;
        let claim = taken(&planter, &empty).await;
        let owner = match held {
            Held::Free => "",
            Held::Living | Held::Over => "living",
            Held::Dead => "dead",
            Held::Asker => "asker",
        };
        let until = match held {
            Held::Free => 0,
            Held::Over => 1,
            _ => FAR,
        };
        self.write(&Planted {
            number: claim.number,
            owner: owner.to_owned(),
            until,
            stamp: if earlier { "1:earlier".to_owned() } else { claim.stamp },
            states: states.to_owned(),
            meta: "meta".to_owned(),
            results: String::new(),
        })
        .await;
    }

    /// Overwrites the only record.
    pub(crate) async fn write(&self, record: &Planted) {
        let (bucket, field) = self.only_record().await;
        let script = Script::new(
            "redis.call('HSET', KEYS[1], ARGV[1], cmsgpack.pack({tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4]), \
             ARGV[5], ARGV[6], ARGV[7], ARGV[8]}))",
        );
        let mut call = script.prepare_invoke();
        call.key(bucket).arg(field).arg(record.number).arg(&record.owner).arg(record.until).arg(&record.stamp);
        call.arg(&record.states).arg(&record.meta).arg(&record.results);
        call.invoke_async::<()>(&mut self.redis.clone()).await.unwrap();
    }

    /// Reads the only record.
    pub(crate) async fn look(&self) -> Planted {
        let (bucket, field) = self.only_record().await;
        let script = Script::new(
            "local r = cmsgpack.unpack(redis.call('HGET', KEYS[1], ARGV[1])) \
             return {string.format('%.0f', r[1]), r[2], string.format('%.0f', r[3]), r[4], r[5], r[6], r[7]}",
        );
        let mut call = script.prepare_invoke();
        call.key(bucket).arg(field);
        let texts: Vec<String> = call.invoke_async(&mut self.redis.clone()).await.unwrap();
        let [number, owner, until, stamp, states, meta, results] = texts.try_into().unwrap();
        Planted { number: number.parse().unwrap(), owner, until: until.parse().unwrap(), stamp, states, meta, results }
    }

    async fn only_record(&self) -> (String, String) {
        let buckets = self.buckets().await;
        let [bucket] = buckets.as_slice() else { panic!("not one bucket: {buckets:?}") };
        let fields: Vec<String> = self.run(&["HKEYS", bucket]).await;
        let [field] = fields.as_slice() else { panic!("not one record: {fields:?}") };
        (bucket.clone(), field.clone())
    }
}
