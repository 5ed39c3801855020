//! The bucket in Redis: its script, and what goes in and comes out.

use super::{Ask, Grant, Limits};

/// The script. One key; [`arguments`] are its arguments, [`read_grant`] reads its answer.
pub const LEASE: &str = include_str!("lease.lua");

/// The arguments of [`LEASE`]. `now_us` is for tests; `None` is the server's own time.
#[must_use]
pub fn arguments(limits: &Limits, ask: &Ask, now_us: Option<i64>) -> Vec<String> {
    let mut all = vec![now_us.map_or_else(String::new, |now| now.to_string())];
    // Rust prints the shortest text that reads back as the same number.
    all.extend([limits.aim, limits.capacity, limits.batch].map(|number| number.to_string()));
    all.extend(ask.want.map(|units| units.to_string()));
    all.extend(ask.head.map(|units| units.to_string()));
    all.extend([ask.returning, ask.slow].map(|flag| u8::from(flag).to_string()));
    all.push(ask.shut_us.to_string());
    all.push(ask.back.to_string());
    all
}

/// Reads the answer of [`LEASE`], number by number as text. `None`: it has another shape.
#[must_use]
pub fn read_grant(answer: &[String]) -> Option<Grant> {
    let [high, normal, low, wait, hold, factor] = answer else { return None };
    Some(Grant {
        units: [high.parse().ok()?, normal.parse().ok()?, low.parse().ok()?],
        wait_us: wait.parse().ok()?,
        hold_us: hold.parse().ok()?,
        factor: factor.parse().ok()?,
    })
}
