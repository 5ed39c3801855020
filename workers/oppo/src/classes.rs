//! Which category a job belongs to and which it may use (section 6).

use push_contract::{
    Class, ClassRow, Job, Kind, Refusal,
    kit::{
        classes::{self, MissingRight},
        names::{name_of, named},
    },
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    options::{Options, STRONG},
    settings::Settings,
};

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
    /// The name on the wire.
    pub(crate) fn name(self) -> String {
        name_of(&self)
    }

    /// Whether it is communication & service: no quota, but a right and its templates.
    pub(crate) const fn is_service(self) -> bool {
        !matches!(self, Self::News | Self::Content | Self::Marketing | Self::Social)
    }

    /// The content & marketing category that is nearest.
    const fn without_right(self) -> Self {
        match self {
            Self::Im => Self::Social,
            Self::Subscription => Self::News,
            Self::Account | Self::Todo | Self::DeviceReminder | Self::Order => Self::Marketing,
            Self::News | Self::Content | Self::Marketing | Self::Social => self,
        }
    }
}

/// Whether a class is communication & service.
pub(crate) fn is_service(class: &Class) -> bool {
    named(&class.name).is_some_and(Category::is_service)
}

/// What a kind deserves (the last table of section 6).
pub(crate) const fn deserved(kind: Kind) -> Category {
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
        let caps = match category {
            _ if category.is_service() => "none",
            Category::News => "5 (news apps; others 2) per device and day; the app's daily quota",
            _ => "2 (news apps: 5) per device and day; the app's daily quota",
        };
        let row = ClassRow::new(kind, category.name(), caps);
        let more = match kind {
            Kind::SocialRequest => "; templates: social.request",
            Kind::CallInvite => "; for banner, vibration and sound: strong_reminder",
            _ if !category.is_service() => return row,
            _ => "",
        };
        row.needs(format!("categories: {}{more}", category.name()), category.without_right().name())
    })
}

/// The class without the right to this one, for jobs that the vendor refuses in it.
pub(crate) fn lesser(settings: &Settings, job: &Job, options: &Options, class: &Class) -> Option<Class> {
    let mut less = settings.clone();
    less.on_missing_right = MissingRight::Degrade;
    // What is refused of an urgent job may be its notify level alone.
    if class.urgent {
        less.strong_reminder = false;
    } else {
        less.categories.retain(|category| category.name() != class.name);
    }
    classify(&less, job, options).ok()
}

/// Chooses the category: the override, else what the kind deserves, as far as the app's rights go.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let wanted = options.category.unwrap_or_else(|| deserved(job.kind));
    let name = wanted.name();
    let class = |chosen: Category, because: String| Class {
        quota: (!chosen.is_service()).then(|| MARKETING_QUOTA.to_owned()),
        ..Class::new(job, chosen.name(), because).wanted(&name)
    };
    let missing = settings.on_missing_right;
    let wants_strong = options.notify_level.map_or(job.kind == Kind::CallInvite, |level| level == STRONG);
    if options.notify_level == Some(STRONG) && !settings.strong_reminder {
        missing.check("options.oppo.notify_level", "notify_level 16: set strong_reminder once OPPO granted it")?;
    }
    if !wanted.is_service() {
        return Ok(class(wanted, format!("{name} needs no right")));
    }
    let uncovered =
        options.category.is_none() && options.template.is_none() && !settings.templates.contains_key(job.kind.as_str());
    if job.kind == Kind::SocialRequest && uncovered {
        // No missing right: OPPO's page names SOCIAL for requests that no approved template covers.
        return Ok(class(Category::Social, "templates has no social.request: sent as SOCIAL".to_owned()));
    }
    if !settings.categories.contains(&wanted) {
        missing.check("kind", &format!("{name}: add it to categories once OPPO granted it"))?;
        let chosen = wanted.without_right();
        return Ok(class(chosen, format!("categories lacks {name}: sent as {}", chosen.name())));
    }
    let urgent = wants_strong && settings.strong_reminder && settings.send_category && !job.silent;
    let because = if urgent { ", strong_reminder is set" } else { "" };
    Ok(Class { urgent, ..class(wanted, format!("categories has {name}{because}")) })
}
