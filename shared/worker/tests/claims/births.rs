//! A store that loses what it knew has a new birth, and nobody mistakes one for the other.

use push_worker::claims::{ClaimRequest, Claimed, StoreDown};

use crate::desk::{Desk, TIMES, again, ask, first, message, note, once, own_redis, reopen, said, taken, told, wrote};

#[tokio::test]
async fn the_birth_lasts_while_the_store_does() {
    let desk = Desk::new().await;
    desk.wipe().await;
    let birth = desk.born().await;
    let claim = taken(&desk.worker("w1"), &again("1")).await;
    assert_eq!((desk.born().await, claim.stamp), (birth.clone(), birth.clone()));
    let (at, run) = birth.split_once(':').unwrap();
    let now = push_contract::Timestamp::now().as_millis();
    assert!((0..60_000).contains(&(now - at.parse::<i64>().unwrap())), "milliseconds since 1970: {birth}");
    assert!(desk.run_id().await.starts_with(run));
}

/// FLUSHALL: the server is the same, its data is gone.
#[tokio::test]
async fn an_emptied_store_has_a_new_birth() {
    let servers = own_redis().await;
    let desk = Desk::on(&servers).await;
    let worker = desk.worker("w1");
    let claim = taken(&worker, &once(first("11", &desk.born().await))).await;
    let before = desk.born().await;
    desk.run::<()>(&["FLUSHALL"]).await;
    assert_ne!(desk.born().await, before);
    assert!(!worker.fence(&message(), &claim).await.unwrap(), "the claim is void");
    assert_eq!(said(&worker.claim(&ask("11")).await.unwrap()), "verify", "the channel has to answer anew");
    assert_eq!(said(&worker.claim(&first("11", &before)).await.unwrap()), "verify", "an old answer is none");
    assert_eq!(said(&worker.claim(&once(again("11"))).await.unwrap()), "go DD 11 00");
}

/// A restart ends connections; until the server is back every call says so, and afterwards they go through again.
#[tokio::test]
async fn a_restart_is_a_new_birth_with_or_without_the_data() {
    let servers = own_redis().await;
    let desk = Desk::on(&servers).await;
    let worker = desk.worker("w1");
    let claim = taken(&worker, &first("11", &desk.born().await)).await;
    note(&worker, "11", &claim, "A.").await;
    let before = desk.born().await;
    servers.redis().stop().await.unwrap();
    let down = worker.claim(&ask("11")).await;
    assert!(matches!(down, Err(StoreDown { what: "claim", .. })) && !worker.is_up(), "{down:?}");
    servers.redis().start(true).await.unwrap();
    let desk = desk.connected_anew(&servers).await;
    assert_ne!(desk.born().await, before);
    assert_eq!(said(&settles_down(&worker, &once(again("11"))).await), "go AD 01 00", "what it kept is believed");
    assert!(worker.is_up());

    servers.redis().kill().await.unwrap();
    servers.redis().start(false).await.unwrap();
    let desk = desk.connected_anew(&servers).await;
    let now = desk.born().await;
    assert_ne!(now, before);
    assert_eq!(said(&settles_down(&worker, &once(again("11"))).await), "go DD 11 00");
}

/// The answer of the first call that a worker with a broken connection gets through.
async fn settles_down(worker: &push_worker::claims::Claims, ask: &ClaimRequest) -> Claimed {
    // The first call may meet the connection that the restart ended; it is replaced by then.
    match worker.claim(ask).await {
        Ok(answer) => answer,
        Err(_) => worker.claim(ask).await.unwrap(),
    }
}

/// A frozen server answers nobody: the call ends in time, and the claim is not ours.
#[tokio::test]
async fn a_store_that_does_not_answer_in_time_is_down() {
    let servers = own_redis().await;
    let desk = Desk::on(&servers).await;
    let store = push_worker::claims::RedisStore::new(
        &desk.url,
        &desk.prefix,
        "parcel",
        "w1",
        TIMES,
        std::time::Duration::from_secs(2),
    )
    .unwrap();
    store.beat().await.unwrap();
    servers.redis().freeze().await.unwrap();
    assert!(store.beat().await.is_err());
    assert!(!store.is_up());
    servers.redis().thaw().await.unwrap();
    store.beat().await.unwrap();
    assert!(store.is_up());
}

/// The number of a claim of an earlier birth never names a claim of this one, also not of the same worker.
#[tokio::test]
async fn numbers_never_come_back() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    for lose in [true, false] {
        desk.wipe().await;
        let lost = taken(&worker, &first("11", &desk.born().await)).await;
        if lose {
            desk.wipe().await;
        } else {
            // Restarted with its data, but without its last write.
            desk.run::<()>(&["HINCRBY", &desk.key("meta"), "n", "-1"]).await;
            desk.run::<()>(&["DEL", &desk.buckets().await[0]]).await;
            desk.reborn().await;
        }
        let held = taken(&worker, &first("11", &desk.born().await)).await;
        assert!(held.number > lost.number, "{} after {}", held.number, lost.number);
        assert_eq!(wrote(&reopen(&worker, "11", &lost).await), "lost");
        assert_eq!(desk.look().await.states, "ss", "what is on the wire now was started");
        assert!(worker.fence(&message(), &held).await.unwrap(), "{}", told(&held));
    }
}
