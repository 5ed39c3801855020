//! The topology of one broker as a RabbitMQ definitions file: for those who let an operator or a pipeline declare what
//! the workers would declare themselves. Held queues are missing on purpose: they are declared when a quota closes.

use std::collections::BTreeMap;

use push_contract::{AppName, Lane, VendorName};
use serde_json::{Value, json};

/// The steps of the wait ladder, in seconds.
const WAIT_STEPS_S: [u64; 6] = [1, 5, 15, 60, 300, 1800];
/// A queue that may be read and put back without end: only work queues give up on a message.
const DELIVERY_LIMIT: u64 = 1_000_000;

/// Who sends what: each vendor with its apps.
pub(crate) type Fleet = BTreeMap<VendorName, Vec<AppName>>;

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
        self.exchange("push.held", "direct", &json!({}));
        self.exchange("push.receipts", "topic", &json!({}));
        self.queue("push.parked.unrouted", &parked());
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

    fn vendor(&mut self, vendor: &VendorName, apps: &[AppName]) {
        let parking = format!("push.parked.{vendor}");
        self.queue(&parking, &parked());
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
        for app in apps {
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
        }
    }
}

fn parked() -> Value {
    json!({ "x-queue-type": "quorum", "x-delivery-limit": DELIVERY_LIMIT })
}

/// The definitions file of a fleet.
pub(crate) fn definitions(fleet: &Fleet) -> Value {
    let mut all = Definitions::default();
    all.common();
    for (vendor, apps) in fleet {
        all.vendor(vendor, apps);
    }
    json!({
        "vhosts": [{ "name": "/" }],
        "exchanges": all.exchanges, "queues": all.queues, "bindings": all.bindings,
    })
}

/// The vendors and apps whose work queues a definitions file names: `push.jobs.<vendor>.<lane>.<app>`.
pub(crate) fn fleet_of(definitions: &Value) -> Fleet {
    let mut fleet = Fleet::new();
    for queue in definitions["queues"].as_array().into_iter().flatten() {
        let words: Vec<_> = queue["name"].as_str().unwrap_or_default().split('.').collect();
        if let ["push", "jobs", vendor, _, app] = words[..]
            && let (Ok(vendor), Ok(app)) = (VendorName::new(vendor), AppName::new(app))
        {
            let apps = fleet.entry(vendor).or_default();
            if !apps.contains(&app) {
                apps.push(app);
            }
        }
    }
    fleet
}
