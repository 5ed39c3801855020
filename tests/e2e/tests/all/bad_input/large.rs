//! Jobs of ten megabytes: parked within bounded memory, and nothing behind them waits.

use push_e2e::{PATIENCE, Stage};
use push_stack::until;

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
