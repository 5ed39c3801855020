//! Sets of positions.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};

/// A set of target positions of one job, as in `x-push-left` and `x-push-doubt`: a bitmap, position 0 is the lowest
/// bit of the first byte, written as base64.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Mask {
    bits: Vec<bool>,
}

impl Mask {
    /// No position of `targets`.
    #[must_use]
    pub fn none(targets: usize) -> Self {
        Self { bits: vec![false; targets] }
    }

    /// Every position of `targets`.
    #[must_use]
    pub fn all(targets: usize) -> Self {
        Self { bits: vec![true; targets] }
    }

    /// The given positions; those at or past `targets` are left out.
    #[must_use]
    pub fn of(targets: usize, positions: impl IntoIterator<Item = usize>) -> Self {
        let mut mask = Self::none(targets);
        for n in positions {
            mask.insert(n);
        }
        mask
    }

    /// Whether the position is in the set.
    #[must_use]
    pub fn has(&self, n: usize) -> bool {
        self.bits.get(n).copied().unwrap_or(false)
    }

    /// Adds a position.
    pub fn insert(&mut self, n: usize) {
        if let Some(bit) = self.bits.get_mut(n) {
            *bit = true;
        }
    }

    /// Takes a position out.
    pub fn remove(&mut self, n: usize) {
        if let Some(bit) = self.bits.get_mut(n) {
            *bit = false;
        }
    }

    /// The positions, ascending.
    pub fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.bits.iter().enumerate().filter_map(|(n, bit)| bit.then_some(n))
    }

    /// How many positions are in the set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether the set is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.bits.contains(&true)
    }

    /// One character a position: `1` in the set, `0` not.
    #[must_use]
    pub fn digits(&self) -> String {
        self.bits.iter().map(|bit| if *bit { '1' } else { '0' }).collect()
    }

    /// The set as written into a header.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut bytes = vec![0_u8; self.bits.len().div_ceil(8)];
        for n in self.iter() {
            bytes[n / 8] |= 1 << (n % 8);
        }
        STANDARD.encode(bytes)
    }

    /// Reads a header for a job of `targets` targets. `None` when it is no base64, has another length or a bit past
    /// the last target.
    #[must_use]
    pub fn decode(text: &str, targets: usize) -> Option<Self> {
        let bytes = STANDARD.decode(text).ok()?;
        if bytes.len() != targets.div_ceil(8) {
            return None;
        }
        let bit = |n: usize| bytes[n / 8] >> (n % 8) & 1 == 1;
        if (targets..bytes.len() * 8).any(bit) {
            return None;
        }
        Some(Self { bits: (0..targets).map(bit).collect() })
    }
}

impl fmt::Debug for Mask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Mask;

    #[test]
    fn a_mask_reads_back_as_written() {
        for targets in [1, 7, 8, 9, 1000] {
            let mask = Mask::of(targets, (0..targets).filter(|n| n % 3 == 0));
            assert_eq!(Mask::decode(&mask.encode(), targets), Some(mask));
        }
    }

    #[test]
    fn another_jobs_mask_is_refused() {
        assert_eq!(Mask::decode(&Mask::all(9).encode(), 8), None);
        assert_eq!(Mask::decode(&Mask::all(8).encode(), 7), None, "a bit past the last target");
        assert_eq!(Mask::decode("!", 8), None);
    }
}
