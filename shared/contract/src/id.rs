//! Names that travel in routing keys, keys of the store and vendor-side ids.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A name that does not match its rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} must be {rule}")]
pub struct PatternError {
    what: &'static str,
    rule: &'static str,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $max:literal, $extra:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text against the rule of this name.
            ///
            /// # Errors
            /// When the text is empty, too long or holds another character.
            pub fn new(text: impl Into<String>) -> Result<Self, PatternError> {
                let text = text.into();
                let fits = (1..=$max).contains(&text.len())
                    && text.bytes().all(|b| $extra.contains(&b) || b.is_ascii_lowercase() || b.is_ascii_digit()
                        || ($max == 64 && b.is_ascii_uppercase()));
                if fits { Ok(Self(text)) } else { Err(PatternError { what: $what, rule: $pattern }) }
            }

            /// The text of the name.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = PatternError;
            fn try_from(text: String) -> Result<Self, PatternError> {
                Self::new(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

name!(
    /// The producer's id of a job: with vendor and app it is the idempotency key. UUIDv7 is advised.
    JobId, "id", 64, b"._:-", "^[A-Za-z0-9._:-]{1,64}$"
);
name!(
    /// A configured app: whose credentials, rights and limits apply. It is one word of a routing key, so it has no dot.
    AppName, "app", 40, b"_-", "^[a-z0-9_-]{1,40}$"
);
name!(
    /// A phone vendor, as in queue names and in `options`.
    VendorName, "vendor", 20, b"-", "^[a-z0-9-]{1,20}$"
);

/// 64 bits that name one push on the vendor's side: the same for every attempt, so that a repeat replaces or is
/// recognised. It depends on the job's id and the target's position alone, never on the attempt or on chance.
#[must_use]
pub fn derived_id(job: &JobId, position: usize) -> u64 {
    let hash =
        Sha256::new().chain_update(job.as_str()).chain_update([0]).chain_update(position.to_be_bytes()).finalize();
    hash.iter().take(8).fold(0, |id, byte| id << 8 | u64::from(*byte))
}
