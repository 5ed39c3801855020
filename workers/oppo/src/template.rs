//! Private message templates: approved texts whose variables a message fills (sections 4.1 and 6).

use std::{borrow::Cow, collections::BTreeMap};

use push_contract::{
    Job, Reason, Refusal, SettingsError,
    kit::{fields::Fields, settings::rule},
    typed::filled,
};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

/// A template and what fills its variables, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    /// `private_msg_template_id`.
    pub(crate) id: String,
    /// Variables of the template's title.
    #[serde(default)]
    pub(crate) title: BTreeMap<String, String>,
    /// Variables of the template's content.
    #[serde(default)]
    pub(crate) content: BTreeMap<String, String>,
}

/// A piece of a pattern.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Title,
    Body,
    Subtitle,
    Sender,
    Data(&'a str),
}

/// The texts that a message shows, as they were cut.
#[derive(Debug)]
pub(crate) struct Texts<'a> {
    pub(crate) title: Cow<'a, str>,
    pub(crate) body: Cow<'a, str>,
}

impl Template {
    /// Checks a template of the settings: its id and its patterns.
    pub(crate) fn check(&self, key: &str) -> Result<(), SettingsError> {
        rule(!self.id.is_empty(), &format!("{key}.id"), "", "the id of an approved template")?;
        for (map, patterns) in [("title", &self.title), ("content", &self.content)] {
            for (name, pattern) in patterns {
                let known = "in braces there can be title, body, subtitle, sender and data.name";
                rule(pieces(pattern).is_some(), &format!("{key}.{map}.{name}"), pattern, known)?;
            }
        }
        Ok(())
    }

    /// The template with its patterns filled from the job.
    pub(crate) fn fill(&self, job: &Job, texts: &Texts<'_>) -> Result<Fields, Refusal> {
        self.fields(|pattern| self.filled(pattern, job, texts))
    }

    /// The template with values as they stand: a producer's own.
    pub(crate) fn as_given(&self) -> Fields {
        self.fields(|text| Ok(text.to_owned())).unwrap_or_default()
    }

    /// A map without variables is left out: OPPO may refuse an empty one.
    fn fields(&self, value: impl Fn(&str) -> Result<String, Refusal>) -> Result<Fields, Refusal> {
        let map = |map: &BTreeMap<String, String>| -> Result<Option<BTreeMap<String, String>>, Refusal> {
            let filled = map.iter().map(|(name, text)| Ok((name.clone(), value(text)?)));
            Ok(Some(filled.collect::<Result<BTreeMap<_, _>, Refusal>>()?).filter(|map| !map.is_empty()))
        };
        Ok(Fields::new()
            .with("private_msg_template_id", &self.id)
            .with("private_title_parameters", map(&self.title)?)
            .with("private_content_parameters", map(&self.content)?))
    }

    fn filled(&self, pattern: &str, job: &Job, texts: &Texts<'_>) -> Result<String, Refusal> {
        let mut text = String::new();
        for piece in pieces(pattern).unwrap_or_default() {
            let given = match piece {
                Piece::Text(plain) => Some(plain.into()),
                Piece::Title => Some(texts.title.clone()),
                Piece::Body => Some(texts.body.clone()),
                Piece::Subtitle => job.notification.as_ref().and_then(|n| n.subtitle.as_deref()).map(Cow::from),
                Piece::Sender => job
                    .sender
                    .as_ref()
                    .map(|sender| sender.nickname.as_deref().and_then(filled).unwrap_or(&sender.id).into()),
                Piece::Data(name) => member(job, name).map(Cow::from),
            };
            let Some(given) = given else {
                let rule = format!("template {} needs {pattern}, which the job does not have", self.id);
                return Err(Refusal::rejected(Reason::BadRequest, "notification", rule));
            };
            text.push_str(&given);
        }
        Ok(text)
    }
}

/// A text, number or truth value among the job's data.
fn member(job: &Job, name: &str) -> Option<String> {
    match serde_json::from_str::<Value>(job.data.as_ref()?.as_str()).ok()?.get(name)? {
        Value::String(text) => Some(text.clone()),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// The pieces of a pattern, or `None` if a brace is open or holds a name that is not known.
fn pieces(pattern: &str) -> Option<Vec<Piece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(match name {
            "title" => Piece::Title,
            "body" => Piece::Body,
            "subtitle" => Piece::Subtitle,
            "sender" => Piece::Sender,
            _ => Piece::Data(name.strip_prefix("data.").filter(|name| !name.is_empty())?),
        });
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    Some(pieces)
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn a_pattern_falls_into_pieces() {
        let wanted = vec![Piece::Title, Piece::Text(": "), Piece::Data("n"), Piece::Text("!")];
        assert_eq!(pieces("{title}: {data.n}!"), Some(wanted));
        assert_eq!(pieces("plain"), Some(vec![Piece::Text("plain")]));
        assert_eq!(pieces(""), Some(Vec::new()));
        for wrong in ["{", "{title", "{tilte}", "{data.}", "{data}", "a {} b"] {
            assert_eq!(pieces(wrong), None, "{wrong}");
        }
    }
}
