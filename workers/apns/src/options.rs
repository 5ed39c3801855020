//! `options.apns`: what a producer may override for one job.

use push_contract::{Job, Refusal, typed};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{NAME, classes::Level};

/// Apple's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.apns")]
pub(crate) struct Options {
    /// Interruption level instead of the one that the kind deserves. Two of them are rights of the app.
    pub(crate) interruption_level: Option<Level>,
    /// 10: at once. 5: considers the battery. 1: does not wake the phone either. Data messages are always sent with 5.
    #[schemars(extend("enum" = [1, 5, 10]))]
    pub(crate) priority: Option<u8>,
    /// Order in the notification summary: the greatest comes first.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) relevance_score: Option<f64>,
    /// Groups notifications: the conversation.
    pub(crate) thread_id: Option<String>,
    /// A category that the app registered: its buttons.
    pub(crate) category: Option<String>,
    /// Whether the app's notification service extension is run; wins over the app's setting.
    pub(crate) mutable_content: Option<bool>,
    /// The window or scene that is brought forward.
    pub(crate) target_content_id: Option<String>,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        if options.priority.is_some_and(|priority| ![1, 5, 10].contains(&priority)) {
            return Err(typed::bad_option(NAME, "priority", "1, 5 or 10"));
        }
        if options.relevance_score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
            return Err(typed::bad_option(NAME, "relevance_score", "0 to 1"));
        }
        Ok(options)
    }
}
