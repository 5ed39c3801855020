//! Variables of templates that a vendor approved: patterns of the settings, with names in braces that a job fills.

use serde_json::Value;

use super::settings::rule;
use crate::{Job, SettingsError, typed::filled};

/// Checks a pattern of the settings.
///
/// # Errors
/// When a brace is open, or a name stands for nothing.
pub fn check(key: &str, pattern: &str) -> Result<(), SettingsError> {
    let known = fill(pattern, |name| field(name).map(|_| String::new())).is_some();
    rule(known, key, pattern, "in braces there can be title, body and data.name")
}

/// A pattern with what stands for each name in braces; `None`: a brace is open, or nothing stands for a name.
pub fn fill(pattern: &str, mut value: impl FnMut(&str) -> Option<String>) -> Option<String> {
    let mut pieces = pattern.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (name, plain) = piece.split_once('}')?;
        text += &value(name)?;
        text += plain;
    }
    Some(text)
}

/// The field of a job that a name in braces stands for, as in receipts; `None`: there is no such name.
#[must_use]
pub fn field(name: &str) -> Option<&'static str> {
    match name {
        "title" => Some("title"),
        "body" => Some("body"),
        _ => name.strip_prefix("data.").and_then(filled).map(|_| "data"),
    }
}

/// What a name in braces stands for: the title and the body as they are sent, or a text, number or truth value among
/// the job's data; `None`: the job does not have it.
#[must_use]
pub fn value(job: &Job, [title, body]: [&str; 2], name: &str) -> Option<String> {
    match name {
        "title" => return Some(title.to_owned()),
        "body" => return Some(body.to_owned()),
        _ => {}
    }
    let data: Value = serde_json::from_str(job.data.as_ref()?.as_str()).ok()?;
    match data.get(name.strip_prefix("data.")?)? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_in_braces_are_filled() {
        let value = |name: &str| (name != "none").then(|| name.to_uppercase());
        let filled = |pattern: &str| fill(pattern, value);
        assert_eq!(filled("{title}: {data.n}!").as_deref(), Some("TITLE: DATA.N!"));
        assert_eq!((filled("plain").as_deref(), filled("").as_deref()), (Some("plain"), Some("")));
        assert_eq!((filled("{"), filled("{title"), filled("a {none}")), (None, None, None));
    }

    #[test]
    fn a_name_that_nothing_can_stand_for_is_found_in_the_settings() {
        assert_eq!(check("param", "{title} {body} {data.n}"), Ok(()));
        for wrong in ["{tilte}", "{data.}", "{data}", "a {} b", "{title"] {
            let error = check("param", wrong).unwrap_err();
            assert_eq!((error.key.as_str(), error.value.as_str()), ("param", wrong));
        }
    }

    #[test]
    fn a_job_fills_what_it_has() {
        let job = json!({
            "v": 1, "id": "j", "app": "a", "vendor": "parcel", "kind": "news", "targets": [{ "token": "t" }],
            "created_at": "2026-11-21T08:00:00Z", "data": { "room": "east", "n": 7, "on": true, "list": [1] },
        });
        let job = Job::from_slice(job.to_string().as_bytes()).unwrap();
        let value = |name: &str| value(&job, ["T", "B"], name);
        for (name, text) in [("title", "T"), ("body", "B"), ("data.room", "east"), ("data.n", "7"), ("data.on", "true")]
        {
            assert_eq!(value(name).as_deref(), Some(text), "{name}");
        }
        assert_eq!(["data.list", "data.none", "data.", "room"].map(value), [None, None, None, None]);
    }
}
