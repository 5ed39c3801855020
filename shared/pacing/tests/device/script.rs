//! The script against the counts in memory: the same questions, the same answers.

use std::collections::BTreeMap;

use proptest::{
    prelude::*,
    sample::subsequence,
    test_runner::{Config, TestRunner},
};
use push_contract::Timestamp;
use push_pacing::{
    DEVICE, DeviceCounts, DeviceDay, DeviceKey, DeviceQuestion, Direction, device_arguments, device_key, read_devices,
};
use push_stack::{Options, Servers};
use redis::aio::MultiplexedConnection;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

fn question(cap: &str, most: u8, day: DeviceDay, direction: Direction, devices: Vec<DeviceKey>) -> DeviceQuestion {
    DeviceQuestion { cap: cap.to_owned(), most, day, direction, devices }
}

/// A few devices, three of them in one bucket.
fn devices() -> Vec<DeviceKey> {
    let any = |n: u32| DeviceKey::of(&format!("token-{n}"));
    let probe = question("", 0, DeviceDay::at(0, 0), Direction::Take, Vec::new());
    let bucket = device_key(&probe, any(0));
    let neighbours = (1..).map(any).filter(|device| device_key(&probe, *device) == bucket).take(2);
    neighbours.chain((0..6).map(any)).collect()
}

/// Days that are not over for a while, and one that is: the server's own clock ends them.
fn day() -> impl Strategy<Value = i64> {
    prop_oneof![4 => Just(1_i64), 2 => Just(2), 1 => Just(-3)]
        .prop_map(|days| Timestamp::now().as_millis() + days * DAY_MS)
}

fn steps(ahead_ms: i64, devices: &[DeviceKey]) -> impl Strategy<Value = Vec<DeviceQuestion>> + use<> {
    let way = prop_oneof![3 => Just(Direction::Take), 1 => Just(Direction::GiveBack)];
    let most = prop_oneof![6 => 0..5_u8, 1 => Just(255)];
    let some = subsequence(devices.to_vec(), 0..=devices.len()).prop_shuffle();
    let step = (prop::bool::weighted(0.8), most, day(), way, some).prop_map(move |(usual, most, at, way, devices)| {
        question(if usual { "marketing" } else { "news" }, most, DeviceDay::at(at, ahead_ms), way, devices)
    });
    prop::collection::vec(step, 1..60)
}

async fn ask(redis: &mut MultiplexedConnection, prefix: &str, question: &DeviceQuestion) -> Option<Vec<bool>> {
    let script = redis::Script::new(DEVICE);
    let mut call = script.prepare_invoke();
    for device in &question.devices {
        call.key(format!("{prefix}{}", device_key(question, *device)));
    }
    for argument in device_arguments(question, &question.devices) {
        call.arg(argument);
    }
    let answer: Vec<String> = call.invoke_async(redis).await.unwrap();
    read_devices(&answer[0], question.devices.len())
}

async fn own_redis() -> (Servers, MultiplexedConnection) {
    let servers = Servers::redis_alone(Options::default()).await.unwrap();
    let client = redis::Client::open(servers.redis_url()).unwrap();
    let redis = client.get_multiplexed_async_connection().await.unwrap();
    (servers, redis)
}

#[test]
fn the_script_does_what_the_counts_do() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (_servers, redis) = runtime.block_on(own_redis());
    let mut runner = TestRunner::new(Config { cases: 200, failure_persistence: None, ..Config::default() });
    let (played, devices) = (std::cell::Cell::new(0), devices());
    let cases = prop_oneof![Just(0), Just(8 * HOUR_MS)].prop_flat_map(move |ahead_ms| steps(ahead_ms, &devices));
    runner
        .run(&cases, |steps| {
            played.set(played.get() + 1);
            let prefix = format!("{{t}}:{}:", played.get());
            let (mut counts, now) = (DeviceCounts::default(), Timestamp::now().as_millis());
            for (n, step) in steps.iter().enumerate() {
                let answer = runtime.block_on(ask(&mut redis.clone(), &prefix, step));
                prop_assert_eq!(answer, Some(counts.answer("app", step, now)), "step {}: {:?}", n, step);
            }
            let kept = runtime.block_on(fields(&mut redis.clone(), &prefix));
            prop_assert_eq!(kept, counts.len(), "what is known of nobody takes no room");
            Ok(())
        })
        .unwrap();
}

/// Devices of which something is kept.
async fn fields(redis: &mut MultiplexedConnection, prefix: &str) -> usize {
    let keys: Vec<String> = redis::cmd("KEYS").arg(format!("{prefix}*")).query_async(redis).await.unwrap();
    let mut sum = 0;
    for key in keys {
        sum += redis::cmd("HLEN").arg(key).query_async::<usize>(redis).await.unwrap();
    }
    sum
}

#[tokio::test]
async fn buckets_go_in_the_hour_after_the_day_and_not_all_at_once() {
    let (_servers, mut redis) = own_redis().await;
    let now = Timestamp::now().as_millis();
    let day = DeviceDay::at(now + DAY_MS, 8 * HOUR_MS);
    let all = question("news", 2, day, Direction::Take, (0..200).map(|n| DeviceKey::of(&n.to_string())).collect());
    // Again, later in the day, moves nothing.
    for _ in 0..2 {
        assert_eq!(ask(&mut redis, "{t}:", &all).await, Some(vec![true; 200]));
    }
    let mut quarters = BTreeMap::<i64, usize>::new();
    for device in &all.devices {
        let left: i64 = redis::cmd("PTTL")
            .arg(format!("{{t}}:{}", device_key(&all, *device)))
            .query_async(&mut redis)
            .await
            .unwrap();
        let after = Timestamp::now().as_millis() + left - day.end_ms();
        assert!((-1000..HOUR_MS + 60_000).contains(&after), "{after} ms after the day");
        *quarters.entry((after * 4).div_euclid(HOUR_MS)).or_default() += 1;
    }
    assert!((0..4).all(|quarter| quarters.get(&quarter).is_some_and(|buckets| *buckets > 20)), "{quarters:?}");
}

#[test]
fn the_script_touches_its_keys_alone() {
    for call in DEVICE.split("redis.call(").skip(1) {
        let words: Vec<&str> = call.split([',', ')']).map(str::trim).take(2).collect();
        assert_eq!(words[1], "KEYS[i]", "{words:?}");
    }
    let told: String = DEVICE.lines().take_while(|line| line.starts_with("--")).collect();
    for word in ["KEYS[1..]", "ARGV[1]", "ARGV[2]", "ARGV[3]", "ARGV[4..]", "Returns {"] {
        assert!(told.contains(word), "{word}");
    }
}
