//! The logs of a small run, to spoil.

use push_judge::{Fault, Published, Queued, Receipt, Seen, Summary, Verdict, judge};
use serde_json::{Value, json};

/// The logs of a run; a case starts from a clean one and spoils it.
#[derive(Clone, Default)]
pub(crate) struct Logs {
    pub(crate) published: Vec<Value>,
    pub(crate) seen: Vec<Value>,
    pub(crate) receipts: Vec<Value>,
    pub(crate) queued: Vec<Value>,
    pub(crate) faults: Vec<Value>,
}

impl Logs {
    /// One repeatable job `j1` with targets T0 and T1, both taken at second 1 and told so.
    pub(crate) fn clean() -> Self {
        Self {
            published: vec![published("j1", &["T0", "T1"])],
            seen: vec![seen("j1", "T0", 1000), seen("j1", "T1", 1000)],
            receipts: vec![receipt("j1", 0, 2, &[("T0", "accepted"), ("T1", "accepted")])],
            ..Self::default()
        }
    }

    pub(crate) fn judge(&self) -> Summary {
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

pub(crate) fn published(id: &str, tokens: &[&str]) -> Value {
    json!({"at": 0, "id": id, "app": "chat", "vendor": "parcel", "kind": "chat.direct", "lane": "normal",
        "tokens": tokens, "created_at": "1970-01-01T00:00:00Z", "confirmed": true, "returned": false,
        "expect": "settled", "must_not_double": false})
}

pub(crate) fn seen(job: &str, token: &str, at: i64) -> Value {
    json!({"at": at, "vendor": "parcel", "app": "chat", "token": token, "job": job, "code": "0",
        "accepted": true, "delivered": true})
}

/// A receipt of a generation, settled at this second, with one result per position.
pub(crate) fn receipt(id: &str, generation: u32, second: u32, results: &[(&str, &str)]) -> Value {
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

pub(crate) fn set(line: &mut Value, field: &str, value: impl Into<Value>) {
    line[field] = value.into();
}

/// Wants these counts and no other finding.
pub(crate) fn check(name: &str, spoil: impl FnOnce(&mut Logs), wanted: &[(Verdict, u64)]) -> Summary {
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

pub(crate) type Case = (&'static str, fn(&mut Logs), &'static [(Verdict, u64)]);

pub(crate) fn run(cases: &[Case]) {
    for (name, spoil, wanted) in cases {
        check(name, spoil, wanted);
    }
}
