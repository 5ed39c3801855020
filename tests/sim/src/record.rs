//! What the vendors saw: the seen log in memory, which is authoritative at once, and its counts.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tokio::sync::Notify;

use crate::seen_file::SeenFile;
use crate::simulator::{Aim, Effect, Facts, Judge, Opened, Ruling};
use crate::window::Window;

/// With a file, memory keeps this much of the log's end: a long run of hundreds of thousands of targets a second must not
/// eat the machine. Without a file, memory keeps all.
const MEMORY_MAX_BYTES: usize = 64 << 20;

/// The record of one push-sim.
pub(crate) struct Record {
    inner: Mutex<Inner>,
    /// Told after every change, for those who wait for a count.
    pub(crate) changed: Notify,
    file: Option<SeenFile>,
}

#[derive(Default)]
struct Inner {
    chunks: VecDeque<Chunk>,
    bytes: usize,
    lines: u64,
    tallies: BTreeMap<(&'static str, String), Tally>,
}

/// The lines of one call.
struct Chunk {
    first: u64,
    text: Bytes,
}

#[derive(Default)]
struct Tally {
    calls: u64,
    auth_calls: u64,
    targets: u64,
    accepted: u64,
    refused: u64,
    mismatch: u64,
    auth_window: Window,
    prepare_window: Window,
    call_window: Window,
    target_window: Window,
}

/// Counts, as `/control/counts` gives them.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) calls: u64,
    pub(crate) targets: u64,
    pub(crate) accepted: u64,
    pub(crate) refused: u64,
    pub(crate) auth_calls: u64,
    pub(crate) mismatch: u64,
    pub(crate) open_connections: u64,
    pub(crate) held: u64,
    pub(crate) per_second_max: BTreeMap<String, PerSecond>,
}

/// The most that one app ever brought within any 1000 ms, taken or not: token calls, calls that prepare, calls that
/// commit and their targets.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PerSecond {
    auth_calls: u64,
    prepare_calls: u64,
    calls: u64,
    targets: u64,
}

impl Record {
    pub(crate) fn new(file: Option<SeenFile>) -> Self {
        Self { inner: Mutex::default(), changed: Notify::new(), file }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what became of a call. `opened` has been judged; `delivered` as the fault script decided.
    pub(crate) fn note(&self, seen: &Seen<'_>) {
        let lines = seen.lines();
        let mut text = Vec::with_capacity(lines.len() * 256);
        for line in &lines {
            // Numbers, strings and booleans always serialize.
            if serde_json::to_writer(&mut text, line).is_ok() {
                text.push(b'\n');
            }
        }
        let text = Bytes::from(text);
        {
            let mut inner = self.lock();
            let key = (seen.vendor, seen.app.unwrap_or_default().to_owned());
            inner.tallies.entry(key).or_default().add(seen, &lines);
            if !lines.is_empty() {
                let first = inner.lines;
                inner.lines += u64::try_from(lines.len()).unwrap_or_default();
                if let Some(file) = &self.file {
                    file.append(text.clone());
                }
                inner.bytes += text.len();
                inner.chunks.push_back(Chunk { first, text });
                if self.file.is_some() {
                    inner.forget_beyond(MEMORY_MAX_BYTES);
                }
            }
        }
        self.changed.notify_waiters();
    }

    /// The log from line `from` (counted from 0) on, and the number of the line after its end.
    ///
    /// # Errors
    /// What memory no longer holds cannot be read from the file.
    pub(crate) async fn seen(&self, from: u64) -> io::Result<(Vec<u8>, u64)> {
        self.flush().await;
        let (chunks, next) = self.lock().since(from);
        match (&self.file, chunks.first()) {
            (Some(file), Some((first, _))) if *first > from => file.read(from).await,
            _ => {
                let mut text = Vec::new();
                for (first, chunk) in chunks {
                    let skip = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
                    chunk
                        .split_inclusive(|byte| *byte == b'\n')
                        .skip(skip)
                        .for_each(|line| text.extend_from_slice(line));
                }
                Ok((text, next))
            }
        }
    }

    /// Counts of one vendor and app, or of all.
    pub(crate) fn counts(&self, vendor: Option<&str>, app: Option<&str>) -> Counts {
        let mut counts = Counts::default();
        for ((of, name), tally) in &self.lock().tallies {
            if vendor.is_none_or(|vendor| vendor == *of) && app.is_none_or(|app| app == name) {
                counts.calls += tally.calls;
                counts.targets += tally.targets;
                counts.accepted += tally.accepted;
                counts.refused += tally.refused;
                counts.auth_calls += tally.auth_calls;
                counts.mismatch += tally.mismatch;
                let most = PerSecond {
                    auth_calls: tally.auth_window.most(),
                    prepare_calls: tally.prepare_window.most(),
                    calls: tally.call_window.most(),
                    targets: tally.target_window.most(),
                };
                counts.per_second_max.insert(format!("{of}/{name}"), most);
            }
        }
        counts
    }

    /// Waits until the file holds what memory holds.
    pub(crate) async fn flush(&self) {
        if let Some(file) = &self.file {
            file.flush().await;
        }
    }

    /// Forgets everything; the file is emptied too, so that it always equals memory.
    pub(crate) fn reset(&self) {
        {
            let mut inner = self.lock();
            *inner = Inner::default();
            if let Some(file) = &self.file {
                file.empty();
            }
        }
        self.changed.notify_waiters();
    }
}

impl Inner {
    /// The chunks from the one with line `from` on, as far as memory goes back, and the number of the next line.
    fn since(&self, from: u64) -> (Vec<(u64, Bytes)>, u64) {
        let start = self.chunks.partition_point(|chunk| chunk.first <= from).saturating_sub(1);
        (self.chunks.iter().skip(start).map(|chunk| (chunk.first, chunk.text.clone())).collect(), self.lines)
    }

