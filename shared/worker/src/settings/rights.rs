//! Rights with dates: what the vendor grants from a day on, or until one.
//!
//! Anywhere in an app's settings `{ granted = <value>, from = "<time>", until = "<time>" }` may stand for a value. Within
//! its time it is that value; outside of it the setting is as if it were not there, and an element is not in its list. So
//! every right of every vendor may have dates, and no vendor knows.

use std::collections::BTreeMap;

use push_contract::{SettingsError, Timestamp};
use toml::{Table, Value};

const GRANTED: &str = "granted";

/// Puts into place what is granted now, and takes out what is not.
///
/// # Errors
/// A time that is none, or a right that ends before it begins.
pub(super) fn settle(table: &mut Table, key: &str, now: Timestamp) -> Result<(), SettingsError> {
    for (name, value) in std::mem::take(table) {
        if let Some(value) = settled(value, &format!("{key}.{name}"), now)? {
            table.insert(name, value);
        }
    }
    Ok(())
}

fn settled(value: Value, key: &str, now: Timestamp) -> Result<Option<Value>, SettingsError> {
    match value {
        Value::Table(mut table) => match span(&table, key)? {
            Some(span) if span.holds(now) => match table.remove(GRANTED) {
                Some(value) => settled(value, key, now),
                None => Ok(None),
            },
            Some(_) => Ok(None),
            None => {
                settle(&mut table, key, now)?;
                Ok(Some(Value::Table(table)))
            }
        },
        Value::Array(list) => {
            let list = list.into_iter().map(|value| settled(value, key, now)).filter_map(Result::transpose);
            Ok(Some(Value::Array(list.collect::<Result<_, _>>()?)))
        }
        other => Ok(Some(other)),
    }
}

/// When rights end that hold now or will: the next end below each key.
///
/// Dates that are wrong are left to [`settle`].
pub(super) fn ends(table: &Table, now: Timestamp) -> BTreeMap<String, Timestamp> {
    let mut found = BTreeMap::new();
    for (name, value) in table {
        note_ends(value, name, now, &mut found);
    }
    found
}

