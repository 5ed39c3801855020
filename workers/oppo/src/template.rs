//! Private message templates: approved texts whose variables a message fills (sections 4.1 and 6).

use std::{borrow::Cow, collections::BTreeMap};

use push_contract::{Job, Reason, Refusal, SettingsError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

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

/// The template of a message, its variables filled. A map without variables is left out: OPPO may refuse an empty one.
#[derive(Debug, Serialize)]
pub(crate) struct Filled<'a> {
    #[serde(rename = "private_msg_template_id")]
    id: &'a str,
    #[serde(rename = "private_title_parameters", skip_serializing_if = "BTreeMap::is_empty")]
    title: BTreeMap<&'a str, String>,
    #[serde(rename = "private_content_parameters", skip_serializing_if = "BTreeMap::is_empty")]
    content: BTreeMap<&'a str, String>,
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
        if self.id.is_empty() {
            return Err(SettingsError::new(format!("{key}.id"), "", "the id of an approved template"));
        }
        for (map, patterns) in [("title", &self.title), ("content", &self.content)] {
            for (name, pattern) in patterns {
                if pieces(pattern).is_none() {
                    let rule = "in braces there can be title, body, subtitle, sender and data.name";
                    return Err(SettingsError::new(format!("{key}.{map}.{name}"), pattern, rule));
                }
            }
        }
        Ok(())
    }

    /// The template with its patterns filled from the job.
    pub(crate) fn fill<'a>(&'a self, job: &Job, texts: &Texts<'_>) -> Result<Filled<'a>, Refusal> {
        let mut data = None;
        let mut fill_map = |patterns: &'a BTreeMap<String, String>| -> Result<BTreeMap<&'a str, String>, Refusal> {
            patterns
                .iter()
                .map(|(name, pattern)| Ok((name.as_str(), self.filled(pattern, job, texts, &mut data)?)))
                .collect()
        };
        Ok(Filled { id: &self.id, title: fill_map(&self.title)?, content: fill_map(&self.content)? })
    }

    /// The template with values as they stand: a producer's own.
    pub(crate) fn as_given(&self) -> Filled<'_> {
        Filled {
            id: &self.id,
            title: self.title.iter().map(|(name, text)| (name.as_str(), text.clone())).collect(),
            content: self.content.iter().map(|(name, text)| (name.as_str(), text.clone())).collect(),
        }
    }

    fn filled(
        &self,
        pattern: &str,
        job: &Job,
        texts: &Texts<'_>,
        data: &mut Option<Map<String, Value>>,
    ) -> Result<String, Refusal> {
        let mut text = String::new();
        for piece in pieces(pattern).unwrap_or_default() {
            let given = match piece {
                Piece::Text(plain) => Some(plain.into()),
                Piece::Title => Some(texts.title.clone()),
                Piece::Body => Some(texts.body.clone()),
                Piece::Subtitle => job.notification.as_ref().and_then(|n| n.subtitle.as_deref()).map(Cow::from),
                Piece::Sender => job.sender.as_ref().map(|sender| {
                    sender.nickname.as_deref().filter(|name| !name.is_empty()).unwrap_or(&sender.id).into()
                }),
                Piece::Data(name) => member(job, data, name).map(Cow::from),
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

/// A text, number or truth value among the job's data, which is read once.
fn member(job: &Job, data: &mut Option<Map<String, Value>>, name: &str) -> Option<String> {
    let text = job.data.as_ref()?.as_str();
    match data.get_or_insert_with(|| serde_json::from_str(text).unwrap_or_default()).get(name)? {
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
