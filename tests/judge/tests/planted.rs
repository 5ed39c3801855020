//! Plants every fault and every excuse into small logs, and wants exactly the verdict that belongs to it.

#![allow(clippy::expect_used, clippy::unwrap_used)] // test support: a failure here is the test's failure

use push_judge::{Fault, Published, Queued, Receipt, Seen, Summary, Verdict, judge};
use serde_json::{Value, json};

/// The logs of a run; a case starts from a clean one and spoils it.
#[derive(Clone, Default)]
struct Logs {
    published: Vec<Value>,
    seen: Vec<Value>,
    receipts: Vec<Value>,
    queued: Vec<Value>,
    faults: Vec<Value>,
}

impl Logs {
    /// One repeatable job `j1` with targets T0 and T1, both taken at second 1 and told so.
    fn clean() -> Self {
        Self {
            published: vec![published("j1", &["T0", "T1"])],
            seen: vec![seen("j1", "T0", 1000), seen("j1", "T1", 1000)],
            receipts: vec![receipt("j1", 0, 2, &[("T0", "accepted"), ("T1", "accepted")])],
            ..Self::default()
        }
    }

    fn judge(&self) -> Summary {
        fn read<T: serde::de::DeserializeOwned>(lines: &[Value]) -> Vec<T> {
            lines.iter().map(|line| serde_json::from_value(line.clone()).unwrap()).collect()
        }
        let receipts: Vec<_> = self.receipts.iter().map(|line| Receipt::read(&line.to_string()).unwrap()).collect();
        judge(
            read::<Published>(&self.published),
            read::<Seen>(&self.seen),
            receipts,
            read::<Queued>(&self.queued),
            read::<Fault>(&self.faults),
        )
    }
}

fn published(id: &str, tokens: &[&str]) -> Value {
    json!({"at": 0, "id": id, "app": "chat", "vendor": "parcel", "kind": "chat.direct", "lane": "normal",
        "tokens": tokens, "created_at": "1970-01-01T00:00:00Z", "confirmed": true, "returned": false,
        "expect": "settled", "must_not_double": false})
}

fn seen(job: &str, token: &str, at: i64) -> Value {
    json!({"at": at, "vendor": "parcel", "app": "chat", "token": token, "job": job, "code": "0",
        "accepted": true, "delivered": true})
}

/// A receipt of a generation, settled at this second, with one result per position.
fn receipt(id: &str, generation: u32, second: u32, results: &[(&str, &str)]) -> Value {
    let results: Vec<_> = results
        .iter()
        .enumerate()
        .map(|(n, (token, outcome))| json!({"n": n, "token": token, "outcome": outcome, "reason": "ok"}))
        .collect();
    json!({"receipt_id": format!("{id}.{generation}.0"), "id": id, "app": "chat", "vendor": "parcel",
        "lane": "normal", "kind": "chat.direct", "created": "1970-01-01T00:00:00Z",
        "sent": "1970-01-01T00:00:00.250Z", "settled": format!("1970-01-01T00:00:{second:02}Z"),
        "results": results})
}

fn set(line: &mut Value, field: &str, value: impl Into<Value>) {
    line[field] = value.into();
}

/// Wants these counts and no other finding.
fn check(name: &str, spoil: impl FnOnce(&mut Logs), wanted: &[(Verdict, u64)]) -> Summary {
    let mut logs = Logs::clean();
    spoil(&mut logs);
    let summary = logs.judge();
    for verdict in Verdict::ALL {
        let count = wanted.iter().find(|(which, _)| *which == verdict).map_or(0, |(_, count)| *count);
        assert_eq!(summary.count(verdict), count, "{name}: {verdict:?}\n{}", summary.explain());
        assert_eq!(summary.examples.get(&verdict).map_or(0, Vec::len) as u64, count.min(5), "{name}: examples");
    }
    assert_eq!(summary.clean(), wanted.iter().all(|(verdict, _)| *verdict == Verdict::Excused), "{name}");
    summary
}

type Case = (&'static str, fn(&mut Logs), &'static [(Verdict, u64)]);

fn run(cases: &[Case]) {
    for (name, spoil, wanted) in cases {
        check(name, spoil, wanted);
    }
}

use Verdict::{ChangedReceipts, Contradicted, Denied, Doubled, Excused, Lost, Misnamed, Phantom, Stray};

