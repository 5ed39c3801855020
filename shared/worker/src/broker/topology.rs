//! Names and arguments of exchanges and queues, and their declaration.

use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable},
};
use push_contract::{AppName, Lane};

use super::copy::long;
use crate::settings::Topology;

/// The delays of the wait ladder, in seconds.
pub const LADDER: [u32; 6] = [1, 5, 15, 60, 300, 1800];
/// How often a work queue delivers a job before the broker parks it.
pub const DELIVERY_LIMIT: i64 = 20;
/// The limit of every other queue: quorum queues of RabbitMQ 4 have one anyway, and it must not bite.
const NO_LIMIT: i64 = 1_000_000;

/// The names of one vendor's exchanges and queues.
#[derive(Debug, Clone)]
pub struct Names {
    prefix: String,
    vendor: String,
}

impl Names {
    /// Names with a prefix, which may be empty.
    #[must_use]
    pub fn new(prefix: &str, vendor: &str) -> Self {
        Self { prefix: prefix.to_owned(), vendor: vendor.to_owned() }
    }

    fn name(&self, rest: &str) -> String {
        format!("{}{rest}", self.prefix)
    }

    /// The exchange that producers publish to.
    #[must_use]
    pub fn jobs(&self) -> String {
        self.name("push.jobs")
    }

    /// The routing key of a job.
    #[must_use]
    pub fn key(&self, lane: Lane, app: &AppName) -> String {
        format!("{}.{lane}.{app}", self.vendor)
    }

    /// A work queue.
    #[must_use]
    pub fn work(&self, lane: Lane, app: &AppName) -> String {
        self.name(&format!("push.jobs.{}", self.key(lane, app)))
    }

    /// A rung of the wait ladder: exchange and queue have one name.
    #[must_use]
    pub fn wait(&self, seconds: u32) -> String {
        self.name(&format!("push.wait.{}.{seconds}s", self.vendor))
    }

    /// The queue of what waits for one quota of one app.
    #[must_use]
    pub fn held(&self, app: &AppName, quota: &str) -> String {
        self.name(&format!("push.held.{}.{app}.{quota}", self.vendor))
    }

    /// The exchange in front of parking.
    #[must_use]
    pub fn parked_exchange(&self) -> String {
        self.name("push.parked")
    }

    /// The vendor's parking queue; its routing key is the vendor.
    #[must_use]
    pub fn parked(&self) -> String {
        self.name(&format!("push.parked.{}", self.vendor))
    }

    /// Where messages lie for which there is no queue, of any vendor.
    #[must_use]
    pub fn unrouted(&self) -> String {
        self.name("push.parked.unrouted")
    }

    /// The vendor's name, as routing key of parking.
    #[must_use]
    pub fn vendor(&self) -> &str {
        &self.vendor
    }

    /// The exchange and the queue of receipts.
    #[must_use]
    pub fn receipts(&self) -> String {
        self.name("push.receipts")
    }

    /// The routing key of an app's receipts.
    #[must_use]
    pub fn receipts_key(&self, app: &str) -> String {
        format!("{}.{app}", self.vendor)
    }
}

/// An exchange to declare.
#[derive(Debug, Clone)]
struct Exchange {
    name: String,
    kind: ExchangeKind,
    arguments: FieldTable,
}

/// A queue to declare, and what it is bound to.
#[derive(Debug, Clone)]
struct Queue {
    name: String,
    arguments: FieldTable,
    bind: Vec<(String, String)>,
}

