//! The ledger in Redis: its script, and what goes in and comes out.

use super::{Draw, Drawn, QuotaRules};

/// The script. One key; [`draw_arguments`] are its arguments, [`read_drawn`] reads its answer.
pub const QUOTA: &str = include_str!("quota.lua");

/// The arguments of [`QUOTA`]. `now_ms` is for tests; `None` is the server's own time.
#[must_use]
pub fn draw_arguments(rules: &QuotaRules, draw: &Draw, now_ms: Option<i64>) -> Vec<String> {
    vec![
        now_ms.map_or_else(String::new, |now| now.to_string()),
        rules.offset_ms.to_string(),
        rules.limit.to_string(),
        rules.ceiling(draw.lane).to_string(),
        draw.need.to_string(),
        draw.replicas.to_string(),
        draw.replica.clone(),
        draw.day.to_string(),
        draw.own.to_string(),
        draw.back.to_string(),
        u8::from(draw.unheard).to_string(),
    ]
}

/// Reads the answer of [`QUOTA`], number by number as text. `None`: it has another shape.
#[must_use]
pub fn read_drawn(answer: &[String]) -> Option<Drawn> {
    let [units, day, used, now] = answer else { return None };
    Some(Drawn {
        units: units.parse().ok()?,
        day: day.parse().ok()?,
        used: used.parse().ok()?,
        now_ms: now.parse().ok()?,
    })
}