#[test]
fn lost() {
    run(&[
        ("nothing wrong", |_| (), &[]),
        ("no receipt", |logs| logs.receipts.clear(), &[(Lost, 2)]),
        (
            "one position is missing",
            |logs| logs.receipts = vec![receipt("j1", 0, 2, &[("T0", "accepted")])],
            &[(Lost, 1)],
        ),
        (
            "it waits in a queue",
            |logs| {
                logs.receipts.clear();
                logs.queued.push(json!({"queue": "x.push.wait.parcel.60s", "id": "j1"}));
            },
            &[],
        ),
        (
            "another vendor's queue",
            |logs| {
                logs.receipts.clear();
                logs.queued.push(json!({"queue": "push.jobs.huawei.normal.chat", "id": "j1"}));
            },
            &[(Lost, 2)],
        ),
        (
            "a notice is no outcome",
            |logs| {
                let mut notice = receipt("j1", 0, 2, &[]);
                set(&mut notice, "notice", "parked");
                logs.receipts = vec![notice];
            },
            &[(Lost, 2)],
        ),
        (
            "never confirmed",
            |logs| {
                logs.receipts.clear();
                set(&mut logs.published[0], "confirmed", false);
            },
            &[],
        ),
        (
            "returned",
            |logs| {
                logs.receipts.clear();
                set(&mut logs.published[0], "returned", true);
            },
            &[],
        ),
        (
            "returned, then repeated and taken",
            |logs| {
                logs.receipts.clear();
                logs.published.push(published("j1", &["T0", "T1"]));
                set(&mut logs.published[0], "returned", true);
            },
            &[(Lost, 2)],
        ),
        (
            "another app's job of the same id",
            |logs| {
                logs.published.push(published("j1", &["T0"]));
                set(&mut logs.published[1], "app", "shop");
            },
            &[(Lost, 1)],
        ),
    ]);
}

#[test]
fn what_is_no_job_must_be_parked() {
    fn bad(logs: &mut Logs, expect: &str, queue: Option<&str>) {
        let mut line = published("bad", &[]);
        set(&mut line, "expect", expect);
        logs.published.push(line);
        logs.queued.extend(queue.map(|queue| json!({"queue": queue, "id": "bad"})));
    }
    run(&[
        ("parked", |logs| bad(logs, "parked", Some("push.parked.parcel")), &[]),
        ("parked nowhere", |logs| bad(logs, "parked", None), &[(Lost, 1)]),
        ("in a work queue", |logs| bad(logs, "parked", Some("push.jobs.parcel.normal.chat")), &[(Lost, 1)]),
        ("unrouted", |logs| bad(logs, "unrouted", Some("t1-push.parked.unrouted")), &[]),
        ("unrouted nowhere", |logs| bad(logs, "unrouted", Some("push.parked.parcel")), &[(Lost, 1)]),
        (
            "a notice about it",
            |logs| {
                bad(logs, "parked", Some("push.parked.parcel"));
                logs.receipts.push(receipt("bad", 0, 1, &[]));
            },
            &[],
        ),
        (
            "sent and told",
            |logs| {
                bad(logs, "parked", Some("push.parked.parcel"));
                logs.seen.push(seen("bad", "T9", 1000));
                logs.receipts.push(receipt("bad", 0, 1, &[("T9", "accepted")]));
            },
            &[(Stray, 2)],
        ),
    ]);
}

#[test]
fn doubled() {
    fn twice(logs: &mut Logs, delivered: bool, must_not_double: bool, fault: Option<(i64, &str)>) {
        set(&mut logs.seen[0], "delivered", delivered);
        logs.seen.insert(0, seen("j1", "T0", 9000));
        set(&mut logs.published[0], "must_not_double", must_not_double);
        logs.faults.extend(fault.map(|(at, what)| json!({"at": at, "what": what})));
    }
    run(&[
        ("taken twice", |logs| twice(logs, true, false, None), &[(Doubled, 1)]),
        ("the answer was cut", |logs| twice(logs, false, false, None), &[(Excused, 1)]),
        ("cut, must not double", |logs| twice(logs, false, true, None), &[(Doubled, 1)]),
        ("killed between", |logs| twice(logs, true, false, Some((5000, "kill"))), &[(Excused, 1)]),
        ("killed just before it was logged", |logs| twice(logs, true, false, Some((500, "kill"))), &[(Excused, 1)]),
        ("frozen between", |logs| twice(logs, true, false, Some((5000, "freeze"))), &[(Excused, 1)]),
        ("connection lost between", |logs| twice(logs, true, false, Some((5000, "conn"))), &[(Excused, 1)]),
        ("store lost between", |logs| twice(logs, true, false, Some((5000, "store_lost"))), &[(Excused, 1)]),
        ("store down between", |logs| twice(logs, true, false, Some((5000, "store_down"))), &[(Excused, 1)]),
        ("killed, must not double", |logs| twice(logs, true, true, Some((5000, "kill"))), &[(Doubled, 1)]),
        ("killed long before", |logs| twice(logs, true, false, Some((-5000, "kill"))), &[(Doubled, 1)]),
        ("killed after", |logs| twice(logs, true, false, Some((9001, "kill"))), &[(Doubled, 1)]),
        ("a vendor's fault", |logs| twice(logs, true, false, Some((5000, "vendor_503"))), &[(Doubled, 1)]),
        (
            "each repeat needs its own excuse",
            |logs| {
                twice(logs, false, false, None);
                logs.seen.push(seen("j1", "T0", 12000));
            },
            &[(Doubled, 1)],
        ),
        (
            "a refusal is no acceptance",
            |logs| {
                twice(logs, true, false, None);
                set(&mut logs.seen[0], "accepted", false);
            },
            &[],
        ),
        (
            "the same token in two jobs",
            |logs| {
                logs.published.push(published("j2", &["T0"]));
                logs.seen.push(seen("j2", "T0", 1500));
                logs.receipts.push(receipt("j2", 0, 2, &[("T0", "accepted")]));
            },
            &[],
        ),
    ]);
}

