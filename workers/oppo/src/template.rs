//! Private message templates: approved texts whose variables a message fills (sections 4.1 and 6).

use std::collections::BTreeMap;

use push_contract::{
    Job, Reason, Refusal, SettingsError,
    kit::{
        fields::Fields,
        settings::rule,
        templates::{check, fill, value},
    },
};
use serde::Deserialize;

/// A template and what fills its variables, by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Template {
    /// `private_msg_template_id`.
    id: String,
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
        for (map, variables) in [("title", &self.title), ("content", &self.content)] {
            variables.iter().try_for_each(|(name, pattern)| check(&format!("{key}.{map}.{name}"), pattern))?;
        }
        Ok(())
    }

    /// The template, filled from a job and its texts as they were cut. A map without variables is left out: OPPO may
    /// refuse an empty one.
    pub(crate) fn fields(&self, job: &Job, texts: [&str; 2]) -> Result<Fields, Refusal> {
        let values = |variables: &BTreeMap<String, String>| {
            let mut values = BTreeMap::new();
            for (name, pattern) in variables {
                let Some(text) = fill(pattern, |name| value(job, texts, name)) else {
                    let rule = format!("template {} needs {pattern}, which the job does not have", self.id);
                    return Err(Refusal::rejected(Reason::BadRequest, "notification", rule));
                };
                values.insert(name.clone(), text);
            }
            Ok((!values.is_empty()).then_some(values))
        };
        Ok(Fields::new()
            .with("private_msg_template_id", &self.id)
            .with("private_title_parameters", values(&self.title)?)
            .with("private_content_parameters", values(&self.content)?))
    }
}
