//! Reading JSON as strictly as a vendor: no unknown field, no wrong type, no null where a value belongs, no array where an
//! object does.

use serde::de::{Deserialize, DeserializeOwned, Deserializer};

use crate::objects::Object;

/// An optional field that may be absent but not `null`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Maybe<T>(pub(crate) Option<T>);

impl<T> Default for Maybe<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> std::ops::Deref for Maybe<T> {
    type Target = Option<T>;

    fn deref(&self) -> &Option<T> {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(|value| Self(Some(value)))
    }
}

/// Reads `text`, or says which field is wrong and how. The message never quotes more than names, types and enum values.
pub(crate) fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, String> {
    match serde_json::from_slice(text) {
        Ok(Object(value)) => Ok(value),
        // Read again, slowly, for the path of the field.
        Err(error) => {
            let mut deserializer = serde_json::Deserializer::from_slice(text);
            match serde_path_to_error::deserialize::<_, Object<T>>(&mut deserializer) {
                Err(traced) => Err(format!("{}: {}", traced.path(), traced.inner())),
                Ok(_) => Err(error.to_string()),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Maybe, read};

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Sample {
        n: Maybe<u8>,
        inner: Maybe<Inner>,
        list: Maybe<Vec<Inner>>,
        maybe: Option<Inner>,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[serde(rename = "m")]
        _m: u8,
        #[serde(default, rename = "deep")]
        _deep: Deep,
    }

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Deep {
        #[serde(rename = "d")]
        _d: u8,
    }

    #[test]
    fn an_object_is_no_array_of_its_fields() {
        assert!(read::<Sample>(br#"{"inner":{"m":1,"deep":{"d":1}},"list":[{"m":1},{"m":2}],"maybe":null}"#).is_ok());
        for wrong in [
            r#"[1]"#,
            r#"[]"#,
            r#"{"inner":[1]}"#,
            r#"{"list":[{"m":1},[2]]}"#,
            r#"{"list":{"m":1}}"#,
            r#"{"maybe":[1]}"#,
            r#"{"inner":{"m":1,"deep":[1]}}"#,
        ] {
            assert!(read::<Sample>(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(
            read::<Sample>(br#"{"list":[{"m":1},[2]]}"#).unwrap_err().starts_with("list[1]: invalid type: sequence")
        );
    }

    #[test]
    fn absence_is_fine_and_null_is_not() {
        assert_eq!(read::<Sample>(b"{}").unwrap().n.0, None);
        assert_eq!(read::<Sample>(br#"{"n":3}"#).unwrap().n.0, Some(3));
        for wrong in [r#"{"n":null}"#, r#"{"n":"3"}"#, r#"{"n":3.5}"#, r#"{"m":1}"#, r#"{"n":1,"n":2}"#, r#"{"n":1} x"#]
        {
            assert!(read::<Sample>(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(read::<Sample>(br#"{"n":"x"}"#).unwrap_err().starts_with("n: invalid type"));
    }
}
