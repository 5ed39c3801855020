//! Which of the two classes a job belongs to and which it may use (section 6).

use push_contract::{Class, ClassRow, Job, Kind, Outcome, Reason, Refusal};

use crate::{
    options::{Importance, Options},
    settings::{MissingRight, Settings, Silent},
};

/// The class of data messages: Honor classifies only what it shows, so they carry no importance.
pub(crate) const DATA: &str = "DATA";

/// Test messages are the one thing with a quota per app and day: 1000 (section 7).
pub(crate) const TEST_QUOTA: &str = "test";

/// What a kind deserves.
const fn deserved(kind: Kind) -> Importance {
    match kind {
        Kind::ChatDirect
        | Kind::ChatGroup
        | Kind::ChatMention
        | Kind::CallInvite
        | Kind::CallCancel
        | Kind::CallMissed
        | Kind::AccountSecurity
        | Kind::AccountStatus
        | Kind::OrderUpdate
        | Kind::PaymentUpdate
        | Kind::ReminderCalendar
        | Kind::ReminderDevice
        | Kind::MailNew => Importance::Normal,
        // Unconfirmed: falls under social reminders. A setting says otherwise.
        Kind::SocialRequest => Importance::Normal,
        // News that the user subscribed to, if the text says so; other news is marketing.
        Kind::SubscriptionUpdate => Importance::Normal,
        // NORMAL where the app's right covers it, which a setting says.
        Kind::SocialInteraction => Importance::Low,
        Kind::News | Kind::Content | Kind::Marketing => Importance::Low,
    }
}

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    let row = |kind: &Kind| {
        let importance = deserved(*kind);
        let caps = match importance {
            Importance::Normal => "none",
            Importance::Low => "2 (licensed news apps: 5) per device and day",
        };
        ClassRow {
            kind: *kind,
            class: importance.as_str().to_owned(),
            needs: (importance == Importance::Normal).then(|| "self_classification".to_owned()),
            without: Importance::Low.as_str().to_owned(),
            caps: caps.to_owned(),
        }
    };
    Kind::ALL.iter().map(row).collect()
}

/// Chooses the importance: the producer's, else that of the settings, else what the kind deserves, as far as the right goes.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let class = |name: &str, because: &str| Class {
        name: name.to_owned(),
        degraded_from: None,
        quota: job.test.then(|| TEST_QUOTA.to_owned()),
        urgent: false,
        repeatable: job.kind.repeatable(),
        detail: serde_json::Value::Null,
        because: because.to_owned(),
    };
    if job.notification.is_none() {
        return Ok(class(DATA, "data messages carry no importance"));
    }
    let by_setting = || settings.importance.get(job.kind.as_str()).copied();
    let wanted = options.importance.or_else(by_setting).unwrap_or_else(|| deserved(job.kind));
    let (low, normal) = (Importance::Low.as_str(), Importance::Normal.as_str());
    if wanted == Importance::Low {
        return Ok(class(low, "LOW needs no right"));
    }
    if job.silent && settings.silent == Silent::Low {
        return Ok(class(low, "silent = \"low\" sends silent jobs as LOW"));
    }
    if settings.self_classification {
        return Ok(class(normal, "self_classification is granted"));
    }
    match settings.on_missing_right {
        MissingRight::Degrade => Ok(Class {
            degraded_from: Some(normal.to_owned()),
            ..class(low, "self_classification is not granted: sent as LOW")
        }),
        MissingRight::Refuse => Err(Refusal {
            outcome: Outcome::Misconfigured,
            reason: Reason::NoRight,
            field: "kind".to_owned(),
            rule: "the app has no right to NORMAL: set self_classification once Honor granted it, or \
                   on_missing_right = \"degrade\""
                .to_owned(),
        }),
    }
}
