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
    /// The name on the wire.
    pub(crate) fn name(self) -> String {
        name_of(&self)
    }

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
    /// 1: drawer. 2: also lock screen. 16: also banner, vibration and sound; needs the strong-reminder right. Only for
    /// communication & service.
    #[schemars(extend("enum" = [1, 2, 16, null]))]
    pub(crate) notify_level: Option<u8>,
    /// Notification channel of the app; wins over `notification.channel`.
    pub(crate) channel_id: Option<String>,
    /// Id of the notification on the phone: the same id replaces.
    #[schemars(range(max = 2_147_483_647))]
    pub(crate) notify_id: Option<u32>,
}

/// `notify_level`: drawer and lock screen.
pub(crate) const LOCK_SCREEN: u8 = 2;
/// `notify_level`: drawer, lock screen, banner, vibration and sound.
pub(crate) const STRONG: u8 = 16;

impl Options {
    /// The job's overrides; none: all defaults.
    pub(crate) fn of(job: &Job) -> Result<Self, Refusal> {
        let options: Self = typed::options(job, NAME)?;
        let (id, level) = (options.notify_id, options.notify_level);
        if id.is_some_and(|id| i32::try_from(id).is_err()) {
            return Err(typed::bad_option(NAME, "notify_id", "0 to 2147483647"));
        }
        if level.is_some_and(|level| ![1, LOCK_SCREEN, STRONG].contains(&level)) {
            return Err(typed::bad_option(NAME, "notify_level", "1, 2 or 16"));
        }
        Ok(options)
    }
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
        let more = match kind {
            Kind::SocialRequest => "; templates: social.request",
            Kind::CallInvite => "; for banner, vibration and sound: strong_reminder",
            _ => "",
        };
        let right = format!("categories: {}{more}", category.name());
        let row = |caps: &str| ClassRow::new(kind, category.name(), caps);
        match category {
            _ if category.is_service() => row("none").needs(right, category.without_right().name()),
            Category::News => row("5 (news apps; others 2) per device and day; the app's daily quota"),
            _ => row("2 (news apps: 5) per device and day; the app's daily quota"),
        }
    })
}

/// The class without the right to this one, for jobs that the vendor refuses in it.
pub(crate) fn lesser(settings: &Settings, job: &Job, class: &Class) -> Option<Class> {
    let mut less = settings.clone();
    less.on_missing_right = MissingRight::Degrade;
    // What is refused of an urgent job may be its notify level alone.
    if class.urgent {
        less.strong_reminder = false;
    } else {
        less.categories.retain(|category| category.name() != class.name);
    }
    classify(&less, job).ok()
}

/// Chooses the category: the override, else what the kind deserves, as far as the app's rights go.
pub(crate) fn classify(settings: &Settings, job: &Job) -> Result<Class, Refusal> {
    let options = Options::of(job)?;
    let wanted = options.category.unwrap_or_else(|| deserved(job.kind));
    let name = wanted.name();
    let class = |chosen: Category, because: String| Class {
        quota: (!chosen.is_service()).then(|| MARKETING_QUOTA.to_owned()),
        ..Class::new(job, chosen.name(), because).wanted(&name)
    };
    let missing = settings.on_missing_right;
    if options.notify_level == Some(STRONG) && !settings.strong_reminder {
        missing.check("options.oppo.notify_level", "notify_level 16: set strong_reminder once OPPO granted it")?;
    }
    if !wanted.is_service() {
        return Ok(class(wanted, format!("{name} needs no right")));
    }
    let covered = options.category.is_some() || settings.templates.contains_key(job.kind.as_str());
    if job.kind == Kind::SocialRequest && !covered {
        // No missing right: OPPO's page names SOCIAL for requests that no approved template covers.
        return Ok(class(Category::Social, "templates has no social.request: sent as SOCIAL".to_owned()));
    }
    if !settings.categories.contains(&wanted) {
        missing.check("kind", &format!("{name}: add it to categories once OPPO granted it"))?;
        let chosen = wanted.without_right();
        return Ok(class(chosen, format!("categories lacks {name}: sent as {}", chosen.name())));
    }
    let strong = options.notify_level.map_or(job.kind == Kind::CallInvite, |level| level == STRONG);
    let urgent = strong && settings.strong_reminder && !job.silent;
    let because = if urgent { ", strong_reminder is set" } else { "" };
    Ok(Class { urgent, ..class(wanted, format!("categories has {name}{because}")) })
}
