//! Figures of the queues: one worker tells them, whichever it is.

use push_e2e::{PATIENCE, Stage, now};
use push_stack::{Worker, until};

use super::metric;
use crate::{
    blocked::{Secrets, blocked, change_secret, waiting},
    faults::load::{LONG, chats, pair, settled},
};

const CHAT: [(&str, &str); 3] = [("queue", "work"), ("app", "chat"), ("lane", "normal")];
const SHOP: [(&str, &str); 3] = [("queue", "work"), ("app", "shop"), ("lane", "normal")];

/// Whether a worker has any figure of a queue.
async fn tells(worker: &Worker) -> bool {
    let text = worker.metrics().await.unwrap();
    text.lines().any(|line| line.starts_with("push_queue_jobs{"))
}

/// Which of the two tells of the queues, once one does, and the other one.
async fn teller<'a>(a: &'a Worker, b: &'a Worker) -> (&'a Worker, &'a Worker) {
    let who = || async {
        match (tells(a).await, tells(b).await) {
            (true, false) => Some((a, b)),
            (false, true) => Some((b, a)),
            (false, false) => None,
            (true, true) => panic!("both tell of the queues"),
        }
    };
    until("one worker tells of the queues", PATIENCE, who).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_worker_tells_of_the_queues_and_the_other_takes_over() {
    let stage = Stage::shared().await;
    let secrets = Secrets::of_stage();
    let spec = secrets.worker(&stage).env("PUSH__WORKER__BLOCK_HOLD_MS", "1000");
    let (a, b) = pair(&stage, &spec).await;
    change_secret(&stage, "rotated").await;
    let jobs = chats(&stage, "huawei", "chat", "queued", 60);
    stage.publish_all(&jobs).await;
    blocked([&a, &b], "misconfigured", 1.0).await;
    until("all lie in their queue", PATIENCE, || async { (waiting(&stage).await >= 60).then_some(()) }).await.unwrap();

    let (first, second) = teller(&a, &b).await;
    // One may be in the hands of whoever probes.
    metric(first, "push_queue_jobs", &CHAT, |jobs| jobs >= 59.0).await;
    metric(first, "push_queue_consumers", &CHAT, |consumers| consumers <= 1.0).await;
    metric(first, "push_queue_oldest_seconds", &CHAT, |age| age > 0.0).await;
    metric(first, "push_queue_consumers", &SHOP, |consumers| consumers >= 2.0).await;
    let others = [("push_queue_jobs", SHOP), ("push_queue_oldest_seconds", SHOP)];
    for (name, labels) in others {
        assert_eq!(first.metric(name, &labels).await.unwrap(), 0.0, "{name}: nothing lies there");
    }
    let age = first.metric("push_queue_oldest_seconds", &CHAT).await.unwrap();
    metric(first, "push_queue_oldest_seconds", &CHAT, |later| later > age).await;
    assert!(!tells(second).await, "one worker tells");

    let at = now();
    let age = first.metric("push_queue_oldest_seconds", &CHAT).await.unwrap();
    first.kill().unwrap();
    stage.fault("kill", at);
    // It knows of the time before it: the jobs are no younger than they were.
    metric(second, "push_queue_oldest_seconds", &CHAT, |later| later >= age).await;
    metric(second, "push_queue_jobs", &CHAT, |jobs| jobs >= 59.0).await;

    secrets.write("chat", "rotated");
    let ended = settled(&stage, &jobs, LONG).await;
    assert_eq!(ended.get("accepted"), Some(&jobs.len()), "{ended:?}");
    metric(second, "push_queue_jobs", &CHAT, |jobs| jobs == 0.0).await;
    metric(second, "push_queue_oldest_seconds", &CHAT, |age| age == 0.0).await;
    metric(second, "push_queue_consumers", &CHAT, |consumers| consumers >= 1.0).await;
    stage.judge().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_alone_tells_of_what_is_there() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().redis("").start().unwrap();
    stage.ready(&worker).await;
    stage.client.delete_queue("push.wait.huawei.1800s").await.unwrap();
    metric(&worker, "push_queue_consumers", &CHAT, |consumers| consumers >= 1.0).await;
    let text = worker.metrics().await.unwrap();
    for (labels, is_there) in [
        (r#"app="",delay="",lane="",queue="parked",quota="""#, true),
        (r#"app="",delay="",lane="",queue="unrouted",quota="""#, true),
        (r#"app="",delay="",lane="",queue="receipts",quota="""#, true),
        (r#"app="",delay="300s",lane="",queue="wait",quota="""#, true),
        (r#"app="",delay="1800s",lane="",queue="wait",quota="""#, false),
        (r#"app="chat",delay="",lane="",queue="held",quota="test""#, true),
    ] {
        let line = format!("push_queue_jobs{{{labels},vendor=\"huawei\"}}");
        assert_eq!(text.contains(&line), is_there, "{line} in\n{text}");
    }
    // A queue that is missing costs a channel, and no connection.
    assert_eq!(worker.metric("push_amqp_connects_total", &[("result", "ok")]).await.unwrap(), 1.0);
    stage.judge().await;
}
