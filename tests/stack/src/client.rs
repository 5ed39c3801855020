//! A producer and an operator: publishes jobs, looks into queues.

use std::time::Duration;

use lapin::{
    BasicProperties, Channel, Confirmation, Connection, ConnectionProperties,
    options::{
        BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions, QueueDeclareOptions,
        QueueDeleteOptions, QueuePurgeOptions,
    },
    types::{AMQPValue, FieldTable},
};
use serde_json::{Map, Value};
use tokio::sync::Mutex;

use crate::{Context, Result, StackError, receipts::Receipts, until::until};

/// How long the broker may take to put messages back that were only looked at.
const PUT_BACK: Duration = Duration::from_secs(10);

/// A producer with confirms. It connects again by itself when a connection or channel was lost; what was lost with it
/// is the caller's to repeat.
#[derive(Debug)]
pub struct Client {
    url: String,
    prefix: String,
    link: Mutex<Option<(Connection, Channel)>>,
}

/// What the broker said to a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Published {
    /// It answers for the message.
    pub confirmed: bool,
    /// No queue took it.
    pub returned: bool,
}

/// A message as it lies in a queue.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// The routing key that it came with.
    pub routing_key: String,
    /// The property of that name: the job's id.
    pub message_id: Option<String>,
    /// Its headers.
    pub headers: Map<String, Value>,
    /// Whether the broker delivered it before.
    pub redelivered: bool,
    /// The body, unchanged.
    pub body: Vec<u8>,
}

/// A message to publish: routing key, job id, body.
pub type Outgoing = (String, String, Vec<u8>);

