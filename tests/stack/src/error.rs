//! What went wrong in the stack, as one sentence that says what to do next.

use std::fmt;

/// A failure of the stack itself, never of what is tested on it.
pub struct StackError(String);

/// What every fallible function here returns.
pub type Result<T, E = StackError> = std::result::Result<T, E>;

impl StackError {
    /// From a sentence.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

impl fmt::Display for StackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// As `Display`: tests and `main` print errors with `Debug`, and people read them.
impl fmt::Debug for StackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StackError {}

/// Says what was being done when something failed.
pub trait Context<T> {
    /// Puts `doing` in front of the error.
    ///
    /// # Errors
    /// The same failure, with its context.
    fn context(self, doing: impl fmt::Display) -> Result<T>;
}

impl<T, E: fmt::Display> Context<T> for std::result::Result<T, E> {
    fn context(self, doing: impl fmt::Display) -> Result<T> {
        self.map_err(|error| StackError(format!("{doing}: {error}")))
    }
}
