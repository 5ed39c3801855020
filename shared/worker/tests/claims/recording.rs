//! What is written after a claim, and who may write it.

use push_worker::claims::{Claim, ClaimKey, ClaimRequest, Claimed, Recorded};

use crate::desk::{
    Desk, OVER_AT_ONCE, again, ask, first, generation, mask, message, met, note, note_and_go_on, note_as, once, reopen,
    said, taken, told, wrote,
};

/// What is claimed and how, what is recorded, what may come next; the answer and the record after it.
struct Row {
    why: &'static str,
    claim: fn() -> ClaimRequest,
    outcomes: &'static str,
    next: (&'static str, usize),
    wanted: &'static str,
    after: &'static str,
}

const STOP: (&str, usize) = ("", 0);

#[rustfmt::skip]
const OURS: &[Row] = &[
    Row { why: "every position has an outcome", claim: || ask("11"), outcomes: "AI", next: STOP, wanted: "settled AI", after: "AI" },
    Row { why: "also by repetition", claim: || ask("11"), outcomes: "Aq", next: STOP, wanted: "settled Aq", after: "Aq" },
    Row { why: "settled is asked for this message's positions", claim: || ask("10"), outcomes: "A.", next: STOP, wanted: "settled A.", after: "A." },
    Row { why: "some are open: given back", claim: || ask("11"), outcomes: "A.", next: STOP, wanted: "stopped", after: "As" },
    Row { why: "surely not taken: open again", claim: || ask("11"), outcomes: "A-", next: STOP, wanted: "stopped", after: "A." },
    Row { why: "surely not taken by this call, but by an earlier one perhaps", claim: || again("11"), outcomes: "A-", next: STOP, wanted: "stopped", after: "Ad" },
    Row { why: "a doubt that is answered is over", claim: || again("1"), outcomes: "A", next: STOP, wanted: "settled A", after: "A" },
    Row { why: "nothing new", claim: || ask("11"), outcomes: "..", next: STOP, wanted: "stopped", after: "ss" },
    Row { why: "the next window", claim: || window("1111", 2), outcomes: "AI..", next: ("0011", 2), wanted: "next AIss 0011", after: "AIss" },
    Row { why: "as much of it as there is room for", claim: || window("1111", 2), outcomes: "AI..", next: ("0011", 1), wanted: "next AIs. 0010", after: "AIs." },
    Row { why: "what has an outcome is in no window", claim: || window("1111", 2), outcomes: "AI..", next: ("1111", 4), wanted: "next AIss 0011", after: "AIss" },
    Row { why: "a doubt goes with it", claim: || doubted("1111", 2), outcomes: "AI..", next: ("0011", 2), wanted: "next AIDs 0011", after: "AIDs" },
    Row { why: "what was opened again may be in it", claim: || window("111", 1), outcomes: "-..", next: ("111", 3), wanted: "next sss 111", after: "sss" },
    Row { why: "the last window leaves none", claim: || ask("11"), outcomes: "AI", next: ("11", 2), wanted: "settled AI", after: "AI" },
];

fn window(left: &str, room: usize) -> ClaimRequest {
    ClaimRequest { room, ..ask(left) }
}

/// The third position is in doubt.
fn doubted(left: &str, room: usize) -> ClaimRequest {
    ClaimRequest { doubt: mask("0010"), ..window(left, room) }
}

#[tokio::test]
async fn outcomes_are_written_while_the_claim_is_ours() {
    for Row { why, claim, outcomes, next: (next, room), wanted, after } in OURS {
        let desk = Desk::new().await;
        let worker = desk.worker("w1");
        let mut ask = claim();
        ask.verified = desk.born().await;
        let left = ask.left.digits();
        let claim = taken(&worker, &ask).await;
        let answer = note_and_go_on(&worker, &left, &claim, outcomes, next, *room).await;
        let record = desk.look().await;
        assert_eq!((wrote(&answer).as_str(), record.states.as_str()), (*wanted, *after), "{why}");
        let held = matches!(answer, Recorded::Next(..));
        assert_eq!((record.owner == "w1", record.until > 0), (held, held), "{why}: given back unless there is more");
        assert_eq!((record.number, &record.stamp), (claim.number, &claim.stamp), "{why}");
    }
}

#[tokio::test]
async fn the_last_meta_stays_and_results_add_up() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let claim = taken(&worker, &window_of_two(&desk).await).await;
    note_and_go_on(&worker, "1111", &claim, "AI..", "0011", 2).await;
    note(&worker, "1111", &claim, "..RE").await;
    let settled = met(&worker, &again("1111")).await;
    assert_eq!((settled.meta.as_str(), settled.results.as_str()), ("meta", "A,I,R,E"));
}

async fn window_of_two(desk: &Desk) -> ClaimRequest {
    ClaimRequest { room: 2, ..first("1111", &desk.born().await) }
}