#[test]
fn a_token_that_stands_twice_counts_once() {
    fn same(logs: &mut Logs, second: &str) {
        logs.published = vec![published("j1", &["T0", "T0"])];
        logs.seen.pop();
        logs.receipts = vec![receipt("j1", 0, 2, &[("T0", "accepted"), ("T0", second)])];
    }
    run(&[
        ("the second is refused", |logs| same(logs, "rejected"), &[]),
        ("the second expired", |logs| same(logs, "expired"), &[]),
        ("the second shares the acceptance", |logs| same(logs, "accepted"), &[]),
        (
            "and was sent again",
            |logs| {
                same(logs, "accepted");
                logs.seen.push(seen("j1", "T0", 1001));
            },
            &[(Doubled, 1)],
        ),
    ]);
}

#[test]
fn phantom_and_denied() {
    fn told(logs: &mut Logs, outcomes: &[&str]) {
        logs.receipts = (0..)
            .zip(outcomes)
            .map(|(generation, outcome)| {
                receipt("j1", generation, 2 + generation, &[("T0", outcome), ("T1", "accepted")])
            })
            .collect();
    }
    run(&[
        ("never taken", |logs| drop(logs.seen.remove(0)), &[(Phantom, 1)]),
        ("taken by another app", |logs| set(&mut logs.seen[0], "app", "shop"), &[(Phantom, 1), (Stray, 1)]),
        ("refused", |logs| set(&mut logs.seen[0], "accepted", false), &[(Phantom, 1)]),
        ("expired though taken", |logs| told(logs, &["expired"]), &[(Denied, 1)]),
        ("failed though taken", |logs| told(logs, &["failed"]), &[(Denied, 1)]),
        ("unknown and taken", |logs| told(logs, &["unknown"]), &[]),
        ("superseded though taken", |logs| told(logs, &["superseded"]), &[]),
        ("unknown beside expired", |logs| told(logs, &["expired", "unknown"]), &[]),
        (
            "failed and never taken",
            |logs| {
                told(logs, &["failed"]);
                logs.seen.remove(0);
            },
            &[],
        ),
    ]);
}

#[test]
fn contradicted() {
    fn told(logs: &mut Logs, first: &str, second: &str, fault: Option<&str>) {
        logs.receipts = vec![
            receipt("j1", 0, 2, &[("T0", first), ("T1", "accepted")]),
            receipt("j1", 1, 20, &[("T0", second), ("T1", "accepted")]),
        ];
        logs.faults.extend(fault.map(|what| json!({"at": 10_000, "what": what})));
    }
    run(&[
        ("two outcomes", |logs| told(logs, "accepted", "rejected", None), &[(Contradicted, 1)]),
        ("unknown yields", |logs| told(logs, "unknown", "accepted", None), &[]),
        ("and is forgotten", |logs| told(logs, "accepted", "unknown", None), &[]),
        ("the store lost its data", |logs| told(logs, "accepted", "rejected", Some("store_lost")), &[]),
        ("the store was away", |logs| told(logs, "accepted", "expired", Some("store_down")), &[]),
        ("a kill is no excuse", |logs| told(logs, "accepted", "rejected", Some("kill")), &[(Contradicted, 1)]),
        (
            "the fault came later",
            |logs| {
                told(logs, "accepted", "rejected", None);
                logs.faults.push(json!({"at": 21_000, "what": "store_lost"}));
            },
            &[(Contradicted, 1)],
        ),
        (
            "the store was away when both were told",
            |logs| {
                told(logs, "accepted", "rejected", None);
                logs.faults.push(json!({"at": 1000, "until": 30_000, "what": "store_down"}));
            },
            &[],
        ),
    ]);
}

