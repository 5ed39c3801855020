//! The message as Xiaomi names its fields (sections 4.1 and 4.2).

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

/// One message. In a form `extra` becomes `extra.<name>`.
#[derive(Debug, Serialize)]
pub(crate) struct Message<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) title: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notify_type: Option<i8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) notify_id: Option<u32>,
    pub(crate) pass_through: u8,
    pub(crate) restricted_package_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time_to_live: Option<u64>,
    pub(crate) extra: BTreeMap<Cow<'a, str>, Cow<'a, str>>,
}

impl Message<'_> {
    /// The fields of a form.
    pub(crate) fn fields(&self) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        let number = |number: Option<i64>| number.map(|number| Cow::from(number.to_string()));
        let text = |text: &Option<Cow<'_, str>>| text.as_deref().map(|text| Cow::from(text.to_owned()));
        let plain = [
            ("title", text(&self.title)),
            ("description", text(&self.description)),
            ("payload", text(&self.payload)),
            ("pass_through", number(Some(self.pass_through.into()))),
            ("notify_type", number(self.notify_type.map(i64::from))),
            ("notify_id", number(self.notify_id.map(i64::from))),
            ("restricted_package_name", Some(self.restricted_package_name.as_str().into())),
            ("time_to_live", self.time_to_live.map(|ms| ms.to_string().into())),
        ];
        let extra = self.extra.iter().map(|(name, value)| (format!("extra.{name}").into(), Cow::from(&**value)));
        plain.into_iter().filter_map(|(name, value)| Some((name.into(), value?))).chain(extra).collect()
    }
}
