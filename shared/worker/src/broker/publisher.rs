//! Publishing with confirms, many at once.

use std::time::Duration;

use lapin::{
    BasicProperties, Channel, Confirmation,
    options::{BasicPublishOptions, ConfirmSelectOptions},
    types::FieldTable,
};
use tokio::{sync::watch, time::timeout};

/// Why a publish did not count.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PublishError {
    /// The connection or channel is gone.
    #[error("the broker is gone: {0}")]
    Gone(String),
    /// The broker refused it.
    #[error("the broker refused the message")]
    Nacked,
    /// No queue takes it.
    #[error("no queue is bound for {0}")]
    Unroutable(String),
    /// No confirm in time.
    #[error("no confirm in time")]
    Timeout,
}

/// One publishing channel with confirms. Clones share it.
#[derive(Debug, Clone)]
pub struct Publisher {
    channel: Channel,
    blocked: watch::Receiver<bool>,
    patience: Duration,
}

/// What is published.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// Exchange.
    pub exchange: String,
    /// Routing key.
    pub key: String,
    /// Body.
    pub body: &'a [u8],
    /// Message id.
    pub id: &'a str,
    /// Headers.
    pub headers: FieldTable,
}

impl Publisher {
    /// Turns a channel into a publisher. `blocked` tells whether the broker has blocked the connection: then no
    /// confirm is late.
    ///
    /// # Errors
    /// When the broker does not offer confirms.
    pub async fn new(channel: Channel, blocked: watch::Receiver<bool>, patience: Duration) -> lapin::Result<Self> {
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { channel, blocked, patience })
    }

    /// Publishes one persistent message and waits until the broker has it.
    ///
    /// # Errors
    /// See [`PublishError`]. After `Gone` or `Timeout` the message may have arrived.
    pub async fn publish(&self, message: Outgoing<'_>) -> Result<(), PublishError> {
        let gone = |error: lapin::Error| PublishError::Gone(error.to_string());
        let key = message.key.clone();
        let properties = BasicProperties::default()
            .with_content_type("application/json".into())
            .with_delivery_mode(2)
            .with_message_id(lapin::types::ShortString::try_new(message.id).unwrap_or_default())
            .with_headers(message.headers);
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let confirm = self
            .channel
            .basic_publish(message.exchange.into(), message.key.into(), options, message.body, properties)
            .await
            .map_err(gone)?;
        match self.unless_late(confirm).await? {
            Confirmation::Ack(None) | Confirmation::NotRequested => Ok(()),
            Confirmation::Ack(Some(_)) => Err(PublishError::Unroutable(key)),
            Confirmation::Nack(_) => Err(PublishError::Nacked),
        }
    }

    async fn unless_late(&self, confirm: lapin::PublisherConfirm) -> Result<Confirmation, PublishError> {
        let mut blocked = self.blocked.clone();
        let mut confirm = std::pin::pin!(confirm);
        loop {
            match timeout(self.patience, &mut confirm).await {
                Ok(result) => return result.map_err(|error| PublishError::Gone(error.to_string())),
                Err(_) if *blocked.borrow() => {
                    // A broker that is short of memory confirms when it is well again.
                    if blocked.wait_for(|blocked| !blocked).await.is_err() {
                        return Err(PublishError::Gone("the connection ended while blocked".to_owned()));
                    }
                }
                Err(_) => return Err(PublishError::Timeout),
            }
        }
    }

    /// The channel, for declarations.
    #[must_use]
    pub fn channel(&self) -> &Channel {
        &self.channel
    }
}
