//! Classes: the rows of a table, the class of a job, and what becomes of a job without the right to its class.

use serde::Deserialize;

use crate::{Class, ClassRow, Job, Kind, Outcome, Reason, Refusal};

/// What becomes of a job that the app has no right to send as it is: the setting `on_missing_right`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingRight {
    /// It is sent with less.
    Degrade,
    /// It is not sent.
    Refuse,
}

impl MissingRight {
    /// A right is missing: go on with less, or refuse the job. `right` says what is missing and which setting grants it.
    ///
    /// # Errors
    /// `misconfigured`, `no_right`, where jobs are to be refused.
    pub fn check(self, field: &str, right: &str) -> Result<(), Refusal> {
        match self {
            Self::Degrade => Ok(()),
            Self::Refuse => Err(Refusal::no_right(field, &format!("{right}, or on_missing_right = \"degrade\""))),
        }
    }
}

impl Refusal {
    /// A job that the app has no right to send.
    #[must_use]
    pub fn no_right(field: &str, right: &str) -> Self {
        let (outcome, reason) = (Outcome::Misconfigured, Reason::NoRight);
        Self { outcome, reason, field: field.to_owned(), rule: format!("the app has no right to {right}") }
    }
}

impl Class {
    /// A class as most are: of full right, without a quota, not urgent.
    pub fn new(job: &Job, name: impl Into<String>, because: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            degraded_from: None,
            quota: None,
            urgent: false,
            repeatable: job.kind.repeatable(),
            detail: serde_json::Value::Null,
            because: because.into(),
        }
    }

    /// The class as what `wanted` became; not degraded, if it is that.
    #[must_use]
    pub fn wanted(mut self, wanted: &str) -> Self {
        self.degraded_from = (self.name != wanted).then(|| wanted.to_owned());
        self
    }
}

impl ClassRow {
    /// A row of a class that needs no right and has no other caps.
    pub fn new(kind: Kind, class: impl Into<String>, caps: impl Into<String>) -> Self {
        let class = class.into();
        Self { kind, needs: None, without: class.clone(), caps: caps.into(), class }
    }

    /// The row with the right that the class needs, and the class without it.
    #[must_use]
    pub fn needs(mut self, right: impl Into<String>, without: impl Into<String>) -> Self {
        (self.needs, self.without) = (Some(right.into()), without.into());
        self
    }
}

/// The table for `--classes`: a row for every kind.
pub fn rows(row: impl Fn(Kind) -> ClassRow) -> Vec<ClassRow> {
    Kind::ALL.iter().copied().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_right_is_borne_or_refused() {
        assert_eq!(MissingRight::Degrade.check("kind", "IM"), Ok(()));
        let refusal = MissingRight::Refuse.check("kind", "IM: add it to categories").unwrap_err();
        assert_eq!((refusal.outcome, refusal.reason), (Outcome::Misconfigured, Reason::NoRight));
        assert!(refusal.rule.contains("categories") && refusal.rule.contains("on_missing_right"), "{refusal}");
    }

    #[test]
    fn a_table_has_a_row_for_every_kind() {
        let rows = rows(|kind| match kind {
            Kind::News => ClassRow::new(kind, "low", "2 a day"),
            _ => ClassRow::new(kind, "high", "none").needs("self_classification", "low"),
        });
        assert_eq!(rows.len(), Kind::ALL.len());
        let news = rows.iter().find(|row| row.kind == Kind::News).unwrap();
        assert_eq!((news.class.as_str(), news.without.as_str(), &news.needs), ("low", "low", &None));
        assert_eq!((rows[0].class.as_str(), rows[0].without.as_str()), ("high", "low"));
    }
}
