//! The store did what it was asked, and the worker did not hear of it: it had given up waiting for the answer.

use push_worker::claims::{Claim, ClaimRequest, Claims, Record, States};

use crate::desk::{Desk, again, first, mask, message, once, said, taken, told, wrote};

/// The claim that one delivery of the message asks for.
fn of(delivery: u64, ask: ClaimRequest) -> ClaimRequest {
    ClaimRequest { delivery, ..ask }
}

/// Writes outcomes for a delivery, on this claim or on none.
async fn note_of(delivery: u64, worker: &Claims, claim: Option<&Claim>, outcomes: &str) -> String {
    let (key, left, outcomes) = (message(), mask(&"1".repeat(outcomes.len())), States::read(outcomes));
    let (number, stamp) = claim.map_or((0, ""), |claim| (claim.number, claim.stamp.as_str()));
    let (meta, results, next, room) = ("meta", "", &left, 0);
    let (left, outcomes) = (&left, &outcomes);
    let record = Record { key: &key, left, number, stamp, outcomes, meta, results, next, room, delivery };
    wrote(&worker.record(&record).await.unwrap())
}

#[tokio::test]
async fn a_delivery_that_did_not_hear_of_its_claim_is_granted_it_again() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let ask = of(7, once(first("11", &desk.born().await)));
    let unheard = taken(&worker, &ask).await;
    let claim = taken(&worker, &ask).await;
    assert_eq!((claim.number, told(&claim).as_str()), (unheard.number, "ss 00 11"), "nothing of it was sent");
    assert_eq!(note_of(7, &worker, Some(&claim), "AA").await, "settled AA");
}

#[tokio::test]
async fn to_any_other_delivery_it_is_a_claim_like_any() {
    let desk = Desk::new().await;
    let (worker, other) = (desk.worker("w1"), desk.worker("w2"));
    taken(&worker, &of(7, first("1", &desk.born().await))).await;
    for (worker, delivery) in [(&worker, 8), (&worker, 0), (&other, 7)] {
        assert_eq!(said(&worker.claim(&of(delivery, again("1"))).await.unwrap()), "busy", "{delivery}");
        assert_eq!(note_of(delivery, worker, None, "A").await, "lost", "{delivery}");
    }
}

#[tokio::test]
async fn what_was_in_doubt_before_stays_so() {
    let desk = Desk::new().await;
    let (dead, worker) = (desk.worker("dead"), desk.worker("w1"));
    taken(&dead, &ClaimRequest { room: 1, ..once(first("11", &desk.born().await)) }).await;
    desk.silence("dead").await;
    let ask = of(7, once(again("11")));
    assert_eq!(told(&taken(&worker, &ask).await), "Ds 10 01");
    assert_eq!(told(&taken(&worker, &ask).await), "Ds 10 01");
}

/// A claim that is late itself: its delivery has given up on it, asked again and gone on.
#[tokio::test]
async fn a_late_claim_does_not_take_the_present_one_away() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let ask = of(7, ClaimRequest { room: 1, ..once(first("11", &desk.born().await)) });
    let claim = taken(&worker, &ask).await;
    assert_eq!(told(&taken(&worker, &ask).await), "s. 00 10", "the late one");
    assert!(worker.fence(&message(), &claim).await.unwrap());
    assert_eq!(note_of(7, &worker, Some(&claim), "A.").await, "stopped");
}

/// What may be repeated was sent without a claim meanwhile.
#[tokio::test]
async fn what_was_sent_without_it_is_written_on_it() {
    let desk = Desk::new().await;
    let (worker, other) = (desk.worker("w1"), desk.worker("w2"));
    taken(&worker, &of(7, first("11", &desk.born().await))).await;
    assert_eq!(note_of(7, &worker, None, "Ar").await, "settled Ar");
    assert_eq!(said(&other.claim(&again("11")).await.unwrap()), "settled Ar");
}
