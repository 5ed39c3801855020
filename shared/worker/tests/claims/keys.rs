//! Keys and arguments of the scripts: all under one hash tag, so that a cluster keeps a vendor on one node, and all
//! told of where the script begins.

use std::{collections::BTreeSet, fs, path::Path};

use push_contract::{Counted, Rate, Timestamp};
use push_pacing::{Ask, DeviceDay, DeviceKey, DeviceQuestion, Direction, Limits};

use crate::desk::{Desk, TIMES, VENDOR, again, mask, message, note, own_redis, taken};

/// Name and text of every script, the prelude too.
fn scripts() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/claims/scripts");
    let mut found: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(path).unwrap()))
        .collect();
    found.sort();
    assert!(found.len() >= 7, "{found:?}");
    found
}

#[tokio::test]
async fn every_key_is_under_the_vendors_hash_tag() {
    let servers = own_redis().await;
    let desk = Desk::on(&servers).await;
    let (worker, store) = (desk.worker("w1"), desk.store("w1", TIMES));
    let claim = taken(&worker, &again("11")).await;
    worker.fence(&message(), &claim).await.unwrap();
    note(&worker, "11", &claim, "A.").await;
    worker.shrink(&[(message(), mask("10"))]).await.unwrap();
    store.collapse("k", true, "1", TIMES.window, &["t".to_owned()]).await.unwrap();
    store.set_block("app/chat", Some("{}")).await.unwrap();
    store.lock("probe:chat", TIMES.window).await.unwrap();
    store.keep("queues", "{}", TIMES.window).await.unwrap();
    store.beat().await.unwrap();
    let limits = Limits::of(Rate { per_second: 10, counted: Counted::Calls }, 0.85);
    store.lease("chat", &limits, &Ask::default()).await.unwrap();
    let day = DeviceDay::at(Timestamp::now().as_millis() + 86_400_000, 0);
    let (cap, devices) = ("news".to_owned(), vec![DeviceKey::of("t")]);
    let question = DeviceQuestion { cap, most: 1, day, direction: Direction::Take, devices };
    store.devices("chat", &question).await.unwrap();
    // All of them: this Redis is the test's own.
    let all: Vec<String> = desk.run(&["KEYS", "*"]).await;
    let tag = format!("{}{{push:{VENDOR}}}:", desk.prefix);
    let stray: Vec<_> = all.iter().filter(|key| !key.starts_with(&tag)).collect();
    assert!(stray.is_empty(), "not under {tag}: {stray:?}");
    let kinds: BTreeSet<_> = all.iter().map(|key| key[tag.len()..].split(':').next().unwrap()).collect();
    assert_eq!(kinds, BTreeSet::from(["blocks", "claims", "collapse", "dev", "kept", "live", "lock", "meta", "rate"]));
}

#[test]
fn scripts_touch_no_key_that_they_were_not_given() {
    for (name, text) in scripts() {
        for call in text.split("redis.call(").skip(1) {
            let words: Vec<_> = call.split([',', ')']).map(str::trim).take(2).collect();
            let given = match words[..] {
                ["'TIME'", ..] => true,
                [_, key] => key.starts_with("KEYS[") || ["current", "previous"].contains(&key),
                _ => false,
            };
            assert!(given, "{name}: redis.call({}", call.lines().next().unwrap_or_default());
        }
    }
}

/// `KEYS[3..5]`, `ARGV[7..]`, `ARGV[4]`: the numbers that a text names, up to where an open range begins.
fn numbers(text: &str, table: &str) -> (BTreeSet<u32>, Option<u32>) {
    let (mut named, mut open) = (BTreeSet::new(), None);
    for rest in text.split(&format!("{table}[")).skip(1) {
        let inside = rest.split(']').next().unwrap_or_default();
        match inside.split_once("..") {
            Some((from, "")) => open = from.parse().ok(),
            Some((from, to)) => match (from.parse::<u32>(), to.parse::<u32>()) {
                (Ok(from), Ok(to)) => named.extend(from..=to),
                // A range that is reckoned: per message.
                _ => open = Some(0),
            },
            None => named.extend(inside.parse::<u32>()),
        }
    }
    (named, open)
}

#[test]
fn every_key_and_argument_is_told_of_where_the_script_begins() {
    for (name, text) in scripts() {
        let header: String =
            text.lines().take_while(|line| line.starts_with("--")).map(|line| format!("{line}\n")).collect();
        let body = &text[header.len()..];
        assert!(header.len() > 100, "{name}: begins with what it does");
        assert!(name == "prelude" || header.contains("Returns {"), "{name}: says what it returns");
        for (table, common) in [("KEYS", 2), ("ARGV", 3)] {
            let (told, open) = numbers(&header, table);
            let (used, _) = numbers(body, table);
            let mine = |n: &u32| name == "prelude" || *n > common;
            let untold: Vec<_> =
                used.iter().filter(|n| mine(n) && !told.contains(n) && open.is_none_or(|from| **n < from)).collect();
            assert!(untold.is_empty(), "{name}: {table} {untold:?} are used and not told of");
            // Buckets are handed on by their first number.
            let idle: Vec<_> = told.iter().filter(|n| table == "ARGV" && !used.contains(n)).collect();
            assert!(idle.is_empty(), "{name}: {table} {idle:?} are told of and not used");
        }
        let each = header.split("then per message").nth(1).unwrap_or_default();
        let told: BTreeSet<_> = offsets(each, "+ ").chain(each.contains("field").then_some(0)).collect();
        let used: BTreeSet<_> = offsets(body, "ARGV[arg + ").chain(body.contains("ARGV[arg]").then_some(0)).collect();
        if body.contains("return each(") {
            assert_eq!(told, used, "{name}: arguments of each message");
            let width = format!(", {}, ", used.len());
            let call = body.rsplit("return each(").next().unwrap_or_default();
            assert!(call.contains(&width), "{name}: each({call} has not {} arguments a message", used.len());
        }
    }
}

/// The numbers that follow a mark.
fn offsets(text: &str, mark: &str) -> impl Iterator<Item = u32> {
    let number = |rest: &str| rest.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok());
    text.split(mark).skip(1).filter_map(number).collect::<Vec<_>>().into_iter()
}

#[test]
fn every_state_is_told_of_in_the_prelude() {
    let scripts = scripts();
    let prelude = &scripts.iter().find(|(name, _)| name == "prelude").unwrap().1;
    for state in ['.', 's', 'd', 'D', 'r', 'q', 'x'] {
        assert!(prelude.contains(&format!("'{state}' ")), "{state}");
    }
}
