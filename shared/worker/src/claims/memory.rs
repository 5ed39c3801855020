//! The store of a worker that runs alone: the process itself, born when it started.
//!
//! The rules are those of `scripts/*.lua`, word for word; a test runs both against the same steps.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use push_contract::{Mask, Timestamp};
use push_pacing::DeviceCounts;

use super::{Claim, ClaimKey, ClaimRequest, ClaimTimes, Claimed, Record, Recorded, Settled, States};

/// Records in memory. They end with the process, and with them the proof of what was never sent.
#[derive(Debug)]
pub struct MemoryStore {
    times: ClaimTimes,
    birth: String,
    born: Timestamp,
    records: Mutex<Records>,
    pub(super) devices: Mutex<DeviceCounts>,
}

#[derive(Debug, Default)]
struct Records {
    last_number: u64,
    current: HashMap<String, Entry>,
    previous: HashMap<String, Entry>,
    turned: Option<Instant>,
}

#[derive(Debug, Clone)]
struct Entry {
    number: u64,
    held_until: Option<Instant>,
    states: States,
    meta: String,
    results: String,
}

impl MemoryStore {
    /// A store born now.
    #[must_use]
    pub fn new(times: ClaimTimes) -> Self {
        let born = Timestamp::now();
        Self {
            times,
            birth: format!("{}:process", born.as_millis()),
            born,
            records: Mutex::default(),
            devices: Mutex::default(),
        }
    }

    /// The store's birth.
    #[must_use]
    pub fn birth(&self) -> &str {
        &self.birth
    }

    fn lock(&self) -> MutexGuard<'_, Records> {
        let mut records = self.records.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let now = Instant::now();
        if records.turned.is_none_or(|turned| now.duration_since(turned) > self.times.window) {
            records.previous = std::mem::take(&mut records.current);
            records.turned = Some(now);
        }
        records
    }

    pub(super) fn claim(&self, ask: &ClaimRequest) -> Claimed {
        let mut records = self.lock();
        let now = Instant::now();
        let mut all_ambiguous = false;
        let targets = ask.left.digits().len();
        let mut entry = match records.take(&ask.key) {
            None => {
                let age = Timestamp::now().as_millis() - ask.created_ms;
                let window_ms = i64::try_from(self.times.window.as_millis()).unwrap_or(i64::MAX);
                let older = self.born.as_millis() + 60_000 < ask.created_ms && age < window_ms;
                if !older {
                    if ask.marked || self.times.strict {
                        all_ambiguous = true;
                    } else if ask.verified != self.birth {
                        return Claimed::Verify(self.birth.clone());
                    }
                }
                Entry {
                    number: 0,
                    held_until: None,
                    states: States::open(targets),
                    meta: String::new(),
                    results: String::new(),
                }
            }
            Some(entry) => {
                if entry.states.open_of(&ask.left).is_empty() {
                    let settled = entry.settled();
                    records.put(&ask.key, entry);
                    return Claimed::Settled(settled);
                }
                if entry.held_until.is_some_and(|until| until > now) {
                    records.put(&ask.key, entry);
                    return Claimed::Busy;
                }
                entry
            }
        };
        let mut ambiguous = Mask::none(targets);
        let mut window = Mask::none(targets);
        let mut room = ask.room;
        for n in entry.states.open_of(&ask.left).iter() {
            let mut started = matches!(entry.states.at(n), b's' | b'D');
            let mut doubted = entry.states.in_doubt(n) || ask.doubt.has(n);
            if all_ambiguous || started {
                ambiguous.insert(n);
                (started, doubted) = (true, true);
            }
            if room > 0 && ask.send.has(n) && (!ambiguous.has(n) || ask.repeatable) {
                window.insert(n);
                started = true;
                room -= 1;
            }
            entry.states.set(
                n,
                match (started, doubted) {
                    (true, true) => b'D',
                    (true, false) => b's',
                    (false, true) => b'd',
                    (false, false) => b'.',
                },
            );
        }
        records.last_number += 1;
        entry.number = records.last_number;
        entry.held_until = Some(now + self.times.hold);
        let claim = Claim {
            number: entry.number,
            stamp: self.birth.clone(),
            states: entry.states.clone(),
            ambiguous,
            window,
            since: now,
        };
        records.put(&ask.key, entry);
        Claimed::Go(claim)
    }

    pub(super) fn fence(&self, key: &ClaimKey, claim: &Claim) -> bool {
        let mut records = self.lock();
        let Some(mut entry) = records.take(key) else { return false };
        let ours = entry.number == claim.number && entry.held_until.is_some();
        if ours {
            entry.held_until = Some(Instant::now() + self.times.hold);
        }
        records.put(key, entry);
        ours
    }

    pub(super) fn record(&self, record: &Record<'_>) -> Recorded {
        let mut records = self.lock();
        let known = records.take(record.key);
        let weak = known.is_none();
        if let Some(entry) = &known
            && (entry.number != record.number || entry.held_until.is_none())
        {
            records.put(record.key, entry.clone());
            return Recorded::Lost;
        }
        let mut entry = known.unwrap_or_else(|| Entry {
            number: 0,
            held_until: None,
            states: States::open(record.outcomes.len()),
            meta: String::new(),
            results: String::new(),
        });
        for n in 0..record.outcomes.len() {
            match record.outcomes.at(n) {
                b'.' => {}
                b'-' if !entry.states.is_open(n) => {}
                b'-' => entry.states.set(n, if entry.states.in_doubt(n) { b'd' } else { b'.' }),
                outcome => entry.states.set(n, outcome),
            }
        }
        record.meta.clone_into(&mut entry.meta);
        if !record.results.is_empty() {
            if !entry.results.is_empty() {
                entry.results.push(',');
            }
            entry.results.push_str(record.results);
        }
        entry.held_until = None;
        let answer = if entry.states.open_of(record.left).is_empty() {
            Recorded::Settled(entry.settled())
        } else if weak {
            Recorded::Again
        } else if record.room == 0 {
            Recorded::Stopped
        } else {
            let next =
                Mask::of(entry.states.len(), record.next.iter().filter(|n| entry.states.is_open(*n)).take(record.room));
            for n in next.iter() {
                let state = if entry.states.in_doubt(n) { b'D' } else { b's' };
                entry.states.set(n, state);
            }
            entry.held_until = Some(Instant::now() + self.times.hold);
            Recorded::Next(entry.states.clone(), next)
        };
        records.put(record.key, entry);
        answer
    }

    pub(super) fn shrink(&self, messages: &[(ClaimKey, Mask)]) {
        let mut records = self.lock();
        for (key, of) in messages {
            let Some(mut entry) = records.take(key) else { continue };
            for n in of.iter() {
                if !entry.states.is_open(n) {
                    entry.states.set(n, b'x');
                }
            }
            if (0..entry.states.len()).all(|n| entry.states.is_open(n) || entry.states.at(n) == b'x') {
                entry.meta.clear();
                entry.results.clear();
            }
            records.put(key, entry);
        }
    }
}

impl Records {
    fn take(&mut self, key: &ClaimKey) -> Option<Entry> {
        self.current.remove(&key.field).or_else(|| self.previous.remove(&key.field))
    }

    fn put(&mut self, key: &ClaimKey, entry: Entry) {
        self.current.insert(key.field.clone(), entry);
    }
}

impl Entry {
    fn settled(&self) -> Settled {
        Settled { states: self.states.clone(), meta: self.meta.clone(), results: self.results.clone() }
    }
}
