//! How much lies in a queue and how many take from it, by the broker's own word: a passive declare takes nothing.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use lapin::{
    Channel, ErrorKind,
    options::QueueDeclareOptions,
    protocol::{AMQPErrorKind, AMQPSoftError},
    types::FieldTable,
};
use tokio::time::timeout;

use super::Session;

/// A queue that is missing is asked for again after this: each time the broker closes the channel and logs an error.
const MISSING: Duration = Duration::from_secs(60);

/// What the broker says of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Depth {
    /// Messages that no consumer holds.
    pub ready: u32,
    /// Subscriptions, also of consumers that were cancelled and still hold messages.
    pub consumers: u32,
}

/// Asks about queues, on a channel of its own: one that is missing ends the channel.
#[derive(Debug, Default)]
pub struct Depths {
    channel: Option<Channel>,
    missing: HashMap<String, Instant>,
}

impl Depths {
    /// What lies in a queue; none if there is no such queue.
    ///
    /// # Errors
    /// A text for the log, when the broker did not answer within `patience`.
    pub async fn of(&mut self, session: &Session, queue: &str, patience: Duration) -> Result<Option<Depth>, String> {
        if self.missing.get(queue).is_some_and(|since| since.elapsed() < MISSING) {
            return Ok(None);
        }
        match timeout(patience, self.ask(session, queue)).await {
            Ok(Ok(depth)) => Ok(Some(depth)),
            Ok(Err(error)) if is_missing(&error) => {
                self.channel = None;
                self.missing.insert(queue.to_owned(), Instant::now());
                Ok(None)
            }
            Ok(Err(error)) => {
                self.channel = None;
                Err(error.to_string())
            }
            Err(_) => {
                self.channel = None;
                Err("no answer in time".to_owned())
            }
        }
    }

    async fn ask(&mut self, session: &Session, queue: &str) -> lapin::Result<Depth> {
        let channel = match self.channel.take().filter(|channel| channel.status().connected()) {
            Some(channel) => channel,
            None => session.channel().await?,
        };
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let state = channel.queue_declare(queue.into(), passive, FieldTable::default()).await?;
        self.channel = Some(channel);
        Ok(Depth { ready: state.message_count(), consumers: state.consumer_count() })
    }
}

fn is_missing(error: &lapin::Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(said)
        if *said.kind() == AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND))
}
