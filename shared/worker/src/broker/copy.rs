//! The headers of a copy: what a message says about its own past. The body is never changed.

use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use push_contract::{Lane, Mask, ParkReason, Timestamp};

/// Version of the headers that this worker writes. A copy of a newer version is parked, not guessed at.
pub(crate) const VERSION: i64 = 1;
/// The deliveries so far. Not for a replay, which starts anew.
pub(crate) const DELIVERIES: &str = "x-push-deliveries";

/// The largest count in a header: far over what any job reaches, far below what overflows when it is raised.
const MOST: u32 = 1_000_000;

/// What a message says about its own past. A producer's message has none of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    /// 0 for the producer's message, +1 for each retry copy.
    pub generation: u32,
    /// Positions that this copy is about.
    pub left: Mask,
    /// Positions of which an earlier call had no answer.
    pub doubt: Mask,
    /// Counts as redelivered.
    pub again: bool,
    /// Attempts counted so far.
    pub attempt: u32,
    /// When a worker first saw the job.
    pub first_seen: Option<Timestamp>,
    /// The lane the producer chose, for a copy that left its work queue.
    pub lane: Option<Lane>,
    /// Delivered often without an end; handled one at a time.
    pub suspect: bool,
    /// How often it was delivered without an end before it was published anew, which the broker no longer knows.
    pub deliveries: i64,
    /// An operator drops it: nothing of it is sent, and the receipt says so.
    pub discard: bool,
}

/// Headers that do not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadHeaders {
    /// How to park the message.
    pub reason: ParkReason,
    /// The header.
    pub header: &'static str,
    /// What must hold.
    pub rule: String,
}

impl Copy {
    /// What a producer's message of so many targets says.
    #[must_use]
    pub fn original(targets: usize) -> Self {
        Self {
            generation: 0,
            left: Mask::all(targets),
            doubt: Mask::none(targets),
            again: false,
            attempt: 0,
            first_seen: None,
            lane: None,
            suspect: false,
            deliveries: 0,
            discard: false,
        }
    }

    /// Reads the headers of a message of `targets` targets, up to version `newest`.
    ///
    /// # Errors
    /// When a header has another type or does not fit the job, or a newer worker wrote it.
    pub fn read(headers: Option<&FieldTable>, targets: usize, newest: i64) -> Result<Self, BadHeaders> {
        let mut copy = Self::original(targets);
        let Some(headers) = headers else { return Ok(copy) };
        let bad = |header, rule: &str| BadHeaders { reason: ParkReason::BadHeaders, header, rule: rule.to_owned() };
        match number(headers, "x-push-v") {
            Ok(None) => return Ok(copy.flags(headers)),
            Ok(Some(version)) if (1..=newest).contains(&version) => {}
            Ok(Some(version)) if version > newest => {
                return Err(BadHeaders {
                    reason: ParkReason::NewerVersion,
                    header: "x-push-v",
                    rule: format!(
                        "version {version} is newer than this worker's {newest}: replay it to a newer worker"
                    ),
                });
            }
            _ => return Err(bad("x-push-v", "must be 1")),
        }
        let count = |header| {
            let rule = format!("must be a whole number up to {MOST}");
            whole(headers, header).map(Option::unwrap_or_default).ok_or_else(|| bad(header, &rule))
        };
        copy.generation = count("x-push-gen")?;
        copy.attempt = count("x-push-attempt")?;
        let mask = |header: &'static str| {
            if !headers.inner().contains_key(header) {
                return Ok(None);
            }
            text(headers, header)
                .and_then(|text| Mask::decode(text, targets))
                .map(Some)
                .ok_or_else(|| bad(header, "must be a bitmap over the job's targets, as base64"))
        };
        if let Some(left) = mask("x-push-left")? {
            copy.left = left;
        }
        if copy.left.is_empty() {
            return Err(bad("x-push-left", "must name at least one position"));
        }
        if let Some(doubt) = mask("x-push-doubt")? {
            copy.doubt = doubt;
        }
        copy.deliveries = i64::from(count(DELIVERIES)?);
        copy.first_seen = text(headers, "x-push-first-seen").and_then(Timestamp::parse);
        copy.lane =
            text(headers, "x-push-lane").and_then(|name| Lane::ALL.into_iter().find(|lane| lane.as_str() == name));
        Ok(copy.flags(headers))
    }

    /// The flags that also an operator's tool sets, on a message without other headers.
    fn flags(mut self, headers: &FieldTable) -> Self {
        self.again = headers.inner().contains_key("x-push-again");
        self.suspect = headers.inner().contains_key("x-push-suspect");
        self.discard = headers.inner().contains_key("x-push-discard");
        self
    }

    /// Writes the headers. `x-death` and everything else that a broker or a producer put there stays behind.
    #[must_use]
    pub fn write(&self) -> FieldTable {
        let mut headers = FieldTable::default();
        let mut put = |name: &'static str, value: AMQPValue| {
            headers.insert(ShortString::from(name), value);
        };
        put("x-push-v", AMQPValue::LongLongInt(VERSION));
        put("x-push-gen", AMQPValue::LongLongInt(i64::from(self.generation)));
        put("x-push-attempt", AMQPValue::LongLongInt(i64::from(self.attempt)));
        put("x-push-left", long(&self.left.encode()));
        if !self.doubt.is_empty() {
            put("x-push-doubt", long(&self.doubt.encode()));
        }
        if let Some(at) = self.first_seen {
            put("x-push-first-seen", long(&at.to_string()));
        }
        if let Some(lane) = self.lane {
            put("x-push-lane", long(lane.as_str()));
        }
        if self.again {
            put("x-push-again", AMQPValue::Boolean(true));
        }
        if self.suspect {
            put("x-push-suspect", AMQPValue::Boolean(true));
        }
        if self.discard {
            put("x-push-discard", AMQPValue::Boolean(true));
        }
        if self.deliveries > 0 {
            put(DELIVERIES, AMQPValue::LongLongInt(self.deliveries));
        }
        headers
    }
}

