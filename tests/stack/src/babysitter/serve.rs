//! `push-stack serve`: start, obey, end.

use std::{fs, io::Write, path::PathBuf};

use serde::Serialize;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    signal::unix::{SignalKind, signal},
};

use super::{Addresses, Order, Reply, Wanted, rabbit::Rabbit, redis::Redis};
use crate::{
    Context, Result, StackError,
    places::{scratch_dir, sweep_scratch},
};

struct House {
    dir: PathBuf,
    broker: Option<Rabbit>,
    redis: Option<Redis>,
}

/// Starts the servers, writes their addresses as one line of JSON, obeys the orders on standard input, and ends the
/// servers when standard input closes or SIGTERM or SIGINT comes.
///
/// # Errors
/// If a server does not start, or standard output is closed. No server runs then.
pub async fn serve(wanted: Wanted) -> Result<()> {
    let mut house = House { dir: scratch_dir("servers")?, broker: None, redis: None };
    sweep_scratch()?;
    let mut terminated = signal(SignalKind::terminate()).context("listening for SIGTERM")?;
    let mut interrupted = signal(SignalKind::interrupt()).context("listening for SIGINT")?;
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    let started = tokio::select! {
        started = house.open(wanted) => started,
        _ = terminated.recv() => return house.close(),
        _ = interrupted.recv() => return house.close(),
    };
    if let Err(error) = started {
        say(&Reply { error: Some(error.to_string()) })?;
        // The logs stay: the message points at them.
        return Err(error);
    }
    say(&house.addresses())?;
    loop {
        tokio::select! {
            line = lines.next_line() => match line {
                Ok(Some(line)) => say(&Reply { error: house.obey(&line).await.err().map(|e| e.to_string()) })?,
                _ => break,
            },
            _ = terminated.recv() => break,
            _ = interrupted.recv() => break,
        }
    }
    house.close()
}

impl House {
    async fn open(&mut self, wanted: Wanted) -> Result<()> {
        let dir = self.dir.clone();
        let broker = async {
            if !wanted.broker {
                return Ok(None);
            }
            let mut broker = Rabbit::lay_out(dir.join("broker"), wanted.broker_metrics).await?;
            broker.act(super::Act::Start).await.map(|()| Some(broker))
        };
        let redis = async {
            if !wanted.redis {
                return Ok(None);
            }
            let mut redis = Redis::lay_out(dir.join("redis"), wanted.persistent)?;
            redis.act(super::Act::Start).await.map(|()| Some(redis))
        };
        (self.broker, self.redis) = tokio::try_join!(broker, redis)?;
        Ok(())
    }

    fn addresses(&self) -> Addresses {
        let broker = self.broker.iter().flat_map(Rabbit::pids);
        Addresses {
            amqp_url: self.broker.as_ref().map(Rabbit::url),
            redis_url: self.redis.as_ref().map(Redis::url),
            broker_metrics: self.broker.as_ref().and_then(Rabbit::metrics),
            pids: broker.chain(self.redis.iter().filter_map(Redis::pid)).collect(),
        }
    }

    async fn obey(&mut self, line: &str) -> Result<()> {
        let missing = || StackError::new("this server was not started here");
        match serde_json::from_str(line).context("reading an order")? {
            Order::Broker { act } => self.broker.as_mut().ok_or_else(missing)?.act(act).await,
            Order::Redis { act } => self.redis.as_mut().ok_or_else(missing)?.act(act).await,
            Order::MemoryAlarm { on } => self.broker.as_ref().ok_or_else(missing)?.memory_alarm(on).await,
        }
    }

    /// Kills what runs. Nothing in these servers is meant to outlive them, so nothing is lost by haste.
    fn close(self) -> Result<()> {
        let Self { dir, broker, redis } = self;
        drop((broker, redis));
        fs::remove_dir_all(&dir).context(format!("removing {}", dir.display()))
    }
}

fn say(message: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_string(message).context("writing an answer")?;
    line.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).and_then(|()| out.flush()).context("answering the parent")
}
