//! Noticing that a file changed. Mounted files are swapped behind links, so the content is compared, not the time.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash, Hasher},
    path::PathBuf,
};

/// The content of the settings file and of every file that it names, as one number.
#[derive(Debug)]
pub struct Watch {
    files: Vec<PathBuf>,
    seen: u64,
}

impl Watch {
    /// Watches these files from their present content on.
    #[must_use]
    pub fn new(files: Vec<PathBuf>) -> Self {
        let seen = content(&files);
        Self { files, seen }
    }

    /// Whether something changed since the last look.
    pub fn changed(&mut self) -> bool {
        let now = content(&self.files);
        std::mem::replace(&mut self.seen, now) != now
    }

    /// Watches other files from now on.
    pub fn follow(&mut self, files: Vec<PathBuf>) {
        *self = Self::new(files);
    }
}

fn content(files: &[PathBuf]) -> u64 {
    let mut hash = DefaultHasher::new();
    for file in files {
        file.hash(&mut hash);
        fs::read(file).ok().hash(&mut hash);
    }
    hash.finish()
}
