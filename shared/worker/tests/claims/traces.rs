//! The traces of the checked model: for every rule that was left out there, the shortest way to break a promise. Here
//! each is walked with the rule in place, and ends where the promise holds. `A` and `B` are two workers, `t0` and `t1`
//! the targets; marketing must not double, chat may. Worker and broker are the test's own words, the store is real.

use push_contract::Timestamp;
use push_worker::claims::{Claim, ClaimRequest, ClaimTimes, Claimed, Claims};

use crate::desk::{
    Desk, TIMES, again, ask, first, generation, mask, message, met, note, note_as, once, reopen, said, taken, told,
    wrote,
};

/// A message of a later generation.
fn copy(generation_: u32, ask: ClaimRequest) -> ClaimRequest {
    ClaimRequest { key: generation(generation_), ..ask }
}

/// Nothing of it is sent any more: its time is over.
fn over(ask: ClaimRequest) -> ClaimRequest {
    ClaimRequest { send: mask(&"0".repeat(ask.left.digits().len())), ..ask }
}

/// `receives gen 0 {..}`, `claim gen 0: no claim, proof of never sent`: the first delivery, on a channel that answered.
async fn claims_first(desk: &Desk, worker: &Claims, left: &str) -> Claim {
    let claim = taken(worker, &once(first(left, &desk.born().await))).await;
    assert_eq!((claim.ambiguous.is_empty(), claim.window.digits().as_str()), (true, left));
    claim
}

/// A, B.
fn workers(desk: &Desk) -> (Claims, Claims) {
    (desk.worker("A"), desk.worker("B"))
}

/// Rule `verdict`: an outcome without sending is recorded through a claim, too.
#[tokio::test]
async fn an_expired_repeat_meets_the_record() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let claim = claims_first(&desk, &a, "1").await;
    assert_eq!(wrote(&note(&a, "1", &claim, "A").await), "settled A");
    // The job's time passes, the producer publishes it again: B learns `accepted` and has no `expired` to tell.
    assert_eq!(said(&b.claim(&over(once(ask("1")))).await.unwrap()), "settled A");
}

/// Rule `verdict`, after a crash: what was started is not expired but unknown.
#[tokio::test]
async fn what_was_on_the_wire_at_a_crash_is_ambiguous_also_past_its_time() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    claims_first(&desk, &a, "1").await;
    desk.silence("A").await;
    assert_eq!(told(&taken(&b, &over(once(again("1")))).await), "D 1 0");
}

/// Rule `busygen`: a busy copy keeps its generation, so that it meets the claim it waited for.
#[tokio::test]
async fn a_busy_copy_meets_the_claim_that_it_waited_for() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let claim = claims_first(&desk, &a, "1").await;
    let repeat = once(ask("1"));
    assert_eq!(said(&b.claim(&repeat).await.unwrap()), "busy");
    assert_eq!(wrote(&note(&a, "1", &claim, "A").await), "settled A");
    assert_eq!(said(&b.claim(&ClaimRequest { marked: true, ..repeat }).await.unwrap()), "settled A");
}

/// Rule `until`: what was dropped before its bytes does not wait for a living owner.
#[tokio::test]
async fn a_claim_that_was_dropped_blocks_nobody() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let claim = claims_first(&desk, &a, "1").await;
    assert_eq!(wrote(&reopen(&a, "1", &claim).await), "stopped");
    assert_eq!(told(&taken(&b, &once(again("1"))).await), "s 0 1", "and it was surely never sent");
    // Also without a word: a claim ends while its owner lives on.
    let desk = Desk::new().await;
    let brief = desk.worker_with("A", ClaimTimes { hold: std::time::Duration::ZERO, ..TIMES });
    claims_first(&desk, &brief, "1").await;
    assert_eq!(told(&taken(&desk.worker("B"), &once(again("1"))).await), "D 1 0");
}

/// Rules `fence` and `absent`: the store is emptied before the bytes, or between the answer and the record.
#[tokio::test]
async fn an_emptied_store_neither_grants_nor_forgets_what_was_answered() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let claim = claims_first(&desk, &a, "1").await;
    desk.wipe().await;
    assert!(!a.fence(&message(), &claim).await.unwrap(), "it only confirms");
    assert_eq!(told(&taken(&a, &once(again("1"))).await), "D 1 0", "whoever lost its claim counts as redelivered");

    let desk = Desk::new().await;
    let a = desk.worker("A");
    let claim = claims_first(&desk, &a, "1").await;
    desk.wipe().await;
    assert_eq!(wrote(&note(&a, "1", &claim, "A").await), "settled A");
    assert_eq!(said(&desk.worker("B").claim(&once(again("1"))).await.unwrap()), "settled A");
    drop(b);
}

/// Rule `channel`: a delivery that looks like a first one, from a channel that is gone.
#[tokio::test]
async fn a_first_delivery_proves_nothing_until_its_channel_has_answered() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    // A received it, its connection was lost, the broker gave it to B, who settled it; then the store was emptied.
    let before = desk.born().await;
    let claim = taken(&b, &once(again("1"))).await;
    note(&b, "1", &claim, "U").await;
    desk.wipe().await;
    for verified in [String::new(), before] {
        let answer = a.claim(&once(ClaimRequest { verified, ..ask("1") })).await.unwrap();
        let Claimed::Verify(birth) = answer else { panic!("A must ask its channel, which is gone: {answer:?}") };
        assert_eq!(birth, desk.born().await);
    }
}