#[test]
fn changed_receipts() {
    fn again(logs: &mut Logs, field: &str, value: Value) {
        let mut repeat = logs.receipts[0].clone();
        set(&mut repeat, field, value);
        logs.receipts.push(repeat);
    }
    run(&[
        ("delivered twice", |logs| again(logs, "lane", json!("normal")), &[]),
        ("another replica's name", |logs| again(logs, "replica", json!("w2")), &[(ChangedReceipts, 1)]),
        (
            "changed twice is one",
            |logs| {
                again(logs, "attempt", json!(1));
                again(logs, "attempt", json!(2));
            },
            &[(ChangedReceipts, 1)],
        ),
        (
            "the store lost its data",
            |logs| {
                again(logs, "settled", json!("1970-01-01T00:00:09Z"));
                logs.faults.push(json!({"at": 5000, "what": "store_lost"}));
            },
            &[],
        ),
    ]);
    let summary = check("names", |logs| again(logs, "replica", json!("w2")), &[(ChangedReceipts, 1)]);
    let why = &summary.examples[&ChangedReceipts][0].why;
    assert!(why.ends_with("receipt j1.0.0 differs in replica"), "{why}");
}

#[test]
fn stray_and_misnamed() {
    run(&[
        ("a receipt of nothing", |logs| logs.receipts.push(receipt("j9", 0, 2, &[("T0", "accepted")])), &[(Stray, 1)]),
        ("a push of nothing", |logs| logs.seen.push(seen("j9", "T0", 1000)), &[(Stray, 1)]),
        (
            "a token of another position",
            |logs| logs.receipts = vec![receipt("j1", 0, 2, &[("T1", "accepted"), ("T1", "accepted")])],
            &[(Misnamed, 1)],
        ),
        (
            "a position that does not exist",
            |logs| {
                let results = [("T0", "accepted"), ("T1", "accepted"), ("T2", "accepted")];
                logs.receipts = vec![receipt("j1", 0, 2, &results)];
            },
            &[(Misnamed, 1)],
        ),
        ("a push to a foreign token", |logs| logs.seen.push(seen("j1", "T9", 1000)), &[(Misnamed, 1)]),
        ("its two ids disagree", |logs| set(&mut logs.seen[0], "mismatch", true), &[(Misnamed, 1)]),
    ]);
}

#[test]
fn a_push_without_data_is_found_by_its_token() {
    run(&[
        ("the only job with the token", |logs| set(&mut logs.seen[0], "job", Value::Null), &[]),
        (
            "and doubled",
            |logs| {
                set(&mut logs.seen[0], "job", Value::Null);
                logs.seen.push(seen("j1", "T0", 1001));
            },
            &[(Doubled, 1)],
        ),
        (
            "two jobs have the token",
            |logs| {
                set(&mut logs.seen[0], "job", Value::Null);
                logs.published.push(published("j2", &["T0"]));
                logs.receipts.push(receipt("j2", 0, 2, &[("T0", "rejected")]));
            },
            &[(Phantom, 1), (Stray, 1)],
        ),
    ]);
}

#[test]
fn the_summary_counts_what_counts() {
    let mut logs = Logs::clean();
    logs.published.push(published("j1", &["T0", "T1"]));
    set(&mut logs.published[1], "repeat_of", true);
    let mut duplicate = receipt("j1", 0, 2, &[]);
    set(&mut duplicate, "receipt_id", "j1.duplicate.0");
    set(&mut duplicate, "notice", "duplicate_of");
    logs.receipts.push(duplicate);
    logs.published.push(published("j2", &["T2", "T3"]));
    set(&mut logs.published[2], "lane", "low");
    logs.receipts.push(receipt("j2", 0, 2, &[("T2", "unknown")]));
    logs.receipts.push(receipt("j2", 1, 3, &[("T2", "expired")]));
    logs.queued.push(json!({"queue": "push.held.parcel.chat.news", "id": "j2"}));
    logs.seen[1]["at"] = 3000.into();
    let summary = logs.judge();
    assert!(summary.clean(), "{}", summary.explain());
    assert_eq!((summary.jobs, summary.targets, summary.queued), (2, 4, 1));
    let value = serde_json::to_value(&summary).unwrap();
    assert_eq!(value["outcomes"], json!({"parcel": {"accepted": 2, "expired": 1}}));
    assert_eq!(value["by"], json!({"parcel": {"normal": {"accepted": 2}, "low": {"expired": 1}}}));
    assert_eq!(value["latency_ms"], json!({"parcel": {"p50": 250, "p95": 250, "p99": 250}}));
    assert_eq!(value["pushes_per_second"], json!(1.0));
}
