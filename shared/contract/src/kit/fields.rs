//! JSON objects and forms that leave out what is absent, their members in the order in which they were written.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::value::{RawValue, to_raw_value};

use crate::{Reason, Refusal};

/// Members of an object. Nothing is written for a value that is null.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, Box<RawValue>)>);

impl Fields {
    /// No members.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// With one member more, unless it is null.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, value: impl Serialize) -> Self {
        self.put(name, value);
        self
    }

    /// Adds a member, unless it is null.
    pub fn put(&mut self, name: impl Into<String>, value: impl Serialize) {
        // What cannot be written as JSON (a map without texts as keys) is a fault of the crate, and shows in its tests.
        if let Some(value) = to_raw_value(&value).ok().filter(|value| value.get() != "null") {
            self.0.push((name.into(), value));
        }
    }

    /// Adds the members of another object.
    #[must_use]
    pub fn and(mut self, more: Option<Self>) -> Self {
        self.0.extend(more.unwrap_or_default().0);
        self
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The members as a form has them: texts without quotes, everything else as JSON.
    pub fn form(&self) -> impl Iterator<Item = (&str, String)> {
        let plain = |value: &RawValue| serde_json::from_str(value.get()).unwrap_or_else(|_| value.get().to_owned());
        self.0.iter().map(move |(name, value)| (name.as_str(), plain(value)))
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// A body as JSON.
///
/// # Errors
/// When it cannot be written.
pub fn json(body: &impl Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec(body).map_err(|_| Refusal::rejected(Reason::BadRequest, ".", "cannot be written as JSON"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_is_left_out_and_the_order_stays() {
        let inner = Fields::new().with("z", 1).with("a", "x\"y");
        let fields = Fields::new().with("b", true).with("none", None::<u8>).with("inner", &inner).with("t", "1");
        assert_eq!(json(&fields).unwrap(), br#"{"b":true,"inner":{"z":1,"a":"x\"y"},"t":"1"}"#);
        let form: Vec<_> = fields.form().collect();
        assert_eq!(form[1], ("inner", r#"{"z":1,"a":"x\"y"}"#.to_owned()));
        assert_eq!((form[0].1.as_str(), form[2].1.as_str()), ("true", "1"));
        assert!(Fields::new().with("none", ()).is_empty());
        assert_eq!(json(&Fields::new().and(None).and(Some(inner))).unwrap(), br#"{"z":1,"a":"x\"y"}"#);
    }
}
