//! Texts that must never be shown.

use std::fmt;

use serde::Deserialize;

/// A credential or a part of one. Its `Debug` is blank and it has no `Serialize`: the only way out is [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for a signature, a header or a form and nothing else.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn debug_is_blank() {
        assert_eq!(format!("{:?}", super::Secret::new("hunter2")), "Secret(..)");
    }
}
