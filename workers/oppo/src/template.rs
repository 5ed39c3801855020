//! Private message templates: approved texts whose variables a message fills (sections 4.1 and 6).

use std::collections::BTreeMap;

use push_contract::{
    Job, Reason, Refusal, SettingsError,
    kit::{fields::Fields, settings::rule},
    typed::filled,
};
use serde::Deserialize;
use serde_json::Value;

/// A template and what fills its variables, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    /// `private_msg_template_id`.
    pub(crate) id: String,
    /// Variables of the template's title.
    #[serde(default)]
    title: BTreeMap<String, String>,
    /// Variables of the template's content.
    #[serde(default)]
    content: BTreeMap<String, String>,
}

impl Template {
    /// Checks a template of the settings: its id and its patterns.
    pub(crate) fn check(&self, key: &str) -> Result<(), SettingsError> {
        rule(!self.id.is_empty(), &format!("{key}.id"), "", "the id of an approved template")?;
        let known = |name: &str| {
            let of_data = name.strip_prefix("data.").is_some_and(|name| !name.is_empty());
            (of_data || ["title", "body", "subtitle", "sender"].contains(&name)).then(String::new)
        };
        for (map, patterns) in [("title", &self.title), ("content", &self.content)] {
            for (name, pattern) in patterns {
                let rules = "in braces there can be title, body, subtitle, sender and data.name";
                rule(fill(pattern, known).is_some(), &format!("{key}.{map}.{name}"), pattern, rules)?;
            }
        }
        Ok(())
    }

    /// The template, filled from a job and its texts as they were cut. A map without variables is left out: OPPO may
    /// refuse an empty one.
    pub(crate) fn fields(&self, job: &Job, texts: [&str; 2]) -> Result<Fields, Refusal> {
        let values = |variables: &BTreeMap<String, String>| {
            let mut values = BTreeMap::new();
            for (name, pattern) in variables {
                let Some(value) = fill(pattern, |name| value(job, texts, name)) else {
                    let rule = format!("template {} needs {pattern}, which the job does not have", self.id);
                    return Err(Refusal::rejected(Reason::BadRequest, "notification", rule));
                };
                values.insert(name.clone(), value);
            }
            Ok((!values.is_empty()).then_some(values))
        };
        Ok(Fields::new()
            .with("private_msg_template_id", &self.id)
            .with("private_title_parameters", values(&self.title)?)
            .with("private_content_parameters", values(&self.content)?))
    }
}

/// What a name in braces stands for; `None`: the job lacks it. Of its data, a text, number or truth value.
fn value(job: &Job, [title, body]: [&str; 2], name: &str) -> Option<String> {
    let sender = job.sender.as_ref();
    let found = match name {
        "title" => title,
        "body" => body,
        "subtitle" => job.notification.as_ref()?.subtitle.as_deref()?,
        "sender" => sender?.nickname.as_deref().and_then(filled).unwrap_or(&sender?.id),
        _ => {
            let data: Value = serde_json::from_str(job.data.as_ref()?.as_str()).ok()?;
            return match data.get(name.strip_prefix("data.")?)? {
                Value::String(text) => Some(text.clone()),
                value @ (Value::Number(_) | Value::Bool(_)) => Some(value.to_string()),
                _ => None,
            };
        }
    };
    Some(found.to_owned())
}

/// A pattern with what stands for each name in braces; `None` if a brace is open or nothing stands for a name.
fn fill(pattern: &str, value: impl Fn(&str) -> Option<String>) -> Option<String> {
    let (mut text, mut rest) = (String::new(), pattern);
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        text.push_str(before);
        text.push_str(&value(name)?);
        rest = after;
    }
    text.push_str(rest);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::{Template, fill};

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
        let checked = |pattern: &str| {
            let title = [("a".to_owned(), pattern.to_owned())].into();
            Template { id: "T".to_owned(), title, ..Template::default() }.check("templates.IM").is_ok()
        };
        assert!(checked("{title} {body} {subtitle} {sender} {data.n}"));
        for wrong in ["{tilte}", "{data.}", "{data}", "a {} b", "{title"] {
            assert!(!checked(wrong), "{wrong}");
        }
    }
}
