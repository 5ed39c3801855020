//! Nothing lost, nothing doubled.

use push_judge::Verdict::{Doubled, Excused, Lost, Phantom, Stray};
use serde_json::{Value, json};

use crate::logs::{Logs, published, receipt, run, seen, set};

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
