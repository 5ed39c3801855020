//! Channels with their templates: approved texts whose variables a message fills (section 6).

use std::collections::BTreeMap;

use push_contract::{
    Count, Fitted, Job, SettingsError, cut_text,
    kit::{
        settings::rule,
        templates::{check, field, fill, value},
    },
    typed::digits,
};
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
        let check = |(name, pattern): (&String, &String)| check(&format!("{key}.template_param.{name}"), pattern);
        self.template_param.iter().try_for_each(check)
    }

    /// The fields of the template, if there is one, its variables filled from the job with its title and body. No
    /// variable is left out, since their number must be the template's: an empty one gets the fallback.
    pub(crate) fn template(
        &self,
        settings: &Settings,
        job: &Job,
        texts: [&str; 2],
        fitted: &mut Fitted,
    ) -> Option<[(&'static str, String); 2]> {
        let (id, mut param) = (self.template_id.clone()?, Map::new());
        for (variable, pattern) in &self.template_param {
            let mut fields = Vec::new();
            let text = fill(pattern, |name| {
                fields.extend(field(name));
                value(job, texts, name).or_else(|| Some(String::new()))
            });
            let text = text.unwrap_or_default();
            let cleaned = clean(&text).unwrap_or_else(|| settings.template_fallback.clone());
            fields.iter().for_each(|field| fitted.change_if(cleaned != text, field));
            param.insert(variable.clone(), cleaned.into());
        }
        Some([("template_id", id), ("template_param", Value::Object(param).to_string())])
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
