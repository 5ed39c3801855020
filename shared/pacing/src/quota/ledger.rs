//! The ledger, as arithmetic. `quota.lua` does the same in Redis; a test holds them against one another.

use std::collections::BTreeMap;

use super::QuotaRules;

/// What a process asks of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// 0 high, 1 normal, 2 low.
    pub lane: usize,
    /// Units that a job needs; 0: only what comes back is told.
    pub need: u32,
    /// Living processes.
    pub replicas: usize,
    /// The process, unique to its run.
    pub replica: String,
    /// The day that its own sum and what it gives back belong to.
    pub day: i64,
    /// Units that it was given on that day, less what it gave back. A ledger that lost its data is rebuilt from these.
    pub own: i64,
    /// Units of that day that were surely not counted by the vendor.
    pub back: i64,
    /// The answer to the last question was lost, and what it gave with it.
    pub unheard: bool,
}

/// What the ledger gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drawn {
    /// Units: at least as many as needed, or all that was left.
    pub units: u32,
    /// The vendor's day.
    pub day: i64,
    /// Units handed out on it so far, by all.
    pub used: i64,
    /// The time by the ledger's clock, ms since 1970.
    pub now_ms: i64,
}

/// Most units of a block, and the part of the limit that it is at most.
const MOST: i64 = 1000;
const PART: i64 = 2000;

/// How many units a process takes at once: few near the end, so that little is stranded when it dies.
pub(super) fn block(limit: i64, room: i64, replicas: i64) -> i64 {
    (limit / PART).min(room / (4 * replicas.max(1))).clamp(1, MOST)
}

/// One class's ledger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Per day: units handed out, and to whom.
    days: BTreeMap<i64, Day>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Day {
    used: i64,
    own: BTreeMap<String, i64>,
}

impl Ledger {
    /// Answers a process at a time, ms since 1970.
    pub fn draw(&mut self, rules: &QuotaRules, draw: &Draw, now_ms: i64) -> Drawn {
        let today = rules.day(now_ms);
        // Three days are kept: what comes back late belongs to the day that it came from.
        if (today - 2..=today).contains(&draw.day) {
            let day = self.days.entry(draw.day).or_default();
            let own = day.own.entry(draw.replica.clone()).or_default();
            // What the ledger does not know of any more was handed out all the same.
            if draw.own > *own {
                day.used += draw.own - *own;
                *own = draw.own;
            }
            // Asked one question at a time, it has no more than it says.
            if draw.unheard && draw.own < *own {
                day.used -= (*own - draw.own).min(day.used.max(0));
                *own = draw.own;
            }
            let back = draw.back.clamp(0, (*own).max(0)).min(day.used.max(0));
            day.used -= back;
            *own -= back;
        }
        // Once a day, by whoever comes first.
        if !self.days.contains_key(&today) {
            self.days.retain(|day, _| (today - 2..=today).contains(day));
        }
        let day = self.days.entry(today).or_default();
        let room = rules.ceiling(draw.lane) - day.used;
        let need = i64::from(draw.need);
        let mut units = 0;
        if need > 0 && room > 0 {
            units = need.max(block(rules.limit as i64, room, draw.replicas as i64)).min(room);
            day.used += units;
            *day.own.entry(draw.replica.clone()).or_default() += units;
        }
        Drawn { units: u32::try_from(units).unwrap_or(u32::MAX), day: today, used: day.used, now_ms }
    }
}
