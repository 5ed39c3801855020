//! The body's types, with the vendor's names.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// `aps` and the app's own keys beside it.
pub(super) struct Body<'a> {
    pub(super) aps: Aps<'a>,
    pub(super) custom: Vec<(&'a str, Value)>,
}

impl<'a> Body<'a> {
    /// A text of the alert.
    pub(super) fn text(&mut self, part: &str) -> Option<&mut Option<Cow<'a, str>>> {
        let alert = self.aps.alert.as_mut()?;
        Some(match part {
            "title" => &mut alert.title,
            "subtitle" => &mut alert.subtitle,
            _ => &mut alert.body,
        })
    }

    /// Replaces a text of the alert, if there is an alert.
    pub(super) fn set(&mut self, part: &str, text: String) {
        if let Some(place) = self.text(part) {
            *place = Some(text.into());
        }
    }
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(1 + self.custom.len()))?;
        map.serialize_entry("aps", &self.aps)?;
        for (key, value) in &self.custom {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// What Apple reads.
#[derive(Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Aps<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) alert: Option<Alert<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) badge: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sound: Option<Sound<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thread_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) category: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) content_available: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mutable_content: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target_content_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) interruption_level: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) relevance_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) filter_criteria: Option<&'a str>,
}

#[derive(Serialize)]
pub(super) struct Alert<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subtitle: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Cow<'a, str>>,
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Sound<'a> {
    Name(&'a str),
    Critical {
        critical: u8,
        name: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        volume: Option<f64>,
    },
}
