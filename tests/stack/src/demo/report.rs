//! What the demo says at the end.

use std::{collections::BTreeSet, fmt::Write};

use push_judge::{Summary, Verdict};

/// The table of outcomes, the latencies and the verdicts, for people.
pub(super) fn report(summary: &Summary) -> String {
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ =
        writeln!(text, "{} jobs, {} targets; {} messages in parking", summary.jobs, summary.targets, summary.parked);
    text.push('\n');
    text.push_str(&table(summary));
    for (vendor, latency) in &summary.latency_ms {
        let (p50, p95, p99) = (latency.p50, latency.p95, latency.p99);
        let _ = writeln!(text, "\n{vendor}: from created to sent p50 {p50} ms, p95 {p95} ms, p99 {p99} ms");
    }
    let _ =
        writeln!(text, "{:.0} pushes per second from the first acceptance to the last\n", summary.pushes_per_second);
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
        assert!(text.contains("p99 3 ms"), "{text}");
    }
}
