//! Settings and options read into a vendor's own types. An error names key, value and rule, and never quotes a secret or
//! what a producer wrote.

use std::fmt;

use http::Uri;
use serde::{
    Deserializer,
    de::{self, DeserializeOwned, Visitor},
};
use serde_json::Value;

use crate::{Job, Reason, Refusal, SettingsError};

/// Reads the settings of one app. The type refuses unknown keys (`deny_unknown_fields`).
///
/// # Errors
/// The first key that is wrong. Values of `secrets` are not shown.
pub fn settings<T: DeserializeOwned>(given: &Value, secrets: &[&str]) -> Result<T, SettingsError> {
    read(given).map_err(|(key, rule)| {
        let shown = given.get(&key).filter(|_| !secrets.contains(&key.as_str()));
        // A key that nobody knows may be a secret's, written wrongly.
        let shown = shown.filter(|_| !rule.starts_with(UNKNOWN));
        SettingsError::new(key, shown.map_or_else(|| "(not shown)".to_owned(), Value::to_string), rule)
    })
}

/// Reads what a producer overrides for one job; nothing: the defaults. The type refuses unknown keys.
///
/// # Errors
/// The first key that is wrong.
pub fn options<T: DeserializeOwned + Default>(job: &Job, vendor: &str) -> Result<T, Refusal> {
    match job.options.get(vendor) {
        None => Ok(T::default()),
        Some(map) => read(&Value::Object(map.clone())).map_err(|(key, rule)| bad_option(vendor, &key, rule)),
    }
}

/// An option that is wrong.
#[must_use]
pub fn bad_option(vendor: &str, key: &str, rule: impl Into<String>) -> Refusal {
    let field = if key == "." { format!("options.{vendor}") } else { format!("options.{vendor}.{key}") };
    Refusal::rejected(Reason::BadOption, field, rule)
}

/// An absolute address, `path` appended.
///
/// # Errors
/// When the key holds none.
pub fn address(key: &str, base: &str, path: &str) -> Result<Uri, SettingsError> {
    let usable = |uri: &Uri| {
        let is_http = matches!(uri.scheme_str(), Some("https" | "http"));
        is_http && uri.query().is_none() && uri.host().is_some_and(|host| !host.is_empty())
    };
    let address = format!("{}{path}", base.trim_end_matches('/')).parse::<Uri>().ok().filter(usable);
    address.ok_or_else(|| SettingsError::new(key, base, "an absolute address such as https://host, without a query"))
}

/// An empty text is none.
#[must_use]
pub fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// For `deserialize_with`: a number that is a name. An environment variable or a TOML file may well give it without
/// quotes.
///
/// # Errors
/// When it is neither a text nor a whole number.
pub fn digits<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    struct Digits;

    impl Visitor<'_> for Digits {
        type Value = String;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text of digits")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<String, E> {
            Ok(text.to_owned())
        }

        fn visit_u64<E: de::Error>(self, number: u64) -> Result<String, E> {
            Ok(number.to_string())
        }
    }

    from.deserialize_any(Digits)
}

const UNKNOWN: &str = "unknown; ";

/// Reads a typed value and says which key breaks which rule, without quoting what stands there.
fn read<T: DeserializeOwned>(value: &Value) -> Result<T, (String, String)> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (place, text) = (error.path().to_string(), error.inner().to_string());
        if let Some(missing) = text.strip_prefix("missing field `") {
            let missing = missing.trim_end_matches('`');
            let key = if place == "." { missing.to_owned() } else { format!("{place}.{missing}") };
            return (key, "must be there".to_owned());
        }
        let rule = match text.split_once(", expected ") {
            Some((start, wanted)) if start.starts_with("unknown field") => format!("{UNKNOWN}there are {wanted}"),
            Some((_, wanted)) => format!("must be {wanted}"),
            None => "wrong type or value".to_owned(),
        };
        (place, rule)
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Given {
        #[serde(deserialize_with = "digits")]
        id: String,
        secret: Option<String>,
        size: Option<Size>,
        deep: Option<Deep>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Size {
        Small,
        Large,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Deep {
        needed: u8,
    }

    #[test]
    fn a_wrong_setting_is_named_with_value_and_rule() {
        for (given, shown) in [
            (json!({}), "id = (not shown): must be there"),
            (json!({ "id": [] }), "id = []: must be a text of digits"),
            (json!({ "id": "1", "secret": 7 }), "secret = (not shown): must be a string"),
            (json!({ "id": "1", "size": "huge" }), "size = \"huge\": must be `small` or `large`"),
            (json!({ "id": "1", "deep": {} }), "deep.needed = (not shown): must be there"),
            (json!({ "id": "1", "secrte": "hush" }), "secrte = (not shown): unknown; there are one of `id`, "),
        ] {
            let error = settings::<Given>(&given, &["secret"]).unwrap_err().to_string();
            assert!(error.starts_with(shown), "{error}");
            assert!(!error.contains("hush"));
        }
        let given = Given { id: "42".to_owned(), size: Some(Size::Large), ..Given::default() };
        assert_eq!(settings::<Given>(&json!({ "id": 42, "size": "large" }), &[]), Ok(given));
    }

    #[test]
    fn an_option_is_named_and_never_quoted() {
        let job = |options: Value| {
            let job = json!({
                "v": 1, "id": "j", "app": "a", "vendor": "parcel", "kind": "news", "targets": [{ "token": "t" }],
                "created_at": "2026-11-21T08:00:00Z", "options": options,
            });
            Job::from_slice(job.to_string().as_bytes()).unwrap()
        };
        assert_eq!(options::<Given>(&job(json!({})), "parcel"), Ok(Given::default()));
        assert_eq!(options::<Given>(&job(json!({ "other": { "x": 1 } })), "parcel"), Ok(Given::default()));
        let refusal = options::<Given>(&job(json!({ "parcel": { "id": "1", "size": "hush" } })), "parcel").unwrap_err();
        assert_eq!((refusal.reason, refusal.field.as_str()), (Reason::BadOption, "options.parcel.size"));
        assert!(!refusal.to_string().contains("hush"), "{refusal}");
        assert_eq!(bad_option("parcel", ".", "").field, "options.parcel");
    }

    #[test]
    fn an_address_is_absolute_and_has_no_query() {
        assert_eq!(address("url", "https://host/base/", "/send").unwrap(), "https://host/base/send");
        assert_eq!(address("url", "http://127.0.0.1:9", "").unwrap(), "http://127.0.0.1:9/");
        for wrong in ["", "host", "ftp://host", "https://host?x=1", "https://", "/path"] {
            let error = address("url", wrong, "/send").unwrap_err();
            assert_eq!((error.key.as_str(), error.value.as_str()), ("url", wrong));
        }
    }
}
