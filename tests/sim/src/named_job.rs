//! Which job a message says it belongs to, read from the message alone.

use std::borrow::Cow;

use serde::Deserialize;
use sha2::{Digest, Sha256};

/// The job a message names, twice where the vendor has a field of its own for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct NamedJob {
    /// The job's id; empty if the message names none.
    pub(crate) id: String,
    /// The two places name different jobs: the message was mixed up.
    pub(crate) mismatch: bool,
}

impl NamedJob {
    /// The app's own text (`ext`) comes first, then the vendor's field.
    pub(crate) fn of(ext: Option<&str>, field: Option<&str>) -> Self {
        let inner = ext.and_then(in_ext);
        let mismatch = matches!((&inner, field), (Some(inner), Some(field)) if inner != field);
        let id = inner.or_else(|| field.map(str::to_owned)).unwrap_or_default();
        Self { id, mismatch }
    }
}

#[derive(Deserialize)]
struct Ext<'a> {
    #[serde(borrow)]
    job: Cow<'a, str>,
}

/// The field `job` of a JSON object given as text.
fn in_ext(ext: &str) -> Option<String> {
    serde_json::from_str::<Ext<'_>>(ext).ok().map(|ext| ext.job.into_owned())
}

/// The text under `ext` of a JSON object given as text.
pub(crate) fn ext_of(data: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        ext: Cow<'a, str>,
    }
    serde_json::from_str::<Data<'_>>(data).ok().map(|data| data.ext.into_owned())
}

/// What stands for the app's own text in the seen log.
pub(crate) fn digest(ext: &str) -> String {
    Sha256::digest(ext).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// The job of a vendor-side id `<job>.<position>`; `None` if it does not end in a position.
pub(crate) fn without_position(id: &str) -> Option<&str> {
    let (job, position) = id.rsplit_once('.')?;
    let digits = !position.is_empty() && position.bytes().all(|byte| byte.is_ascii_digit());
    (digits && !job.is_empty()).then_some(job)
}

#[cfg(test)]
mod tests {
    use super::{NamedJob, digest, ext_of, without_position};

    #[test]
    fn ext_wins_and_disagreement_shows() {
        let of = |ext, field| NamedJob::of(ext, field);
        let named = |id: &str, mismatch| NamedJob { id: id.to_owned(), mismatch };
        assert_eq!(of(Some(r#"{"job":"a","x":[1]}"#), None), named("a", false));
        assert_eq!(of(Some(r#"{"job":"a"}"#), Some("a")), named("a", false));
        assert_eq!(of(Some(r#"{"job":"a"}"#), Some("b")), named("a", true));
        assert_eq!(of(Some(r#"{"job":7}"#), Some("b")), named("b", false));
        assert_eq!(of(Some("no json"), None), named("", false));
    }

    #[test]
    fn reads_ids() {
        assert_eq!(ext_of(r#"{"ext":"{\"job\":\"a\"}"}"#).as_deref(), Some(r#"{"job":"a"}"#));
        assert_eq!(ext_of(r#"{"ext":{"job":"a"}}"#), None);
        assert_eq!(digest("abc"), "ba7816bf8f01cfea");
        assert_eq!(without_position("a.b.12"), Some("a.b"));
        for wrong in ["a", "a.", ".1", "a.b"] {
            assert_eq!(without_position(wrong), None, "{wrong}");
        }
    }
}
