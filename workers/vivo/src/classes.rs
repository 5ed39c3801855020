//! Which category a job belongs to and which it may use (section 6).

use push_contract::{Class, ClassRow, Job, Kind, Refusal, kit::classes, typed::bad_option};
use serde_json::json;

use crate::{NAME, options::Options, settings::Settings};

/// The two daily totals (section 7); test messages are counted apart, so that they never stop the others.
pub(crate) const QUOTAS: [&str; 3] = ["system", "operational", "test"];

/// `classification` of a system message.
pub(crate) const SYSTEM: u8 = 1;
const OPERATIONAL: u8 = 0;

/// The one category that is a right.
const SUBSCRIPTION: &str = "SUBSCRIPTION";
/// What it is without that right.
const WITHOUT: &str = "CONTENT";

/// `category` with its `classification` (section 6).
pub(crate) const CATEGORIES: [(&str, u8); 10] = [
    ("IM", SYSTEM),
    ("ACCOUNT", SYSTEM),
    ("TODO", SYSTEM),
    ("DEVICE_REMINDER", SYSTEM),
    ("ORDER", SYSTEM),
    (SUBSCRIPTION, SYSTEM),
    ("NEWS", OPERATIONAL),
    ("CONTENT", OPERATIONAL),
    ("MARKETING", OPERATIONAL),
    ("SOCIAL", OPERATIONAL),
];

/// What a kind deserves.
const fn deserved(kind: Kind) -> &'static str {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => "IM",
        Kind::CallInvite | Kind::CallCancel | Kind::CallMissed => "IM",
        // The sheet's table has no mail: it is what one person writes to another.
        Kind::MailNew => "IM",
        // "Friend added" is social activity to vivo, which may not go out as a system message.
        Kind::SocialRequest | Kind::SocialInteraction => "SOCIAL",
        Kind::AccountSecurity | Kind::AccountStatus | Kind::PaymentUpdate => "ACCOUNT",
        Kind::OrderUpdate => "ORDER",
        Kind::ReminderCalendar => "TODO",
        Kind::ReminderDevice => "DEVICE_REMINDER",
        Kind::SubscriptionUpdate => SUBSCRIPTION,
        Kind::News => "NEWS",
        Kind::Content => "CONTENT",
        Kind::Marketing => "MARKETING",
    }
}

/// The classification of a category, if there is such a category for this app.
pub(crate) fn classification(settings: &Settings, category: &str) -> Option<u8> {
    let own = CATEGORIES.iter().find(|(name, _)| *name == category).map(|(_, class)| *class);
    own.or_else(|| settings.special_categories.get(category).copied())
}

/// The classification of a job's class; it stands in its detail.
pub(crate) fn of(class: &Class) -> u8 {
    if class.detail["classification"] == SYSTEM { SYSTEM } else { OPERATIONAL }
}

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    classes::rows(|kind| {
        let category = deserved(kind);
        let caps = match CATEGORIES.contains(&(category, SYSTEM)) {
            true => "daily total of system messages",
            false => "2 (news app: 5) per device and day; daily total of operational messages; 07:00 to 23:00",
        };
        let row = ClassRow::new(kind, category, caps);
        if category == SUBSCRIPTION { row.needs("subscription", WITHOUT) } else { row }
    })
}

/// The class without the right to this one, for jobs that the vendor refuses in it. What vivo says about test devices is
/// not about the class.
pub(crate) fn lesser(settings: &Settings, job: &Job, options: &Options, class: &Class) -> Option<Class> {
    if is_test(settings, job) {
        return None;
    }
    let mut less = settings.clone();
    less.on_missing_right = classes::MissingRight::Degrade;
    less.subscription &= class.name != SUBSCRIPTION;
    classify(&less, job, options).ok()
}

/// Chooses the category: the override, the app's own table, else what the kind deserves.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let (wanted, source) = match (&options.category, settings.kinds.get(&job.kind)) {
        (Some(category), _) => (category.as_str(), "options.vivo.category"),
        (None, Some(category)) => (category.as_str(), "the setting kinds"),
        (None, None) => (deserved(job.kind), "the kind"),
    };
    let Some(mut class) = classification(settings, wanted) else {
        let rule = "one of vivo's ten categories, upper case, or of the setting special_categories";
        return Err(bad_option(NAME, "category", rule));
    };
    let (mut name, mut because) = (wanted, format!("{source} says {wanted}"));
    if wanted == SUBSCRIPTION && !settings.subscription {
        settings.on_missing_right.check("kind", "SUBSCRIPTION: set subscription once vivo granted it")?;
        (name, class) = (WITHOUT, OPERATIONAL);
        because = format!("subscription is not set: sent as {name}");
    }
    let [system, operational, test] = QUOTAS;
    let quota = match class {
        _ if is_test(settings, job) => test,
        SYSTEM => system,
        _ => operational,
    };
    let (quota, detail) = (Some(quota.to_owned()), json!({ "classification": class }));
    Ok(Class { quota, detail, ..Class::new(job, name, because).wanted(wanted) })
}

/// Whether the job goes out as a test message (`pushMode` 1).
pub(crate) fn is_test(settings: &Settings, job: &Job) -> bool {
    job.test || settings.under_review
}
