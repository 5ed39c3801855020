//! The script against the ledger in memory.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use push_pacing::{Draw, Ledger, QUOTA, QuotaRules, draw_arguments, read_drawn};
use push_stack::{Options, Servers};

const START_MS: i64 = 1_795_276_800_000;
const DAY_MS: i64 = 86_400_000;

#[derive(Debug, Clone)]
struct Step {
    after_ms: i64,
    days_ago: i64,
    draw: Draw,
}

fn step() -> impl Strategy<Value = Step> {
    let after = prop_oneof![8 => 0..3_600_000_i64, 1 => 0..3 * DAY_MS, 1 => -DAY_MS..0];
    let sums = (0..400_i64, prop_oneof![2 => Just(0), 1 => 0..50_i64]);
    (after, -1..4_i64, 0..3_usize, 0..60_u32, 1..9_usize, 0..4_u8, sums, prop::bool::weighted(0.1)).prop_map(
        |(after_ms, days_ago, lane, need, replicas, who, (own, back), unheard)| Step {
            after_ms,
            days_ago,
            draw: Draw { lane, need, replicas, replica: format!("w-{who}"), day: 0, own, back, unheard },
        },
    )
}

#[test]
fn the_script_does_what_the_ledger_does() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let servers = runtime.block_on(Servers::redis_alone(Options::default())).unwrap();
    let client = redis::Client::open(servers.redis_url()).unwrap();
    let redis = runtime.block_on(client.get_multiplexed_async_connection()).unwrap();
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let (played, script) = (std::cell::Cell::new(0), redis::Script::new(QUOTA));
    let rules = (1..20_000_u64, [0.0..=1.0_f64, 0.0..=1.0_f64, 0.0..=1.0_f64], -12..15_i64)
        .prop_map(|(limit, ceilings, hours)| QuotaRules { limit, ceilings, offset_ms: hours * 3_600_000 });
    runner
        .run(&(rules, prop::collection::vec(step(), 1..60)), |(rules, steps)| {
            played.set(played.get() + 1);
            let (mut ledger, mut now) = (Ledger::default(), START_MS);
            for (n, step) in steps.iter().enumerate() {
                now += step.after_ms;
                let draw = Draw { day: rules.day(now) - step.days_ago, ..step.draw.clone() };
                let mut call = script.prepare_invoke();
                call.key(format!("{{t}}:{}", played.get()));
                for argument in draw_arguments(&rules, &draw, Some(now)) {
                    call.arg(argument);
                }
                let answer: Vec<String> = runtime.block_on(call.invoke_async(&mut redis.clone())).unwrap();
                prop_assert_eq!(read_drawn(&answer), Some(ledger.draw(&rules, &draw, now)), "step {}: {:?}", n, draw);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_script_touches_its_one_key_alone() {
    for call in QUOTA.split("redis.call(").skip(1) {
        let words: Vec<&str> = call.split([',', ')']).map(str::trim).take(2).collect();
        assert!(words[0] == "'TIME'" || words[1] == "KEYS[1]", "{words:?}");
    }
    let told: String = QUOTA.lines().take_while(|line| line.starts_with("--")).collect();
    (1..=11).for_each(|n| assert!(told.contains(&format!("ARGV[{n}]")), "ARGV[{n}]"));
    assert!(told.contains("Returns {"));
}
