//! Which category a job belongs to and which it may use (section 6); `options.oppo` overrides it.

use push_contract::{
    Class, ClassRow, Job, Kind, Refusal,
    kit::{
        classes::{self, MissingRight},
        names::{name_of, named},
    },
    typed,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{NAME, settings::Settings};

/// The daily quota that all content & marketing messages of an app share (section 1).
pub(crate) const MARKETING_QUOTA: &str = "marketing";

/// `category` (section 6). The first six are communication & service, each a right that OPPO grants per app; the others
/// are content & marketing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Category {
    Im,
    Account,
    Todo,
    DeviceReminder,
    Order,
    Subscription,
    News,
    Content,
    Marketing,
    Social,
}

impl Category {
    /// Whether it is communication & service: no quota, but a right and its templates.
    pub(crate) fn is_service(self) -> bool {
        self != self.without_right()
    }

    /// The content & marketing category that is nearest.
    const fn without_right(self) -> Self {
        match self {
            Self::Im => Self::Social,
            Self::Subscription => Self::News,
            Self::Account | Self::Todo | Self::DeviceReminder | Self::Order => Self::Marketing,
            _ => self,
        }
    }
}

/// Whether a class is communication & service.
pub(crate) fn is_service(class: &Class) -> bool {
    named(&class.name).is_some_and(Category::is_service)
}

/// OPPO's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.oppo")]
pub(crate) struct Options {
    /// Category instead of the one that the kind deserves. The app needs the right to a communication & service one.
    pub(crate) category: Option<Category>,
    /// Notification channel of the app; wins over `notification.channel`.
    pub(crate) channel_id: Option<String>,
}

/// What a kind deserves (the last table of section 6).
const fn deserved(kind: Kind) -> Category {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => Category::Im,
        Kind::CallInvite | Kind::CallCancel | Kind::CallMissed => Category::Im,
        // Only if a template covers it.
        Kind::SocialRequest => Category::Im,
        Kind::SocialInteraction => Category::Social,
        Kind::AccountSecurity | Kind::AccountStatus | Kind::PaymentUpdate => Category::Account,
        Kind::OrderUpdate => Category::Order,
        // The table knows no mail. It waits to be dealt with, like a task, and nobody subscribed to it.
        Kind::ReminderCalendar | Kind::MailNew => Category::Todo,
        Kind::ReminderDevice => Category::DeviceReminder,
        Kind::SubscriptionUpdate => Category::Subscription,
        Kind::News => Category::News,
        Kind::Content => Category::Content,
        Kind::Marketing => Category::Marketing,
    }
}

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    classes::rows(|kind| {
        let category = deserved(kind);
        let name = name_of(&category);
        let more = match kind {
            Kind::SocialRequest => "; templates: social.request",
            Kind::CallInvite => "; for banner, vibration and sound: strong_reminder",
            _ => "",
        };
        let caps = match category {
            _ if category.is_service() => "none",
            Category::News => "5 (news apps; others 2) per device and day; the app's daily quota",
            _ => "2 (news apps: 5) per device and day; the app's daily quota",
        };
        let row = ClassRow::new(kind, &name, caps);
        let without = name_of(&category.without_right());
        if without == name { row } else { row.needs(format!("categories: {name}{more}"), without) }
    })
}

/// The class without the right to this one, for jobs that the vendor refuses in it. What is refused of an urgent job
/// may be its notify level alone.
pub(crate) fn lesser(settings: &Settings, job: &Job, class: &Class) -> Option<Class> {
    let mut less = settings.clone();
    less.on_missing_right = MissingRight::Degrade;
    less.strong_reminder.retain(|_| !class.urgent);
    less.categories.retain(|category| class.urgent || name_of(category) != class.name);
    classify(&less, job).ok()
}

/// Chooses the category: the override, else what the kind deserves, as far as the app's rights go.
pub(crate) fn classify(settings: &Settings, job: &Job) -> Result<Class, Refusal> {
    let options: Options = typed::options(job, NAME)?;
    let wanted = options.category.unwrap_or_else(|| deserved(job.kind));
    let covered = options.category.is_some() || settings.templates.contains_key(job.kind.as_str());
    let name = name_of(&wanted);
    let (chosen, because) = if !wanted.is_service() {
        (wanted, format!("{name} needs no right"))
    } else if job.kind == Kind::SocialRequest && !covered {
        // No missing right: OPPO's page names SOCIAL for requests that no approved template covers.
        (Category::Social, "templates has no social.request: sent as SOCIAL".to_owned())
    } else if settings.categories.contains(&wanted) {
        (wanted, format!("categories has {name}"))
    } else {
        settings.on_missing_right.check("kind", &format!("{name}: add it to categories once OPPO granted it"))?;
        let less = wanted.without_right();
        (less, format!("categories lacks {name}: sent as {}", name_of(&less)))
    };
    let quota = (!chosen.is_service()).then(|| MARKETING_QUOTA.to_owned());
    let class = Class { quota, ..Class::new(job, name_of(&chosen), because).wanted(&name) };
    if !chosen.is_service() || job.silent || !settings.strong_reminder.contains(&job.kind) {
        return Ok(class);
    }
    Ok(Class { urgent: true, because: format!("{}, strong_reminder has {}", class.because, job.kind), ..class })
}
