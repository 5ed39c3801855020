//! Which class a job belongs to and which it may use (section 6); `options.meizu` overrides it.

use push_contract::{
    Class, ClassRow, Job, Kind, Refusal,
    kit::{classes, names::name_of},
    typed,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    NAME,
    settings::{DataMessages, Settings},
};

/// The class of transparent messages: Meizu classifies only what it shows.
pub(crate) const TRANSPARENT: &str = "transparent";

/// The app's total of a day, and that of transparent messages, which must not stop notifications (section 7).
pub(crate) const QUOTAS: &[&str] = &[DAILY, TRANSPARENT];
const DAILY: &str = "daily";

/// `noticeMsgType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Category {
    /// Counted by no cap: what a person or the user's own business waits for.
    Private,
    /// 3 (news apps: 5) per device and day.
    Public,
}

/// Meizu's own overrides for one job. Unknown keys are refused.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "options.meizu")]
pub(crate) struct Options {
    /// Class instead of the one that the kind deserves.
    category: Option<Category>,
}

/// What a kind deserves.
const fn deserved(kind: Kind) -> Category {
    match kind {
        Kind::ChatDirect | Kind::ChatGroup | Kind::ChatMention => Category::Private,
        Kind::CallInvite | Kind::CallCancel | Kind::CallMissed => Category::Private,
        Kind::SocialRequest | Kind::AccountSecurity | Kind::AccountStatus => Category::Private,
        Kind::OrderUpdate | Kind::PaymentUpdate | Kind::ReminderCalendar | Kind::ReminderDevice => Category::Private,
        // The vendor's list has no mail: it is what one person writes to another.
        Kind::MailNew => Category::Private,
        Kind::SocialInteraction | Kind::SubscriptionUpdate => Category::Public,
        Kind::News | Kind::Content | Kind::Marketing => Category::Public,
    }
}

/// Whether a class is that of public messages.
pub(crate) fn is_public(class: &Class) -> bool {
    class.name == name_of(&Category::Public)
}

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    classes::rows(|kind| match deserved(kind) {
        Category::Private => ClassRow::new(kind, "private", "daily total").needs("private", "public"),
        Category::Public => ClassRow::new(kind, "public", "3 (news app: 5) per device and day; daily total"),
    })
}

/// Chooses the class: the override, the app's own table, else what the kind deserves, as far as the right goes.
pub(crate) fn classify(settings: &Settings, job: &Job) -> Result<Class, Refusal> {
    let options: Options = typed::options(job, NAME)?;
    let (wanted, source) = match (options.category, settings.kinds.get(job.kind.as_str())) {
        (Some(category), _) => (category, "options.meizu.category"),
        (None, Some(category)) => (*category, "the setting kinds"),
        (None, None) => (deserved(job.kind), "the kind"),
    };
    if job.notification.is_none() && settings.data_messages == DataMessages::Transparent {
        let class = Class::new(job, TRANSPARENT, "transparent messages carry no class");
        return Ok(Class { quota: Some(TRANSPARENT.to_owned()), ..class });
    }
    let (name, because) = match wanted {
        Category::Public => (wanted, format!("{source} says public: 3 per device and day")),
        Category::Private if settings.private => (wanted, format!("{source} says private, private is set")),
        Category::Private => {
            settings.on_missing_right.check("kind", "private messages: set private")?;
            (Category::Public, "private is not set: sent as public, 3 per device and day".to_owned())
        }
    };
    let class = Class::new(job, name_of(&name), because).wanted(&name_of(&wanted));
    Ok(Class { quota: Some(DAILY.to_owned()), ..class })
}
