//! Which category a job belongs to and which it may use (section 6).

use push_contract::{Class, ClassRow, Job, Kind, Outcome, Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    options::{Level, Options},
    settings::{MissingRight, Settings},
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
    const ALL: [Self; 10] = [
        Self::Im,
        Self::Account,
        Self::Todo,
        Self::DeviceReminder,
        Self::Order,
        Self::Subscription,
        Self::News,
        Self::Content,
        Self::Marketing,
        Self::Social,
    ];

    /// The name on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Im => "IM",
            Self::Account => "ACCOUNT",
            Self::Todo => "TODO",
            Self::DeviceReminder => "DEVICE_REMINDER",
            Self::Order => "ORDER",
            Self::Subscription => "SUBSCRIPTION",
            Self::News => "NEWS",
            Self::Content => "CONTENT",
            Self::Marketing => "MARKETING",
            Self::Social => "SOCIAL",
        }
    }

    /// The category of that name.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|category| category.as_str() == name)
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
    Category::of(&class.name).is_some_and(Category::is_service)
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
    let row = |kind: &Kind| {
        let category = deserved(*kind);
        let right = format!("categories: {}", category.as_str());
        ClassRow {
            kind: *kind,
            class: category.as_str().to_owned(),
            needs: category.is_service().then(|| match kind {
                Kind::SocialRequest => format!("{right}; templates: social.request"),
                Kind::CallInvite => format!("{right}; for banner, vibration and sound: strong_reminder"),
                _ => right,
            }),
            without: category.without_right().as_str().to_owned(),
            caps: match category {
                _ if category.is_service() => "none",
                Category::News => "5 (news apps; others 2) per device and day; the app's daily quota",
                _ => "2 (news apps: 5) per device and day; the app's daily quota",
            }
            .to_owned(),
        }
    };
    Kind::ALL.iter().map(row).collect()
}

/// Chooses the category: the override, else what the kind deserves, as far as the app's rights go.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let wanted = options.category.unwrap_or_else(|| deserved(job.kind));
    let class = |chosen: Category, because: String| Class {
        name: chosen.as_str().to_owned(),
        degraded_from: (chosen != wanted).then(|| wanted.as_str().to_owned()),
        quota: (!chosen.is_service()).then(|| MARKETING_QUOTA.to_owned()),
        urgent: false,
        repeatable: job.kind.repeatable(),
        detail: Value::Null,
        because,
    };
    let wants_strong = options.notify_level.map_or(job.kind == Kind::CallInvite, |level| level == Level::Strong);
    if options.notify_level == Some(Level::Strong) && !settings.strong_reminder {
        missing(settings, "options.oppo.notify_level", "notify_level 16: set strong_reminder")?;
    }
    if !wanted.is_service() {
        return Ok(class(wanted, format!("{} needs no right", wanted.as_str())));
    }
    let uncovered =
        options.category.is_none() && options.template.is_none() && !settings.templates.contains_key(job.kind.as_str());
    if job.kind == Kind::SocialRequest && uncovered {
        // No missing right: OPPO's page names SOCIAL for requests that no approved template covers.
        return Ok(class(Category::Social, "templates has no social.request: sent as SOCIAL".to_owned()));
    }
    if !settings.categories.contains(&wanted) {
        missing(settings, "kind", &format!("{}: add it to categories", wanted.as_str()))?;
        let chosen = wanted.without_right();
        return Ok(class(chosen, format!("categories lacks {}: sent as {}", wanted.as_str(), chosen.as_str())));
    }
    let strong = wants_strong && settings.strong_reminder && settings.send_category && !job.silent;
    let because = if strong { ", strong_reminder is set" } else { "" };
    Ok(Class { urgent: strong, ..class(wanted, format!("categories has {}{because}", wanted.as_str())) })
}

/// A right is missing: go on with less, or refuse the job, as the settings say.
fn missing(settings: &Settings, field: &str, right: &str) -> Result<(), Refusal> {
    match settings.on_missing_right {
        MissingRight::Degrade => Ok(()),
        MissingRight::Refuse => Err(Refusal {
            outcome: Outcome::Misconfigured,
            reason: Reason::NoRight,
            field: field.to_owned(),
            rule: format!("the app has no right to {right} once OPPO granted it, or on_missing_right = \"degrade\""),
        }),
    }
}
