//! Channels with their templates: approved texts whose variables a message fills (section 6).

use std::{borrow::Cow, collections::BTreeMap};

use push_contract::{Count, Job, SettingsError, cut_text, typed::digits};
use serde::Deserialize;
use serde_json::{Map, Value};
use unicode_general_category::{GeneralCategory, get_general_category};

use crate::{message::Texts, settings::Settings};

/// Variables of a template.
pub(crate) const MOST_VARIABLES: usize = 9;
/// Characters of a value.
const MOST_CHARS: usize = 128;

/// A channel that Xiaomi approved, and the template that is bound to it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Channel {
    #[serde(deserialize_with = "digits")]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) template_id: Option<String>,
    #[serde(default)]
    template_param: BTreeMap<String, String>,
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

impl Piece<'_> {
    /// The field of the job that it comes from, as in receipts.
    const fn field(&self) -> &'static str {
        match self {
            Self::Title | Self::Sender => "title",
            Self::Body => "body",
            Self::Subtitle => "subtitle",
            Self::Text(_) | Self::Data(_) => "template",
        }
    }
}

/// The values of a template, and which fields of the job are not in them as written.
#[derive(Debug, Default)]
pub(crate) struct Values<'a> {
    pub(crate) param: BTreeMap<&'a str, String>,
    pub(crate) changed: Vec<&'static str>,
}

impl Channel {
    /// Checks a channel of the settings.
    pub(crate) fn check(&self, key: &str) -> Result<(), SettingsError> {
        let wrong = |at: String, value: &str, rule: &str| Err(SettingsError::new(format!("{key}.{at}"), value, rule));
        if self.id.is_empty() {
            return wrong("id".to_owned(), "", "the id that the push operations platform shows");
        }
        if self.template_id.as_deref().is_some_and(str::is_empty) {
            return wrong("template_id".to_owned(), "", "the id of a template that is bound to the channel");
        }
        let count = self.template_param.len();
        if count > MOST_VARIABLES || (count > 0 && self.template_id.is_none()) {
            return wrong("template_param".to_owned(), &count.to_string(), "at most 9, beside a template_id");
        }
        match self.template_param.iter().find(|(_, pattern)| pieces(pattern).is_none()) {
            Some((name, pattern)) => {
                let rule = "in braces there can be title, body, subtitle, sender and data.name";
                wrong(format!("template_param.{name}"), pattern, rule)
            }
            None => Ok(()),
        }
    }

    /// The template's variables filled from the job.
    pub(crate) fn fill<'a>(&'a self, settings: &Settings, job: &Job, texts: &Texts<'_>) -> Values<'a> {
        let mut values = Values::default();
        let mut data = None;
        for (name, pattern) in &self.template_param {
            let pieces = pieces(pattern).unwrap_or_default();
            let text: String = pieces.iter().map(|piece| piece_text(piece, job, texts, &mut data)).collect();
            values.put(settings, name, &text, pieces.iter().map(Piece::field));
        }
        values
    }
}

impl<'a> Values<'a> {
    /// The values of a producer, as far as Xiaomi takes them.
    pub(crate) fn given(settings: &Settings, param: &'a BTreeMap<String, String>) -> Self {
        let mut values = Self::default();
        for (name, text) in param {
            values.put(settings, name, text, ["options.xiaomi.template"].into_iter());
        }
        values
    }

    /// Never leaves a variable out: their number must be the template's.
    fn put(&mut self, settings: &Settings, name: &'a str, text: &str, from: impl Iterator<Item = &'static str>) {
        let value = clean(text, settings.clean_template_values);
        let value = value.unwrap_or_else(|| settings.template_fallback.clone());
        if value != text {
            // Beside a field of the job what stands around it is not worth a word.
            let mut fields: Vec<_> = from.collect();
            if fields.iter().any(|field| *field != "template") {
                fields.retain(|field| *field != "template");
            }
            self.changed.extend(fields);
        }
        self.param.insert(name, value);
    }
}

/// A value that Xiaomi takes (section 6): not blank, at most 128 characters, without symbols; `None`: nothing is left.
pub(crate) fn clean(text: &str, symbols: bool) -> Option<String> {
    let text: Cow<'_, str> = match symbols {
        true if text.chars().any(is_symbol) => text.chars().filter(|c| !is_symbol(*c)).collect::<String>().into(),
        _ => text.into(),
    };
    let text = cut_text(text.trim(), MOST_CHARS, Count::Chars).text.into_owned();
    Some(text).filter(|text| !text.is_empty())
}

/// Of the classes So and Cn, and what is left of emoji: joiners, selectors, key caps, skin tones.
fn is_symbol(c: char) -> bool {
    !c.is_ascii()
        && (matches!(c, '\u{200D}' | '\u{FE0F}' | '\u{20E3}' | '\u{1F3FB}'..='\u{1F3FF}')
            || matches!(get_general_category(c), GeneralCategory::OtherSymbol | GeneralCategory::Unassigned))
}

fn piece_text<'a>(
    piece: &Piece<'a>,
    job: &'a Job,
    texts: &'a Texts<'_>,
    data: &mut Option<Map<String, Value>>,
) -> Cow<'a, str> {
    match piece {
        Piece::Text(plain) => (*plain).into(),
        Piece::Title => texts.title.into(),
        Piece::Body => texts.body.into(),
        Piece::Subtitle => job.notification.as_ref().and_then(|n| n.subtitle.as_deref()).unwrap_or_default().into(),
        Piece::Sender => {
            let name = |sender: &'a push_contract::Sender| {
                sender.nickname.as_deref().filter(|name| !name.is_empty()).unwrap_or(&sender.id)
            };
            job.sender.as_ref().map(name).unwrap_or_default().into()
        }
        Piece::Data(name) => member(job, data, name).unwrap_or_default().into(),
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
