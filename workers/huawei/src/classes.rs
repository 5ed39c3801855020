//! Which category a job belongs to and which it may use (section 6).

use push_contract::{Class, ClassRow, Job, Kind, Outcome, Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    options::{Options, Urgency},
    settings::{MissingRight, Settings},
};

/// The class of data messages: Huawei classifies only what it shows, so they carry no category.
pub(crate) const DATA: &str = "DATA";

/// Test messages are the one thing with a quota per app and day: 500 (section 1).
pub(crate) const TEST_QUOTA: &str = "test";

/// `android.category` (section 6). Each but MARKETING is a right that Huawei grants per app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Category {
    Im,
    Voip,
    Subscription,
    Travel,
    Health,
    Work,
    Account,
    Express,
    Finance,
    DeviceReminder,
    /// In an older page only; never chosen from a kind.
    SystemReminder,
    Mail,
    /// Data messages only.
    PlayVoice,
    Marketing,
}

impl Category {
    /// The name on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Im => "IM",
            Self::Voip => "VOIP",
            Self::Subscription => "SUBSCRIPTION",
            Self::Travel => "TRAVEL",
            Self::Health => "HEALTH",
            Self::Work => "WORK",
            Self::Account => "ACCOUNT",
            Self::Express => "EXPRESS",
            Self::Finance => "FINANCE",
            Self::DeviceReminder => "DEVICE_REMINDER",
            Self::SystemReminder => "SYSTEM_REMINDER",
            Self::Mail => "MAIL",
            Self::PlayVoice => "PLAY_VOICE",
            Self::Marketing => "MARKETING",
        }
    }

    /// Whether a data message of this category may wake the app (section 4.6 c).
    const fn wakes(self) -> bool {
        matches!(self, Self::Voip | Self::PlayVoice)
    }
}

/// What a kind deserves, and what else the vendor's page allows for it.
const fn deserved(kind: Kind) -> (Category, Option<Category>) {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => (Category::Im, None),
        Kind::CallInvite | Kind::CallCancel => (Category::Voip, None),
        // MISS_CALL exists on HarmonyOS NEXT only; VOIP is seen in use.
        Kind::CallMissed => (Category::Im, Some(Category::Voip)),
        Kind::SocialRequest | Kind::SocialInteraction | Kind::SubscriptionUpdate => (Category::Subscription, None),
        Kind::AccountSecurity | Kind::AccountStatus => (Category::Account, None),
        Kind::OrderUpdate => (Category::Express, None),
        // FINANCE is for finance and payment apps; others tell balances as ACCOUNT.
        Kind::PaymentUpdate => (Category::Finance, Some(Category::Account)),
        Kind::ReminderCalendar => (Category::Work, None),
        Kind::ReminderDevice => (Category::DeviceReminder, None),
        Kind::MailNew => (Category::Mail, None),
        // News counts as a subscription only if the user asked for it: producers say so by subscription.update.
        Kind::News | Kind::Content | Kind::Marketing => (Category::Marketing, None),
    }
}

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    let row = |kind: &Kind| {
        let (category, instead) = deserved(*kind);
        let free = category == Category::Marketing;
        ClassRow {
            kind: *kind,
            class: category.as_str().to_owned(),
            needs: match instead {
                _ if free => None,
                Some(instead) => {
                    Some(format!("categories: {}, or {} in its stead", category.as_str(), instead.as_str()))
                }
                None => Some(format!("categories: {}", category.as_str())),
            },
            without: Category::Marketing.as_str().to_owned(),
            caps: if free { "2 (news: 5) per device and day; 3000 in all" } else { "3000 per device and day in all" }
                .to_owned(),
        }
    };
    Kind::ALL.iter().map(row).collect()
}

/// Chooses the category: the override, else what the kind deserves, as far as the app's rights go.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let (wanted, instead) = match options.category {
        Some(category) => (category, None),
        None => deserved(job.kind),
    };
    let granted = |category: &Category| *category == Category::Marketing || settings.categories.contains(category);
    let class = |name: &str, urgent: bool, because: String| Class {
        name: name.to_owned(),
        degraded_from: (name != wanted.as_str()).then(|| wanted.as_str().to_owned()),
        quota: job.test.then(|| TEST_QUOTA.to_owned()),
        urgent,
        repeatable: job.kind.repeatable(),
        detail: serde_json::Value::Null,
        because,
    };
    let wants_high = options.urgency.map_or(wanted.wakes(), |urgency| urgency == Urgency::High);
    if options.urgency == Some(Urgency::High) && !settings.high_priority {
        missing(settings, "options.huawei.urgency", "high-priority messages: set high_priority")?;
    }
    if job.notification.is_none() {
        if wanted.wakes() && wants_high {
            if granted(&wanted) && settings.high_priority {
                let because = format!("categories has {}, high_priority is set: wakes the app", wanted.as_str());
                return Ok(class(wanted.as_str(), true, because));
            }
            missing(
                settings,
                "kind",
                &format!("{} that wake the app: set high_priority, categories", wanted.as_str()),
            )?;
            return Ok(class(
                DATA,
                false,
                format!("no right to wake the app as {}: a plain data message", wanted.as_str()),
            ));
        }
        let urgent = wants_high && settings.high_priority;
        return Ok(Class { degraded_from: None, ..class(DATA, urgent, "data messages carry no category".to_owned()) });
    }
    if wanted == Category::PlayVoice {
        let rule = "PLAY_VOICE is for data messages: leave out notification";
        return Err(Refusal::rejected(Reason::BadOption, "options.huawei.category", rule));
    }
    let Some(chosen) = [Some(wanted), instead].into_iter().flatten().find(granted) else {
        missing(settings, "kind", &format!("{}: add it to categories", wanted.as_str()))?;
        let because = format!("categories lacks {}: sent as MARKETING", wanted.as_str());
        return Ok(class(Category::Marketing.as_str(), false, because));
    };
    let because = match chosen {
        Category::Marketing => "MARKETING needs no right".to_owned(),
        _ => format!("categories has {}", chosen.as_str()),
    };
    let urgent = settings.high_priority && options.urgency.map_or(chosen == Category::Voip, |_| wants_high);
    Ok(class(chosen.as_str(), urgent, because))
}

/// A right is missing: go on with less, or refuse the job, as the settings say.
fn missing(settings: &Settings, field: &str, right: &str) -> Result<(), Refusal> {
    match settings.on_missing_right {
        MissingRight::Degrade => Ok(()),
        MissingRight::Refuse => Err(Refusal {
            outcome: Outcome::Misconfigured,
            reason: Reason::NoRight,
            field: field.to_owned(),
            rule: format!("the app has no right to {right} once Huawei granted it, or on_missing_right = \"degrade\""),
        }),
    }
}
