//! Who gets a claim, and what is ambiguous in it.

use std::time::Duration;

use push_contract::Timestamp;
use push_worker::claims::{ClaimRequest, ClaimTimes, Claimed};

use crate::{
    desk::{Desk, TIMES, again, ask, first, mask, message, met, note, note_as, once, said, taken},
    planted::Held::{self, Asker, Dead, Free, Living, Over},
};

/// A record of these states, held so, from this birth or an earlier one; what is asked; the answer: what, states,
/// ambiguous positions, positions to send.
type Row = (&'static str, (&'static str, Held, bool), fn() -> ClaimRequest, &'static str);

const NOW: bool = false;
const EARLIER: bool = true;

fn room(room: usize, ask: ClaimRequest) -> ClaimRequest {
    ClaimRequest { room, ..ask }
}

fn send(digits: &str, ask: ClaimRequest) -> ClaimRequest {
    ClaimRequest { send: mask(digits), ..ask }
}

fn doubt(digits: &str, ask: ClaimRequest) -> ClaimRequest {
    ClaimRequest { doubt: mask(digits), ..ask }
}

#[rustfmt::skip]
const FOUND: &[Row] = &[
    ("every position has an outcome", ("AI", Free, NOW), || ask("11"), "settled AI"),
    ("a repetition is an outcome of this generation", ("rq", Free, NOW), || ask("11"), "settled rq"),
    ("what was published and shrunk too", ("xA", Free, NOW), || ask("11"), "settled xA"),
    ("settled is asked for this message's positions", ("A.", Free, NOW), || ask("10"), "settled A."),
    ("one more position of this message is open", ("A.", Free, NOW), || ask("11"), "go As 00 01"),
    ("a mark for the other positions says nothing about this one", ("x.", Free, NOW), || again("01"), "go xs 00 01"),
    ("settled is settled, whoever holds the rest", ("A.", Living, NOW), || ask("10"), "settled A."),
    ("settled is settled, whatever the store has lost", ("A", Free, EARLIER), || again("1"), "settled A"),
    ("a living worker has it", ("s.", Living, NOW), || again("11"), "busy"),
    ("a living worker has it, also for a class that may repeat nothing", ("s.", Living, NOW), || once(again("11")), "busy"),
    ("a worker meets itself", ("s.", Asker, NOW), || again("11"), "busy"),
    ("a claim of an earlier birth is still its living owner's", ("s.", Living, EARLIER), || again("11"), "busy"),
    ("the claim's time is up", ("s.", Over, NOW), || again("11"), "go Ds 10 11"),
    ("its owner is dead", ("s.", Dead, NOW), || again("11"), "go Ds 10 11"),
    ("what was started may not double", ("s.", Dead, NOW), || once(again("11")), "go Ds 10 01"),
    ("what was started in doubt may not double either", ("D.", Dead, NOW), || once(again("11")), "go Ds 10 01"),
    ("given back, nothing was started", ("..", Free, NOW), || once(again("11")), "go ss 00 11"),
    ("a record of now proves that what is not started was never sent", ("..", Dead, NOW), || once(again("11")), "go ss 00 11"),
    ("an old doubt is no start: the generation before was repeated", ("d.", Free, NOW), || ask("11"), "go Ds 00 11"),
    ("an old doubt stays where nothing is sent", ("d.", Free, NOW), || send("00", ask("11")), "go d. 00 00"),
    ("the message's doubt joins the record's", ("..d", Free, NOW), || doubt("100", ask("111")), "go DsD 000 111"),
    ("a record of an earlier birth may lack the last starts", ("..", Free, EARLIER), || ask("11"), "go DD 11 11"),
    ("they may not double", ("..", Free, EARLIER), || once(ask("11")), "go DD 11 00"),
    ("outcomes of an earlier birth are believed", ("A.", Free, EARLIER), || once(ask("11")), "go AD 01 00"),
    ("positions of other messages are left alone", ("s..", Dead, NOW), || ask("010"), "go ss. 000 010"),
    ("no more than there is room for", ("....", Free, NOW), || room(2, ask("1111")), "go ss.. 0000 1100"),
    ("room for none", ("..", Free, NOW), || room(0, ask("11")), "go .. 00 00"),
    ("what may not be sent takes no room", ("s...", Dead, NOW), || room(2, once(ask("1111"))), "go Dss. 1000 0110"),
    ("what is settled takes no room", ("A...", Free, NOW), || room(2, ask("1111")), "go Ass. 0000 0110"),
    ("only what is to be sent is started", ("....", Free, NOW), || send("0101", ask("1111")), "go .s.s 0000 0101"),
    ("nothing to send: the claim is taken all the same, to record through", ("s.", Dead, NOW), || send("00", again("11")), "go D. 10 00"),
];

#[tokio::test]
async fn a_record_answers_for_its_message() {
    for (why, (states, held, earlier), ask, wanted) in FOUND {
        let desk = Desk::new().await;
        desk.plant(&message(), states, *held, *earlier).await;
        let answer = desk.worker("asker").claim(&ask()).await.unwrap();
        assert_eq!(said(&answer), *wanted, "{why}");
        if let Claimed::Go(claim) = answer {
            let record = desk.look().await;
            assert_eq!(record.owner, "asker", "{why}");
            assert_eq!(record.states, claim.states.as_str(), "{why}: what is answered is what is written");
            assert_eq!((record.number, record.stamp), (claim.number, desk.born().await), "{why}");
        }
    }
}

/// How old the store is, how long ago the job was created, what is asked with the store's birth at hand, the answer.
type Absent = (&'static str, u64, u64, fn(&str) -> ClaimRequest, &'static str);

const YOUNG: u64 = 0;