impl Client {
    /// Connects. `prefix` stands before every name of an exchange or queue.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn connect(url: &str, prefix: &str) -> Result<Self> {
        let client = Self { url: url.into(), prefix: prefix.into(), link: Mutex::new(None) };
        client.channel().await?;
        Ok(client)
    }

    /// The prefix of names.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Publishes one job's body to `push.jobs`, persistent, mandatory, and waits for the broker's answer.
    ///
    /// # Errors
    /// If the connection is lost before the answer.
    pub async fn publish(&self, routing_key: &str, id: &str, body: &[u8]) -> Result<Published> {
        let all = self.publish_all(vec![(routing_key.into(), id.into(), body.into())]).await?;
        all.first().copied().ok_or_else(|| StackError::new("the broker said nothing"))
    }

    /// Publishes a job given as JSON with the routing key that follows from its vendor, lane and app.
    ///
    /// # Errors
    /// As [`Client::publish`], or if the job names no vendor, app or id.
    pub async fn publish_job(&self, lane: &str, job: &Value) -> Result<Published> {
        let text = |key: &str| job[key].as_str().ok_or_else(|| StackError::new(format!("the job has no {key}")));
        let key = format!("{}.{lane}.{}", text("vendor")?, text("app")?);
        self.publish(&key, text("id")?, job.to_string().as_bytes()).await
    }

    /// Publishes many and then waits for all answers, which come in the order of `messages`.
    ///
    /// # Errors
    /// If the connection is lost before the last answer.
    pub async fn publish_all(&self, messages: Vec<Outgoing>) -> Result<Vec<Published>> {
        self.publish_to("push.jobs", messages).await
    }

    /// As [`Client::publish_all`], to another exchange; the empty name is the broker's own, which takes queue names
    /// as routing keys.
    pub(crate) async fn publish_to(&self, exchange: &str, messages: Vec<Outgoing>) -> Result<Vec<Published>> {
        let channel = self.channel().await?;
        let exchange = if exchange.is_empty() { String::new() } else { format!("{}{exchange}", self.prefix) };
        let mut confirms = Vec::with_capacity(messages.len());
        for (routing_key, id, body) in messages {
            let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
            let properties = BasicProperties::default()
                .with_content_type("application/json".into())
                .with_delivery_mode(2)
                .with_message_id(id.into());
            let sent = channel.basic_publish(exchange.as_str().into(), routing_key.into(), options, &body, properties);
            confirms.push(sent.await.context(format!("publishing to {exchange}"))?);
        }
        let mut all = Vec::with_capacity(confirms.len());
        for confirm in confirms {
            let answer = confirm.await.context(format!("publishing to {exchange}"))?;
            let confirmed = matches!(answer, Confirmation::Ack(_));
            all.push(Published { confirmed, returned: answer.take_message().is_some() });
        }
        Ok(all)
    }

    /// How many messages are ready in a queue; `None` if there is no such queue. What consumers hold is not counted.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn count(&self, queue: &str) -> Result<Option<u32>> {
        // The broker closes the channel if there is no such queue, so it has one of its own.
        let channel = self.fresh_channel().await?;
        let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let name = format!("{}{queue}", self.prefix);
        match channel.queue_declare(name.into(), passive, FieldTable::default()).await {
            Ok(state) => {
                let count = state.message_count();
                channel.close(200, "done".into()).await.context("closing a channel")?;
                Ok(Some(count))
            }
            Err(error) if error.to_string().contains("NOT_FOUND") => Ok(None),
            Err(error) => Err(error).context(format!("asking for {queue}")),
        }
    }

    /// Waits until the number of ready messages in a queue is as `wanted`.
    ///
    /// # Errors
    /// If it is not within `deadline`.
    pub async fn wait_count(&self, queue: &str, deadline: Duration, wanted: impl Fn(u32) -> bool) -> Result<u32> {
        let ask = || async { self.count(queue).await.ok().flatten().filter(|count| wanted(*count)) };
        until(&format!("the wanted number of messages in {queue}"), deadline, ask).await
    }

    /// The first `max` messages of a queue; they stay there.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn peek(&self, queue: &str, max: usize) -> Result<Vec<Message>> {
        self.take(queue, max, false).await
    }

    /// The first `max` messages of a queue, removed from it.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn drain(&self, queue: &str, max: usize) -> Result<Vec<Message>> {
        self.take(queue, max, true).await
    }

    async fn take(&self, queue: &str, max: usize, remove: bool) -> Result<Vec<Message>> {
        let channel = self.fresh_channel().await?;
        let mut messages = Vec::new();
        while messages.len() < max {
            let name = format!("{}{queue}", self.prefix);
            let got = channel.basic_get(name.into(), BasicGetOptions { no_ack: remove }).await;
            let Some(got) = got.context(format!("looking into {queue}"))? else { break };
            messages.push(Message::from_delivery(got.delivery));
        }
        // What was not acknowledged goes back to its place.
        channel.close(200, "done".into()).await.context("closing a channel")?;
        if !remove && !messages.is_empty() {
            // The broker answers before it has done so. Where somebody consumes they may be gone again: that is no fault.
            let back = |ready| usize::try_from(ready).is_ok_and(|ready| ready >= messages.len());
            let _ = self.wait_count(queue, PUT_BACK, back).await;
        }
        Ok(messages)
    }

    /// Removes what is ready in a queue and returns how many messages that were.
    ///
    /// # Errors
    /// If there is no such queue.
    pub async fn purge(&self, queue: &str) -> Result<u32> {
        let channel = self.fresh_channel().await?;
        let purged = channel.queue_purge(format!("{}{queue}", self.prefix).into(), QueuePurgeOptions::default()).await;
        purged.context(format!("purging {queue}"))
    }

    /// Deletes a queue; one that does not exist is deleted already.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn delete_queue(&self, queue: &str) -> Result<()> {
        let channel = self.fresh_channel().await?;
        let deleted = channel.queue_delete(format!("{}{queue}", self.prefix).into(), QueueDeleteOptions::default());
        deleted.await.map(drop).context(format!("deleting {queue}"))
    }

    /// Deletes an exchange; one that does not exist is deleted already.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn delete_exchange(&self, exchange: &str) -> Result<()> {
        let channel = self.fresh_channel().await?;
        let name = format!("{}{exchange}", self.prefix);
        let deleted = channel.exchange_delete(name.into(), ExchangeDeleteOptions::default());
        deleted.await.context(format!("deleting {exchange}"))
    }

    /// Collects what arrives in `push.receipts` from now on.
    #[must_use]
    pub fn receipts(&self) -> Receipts {
        Receipts::collect(self.url.clone(), format!("{}push.receipts", self.prefix))
    }

    /// A channel of its own for whatever a test needs beyond this type.
    ///
    /// # Errors
    /// If the broker does not answer.
    pub async fn fresh_channel(&self) -> Result<Channel> {
        let mut link = self.link.lock().await;
        let (connection, _) = self.alive(&mut link).await?;
        connection.create_channel().await.context("opening a channel")
    }

    /// The publishing channel.
    async fn channel(&self) -> Result<Channel> {
        let mut link = self.link.lock().await;
        self.alive(&mut link).await.map(|(_, channel)| channel.clone())
    }

    async fn alive<'a>(&self, link: &'a mut Option<(Connection, Channel)>) -> Result<&'a (Connection, Channel)> {
        let alive = link
            .as_ref()
            .is_some_and(|(connection, channel)| connection.status().connected() && channel.status().connected());
        let fresh = if alive { link.take() } else { None };
        let pair = match fresh {
            Some(pair) => pair,
            None => {
                let connection = Connection::connect(&self.url, ConnectionProperties::default()).await;
                let connection = connection.context("connecting to the broker")?;
                let channel = connection.create_channel().await.context("opening a channel")?;
                channel.confirm_select(ConfirmSelectOptions::default()).await.context("asking for confirms")?;
                (connection, channel)
            }
        };
        Ok(link.insert(pair))
    }
}

