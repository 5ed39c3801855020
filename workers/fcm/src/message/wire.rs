//! The body's types, with the vendor's names, in the order of the sheet's samples. What is absent takes Google's default.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::options::Look;

/// The body.
#[derive(Serialize)]
pub(super) struct Body<'a> {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) validate_only: bool,
    pub(super) message: Message<'a>,
}

/// `message`: one target, in one of its first two fields.
#[derive(Serialize)]
pub(super) struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fid: Option<&'a str>,
    #[serde(skip_serializing_if = "Entries::is_empty")]
    pub(super) data: Entries<'a>,
    pub(super) android: Android<'a>,
}

/// `data`: texts by key.
#[derive(Default)]
pub(super) struct Entries<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Entries<'a> {
    pub(super) fn push(&mut self, key: impl Into<Cow<'a, str>>, text: impl Into<Cow<'a, str>>) {
        self.0.push((key.into(), text.into()));
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes of keys and values.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|(key, text)| key.len() + text.len()).sum()
    }
}

impl Serialize for Entries<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(Some(self.0.len()))?;
        for (key, text) in &self.0 {
            map.serialize_entry(key, text)?;
        }
        map.end()
    }
}

/// `message.android`.
#[derive(Serialize)]
pub(super) struct Android<'a> {
    pub(super) priority: &'a str,
    pub(super) ttl: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) collapse_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) restricted_package_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) direct_boot_ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bandwidth_constrained_ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) restricted_satellite_ok: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification: Option<Shown<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) fcm_options: Option<Label<'a>>,
}

#[derive(Serialize)]
pub(super) struct Label<'a> {
    pub(super) analytics_label: &'a str,
}

/// `message.android.notification`.
#[derive(Default, Serialize)]
pub(super) struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) image: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) channel_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tag: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) click_action: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sound: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notification_count: Option<u32>,
    #[serde(flatten)]
    pub(super) look: Option<&'a Look>,
}
