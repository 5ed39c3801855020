//! Two workers and a few messages, in any order of steps: the store of a fleet and the store of a worker that runs alone
//! give the same answers. Time and heartbeats are left out; in a process that is its own store all its deliveries live.

use std::time::Duration;

use proptest::{prelude::*, test_runner::Config};
use push_contract::{Mask, Timestamp};
use push_worker::claims::{Claim, ClaimKey, ClaimRequest, ClaimTimes, Claims, MemoryStore, Record, States};
use tokio::runtime::Runtime;

use crate::desk::{Desk, TIMES, said, wrote};

const TARGETS: usize = 3;
const MESSAGES: usize = 2;

/// A set of positions.
fn positions() -> impl Strategy<Value = Mask> {
    prop::collection::vec(any::<bool>(), TARGETS)
        .prop_map(|bits| Mask::of(bits.len(), bits.iter().enumerate().filter_map(|(n, bit)| bit.then_some(n))))
}

fn some_positions() -> impl Strategy<Value = Mask> {
    positions().prop_filter("a message is about something", |mask| !mask.is_empty())
}

fn outcomes() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!['.', '.', '-', '-', 'A', 'U', 'r', 'q']), TARGETS)
        .prop_map(|letters| letters.into_iter().collect())
}

/// What a worker may do. A claim is named by how long ago it was taken.
#[derive(Debug, Clone)]
enum Step {
    Claim { worker: usize, message: usize, left: Mask, doubt: Mask, send: Mask, how: How, room: usize },
    Fence { claim: usize },
    Record { claim: usize, unclaimed: bool, left: Mask, outcomes: String, results: String, next: Mask, room: usize },
    Shrink { worker: usize, message: usize, of: Mask },
}

#[derive(Debug, Clone, Copy)]
struct How {
    marked: bool,
    verified: bool,
    repeatable: bool,
    /// Created a minute after the store was born, so that the store's age proves that it knows the job's past.
    young: bool,
}

fn how() -> impl Strategy<Value = How> {
    (any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.2))
        .prop_map(|(marked, verified, repeatable, young)| How { marked, verified, repeatable, young })
}

fn step() -> impl Strategy<Value = Step> {
    let (worker, message, claim, room) = (0..2_usize, 0..MESSAGES, 0..3_usize, 0..=TARGETS);
    let results = prop::sample::select(vec!["", "1", "2"]).prop_map(str::to_owned);
    prop_oneof![
        4 => (worker.clone(), message.clone(), some_positions(), positions(), positions(), how(), room.clone()).prop_map(
            |(worker, message, left, doubt, send, how, room)| Step::Claim { worker, message, left, doubt, send, how, room }
        ),
        1 => claim.clone().prop_map(|claim| Step::Fence { claim }),
        4 => (claim, prop::bool::weighted(0.1), some_positions(), outcomes(), results, positions(), room).prop_map(
            |(claim, unclaimed, left, outcomes, results, next, room)| {
                Step::Record { claim, unclaimed, left, outcomes, results, next, room }
            }
        ),
        1 => (worker, message, positions()).prop_map(|(worker, message, of)| Step::Shrink { worker, message, of }),
    ]
}

/// One of the two stores, with the claims that were taken there.
struct Store {
    workers: Vec<Claims>,
    birth: String,
    taken: Vec<(usize, ClaimKey, Claim)>,
}

impl Store {
    fn worker(&self, n: usize) -> &Claims {
        &self.workers[n % self.workers.len()]
    }

    fn claim(&mut self, ago: usize) -> Option<&mut (usize, ClaimKey, Claim)> {
        let at = self.taken.len().checked_sub(ago + 1)?;
        self.taken.get_mut(at)
    }