impl Message {
    pub(crate) fn from_delivery(delivery: lapin::message::Delivery) -> Self {
        let headers = delivery.properties.headers().as_ref().map(table).unwrap_or_default();
        Self {
            routing_key: delivery.routing_key.to_string(),
            message_id: delivery.properties.message_id().as_ref().map(ToString::to_string),
            headers,
            redelivered: delivery.redelivered,
            body: delivery.data,
        }
    }
}

fn table(fields: &FieldTable) -> Map<String, Value> {
    fields.inner().iter().map(|(name, value)| (name.to_string(), json(value))).collect()
}

/// Headers as JSON: what tests compare. Bytes that are no text become their number in a text.
fn json(value: &AMQPValue) -> Value {
    match value {
        AMQPValue::Boolean(v) => (*v).into(),
        AMQPValue::ShortShortInt(v) => (*v).into(),
        AMQPValue::ShortShortUInt(v) => (*v).into(),
        AMQPValue::ShortInt(v) => (*v).into(),
        AMQPValue::ShortUInt(v) => (*v).into(),
        AMQPValue::LongInt(v) => (*v).into(),
        AMQPValue::LongUInt(v) => (*v).into(),
        AMQPValue::LongLongInt(v) => (*v).into(),
        AMQPValue::Timestamp(v) => (*v).into(),
        AMQPValue::Float(v) => f64::from(*v).into(),
        AMQPValue::Double(v) => (*v).into(),
        AMQPValue::ShortString(v) => v.as_str().into(),
        AMQPValue::LongString(v) => match std::str::from_utf8(v.as_bytes()) {
            Ok(text) => text.into(),
            Err(_) => format!("{} bytes", v.as_bytes().len()).into(),
        },
        AMQPValue::ByteArray(v) => format!("{} bytes", v.as_slice().len()).into(),
        AMQPValue::FieldArray(v) => v.as_slice().iter().map(json).collect(),
        AMQPValue::FieldTable(v) => table(v).into(),
        AMQPValue::DecimalValue(_) | AMQPValue::Void => Value::Null,
    }
}
