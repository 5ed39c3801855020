//! Texts that repeat on every line, kept once.

use std::collections::HashMap;

/// A text that was seen before, by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Name(u32);

/// Every text once.
#[derive(Debug, Default)]
pub(crate) struct Names {
    numbers: HashMap<String, Name>,
    texts: Vec<String>,
}

impl Names {
    /// The number of a text.
    pub(crate) fn of(&mut self, text: &str) -> Name {
        if let Some(name) = self.numbers.get(text) {
            return *name;
        }
        let name = Name(u32::try_from(self.texts.len()).unwrap_or(u32::MAX));
        self.numbers.insert(text.to_owned(), name);
        self.texts.push(text.to_owned());
        name
    }

    /// The text of a number.
    pub(crate) fn text(&self, name: Name) -> &str {
        self.texts.get(name.0 as usize).map_or("", String::as_str)
    }
}