#[tokio::test]
async fn whoever_lost_its_claim_writes_nothing() {
    for (why, ask) in [("may double", again("11")), ("must not double", once(again("11")))] {
        let desk = Desk::new().await;
        let (late, other) = (desk.worker("late"), desk.worker("other"));
        let lost = taken(&late, &ask).await;
        desk.silence("late").await;
        let held = taken(&other, &ask).await;
        let before = desk.look().await;
        for outcomes in ["AI", "--"] {
            assert_eq!(wrote(&note(&late, "11", &lost, outcomes).await), "lost", "{why}: {outcomes}");
        }
        assert!(!late.fence(&message(), &lost).await.unwrap(), "{why}");
        assert_eq!(desk.look().await, before, "{why}");
        assert!(other.fence(&message(), &held).await.unwrap(), "{why}");
        assert_eq!(wrote(&note(&other, "11", &held, "RE").await), "settled RE", "{why}");
    }
}

#[tokio::test]
async fn a_claim_that_was_given_back_is_lost() {
    for outcomes in ["A.", "--"] {
        let desk = Desk::new().await;
        let worker = desk.worker("w1");
        let claim = taken(&worker, &first("11", &desk.born().await)).await;
        assert_eq!(wrote(&note(&worker, "11", &claim, outcomes).await), "stopped");
        let before = desk.look().await;
        assert!(!worker.fence(&message(), &claim).await.unwrap(), "{outcomes}");
        assert_eq!(wrote(&note(&worker, "11", &claim, "AI").await), "lost", "{outcomes}");
        assert_eq!(wrote(&reopen(&worker, "11", &claim).await), "lost", "{outcomes}");
        assert_eq!(desk.look().await, before, "{outcomes}: nothing more is written");
    }
}

#[tokio::test]
async fn giving_back_clears_only_what_was_surely_not_taken() {
    for (why, ask, kept) in [
        ("started by this claim alone", ask("11"), ".."),
        ("in doubt by the message", ClaimRequest { doubt: mask("10"), ..ask("11") }, "d."),
        ("ambiguous, and sent again", again("11"), "dd"),
        ("ambiguous, and in no window", once(again("11")), "DD"),
        ("not in the window", ClaimRequest { doubt: mask("01"), ..window("11", 1) }, ".d"),
    ] {
        let desk = Desk::new().await;
        let worker = desk.worker("w1");
        let ask = ClaimRequest { verified: desk.born().await, ..ask };
        let claim = taken(&worker, &ask).await;
        assert_eq!(wrote(&reopen(&worker, "11", &claim).await), "stopped", "{why}");
        let record = desk.look().await;
        assert_eq!((record.states.as_str(), record.owner.as_str(), record.until), (kept, "", 0), "{why}");
        // Nobody has to wait for the time of a claim that was given back.
        assert!(matches!(desk.worker("w2").claim(&ask).await.unwrap(), Claimed::Go(_)), "{why}");
    }
}

#[tokio::test]
async fn giving_back_a_later_window_leaves_the_outcomes() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let mut claim = taken(&worker, &window_of_two(&desk).await).await;
    let Recorded::Next(states, window) = note_and_go_on(&worker, "1111", &claim, "AI..", "0011", 2).await else {
        panic!("no next window")
    };
    (claim.states, claim.window) = (states, window);
    assert_eq!(wrote(&reopen(&worker, "1111", &claim).await), "stopped");
    let record = desk.look().await;
    assert_eq!((record.states.as_str(), record.results.as_str()), ("AI..", "A,I"));
}

#[tokio::test]
async fn the_fence_confirms_and_never_grants() {
    let desk = Desk::new().await;
    let worker = desk.worker_with("w1", OVER_AT_ONCE);
    let claim = taken(&worker, &again("1")).await;
    let until = desk.look().await.until;
    let lasting = desk.worker("w1");
    assert!(lasting.fence(&message(), &claim).await.unwrap(), "nobody else took it");
    assert!(desk.look().await.until > until, "it holds anew from now");
    assert!(!lasting.fence(&generation(1), &claim).await.unwrap(), "there is no such record");
    assert!(!desk.worker("w2").fence(&message(), &claim).await.unwrap(), "the number alone is not enough");
    let other = Claim { number: claim.number + 1, ..claim.clone() };
    assert!(!lasting.fence(&message(), &other).await.unwrap(), "another number");
    let other = Claim { stamp: "1:earlier".to_owned(), ..claim.clone() };
    assert!(!lasting.fence(&message(), &other).await.unwrap(), "another birth");
    assert_eq!(desk.keys().await.iter().filter(|key| key.contains(":claims:")).count(), 1, "and it wrote nothing");
    desk.reborn().await;
    assert!(!lasting.fence(&message(), &claim).await.unwrap(), "the store was born after it");
}

#[tokio::test]
async fn outcomes_are_written_where_there_is_no_claim() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let claim = taken(&worker, &again("11")).await;
    desk.wipe().await;
    assert_eq!(wrote(&note(&worker, "11", &claim, "AI").await), "settled AI", "all that is left is to publish");
    assert_eq!(desk.look().await.stamp, claim.stamp, "with the stamp of the claim");
    assert_eq!(said(&worker.claim(&again("11")).await.unwrap()), "settled AI");
}