#[rustfmt::skip]
const ABSENT: &[Absent] = &[
    ("a first delivery on a channel of which nothing is known", YOUNG, 5, |_| ask("1"), "verify"),
    ("a first delivery on a channel that answered since the birth", YOUNG, 5, |birth| first("1", birth), "go s 0 1"),
    ("a channel that answered before the birth", YOUNG, 5, |_| first("1", "1:earlier"), "verify"),
    ("that must not double as well", YOUNG, 5, |birth| once(first("1", birth)), "go s 0 1"),
    ("marked: by the broker or by its headers", YOUNG, 5, |birth| ClaimRequest { marked: true, ..first("1", birth) }, "go D 1 1"),
    ("marked, and must not double", YOUNG, 5, |birth| once(ClaimRequest { marked: true, ..first("1", birth) }), "go D 1 0"),
    ("the store is 60 s older than the job", 90, 5, |_| once(again("1")), "go s 0 1"),
    ("the store is older, but not by 60 s", 60, 5, |_| once(again("1")), "go D 1 0"),
    ("the same without a mark", 60, 5, |_| once(ask("1")), "verify"),
    ("the store is older, but so is the job than the window", 100 * 3600, 7 * 3600, |_| once(again("1")), "go D 1 0"),
    ("an old job without a mark", 100 * 3600, 7 * 3600, |_| ask("1"), "verify"),
    ("an old job on a channel that answered", 100 * 3600, 7 * 3600, |birth| once(first("1", birth)), "go s 0 1"),
    ("nothing is known of the past: all positions", YOUNG, 5, |_| once(again("1101")), "go DD.D 1101 0000"),
    ("a doubt of the message stays", YOUNG, 5, |birth| doubt("10", first("11", birth)), "go Ds 00 11"),
];

async fn absent(rows: &[Absent], times: ClaimTimes) {
    for (why, store_age_s, job_age_s, ask, wanted) in rows {
        let desk = Desk::new().await;
        let birth = desk.age(Duration::from_secs(*store_age_s)).await;
        let created_ms = Timestamp::now().as_millis() - i64::try_from(job_age_s * 1000).unwrap();
        let worker = desk.worker_with("asker", times);
        let answer = worker.claim(&ClaimRequest { created_ms, ..ask(&birth) }).await.unwrap();
        assert_eq!(said(&answer), *wanted, "{why}");
        if let Claimed::Verify(since) = &answer {
            assert_eq!(*since, birth, "{why}");
            assert!(desk.buckets().await.is_empty(), "{why}: nothing is written before the channel has answered");
        }
    }
}

#[tokio::test]
async fn without_a_record_only_the_past_can_prove_that_nothing_was_sent() {
    absent(ABSENT, TIMES).await;
}

#[tokio::test]
async fn strict_believes_the_stores_age_alone() {
    #[rustfmt::skip]
    let rows: &[Absent] = &[
        ("a channel that answered proves nothing", YOUNG, 5, |birth| once(first("1", birth)), "go D 1 0"),
        ("what may repeat is sent", YOUNG, 5, |birth| first("1", birth), "go D 1 1"),
        ("the store's age does", 90, 5, |_| once(ask("1")), "go s 0 1"),
    ];
    absent(rows, ClaimTimes { strict: true, ..TIMES }).await;
}

#[tokio::test]
async fn a_verified_channel_gets_what_it_asked_for() {
    let desk = Desk::new().await;
    let worker = desk.worker("asker");
    let Claimed::Verify(birth) = worker.claim(&once(ask("11"))).await.unwrap() else { panic!("not asked to verify") };
    let claim = taken(&worker, &once(first("11", &birth))).await;
    assert_eq!((claim.window.digits(), claim.stamp), ("11".to_owned(), birth));
}

#[tokio::test]
async fn what_is_ambiguous_stays_so_until_it_has_an_outcome() {
    let desk = Desk::new().await;
    for worker in ["w1", "w2", "w3"] {
        let claim = taken(&desk.worker(worker), &once(again("11"))).await;
        assert_eq!((claim.ambiguous.digits(), claim.window.is_empty()), ("11".to_owned(), true), "{worker}");
        desk.silence(worker).await;
    }
    let c = desk.worker("w4");
    let claim = taken(&c, &once(again("11"))).await;
    note(&c, "11", &claim, "U.").await;
    let claim = taken(&c, &once(again("11"))).await;
    assert_eq!((claim.ambiguous.digits(), claim.states.as_str()), ("01".to_owned(), "UD"));
}

#[tokio::test]
async fn every_claim_has_a_number_of_its_own() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let mut last = 0;
    for id in 0..5 {
        let mut other = again("1");
        other.key = push_worker::claims::ClaimKey::new("chat", &format!("job-{}", id % 2), 0);
        let claim = taken(&worker, &other).await;
        assert!(claim.number > last);
        last = claim.number;
        note_as(&worker, &other.key, "1", &claim, "-", "", 0).await;
    }
}

#[tokio::test]
async fn apps_ids_and_generations_have_records_of_their_own() {
    let desk = Desk::new().await;
    let worker = desk.worker("w1");
    let birth = desk.born().await;
    let claim = taken(&worker, &first("1", &birth)).await;
    note(&worker, "1", &claim, "A").await;
    for (app, id, generation) in [("shop", "job-1", 0), ("chat", "job-2", 0), ("chat", "job-1", 1)] {
        let key = push_worker::claims::ClaimKey::new(app, id, generation);
        let other = ClaimRequest { key, ..first("1", &birth) };
        assert_eq!(taken(&worker, &other).await.window.digits(), "1", "{app} {id} {generation}");
    }
    assert_eq!(met(&worker, &ask("1")).await.states.as_str(), "A");
}
