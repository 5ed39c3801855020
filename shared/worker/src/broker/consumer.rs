//! Taking deliveries from one queue.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::{
    StreamExt,
    future::ready,
    stream::{BoxStream, SelectAll, once},
};
use lapin::{
    Channel, ExchangeKind,
    message::Delivery,
    options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions, ExchangeDeclareOptions},
    types::FieldTable,
};
use push_contract::{AppName, Lane, Timestamp};
use tokio::{
    sync::watch,
    time::{Instant, interval, sleep, sleep_until, timeout},
};

use super::{Session, acks::Acks, copy::number, session::told, window::Window};
use crate::metrics::Metrics;

/// From the last acknowledgement to closing its channel. RabbitMQ passes many acknowledgements on to a quorum queue in
/// portions and forgets those that are left when the channel closes: all would be delivered again.
const PASSED_ON: Duration = Duration::from_millis(100);
/// A held queue that delivers nothing for so long, unacknowledged, has nothing on its way.
const STILL: Duration = Duration::from_millis(250);

/// A queue to take from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Source {
    /// The queue's full name.
    pub queue: String,
    /// Whose jobs it holds.
    pub app: AppName,
    /// The lane; none for a held queue, whose messages carry it.
    pub lane: Option<Lane>,
    /// Take one at a time: the app is being probed.
    pub probing: bool,
}

/// The channel that a delivery came through.
#[derive(Debug)]
pub struct Link {
    /// The session that the channel belongs to.
    pub session: Arc<Session>,
    channel: Channel,
    acks: Acks,
    /// The store's birth since which the channel has answered.
    verified: Mutex<String>,
}

/// The number of the next delivery.
static DELIVERIES: AtomicU64 = AtomicU64::new(1);

/// One delivery.
#[derive(Debug)]
pub struct Message {
    /// The body, as published.
    pub body: Vec<u8>,
    /// The headers.
    pub headers: Option<FieldTable>,
    /// Marked by the broker.
    pub redelivered: bool,
    /// How often the broker delivered it before.
    pub deliveries: i64,
    /// `message_id`, for parking what cannot be read.
    pub id: String,
    /// The queue.
    pub source: Arc<Source>,
    /// When it came in.
    pub received: Timestamp,
    /// The channel.
    pub link: Arc<Link>,
    /// Which delivery of this process it is, from 1 on.
    pub number: u64,
    tag: u64,
}

impl Message {
    fn new(delivery: Delivery, source: &Arc<Source>, link: &Arc<Link>) -> Self {
        let headers = delivery.properties.headers().clone();
        let deliveries =
            headers.as_ref().and_then(|headers| number(headers, "x-delivery-count").ok().flatten()).unwrap_or(0);
        link.acks.received(delivery.delivery_tag);
        Self {
            redelivered: delivery.redelivered,
            deliveries,
            id: delivery.properties.message_id().as_ref().map(|id| id.as_str().to_owned()).unwrap_or_default(),
            headers,
            source: source.clone(),
            received: Timestamp::now(),
            link: link.clone(),
            number: DELIVERIES.fetch_add(1, Ordering::Relaxed),
            tag: delivery.delivery_tag,
            body: delivery.data,
        }
    }

    /// Whether the channel is believed to be open.
    #[must_use]
    pub fn alive(&self) -> bool {
        self.link.alive()
    }

    /// Everything about it is published: the broker may forget it.
    pub fn acknowledge(&self) {
        self.link.acks.settled(self.tag);
    }

    /// Hands it back untouched, as soon as its consumer is cancelled.
    pub fn hand_back(&self) {
        self.link.acks.hand_back(self.tag);
    }
}

impl Link {
    /// Whether the channel is believed to be open.
    #[must_use]
    pub fn alive(&self) -> bool {
        self.session.alive() && self.channel.status().connected()
    }

    /// The store's birth since which the channel has answered.
    #[must_use]
    pub fn verified(&self) -> String {
        self.verified.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes a synchronous call, so that the channel is known to live after this birth of the store: what was
    /// delivered through it has not been given to anybody else before.
    pub async fn verify(&self, birth: &str, patience: Duration) -> bool {
        let options = ExchangeDeclareOptions { passive: true, ..ExchangeDeclareOptions::default() };
        let call =
            self.channel.exchange_declare("amq.direct".into(), ExchangeKind::Direct, options, FieldTable::default());
        let answered = matches!(timeout(patience, call).await, Ok(Ok(())));
        if answered {
            birth.clone_into(&mut self.verified.lock().unwrap_or_else(PoisonError::into_inner));
        }
        answered
    }
}

/// How a consumer is run.
#[derive(Debug, Clone)]
pub(super) struct Consumer {
    /// The queue.
    pub source: Arc<Source>,
    /// Most deliveries at once.
    pub prefetch: u16,
    /// About how many bytes of bodies at once.
    pub bytes: usize,
    /// Metrics.
    pub metrics: Metrics,
}

impl Consumer {
    /// Takes deliveries until told to stop or the session dies; then goes on acknowledging until nothing is in work.
    pub(super) async fn run(self, session: Arc<Session>, mut stop: watch::Receiver<bool>, handle: impl Fn(Message)) {
        let mut window = Window::new(if self.source.probing { 1 } else { self.prefetch }, self.bytes);
        let gauge = self.metrics.prefetch.with_label_values(&[&self.source.queue]);
        while session.alive() && !*stop.borrow() {
            match self.consume(&session, &mut window, &mut stop, &handle, &gauge).await {
                Ok(()) => {}
                Err(error) if session.alive() => {
                    tracing::warn!(queue = self.source.queue, %error, "consumer ended, subscribing again");
                    // A queue that cannot be consumed must not be asked in a hot loop.
                    let _ = timeout(Duration::from_secs(1), told(&mut stop)).await;
                }
                Err(_) => break,
            }
        }
        gauge.set(0);
    }