    /// Drops the oldest chunks until at most `most` bytes are left.
    fn forget_beyond(&mut self, most: usize) {
        while self.bytes > most
            && let Some(oldest) = self.chunks.pop_front()
        {
            self.bytes -= oldest.text.len();
        }
    }
}

impl Tally {
    fn add(&mut self, seen: &Seen<'_>, lines: &[Line<'_>]) {
        match seen.opened.effect {
            Effect::Auth => {
                self.auth_calls += 1;
                self.auth_window.add(seen.at, 1);
            }
            Effect::Prepare => self.prepare_window.add(seen.at, 1),
            Effect::Commit => {
                let targets = seen.opened.aims.len();
                self.calls += 1;
                self.targets += u64::try_from(targets).unwrap_or_default();
                self.call_window.add(seen.at, 1);
                self.target_window.add(seen.at, u32::try_from(targets).unwrap_or(u32::MAX));
                // A call without targets has a line if it was refused, and counts as a call alone.
                for line in lines.iter().take(targets) {
                    *(if line.accepted { &mut self.accepted } else { &mut self.refused }) += 1;
                    self.mismatch += u64::from(line.mismatch);
                }
            }
        }
    }
}

/// A call and what became of it.
pub(crate) struct Seen<'a> {
    pub(crate) at: u64,
    pub(crate) vendor: &'static str,
    pub(crate) app: Option<&'a str>,
    pub(crate) call: u64,
    pub(crate) opened: &'a Aimed,
    pub(crate) ruling: &'a Ruling,
    pub(crate) delivered: bool,
}

/// The part of an [`Opened`] that outlives its judgement.
pub(crate) struct Aimed {
    pub(crate) app: Option<String>,
    pub(crate) api: &'static str,
    pub(crate) effect: Effect,
    pub(crate) aims: Vec<Aim>,
}

impl Aimed {
    /// Splits a call into what it aims at and its judgement.
    pub(crate) fn split(opened: Opened) -> (Self, Judge) {
        (Self { app: opened.app, api: opened.api, effect: opened.effect, aims: opened.aims }, opened.judge)
    }
}

#[derive(Serialize)]
struct Line<'a> {
    at: u64,
    vendor: &'a str,
    app: &'a str,
    api: &'a str,
    call: u64,
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<&'a str>,
    code: &'a str,
    accepted: bool,
    delivered: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    mismatch: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    degraded_to: Option<&'a str>,
    #[serde(flatten)]
    facts: Option<&'a Facts>,
}

impl Seen<'_> {
    /// One line per target. A call without targets gets a line (token empty) only if it was refused; a
    /// message that names no job has no `job`.
    fn lines(&self) -> Vec<Line<'_>> {
        let line = |n: usize| {
            let word = self.ruling.words.about(n)?;
            let aim = self.opened.aims.get(n);
            Some(Line {
                at: self.at,
                vendor: self.vendor,
                app: self.app.unwrap_or_default(),
                api: self.opened.api,
                call: self.call,
                token: aim.map_or("", |aim| &aim.token),
                job: aim.map(|aim| aim.job.as_str()).filter(|job| !job.is_empty()),
                code: &word.code,
                accepted: word.accepted,
                delivered: self.delivered,
                mismatch: aim.is_some_and(|aim| aim.mismatch),
                why: word.why.as_deref(),
                degraded_to: self.ruling.degraded_to.filter(|_| word.accepted),
                facts: aim.map(|aim| &*aim.facts),
            })
        };
        match self.opened.aims.len() {
            0 => line(0).filter(|line| !line.accepted).into_iter().collect(),
            targets => (0..targets).filter_map(line).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::{Chunk, Inner};

    #[test]
    fn memory_forgets_the_oldest_first() {
        let mut inner = Inner::default();
        for (first, text) in [(0, "a\nb\n"), (2, "c\n"), (3, "d\ne\n")] {
            inner.chunks.push_back(Chunk { first, text: Bytes::from_static(text.as_bytes()) });
            inner.bytes += text.len();
            inner.lines = first + 2;
        }
        let firsts = |inner: &Inner, from| inner.since(from).0.iter().map(|(first, _)| *first).collect::<Vec<_>>();
        assert_eq!(firsts(&inner, 1), [0, 2, 3]);
        assert_eq!(firsts(&inner, 2), [2, 3]);
        assert_eq!((firsts(&inner, 9), inner.since(9).1), (vec![3], 5));
        inner.forget_beyond(6);
        assert_eq!(firsts(&inner, 0), [2, 3], "the first line given is past the one asked for: look into the file");
        inner.forget_beyond(0);
        assert_eq!(firsts(&inner, 0), [] as [u64; 0]);
    }
}
