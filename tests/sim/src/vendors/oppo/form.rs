//! The form that every call is.

use std::collections::BTreeMap;

use super::answers::{ENCODING, ILLEGAL, MISSING};
use crate::form;
use crate::simulator::Ask;
use crate::vendors::Refusal;

/// The fields of a form, each once.
#[derive(Debug)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    pub(super) fn read(ask: &Ask) -> Result<Self, Refusal> {
        if !ask.is("application/x-www-form-urlencoded") {
            return Err(Refusal::new(ENCODING, "Content-Type must be application/x-www-form-urlencoded, UTF-8"));
        }
        let fields = form::fields(&ask.body).ok_or_else(|| Refusal::new(ENCODING, "the form is not URL-encoded"))?;
        let count = fields.len();
        let fields: BTreeMap<String, String> = fields.into_iter().collect();
        if fields.len() == count { Ok(Self(fields)) } else { Err(Refusal::new(ILLEGAL, "a form field is repeated")) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A field that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&str, Refusal> {
        let text = self.get(name).filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::new(MISSING, format!("form field {name} is missing")))
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(super) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