#[tokio::test]
async fn a_record_weaker_than_the_store_gets_no_next_window() {
    for (why, kept) in [("its record is gone", false), ("the store restarted and kept it", true)] {
        let desk = Desk::new().await;
        let worker = desk.worker("w1");
        let claim = taken(&worker, &window_of_two(&desk).await).await;
        if kept {
            desk.reborn().await;
        } else {
            desk.wipe().await;
        }
        let answer = note_and_go_on(&worker, "1111", &claim, "AI..", "0011", 2).await;
        assert_eq!(wrote(&answer), "again", "{why}");
        let record = desk.look().await;
        assert_eq!((record.states.as_str(), record.owner.as_str()), ("AI..", ""), "{why}: written and given back");
        let claim = taken(&worker, &once(again("1111"))).await;
        assert_eq!(told(&claim), "AIDD 0011 0000", "{why}: the rest is ambiguous");
    }
}

#[tokio::test]
async fn without_a_claim_outcomes_are_written_once() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let unclaimed = Claim {
        number: 0,
        stamp: String::new(),
        ..taken(&worker, &ClaimRequest { key: generation(7), ..again("11") }).await
    };
    desk.wipe().await;
    assert_eq!(wrote(&note(&worker, "11", &unclaimed, "A.").await), "again");
    assert_eq!(wrote(&note(&worker, "11", &unclaimed, "AI").await), "lost");
    assert_eq!(told(&taken(&worker, &again("11")).await), "AD 01 01");
}

#[tokio::test]
async fn writing_twice_what_may_have_been_written_does_no_harm() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let claim = taken(&worker, &window_of_two(&desk).await).await;
    for _ in 0..2 {
        let answer = note_and_go_on(&worker, "1111", &claim, "AI..", "0011", 2).await;
        assert_eq!(wrote(&answer), "next AIss 0011");
    }
    assert_eq!(wrote(&note(&worker, "1111", &claim, "..RE").await), "settled AIRE");
    assert_eq!(wrote(&note(&worker, "1111", &claim, "..RE").await), "lost", "whoever sees this claims anew");
    assert_eq!(said(&worker.claim(&again("1111")).await.unwrap()), "settled AIRE");
}

#[tokio::test]
async fn shrinking_keeps_that_there_is_an_outcome() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let claim = taken(&worker, &again("111")).await;
    note(&worker, "111", &claim, "AI.").await;
    worker.shrink(&[(message(), mask("100"))]).await.unwrap();
    let record = desk.look().await;
    assert_eq!((record.states.as_str(), record.results.as_str()), ("xID", "A,I"), "the second was not published yet");
    worker.shrink(&[(message(), mask("111")), (generation(1), mask("1"))]).await.unwrap();
    let record = desk.look().await;
    assert_eq!((record.states.as_str(), record.meta.as_str(), record.results.as_str()), ("xxD", "", ""));
    assert_eq!(met(&worker, &again("110")).await.states.as_str(), "xxD");
    assert_eq!(told(&taken(&worker, &again("111")).await), "xxD 001 001", "what has none is still to be sent");
}

#[tokio::test]
async fn many_messages_are_shrunk_in_one_step() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let mut messages = Vec::new();
    for n in 0..20 {
        let key = ClaimKey::new("chat", &format!("job-{n}"), 0);
        let claim = taken(&worker, &ClaimRequest { key: key.clone(), ..again("11") }).await;
        note_as(&worker, &key, "11", &claim, "AR", "", 0).await;
        messages.push((key, mask(if n % 2 == 0 { "11" } else { "01" })));
    }
    worker.shrink(&messages).await.unwrap();
    for (key, of) in messages {
        let settled = met(&worker, &ClaimRequest { key: key.clone(), ..again("11") }).await;
        let wanted = if of.has(0) { ("xx", "") } else { ("Ax", "A,R") };
        assert_eq!((settled.states.as_str(), settled.results.as_str()), wanted, "{key:?}");
    }
}

#[tokio::test]
async fn a_repeat_with_other_targets_takes_nothing_from_the_record() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let claim = taken(&worker, &again("1111")).await;
    note(&worker, "1111", &claim, "A.IR").await;
    // A producer's mistake: the id comes again with two targets.
    let shorter = taken(&worker, &again("11")).await;
    assert_eq!(told(&shorter), "ADIR 01 01");
    note(&worker, "11", &shorter, ".-").await;
    assert_eq!(desk.look().await.states, "AdIR");
    assert_eq!(said(&worker.claim(&again("1111")).await.unwrap()), "go ADIR 0000 0100");
    // Of a target that the first did not have nothing is known, and nothing is sent: the id was used already.
    assert_eq!(said(&desk.worker("w2").claim(&again("00001")).await.unwrap()), "settled ADIR");
}
