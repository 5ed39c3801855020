//! What one process holds of one class's quota.

use super::{Draw, Drawn, QuotaRules};

/// Units that a job took, and the day that they are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Slip {
    /// The vendor's day.
    pub day: i64,
    /// Units.
    pub units: u32,
}

/// Blocks of one class, by lane, and what is known about the day.
#[derive(Debug, Clone, Default)]
pub struct Purse {
    day: i64,
    /// Units at hand, taken under the ceiling of each lane: a lane may spend those of lanes below it.
    held: [u32; 3],
    /// Units given on this day, less those given back.
    own: i64,
    /// Units to give back with the next question.
    back: i64,
    /// The same of the day before.
    before: Option<(i64, i64, i64)>,
    used: i64,
    /// What may still be spent without the ledger, once it was found to be away.
    alone: Option<i64>,
    /// The answer to the last question was lost.
    unheard: bool,
}

impl Purse {
    /// Units handed out to all on the present day, as last heard.
    #[must_use]
    pub fn used(&self) -> i64 {
        self.used
    }

    /// Units at hand for a lane. Those of a day that is over are void.
    pub fn at_hand(&mut self, rules: &QuotaRules, lane: usize, now_ms: i64) -> u32 {
        self.turn(rules.day(now_ms));
        self.held[lane..].iter().sum()
    }

    /// Takes so many of the units at hand, or as many as there are.
    pub fn take(&mut self, rules: &QuotaRules, lane: usize, units: u32, now_ms: i64) -> Slip {
        let units = units.min(self.at_hand(rules, lane, now_ms));
        let mut left = units;
        for held in &mut self.held[lane..] {
            let some = left.min(*held);
            *held -= some;
            left -= some;
        }
        Slip { day: self.day, units }
    }

    /// Gives back what the vendor surely did not count, to the day that it came from. Of this day it is spent again first.
    pub fn refund(&mut self, lane: usize, slip: Slip) {
        if slip.day == self.day {
            self.held[lane] += slip.units;
        } else if let Some((day, _, back)) = &mut self.before
            && *day == slip.day
        {
            *back += i64::from(slip.units);
        }
    }

    /// What to ask the ledger so that so many units are at hand.
    pub fn draw(
        &mut self,
        rules: &QuotaRules,
        lane: usize,
        need: u32,
        replicas: usize,
        replica: &str,
        now_ms: i64,
    ) -> Draw {
        let at_hand = self.at_hand(rules, lane, now_ms);
        // The day before has something to say first.
        let (day, own, back) = match self.before.filter(|(_, _, back)| *back > 0) {
            Some(before) => before,
            None => (self.day, self.own, self.back),
        };
        let need = need.saturating_sub(at_hand);
        Draw { lane, need, replicas, replica: replica.to_owned(), day, own, back, unheard: self.unheard }
    }

    /// The answer was lost: what it gave goes back with the next question.
    pub fn unheard(&mut self) {
        self.unheard = true;
    }

    /// The vendor's day that the units at hand are of.
    #[must_use]
    pub fn day(&self) -> i64 {
        self.day
    }

    /// Takes the answer in. One for another day than this process is in gives nothing: clocks differ a little at midnight.
    pub fn drawn(&mut self, draw: &Draw, drawn: &Drawn) {
        self.unheard = false;
        if draw.day == self.day {
            self.own -= draw.back;
            self.back -= draw.back;
        } else if let Some(before) = &mut self.before {
            before.2 = 0;
        }
        if drawn.day == self.day {
            self.own += i64::from(drawn.units);
            self.held[draw.lane] += drawn.units;
            self.used = drawn.used;
        }
        self.alone = None;
    }

    /// The ledger is away: takes of this process's part of what was left for this lane when it was last heard of, by the last
    /// known number of processes.
    pub fn alone(&mut self, rules: &QuotaRules, lane: usize, units: u32, replicas: usize, now_ms: i64) -> Slip {
        self.turn(rules.day(now_ms));
        let left = (rules.ceiling(lane) - self.used).max(0) as f64;
        let share = (0.8 * left / replicas.max(1) as f64) as i64;
        let spent = self.alone.unwrap_or(0);
        let units = u32::try_from((share - spent).clamp(0, i64::from(units))).unwrap_or(0);
        self.alone = Some(spent + i64::from(units));
        // It is part of what this process had: the ledger learns of it with the next question.
        self.own += i64::from(units);
        Slip { day: self.day, units }
    }

