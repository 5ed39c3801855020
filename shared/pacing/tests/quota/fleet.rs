//! Never more than the limit on any of the vendor's days, with processes that die, give back, and lose the store. Time is
//! virtual.

use std::collections::BTreeMap;

use proptest::prelude::*;
use push_pacing::{Draw, Drawn, Ledger, Purse, QuotaRules};

const DAY_MS: i64 = 86_400_000;
const START_MS: i64 = 20_700 * DAY_MS;

/// What happens next, to whom.
#[derive(Debug, Clone)]
enum Event {
    /// A job of so many targets; whether the vendor surely did not count it.
    Job {
        who: usize,
        lane: usize,
        targets: u32,
        refunded: bool,
    },
    /// The answer of the ledger is lost.
    Unheard {
        who: usize,
        lane: usize,
    },
    Crash {
        who: usize,
    },
    /// The store comes back empty.
    Lost,
    Later {
        ms: i64,
    },
}

fn event() -> impl Strategy<Value = Event> {
    let who = || 0..6_usize;
    prop_oneof![
        40 => (who(), 0..3_usize, prop_oneof![5 => Just(1_u32), 1 => 1..40_u32], prop::bool::weighted(0.1))
            .prop_map(|(who, lane, targets, refunded)| Event::Job { who, lane, targets, refunded }),
        2 => (who(), 0..3_usize).prop_map(|(who, lane)| Event::Unheard { who, lane }),
        1 => who().prop_map(|who| Event::Crash { who }),
        1 => Just(Event::Lost),
        1 => (0..DAY_MS / 3).prop_map(|ms| Event::Later { ms }),
    ]
}

struct Process {
    name: String,
    purse: Purse,
}

fn ask(process: &mut Process, rules: &QuotaRules, lane: usize, targets: u32, now: i64) -> Draw {
    process.purse.draw(rules, lane, targets, 6, &process.name, now)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn never_more_than_the_limit_on_any_day(limit in 1..600_u64, events in prop::collection::vec(event(), 1..1500)) {
        let rules = QuotaRules { limit, ceilings: [1.0, 0.95, 0.8], offset_ms: 8 * 3_600_000 };
        let (mut ledger, mut now) = (Ledger::default(), START_MS);
        let mut fleet: Vec<Process> = (0..6).map(|n| Process { name: format!("w-{n}"), purse: Purse::default() }).collect();
        let mut counted: BTreeMap<i64, u64> = BTreeMap::new();
        let mut crashed = 0;
        // Whoever died takes with it what an empty store could be told: then the vendor's own answer is the guard.
        let mut blind = false;
        for event in events {
            match event {
                Event::Job { who, lane, targets, refunded } => {
                    let process = &mut fleet[who];
                    if process.purse.at_hand(&rules, lane, now) < targets {
                        let draw = ask(process, &rules, lane, targets, now);
                        let drawn: Drawn = ledger.draw(&rules, &draw, now);
                        process.purse.drawn(&draw, &drawn);
                    }
                    let slip = process.purse.take(&rules, lane, targets, now);
                    if refunded {
                        process.purse.refund(lane, slip);
                    } else {
                        *counted.entry(slip.day).or_default() += u64::from(slip.units);
                    }
                }
                Event::Unheard { who, lane } => {
                    let draw = ask(&mut fleet[who], &rules, lane, 1, now);
                    ledger.draw(&rules, &draw, now);
                    fleet[who].purse.unheard();
                }
                Event::Crash { who } => {
                    crashed += 1;
                    fleet[who] = Process { name: format!("w-{who}-{crashed}"), purse: Purse::default() };
                }
                Event::Lost => {
                    ledger = Ledger::default();
                    blind |= crashed > 0;
                    // Every process tells what it has at its next heartbeat, before anybody takes more.
                    for process in &mut fleet {
                        let draw = ask(process, &rules, 0, 0, now);
                        let drawn = ledger.draw(&rules, &Draw { need: 0, ..draw.clone() }, now);
                        process.purse.drawn(&draw, &drawn);
                    }
                }
                Event::Later { ms } => now += ms,
            }
            if !blind {
                for (day, sum) in &counted {
                    prop_assert!(*sum <= limit, "{sum} of {limit} on day {day}");
                }
            }
        }
    }
}

#[test]
fn all_of_a_quota_is_used_but_what_a_dead_process_held() {
    let rules = QuotaRules { limit: 10_000, ceilings: [1.0; 3], offset_ms: 0 };
    let mut ledger = Ledger::default();
    let mut fleet: Vec<Process> = (0..4).map(|n| Process { name: format!("w-{n}"), purse: Purse::default() }).collect();
    let mut sent = 0;
    let mut idle = 0;
    for n in 0.. {
        let who = n % fleet.len();
        if n == 5000 {
            fleet.pop();
            continue;
        }
        let process = &mut fleet[who];
        if process.purse.at_hand(&rules, 2, START_MS) == 0 {
            let draw = ask(process, &rules, 2, 1, START_MS);
            let drawn = ledger.draw(&rules, &draw, START_MS);
            process.purse.drawn(&draw, &drawn);
        }
        let units = process.purse.take(&rules, 2, 1, START_MS).units;
        idle = if units > 0 { 0 } else { idle + 1 };
        sent += units;
        if idle > 10 {
            break;
        }
    }
    assert!((9995..=10_000).contains(&sent), "{sent}");
}
