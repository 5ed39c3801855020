//! The servers themselves: they start, keep their data over a restart, and never outlive who started them.

#![allow(clippy::unwrap_used)] // test support: a failure here is the test's failure

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Duration,
};

use push_stack::{Client, Options, Process, Result, Servers, Signal, StackError, until};

use lapin::{options::QueueDeclareOptions, types::FieldTable};

const DEADLINE: Duration = Duration::from_secs(120);

async fn gone(pids: &[u32]) -> Result<()> {
    for pid in pids {
        // A zombie has ended too: only its parent has not asked for its status yet.
        let ended = || async {
            let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
            (status.is_empty() || status.contains("State:\tZ")).then_some(())
        };
        until(&format!("process {pid} ends"), DEADLINE, ended).await?;
    }
    Ok(())
}

#[tokio::test]
async fn messages_and_keys_survive_a_restart_and_nothing_survives_the_handle() -> Result<()> {
    let servers = Servers::start(Options::default()).await?;
    if !servers.owns_broker() || !servers.owns_redis() {
        println!("skipped: AMQP_URL or REDIS_URL is set, and those servers are not ours to restart");
        return Ok(());
    }
    let client = Client::connect(servers.amqp_url(), &servers.fresh_prefix()).await?;
    let queue = format!("{}kept", client.prefix());
    let channel = client.fresh_channel().await?;
    let declared = channel.queue_declare(queue.as_str().into(), QueueDeclareOptions::durable(), FieldTable::default());
    declared.await.map_err(|error| StackError::new(error.to_string()))?;
    publish(&channel, &queue).await;
    assert_eq!(client.count("kept").await?, Some(1));
    assert_eq!(client.count("missing").await?, None);
    set(servers.redis_url()).await;

    servers.broker().stop().await?;
    assert!(client.count("kept").await.is_err());
    assert!(servers.broker().stop().await.is_err(), "stopping twice is said");
    servers.broker().start().await?;
    assert_eq!(client.peek("kept", 5).await?.len(), 1);
    servers.redis().stop().await?;
    servers.redis().start(true).await?;
    assert_eq!(get(servers.redis_url()).await, Some("1".into()));

    servers.broker().kill().await?;
    servers.redis().kill().await?;
    servers.broker().start().await?;
    servers.redis().start(false).await?;
    let messages = client.drain("kept", 5).await?;
    assert_eq!(messages[0].body, b"hello");
    assert_eq!(get(servers.redis_url()).await, None);

    servers.broker().memory_alarm(true).await?;
    servers.broker().memory_alarm(false).await?;
    let pids = servers.pids().to_vec();
    drop(servers);
    gone(&pids).await
}

#[tokio::test]
async fn nothing_survives_a_parent_that_is_killed() -> Result<()> {
    let mut command = Command::new(std::env::current_exe().map_err(|error| StackError::new(error.to_string()))?);
    command.args(["--exact", "a_parent_that_is_killed", "--ignored", "--nocapture"]);
    command.env_remove("AMQP_URL").env_remove("REDIS_URL").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut parent = Process::spawn("a parent", command)?;
    let lines = BufReader::new(parent.take_stdout().unwrap()).lines().map_while(std::result::Result::ok);
    let line = lines.into_iter().find(|line| line.contains("pids ")).unwrap();
    let pids: Vec<u32> = line.split_once("pids ").unwrap().1.split(' ').map(|pid| pid.parse().unwrap()).collect();
    assert_eq!(pids.len(), 3, "the broker, its name server and Redis");
    assert!(pids.iter().all(|pid| Path::new(&format!("/proc/{pid}")).exists()));
    parent.signal(Signal::Kill)?;
    gone(&pids).await
}

/// Not a test: what `nothing_survives_a_parent_that_is_killed` starts and kills.
#[tokio::test]
#[ignore = "started by another test"]
async fn a_parent_that_is_killed() -> Result<()> {
    let servers = Servers::start(Options::default()).await?;
    let pids: Vec<String> = servers.pids().iter().map(u32::to_string).collect();
    println!("pids {}", pids.join(" "));
    std::future::pending().await
}

#[tokio::test]
async fn a_babysitter_that_is_killed_takes_its_servers_along() -> Result<()> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_push-stack"));
    command.args(["serve", "--no-broker"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut babysitter = Process::spawn("push-stack serve", command)?;
    let mut line = String::new();
    BufReader::new(babysitter.take_stdout().unwrap()).read_line(&mut line).unwrap();
    let addresses: serde_json::Value = serde_json::from_str(&line).unwrap();
    let pid = u32::try_from(addresses["pids"][0].as_u64().unwrap()).unwrap();
    babysitter.signal(Signal::Kill)?;
    gone(&[pid]).await
}

async fn publish(channel: &lapin::Channel, queue: &str) {
    use lapin::{
        BasicProperties,
        options::{BasicPublishOptions, ConfirmSelectOptions},
    };
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    let properties = BasicProperties::default().with_delivery_mode(2);
    let sent = channel.basic_publish("".into(), queue.into(), BasicPublishOptions::default(), b"hello", properties);
    assert!(sent.await.unwrap().await.unwrap().is_ack());
}

async fn set(url: &str) {
    let mut redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    let () = redis::cmd("SET").arg("key").arg("1").query_async(&mut redis).await.unwrap();
}

async fn get(url: &str) -> Option<String> {
    let mut redis = redis::Client::open(url).unwrap().get_multiplexed_async_connection().await.unwrap();
    redis::cmd("GET").arg("key").query_async(&mut redis).await.unwrap()
}
