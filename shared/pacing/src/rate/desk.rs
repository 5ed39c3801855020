//! What a process does with its lease: who waits, what is in stock, how much to ask for.

use std::collections::VecDeque;

use super::{Ask, LEASE_LIFE_US};

/// How long a stock is meant to last, µs.
const STOCK_US: f64 = 40_000.0;
/// How quickly the present use is forgotten, µs.
const USE_US: f64 = 200_000.0;

struct Waiting<W> {
    units: u32,
    who: W,
}

/// One process's side of one limit. `W` is told when its turn has come; time is µs by a clock that never steps. Lanes are
/// 0 high, 1 normal, 2 low.
pub struct Desk<W> {
    waiting: [VecDeque<Waiting<W>>; 3],
    waiting_units: [u64; 3],
    /// When it was asked for, and how much of it is left.
    stock: [VecDeque<(i64, u32)>; 3],
    /// Units a µs, of late.
    used: [f64; 3],
    used_at: i64,
    back: i64,
}

impl<W> std::fmt::Debug for Desk<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").field("waiting", &self.waiting_units).field("stock", &self.stock).finish_non_exhaustive()
    }
}

impl<W> Default for Desk<W> {
    fn default() -> Self {
        Self {
            waiting: [const { VecDeque::new() }; 3],
            waiting_units: [0; 3],
            stock: [const { VecDeque::new() }; 3],
            used: [0.0; 3],
            used_at: 0,
            back: 0,
        }
    }
}

impl<W> Desk<W> {
    /// Takes from the stock, unless somebody of the lane or above waits. Gives when the tokens were asked for.
    pub fn take(&mut self, lane: usize, units: u32, now: i64) -> Option<i64> {
        if self.waiting[..=lane].iter().any(|queue| !queue.is_empty()) {
            return None;
        }
        self.draw(lane, units, now)
    }

    /// Whether it is time to ask for more before anybody has to wait.
    #[must_use]
    pub fn runs_low(&self) -> bool {
        (0..3).any(|lane| f64::from(self.in_stock(lane)) * 2.0 < self.target(lane).floor())
    }

    /// Waits for its turn; `first`: before all others of the lane.
    pub fn wait(&mut self, lane: usize, units: u32, who: W, first: bool) {
        self.waiting_units[lane] += u64::from(units);
        let entry = Waiting { units, who };
        if first { self.waiting[lane].push_front(entry) } else { self.waiting[lane].push_back(entry) }
    }

    /// Forgets those who no longer wait.
    pub fn forget(&mut self, gone: impl Fn(&W) -> bool) {
        for (queue, units) in self.waiting.iter_mut().zip(&mut self.waiting_units) {
            queue.retain(|entry| !gone(&entry.who));
            *units = queue.iter().map(|entry| u64::from(entry.units)).sum();
        }
    }

    /// Units that jobs of each lane wait for.
    #[must_use]
    pub fn waiting_units(&self) -> [u64; 3] {
        self.waiting_units
    }

    /// What to ask for, if anything. Units of an expired stock go back with it.
    pub fn ask(&mut self, now: i64) -> Option<Ask> {
        self.expire(now);
        let mut ask = Ask::default();
        for lane in 0..3 {
            let stock = self.in_stock(lane);
            if let Some(first) = self.waiting[lane].front() {
                ask.head[lane] = first.units.saturating_sub(stock).max(1);
                let want = self.waiting_units[lane].saturating_sub(u64::from(stock));
                ask.want[lane] = u32::try_from(want).unwrap_or(u32::MAX).max(ask.head[lane]);
            } else {
                ask.want[lane] = (self.target(lane) as u32).saturating_sub(stock);
            }
        }
        if ask.want == [0; 3] {
            return None;
        }
        ask.back = std::mem::take(&mut self.back);
        Some(ask)
    }

    /// Takes a lease in, asked for at `asked`; gives those whose turn has come, with that time.
    pub fn grant(&mut self, units: [u32; 3], asked: i64, now: i64) -> Vec<(W, i64)> {
        for (stock, units) in self.stock.iter_mut().zip(units) {
            if units > 0 {
                stock.push_back((asked, units));
            }
        }
        self.serve(now)
    }

    /// Those whose turn has come, urgent ones first.
    pub fn serve(&mut self, now: i64) -> Vec<(W, i64)> {
        let mut ready = Vec::new();
        for lane in 0..3 {
            while let Some(units) = self.waiting[lane].front().map(|entry| entry.units) {
                let Some(asked) = self.draw(lane, units, now) else { break };
                if let Some(entry) = self.waiting[lane].pop_front() {
                    self.waiting_units[lane] -= u64::from(units);
                    ready.push((entry.who, asked));
                }
            }
        }
        ready
    }

