//! The two buckets of a claim: the window that Redis is in, and the one before.

use std::time::Duration;

use push_worker::claims::{Record, States};
use redis::Script;

use crate::desk::{Desk, TIMES, again, ask, mask, message, note, once, said, taken};

const WINDOW_MS: i64 = 6 * 3_600_000;

impl Desk {
    /// So many windows pass.
    async fn pass(&self, windows: i64) {
        let start = self.key("claims:");
        for bucket in self.buckets().await {
            let (window, shard) = bucket[start.len()..].split_once(':').unwrap();
            let earlier = window.parse::<i64>().unwrap() - windows;
            self.run::<()>(&["RENAME", &bucket, &format!("{start}{earlier}:{shard}")]).await;
        }
    }
}

#[tokio::test]
async fn a_claim_of_the_window_before_is_found_and_moved() {
    for call in ["claim", "fence", "record", "shrink"] {
        let desk = Desk::new().await;
        let (worker, other) = (desk.worker("w1"), desk.worker("w2"));
        let claim = taken(&worker, &again("11")).await;
        let now = desk.buckets().await;
        desk.pass(1).await;
        match call {
            "claim" => {
                assert_eq!(said(&other.claim(&again("11")).await.unwrap()), "busy");
                desk.silence("w1").await;
                assert_eq!(said(&other.claim(&once(again("11"))).await.unwrap()), "go DD 11 00");
            }
            "fence" => assert!(worker.fence(&message(), &claim).await.unwrap()),
            "record" => drop(note(&worker, "11", &claim, "A.").await),
            _ => worker.shrink(&[(message(), mask("11"))]).await.unwrap(),
        }
        assert_eq!(desk.buckets().await, now, "{call}: what is written lives a window from now on");
    }
}

#[tokio::test]
async fn a_claim_ages_out_after_two_windows_at_most() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let claim = taken(&worker, &again("1")).await;
    note(&worker, "1", &claim, "A").await;
    desk.pass(1).await;
    assert_eq!(said(&worker.claim(&again("1")).await.unwrap()), "settled A");
    desk.pass(1).await;
    assert_eq!(said(&worker.claim(&ask("1")).await.unwrap()), "verify", "as if it had never been");
}

#[tokio::test]
async fn a_bucket_outlives_its_window_and_goes_by_itself() {
    let desk = Desk::new().await;
    taken(&desk.worker("w1"), &again("1")).await;
    let left: i64 = desk.run(&["PTTL", &desk.buckets().await[0]]).await;
    assert!((WINDOW_MS + 1..=2 * WINDOW_MS + 60_000).contains(&left), "{left} ms");
}

/// The smallest window that settings allow is no special case.
#[tokio::test]
async fn windows_of_other_lengths_have_buckets_of_their_own() {
    let desk = Desk::new().await;
    let minute = push_worker::claims::ClaimTimes { window: Duration::from_secs(60), ..TIMES };
    let worker = desk.worker_with("w1", minute);
    let claim = taken(&worker, &again("1")).await;
    let left: i64 = desk.run(&["PTTL", &desk.buckets().await[0]]).await;
    assert!((60_001..=180_000).contains(&left), "{left} ms");
    let (left, outcomes, next) = (mask("1"), States::read("A"), mask("0"));
    let (key, stamp) = (message(), claim.stamp.as_str());
    let (number, meta, results, room, delivery) = (claim.number, "", "", 0, 0);
    let (left, outcomes, next) = (&left, &outcomes, &next);
    let record = Record { key: &key, left, number, stamp, outcomes, meta, results, next, room, delivery };
    worker.record(&record).await.unwrap();
    assert_eq!(said(&worker.claim(&again("1")).await.unwrap()), "settled A");
}

/// A caller names three windows by its own clock. If Redis is in none of the last two, it says what time it is.
#[tokio::test]
async fn a_clock_that_is_far_off_is_told_and_nothing_is_written() {
    let desk = Desk::new().await;
    let (seconds, _): (i64, i64) = desk.run(&["TIME"]).await;
    let now = seconds * 1000 / WINDOW_MS;
    for (name, text) in MESSAGE_SCRIPTS {
        for (first, in_reach) in [(now - 1, true), (now - 3, false), (now, false), (now + 100, false)] {
            let script = Script::new(&format!("{}{text}", include_str!("../../src/claims/scripts/prelude.lua")));
            let mut call = script.prepare_invoke();
            call.key(desk.key("meta")).key(desk.key("live"));
            for window in first..first + 3 {
                call.key(desk.key(&format!("claims:{window}:0")));
            }
            call.arg(desk.run_id().await).arg("w1").arg(WINDOW_MS).arg(first);
            for argument in arguments(name) {
                call.arg(*argument);
            }
            let answer: Vec<redis::Value> = call.invoke_async(&mut desk.redis.clone()).await.unwrap();
            let said_clock = answer[0] == redis::Value::BulkString(b"clock".to_vec());
            assert_eq!(said_clock, !in_reach, "{name}: {answer:?}");
            let time = matches!(answer[2], redis::Value::Int(at) if (at - seconds * 1000).abs() < 60_000);
            assert!(time, "{name}: {answer:?}");
            assert_eq!(desk.buckets().await.is_empty(), !in_reach || !matches!(*name, "claim" | "record"), "{name}");
            for bucket in desk.buckets().await {
                desk.run::<()>(&["DEL", &bucket]).await;
            }
        }
    }
}

const MESSAGE_SCRIPTS: &[(&str, &str)] = &[
    ("claim", include_str!("../../src/claims/scripts/claim.lua")),
    ("fence", include_str!("../../src/claims/scripts/fence.lua")),
    ("record", include_str!("../../src/claims/scripts/record.lua")),
    ("shrink", include_str!("../../src/claims/scripts/shrink.lua")),
];

/// What comes after the window.
fn arguments(script: &str) -> &'static [&'static str] {
    match script {
        "claim" => &["1000", "1000", "0", "chat/job-1/0", "1", "0", "1", "", "0", "1", "1", "1", "0"],
        "fence" => &["chat/job-1/0", "1", "birth", "1000"],
        "record" => &["1000", "chat/job-1/0", "1", "0", "birth", "A", "", "", "", "0", "0"],
        _ => &["chat/job-1/0", "1"],
    }
}
