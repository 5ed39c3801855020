//! A part of a batch, as it is split, sent one by one or sent again.

use push_contract::{Batch, Push};

/// A batch to send, and which of the caller's targets it holds.
pub(super) struct Portion {
    pub(super) batch: Batch,
    /// Of each push, the index of its targets in the caller's order.
    pub(super) places: Vec<Vec<usize>>,
    /// Of each push, its index in the caller's batch.
    pub(super) origin: Vec<usize>,
    /// Its token was fetched a moment ago.
    pub(super) fresh_token: bool,
}

impl Portion {
    /// All of a batch.
    pub(super) fn whole(batch: Batch) -> Self {
        let mut next = 0;
        let mut places = Vec::with_capacity(batch.pushes.len());
        for push in &batch.pushes {
            places.push((next..next + push.positions.len()).collect());
            next += push.positions.len();
        }
        Self { places, origin: (0..batch.pushes.len()).collect(), batch, fresh_token: false }
    }

    /// Keeps the pushes whose index in the caller's batch passes.
    pub(super) fn keep(&mut self, pass: impl Fn(usize) -> bool) {
        let flags: Vec<bool> = self.origin.iter().map(|origin| pass(*origin)).collect();
        let mut at = flags.iter();
        self.batch.pushes.retain(|_| *at.next().unwrap_or(&false));
        let mut at = flags.iter();
        self.places.retain(|_| *at.next().unwrap_or(&false));
        let mut at = flags.iter();
        self.origin.retain(|_| *at.next().unwrap_or(&false));
    }

    /// The part about these places, to be sent with a fresh token.
    pub(super) fn of(&self, places: &[usize]) -> Self {
        let mut part =
            Self { batch: Batch { pushes: Vec::new() }, places: Vec::new(), origin: Vec::new(), fresh_token: true };
        for ((push, at), origin) in self.batch.pushes.iter().zip(&self.places).zip(&self.origin) {
            let (positions, kept): (Vec<usize>, Vec<usize>) =
                push.positions.iter().zip(at).filter(|(_, place)| places.contains(place)).unzip();
            if !positions.is_empty() {
                part.batch.pushes.push(Push { positions, ..push.clone() });
                part.places.push(kept);
                part.origin.push(*origin);
            }
        }
        part
    }

    /// One portion per target.
    pub(super) fn singly(self) -> Vec<Self> {
        let mut portions = Vec::new();
        for ((push, places), origin) in self.batch.pushes.iter().zip(&self.places).zip(&self.origin) {
            for (position, place) in push.positions.iter().zip(places) {
                let push = Push { positions: vec![*position], ..push.clone() };
                portions.push(Self {
                    batch: Batch { pushes: vec![push] },
                    places: vec![vec![*place]],
                    origin: vec![*origin],
                    fresh_token: self.fresh_token,
                });
            }
        }
        portions
    }

    /// Two halves: of the jobs, or of a single job's targets.
    pub(super) fn halves(mut self) -> [Self; 2] {
        if let ([push], [places]) = (self.batch.pushes.as_mut_slice(), self.places.as_mut_slice()) {
            let middle = push.positions.len() / 2;
            let second = Push { positions: push.positions.split_off(middle), ..push.clone() };
            let second = Self {
                batch: Batch { pushes: vec![second] },
                places: vec![places.split_off(middle)],
                origin: self.origin.clone(),
                fresh_token: self.fresh_token,
            };
            return [self, second];
        }
        let middle = self.batch.pushes.len() / 2;
        let second = Self {
            batch: Batch { pushes: self.batch.pushes.split_off(middle) },
            places: self.places.split_off(middle),
            origin: self.origin.split_off(middle),
            fresh_token: self.fresh_token,
        };
        [self, second]
    }
}