    /// Puts back what was taken a moment ago and is not needed after all.
    pub fn put_back(&mut self, lane: usize, units: u32, asked: i64) {
        self.stock[lane].push_front((asked, units));
    }

    /// From the lane's own stock, then from what the lanes below it do not wait for: their guaranteed share is theirs. Gives
    /// the oldest time of what was drawn.
    fn draw(&mut self, lane: usize, units: u32, now: i64) -> Option<i64> {
        self.expire(now);
        let spare = |from: usize| {
            let kept = if from == lane { 0 } else { self.waiting_units[from] };
            u64::from(self.in_stock(from)).saturating_sub(kept)
        };
        let spares: [u64; 3] = std::array::from_fn(|from| if from < lane { 0 } else { spare(from) });
        if spares.iter().sum::<u64>() < u64::from(units) {
            return None;
        }
        let (mut left, mut oldest) = (units, now);
        for (stock, spare) in self.stock.iter_mut().zip(spares) {
            let mut from_here = left.min(u32::try_from(spare).unwrap_or(u32::MAX));
            left -= from_here;
            while let Some((asked, some)) = stock.front_mut().filter(|_| from_here > 0) {
                oldest = oldest.min(*asked);
                let drawn = from_here.min(*some);
                *some -= drawn;
                from_here -= drawn;
                if *some == 0 {
                    stock.pop_front();
                }
            }
        }
        self.note_use(lane, units, now);
        Some(oldest)
    }

    fn expire(&mut self, now: i64) {
        for stock in &mut self.stock {
            while let Some((asked, units)) = stock.front()
                && now - asked >= LEASE_LIFE_US
            {
                self.back += i64::from(*units);
                stock.pop_front();
            }
        }
    }

    fn in_stock(&self, lane: usize) -> u32 {
        self.stock[lane].iter().map(|(_, units)| units).sum()
    }

    fn target(&self, lane: usize) -> f64 {
        self.used[lane] * STOCK_US
    }

    fn note_use(&mut self, lane: usize, units: u32, now: i64) {
        let kept = (-((now - self.used_at).max(0) as f64) / USE_US).exp();
        self.used_at = now;
        self.used.iter_mut().for_each(|used| *used *= kept);
        self.used[lane] += f64::from(units) / USE_US;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urgent_jobs_go_first_and_may_use_what_was_leased_for_others() {
        let mut desk = Desk::default();
        desk.wait(2, 1, "low", false);
        desk.wait(0, 2, "urgent", false);
        desk.wait(0, 1, "again", true);
        assert_eq!(desk.grant([0, 0, 4], 0, 10), [("again", 0), ("urgent", 0), ("low", 0)]);
    }

    #[test]
    fn what_is_given_to_those_who_wait_is_theirs() {
        let mut desk = Desk::default();
        desk.wait(0, 1, "urgent", false);
        desk.wait(2, 1, "low", false);
        assert_eq!(desk.grant([0, 0, 1], 0, 10), [("low", 0)]);
    }

    #[test]
    fn a_lease_is_worth_nothing_after_its_life_and_goes_back() {
        let mut desk: Desk<()> = Desk::default();
        desk.grant([3, 0, 0], 0, 0);
        assert_eq!(desk.take(0, 1, LEASE_LIFE_US - 1), Some(0));
        assert_eq!(desk.take(0, 1, LEASE_LIFE_US), None);
        desk.wait(0, 1, (), false);
        assert_eq!(desk.ask(LEASE_LIFE_US).map(|ask| (ask.back, ask.want)), Some((2, [1, 0, 0])));
    }

    #[test]
    fn nobody_overtakes_those_who_wait() {
        let mut desk = Desk::default();
        desk.wait(1, 5, "list", false);
        desk.grant([0, 3, 0], 0, 0);
        assert_eq!(desk.take(1, 1, 1), None);
        assert_eq!(desk.take(2, 1, 1), None);
        assert_eq!(desk.ask(1).map(|ask| (ask.head[1], ask.want[1])), Some((2, 2)));
    }

    #[test]
    fn the_stock_follows_the_use() {
        let mut desk: Desk<()> = Desk::default();
        assert!(!desk.runs_low(), "idle: nothing is leased");
        for ms in 0..500 {
            desk.grant([2, 0, 0], ms * 1000, ms * 1000);
            desk.take(0, 2, ms * 1000);
        }
        assert!(desk.runs_low());
        let want = desk.ask(500_000).map_or(0, |ask| ask.want[0]);
        assert!((60..=90).contains(&want), "two a millisecond for 40 ms: {want}");
    }
}
