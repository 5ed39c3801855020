//! The vendor's category as chosen for one job.

use serde::Serialize;

/// The vendor's category for one job: what was chosen, from what, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Class {
    /// The vendor's own name of the category; a label and a field of receipts.
    pub name: String,
    /// The class that the kind deserves, when the app lacks the right to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub degraded_from: Option<String>,
    /// The daily counter that a push of this class draws on, where the vendor has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<String>,
    /// Whether the vendor is asked for its fastest delivery.
    pub urgent: bool,
    /// Whether a push may be sent again when its fate is unknown.
    pub repeatable: bool,
    /// What the vendor's encoder needs besides the name.
    #[serde(skip_serializing_if = "serde_json::Value::is_null")]
    pub detail: serde_json::Value,
    /// One line for `--explain`: which right was used or is missing.
    pub because: String,
}