    /// All that is at hand goes back: the process ends, or the class is stopped.
    pub fn empty(&mut self) {
        self.back += self.held.iter().map(|held| i64::from(*held)).sum::<i64>();
        self.held = [0; 3];
    }

    fn turn(&mut self, today: i64) {
        if today != self.day {
            // Backwards: the clock was put right, or the settings have another day.
            let ended = today > self.day && self.own > 0;
            self.before = ended.then_some((self.day, self.own, self.back));
            (self.day, self.held, self.own, self.back, self.used, self.alone) = (today, [0; 3], 0, 0, 0, None);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Ledger;

    const RULES: QuotaRules = QuotaRules { limit: 100, ceilings: [1.0, 1.0, 0.5], offset_ms: 0 };
    const DAY: i64 = 86_400_000;

    fn fill(purse: &mut Purse, ledger: &mut Ledger, lane: usize, need: u32, now: i64) -> Drawn {
        let draw = purse.draw(&RULES, lane, need, 1, "w", now);
        let drawn = ledger.draw(&RULES, &draw, now);
        purse.drawn(&draw, &drawn);
        drawn
    }

    #[test]
    fn a_refund_goes_to_the_day_that_it_came_from() {
        let (mut purse, mut ledger) = (Purse::default(), Ledger::default());
        fill(&mut purse, &mut ledger, 0, 30, DAY);
        let slip = purse.take(&RULES, 0, 30, DAY);
        assert_eq!(fill(&mut purse, &mut ledger, 0, 100, 2 * DAY).units, 100, "a new day is whole");
        purse.refund(0, slip);
        assert_eq!(fill(&mut purse, &mut ledger, 0, 0, 2 * DAY).used, 100, "and stays what it is");
    }

    #[test]
    fn the_last_job_gets_what_is_left() {
        let (mut purse, mut ledger) = (Purse::default(), Ledger::default());
        fill(&mut purse, &mut ledger, 0, 98, DAY);
        assert_eq!(purse.take(&RULES, 0, 98, DAY).units, 98);
        fill(&mut purse, &mut ledger, 0, 5, DAY);
        assert_eq!(purse.take(&RULES, 0, 5, DAY).units, 2);
    }

    #[test]
    fn low_stops_at_its_ceiling_and_the_others_go_on() {
        let (mut purse, mut ledger) = (Purse::default(), Ledger::default());
        for _ in 0..50 {
            fill(&mut purse, &mut ledger, 2, 1, DAY);
            assert_eq!(purse.take(&RULES, 2, 1, DAY).units, 1);
        }
        assert_eq!(fill(&mut purse, &mut ledger, 2, 1, DAY).units, 0);
        assert_eq!(fill(&mut purse, &mut ledger, 1, 50, DAY).units, 50);
        assert_eq!(purse.take(&RULES, 2, 1, DAY).units, 0, "what was taken for others is not low's");
    }

    #[test]
    fn blocks_are_void_when_the_day_is_over() {
        let (mut purse, mut ledger) = (Purse::default(), Ledger::default());
        fill(&mut purse, &mut ledger, 0, 10, DAY);
        assert_eq!(purse.take(&RULES, 0, 1, 2 * DAY - 1).units, 1);
        assert_eq!(purse.take(&RULES, 0, 1, 2 * DAY).units, 0);
    }

    #[test]
    fn without_the_ledger_a_part_of_the_rest_may_be_spent() {
        let (mut purse, mut ledger) = (Purse::default(), Ledger::default());
        fill(&mut purse, &mut ledger, 0, 50, DAY);
        assert_eq!(purse.alone(&RULES, 0, 15, 2, DAY).units, 15);
        assert_eq!(purse.alone(&RULES, 0, 15, 2, DAY).units, 5, "four fifths of fifty, by two");
        assert_eq!(fill(&mut purse, &mut ledger, 0, 0, DAY).used, 70, "and the ledger learns of it");
    }
}
