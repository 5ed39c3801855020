//! Channels with their templates: approved texts whose variables a message fills (section 6).

use std::collections::BTreeMap;

use push_contract::{Count, Fitted, Job, SettingsError, cut_text, kit::settings::rule, typed::digits};
use serde::Deserialize;
use serde_json::{Map, Value};
use unicode_general_category::{GeneralCategory, get_general_category};

use crate::settings::Settings;

/// Variables of a template, and characters of a value.
const MOST_VARIABLES: usize = 9;
const MOST_CHARS: usize = 128;

/// A channel that Xiaomi approved, and the template that is bound to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Channel {
    #[serde(deserialize_with = "digits")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) template_id: Option<String>,
    #[serde(default)]
    template_param: BTreeMap<String, String>,
}

impl Channel {
    /// Checks a channel of the settings.
    pub(crate) fn check(&self, key: &str) -> Result<(), SettingsError> {
        for (name, id) in [("id", Some(&self.id)), ("template_id", self.template_id.as_ref())] {
            let text = "the id that the push operations platform shows";
            rule(id.is_none_or(|id| !id.is_empty()), &format!("{key}.{name}"), "", text)?;
        }
        let count = self.template_param.len();
        let fits = count == 0 || count <= MOST_VARIABLES && self.template_id.is_some();
        rule(fits, &format!("{key}.template_param"), count, "at most 9, beside a template_id")?;
        self.template_param.iter().try_for_each(|(name, pattern)| {
            let known = fill(pattern, |name| field(name).map(|_| String::new())).is_some();
            let text = "in braces there can be title, body and data.name";
            rule(known, &format!("{key}.template_param.{name}"), pattern, text)
        })
    }

    /// The fields of the template, if there is one, its variables filled from the job with its title and body. No
    /// variable is left out, since their number must be the template's: an empty one gets the fallback.
    pub(crate) fn template(
        &self,
        settings: &Settings,
        job: &Job,
        [title, body]: [&str; 2],
        fitted: &mut Fitted,
    ) -> Option<[(&'static str, String); 2]> {
        let (id, mut param) = (self.template_id.clone()?, Map::new());
        for (variable, pattern) in &self.template_param {
            let mut fields = Vec::new();
            let text = fill(pattern, |name| {
                fields.extend(field(name));
                match name {
                    "title" => Some(title.to_owned()),
                    "body" => Some(body.to_owned()),
                    _ => member(job, name).or_else(|| Some(String::new())),
                }
            });
            let text = text.unwrap_or_default();
            let cleaned = clean(&text).unwrap_or_else(|| settings.template_fallback.clone());
            fields.iter().for_each(|field| fitted.change_if(cleaned != text, field));
            param.insert(variable.clone(), cleaned.into());
        }
        Some([("template_id", id), ("template_param", Value::Object(param).to_string())])
    }
}

/// A pattern with what stands in braces replaced; `None`: a brace is open, or there is no such name.
fn fill(pattern: &str, mut value: impl FnMut(&str) -> Option<String>) -> Option<String> {
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
fn field(name: &str) -> Option<&'static str> {
    match name {
        "title" => Some("title"),
        "body" => Some("body"),
        _ => name.strip_prefix("data.").filter(|member| !member.is_empty()).map(|_| "data"),
    }
}

/// A text, number or truth value among the job's data, by its name in braces.
fn member(job: &Job, name: &str) -> Option<String> {
    let mut data: Map<String, Value> = serde_json::from_str(job.data.as_ref()?.as_str()).ok()?;
    match data.remove(name.strip_prefix("data.")?)? {
        Value::String(text) => Some(text),
        value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
        _ => None,
    }
}

/// A value that Xiaomi takes (section 6): not blank, at most 128 characters, without symbols; `None`: nothing is left.
pub(crate) fn clean(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !is_symbol(*c)).collect();
    let text = cut_text(plain.trim(), MOST_CHARS, Count::Chars).text.into_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// Of the classes So and Cn, and what is left of emoji: joiners, selectors, key caps, skin tones.
fn is_symbol(c: char) -> bool {
    matches!(c, '\u{200D}' | '\u{FE0F}' | '\u{20E3}' | '\u{1F3FB}'..='\u{1F3FF}')
        || matches!(get_general_category(c), GeneralCategory::OtherSymbol | GeneralCategory::Unassigned)
}
