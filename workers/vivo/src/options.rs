//! `options.vivo`: what a producer may override for one job.

use push_contract::{
    Job, Refusal,
    typed::{self, bad_option},
};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::NAME;

/// vivo's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.vivo")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves: one of vivo's ten, or one that the app's settings name.
    pub(crate) category: Option<String>,
    /// How it alerts: 1 not, 2 ring, 3 vibrate, 4 both. Wins over `silent`.
    #[schemars(range(min = 1, max = 4))]
    pub(crate) notify_type: Option<u8>,
    /// False: not shown while the app is open.
    pub(crate) foreground_show: Option<bool>,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        match options.notify_type {
            None | Some(1..=4) => Ok(options),
            Some(_) => Err(bad_option(NAME, "notify_type", "1 to 4")),
        }
    }
}
