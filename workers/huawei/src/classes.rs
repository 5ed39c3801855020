//! Which class a job belongs to and which it may use: categories (section 6) and push types (section 12.2).

use push_contract::{
    Class, ClassRow, Job, Kind, Refusal,
    kit::{
        classes::{MissingRight, rows},
        names::name_of,
    },
    typed,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    NAME,
    settings::{Platform, Settings},
};

/// The class of data messages: Huawei classifies only what it shows, so they carry no category.
pub(crate) const DATA: &str = "DATA";
/// HarmonyOS NEXT: wakes the app, which shows its call page.
pub(crate) const IN_APP_CALL: &str = "IN_APP_CALL";
/// What needs no right, and what everything falls to.
pub(crate) const MARKETING: &str = "MARKETING";

/// `category` (sections 6 and 12.3). Each but MARKETING is a right that Huawei grants per app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Category {
    Im,
    Voip,
    /// HarmonyOS NEXT only.
    MissCall,
    Subscription,
    Travel,
    Health,
    Work,
    Account,
    Express,
    Finance,
    DeviceReminder,
    /// HarmonyOS NEXT, in one secondary source only; never chosen from a kind.
    CustomerService,
    Mail,
    Marketing,
}

impl Category {
    /// Whether the platform knows it.
    pub(crate) const fn is_of(self, platform: Platform) -> bool {
        matches!(platform, Platform::Next) || !matches!(self, Self::MissCall | Self::CustomerService)
    }
}

/// Huawei's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.huawei")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs the right to it. MISS_CALL and
    /// CUSTOMER_SERVICE are HarmonyOS NEXT's: on Android the kind decides.
    pub(crate) category: Option<Category>,
    /// Android. Full name of the launcher activity that a badge needs; wins over the app's setting.
    pub(crate) badge_class: Option<String>,
}

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        typed::options(job, NAME)
    }
}

/// What a kind deserves, and what else the vendor's page allows for it.
const fn deserved(kind: Kind, platform: Platform) -> (Category, Option<Category>) {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => (Category::Im, None),
        Kind::CallInvite | Kind::CallCancel => (Category::Voip, None),
        // On Android VOIP is seen in use.
        Kind::CallMissed => match platform {
            Platform::Android => (Category::Im, Some(Category::Voip)),
            Platform::Next => (Category::MissCall, None),
        },
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
pub(crate) fn table(platform: Platform) -> Vec<ClassRow> {
    rows(|kind| {
        let (category, instead) = deserved(kind, platform);
        if category == Category::Marketing {
            return ClassRow::new(kind, MARKETING, "2 (news: 5) per device and day; 3000 in all");
        }
        let mut needs = format!("{}: {}", platform.categories_key(), name_of(&category));
        if let Some(instead) = instead {
            needs.push_str(&format!(", or {} in its stead", name_of(&instead)));
        }
        ClassRow::new(kind, name_of(&category), "3000 per device and day in all").needs(needs, MARKETING)
    })
}

/// Chooses the class on a platform: the override, else what the kind deserves, as far as the app's rights go.
pub(crate) fn classify(platform: Platform, settings: &Settings, job: &Job) -> Result<Class, Refusal> {
    // An override that this platform does not know is for the other one.
    let (wanted, instead) = match Options::of(job)?.category.filter(|category| category.is_of(platform)) {
        Some(category) => (category, None),
        None => deserved(job.kind, platform),
    };
    let (rights, list) = (settings.categories_of(platform), platform.categories_key());
    let has = |category: &Category| *category == Category::Marketing || rights.contains(category);
    let quota = || job.test.then(|| platform.test_quota().to_owned());
    let class = |name: &str, because: String| Class { quota: quota(), ..Class::new(job, name, because) };
    let missing = |right: &str| settings.on_missing_right.check("kind", &format!("{right} once Huawei granted it"));
    if job.notification.is_none() {
        // A data message is plain, unless it is a call that may wake the app.
        let (name, granted, right) = match platform {
            Platform::Android if wanted == Category::Voip => {
                let granted = has(&wanted) && settings.high_priority;
                ("VOIP", granted, "calls that wake the app: set high_priority, categories")
            }
            Platform::Next if job.kind == Kind::CallInvite => {
                (IN_APP_CALL, settings.next_in_app_call, "in-app calls: set next_in_app_call")
            }
            _ => return Ok(class(DATA, "data messages carry no category".to_owned())),
        };
        if granted {
            return Ok(Class { urgent: true, ..class(name, format!("the settings have the right to {name}")) });
        }
        missing(right)?;
        return Ok(class(DATA, format!("no right to {right}; sent as DATA")).wanted(name));
    }
    let name = name_of(&wanted);
    let Some(chosen) = [Some(wanted), instead].into_iter().flatten().find(has) else {
        missing(&format!("{name}: add it to {list}"))?;
        return Ok(class(MARKETING, format!("{list} lacks {name}: sent as MARKETING")).wanted(&name));
    };
    let because = match chosen {
        Category::Marketing => "MARKETING needs no right".to_owned(),
        _ => format!("{list} has {}", name_of(&chosen)),
    };
    let urgent = platform == Platform::Android && chosen == Category::Voip && settings.high_priority;
    Ok(Class { urgent, ..class(&name_of(&chosen), because) }.wanted(&name))
}

/// The class without the right to this one, for jobs that the vendor refuses in it.
pub(crate) fn lesser(platform: Platform, settings: &Settings, job: &Job, class: &Class) -> Option<Class> {
    let mut less = settings.clone();
    less.on_missing_right = MissingRight::Degrade;
    let other = |category: &Category| name_of(category) != class.name;
    match platform {
        Platform::Next if class.name == IN_APP_CALL => less.next_in_app_call = false,
        Platform::Next => less.next_categories.retain(other),
        // What is refused of an urgent job is its urgency (80300011).
        Platform::Android if class.urgent => less.high_priority = false,
        Platform::Android => less.categories.retain(other),
    }
    classify(platform, &less, job).ok()
}
