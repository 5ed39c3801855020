//! What the demo says at the end.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use push_contract::Outcome;
use push_judge::{Summary, Verdict};

/// The table of outcomes, the latencies and the verdicts, for people.
pub(super) fn report(summary: &Summary) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ =
        writeln!(text, "{} jobs, {} targets; {} messages in parking", summary.jobs, summary.targets, summary.parked);
    text.push('\n');
    text.push_str(&table(summary));
    let seen: BTreeSet<&str> =
        summary.by.values().flat_map(BTreeMap::values).flat_map(BTreeMap::keys).map(String::as_str).collect();
    let missing: Vec<&str> =
        Outcome::ALL.into_iter().map(Outcome::as_str).filter(|outcome| !seen.contains(outcome)).collect();
    if !missing.is_empty() {
        let _ = writeln!(text, "\nno target ended as {}", missing.join(", "));
    }
    text.push_str("\nmilliseconds from created to sent\n");
    let first = summary.latency_ms.keys().map(String::len).max().unwrap_or_default().max("vendor".len());
    let _ = writeln!(text, "{:first$}  {:>7}  {:>7}  {:>7}", "vendor", "p50", "p95", "p99");
    for (vendor, latency) in &summary.latency_ms {
        let (p50, p95, p99) = (latency.p50, latency.p95, latency.p99);
        let _ = writeln!(text, "{vendor:first$}  {p50:>7}  {p95:>7}  {p99:>7}");
    }
    let per_second = summary.pushes_per_second;
    let _ = writeln!(text, "\n{per_second:.0} pushes per second from the first acceptance to the last\n");
    for verdict in Verdict::ALL {
        let _ = writeln!(text, "{:>17} {}", verdict.as_str(), summary.count(verdict));
    }
    text
}

/// A row per vendor and lane, a column per outcome that occurs.
fn table(summary: &Summary) -> String {
    let rows =
        || summary.by.iter().flat_map(|(vendor, lanes)| lanes.iter().map(move |(lane, row)| (vendor, lane, row)));
    let outcomes: BTreeSet<&str> = rows().flat_map(|(_, _, row)| row.keys().map(String::as_str)).collect();
    let first = summary.by.keys().map(String::len).max().unwrap_or_default().max("vendor".len());
    let mut text = format!("{:first$}  {:6}", "vendor", "lane");
    for outcome in &outcomes {
        let _ = write!(text, "  {outcome:>8}");
    }
    text.push('\n');
    for (vendor, lane, row) in rows() {
        let _ = write!(text, "{vendor:first$}  {lane:6}");
        for outcome in &outcomes {
            let width = outcome.len().max(8);
            let _ = write!(text, "  {:>width$}", row.get(*outcome).copied().unwrap_or_default());
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use push_judge::{Latency, Summary};

    #[test]
    fn columns_stand_under_their_names() {
        let mut summary = Summary { jobs: 2, ..Summary::default() };
        let lanes = summary.by.entry("huawei".into()).or_default();
        lanes.entry("high".into()).or_default().insert("accepted".into(), 12);
        lanes.entry("low".into()).or_default().insert("invalid_token".into(), 3);
        summary.latency_ms.insert("huawei".into(), Latency { p50: 1, p95: 2, p99: 3 });
        let text = super::report(&summary);
        assert!(text.contains("vendor  lane    accepted  invalid_token\n"), "{text}");
        assert!(text.contains("huawei  high          12              0\n"), "{text}");
        assert!(text.contains("huawei  low            0              3\n"), "{text}");
        assert!(text.contains("huawei        1        2        3\n"), "{text}");
    }
}
