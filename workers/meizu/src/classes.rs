//! Which class a job belongs to and which it may use (section 6).

use push_contract::{Class, ClassRow, Job, Kind, Outcome, Reason, Refusal};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    options::Options,
    settings::{DataMessages, MissingRight, Settings},
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

impl Category {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Public => "public",
        }
    }
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

/// The table for `--classes`.
pub(crate) fn rows() -> Vec<ClassRow> {
    let row = |kind: &Kind| {
        let category = deserved(*kind);
        let private = category == Category::Private;
        ClassRow {
            kind: *kind,
            class: category.as_str().to_owned(),
            needs: private.then(|| "private".to_owned()),
            without: Category::Public.as_str().to_owned(),
            caps: if private { "daily total" } else { "3 (news app: 5) per device and day; daily total" }.to_owned(),
        }
    };
    Kind::ALL.iter().map(row).collect()
}

/// Chooses the class: the override, the app's own table, else what the kind deserves, as far as the right goes.
pub(crate) fn classify(settings: &Settings, job: &Job, options: &Options) -> Result<Class, Refusal> {
    let (wanted, source) = match (options.category, settings.kinds.get(job.kind.as_str())) {
        (Some(category), _) => (category, "options.meizu.category"),
        (None, Some(category)) => (*category, "the setting kinds"),
        (None, None) => (deserved(job.kind), "the kind"),
    };
    let class = |name: &str, quota: &str, degraded_from: Option<Category>, because: String| Class {
        name: name.to_owned(),
        degraded_from: degraded_from.map(|category| category.as_str().to_owned()),
        quota: Some(quota.to_owned()),
        urgent: false,
        repeatable: job.kind.repeatable(),
        detail: serde_json::Value::Null,
        because,
    };
    if job.notification.is_none() && settings.data_messages == DataMessages::Transparent {
        return Ok(class(TRANSPARENT, TRANSPARENT, None, "transparent messages carry no class".to_owned()));
    }
    let cap = if settings.news_app { 5 } else { 3 };
    if wanted == Category::Public {
        return Ok(class(wanted.as_str(), DAILY, None, format!("{source} says public: {cap} per device and day")));
    }
    if settings.private {
        return Ok(class(wanted.as_str(), DAILY, None, format!("{source} says private, private is set")));
    }
    match settings.on_missing_right {
        MissingRight::Degrade => {
            let because = format!("private is not set: sent as public, {cap} per device and day");
            Ok(class(Category::Public.as_str(), DAILY, Some(wanted), because))
        }
        MissingRight::Refuse => Err(Refusal {
            outcome: Outcome::Misconfigured,
            reason: Reason::NoRight,
            field: "kind".to_owned(),
            rule: "the app may send no private messages: set private, or on_missing_right = \"degrade\"".to_owned(),
        }),
    }
}