fn quorum(rest: &[(&'static str, AMQPValue)]) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), long("quorum"));
    for (name, value) in rest {
        arguments.insert((*name).into(), value.clone());
    }
    arguments
}

fn dead_letter(exchange: &str) -> [(&'static str, AMQPValue); 3] {
    [
        ("x-dead-letter-exchange", long(exchange)),
        ("x-dead-letter-strategy", long("at-least-once")),
        ("x-overflow", long("reject-publish")),
    ]
}

/// What one vendor with these apps and quotas needs. Targets come before what points to them.
fn plan(names: &Names, apps: &[AppName], quotas: &[&str]) -> (Vec<Exchange>, Vec<Queue>) {
    let unrouted = names.name("push.unrouted");
    let exchange = |name: String, kind| Exchange { name, kind, arguments: FieldTable::default() };
    let mut jobs = exchange(names.jobs(), ExchangeKind::Topic);
    jobs.arguments.insert("alternate-exchange".into(), long(&unrouted));
    let mut exchanges = vec![
        exchange(unrouted.clone(), ExchangeKind::Fanout),
        exchange(names.parked_exchange(), ExchangeKind::Direct),
        exchange(names.receipts(), ExchangeKind::Topic),
        jobs,
    ];
    let limit = |n: i64| ("x-delivery-limit", AMQPValue::LongLongInt(n));
    let queue = |name: String, arguments, exchange: String, key: &str| Queue {
        name,
        arguments,
        bind: vec![(exchange, key.to_owned())],
    };
    let mut queues = vec![
        queue(names.unrouted(), quorum(&[limit(NO_LIMIT)]), unrouted, ""),
        queue(names.parked(), quorum(&[limit(NO_LIMIT)]), names.parked_exchange(), names.vendor()),
        queue(
            names.receipts(),
            quorum(&[
                limit(NO_LIMIT),
                ("x-max-length-bytes", AMQPValue::LongLongInt(2 << 30)),
                ("x-message-ttl", AMQPValue::LongLongInt(24 * 3600 * 1000)),
                ("x-overflow", long("drop-head")),
            ]),
            names.receipts(),
            "#",
        ),
    ];
    let mut log = FieldTable::default();
    log.insert("x-queue-type".into(), long("stream"));
    log.insert("x-max-age".into(), long("24h"));
    queues.push(queue(names.name("push.receipts.log"), log, names.receipts(), "#"));
    for seconds in LADDER {
        let name = names.wait(seconds);
        exchanges.push(exchange(name.clone(), ExchangeKind::Fanout));
        let [to, strategy, overflow] = dead_letter(&names.jobs());
        let ttl = ("x-message-ttl", AMQPValue::LongLongInt(i64::from(seconds) * 1000));
        queues.push(queue(name.clone(), quorum(&[limit(NO_LIMIT), ttl, to, strategy, overflow]), name, ""));
    }
    for app in apps {
        for lane in Lane::ALL {
            let [to, strategy, overflow] = dead_letter(&names.parked_exchange());
            let key = ("x-dead-letter-routing-key", long(names.vendor()));
            let arguments = quorum(&[limit(DELIVERY_LIMIT), to, key, strategy, overflow]);
            queues.push(queue(names.work(lane, app), arguments, names.jobs(), &names.key(lane, app)));
        }
        for quota in quotas {
            queues.push(Queue {
                name: names.held(app, quota),
                arguments: quorum(&[limit(NO_LIMIT)]),
                bind: Vec::new(),
            });
        }
    }
    (exchanges, queues)
}

/// Declares or verifies everything that one vendor needs.
///
/// # Errors
/// What the broker refused. An exchange or queue that exists with other arguments is refused by the broker with the
/// argument's name; `topology = none` leaves that to the operator.
pub async fn prepare(
    channel: &Channel,
    mode: Topology,
    names: &Names,
    apps: &[AppName],
    quotas: &[&str],
) -> lapin::Result<()> {
    if mode == Topology::None {
        return Ok(());
    }
    let passive = mode == Topology::Verify;
    let (exchanges, queues) = plan(names, apps, quotas);
    for exchange in exchanges {
        let options = ExchangeDeclareOptions { passive, durable: true, ..ExchangeDeclareOptions::default() };
        channel.exchange_declare(exchange.name.into(), exchange.kind, options, exchange.arguments).await?;
    }
    for queue in queues {
        let options = QueueDeclareOptions { passive, durable: true, ..QueueDeclareOptions::default() };
        channel.queue_declare(queue.name.clone().into(), options, queue.arguments).await?;
        for (exchange, key) in queue.bind.into_iter().filter(|_| !passive) {
            channel
                .queue_bind(
                    queue.name.clone().into(),
                    exchange.into(),
                    key.into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