/// Rule `again`: what is published because of a redelivered message counts as redelivered, so that no record proves
/// nothing about it.
#[tokio::test]
async fn a_copy_of_a_redelivered_message_is_no_first_delivery() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let claim = claims_first(&desk, &a, "1").await;
    note(&a, "1", &claim, "r").await;
    // The copy was sent and settled; A crashed before its acknowledgement and publishes the copy again.
    let sent = taken(&b, &copy(1, once(first("1", &desk.born().await)))).await;
    assert_eq!(wrote(&note_as(&b, &generation(1), "1", &sent, "A", "", 0).await), "settled A");
    b.shrink(&[(generation(1), mask("1"))]).await.unwrap();
    desk.silence("A").await;
    assert_eq!(said(&desk.worker("A2").claim(&once(again("1"))).await.unwrap()), "settled r");
    desk.wipe().await;
    assert_eq!(told(&taken(&b, &copy(1, once(again("1")))).await), "D 1 0");
}

/// Rule `replay`: a replayed message keeps its generation and meets what was done about it.
#[tokio::test]
async fn a_replayed_message_meets_its_record() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    claims_first(&desk, &a, "1").await;
    desk.silence("A").await;
    assert_eq!(told(&taken(&b, &once(again("1"))).await), "D 1 0", "parked after a crash: perhaps taken");

    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let claim = claims_first(&desk, &a, "1").await;
    note(&a, "1", &claim, "r").await;
    let settled = met(&b, &once(again("1"))).await;
    assert_eq!(settled.states.repeated(&mask("1")).digits(), "1", "parked before its copy went out: it goes now");
    assert_eq!(settled.meta, "meta");
}

/// Rule `stamp`: the store comes back without its last writes.
#[tokio::test]
async fn a_record_from_before_the_birth_may_lack_what_was_started() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let one = ClaimRequest { room: 1, ..once(first("11", &desk.born().await)) };
    assert_eq!(taken(&a, &one).await.window.digits(), "10");
    desk.silence("A").await;
    let kept = desk.look().await;
    let claim = taken(&b, &ClaimRequest { room: 1, ..once(again("11")) }).await;
    assert_eq!(told(&claim), "Ds 10 01");
    desk.write(&kept).await;
    desk.reborn().await;
    assert_eq!(wrote(&note(&b, "11", &claim, ".A").await), "lost", "nothing of it can be written");
    assert_eq!(told(&taken(&b, &once(again("11"))).await), "DD 11 00", "t1 is not sent again");
}

/// Rule `cover`: a copy for t1 was settled; a later copy of the same generation also speaks of t0.
#[tokio::test]
async fn settled_is_asked_for_the_positions_of_this_message() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let birth = desk.born().await;
    let claim = taken(&a, &first("11", &birth)).await;
    note(&a, "11", &claim, "Ar").await;
    let claim = taken(&b, &copy(1, first("01", &birth))).await;
    note_as(&b, &generation(1), "01", &claim, ".A", "", 0).await;
    b.shrink(&[(generation(1), mask("01"))]).await.unwrap();
    // After a loss of generation 0 both were sent again, both were refused for now: a copy for both.
    assert_eq!(told(&taken(&b, &copy(1, again("11"))).await), "sx 00 10");
}

/// Rule `doubt`: the first answer was lost; the copy's time passes before it is sent.
#[tokio::test]
async fn a_doubt_goes_with_the_copy() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    let birth = desk.born().await;
    let claim = taken(&a, &first("1", &birth)).await;
    note(&a, "1", &claim, "q").await;
    let settled = met(&a, &again("1")).await;
    let doubt = settled.states.doubt_of(&settled.states.repeated(&mask("1")));
    assert_eq!(doubt.digits(), "1", "the copy carries it");
    let claim = taken(&b, &over(copy(1, ClaimRequest { doubt, ..first("1", &birth) }))).await;
    assert!(claim.states.in_doubt(0), "not expired but unknown: {}", told(&claim));
}

/// What remains with all rules: the message existed twice and the store lost its data in between. Strict closes it.
#[tokio::test]
async fn only_strict_saves_a_message_that_existed_twice() {
    for strict in [false, true] {
        let desk = Desk::new().await;
        let times = ClaimTimes { strict, ..TIMES };
        let (a, b) = (desk.worker_with("A", times), desk.worker_with("B", times));
        let born_long_before = desk.age(std::time::Duration::from_secs(3600)).await;
        let claim = taken(&a, &once(first("1", &born_long_before))).await;
        assert_eq!(claim.window.digits(), "1", "an old store proves it, strict or not");
        desk.wipe().await;
        let now = desk.born().await;
        let repeat = ClaimRequest { created_ms: Timestamp::now().as_millis(), ..once(first("1", &now)) };
        let sent_again = taken(&b, &repeat).await.window.digits();
        assert_eq!(sent_again, if strict { "0" } else { "1" });
        drop(claim);
    }
}

/// Chat after a crash: sent again, and said to be in doubt.
#[tokio::test]
async fn what_may_double_is_sent_again_in_doubt() {
    let desk = Desk::new().await;
    let (a, b) = workers(&desk);
    taken(&a, &first("1", &desk.born().await)).await;
    desk.silence("A").await;
    assert_eq!(told(&taken(&b, &again("1")).await), "D 1 1");
}
