//! Names of enum variants as serde has them, so that settings, wire and labels cannot differ.

use serde::{
    Serialize,
    de::{
        DeserializeOwned, IntoDeserializer,
        value::{Error, StrDeserializer},
    },
};
use serde_json::Value;

/// The name of a variant without fields; empty for anything else.
pub fn name_of(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    }
}

/// The variant of that name.
#[must_use]
pub fn named<T: DeserializeOwned>(name: &str) -> Option<T> {
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    T::deserialize(name).ok()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(rename_all = "SCREAMING_SNAKE_CASE")]
    enum Category {
        DeviceReminder,
        News,
    }

    #[test]
    fn a_name_and_its_variant_are_one() {
        for category in [Category::DeviceReminder, Category::News] {
            assert_eq!(named(&name_of(&category)), Some(category));
        }
        assert_eq!(name_of(&Category::DeviceReminder), "DEVICE_REMINDER");
        assert_eq!(named::<Category>("DEVICE"), None);
        assert_eq!(name_of(&7), "");
    }
}