    /// Does the step; the answer in words, without what differs by nature: numbers and births.
    async fn take(&mut self, step: &Step) -> String {
        match step {
            Step::Claim { worker, message, left, doubt, send, how, room } => {
                let created = Timestamp::now().as_millis() + if how.young { 120_000 } else { 0 };
                let key = ClaimKey::new("chat", &format!("job-{message}"), 0);
                let ask = ClaimRequest {
                    key: key.clone(),
                    left: left.clone(),
                    doubt: doubt.clone(),
                    marked: how.marked,
                    verified: if how.verified { self.birth.clone() } else { String::new() },
                    created_ms: created,
                    repeatable: how.repeatable,
                    send: send.clone(),
                    room: *room,
                    delivery: 0,
                };
                let answer = self.worker(*worker).claim(&ask).await.unwrap();
                let mut text = said(&answer);
                match answer {
                    push_worker::claims::Claimed::Go(claim) => self.taken.push((*worker, key, claim)),
                    push_worker::claims::Claimed::Settled(settled) => {
                        text = format!("{text} {} [{}]", settled.meta, settled.results);
                    }
                    _ => {}
                }
                text
            }
            Step::Fence { claim } => {
                let Some((worker, key, claim)) = self.claim(*claim).cloned() else { return String::new() };
                self.worker(worker).fence(&key, &claim).await.unwrap().to_string()
            }
            Step::Record { claim, unclaimed, left, outcomes, results, next, room } => {
                let Some((worker, mut key, taken)) = self.claim(*claim).cloned() else { return String::new() };
                if *unclaimed {
                    // Sent while the store was away: of a message that nobody claimed.
                    key = ClaimKey::new("chat", &format!("job-{claim}"), 1);
                }
                let answer = {
                    let record = Record {
                        key: &key,
                        left,
                        number: if *unclaimed { 0 } else { taken.number },
                        stamp: if *unclaimed { "" } else { &taken.stamp },
                        outcomes: &States::read(outcomes),
                        meta: outcomes,
                        results,
                        next,
                        room: *room,
                        delivery: 0,
                    };
                    self.worker(worker).record(&record).await.unwrap()
                };
                let mut text = wrote(&answer);
                match answer {
                    push_worker::claims::Recorded::Next(states, window) => {
                        if let Some((_, _, held)) = self.claim(*claim) {
                            (held.states, held.window) = (states, window);
                        }
                    }
                    push_worker::claims::Recorded::Settled(settled) => {
                        text = format!("{text} {} [{}]", settled.meta, settled.results);
                    }
                    _ => {}
                }
                text
            }
            Step::Shrink { worker, message, of } => {
                let key = ClaimKey::new("chat", &format!("job-{message}"), 0);
                self.worker(*worker).shrink(&[(key, of.clone())]).await.unwrap();
                String::new()
            }
        }
    }
}

async fn same_answers(times: ClaimTimes, steps: &[Step]) -> Result<(), TestCaseError> {
    let desk = Desk::new().await;
    let mut fleet = Store {
        workers: vec![desk.worker_with("w1", times), desk.worker_with("w2", times)],
        birth: desk.born().await,
        taken: Vec::new(),
    };
    let memory = MemoryStore::new(times);
    let birth = memory.birth().to_owned();
    let mut alone = Store { workers: vec![Claims::Memory(Box::new(memory))], birth, taken: Vec::new() };
    for (n, step) in steps.iter().enumerate() {
        let (one, other) = (fleet.take(step).await, alone.take(step).await);
        prop_assert_eq!(&one, &other, "step {}: {:?}; Redis left, the process right", n, step);
    }
    // What neither said so far: what is left of every record.
    for message in 0..MESSAGES {
        let how = How { marked: true, verified: false, repeatable: true, young: false };
        let all = Mask::all(TARGETS);
        let (left, send, doubt) = (all.clone(), Mask::none(TARGETS), Mask::none(TARGETS));
        let step = Step::Claim { worker: 0, message, left, doubt, send, how, room: TARGETS };
        prop_assert_eq!(fleet.take(&step).await, alone.take(&step).await, "at last, message {}", message);
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: Config::default().cases.max(400), failure_persistence: None, ..Config::default() })]

    #[test]
    fn both_stores_give_the_same_answers(
        steps in prop::collection::vec(step(), 1..25),
        strict in prop::bool::weighted(0.2),
        over_at_once in any::<bool>(),
    ) {
        let hold = if over_at_once { Duration::ZERO } else { TIMES.hold };
        let runtime = Runtime::new().unwrap();
        runtime.block_on(same_answers(ClaimTimes { strict, hold, ..TIMES }, &steps))?;
    }
}
