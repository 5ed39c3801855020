//! Which of the two classes a job belongs to and which it may use (section 6).

use push_contract::{Class, ClassRow, Job, Kind, Refusal, kit::classes};

use crate::{
    options::{Importance, Options},
    settings::{Settings, Silent},
};

/// The class of data messages: Honor classifies only what it shows, so they carry no importance.
pub(crate) const DATA: &str = "DATA";

/// The other two, by the names of their importance.
const NORMAL: &str = Importance::Normal.as_str();
const LOW: &str = Importance::Low.as_str();

/// Test messages are the one thing with a quota per app and day: 1000 (section 7).
pub(crate) const TEST_QUOTA: &str = "test";

/// What a kind deserves.
const fn deserved(kind: Kind) -> Importance {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => Importance::Normal,
        Kind::CallInvite | Kind::CallCancel | Kind::CallMissed => Importance::Normal,
        Kind::AccountSecurity | Kind::AccountStatus | Kind::OrderUpdate | Kind::PaymentUpdate => Importance::Normal,
        Kind::ReminderCalendar | Kind::ReminderDevice | Kind::MailNew => Importance::Normal,
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
    classes::rows(|kind| match deserved(kind) {
        Importance::Normal => ClassRow::new(kind, NORMAL, "none").needs("self_classification", LOW),
        Importance::Low => ClassRow::new(kind, LOW, "2 (licensed news apps: 5) per device and day"),
    })
}

/// The class without the right to this one, for jobs that the vendor refuses in it.
pub(crate) fn lesser(settings: &Settings, job: &Job, options: &Options, class: &Class) -> Option<Class> {
    let mut less = settings.clone();
    less.on_missing_right = classes::MissingRight::Degrade;
    less.self_classification &= class.name != NORMAL;
    classify(&less, job, options).ok()
}

/// Chooses the importance: the producer's, else that of the settings, else what the kind deserves, as far as the right goes.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let quota = job.test.then(|| TEST_QUOTA.to_owned());
    let class = |name: &str, because: &str| Class { quota, ..Class::new(job, name, because) };
    if job.notification.is_none() {
        return Ok(class(DATA, "data messages carry no importance"));
    }
    let by_setting = || settings.importance.get(job.kind.as_str()).copied();
    let wanted = options.importance.or_else(by_setting).unwrap_or_else(|| deserved(job.kind));
    if wanted == Importance::Low {
        return Ok(class(LOW, "LOW needs no right"));
    }
    if job.silent && settings.silent == Silent::Low {
        return Ok(class(LOW, "silent = \"low\" sends silent jobs as LOW"));
    }
    if settings.self_classification {
        return Ok(class(NORMAL, "self_classification is granted"));
    }
    settings.on_missing_right.check("kind", "NORMAL: set self_classification once Honor granted it")?;
    Ok(class(LOW, "self_classification is not granted: sent as LOW").wanted(NORMAL))
}
