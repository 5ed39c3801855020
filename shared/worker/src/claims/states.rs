//! What is known about every position of one message, a character each.

use push_contract::{Mask, Outcome};

/// A character a position: `.` open, `s` started, `d` doubt, `D` started and doubt, `r` repeated in the next
/// generation, `q` the same with doubt, `x` has an outcome that was published, any other letter that of an
/// [`Outcome`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct States(Vec<u8>);

impl States {
    /// Nothing is known about any position.
    #[must_use]
    pub fn open(targets: usize) -> Self {
        Self(vec![b'.'; targets])
    }

    /// Reads what a store wrote.
    #[must_use]
    pub fn read(text: &str) -> Self {
        Self(text.bytes().collect())
    }

    /// As the store writes it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The character of a position; open past the end.
    #[must_use]
    pub fn at(&self, n: usize) -> u8 {
        self.0.get(n).copied().unwrap_or(b'.')
    }

    /// Sets the character of a position.
    pub fn set(&mut self, n: usize, state: u8) {
        if let Some(at) = self.0.get_mut(n) {
            *at = state;
        }
    }

    /// Records an outcome.
    pub fn end(&mut self, n: usize, outcome: Outcome) {
        self.set(n, outcome.letter() as u8);
    }

    /// Records that the vendor surely did not take it: the position is open again.
    pub fn reopen(&mut self, n: usize) {
        self.set(n, b'-');
    }

    /// Records that the next generation repeats the position.
    pub fn repeat(&mut self, n: usize, doubt: bool) {
        self.set(n, if doubt { b'q' } else { b'r' });
    }

    /// Whether the position has neither an outcome nor a repetition.
    #[must_use]
    pub fn is_open(&self, n: usize) -> bool {
        matches!(self.at(n), b'.' | b's' | b'd' | b'D')
    }

    /// Whether an earlier call about the position had no answer.
    #[must_use]
    pub fn in_doubt(&self, n: usize) -> bool {
        matches!(self.at(n), b'd' | b'D' | b'q')
    }

    /// Of these positions, those that the next generation repeats.
    #[must_use]
    pub fn repeated(&self, of: &Mask) -> Mask {
        Mask::of(self.0.len(), of.iter().filter(|n| matches!(self.at(*n), b'r' | b'q')))
    }

    /// Of these positions, those without an outcome.
    #[must_use]
    pub fn open_of(&self, of: &Mask) -> Mask {
        Mask::of(self.0.len(), of.iter().filter(|n| self.is_open(*n)))
    }

    /// Of these positions, those in doubt.
    #[must_use]
    pub fn doubt_of(&self, of: &Mask) -> Mask {
        Mask::of(self.0.len(), of.iter().filter(|n| self.in_doubt(*n)))
    }

    /// How many positions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no position.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
