//! `options.xiaomi`: what a producer may override for one job.

use push_contract::{Job, Refusal, typed};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{NAME, classes::Category};

/// Xiaomi's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.xiaomi")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs a channel for it; DEFAULT is none.
    pub(crate) category: Option<Category>,
    /// Id of a channel of the app's settings: its category is the job's. Wins over `category`.
    pub(crate) channel_id: Option<String>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
    /// False: not shown while the app is open.
    pub(crate) notify_foreground: Option<bool>,
    /// Groups statistics; a phone shows only the first message of a job key. 1 to 20 of `0-9A-Za-z_-`, not `_` first.
    pub(crate) jobkey: Option<String>,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        if options.notify_id.is_some_and(|id| i32::try_from(id).is_err()) {
            return Err(typed::bad_option(NAME, "notify_id", "0 to 2147483647"));
        }
        if options.jobkey.as_deref().is_some_and(|key| !is_job_key(key)) {
            return Err(typed::bad_option(NAME, "jobkey", "1 to 20 of 0-9 A-Z a-z _ -, not _ first"));
        }
        Ok(options)
    }
}

fn is_job_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    (1..=20).contains(&text.len()) && !text.starts_with('_') && text.bytes().all(plain)
}
