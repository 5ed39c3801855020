//! Urgent pushes go first when the limit binds, and the others still go on.

use std::time::Duration;

use push_e2e::Stage;

use super::scene::{alone, calls, fleet, limited, no_rate, taken};

const LONG: Duration = Duration::from_secs(150);
const LOW: usize = 10_000;
const HIGH: usize = 200;

#[tokio::test(flavor = "multi_thread")]
async fn urgent_jobs_overtake_a_backlog_and_it_still_moves() {
    let _alone = alone().await;
    let stage = Stage::shared().await;
    no_rate(&stage).await;
    // A fifth of the figures: what two shared cores do without the limit being the least of it.
    let _fleet = fleet(&stage, &limited(&stage, "single", 400), 3).await;
    let low: Vec<_> = (0..LOW).map(|n| stage.job("news", &format!("low-{n}"))).collect();
    stage.publish_all(&low).await;
    taken(&stage, 400, LONG).await;
    let high: Vec<_> = (0..HIGH).map(|n| stage.job("account.security", &format!("high-{n}"))).collect();
    let before = calls(&stage).await.len();
    stage.publish_all(&high).await;
    taken(&stage, (before + HIGH * 3) as u64, LONG).await;
    let seen = calls(&stage).await;
    let is_high = |job: &str| job.starts_with("high-");
    let last = seen.iter().rposition(|call| is_high(&call.job)).expect("an urgent push");
    assert_eq!(seen.iter().filter(|call| is_high(&call.job)).count(), HIGH);
    let first = seen.iter().position(|call| is_high(&call.job)).expect("an urgent push");
    let low_before = seen[..last].iter().filter(|call| !is_high(&call.job)).count();
    let between = seen[first..last].iter().filter(|call| !is_high(&call.job)).count();
    let share = LOW / 20;
    assert!(low_before - before.min(low_before) <= share, "{} low ones went meanwhile", low_before - before);
    assert!(between > 0, "low ones stood still");
    assert!(seen[last..].iter().any(|call| !is_high(&call.job)), "and go on");
}
