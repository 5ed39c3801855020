//! The form that every call is, and its signature (section 3).

use std::collections::BTreeMap;

use md5::{Digest, Md5};

use super::answers::{EMPTY, PARAMETER, SIGNATURE};
use crate::form;
use crate::simulator::Ask;
use crate::vendors::Refusal;

/// The fields of a form by name, each once.
#[derive(Debug)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    pub(super) fn read(ask: &Ask) -> Result<Self, Refusal> {
        if !ask.is("application/x-www-form-urlencoded") {
            let why = "Content-Type must be application/x-www-form-urlencoded;charset=UTF-8";
            return Err(Refusal::new(PARAMETER, why));
        }
        let fields = form::fields(&ask.body).ok_or_else(|| Refusal::new(PARAMETER, "the form is not URL-encoded"))?;
        let count = fields.len();
        let fields: BTreeMap<String, String> = fields.into_iter().collect();
        if fields.len() == count { Ok(Self(fields)) } else { Err(Refusal::new(PARAMETER, "a form field is repeated")) }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A field that must be there and hold something.
    pub(super) fn need(&self, name: &str) -> Result<&str, Refusal> {
        let text = self.get(name).filter(|text| !text.is_empty());
        text.ok_or_else(|| Refusal::new(EMPTY, format!("form field {name} is empty or missing")))
    }

    /// Whether there is no field but these, `appId` and `sign`.
    pub(super) fn only(&self, names: &[&str]) -> Result<(), Refusal> {
        let known = |name: &&String| !names.contains(&name.as_str()) && *name != "appId" && *name != "sign";
        let stranger = self.0.keys().find(known);
        stranger.map_or(Ok(()), |name| Err(Refusal::new(PARAMETER, format!("form field {name} is unknown"))))
    }

    /// Whether `sign` is the MD5 of all other fields in the order of their names, and the secret.
    pub(super) fn check_sign(&self, secret: &str) -> Result<(), Refusal> {
        let mut digest = Md5::new();
        for (name, value) in self.0.iter().filter(|(name, _)| *name != "sign") {
            digest.update(format!("{name}={value}"));
        }
        digest.update(secret);
        let wanted: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        match self.get("sign") {
            Some(sign) if sign == wanted => Ok(()),
            Some(_) => Err(Refusal::new(SIGNATURE, "sign is not the MD5 of the sorted fields and the secret")),
            None => Err(Refusal::new(SIGNATURE, "sign is missing")),
        }
    }
}
