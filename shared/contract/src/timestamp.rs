//! Points in time, in milliseconds since 1970, written as RFC 3339.

use std::{
    borrow::Cow,
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time. Milliseconds since 1970-01-01T00:00:00Z; in JSON an RFC 3339 text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From milliseconds since 1970.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    #[must_use]
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970.
    #[must_use]
    pub const fn as_secs(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads the machine's clock. Policy takes the time as an argument; only the process calls this.
    #[must_use]
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// This much later; the end of time is the last representable point.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(span.as_millis()).unwrap_or(i64::MAX)))
    }

    /// The time from `earlier` to this point; zero when it is not earlier.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads an RFC 3339 text with any offset, as the schema's pattern has it: `T` and `Z` are capitals, at most nine
    /// digits of a second, no leap second.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !has_shape(text.as_bytes()) {
            return None;
        }
        let at = OffsetDateTime::parse(text, &Rfc3339).ok()?;
        i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok().map(Self)
    }
}

/// What the schema says beside `format: date-time`. Validators and time libraries read that format more or less
/// widely (a space for the `T`, small letters, `:60`); the pattern leaves one reading.
const SHAPE: &str =
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-5][0-9](\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$";

/// Whether the bytes fit [`SHAPE`] where the time library is wider.
fn has_shape(text: &[u8]) -> bool {
    let (Some(b'T'), Some(b'0'..=b'5'), Some(rest)) = (text.get(10), text.get(17), text.get(19..)) else {
        return false;
    };
    let digits = rest.iter().skip(1).take_while(|byte| byte.is_ascii_digit()).count();
    let offset = match rest.first() {
        Some(b'.') => rest.get(1 + digits),
        first => first,
    };
    matches!(offset, Some(b'Z' | b'+' | b'-')) && (rest.first() != Some(&b'.') || (1..=9).contains(&digits))
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000)
            .ok()
            .and_then(|at| at.format(&Rfc3339).ok());
        f.write_str(text.as_deref().unwrap_or("out of range"))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(from)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("must be an RFC 3339 time such as 2026-11-21T08:00:00Z"))
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time", "pattern": SHAPE, "description": "RFC 3339, any offset" })
    }
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn offsets_name_the_same_instant() {
        assert_eq!(Timestamp::parse("2026-11-21T08:00:00+08:00"), Timestamp::parse("2026-11-21T00:00:00Z"));
        assert_eq!(Timestamp::parse("2026-11-21 08:00"), None);
    }

    #[test]
    fn a_time_is_written_one_way() {
        for text in ["2026-11-21 08:00:00Z", "2026-11-21T08:00:00z", "2026-12-31T23:59:60Z", "2026-11-21T08:00:00.Z"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
        assert_eq!(Timestamp::parse("2026-11-21T08:00:00.1234567890Z"), None);
        assert_eq!(
            Timestamp::parse("2026-11-21T08:00:00.123456789Z"),
            Timestamp::parse("2026-11-21T09:00:00.123+01:00")
        );
    }

    #[test]
    fn a_time_reads_back_as_written() {
        let at = Timestamp::from_millis(1_767_225_600_123);
        assert_eq!(Timestamp::parse(&at.to_string()), Some(at));
    }
}
