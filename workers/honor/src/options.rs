//! `options.honor`: what a producer may override for one job.

use push_contract::{Job, Refusal, Timestamp, typed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::NAME;

const MAX_BUTTONS: usize = 3;
const BUTTON_NAME: usize = 40;
const BUTTON_DATA: usize = 1024;

/// Honor's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.honor")]
pub(crate) struct Options {
    /// Importance instead of the one that the kind deserves. NORMAL needs the right to self-classification.
    pub(crate) importance: Option<Importance>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
    /// Notifications of one group collapse into a line with a count.
    pub(crate) group: Option<String>,
    /// Full name of the launcher activity that a badge needs; wins over the app's setting.
    pub(crate) badge_class: Option<String>,
    /// Shows the whole text when the notification is unfolded.
    pub(crate) big_text: bool,
    /// The time that the notification shows.
    pub(crate) when: Option<Timestamp>,
    /// Buttons below the text, at most three.
    #[schemars(length(max = 3))]
    pub(crate) buttons: Vec<Button>,
}

/// The two classes of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Importance {
    /// Service and communication: sound, vibration, lock screen, picture.
    Normal,
    /// Information and marketing: silent, text only, capped per device and day.
    Low,
}

impl Importance {
    /// The name on the wire, and of the class.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "NORMAL",
            Self::Low => "LOW",
        }
    }
}

/// A button below the text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all(serialize = "camelCase"))]
pub(crate) struct Button {
    /// What stands on it.
    #[schemars(length(min = 1, max = 40))]
    pub(crate) name: String,
    /// 0 opens the app, 1 a page of the app, 2 a web page.
    #[schemars(range(max = 2))]
    pub(crate) action_type: u8,
    /// 0: `intent` is an intent URI; 1: it is an action.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(max = 1))]
    pub(crate) intent_type: Option<u8>,
    /// What a page or a web page needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) intent: Option<String>,
    /// For the app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1024))]
    pub(crate) data: Option<String>,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        if options.notify_id.is_some_and(|id| i32::try_from(id).is_err()) {
            return Err(typed::bad_option(NAME, "notify_id", "0 to 2147483647"));
        }
        let fits = |button: &Button| {
            (1..=BUTTON_NAME).contains(&button.name.chars().count())
                && button.action_type <= 2
                && button.intent_type.is_none_or(|kind| kind <= 1)
                && (button.action_type == 0 || button.intent.is_some())
                && button.data.as_ref().is_none_or(|data| data.chars().count() <= BUTTON_DATA)
        };
        if options.buttons.len() > MAX_BUTTONS || !options.buttons.iter().all(fits) {
            let rule = "at most 3, each with a name of 1 to 40 characters, an action_type of 0 to 2 (1 and 2 with an \
                        intent), an intent_type of 0 or 1, and data of at most 1024 characters";
            return Err(typed::bad_option(NAME, "buttons", rule));
        }
        Ok(options)
    }
}
