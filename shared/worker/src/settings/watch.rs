//! Noticing that settings changed: a file, or a right that begins or ends. Mounted files are swapped behind links, so the
//! content is compared, not the time.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::PathBuf,
};

use push_contract::Timestamp;
use toml::Value;

use super::rights::passed;

/// The content of the settings file and of every file that it names, and the dates in it that have passed, as one number.
#[derive(Debug)]
pub struct Watch {
    files: Vec<PathBuf>,
    /// The settings file as it was read: dates stand there alone.
    settings: Value,
    seen: u64,
}

impl Watch {
    /// Watches these files from their present content on.
    #[must_use]
    pub fn new(files: Vec<PathBuf>) -> Self {
        let text = files.first().and_then(|file| fs::read_to_string(file).ok()).unwrap_or_default();
        // What is no TOML was refused before, or will be when its content is looked at.
        let settings = Value::Table(text.parse().unwrap_or_default());
        let mut watch = Self { files, settings, seen: 0 };
        watch.changed();
        watch
    }

    /// Whether something changed since the last look.
    pub fn changed(&mut self) -> bool {
        let mut hash = content(&self.files);
        passed(&self.settings, Timestamp::now()).hash(&mut hash);
        let now = hash.finish();
        std::mem::replace(&mut self.seen, now) != now
    }

    /// Watches other files from now on.
    pub fn follow(&mut self, files: Vec<PathBuf>) {
        *self = Self::new(files);
    }
}

fn content(files: &[PathBuf]) -> DefaultHasher {
    let mut hash = DefaultHasher::new();
    for file in files {
        file.hash(&mut hash);
        fs::read(file).ok().hash(&mut hash);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_that_passes_is_a_change() {
        let settings = |until: &str| {
            let text = format!("[apps.chat.parcel]\nvip = {{ granted = true, until = '{until}-01-01T00:00:00Z' }}");
            Value::Table(text.parse().unwrap())
        };
        let mut watch = Watch { files: Vec::new(), settings: settings("9999"), seen: 0 };
        assert!(watch.changed() && !watch.changed());
        watch.settings = settings("2026");
        assert!(watch.changed() && !watch.changed());
    }
}
