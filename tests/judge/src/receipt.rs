//! A raw receipt, as the producer received it.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde::Deserialize;
use serde_json::Value;

use crate::instant;

/// A receipt: what the judge reads of it, and a print of every field so that a changed repeat is noticed.
#[derive(Clone)]
pub struct Receipt {
    pub(crate) told: Told,
    /// Per field of the receipt, a hash of its content.
    pub(crate) prints: Vec<(String, u64)>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct Told {
    pub(crate) receipt_id: String,
    pub(crate) id: String,
    pub(crate) app: String,
    pub(crate) vendor: String,
    #[serde(default)]
    created: Option<String>,
    #[serde(default)]
    sent: Option<String>,
    #[serde(default)]
    settled: Option<String>,
    #[serde(default)]
    pub(crate) results: Vec<TargetResult>,
}

#[derive(Clone, Deserialize)]
pub(crate) struct TargetResult {
    pub(crate) n: usize,
    pub(crate) token: String,
    pub(crate) outcome: String,
}

impl Receipt {
    /// Reads one receipt object.
    ///
    /// # Errors
    /// When the text is no JSON object with the fields of a receipt.
    pub fn read(text: &str) -> Result<Self, serde_json::Error> {
        let whole: Value = serde_json::from_str(text)?;
        let prints = match &whole {
            Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), print(value))).collect(),
            _ => Vec::new(),
        };
        Ok(Self { told: serde_json::from_value(whole)?, prints })
    }

    /// When its last outcome was known, milliseconds since 1970; 0 when it does not say.
    pub(crate) fn settled_at(&self) -> i64 {
        self.told.settled.as_deref().and_then(instant::millis).unwrap_or(0)
    }

    /// The first position it tells about; 0 when it has no results.
    pub(crate) fn first_position(&self) -> usize {
        self.told.results.first().map_or(0, |result| result.n)
    }

    /// Milliseconds from the job's creation to the first bytes of its call.
    pub(crate) fn latency_ms(&self) -> Option<u64> {
        let created = instant::millis(self.told.created.as_deref()?)?;
        let sent = instant::millis(self.told.sent.as_deref()?)?;
        Some(u64::try_from(sent - created).unwrap_or(0))
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Receipt({}, {} results)", self.told.receipt_id, self.told.results.len())
    }
}

/// A hash that does not depend on the order of an object's fields.
fn print(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    match value {
        Value::Array(items) => items.iter().for_each(|item| print(item).hash(&mut hasher)),
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().map(|(name, value)| (name, print(value))).collect();
            fields.sort_unstable();
            fields.hash(&mut hasher);
        }
        plain => plain.to_string().hash(&mut hasher),
    }
    std::mem::discriminant(value).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::Receipt;

    #[test]
    fn prints_depend_on_content_and_not_on_order() {
        let read = |text| Receipt::read(text).unwrap();
        let one = read(r#"{"receipt_id":"a.0.0","id":"a","app":"x","vendor":"v","labels":{"p":1,"q":[1,2]}}"#);
        let same = read(r#"{"receipt_id":"a.0.0","id":"a","app":"x","vendor":"v","labels":{"q":[1,2],"p":1}}"#);
        let other = read(r#"{"receipt_id":"a.0.0","id":"a","app":"x","vendor":"v","labels":{"p":1,"q":[2,1]}}"#);
        let labels = |receipt: &Receipt| receipt.prints.iter().find(|(name, _)| name == "labels").unwrap().1;
        assert_eq!(labels(&one), labels(&same));
        assert_ne!(labels(&one), labels(&other));
    }
}
