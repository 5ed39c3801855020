//! Questions that are asked at the same moment share a call, and nothing else.

use futures_util::future::join_all;
use push_worker::claims::{ClaimKey, ClaimRequest, Claims};

use crate::desk::{Desk, again, mask, message, note, note_as, own_redis, said, taken, wrote};

fn job(n: usize) -> ClaimRequest {
    ClaimRequest { key: ClaimKey::new("chat", &format!("job-{n}"), 0), ..again("11") }
}

/// What each was told.
async fn at_once(worker: &Claims, asks: &[ClaimRequest]) -> Vec<String> {
    let answers = join_all(asks.iter().map(|ask| worker.claim(ask))).await;
    answers.into_iter().map(|answer| said(&answer.unwrap())).collect()
}

impl Desk {
    async fn calls(&self) -> u64 {
        let info: String = self.run(&["INFO", "commandstats"]).await;
        let calls = info.split("cmdstat_evalsha:calls=").nth(1).and_then(|rest| rest.split(',').next());
        calls.map_or(0, |calls| calls.parse().unwrap())
    }
}

#[tokio::test]
async fn many_questions_are_few_calls_and_each_has_its_own_answer() {
    let servers = own_redis().await;
    let desk = Desk::on(&servers).await;
    let worker = desk.worker("w1");
    // Once, so that the server knows the scripts.
    let claim = taken(&worker, &again("11")).await;
    note(&worker, "11", &claim, "A.").await;
    let before = desk.calls().await;
    let asks: Vec<_> = (0..96).map(job).collect();
    let claims = join_all(asks.iter().map(|ask| taken(&worker, ask))).await;
    assert_eq!(desk.calls().await - before, 3, "32 messages a call");
    let numbers: std::collections::BTreeSet<_> = claims.iter().map(|claim| claim.number).collect();
    assert_eq!(numbers.len(), 96, "a claim number is given once");

    let outcomes = ["AB", "A.", "r."];
    let notes = asks.iter().zip(&claims).zip(outcomes.iter().cycle());
    let notes = notes.map(|((ask, claim), outcomes)| note_as(&worker, &ask.key, "11", claim, outcomes, "", 0));
    let told: Vec<_> = join_all(notes).await.iter().map(wrote).collect();
    let expected = ["settled AB", "stopped", "stopped"].map(str::to_owned);
    let expected: Vec<_> = expected.iter().cycle().take(96).collect();
    assert_eq!(told.iter().collect::<Vec<_>>(), expected);
    assert_eq!(desk.calls().await - before, 6);
}

#[tokio::test]
async fn the_same_message_twice_in_one_call_has_one_claim() {
    let desk = Desk::new().await;
    let told = at_once(&desk.worker("w1"), &[again("1"), again("1")]).await;
    assert_eq!(told, ["go D 1 1", "busy"]);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_takes_nobody_elses_answer() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    taken(&worker, &again("11")).await;
    let bucket = desk.buckets().await.remove(0);
    desk.run::<()>(&["HSET", &bucket, "chat/job-1/0", "not a record"]).await;
    let told = at_once(&worker, &[job(7), ClaimRequest { key: message(), ..again("11") }, job(8)]).await;
    assert_eq!(told, ["go DD 11 11", "broken", "go DD 11 11"]);
    assert!(worker.is_up(), "the store answers");
    worker.shrink(&[(job(7).key, mask("11")), (message(), mask("11")), (job(8).key, mask("11"))]).await.unwrap();
}

/// Whoever stops waiting is as one whose answer was lost; the others have theirs.
#[tokio::test]
async fn a_caller_that_goes_away_takes_nobody_elses_answer() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let (first, second) = (job(1), job(2));
    let mut gone = Box::pin(worker.claim(&first));
    asked(&mut gone).await;
    let mut other = Box::pin(worker.claim(&second));
    asked(&mut other).await;
    drop(gone);
    let told = other.await;
    assert_eq!(said(&told.unwrap()), "go DD 11 11");
    assert_eq!(said(&worker.claim(&first).await.unwrap()), "busy", "it was granted all the same");
}

/// Asks without waiting for the answer.
async fn asked<T>(question: &mut (impl Future<Output = T> + Unpin)) {
    tokio::select! {
        biased;
        _ = question => panic!("answered at once"),
        () = std::future::ready(()) => {}
    }
}