fn note_ends(value: &Value, key: &str, now: Timestamp, found: &mut BTreeMap<String, Timestamp>) {
    match value {
        Value::Table(table) => {
            if let Some(until) = span(table, key).ok().flatten().and_then(|span| span.until) {
                if until > now {
                    found.entry(key.to_owned()).and_modify(|known| *known = until.min(*known)).or_insert(until);
                }
                return;
            }
            for (name, value) in table {
                note_ends(value, &format!("{key}.{name}"), now, found);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| note_ends(value, key, now, found)),
        _ => {}
    }
}

/// How many dates of rights have passed: when that changes, so do the settings.
pub(super) fn passed(value: &Value, now: Timestamp) -> usize {
    match value {
        Value::Table(table) => {
            // A wrong date was refused when the file was read.
            let span = span(table, "").ok().flatten().unwrap_or_default();
            let own = [span.from, span.until].into_iter().flatten().filter(|date| *date <= now).count();
            own + table.values().map(|value| passed(value, now)).sum::<usize>()
        }
        Value::Array(list) => list.iter().map(|value| passed(value, now)).sum(),
        _ => 0,
    }
}

/// When a right holds: from its first moment on, and no longer at its last.
#[derive(Debug, Default)]
struct Span {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Span {
    fn holds(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now < until)
    }
}

/// The span of a right with dates; of any other table none.
fn span(table: &Table, key: &str) -> Result<Option<Span>, SettingsError> {
    let dated = table.contains_key("from") || table.contains_key("until");
    let plain = table.keys().all(|key| [GRANTED, "from", "until"].contains(&key.as_str()));
    let is_right = table.contains_key(GRANTED) && dated && plain;
    if !is_right {
        return Ok(None);
    }
    let date = |name: &str| match table.get(name) {
        None => Ok(None),
        Some(value) => value.as_str().and_then(Timestamp::parse).map(Some).ok_or_else(|| {
            let rule = "must be a time as text, such as \"2026-12-31T00:00:00+08:00\"";
            SettingsError::new(format!("{key}.{name}"), value.to_string(), rule)
        }),
    };
    let span = Span { from: date("from")?, until: date("until")? };
    match (span.from, span.until) {
        (Some(from), Some(until)) if until <= from => {
            Err(SettingsError::new(format!("{key}.until"), until.to_string(), "must be after from"))
        }
        _ => Ok(Some(span)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
categories = ["IM", { granted = "ORDER", until = "2026-12-01T00:00:00+08:00" }, { granted = "ACCOUNT", from = "2026-12-31T00:00:00Z" }]
high_priority = { granted = true, from = "2026-12-01T00:00:00Z", until = "2026-12-31T00:00:00Z" }
[channels]
IM = { granted = { id = "1", template_param = { granted = "{title}", room = "x" } }, until = "2026-12-31T00:00:00Z" }
PUBLIC = { id = "2" }
"#;

    fn at(now: &str) -> String {
        let mut table: Table = TEXT.parse().unwrap();
        settle(&mut table, "apps.chat.parcel", Timestamp::parse(now).unwrap()).unwrap();
        serde_json::to_string(&table).unwrap()
    }

    #[test]
    fn a_right_holds_from_its_first_moment_until_its_last() {
        let channels =
            r#""channels":{"IM":{"id":"1","template_param":{"granted":"{title}","room":"x"}},"PUBLIC":{"id":"2"}}"#;
        let before = format!(r#"{{"categories":["IM","ORDER"],{channels}}}"#);
        assert_eq!(at("2026-11-30T15:59:59.999Z"), before);
        assert_eq!(at("2026-11-30T16:00:00Z"), before.replace(r#","ORDER""#, ""));
        let within = format!(r#"{{"categories":["IM"],{channels},"high_priority":true}}"#);
        assert_eq!(at("2026-12-01T00:00:00Z"), within);
        assert_eq!(at("2026-12-31T00:00:00Z"), r#"{"categories":["IM","ACCOUNT"],"channels":{"PUBLIC":{"id":"2"}}}"#);
    }

    #[test]
    fn what_has_not_ended_is_listed_by_key() {
        let table: Table = TEXT.parse().unwrap();
        let keys = |now: &str| ends(&table, Timestamp::parse(now).unwrap()).into_keys().collect::<Vec<_>>();
        assert_eq!(keys("2026-11-30T15:59:59Z"), ["categories", "channels.IM", "high_priority"]);
        assert_eq!(keys("2026-11-30T16:00:00Z"), ["channels.IM", "high_priority"]);
        assert!(keys("2026-12-31T00:00:00Z").is_empty());
        let two =
            "a = [{ granted = 1, until = '2027-02-01T00:00:00Z' }, { granted = 2, until = '2027-01-01T00:00:00Z' }]";
        let next = ends(&two.parse().unwrap(), Timestamp::parse("2026-12-01T00:00:00Z").unwrap());
        assert_eq!(next["a"], Timestamp::parse("2027-01-01T00:00:00Z").unwrap());
    }

    #[test]
    fn every_date_is_a_change() {
        let value = Value::Table(TEXT.parse().unwrap());
        let passed = |now: &str| passed(&value, Timestamp::parse(now).unwrap());
        assert_eq!(passed("2026-11-30T15:59:59Z"), 0);
        assert_eq!(passed("2026-11-30T16:00:00Z"), 1);
        assert_eq!(passed("2026-12-01T00:00:00Z"), 2);
        assert_eq!(passed("2027-01-01T00:00:00Z"), 5);
    }

    #[test]
    fn wrong_dates_are_refused_by_key() {
        let key = |text: &str| {
            let mut table: Table = text.parse().unwrap();
            settle(&mut table, "apps.chat.parcel", Timestamp::now()).unwrap_err().key
        };
        assert_eq!(key("a = { granted = 1, from = '2026-12-01' }"), "apps.chat.parcel.a.from");
        assert_eq!(key("a = { granted = 1, until = 2026-12-01T00:00:00Z }"), "apps.chat.parcel.a.until");
        let backwards = "a = { granted = 1, from = '2026-12-02T00:00:00Z', until = '2026-12-01T00:00:00Z' }";
        assert_eq!(key(backwards), "apps.chat.parcel.a.until");
    }
}
