//! What replicas learn of one another: heartbeats, blocks, locks, and newer jobs under a collapse key.

use std::time::Duration;

use push_contract::Timestamp;
use push_worker::claims::{ClaimTimes, RedisStore};

use crate::desk::{Desk, TIMES, again, mask, message, note, said, taken};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn every_call_is_a_sign_of_life() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let store = desk.store("w1", TIMES);
    let claim = taken(&worker, &again("11")).await;
    for call in ["claim", "fence", "record", "shrink", "beat", "collapse"] {
        desk.silence("w1").await;
        match call {
            "claim" => drop(worker.claim(&again("11")).await.unwrap()),
            "fence" => drop(worker.fence(&message(), &claim).await.unwrap()),
            "record" => drop(note(&worker, "11", &claim, "A.").await),
            "shrink" => worker.shrink(&[(message(), mask("11"))]).await.unwrap(),
            "beat" => drop(store.beat().await.unwrap()),
            _ => drop(store.collapse("k", false, "1", DAY, &["t".to_owned()]).await.unwrap()),
        }
        let last: i64 = desk.run(&["HGET", &desk.key("live"), "w1"]).await;
        assert!((Timestamp::now().as_millis() - last).abs() < 60_000, "{call}: {last}");
    }
}

#[tokio::test]
async fn a_heartbeat_counts_who_lives() {
    let desk = Desk::new().await;
    let times = ClaimTimes { dead_after: Duration::from_secs(15), ..TIMES };
    let live = desk.key("live");
    let (first, second) = (desk.store("w1", times), desk.store("w2", times));
    assert_eq!(first.beat().await.unwrap().living, 1);
    assert_eq!(second.beat().await.unwrap().living, 2);
    let ago = |seconds: i64| (Timestamp::now().as_millis() - seconds * 1000).to_string();
    desk.run::<()>(&["HSET", &live, "w2", &ago(20)]).await;
    assert_eq!(first.beat().await.unwrap().living, 1, "dead after 15 s");
    assert!(desk.run::<bool>(&["HEXISTS", &live, "w2"]).await, "and remembered, for it may thaw");
    desk.run::<()>(&["HSET", &live, "w2", &ago(700)]).await;
    assert_eq!(first.beat().await.unwrap().living, 1);
    assert!(!desk.run::<bool>(&["HEXISTS", &live, "w2"]).await, "long dead: forgotten");
}

#[tokio::test]
async fn the_dead_cannot_keep_a_claim() {
    let desk = Desk::new().await;
    let times = ClaimTimes { dead_after: Duration::from_secs(15), ..TIMES };
    let (owner, other) = (desk.worker_with("owner", times), desk.worker_with("other", times));
    taken(&owner, &again("1")).await;
    let ago = |seconds: i64| (Timestamp::now().as_millis() - seconds * 1000).to_string();
    desk.run::<()>(&["HSET", &desk.key("live"), "owner", &ago(10)]).await;
    assert_eq!(said(&other.claim(&again("1")).await.unwrap()), "busy");
    desk.run::<()>(&["HSET", &desk.key("live"), "owner", &ago(16)]).await;
    assert_eq!(said(&other.claim(&again("1")).await.unwrap()), "go D 1 1");
}

