//! The tools around the servers: the client, the receipts, the proxy, the simulator and the bare loop.

#![allow(clippy::unwrap_used)] // test support: a failure here is the test's failure

use std::{path::Path, time::Duration};

use lapin::{
    BasicProperties, Channel, ExchangeKind,
    options::{
        BasicPublishOptions, ConfirmSelectOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
    },
    types::FieldTable,
};
use push_stack::{BareSpec, Client, Mode, Proxy, Published, Result, Servers, Sim, Vendor, bare, binary};
use serde_json::json;

const DEADLINE: Duration = Duration::from_secs(60);

/// A topic exchange and a queue that takes everything from it.
async fn bound(client: &Client, exchange: &str, queue: &str) -> Channel {
    let channel = client.fresh_channel().await.unwrap();
    let (exchange, queue) = (format!("{}{exchange}", client.prefix()), format!("{}{queue}", client.prefix()));
    let (durable, none) = (ExchangeDeclareOptions { durable: true, ..Default::default() }, FieldTable::default());
    channel.exchange_declare(exchange.as_str().into(), ExchangeKind::Topic, durable, none.clone()).await.unwrap();
    channel.queue_declare(queue.as_str().into(), QueueDeclareOptions::durable(), none.clone()).await.unwrap();
    let bind = channel.queue_bind(queue.into(), exchange.into(), "huawei.#".into(), QueueBindOptions::default(), none);
    bind.await.unwrap();
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    channel
}

#[tokio::test]
async fn jobs_are_confirmed_or_returned_and_can_be_looked_at() -> Result<()> {
    let servers = Servers::shared().await?;
    let client = Client::connect(servers.amqp_url(), &servers.fresh_prefix()).await?;
    bound(&client, "push.jobs", "work").await;
    let job = json!({ "id": "j-1", "vendor": "huawei", "app": "chat" });
    assert_eq!(client.publish_job("high", &job).await?, Published { confirmed: true, returned: false });
    let stray = client.publish("nobody.high.chat", "j-2", b"{}").await?;
    assert_eq!(stray, Published { confirmed: true, returned: true });
    let seen = client.peek("work", 10).await?;
    assert_eq!(seen.len(), 1);
    assert_eq!((seen[0].message_id.as_deref(), seen[0].routing_key.as_str()), (Some("j-1"), "huawei.high.chat"));
    assert_eq!(client.wait_count("work", DEADLINE, |count| count == 1).await?, 1, "a look leaves it there");
    assert_eq!(client.purge("work").await?, 1);
    client.delete_queue("work").await?;
    assert_eq!(client.count("work").await?, None);
    client.delete_exchange("push.jobs").await
}

#[tokio::test]
async fn receipts_are_collected_over_cuts_and_wake_who_waits() -> Result<()> {
    let servers = Servers::shared().await?;
    let proxy = Proxy::start(servers.amqp_url()).await?;
    let prefix = servers.fresh_prefix();
    let direct = Client::connect(servers.amqp_url(), &prefix).await?;
    let backend = Client::connect(&proxy.url_for(servers.amqp_url()), &prefix).await?;
    // The queue is declared after the collecting began, as it is when a worker starts late.
    let receipts = backend.receipts();
    proxy.connected(2, DEADLINE).await?;
    let channel = bound(&direct, "push.receipts", "push.receipts").await;
    let publish = async |n: u64| {
        let results = json!([{ "n": n, "token": "t", "outcome": "accepted" }]);
        let body = json!([{ "receipt_id": format!("j.0.{n}"), "id": "j", "results": results }]).to_string();
        let exchange = format!("{prefix}push.receipts");
        let options = BasicPublishOptions::default();
        let sent = channel.basic_publish(
            exchange.into(),
            "huawei.chat".into(),
            options,
            body.as_bytes(),
            BasicProperties::default(),
        );
        assert!(sent.await.unwrap().await.unwrap().is_ack());
    };
    publish(0).await;
    receipts.settled("j", 1, DEADLINE).await?;
    proxy.cut();
    publish(1).await;
    let outcomes = receipts.settled("j", 2, DEADLINE).await?;
    assert_eq!(outcomes.into_values().collect::<Vec<_>>(), ["accepted", "accepted"]);
    proxy.set(Mode::Refuse);
    publish(2).await;
    proxy.set(Mode::Pass);
    // The acknowledgement of an earlier one may have been cut too: then that one came again.
    receipts.wait_until(DEADLINE, |all| all.iter().any(|receipt| receipt["receipt_id"] == "j.0.2")).await?;
    direct.delete_queue("push.receipts").await?;
    direct.delete_exchange("push.receipts").await
}

#[tokio::test]
async fn the_bare_loop_does_every_job_and_acknowledges_it() -> Result<()> {
    if let Err(error) = binary("push-sim") {
        println!("skipped: {error}");
        return Ok(());
    }
    let servers = Servers::shared().await?;
    let client = Client::connect(servers.amqp_url(), &servers.fresh_prefix()).await?;
    bound(&client, "push.jobs", "work").await;
    let jobs = (0..500).map(|n| ("huawei.normal.chat".to_owned(), format!("j-{n}"), b"{}".to_vec()));
    client.publish_all(jobs.collect()).await?;
    let sim = Sim::start().await?;
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let vendors = Vendor::all(workspace)?;
    let huawei = vendors.iter().find(|vendor| vendor.name == "huawei").unwrap();
    let chat = huawei.registrations(sim.url())?.remove(0);
    sim.register(&chat).await?;
    let spec = BareSpec {
        amqp: servers.amqp_url().into(),
        queue: format!("{}work", client.prefix()),
        sim: sim.url().into(),
        jobs: 500,
        client_id: chat["client_id"].as_str().unwrap().into(),
        client_secret: chat["client_secret"].as_str().unwrap().into(),
        run: "test".into(),
    };
    bare(spec).await?;
    sim.wait("huawei", "accepted", 500, DEADLINE).await?;
    assert_eq!(sim.seen().await?.len(), 500);
    assert_eq!(client.wait_count("work", DEADLINE, |count| count == 0).await?, 0);
    client.delete_queue("work").await?;
    client.delete_exchange("push.jobs").await
}
