//! Which priority a job gets (section 6). Google has no categories and no rights to apply for.

use push_contract::{Class, ClassRow, Job, Kind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    options::Options,
    settings::{DataPriority, Settings},
};

/// `android.priority`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Priority {
    /// Wakes a dozing phone.
    High,
    /// May wait for it.
    Normal,
}

impl Priority {
    /// The name on the wire; the class of a job is its priority.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::High => "HIGH",
            Self::Normal => "NORMAL",
        }
    }
}

/// What a kind deserves. Who is sent HIGH and shows nothing is demoted, so what can wait is NORMAL.
const fn deserved(kind: Kind) -> Priority {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => Priority::High,
        Kind::CallInvite | Kind::CallMissed => Priority::High,
        // It must reach the phone that rings.
        Kind::CallCancel => Priority::High,
        Kind::AccountSecurity | Kind::AccountStatus | Kind::OrderUpdate | Kind::PaymentUpdate => Priority::High,
        Kind::ReminderCalendar | Kind::ReminderDevice => Priority::High,
        // Not in the vendor's advice: a message from one person to another.
        Kind::MailNew => Priority::High,
        Kind::SocialRequest | Kind::SocialInteraction | Kind::SubscriptionUpdate => Priority::Normal,
        Kind::News | Kind::Content | Kind::Marketing => Priority::Normal,
    }
}

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    let row = |kind: &Kind| ClassRow {
        kind: *kind,
        class: deserved(*kind).as_str().to_owned(),
        needs: None,
        without: deserved(*kind).as_str().to_owned(),
        caps: "per device 240 a minute, 5000 an hour; shown: 20, then 1 in 3 minutes".to_owned(),
    };
    Kind::ALL.iter().map(row).collect()
}

/// Chooses the priority: the override, else what the settings say for data messages, else what the kind deserves.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Class {
    let plain_data = job.notification.is_none() && settings.data_priority == DataPriority::Normal;
    let (priority, because) = match options.priority {
        Some(priority) => (priority, "options.fcm.priority".to_owned()),
        None if plain_data => (Priority::Normal, "data_priority is normal".to_owned()),
        None => (deserved(job.kind), format!("{} deserves it; no right is needed", job.kind)),
    };
    Class {
        name: priority.as_str().to_owned(),
        degraded_from: None,
        quota: None,
        urgent: priority == Priority::High,
        repeatable: job.kind.repeatable(),
        detail: serde_json::Value::Null,
        because,
    }
}