#[tokio::test]
async fn blocks_are_seen_by_all_until_they_are_cleared() {
    let desk = Desk::new().await;
    let (first, second) = (desk.store("w1", TIMES), desk.store("w2", TIMES));
    assert!(second.beat().await.unwrap().blocks.is_empty());
    first.set_block("app/chat", Some(r#"{"why":"unavailable"}"#)).await.unwrap();
    first.set_block("quota/chat/news", Some("{}")).await.unwrap();
    let mut blocks = second.beat().await.unwrap().blocks;
    blocks.sort();
    let pair = |subject: &str, record: &str| (subject.to_owned(), record.to_owned());
    assert_eq!(blocks, [pair("app/chat", r#"{"why":"unavailable"}"#), pair("quota/chat/news", "{}")]);
    second.set_block("app/chat", None).await.unwrap();
    assert_eq!(first.beat().await.unwrap().blocks, [pair("quota/chat/news", "{}")]);
}

#[tokio::test]
async fn a_lock_has_one_holder_until_it_ends() {
    let desk = Desk::new().await;
    let (first, second) = (desk.store("w1", TIMES), desk.store("w2", TIMES));
    assert!(first.lock("probe:chat", DAY).await.unwrap());
    assert!(!second.lock("probe:chat", DAY).await.unwrap());
    assert!(second.lock("probe:shop", DAY).await.unwrap(), "another lock");
    let lock = desk.key("lock:probe:chat");
    desk.run::<()>(&["PEXPIRE", &lock, "60000"]).await;
    assert!(first.lock("probe:chat", DAY).await.unwrap(), "its holder takes it again");
    assert!(desk.run::<i64>(&["PTTL", &lock]).await > 60_000, "and has it for longer");
    desk.run::<()>(&["DEL", &lock]).await;
    assert!(second.lock("probe:chat", DAY).await.unwrap(), "its time is up");
    assert!(!first.lock("probe:chat", DAY).await.unwrap());
}

#[tokio::test]
async fn a_text_is_kept_for_whoever_comes_next() {
    let desk = Desk::new().await;
    let (first, second) = (desk.store("w1", TIMES), desk.store("w2", TIMES));
    assert_eq!(second.kept("queues").await.unwrap(), "");
    first.keep("queues", "a", DAY).await.unwrap();
    first.keep("queues", "b", DAY).await.unwrap();
    assert_eq!(second.kept("queues").await.unwrap(), "b");
    assert!(desk.run::<i64>(&["PTTL", &desk.key("kept:queues")]).await > 60_000, "it ends by itself");
}

async fn newer(store: &RedisStore, key: &str, note: bool, rank: &str, tokens: &[&str]) -> String {
    let tokens: Vec<String> = tokens.iter().map(|token| (*token).to_owned()).collect();
    store.collapse(key, note, rank, DAY, &tokens).await.unwrap().digits()
}

#[tokio::test]
async fn the_newest_job_of_a_key_is_known_to_all() {
    let desk = Desk::new().await;
    let (first, second) = (desk.store("w1", TIMES), desk.store("w2", TIMES));
    assert_eq!(newer(&first, "k", false, "1", &["t"]).await, "0", "nothing was noted");
    assert_eq!(newer(&first, "k", true, "5", &["t", "u"]).await, "00");
    for (why, key, rank, tokens, wanted) in [
        ("an older job", "k", "4", vec!["t"], "1"),
        ("the same job", "k", "5", vec!["t"], "0"),
        ("a newer one", "k", "6", vec!["t"], "0"),
        ("token by token", "k", "4", vec!["t", "other", "u"], "101"),
        ("under another key", "other", "4", vec!["t"], "0"),
    ] {
        assert_eq!(newer(&second, key, false, rank, &tokens).await, wanted, "{why}");
    }
    assert_eq!(newer(&first, "k", true, "4", &["t"]).await, "1", "late, and known to be late");
    assert_eq!(newer(&second, "k", false, "45", &["t"]).await, "1", "it did not take the place of the newer");
    assert_eq!(newer(&second, "k", true, "7", &["t"]).await, "0");
    assert_eq!(newer(&first, "k", false, "5", &["t"]).await, "1");
}

#[tokio::test]
async fn a_collapse_key_is_remembered_as_long_as_its_longest_job() {
    let desk = Desk::new().await;
    let store = desk.store("w1", TIMES);
    let key = desk.key("collapse:k");
    let note = async |remember| drop(store.collapse("k", true, "5", remember, &["t".to_owned()]).await.unwrap());
    note(DAY).await;
    note(Duration::from_secs(60)).await;
    let left: i64 = desk.run(&["PTTL", &key]).await;
    assert!(left > 23 * 3_600_000, "a short job does not shorten it: {left} ms");
    note(2 * DAY).await;
    let left: i64 = desk.run(&["PTTL", &key]).await;
    assert!(left > 47 * 3_600_000, "a longer one prolongs it: {left} ms");
    store.collapse("other", false, "5", DAY, &["t".to_owned()]).await.unwrap();
    assert!(!desk.keys().await.contains(&desk.key("collapse:other")), "a look leaves nothing behind");
}