/// A text as a header value.
pub(crate) fn long(text: &str) -> AMQPValue {
    AMQPValue::LongString(LongString::from(text.to_owned()))
}

/// A header as text.
pub(crate) fn text<'a>(headers: &'a FieldTable, name: &str) -> Option<&'a str> {
    match headers.inner().get(name)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok(),
        AMQPValue::ShortString(text) => Some(text.as_str()),
        _ => None,
    }
}

/// A header as a number, whatever width the publisher's client chose.
pub(crate) fn number(headers: &FieldTable, name: &str) -> Result<Option<i64>, ()> {
    match headers.inner().get(name) {
        None => Ok(None),
        Some(AMQPValue::ShortShortInt(n)) => Ok(Some(i64::from(*n))),
        Some(AMQPValue::ShortShortUInt(n)) => Ok(Some(i64::from(*n))),
        Some(AMQPValue::ShortInt(n)) => Ok(Some(i64::from(*n))),
        Some(AMQPValue::ShortUInt(n)) => Ok(Some(i64::from(*n))),
        Some(AMQPValue::LongInt(n)) => Ok(Some(i64::from(*n))),
        Some(AMQPValue::LongUInt(n)) => Ok(Some(i64::from(*n))),
        Some(AMQPValue::LongLongInt(n)) => Ok(Some(*n)),
        Some(_) => Err(()),
    }
}

fn whole(headers: &FieldTable, name: &str) -> Option<Option<u32>> {
    match number(headers, name) {
        Ok(None) => Some(None),
        Ok(Some(n)) => u32::try_from(n).ok().filter(|n| *n <= MOST).map(Some),
        Err(()) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_reads_back_as_written() {
        let copy = Copy {
            generation: 3,
            left: Mask::of(10, [1, 4, 9]),
            doubt: Mask::of(10, [4]),
            again: true,
            attempt: 2,
            first_seen: Timestamp::parse("2026-11-21T08:00:00Z"),
            lane: Some(Lane::Low),
            suspect: false,
            deliveries: 4,
            discard: true,
        };
        assert_eq!(Copy::read(Some(&copy.write()), 10, VERSION), Ok(copy));
    }

    #[test]
    fn a_producers_own_headers_are_no_past() {
        let mut headers = FieldTable::default();
        headers.insert("traceparent".into(), long("00-1-2-01"));
        assert_eq!(Copy::read(Some(&headers), 2, VERSION), Ok(Copy::original(2)));
    }

    #[test]
    fn what_does_not_fit_is_parked_with_its_header() {
        let copy = Copy::original(9);
        assert_eq!(Copy::read(Some(&copy.write()), 8, VERSION).unwrap_err().header, "x-push-left");
        let mut headers = copy.write();
        headers.insert("x-push-v".into(), AMQPValue::LongLongInt(2));
        assert_eq!(Copy::read(Some(&headers), 9, VERSION).unwrap_err().reason, ParkReason::NewerVersion);
        headers.insert("x-push-v".into(), long("1"));
        assert_eq!(Copy::read(Some(&headers), 9, VERSION).unwrap_err().header, "x-push-v");
        for (header, value) in [
            ("x-push-left", AMQPValue::LongLongInt(1)),
            ("x-push-left", AMQPValue::LongString(vec![0xff; 2].into())),
            ("x-push-doubt", AMQPValue::Void),
            ("x-push-gen", AMQPValue::LongLongInt(i64::from(u32::MAX))),
            ("x-push-attempt", AMQPValue::LongLongInt(-1)),
            (DELIVERIES, long("many")),
        ] {
            let mut headers = copy.write();
            headers.insert(header.into(), value);
            assert_eq!(Copy::read(Some(&headers), 9, VERSION).unwrap_err().header, header);
        }
    }
}
