//! Speed: how fast pushes were taken and how long jobs took.

use std::collections::BTreeMap;

use crate::{
    names::{Name, Names},
    summary::Latency,
};

/// Counts and times, added up as they come.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    latencies: BTreeMap<Name, Vec<u64>>,
    pushes: u64,
    span: Option<(i64, i64)>,
}

impl Tally {
    /// A vendor took a push.
    pub(crate) fn push(&mut self, at: i64) {
        self.pushes += 1;
        let (first, last) = self.span.unwrap_or((at, at));
        self.span = Some((first.min(at), last.max(at)));
    }

    /// A push of this vendor took this long.
    pub(crate) fn latency(&mut self, vendor: Name, millis: u64) {
        self.latencies.entry(vendor).or_default().push(millis);
    }

    /// Percentiles per vendor.
    pub(crate) fn latencies(&self, names: &Names) -> BTreeMap<String, Latency> {
        let named = |(vendor, millis): (&Name, &Vec<u64>)| Some((names.text(*vendor).to_owned(), Latency::of(millis)?));
        self.latencies.iter().filter_map(named).collect()
    }

    /// Acceptances per second from the first to the last, to one decimal; 0 when there is no time between.
    pub(crate) fn pushes_per_second(&self) -> f64 {
        let Some((first, last)) = self.span.filter(|(first, last)| last > first) else { return 0.0 };
        // Counts and spans are far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let per_second = self.pushes as f64 * 1000.0 / (last - first) as f64;
        (per_second * 10.0).round() / 10.0
    }
}
