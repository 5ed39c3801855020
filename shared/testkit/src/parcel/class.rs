//! Parcel's classes (sheet: "Sending") and what a producer may say about them.

use std::collections::BTreeSet;

use push_contract::{Class, ClassRow, Job, Kind, Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A class of the sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ParcelClass {
    /// What a person waits for.
    Talk,
    /// Calls; needs the right `calls`.
    Call,
    /// Security; needs the right `alerts`.
    Alert,
    /// Draws on the counter `news`.
    News,
    /// Draws on the counter `promo`.
    Promo,
}

/// A right that Parcel grants to an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Right {
    Calls,
    Alerts,
}

/// A producer's overrides: `options.parcel` of a job.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ParcelOptions {
    /// Another class than the kind's. Without the right to it the push goes out as `talk`.
    #[serde(default)]
    pub class: Option<ParcelClass>,
}

impl ParcelClass {
    /// The class that a kind deserves.
    const fn of(kind: Kind) -> Self {
        match kind {
            Kind::CallInvite | Kind::CallCancel | Kind::CallMissed => Self::Call,
            Kind::AccountSecurity => Self::Alert,
            Kind::News | Kind::Content => Self::News,
            Kind::Marketing => Self::Promo,
            _ => Self::Talk,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Talk => "talk",
            Self::Call => "call",
            Self::Alert => "alert",
            Self::News => "news",
            Self::Promo => "promo",
        }
    }

    const fn needs(self) -> Option<Right> {
        match self {
            Self::Call => Some(Right::Calls),
            Self::Alert => Some(Right::Alerts),
            Self::Talk | Self::News | Self::Promo => None,
        }
    }

    /// The class without the right.
    const fn without(self) -> Self {
        if self.needs().is_some() { Self::Talk } else { self }
    }

    /// The daily counter.
    const fn quota(self) -> Option<&'static str> {
        match self {
            Self::News | Self::Promo => Some(self.name()),
            Self::Talk | Self::Call | Self::Alert => None,
        }
    }
}

impl Right {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Alerts => "alerts",
        }
    }
}

/// The class of a job for an app with these rights.
pub(super) fn classify(job: &Job, rights: &BTreeSet<Right>) -> Result<Class, Refusal> {
    let (deserved, source) = match options(job)?.class {
        Some(class) => (class, "options.parcel.class".to_owned()),
        None => (ParcelClass::of(job.kind), format!("kind {}", job.kind)),
    };
    let missing = deserved.needs().filter(|right| !rights.contains(right));
    let class = if missing.is_some() { deserved.without() } else { deserved };
    let because = match (missing, deserved.needs()) {
        (Some(right), _) => format!("{source} deserves {}, the right {} is missing", deserved.name(), right.name()),
        (None, Some(right)) => format!("{source}, by the right {}", right.name()),
        (None, None) => format!("{source}, needs no right"),
    };
    Ok(Class {
        name: class.name().to_owned(),
        degraded_from: missing.map(|_| deserved.name().to_owned()),
        quota: class.quota().map(str::to_owned),
        urgent: class.needs().is_some(),
        // An override may only make a job more careful than its kind.
        repeatable: job.kind.repeatable() && class.quota().is_none(),
        detail: Value::Null,
        because,
    })
}

/// The table that `--classes` prints.
pub(super) fn rows() -> Vec<ClassRow> {
    Kind::ALL
        .iter()
        .map(|kind| {
            let class = ParcelClass::of(*kind);
            ClassRow {
                kind: *kind,
                class: class.name().to_owned(),
                needs: class.needs().map(|right| right.name().to_owned()),
                without: class.without().name().to_owned(),
                caps: class.quota().map_or_else(|| "none".to_owned(), |name| format!("daily counter {name}")),
            }
        })
        .collect()
}

fn options(job: &Job) -> Result<ParcelOptions, Refusal> {
    let Some(options) = job.options.get(super::NAME) else {
        return Ok(ParcelOptions::default());
    };
    serde_json::from_value(Value::Object(options.clone())).map_err(|_| {
        // serde's own words would quote what the producer wrote.
        let rule = "only `class`, one of talk, call, alert, news, promo; see --schema";
        Refusal::rejected(Reason::BadOption, "options.parcel", rule)
    })
}
