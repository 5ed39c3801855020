//! The topology of one broker as a RabbitMQ definitions file: for those who let an operator or a pipeline declare what
//! the workers would declare themselves.

use std::collections::BTreeMap;

use push_contract::{AppName, Lane, VendorName};
use serde_json::{Value, json};

/// The steps of the wait ladder, in seconds.
const WAIT_STEPS_S: [u64; 6] = [1, 5, 15, 60, 300, 1800];
/// A queue that may be read and put back without end: only work queues give up on a message.
const DELIVERY_LIMIT: u64 = 1_000_000;

/// Who sends what.
pub(crate) type Fleet = BTreeMap<VendorName, Part>;

/// One vendor's part of a fleet.
#[derive(Default)]
pub(crate) struct Part {
    /// Its apps.
    pub(crate) apps: Vec<AppName>,
    /// The vendor's quotas: `Profile::quotas` in its crate.
    pub(crate) quotas: Vec<String>,
}

#[derive(Default)]
struct Definitions {
    exchanges: Vec<Value>,
    queues: Vec<Value>,
    bindings: Vec<Value>,
}

impl Definitions {
    fn exchange(&mut self, name: &str, kind: &str, arguments: &Value) {
        self.exchanges.push(json!({
            "name": name, "vhost": "/", "type": kind, "durable": true, "auto_delete": false, "internal": false,
            "arguments": arguments,
        }));
    }

    fn queue(&mut self, name: &str, arguments: &Value) {
        self.queues.push(json!({
            "name": name, "vhost": "/", "durable": true, "auto_delete": false, "arguments": arguments,
        }));
    }

    fn bind(&mut self, exchange: &str, routing_key: &str, queue: &str) {
        self.bindings.push(json!({
            "source": exchange, "vhost": "/", "destination": queue, "destination_type": "queue",
            "routing_key": routing_key, "arguments": {},
        }));
    }

    /// What every fleet has, whatever its vendors.
    fn common(&mut self) {
        self.exchange("push.jobs", "topic", &json!({ "alternate-exchange": "push.unrouted" }));
        self.exchange("push.unrouted", "fanout", &json!({}));
        self.exchange("push.parked", "direct", &json!({}));
        self.exchange("push.receipts", "topic", &json!({}));
        self.queue("push.parked.unrouted", &plain());
        self.bind("push.unrouted", "", "push.parked.unrouted");
        // Bounded, oldest dropped: a receipts queue that nobody reads must not stop the fleet.
        self.queue(
            "push.receipts",
            &json!({
                "x-queue-type": "quorum", "x-max-length-bytes": 2_u64 << 30, "x-message-ttl": 86_400_000,
                "x-overflow": "drop-head", "x-delivery-limit": DELIVERY_LIMIT,
            }),
        );
        self.queue("push.receipts.log", &json!({ "x-queue-type": "stream", "x-max-age": "24h" }));
        self.bind("push.receipts", "#", "push.receipts");
        self.bind("push.receipts", "#", "push.receipts.log");
    }

    fn vendor(&mut self, vendor: &VendorName, part: &Part) {
        let parking = format!("push.parked.{vendor}");
        self.queue(&parking, &plain());
        self.bind("push.parked", vendor.as_str(), &parking);
        for seconds in WAIT_STEPS_S {
            let name = format!("push.wait.{vendor}.{seconds}s");
            self.exchange(&name, "fanout", &json!({}));
            // No dead-letter routing key: the message comes back with its own.
            self.queue(
                &name,
                &json!({
                    "x-queue-type": "quorum", "x-message-ttl": seconds * 1000, "x-dead-letter-exchange": "push.jobs",
                    "x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish",
                    "x-delivery-limit": DELIVERY_LIMIT,
                }),
            );
            self.bind(&name, "", &name);
        }
        for app in &part.apps {
            for lane in Lane::ALL {
                let key = format!("{vendor}.{lane}.{app}");
                let name = format!("push.jobs.{key}");
                self.queue(
                    &name,
                    &json!({
                        "x-queue-type": "quorum", "x-delivery-limit": 20, "x-dead-letter-exchange": "push.parked",
                        "x-dead-letter-routing-key": vendor, "x-dead-letter-strategy": "at-least-once",
                        "x-overflow": "reject-publish",
                    }),
                );
                self.bind("push.jobs", &key, &name);
            }
            for quota in &part.quotas {
                // Bound to nothing: workers publish to it by its name, through the default exchange.
                self.queue(&format!("push.held.{vendor}.{app}.{quota}"), &plain());
            }
        }
    }
}

/// A queue that keeps what it has until somebody takes it.
fn plain() -> Value {
    json!({ "x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT })
}

/// The definitions file of a fleet.
pub(crate) fn definitions(fleet: &Fleet) -> Value {
    let mut all = Definitions::default();
    all.common();
    for (vendor, part) in fleet {
        all.vendor(vendor, part);
    }
    json!({
        "vhosts": [{ "name": "/" }],
        "exchanges": all.exchanges, "queues": all.queues, "bindings": all.bindings,
    })
}

/// The fleet of a definitions file: the vendors and apps of its work queues `push.jobs.<vendor>.<lane>.<app>`, the
/// quotas of its held queues `push.held.<vendor>.<app>.<quota>`.
pub(crate) fn fleet_of(definitions: &Value) -> Fleet {
    let mut fleet = Fleet::new();
    for queue in definitions["queues"].as_array().into_iter().flatten() {
        let words: Vec<_> = queue["name"].as_str().unwrap_or_default().split('.').collect();
        let ["push", what, vendor, third, fourth] = words[..] else { continue };
        let Ok(vendor) = VendorName::new(vendor) else { continue };
        match (what, AppName::new(fourth)) {
            ("jobs", Ok(app)) => add(&mut fleet.entry(vendor).or_default().apps, app),
            ("held", _) if AppName::new(third).is_ok() => {
                add(&mut fleet.entry(vendor).or_default().quotas, fourth.to_owned());
            }
            _ => {}
        }
    }
    fleet
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}
