//! The script against the bucket in memory: the same steps, the same answers, to the last bit.

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use push_contract::{Counted, Rate};
use push_pacing::{Ask, Bucket, Grant, LEASE, Limits, arguments, read_grant};
use push_stack::{Options, Servers};

const START_US: i64 = 1_790_000_000_000_000;

#[derive(Debug, Clone)]
struct Step {
    /// How far the clock goes, µs; below zero: it was set back.
    after_us: i64,
    ask: Ask,
}

fn step() -> impl Strategy<Value = Step> {
    let after =
        prop_oneof![8 => 0..200_000_i64, 2 => 0..20_000_000_i64, 1 => -5_000_000..0_i64, 1 => Just(3_600_000_000_i64)];
    let lane = || prop_oneof![2 => Just((0, 0)), 3 => (1..200_u32, 1..120_u32), 1 => (1..5_u32).prop_map(|n| (n, 0))];
    let rarely = || prop::bool::weighted(0.05);
    let shut = prop_oneof![15 => Just(0), 1 => 0..90_000_000_i64];
    (after, [lane(), lane(), lane()], rarely(), rarely(), shut, -300..3_i64).prop_map(
        |(after_us, lanes, returning, slow, shut_us, back)| Step {
            after_us,
            ask: Ask {
                want: lanes.map(|(want, _)| want),
                head: lanes.map(|(_, head)| head),
                returning,
                slow,
                shut_us,
                back,
            },
        },
    )
}

async fn play(redis: &mut redis::aio::MultiplexedConnection, key: &str, limits: &Limits, steps: &[Step]) {
    let script = redis::Script::new(LEASE);
    let mut now = START_US;
    let mut model = Bucket::new(now);
    for (n, step) in steps.iter().enumerate() {
        // The first step is the bucket's birth.
        now += if n == 0 { 0 } else { step.after_us };
        let mut call = script.prepare_invoke();
        call.key(key);
        for argument in arguments(limits, &step.ask, Some(now)) {
            call.arg(argument);
        }
        let answer: Vec<String> = call.invoke_async(redis).await.unwrap();
        let expected: Grant = model.lease(limits, &step.ask, now);
        assert_eq!(read_grant(&answer), Some(expected), "step {n}: {step:?} of {steps:?}");
    }
}

#[test]
fn the_script_does_what_the_bucket_does() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let servers = runtime.block_on(Servers::redis_alone(Options::default())).unwrap();
    let client = redis::Client::open(servers.redis_url()).unwrap();
    let redis = runtime.block_on(client.get_multiplexed_async_connection()).unwrap();
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let played = std::cell::Cell::new(0);
    let per_second = prop_oneof![Just(1_u32), Just(10), Just(500), Just(3000), 1..200_000_u32];
    runner
        .run(&(per_second, 0.05..1.0_f64, prop::collection::vec(step(), 1..60)), |(per_second, aim, steps)| {
            played.set(played.get() + 1);
            let limits = Limits::of(Rate { per_second, counted: Counted::Targets }, aim);
            runtime.block_on(play(&mut redis.clone(), &format!("{{t}}:{}", played.get()), &limits, &steps));
            Ok(())
        })
        .unwrap();
    // By the server's own clock: what is missing is empty.
    let limits = Limits::of(Rate { per_second: 1000, counted: Counted::Calls }, 0.85);
    let ask = Ask { want: [5, 0, 0], head: [1, 0, 0], ..Ask::default() };
    let script = redis::Script::new(LEASE);
    let mut call = script.prepare_invoke();
    call.key("{t}:own");
    for argument in arguments(&limits, &ask, None) {
        call.arg(argument);
    }
    let first: Vec<String> = runtime.block_on(call.invoke_async(&mut redis.clone())).unwrap();
    assert_eq!(read_grant(&first).unwrap().units, [0, 0, 0]);
}

#[test]
fn the_script_touches_its_one_key_alone() {
    for call in LEASE.split("redis.call(").skip(1) {
        let words: Vec<&str> = call.split([',', ')']).map(str::trim).take(2).collect();
        assert!(words[0] == "'TIME'" || words[1] == "KEYS[1]", "{words:?}");
    }
    let told: String = LEASE.lines().take_while(|line| line.starts_with("--")).collect();
    for n in [1, 2, 3, 4, 5, 8, 11, 12, 13, 14] {
        assert!(told.contains(&format!("ARGV[{n}]")) || told.contains(&format!("ARGV[{n}..")), "ARGV[{n}]");
    }
    assert!(told.contains("Returns {"));
}
