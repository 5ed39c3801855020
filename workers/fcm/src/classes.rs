//! Which priority a job gets (section 6). Google has no categories and no rights to apply for.

use push_contract::{
    Class, ClassRow, Job, Kind,
    kit::{classes, names::name_of},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::options::Options;

/// `android.priority`; the class of a job is its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Priority {
    /// Wakes a dozing phone.
    High,
    /// May wait for it.
    Normal,
}

/// What a kind deserves. Who is sent HIGH and shows nothing is demoted, so what can wait is NORMAL.
const fn deserved(kind: Kind) -> Priority {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => Priority::High,
        // A cancellation must reach the phone that rings.
        Kind::CallInvite | Kind::CallMissed | Kind::CallCancel => Priority::High,
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
    let caps = "per device 240 a minute, 5000 an hour; shown: 20, then 1 in 3 minutes";
    classes::rows(|kind| ClassRow::new(kind, name_of(&deserved(kind)), caps))
}

/// Chooses the priority: the override, else what the kind deserves, if there is something to show.
pub(crate) fn classify(job: &Job, options: &Options) -> Class {
    // HIGH that shows nothing gets the app demoted. A call rings and ends in the app: these wake it in any case.
    let waits = job.notification.is_none() && !matches!(job.kind, Kind::CallInvite | Kind::CallCancel);
    let (priority, because) = match options.priority {
        Some(priority) => (priority, "options.fcm.priority".to_owned()),
        None if waits => (Priority::Normal, "a job without notification shows nothing and may wait".to_owned()),
        None => (deserved(job.kind), format!("{} deserves it; no right is needed", job.kind)),
    };
    Class { urgent: priority == Priority::High, ..Class::new(job, name_of(&priority), because) }
}