    /// One channel from opening to its end.
    ///
    /// The window grows by further subscriptions beside the first: a cancelled one makes the broker mark what was on its
    /// way as redelivered, and what is marked is no longer proven to be unsent. Only shrinking and stopping cancel. A job
    /// that waited in a held queue may be older than the store remembers, so nothing shall be on its way when that one is
    /// cancelled: it is left unacknowledged until its window is full or nothing more comes.
    async fn consume(
        &self,
        session: &Arc<Session>,
        window: &mut Window,
        stop: &mut watch::Receiver<bool>,
        handle: &impl Fn(Message),
        gauge: &prometheus::IntGauge,
    ) -> lapin::Result<()> {
        let channel = session.channel().await?;
        let acks = Acks::default();
        let link =
            Arc::new(Link { session: session.clone(), channel: channel.clone(), acks, verified: Mutex::default() });
        let mut dead = session.dead();
        let mut flush = interval(Duration::from_millis(5));
        flush.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut subscriptions = Subscriptions {
            channel: &channel,
            queue: &self.source.queue,
            streams: SelectAll::new(),
            tags: Vec::new(),
            held: 0,
            round: 0,
        };
        let mut closing = false;
        let mut leaving: Option<Instant> = None;
        loop {
            if !closing && leaving.is_none() && subscriptions.held < window.present() {
                subscriptions.hold(window.present()).await?;
                gauge.set(i64::from(window.present()));
            }
            tokio::select! {
                biased;
                came = subscriptions.streams.next() => match came {
                    Some(Came::Delivery(delivery)) => {
                        let before = window.present();
                        let resized = window.note(delivery.data.len());
                        handle(Message::new(*delivery, &self.source, &link));
                        leaving = leaving.map(|_| Instant::now() + STILL);
                        if resized && window.present() < before && !closing && leaving.is_none() {
                            if self.source.lane.is_none() {
                                leaving = Some(Instant::now() + STILL);
                            } else {
                                closing = true;
                                subscriptions.cancel().await?;
                            }
                        }
                    }
                    Some(Came::Failed(error)) => return Err(error),
                    // One that the broker cancelled takes the others with it: the queue went away, or it was too slow.
                    Some(Came::Ended) if !closing => {
                        closing = true;
                        subscriptions.cancel().await?;
                    }
                    Some(Came::Ended) => {}
                    None => {
                        closing = false;
                        leaving = None;
                        subscriptions.held = 0;
                        if *stop.borrow() {
                            break;
                        }
                    }
                },
                () = told(stop), if !closing && leaving.is_none() => {
                    if self.source.lane.is_none() {
                        leaving = Some(Instant::now() + STILL);
                    } else {
                        closing = true;
                        subscriptions.cancel().await?;
                    }
                }
                () = sleep_until(leaving.unwrap_or_else(Instant::now)), if !closing && leaving.is_some() => {
                    closing = true;
                    subscriptions.cancel().await?;
                }
                () = told(&mut dead) => return Ok(()),
                _ = flush.tick(), if closing || leaving.is_none() => link.acks.flush(&channel, closing).await?,
            }
        }
        while link.acks.in_work() > 0 && link.alive() {
            flush.tick().await;
            link.acks.flush(&channel, true).await?;
        }
        link.acks.flush(&channel, true).await?;
        if link.alive() {
            sleep(PASSED_ON).await;
            channel.close(200, "done".into()).await?;
        }
        Ok(())
    }
}

/// What comes out of a subscription.
enum Came {
    Delivery(Box<Delivery>),
    Failed(lapin::Error),
    Ended,
}

/// The subscriptions of one channel; together they hold as many deliveries as the window allows.
struct Subscriptions<'a> {
    channel: &'a Channel,
    queue: &'a str,
    streams: SelectAll<BoxStream<'static, Came>>,
    tags: Vec<String>,
    held: u16,
    round: u32,
}

impl Subscriptions<'_> {
    /// Subscribes once more, so that `total` deliveries are held.
    async fn hold(&mut self, total: u16) -> lapin::Result<()> {
        self.channel.basic_qos(total - self.held, BasicQosOptions::default()).await?;
        self.round += 1;
        let tag = format!("{}-{}", self.queue, self.round);
        let options = BasicConsumeOptions::default();
        let consumer =
            self.channel.basic_consume(self.queue.into(), tag.clone().into(), options, FieldTable::default()).await?;
        let deliveries = consumer.map(|delivery| match delivery {
            Ok(delivery) => Came::Delivery(Box::new(delivery)),
            Err(error) => Came::Failed(error),
        });
        self.streams.push(deliveries.chain(once(ready(Came::Ended))).boxed());
        self.tags.push(tag);
        self.held = total;
        Ok(())
    }

    /// Cancels all of them; what was delivered already still comes out.
    async fn cancel(&mut self) -> lapin::Result<()> {
        for tag in self.tags.drain(..) {
            self.channel.basic_cancel(tag.into(), BasicCancelOptions::default()).await?;
        }
        Ok(())
    }
}

/// What the supervisor keeps of a running consumer.
#[derive(Debug)]
pub(super) struct Running {
    /// Tells it to stop.
    pub stop: watch::Sender<bool>,
    /// Its task.
    pub task: tokio::task::JoinHandle<()>,
}

/// Running consumers by source.
pub(super) type Consumers = HashMap<Source, Running>;
