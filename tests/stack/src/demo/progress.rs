//! One line that tells how far the demo is: rewritten in a terminal, repeated elsewhere.

use std::{
    io::{IsTerminal, Write},
    time::{Duration, Instant},
};

/// How often a line is repeated where it cannot be rewritten.
const REPEAT: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Progress {
    start: Instant,
    said: Option<Instant>,
    rewrites: bool,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self { start: Instant::now(), said: None, rewrites: std::io::stderr().is_terminal() }
    }

    /// How long it has run.
    pub(super) fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// The state now.
    pub(super) fn show(&mut self, text: &str) {
        let seconds = self.start.elapsed().as_secs();
        if self.rewrites {
            self.write(&format!("\r\x1b[K{seconds:4} s  {text}"));
        } else if self.said.is_none_or(|at| at.elapsed() >= REPEAT) {
            self.write(&format!("{seconds:4} s  {text}\n"));
            self.said = Some(Instant::now());
        }
    }

    /// Something that happened; it stays.
    pub(super) fn note(&mut self, text: &str) {
        let seconds = self.start.elapsed().as_secs();
        let clear = if self.rewrites { "\r\x1b[K" } else { "" };
        self.write(&format!("{clear}{seconds:4} s  {text}\n"));
    }

    fn write(&self, text: &str) {
        // Progress that cannot be shown is not shown.
        let mut out = std::io::stderr().lock();
        let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    }
}
