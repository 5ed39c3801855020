//! Vendors that answer nonsense, and jobs of ten megabytes: bounded, counted, and nothing behind them waits.

use push_e2e::{PATIENCE, Stage};
use push_stack::until;
use serde_json::{Value, json};

/// How a push ends whose first answer was spoilt, and whether the vendor may have taken it twice.
const SPOILT: [(&str, &str); 8] = [
    ("huge", r#"{"do": "huge", "bytes": 2097152}"#),
    ("gzip", r#"{"do": "gzip", "garbage": true}"#),
    ("redirect", r#"{"do": "redirect", "to": "http://127.0.0.1:1/"}"#),
    ("garbage", r#"{"do": "body", "text": "<html>nginx</html>", "accepted": true}"#),
    ("html-500", r#"{"do": "status", "status": 500, "body": "<html>oops</html>"}"#),
    ("status-418", r#"{"do": "status", "status": 418}"#),
    ("slow", r#"{"do": "slow_bytes", "ms": 5, "bytes": 1}"#),
    ("hang", r#"{"do": "hang"}"#),
];

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_from_the_vendor_is_bounded_and_never_doubles_what_must_not() {
    let stage = Stage::shared().await;
    let worker = stage.huawei().env("PUSH__CALLS__TIMEOUT_MS", "1500").start().unwrap();
    stage.ready(&worker).await;
    for (name, fault) in SPOILT {
        for kind in ["chat.direct", "marketing"] {
            let id = format!("{name}-{}", &kind[..4]);
            let fault: Value = serde_json::from_str(fault).unwrap();
            let prefix = format!("t-{id}");
            let narrow = json!({"vendor": "huawei", "api": "send", "token_prefix": prefix, "count": 1, "fault": fault});
            stage.sim.fault(&narrow).await.unwrap();
            stage.publish(&stage.job(kind, &id).vendor("huawei")).await;
        }
    }
    let good: Vec<_> = (0..50).map(|n| stage.job("chat.direct", &format!("behind-{n}")).vendor("huawei")).collect();
    stage.publish_all(&good).await;
    for (name, _) in SPOILT {
        let chat = stage.settled(&format!("{name}-chat"), 1).await[&0].clone();
        assert_eq!(chat, "accepted", "{name}: a chat message is sent again");
        let ad = stage.settled(&format!("{name}-mark"), 1).await[&0].clone();
        let taken: usize = stage.accepted(&format!("{name}-mark")).await.values().sum();
        assert!(taken <= 1 && ["accepted", "unknown"].contains(&ad.as_str()), "{name}: {ad}, taken {taken} times");
    }
    stage.all_settled(50 + 2 * SPOILT.len(), PATIENCE).await;
    stage.judge().await;
}

/// More than this a worker must not hold, whatever lies in its queues.
const MOST_BYTES: u64 = 300 << 20;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_jobs_of_ten_megabytes_are_parked_within_bounded_memory() {
    let stage = Stage::shared().await;
    let first = stage.parcel("single").start().unwrap();
    stage.ready(&first).await;
    first.term().unwrap();
    first.wait(PATIENCE).await.unwrap();
    let body = vec![b'x'; 10 << 20];
    for n in 0..200 {
        stage.publish_bad("parcel", "chat", &format!("huge-{n}"), &body).await;
    }
    let good = |name: &str, app: &str, n| stage.job("chat.direct", &format!("{name}-{n}")).app(app);
    let behind: Vec<_> = (0..20).flat_map(|n| [good("same", "chat", n), good("other", "shop", n)]).collect();
    stage.publish_all(&behind).await;
    let worker = stage.parcel("single").start().unwrap();
    stage.ready(&worker).await;
    stage.all_settled(40, 3 * PATIENCE).await;
    stage.client.wait_count("push.parked.parcel", 3 * PATIENCE, |parked| parked >= 200).await.unwrap();
    let counted = || async {
        worker.metric("push_jobs_parked_total", &[("reason", "too_large")]).await.ok().filter(|n| *n >= 200.0)
    };
    until("200 counted as too large", PATIENCE, counted).await.unwrap();
    let memory = worker.memory().unwrap();
    assert!(memory.peak_bytes < MOST_BYTES, "{} MiB at most", memory.peak_bytes >> 20);
    // Looked at by count alone: two gigabytes are not read back to be judged.
    stage.client.purge("push.parked.parcel").await.unwrap();
}
