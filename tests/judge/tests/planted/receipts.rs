//! What receipts may not say, and what the summary says.

use push_judge::Verdict::{ChangedReceipts, Contradicted, Denied, Misnamed, Phantom, Stray};
use serde_json::{Value, json};

use crate::logs::{Logs, check, published, receipt, run, seen, set};

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
        ("discarded though taken", |logs| told(logs, &["discarded"]), &[(Denied, 1)]),
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
